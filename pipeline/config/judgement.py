"""Which limits of signs a city sets itself, and what it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from pipeline.config.strict import Strict

# Each sign of `pipeline.signs`, whose limit a city may set.
LIMITS = (
    "days_up_to_12_pct",
    "first_of_month_pct",
    "hours_up_to_12_pct",
    "night_receipts_pct",
    "night_answers_pct",
    "hours_of_minutes_pct",
    "decimals_below_60_pct",
    "midnight_starts_pct",
    "midnight_ends_pct",
    "equal_durations_pct",
    "zero_durations_pct",
    "within_a_minute_pct",
    "zero_months_count",
    "climbing_pct",
    "long_durations_pct",
    "long_durations_hours_pct",
    "a_year_too_long_pct",
    "without_end_pct",
    "empty_months_count",
    "missing_days_count",
    "edge_days_count",
    "received_before_asked_pct",
    "missing_month_files_count",
    "other_month_files_count",
    "days_of_fewer_logs_count",
    "empty_hours_count",
    "missing_hours_pct",
    "zero_days_count",
    "busiest_day_times",
    "copies_pct",
    "ids_alike_pct",
    "rows_alike_pct",
    "received_alike_pct",
    "names_alike_pct",
    "offered_apart_pct",
    "example_rows_pct",
    "governments_count",
    "full_files_count",
    "other_meanings_count",
    "unread_states_count",
    "unread_deletions_count",
    "summed_pages_count",
    "in_two_sources_pct",
    "alike_in_two_sources_pct",
    "far_apart_incidents_count",
    "written_apart_count",
    "parted_at_midnight_count",
    "joined_by_component_pct",
    "same_moments_pct",
    "same_answer_pct",
    "online_before_start_pct",
    "fewest_inhabitants",
    "most_inhabitants",
    "clustered_quarantine_pct",
    "change_on_last_year_pct",
    "times_last_year",
    "change_on_month_before_pct",
    "times_between_months",
    "rows_lost_pct",
    "without_length_pct",
    "register_shrinks_pct",
    "beyond_plausible_times",
    "population_change_pct",
    "new_members_pct",
    "gone_members_pct",
    "largest_member_pct",
)
if TYPE_CHECKING:
    LimitName = str
else:
    LimitName = Literal[LIMITS]


class Judgement(Strict):
    """The city's own limits of signs, by the sign's name, and what explains a broken limit, by period and name."""

    limits: dict[LimitName, float] = Field(default_factory=dict)
    explained: dict[str, dict[LimitName, str]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _limits_stand_beside_explanations(cls, value: Any) -> Any:  # noqa: ANN401 whatever the YAML holds
        if not isinstance(value, dict) or "limits" in value:
            return value
        limits = {name: limit for name, limit in value.items() if name != "explained"}
        return {"limits": limits, "explained": value.get("explained", {})}
