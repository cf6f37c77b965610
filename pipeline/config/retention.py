"""How long the raw files and clean rows of each table are kept, for a city that declares it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.strict import Strict

Kept = Annotated[int, Field(ge=1, le=1200)] | Literal["forever"]


class Retention(Strict):
    """Months after the end of a period, or `forever`.

    The defaults count for a city that writes `retention: {}`: raw logs hold addresses of visitors, exports of tickets
    names of citizens; registers, and figures of inhabitants, tell of no citizen.
    """

    visits: Kept = 14
    services: Kept = "forever"
    inquiries: Kept = 36
    outages: Kept = 60
    population: Kept = "forever"

    def months(self, table: str) -> int | None:
        """The months for which a table's raw files and clean rows are kept; null for good."""
        found: Kept = getattr(self, table)
        return None if found == "forever" else found
