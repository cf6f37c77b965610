"""Coverage is a set of days: however it is put together, a day is covered or it is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.coverage import Coverage, Stretch, remark
from pipeline.periods import Period

NEW_YEAR, JANUARY = date(2025, 1, 1), Period(2025, 1)
JAKARTA, UTC_ZONE = ZoneInfo("Asia/Jakarta"), ZoneInfo("UTC")
DAYS = st.integers(-20, 60).map(lambda n: NEW_YEAR + timedelta(days=n))
STRETCHES = st.lists(st.tuples(DAYS, DAYS), max_size=6)


def days_of(stretches: Sequence[Stretch]) -> set[date]:
    return {first + timedelta(days=n) for first, last in stretches for n in range((last - first).days + 1)}


@example([(NEW_YEAR, NEW_YEAR), (NEW_YEAR + timedelta(days=1), NEW_YEAR + timedelta(days=2))], [])
@given(STRETCHES, STRETCHES)
def test_it_is_the_days_of_its_stretches_in_as_few_as_there_are(one: list[Stretch], other: list[Stretch]) -> None:
    first, second = Coverage.of(one), Coverage.of(other)
    assert days_of(first.stretches) == days_of(one)
    assert all((b[0] - a[1]).days > 1 for a, b in zip(first.stretches, first.stretches[1:], strict=False))
    assert days_of((first | second).stretches) == days_of(one) | days_of(other)
    assert days_of((first & second).stretches) == days_of(one) & days_of(other)
    assert days_of((first - second).stretches) == days_of(one) - days_of(other)
    assert Coverage.from_texts(first.texts) == first


@given(STRETCHES)
def test_its_share_of_a_month_is_that_of_the_days(stretches: list[Stretch]) -> None:
    january = {NEW_YEAR + timedelta(days=n) for n in range(31)}
    assert Coverage.of(stretches).pct_of(JANUARY) == 100 * len(days_of(stretches) & january) / 31


def test_a_year_but_for_one_day_is_not_yet_the_whole() -> None:
    but_one = Coverage.of([(date(2025, 1, 1), date(2025, 6, 30)), (date(2025, 7, 2), date(2025, 12, 31))])
    assert but_one.pct_of(Period(2025)) == pytest.approx(99.726, abs=0.001)
    assert Coverage.of_period(Period(2025)).pct_of(Period(2025)) == 100


def span(first: str, last: str) -> tuple[datetime, datetime]:
    start_at, end_at = (datetime.fromisoformat(text).replace(tzinfo=JAKARTA) for text in (first, last))
    return start_at, end_at


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([("2025-01-01 00:00", "2025-01-03 00:00")], (("2025-01-01", "2025-01-02"),)),
        ([("2025-01-01 00:00:01", "2025-01-03 00:00")], (("2025-01-02", "2025-01-02"),)),
        ([("2025-01-01 12:00", "2025-01-02 12:00")], ()),
        (
            [("2025-01-02 00:00", "2025-01-03 00:00"), ("2025-01-01 00:00", "2025-01-02 00:00")],
            (("2025-01-01", "2025-01-02"),),
        ),
        (
            [("2025-01-01 00:00", "2025-01-03 00:00"), ("2025-01-01 06:00", "2025-01-01 18:00")],
            (("2025-01-01", "2025-01-02"),),
        ),
    ],
)
def test_only_days_that_lie_whole_in_spans_are_covered(
    spans: list[tuple[str, str]], covered: tuple[tuple[str, str], ...]
) -> None:
    assert Coverage.of_spans((span(*one) for one in spans), zone=JAKARTA, quiet=timedelta()).texts == covered


def test_an_hour_of_silence_is_no_gap_and_more_is_one() -> None:
    morning, evening = span("2025-01-01 00:30", "2025-01-01 12:00"), span("2025-01-01 13:00", "2025-01-01 23:30")
    assert Coverage.of_spans([morning, evening], zone=JAKARTA).texts == (("2025-01-01", "2025-01-01"),)
    later = (evening[0] + timedelta(seconds=1), evening[1])
    assert Coverage.of_spans([morning, later], zone=JAKARTA) == Coverage()


def test_days_are_those_of_the_zone() -> None:
    day = [(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC))]
    assert Coverage.of_spans(day, zone=UTC_ZONE, quiet=timedelta()).texts == (("2025-01-01", "2025-01-01"),)
    assert Coverage.of_spans(day, zone=JAKARTA, quiet=timedelta()) == Coverage()


def test_a_remark_names_six_stretches_and_counts_the_others() -> None:
    odd_days = Coverage.of((date(2025, 1, n), date(2025, 1, n)) for n in range(1, 17, 2))
    for text, word in zip(
        remark(odd_days, source_name="p", wanted=Coverage.of_period(JANUARY)), ("s.d.", "to"), strict=True
    ):
        assert text.count(f" {word} 2025") == 7
        assert text.endswith(f"2025-01-11 {word} 2025-01-11 (+2)")
    six = Coverage(odd_days.stretches[:6])
    assert not any("+" in text for text in remark(six, source_name="p", wanted=Coverage.of_period(JANUARY)))
    two = Coverage(odd_days.stretches[:2])
    _, in_en = remark(two, source_name="p", wanted=Coverage.of_period(JANUARY))
    assert in_en.endswith(" only of 2025-01-01 to 2025-01-01, 2025-01-03 to 2025-01-03")


def test_a_remark_on_nothing_names_the_days_that_were_wanted() -> None:
    _, in_en = remark(Coverage(), source_name="p", wanted=Coverage.of_period(JANUARY))
    assert in_en == "p: it tells of no whole day from 2025-01-01 to 2025-01-31"
