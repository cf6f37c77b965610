"""When a city's months and years are run by themselves."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.config.strict import Strict

_MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])")


def _a_month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise ValueError(f"'{text[:40]}' bukan bulan; tulis seperti 2025-01 / is no month; write it like 2025-01")
    return text


class Schedule(Strict):
    """The day and hour, in the city's zone, on which the month before is run, and since which month.

    A year starts when its months from `first_month` on have results, or `year_waits_days` after its run was due.
    `empty_months` are known to hold no data: they count as done without a result. In the `restate_months` months after
    January last year and its months are run again, on the same day and hour, for what came late. `also` is what each
    month's run computes besides: the year to date, the twelve months that end with it.
    """

    first_month: Annotated[str, AfterValidator(_a_month)] | None = None
    day: int = Field(default=5, ge=1, le=28)
    hour: int = Field(default=3, ge=0, le=23)
    year_waits_days: int = Field(default=60, ge=0, le=1000)
    restate_months: int = Field(default=0, ge=0, le=11)
    empty_months: tuple[Annotated[str, AfterValidator(_a_month)], ...] = ()
    also: tuple[Literal["ytd", "r12"], ...] = ()

    def year_to_restate(self, today: date) -> int | None:
        """The year that is run again on a day of the city's calendar; null outside the months declared."""
        return today.year - 1 if 2 <= today.month <= 1 + self.restate_months else None
