"""Numbers as people read them: in Bahasa Indonesia, which tables and pages use throughout, and in English sentences."""

from __future__ import annotations

_ENGLISH = str.maketrans(".,", ",.")


def number(value: float | None, *, decimals: int = 2) -> str:
    """A number such as `94.696,97`: no trailing zeros, four digits of a small one, a dash for none."""
    if value is None:
        return "–"
    if value and abs(value) < 10**-decimals:
        return f"{value:.4g}".replace(".", ",")
    whole, _, rest = f"{value:,.{decimals}f}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + ("," + rest if rest else "")


def number_en(value: float | None, *, decimals: int = 2) -> str:
    """The same as `94,696.97`, for the English half of a message."""
    return number(value, decimals=decimals).translate(_ENGLISH)


def percent(value: float | None) -> str:
    """A share with one decimal; `?` when it is not known."""
    return "?" if value is None else f"{number(value, decimals=1)} %"


def percent_en(value: float | None) -> str:
    """The same for the English half of a message."""
    return percent(value).translate(_ENGLISH)


def counted_en(count: float, one: str, many: str) -> str:
    """A count with the words that follow it in an English sentence, such as `1 row is` and `1,204 rows are`."""
    return f"{number_en(count)} {one if count == 1 else many}"
