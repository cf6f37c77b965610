"""Numbers as they are written everywhere for people: the Indonesian way."""

from __future__ import annotations


def number(value: float | None, *, decimals: int = 2) -> str:
    """A number such as `94.696,97`: no trailing zeros, four digits of a small one, a dash for none."""
    if value is None:
        return "–"
    if value and abs(value) < 10**-decimals:
        return f"{value:.4g}".replace(".", ",")
    whole, _, rest = f"{value:,.{decimals}f}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + ("," + rest if rest else "")


def percent(value: float | None) -> str:
    """A share with one decimal; `?` when it is not known."""
    return "?" if value is None else f"{number(value, decimals=1)} %"
