"""One sign with its limit, and the small frames that signs stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.coverage import Coverage

MANY_HOURS, MANY_ROWS, SOME_ROWS = 100, 30, 10
NAMED_MEMBERS = 5


Signs = dict[str, float | None]
# What a sign is about, in words, or the months or days that it names, each as in ISO 8601.
Details = str | tuple[str, ...]


@dataclass(frozen=True)
class Sign:
    """One sign and its limit: `most` or `least`; `name` is the limit's key in a city's YAML under `judgement`.

    In its texts `{limit}` stands for the limit. Beyond it, a sign that `keeps_provisional` keeps the result so.
    """

    name: str
    id: str
    en: str
    most: float | None = None
    least: float | None = None
    keeps_provisional: bool = False
    of: str = ""

    @property
    def column(self) -> str:
        """The column of its frame that holds it."""
        return self.of or self.name


def frame(rows: Iterable[tuple[str, str, Signs, Details]], signs: Sequence[Sign], *, key: str) -> pd.DataFrame:
    """Grain: place, each of a name of its own: a source may be called as its table is; `dates` are parted by spaces."""
    columns = list(dict.fromkeys(sign.column for sign in signs))
    given = list(rows)
    places = pd.Series([place for _, place, _, _ in given], dtype="str")
    nth = places.groupby(places).cumcount() + 1
    labels = places.where(nth == 1, places + " (" + nth.astype("str") + ")")
    frame = pd.DataFrame([signs for _, _, signs, _ in given], columns=columns, index=pd.Index(labels))
    frame = frame.astype("Float64")
    return frame.assign(
        **{key: [name for name, *_ in given]},
        details=[in_words(details) for *_, details in given],
        dates=["" if isinstance(details, str) else " ".join(details) for *_, details in given],
    )


def in_words(details: Details) -> str:
    """Months one by one, days as the first few stretches."""
    if isinstance(details, str):
        return details
    if details and len(details[0]) == len("2025-06"):
        return ", ".join(details)
    days = [date.fromisoformat(day) for day in details]
    stretches = Coverage.of((day, day) for day in days).texts
    return ", ".join(f"{first}/{last}" for first, last in stretches[:NAMED_MEMBERS])


def in_a_row(flags: NDArray[np.bool_], *, at_least: int) -> list[tuple[int, int]]:
    """Where so many flags or more stand in a row: the place of the first of them, and that behind the last."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False)).reshape(-1, 2)
    return [(begin, end) for begin, end in edges.tolist() if end - begin >= at_least]


def pct(flags: pd.Series, *, of_at_least: int | None) -> float | None:
    """The share of rows in percent; null for fewer rows than asked for."""
    if of_at_least is None or len(flags) < of_at_least:
        return None
    return float(100 * flags.mean())
