"""Response time: owned by the day of receipt, answered ones only, the open ones in bounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.coverage import Coverage
from pipeline.indicators.base import measure
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import INQUIRIES
from tests.indicators.frames import frame_of, terms_of

ZONE = ZoneInfo("Asia/Jakarta")


def inquiry(number: int, received: str, answered: str | None = None, **others: Any) -> dict[str, Any]:
    moments = {"received_at": received, "responded_at": answered, "closed_at": others.pop("closed", None)}
    stamps = {name: pd.Timestamp(text, tz=ZONE).tz_convert("UTC") if text else None for name, text in moments.items()}
    return {"inquiry_id": str(number), "channel": "Web", **stamps, **others}


def measured(rows: list[dict[str, Any]], label: str = "2025", **terms: Any) -> Any:
    return measure(INDICATORS["inquiry_response"], [frame_of(INQUIRIES, rows)], terms=terms_of(label, **terms))


def test_twenty_inquiries_of_240_hours_are_half_a_day() -> None:
    rows = [inquiry(n, f"2025-03-{n + 1:02d} 08:00", f"2025-03-{n + 1:02d} 20:00") for n in range(20)]
    result = measured(rows)
    assert (result.headline.numerator, result.headline.denominator, result.headline.value) == (240, 20, 0.5)
    assert result.statistics == {"median": 0.5, "p90": 0.5, "count": 20}


def test_an_inquiry_of_december_answered_in_january_belongs_to_december() -> None:
    rows = [inquiry(1, "2025-12-30 22:10", "2026-01-03 22:10")]
    assert measured(rows).headline.value == 4
    later = measured(rows, "2026")
    assert (later.headline.value, later.variants["by_date_answered"].value) == (None, 4)


@pytest.mark.parametrize(
    "zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "America/New_York"], ids=lambda zone: zone.split("/")[1]
)
def test_the_year_is_cut_at_local_midnight(zone: str) -> None:
    midnight = pd.Timestamp("2025-01-01", tz=zone).tz_convert("UTC")
    rows = [
        {"inquiry_id": str(n), "received_at": midnight + shift, "responded_at": midnight + pd.Timedelta(hours=9)}
        for n, shift in enumerate([pd.Timedelta(seconds=-1), pd.Timedelta(0)])
    ]
    counts = [measured(rows, label, zone=zone).headline.denominator for label in ("2024", "2025")]
    assert counts == [1, 1]


def test_open_inquiries_stand_in_two_bounds_and_are_never_dropped() -> None:
    rows = [inquiry(1, "2025-05-01 00:00", "2025-05-02 00:00"), inquiry(2, "2025-05-01 00:00")]
    result = measured(rows, as_of=datetime(2025, 5, 10, 17, tzinfo=UTC))
    assert (result.headline.value, result.rows.excluded) == (1, {"open": 1})
    assert result.variants["open_age_counted"].value == (1 + 10) / 2
    assert result.variants["strict_all_received"].value == 0.5
    assert result.variants["open_inquiries"].value == 1


def test_only_open_inquiries_give_null_and_bounds() -> None:
    result = measured([inquiry(1, "2025-05-01 00:00")])
    assert (result.headline.value, result.status) == (None, "not_computable")
    assert result.variants["strict_all_received"].value is None


def test_a_ticket_closed_by_the_system_is_no_response() -> None:
    rows = [
        inquiry(1, "2025-05-01 08:00", "2025-05-01 20:00"),
        inquiry(2, "2025-05-01 08:00", closed="2025-05-11 08:00"),
    ]
    result = measured(rows)
    assert (result.headline.value, result.rows.excluded) == (0.5, {"closed_without_response": 1})
    assert result.variants["time_to_closure"].value == 10


def test_working_days_leave_out_weekends_and_holidays() -> None:
    rows = [inquiry(1, "2025-05-02 08:00", "2025-05-06 08:00")]
    assert measured(rows).variants["working_days"].value == 2
    assert measured(rows, holidays=(date(2025, 5, 5),)).variants["working_days"].value == 1


def test_working_days_before_1970_leave_out_weekends_too() -> None:
    # From Saturday to Wednesday: all of Monday and Tuesday, and 20 hours.
    rows = [inquiry(1, "1969-12-27 10:00", "1969-12-31 20:00")]
    assert measured(rows, "1969").variants["working_days"].value == pytest.approx(2 + 20 / 24)


def test_excluded_and_quarantined_rows_count_only_as_recorded() -> None:
    rows = [inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00")]
    rows.append(inquiry(2, "2025-05-01 08:00", "2025-05-04 08:00", excluded_by="test"))
    rows.append(inquiry(3, "2025-05-02 08:00", "2025-05-01 08:00", quarantine_reason="response_before_receipt"))
    result = measured(rows)
    assert (result.headline.value, result.variants["as_recorded"].value) == (1, 1)
    assert result.variants["as_recorded"].denominator == 3
    assert (result.rows.excluded, result.rows.quarantined) == ({"test": 1}, {"response_before_receipt": 1})


def test_rows_of_other_years_change_neither_value_nor_fingerprint() -> None:
    row = inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00")
    other = inquiry(2, "2023-05-01 08:00", "2023-05-02 08:00")
    alone, beside = measured([row]), measured([row, other])
    assert (alone.headline, alone.inputs_sha256) == (beside.headline, beside.inputs_sha256)
    assert beside.rows.excluded == {"outside_period": 1}


MINUTES = st.lists(st.tuples(st.integers(0, 525_599), st.one_of(st.none(), st.integers(0, 90_000))), max_size=12)


@settings(max_examples=20)
@given(MINUTES)
def test_months_add_up_to_the_year(inquiries: list[tuple[int, int | None]]) -> None:
    begin = pd.Timestamp("2025-01-01", tz=ZONE)
    rows = [
        {
            "inquiry_id": str(number),
            "received_at": (begin + pd.Timedelta(minutes=at)).tz_convert("UTC"),
            "responded_at": None
            if wait is None
            else (begin + pd.Timedelta(minutes=at) + pd.Timedelta(minutes=wait)).tz_convert("UTC"),
        }
        for number, (at, wait) in enumerate(inquiries)
    ]
    year = measured(rows).headline
    months = [measured(rows, f"2025-{month:02d}").headline for month in range(1, 13)]
    assert sum(month.denominator for month in months) == year.denominator
    assert sum(month.numerator for month in months) == pytest.approx(year.numerator)
    hours = sum(wait for _, wait in inquiries if wait is not None) / 60
    assert year.numerator == pytest.approx(hours)


def test_a_desk_that_never_tells_when_it_answered_is_told_what_to_ask_for() -> None:
    rows = [inquiry(1, "2025-05-02 08:00", closed="2025-05-03 08:00", status="closed"), inquiry(2, "2025-05-02 08:00")]
    reason = measured(rows).headline.reason
    assert "log tindak lanjut per tiket" in reason
    assert "follow-up log per ticket" in reason


def test_a_desk_that_has_answered_nothing_yet_is_not_sent_for_a_log() -> None:
    rows = [inquiry(1, "2025-05-02 08:00", status="open"), inquiry(2, "2025-05-02 08:00", status="in_progress")]
    assert measured(rows).headline.reason == "belum ada yang dijawab / none answered yet"


def test_one_recorded_answer_shows_that_the_desk_can_tell() -> None:
    rows = [inquiry(1, "2025-04-02 08:00", "2025-04-03 08:00"), inquiry(2, "2025-05-02 08:00", status="closed")]
    assert measured(rows, "2025-05").headline.reason == "belum ada yang dijawab / none answered yet"


def test_an_inquiry_at_new_years_midnight_belongs_to_the_new_year() -> None:
    rows = [inquiry(1, "2025-01-01 00:00", "2025-01-02 00:00")]
    assert measured(rows).headline.denominator == 1
    assert measured(rows, "2024").rows.excluded == {"outside_period": 1}


def test_a_row_without_a_receipt_is_counted_in_every_period() -> None:
    rows = [inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00")]
    rows.append(inquiry(2, "2025-05-01 08:00") | {"received_at": None, "quarantine_reason": "missing_received_at"})
    for label in ("2024", "2025", "2025-07"):
        assert measured(rows, label).rows.quarantined == {"missing_received_at": 1}


def test_what_is_answered_inside_the_period_belongs_to_its_fingerprint() -> None:
    row, earlier = (
        inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00"),
        inquiry(2, "2024-12-31 08:00", "2025-01-02 08:00"),
    )
    alone, beside = measured([row]), measured([row, earlier])
    assert alone.headline == beside.headline
    assert beside.variants["by_date_answered"].denominator == 2
    assert alone.inputs_sha256 != beside.inputs_sha256


def test_a_day_without_coverage_makes_the_year_provisional_and_another_fingerprint() -> None:
    rows = [inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00")]
    whole = measured(rows)
    but_one = measured(rows, covers=Coverage.of([(date(2025, 1, 1), date(2025, 12, 30))]))
    assert (whole.status, but_one.status) == ("final", "provisional")
    assert 99 < but_one.coverage_pct < 100
    assert whole.inputs_sha256 != but_one.inputs_sha256


def test_undeclared_coverage_is_that_of_the_months_in_which_inquiries_came() -> None:
    rows = [inquiry(1, "2025-05-01 00:00", "2025-05-02 08:00"), inquiry(2, "2025-07-31 23:59", None)]
    assert measured(rows, covers=None).coverage_pct == pytest.approx(100 * (31 + 31) / 365)


def test_a_desk_that_nobody_declares_whole_is_not_final_though_each_month_has_rows() -> None:
    rows = [inquiry(n, f"2025-{n:02}-10 08:00", f"2025-{n:02}-10 10:00") for n in range(1, 13)]
    undeclared = measured(rows, covers=None)
    assert (measured(rows).status, undeclared.status, undeclared.coverage_pct) == ("final", "provisional", 100)
    assert "covers_undeclared" in {remark.code for remark in undeclared.remarks}


@pytest.mark.parametrize("order", [1, -1])
def test_what_one_part_shows_of_the_desk_holds_for_all(order: int) -> None:
    answered, closed = (
        inquiry(1, "2025-04-02 08:00", "2025-04-03 08:00"),
        inquiry(2, "2025-05-02 08:00", status="closed"),
    )
    is_open = inquiry(3, "2025-05-02 08:00", status="open")
    for rows, reason in (
        ([answered, closed], "none answered yet"),
        ([is_open, is_open], "none answered yet"),
        ([is_open, closed], "no inquiry holds a response time"),
    ):
        parts = [frame_of(INQUIRIES, [row]) for row in rows[::order]]
        result = measure(INDICATORS["inquiry_response"], parts, terms=terms_of("2025-05"))
        assert reason in str(result.headline.reason)


def test_an_inquiry_received_after_the_extraction_has_no_age_and_not_a_negative_one() -> None:
    result = measured([inquiry(1, "2025-05-01 00:00")], as_of=datetime(2025, 4, 30, tzinfo=UTC))
    assert (result.variants["open_inquiries"].value, result.variants["open_mean_age"].value) == (1, 0)


def test_the_deadline_is_met_on_its_last_second() -> None:
    # Monday to Monday are five working days.
    rows = [
        inquiry(1, "2025-05-05 08:00", "2025-05-12 08:00"),
        inquiry(2, "2025-05-05 08:00", "2025-05-12 08:00:01"),
    ]
    assert measured(rows).variants["within_follow_up_deadline"].value == 50


def test_what_came_after_the_extraction_is_open_without_an_age() -> None:
    rows = [inquiry(1, "2025-05-10 00:00"), inquiry(2, "2025-04-28 07:00")]
    variants = measured(rows, as_of=datetime(2025, 5, 1, tzinfo=UTC)).variants
    assert (variants["open_inquiries"].value, variants["open_mean_age"].value) == (2, 3 / 2)


def test_what_stands_in_for_a_response_is_none_as_recorded_either() -> None:
    rows = [inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00", closed="2025-05-02 08:00")]
    told = {"closed": "1900-01-01 00:00", "quarantine_reason": "sentinel_responded_at"}
    rows.append(inquiry(2, "2025-05-01 08:00", "1900-01-01 00:00", **told))
    variants = measured(rows).variants
    names = ("as_recorded", "time_to_closure_as_recorded", "time_to_closure_non_negative")
    assert {(variants[name].numerator, variants[name].denominator) for name in names} == {(24, 1)}


def test_as_recorded_does_not_undo_a_change_of_clocks() -> None:
    # In New York the clocks went from 02:00 to 03:00 on 9 March 2025.
    received, ended = (pd.Timestamp(text, tz="America/New_York") for text in ("2025-03-09 00:00", "2025-03-09 12:00"))
    moments = {"received_at": received, "responded_at": ended, "closed_at": ended}
    row = {"inquiry_id": "1"} | {name: moment.tz_convert("UTC") for name, moment in moments.items()}
    result = measured([row], zone="America/New_York")
    assert result.headline.numerator == 11
    hours = {name: part.numerator for name, part in result.variants.items()}
    assert (hours["as_recorded"], hours["time_to_closure"], hours["time_to_closure_as_recorded"]) == (12, 11, 12)


def test_from_date_to_date_no_hour_is_gained_where_clocks_change() -> None:
    # Berlin's clocks went from 02:00 to 03:00 on Sunday, 30 March 2025: Saturday to Monday holds no working hour.
    received, ended = (pd.Timestamp(text, tz="Europe/Berlin") for text in ("2025-03-29", "2025-03-31"))
    moments = {"received_at": received, "responded_at": ended, "closed_at": ended}
    are_dates = {f"{name.removesuffix('_at')}_is_date": True for name in moments}
    row = {"inquiry_id": "1"} | {name: moment.tz_convert("UTC") for name, moment in moments.items()} | are_dates
    variants = measured([row], zone="Europe/Berlin").variants
    hours = {name: variants[name].numerator for name in ("working_days", "as_recorded", "time_to_closure_as_recorded")}
    assert hours == {"working_days": 0, "as_recorded": 48, "time_to_closure_as_recorded": 48}


def test_closings_before_receipt_count_only_as_recorded_and_those_at_once_count_everywhere() -> None:
    rows = [
        inquiry(1, "2025-05-05 08:00", closed="2025-05-05 08:00"),
        inquiry(2, "2025-05-05 08:00", closed="2025-05-09 08:00"),
        inquiry(3, "2025-05-05 08:00", closed="2025-05-04 08:00", quarantine_reason="closed_before_receipt"),
    ]
    variants = measured(rows).variants
    found = {name: (part.value, part.denominator) for name, part in variants.items() if name.startswith("time_to")}
    assert found == {
        "time_to_closure": (2, 2),
        "time_to_closure_as_recorded": (1, 3),
        "time_to_closure_non_negative": (2, 2),
    }


@pytest.mark.parametrize("rule", ["blank_row", "grand_total", "combined", "no_outage"])
def test_what_is_no_record_is_not_as_recorded_either(rule: str) -> None:
    row = inquiry(1, "2025-05-05 08:00", "2025-05-06 08:00", closed="2025-05-06 08:00", excluded_by=rule)
    variants = measured([row]).variants
    assert (variants["as_recorded"].denominator, variants["time_to_closure_as_recorded"].denominator) == (0, 0)


def test_by_date_answered_takes_sound_answers_from_the_first_moment_to_before_the_end() -> None:
    answers = ["2024-12-31 23:59:59", "2025-01-01 00:00", "2025-12-31 23:59:59", "2026-01-01 00:00"]
    rows = [inquiry(n, "2024-12-01 08:00", answer) for n, answer in enumerate(answers)]
    rows.append(inquiry(9, "2024-12-01 08:00", "2025-05-01 08:00", quarantine_reason="bad"))
    rows.append(inquiry(10, "2025-05-01 08:00", "2025-05-01 08:00") | {"received_at": None})
    assert measured(rows).variants["by_date_answered"].denominator == 2


def test_the_answered_are_broken_down_by_member_and_blank_is_one() -> None:
    rows = [
        inquiry(1, "2025-05-05 08:00", "2025-05-06 08:00", agency="A"),
        inquiry(2, "2025-05-05 08:00", "2025-05-08 08:00"),
        inquiry(3, "2025-05-05 08:00", agency="B"),
    ]
    found = {(b.dimension, b.member): (b.quotient.value, b.quotient.denominator) for b in measured(rows).breakdowns}
    assert found == {
        ("channel", "Web"): (2, 2),
        ("category", "(kosong / blank)"): (2, 2),
        ("agency", "A"): (1, 1),
        ("agency", "(kosong / blank)"): (3, 1),
    }


def test_a_wait_of_a_hundred_years_is_kept_whole_and_one_of_a_day_in_four_bytes() -> None:
    wait = pd.Timestamp("2025-05-05") - pd.Timestamp("1925-05-05")
    result = measured([inquiry(1, "1925-05-05 08:00", "2025-05-05 08:00")], "1925")
    assert result.statistics["median"] == pytest.approx(wait.days, abs=1)
    part = frame_of(INQUIRIES, [inquiry(1, "2025-05-05 08:00", "2025-05-06 08:00")])
    (seconds,) = INDICATORS["inquiry_response"].summarise(part, terms=terms_of("2025")).answered_seconds
    assert (seconds.tolist(), seconds.dtype) == ([86_400], "int32")


def test_months_in_which_only_unsound_inquiries_came_are_not_covered() -> None:
    rows = [inquiry(1, "2025-05-01 08:00"), inquiry(2, "2025-06-01 08:00", quarantine_reason="bad")]
    assert measured(rows, covers=None).coverage_pct == pytest.approx(100 * 31 / 365)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "tidak ada data pertanyaan / no inquiry data"),
        ([inquiry(1, "2023-05-01 08:00")], "tidak ada pertanyaan diterima / no inquiry received"),
    ],
)
def test_no_data_and_no_inquiry_of_the_period_are_two_reasons(rows: list[dict[str, Any]], reason: str) -> None:
    assert measured(rows).headline.reason == reason


def test_a_ticket_that_says_open_but_is_closed_shows_that_the_desk_deals_with_some() -> None:
    rows = [inquiry(1, "2025-05-02 08:00", closed="2025-05-03 08:00", status="open")]
    assert "follow-up log per ticket" in measured(rows).headline.reason


@pytest.mark.parametrize("order", [1, -1])
def test_one_part_is_enough_to_show_what_the_desk_records(order: int) -> None:
    closed = inquiry(1, "2025-05-02 08:00", closed="2025-05-03 08:00", status="closed")
    waiting = inquiry(2, "2025-05-02 08:00", status="open")
    answered = inquiry(3, "2023-05-02 08:00", "2023-05-03 08:00", status="answered")

    def reason(*rows: dict[str, Any]) -> str:
        parts = [frame_of(INQUIRIES, [row]) for row in rows][::order]
        return str(measure(INDICATORS["inquiry_response"], parts, terms=terms_of("2025")).headline.reason)

    assert "follow-up log per ticket" in reason(closed, waiting)
    assert reason(closed, answered) == "belum ada yang dijawab / none answered yet"


@pytest.mark.parametrize("order", [1, -1])
def test_answers_in_time_are_counted_over_all_parts(order: int) -> None:
    rows = [inquiry(1, "2025-05-02 08:00", "2025-05-02 09:00"), inquiry(2, "2025-06-02 08:00")]
    parts = [frame_of(INQUIRIES, [row]) for row in rows][::order]
    result = measure(INDICATORS["inquiry_response"], parts, terms=terms_of("2025"))
    assert result.variants["within_follow_up_deadline"].value == 50


def test_the_unanswered_keep_a_result_provisional() -> None:
    answered, unanswered = inquiry(1, "2025-05-01 00:00", "2025-05-02 00:00"), inquiry(2, "2025-05-01 00:00")
    results = [measured(rows) for rows in ([answered], [answered, unanswered])]
    assert [result.status for result in results] == ["final", "provisional"]
    assert [[remark.code for remark in result.remarks] for result in results] == [[], ["still_open"]]


def test_what_no_inquiry_holds_is_null_in_every_variant_that_needs_it() -> None:
    closed = inquiry(1, "2025-05-01 08:00", closed="2025-05-11 08:00")
    variants = measured([closed]).variants
    known = {name for name, quotient in variants.items() if quotient.value is not None}
    assert known == {
        "open_inquiries",
        "time_to_closure",
        "time_to_closure_as_recorded",
        "time_to_closure_non_negative",
    }


def test_a_quarantined_inquiry_is_told_with_the_days_it_would_give() -> None:
    rows = [
        inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00"),
        inquiry(2, "2025-05-01 08:00", "2025-05-04 08:00", quarantine_reason="bad"),
        inquiry(3, "2025-05-01 08:00", "2025-05-01 07:59", quarantine_reason="bad"),
        inquiry(4, "2025-05-01 08:00", quarantine_reason="bad"),
        inquiry(5, "2024-05-01 08:00", "2024-05-20 08:00", quarantine_reason="bad"),
    ]
    (effect,) = [remark.en for remark in measured(rows).remarks if remark.code == "quarantine_effect"]
    assert effect == "3 rows are quarantined; were the 1 whose numbers are known sound: 1–2 days"


def test_what_was_answered_and_closed_is_used() -> None:
    result = measured([inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00", closed="2025-05-03 08:00")])
    assert (result.rows.used, result.rows.excluded) == (1, {})


@pytest.mark.parametrize(
    ("rows", "count"),
    [([], None), ([inquiry(1, "2023-05-01 08:00")], None), ([inquiry(1, "2025-05-01 08:00", "2025-05-02 08:00")], 0)],
)
def test_none_are_open_only_where_some_were_received(rows: list[dict[str, Any]], count: float | None) -> None:
    still_open = measured(rows).variants["open_inquiries"]
    assert (still_open.value, still_open.reason is None) == (count, count is not None)
