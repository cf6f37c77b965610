"""Rows as stored beside rows as computed: each difference with both sides, and none where both say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline.warehouse.comparing import Difference, Unreadable, compare
from pipeline.warehouse.model import CALENDAR_PERIOD, CLOSING, POPULATION, REMARK, VARIANT

KEY = {"city_id": "kota-uji", "indicator_id": "it_downtime", "period": "2025", "version": 1, "variant": "planned"}
ROW = (*KEY.values(), 2.0, 6.0, 3.0, "hours", None)
WIB = timezone(timedelta(hours=7))


def test_a_value_that_differs_is_named_with_what_is_stored_and_what_was_computed() -> None:
    stored = (*KEY.values(), 9.0, 6.0, 3.0, "days", None)
    assert list(compare(VARIANT, [stored], [ROW])) == [
        Difference("result_variant", KEY, "value", 9.0, 2.0),
        Difference("result_variant", KEY, "unit", "days", "hours"),
    ]
    assert [one.place for one in compare(VARIANT, [stored], [ROW], but=("unit",))] == ["result_variant.value"]


def test_a_row_that_is_missing_and_one_too_many_are_told_whole_in_the_order_of_keys() -> None:
    others = {**KEY, "variant": "all"}
    other = (*others.values(), *ROW[5:])
    parts = {"value": 2.0, "numerator": 6.0, "denominator": 3.0, "unit": "hours", "reason": None}
    assert list(compare(VARIANT, [ROW], [other])) == [
        Difference("result_variant", others, None, None, others | parts),
        Difference("result_variant", KEY, None, KEY | parts, None),
    ]
    assert next(compare(VARIANT, [ROW], [])).place == "result_variant"


@pytest.mark.parametrize(
    ("table", "stored", "computed"),
    [
        (VARIANT, ROW, (*KEY.values(), 2, 6, 3, "hours", None)),
        (VARIANT, (*KEY.values(), -0.0, *ROW[6:]), (*KEY.values(), 0.0, *ROW[6:])),
        (
            REMARK,
            (*ROW[:4], 1.0, "c", "a", "b", 1, "loket", 2, None, None),
            (*ROW[:4], 1, "c", "a", "b", True, "loket", 2.0, None, None),
        ),
        (
            CLOSING,
            ("kota-uji", "2025", 1, "closed", datetime(2026, 1, 1, 7, tzinfo=WIB), "Siti", None),
            ("kota-uji", "2025", 1, "closed", datetime(2026, 1, 1, tzinfo=UTC), "Siti", None),
        ),
        (
            POPULATION,
            ("kota-uji", "kemendagri:31", date(2025, 12, 31), "dukcapil", 412_000.0),
            ("kota-uji", "kemendagri:31", date(2025, 12, 31), "dukcapil", 412_000),
        ),
    ],
)
def test_the_same_content_is_no_difference_whatever_driver_gave_it(
    table: Any, stored: tuple[Any, ...], computed: tuple[Any, ...]
) -> None:
    assert list(compare(table, [stored], [computed])) == []


@pytest.mark.parametrize(
    ("place", "stored"),
    [("value", "2.0"), ("value", None), ("numerator", 6.000000000000001), ("reason", "")],
)
def test_what_is_almost_the_same_is_a_difference(place: str, stored: object) -> None:
    names = [column.name for column in VARIANT.columns]
    row = tuple(stored if name == place else value for name, value in zip(names, ROW, strict=True))
    assert [(one.column, one.stored) for one in compare(VARIANT, [row], [ROW])] == [(place, stored)]


def test_a_text_that_is_no_day_is_told_also_where_days_are_not_compared() -> None:
    period = ("2025", "year", date(2025, 1, 1), date(2025, 12, 31), 2025, 12, "2024")
    kaput = (*period[:2], Unreadable("kacau"), date(2025, 12, 30), *period[4:])
    found = compare(CALENDAR_PERIOD, [kaput], [period], but=("period_start", "period_end"))
    assert [(one.column, one.stored, one.recomputed) for one in found] == [("period_start", "kacau", "2025-01-01")]
