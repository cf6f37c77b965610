"""What a city has set out to reach in each year, and where that is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.config.strict import Strict, sound

Year = Annotated[int, Field(ge=1990, le=2100)]


class IndicatorTargets(Strict):
    """The value to reach by year, in the unit of the indicator; `source` is the document that sets it.

    `direction` says whether the value should be at least or at most the target; without it, as the indicator improves.
    """

    source: str = Field(min_length=3)
    direction: Literal["at_least", "at_most"] | None = None
    years: dict[Year, Annotated[float, Field(ge=0)]] = Field(min_length=1)


class Targets(Strict):
    """The targets of each indicator."""

    portal_visits: IndicatorTargets | None = None
    online_services: IndicatorTargets | None = None
    inquiry_response: IndicatorTargets | None = None
    it_downtime: IndicatorTargets | None = None

    @field_validator("online_services")
    @classmethod
    def _a_share(cls, value: IndicatorTargets | None) -> IndicatorTargets | None:
        over = [year for year, target in value.years.items() if target > 100] if value else []
        return sound(value, (f"{year}: lebih dari 100 % / more than 100 %" for year in over))
