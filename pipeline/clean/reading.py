"""How the texts of one column are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Reading:
    """Declared formats and marks; null zones are UTC, and numbers are told times the `scale`.

    Without `has_declared_marks` the marks are the usual ones. With `has_swapped_cells`, day and month of a workbook's
    typed dates stand in each other's place.
    """

    formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    decimal: str = "."
    thousands: str | None = None
    has_declared_marks: bool = False
    scale: int = 1
    has_swapped_cells: bool = False
