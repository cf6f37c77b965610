"""A result made from parts is the one made from the whole table, whatever the parts and however they hold texts."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.coverage import Coverage
from pipeline.indicators.base import Fingerprint, measure
from pipeline.indicators.counting import spread
from pipeline.indicators.registry import INDICATORS
from pipeline.indicators.row_hashes import row_hashes
from pipeline.periods import Period
from pipeline.tables import INQUIRIES, OUTAGES, SERVICES, VISITS
from tests.indicators.frames import frame_of, terms_of


def some_inquiries(rng: random.Random, count: int) -> pd.DataFrame:
    """Inquiries around 2025, answered, closed, open, excluded and quarantined ones."""
    rows = []
    for number in range(count):
        received = pd.Timestamp("2024-12-01", tz="UTC") + pd.Timedelta(seconds=rng.randrange(420 * 86_400))
        later = [received + pd.Timedelta(seconds=rng.randrange(40 * 86_400)) for _ in range(2)]
        rows.append(
            {
                "inquiry_id": str(number),
                "channel": rng.choice(["Web", "SMS", None]),
                "agency": rng.choice(["Dinas A", "Dinas B"]),
                "received_at": rng.choice([received, received, received, None]),
                "responded_at": rng.choice([later[0], None]),
                "received_is_date": rng.choice([True, False, None]),
                "responded_is_date": rng.choice([True, False, None]),
                "closed_is_date": rng.choice([True, False, None]),
                "closed_at": rng.choice([later[1], None]),
                "quarantine_reason": rng.choice([None, None, None, "bad_received_at"]),
                "excluded_by": rng.choice([None, None, None, "test"]),
            }
        )
    return frame_of(INQUIRIES, rows)


def some_outages(rng: random.Random) -> pd.DataFrame:
    """Outages around New Year 2025 that overlap, share numbers, have parents, stay open or have no length."""
    rows = []
    for _ in range(40):
        started = pd.Timestamp("2024-12-30", tz="UTC") + pd.Timedelta(minutes=rng.randrange(5 * 1440))
        ended = started + pd.Timedelta(minutes=rng.choice([0, 20, 200, 2000]))
        rows.append(
            {
                "incident_id": str(rng.randrange(25)),
                "parent_id": rng.choice([None, None, None, str(rng.randrange(30))]),
                "component": rng.choice("ABC"),
                "cause": rng.choice([None, "listrik", "jaringan"]),
                "is_planned": rng.choice([True, False, None]),
                "started_at": rng.choice([started, started, started, None]),
                "ended_at": rng.choice([ended, ended, ended, None]),
                "started_is_date": rng.choice([True, False, False, None]),
                "ended_is_date": rng.choice([True, False, False, None]),
                "quarantine_reason": rng.choice([None, None, None, "bad_ended_at"]),
                "excluded_by": rng.choice([None, None, None, "test"]),
            }
        )
        if rows[-1]["started_at"] is None:
            rows[-1]["quarantine_reason"] = "missing_started_at"
    return frame_of(OUTAGES, rows)


def some_visits(rng: random.Random) -> pd.DataFrame:
    """Days of two portals and two variants around 2025, each once."""
    days = pd.date_range("2024-12-25", periods=20).append(pd.date_range("2025-05-01", periods=10))
    rows = [
        {
            "visited_on": day,
            "days_count": 1,
            "portal_id": portal,
            "visits_count": rng.randrange(1000),
            "visit_definition": "v",
            "source_tool": tool,
            "variant": variant,
            "quarantine_reason": rng.choice([None, None, None, "bad_visits_count"]),
            "excluded_by": rng.choice([None, None, None, "duplicate"]),
        }
        for day in days
        for portal, tool in (("a", "matomo"), ("b", "access_log"))
        for variant in ("headline", "bots_included")
        if rng.random() < 0.4
    ]
    return frame_of(VISITS, rows)


def some_services(rng: random.Random) -> pd.DataFrame:
    """Services with one validity or several, of agencies and sectors, with and without steps, one or many that end."""
    rows: list[dict[str, object]] = []
    ends = rng.choice([[pd.Timestamp("2025-12-30"), None, None], [None]])
    for key in rng.sample(range(90), 40):
        steps = rng.choice([None, 3])
        rows.append(
            {
                "service_id": str(key // 3),
                "agency": rng.choice(["Dinas A", "Dinas B", None]),
                "audience": rng.choice(["citizens", "both", None]),
                "is_accessible_online": rng.random() < 0.7,
                "is_requestable_online": rng.random() < 0.5,
                "is_online_applicable": rng.random() < 0.9,
                "volume": rng.choice([None, rng.randrange(500)]),
                "steps_count": steps,
                "steps_applicable_count": steps and rng.randrange(4),
                "steps_online_count": steps and rng.randrange(4),
                "valid_from_on": [None, pd.Timestamp("2020-01-01"), pd.Timestamp("2025-06-01")][key % 3],
                "valid_to_on": rng.choice(ends) if rows else pd.Timestamp("2026-12-30"),
                "quarantine_reason": rng.choice([None, None, None, "unknown_audience"]),
            }
        )
    return frame_of(SERVICES, rows)


ROWS: dict[str, Callable[[random.Random], pd.DataFrame]] = {
    "visits": some_visits,
    "services": some_services,
    "inquiries": lambda rng: some_inquiries(rng, 40),
    "outages": some_outages,
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("covers", [None, Coverage.of_period(Period(2025))])
def test_parts_of_any_order_give_the_result_of_the_whole(seed: int, covers: Coverage | None) -> None:
    rng = random.Random(seed)  # noqa: S311 the same every time
    frame = some_inquiries(rng, 120)
    terms = terms_of("2025", covers=covers)
    cuts = [0, *sorted(rng.sample(range(1, 120), 4)), 120]
    parts = [frame.iloc[begin:end].reset_index(drop=True) for begin, end in pairwise(cuts)]
    parts = [part.astype({"channel": "category", "agency": "category", "excluded_by": "category"}) for part in parts]
    indicator = INDICATORS["inquiry_response"]
    assert measure(indicator, reversed(parts), terms=terms) == measure(indicator, [frame], terms=terms)


CUTS = st.lists(st.integers(0, 40), min_size=1, max_size=4)


@pytest.mark.parametrize("name", sorted(INDICATORS))
@settings(max_examples=10)
@given(st.integers(0, 50), CUTS, st.randoms(use_true_random=False))
def test_every_indicator_gives_one_result_whatever_the_parts_and_their_order(
    name: str, seed: int, cuts: list[int], random_order: random.Random
) -> None:
    indicator = INDICATORS[name]
    frame = ROWS[indicator.DEFINITION.table](random.Random(seed))  # noqa: S311 the same every time
    bounds = [0, *sorted(cuts), len(frame)]
    parts = [frame.iloc[begin:end].reset_index(drop=True) for begin, end in pairwise(bounds)]
    parts = [part.astype(dict.fromkeys(part.columns[part.dtypes == "str"], "category")) for part in parts]
    random_order.shuffle(parts)
    # So late that a register without ends cannot answer any more.
    terms = terms_of("2025", covers=None, known_until=datetime(2028, 1, 1, tzinfo=UTC))
    assert measure(indicator, parts, terms=terms) == measure(indicator, [frame], terms=terms)


@pytest.mark.parametrize("name", sorted(INDICATORS))
def test_summaries_add_up_in_any_grouping(name: str) -> None:
    terms, indicator = terms_of("2025", covers=None), INDICATORS[name]
    frame = ROWS[indicator.DEFINITION.table](random.Random(7))  # noqa: S311 the same every time
    one, two, three = (indicator.summarise(frame.iloc[nth::3], terms=terms) for nth in range(3))
    left, right = (
        indicator.conclude(one + two + three, terms=terms),
        indicator.conclude(one + (two + three), terms=terms),
    )
    assert left == right == indicator.conclude(three + one + two, terms=terms)


def test_a_row_has_one_number_however_its_columns_hold_it() -> None:
    frame = pd.DataFrame({"a": ["x", None, "", "x"], "b": ["long enough for two words", "é", "x", None]}, dtype="str")
    assert row_hashes(frame).tolist() == row_hashes(frame.astype("category")).tolist()
    assert row_hashes(frame.iloc[1:]).tolist() == row_hashes(frame)[1:].tolist()
    assert len({*row_hashes(frame).tolist()}) == 4


@pytest.mark.parametrize("changed", ["another row", "a row less", "a text", "a null", "a moment"])
def test_whatever_changes_in_the_rows_changes_the_fingerprint(changed: str) -> None:
    frame = some_inquiries(random.Random(1), 20)  # noqa: S311 the same every time
    other = frame.copy()
    if changed == "another row":
        other = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    elif changed == "a row less":
        other = frame.iloc[1:]
    else:
        column = {"a text": "agency", "a null": "inquiry_id", "a moment": "closed_at"}[changed]
        value = {"a text": "Dinas C", "a null": None, "a moment": pd.Timestamp("2025-06-01", tz="UTC")}[changed]
        other.loc[3, column] = value
    assert fingerprint(other) != fingerprint(frame)
    assert fingerprint(frame.sample(frac=1, random_state=1)) == fingerprint(frame)


def fingerprint(frame: pd.DataFrame) -> str:
    return Fingerprint.of(frame).sha256(terms={}, method_version="1.0")


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 101])
def test_the_spread_of_seconds_is_that_of_their_values_in_the_longer_unit(count: int) -> None:
    seconds = pd.Series(random.Random(count).choices(range(10_000), k=count))  # noqa: S311 the same every time
    values = seconds / 7
    expected = {"median": values.quantile(0.5), "p90": values.quantile(0.9), "count": count}
    assert spread(seconds, unit_seconds=7) == spread(seconds.to_numpy("i4"), unit_seconds=7) == expected
