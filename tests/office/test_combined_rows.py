"""Rows that make one: a group that an unreadable row may decide is held back, and state changes are paired."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.mapping import STATE
from pipeline.clean.state_changes import pair_rows
from pipeline.config.rows import Combine
from pipeline.indicators.counting import is_sound
from pipeline.tables import OUTAGES
from tests.indicators.frames import frame_of
from tests.office.offices import computed_from

EVENTS = {
    "table": "outages",
    "columns": {"incident_id": "id", "component": "id", "started_at": "mulai", "ended_at": "selesai"},
    "combine": {"by": "incident_id", "how": "last", "order_by": "n"},
}
B = "B,1,2025-03-01 08:00,2025-03-01 09:00"
A = ("A,1,2025-03-01 08:00,", "A,2,2025-03-01 08:00,2025-03-01 11:00")


@pytest.mark.parametrize(
    ("rows", "parts", "quarantined"),
    [
        (A, (4, 2), {}),
        ((A[0], "A,2,2025-03-01 08:00,13/13/2025"), (1, 1), {"bad_ended_at": 1, "unreadable_group": 1}),
        (("A,1,2025-03-01 08:00,13/13/2025", A[1]), (4, 2), {"bad_ended_at": 1}),
        ((A[0], "A,dua,2025-03-01 08:00,13/13/2025"), (1, 1), {"bad_ended_at": 1, "unreadable_group": 1}),
        ((A[0], "A,,2025-03-01 08:00,2025-03-01 11:00"), (1, 1), {"unreadable_group": 2}),
        (("A,,2025-03-01 08:00,2025-03-01 11:00",), (4, 2), {}),
    ],
)
def test_a_group_whose_last_event_cannot_be_read_is_held_back_whole(
    rows: tuple[str, ...], parts: tuple[float, float], quarantined: dict[str, int], tmp_path: Path
) -> None:
    result = computed_from(tmp_path, ["id,n,mulai,selesai", *rows, B], EVENTS)["it_downtime"]
    assert (result.headline.numerator, result.headline.denominator) == parts
    assert result.rows.quarantined == quarantined


def test_a_sum_with_an_unreadable_part_is_no_smaller_sum(tmp_path: Path) -> None:
    source = {
        "table": "visits",
        "grain": "month",
        "columns": {"visited_on": {"column": "bulan", "format": "%Y-%m"}, "visits_count": "n"},
        "combine": {"by": "visited_on", "how": "sum"},
    }
    rows = ["bulan,n", "2025-01,100", "2025-01,1OO", "2025-02,60", "2025-02,40"]
    result = computed_from(tmp_path, rows, source)["portal_visits"]
    assert result.headline.numerator == 100
    assert result.rows.quarantined == {"bad_visits_count": 1, "unreadable_group": 1}


CHANGES = {
    "table": "outages",
    "columns": {"component": "alat", "started_at": "waktu"},
    "combine": {"by": "component", "how": "pair", "state": "keadaan", "down": ["PUTUS"], "up": ["normal"]},
}
LOG = [
    "A,2025-01-10 10:00,putus",
    "A,2025-01-10 10:30,normal",
    "B,2025-02-10 10:00,Putus",
    "B,2025-02-10 10:30,Normal",
]
LOST = {"unreadable_group": 2}


@pytest.mark.parametrize(
    ("more", "parts", "excluded", "quarantined", "codes"),
    [
        ([], (1, 2), {"combined": 2}, {}, set()),
        (["A,2025-01-10 10:10,putus"], (1, 2), {"combined": 2, "repeated_state": 1}, {}, {"repeated_state"}),
        (["A,2025-01-09 10:10,normal"], (1, 2), {"combined": 2, "up_without_down": 1}, {}, {"up_without_down"}),
        (["B,2025-12-31 20:00,putus"], (5, 3), {"combined": 2}, {}, {"still_open", "open_dominates"}),
        (
            ["A,2025-01-10 10:10,?"],
            (0.5, 1),
            {"combined": 1},
            {"unknown_state": 1, "unreadable_group": 2},
            {"quarantine"},
        ),
        (["A,besok,putus"], (0.5, 1), {"combined": 1}, {"bad_started_at": 1, "unreadable_group": 2}, {"quarantine"}),
    ],
)
def test_state_changes_are_paired_and_none_is_lost(
    more: list[str],
    parts: tuple[float, float],
    excluded: dict[str, int],
    quarantined: dict[str, int],
    codes: set[str],
    tmp_path: Path,
) -> None:
    result = computed_from(tmp_path, ["alat,waktu,keadaan", *more, *LOG], CHANGES)["it_downtime"]
    assert (result.headline.numerator, result.headline.denominator) == parts
    assert (result.rows.excluded, result.rows.quarantined) == (excluded, quarantined)
    assert {remark.code for remark in result.remarks if remark.keeps_provisional} == codes


def test_tickets_opened_and_closed_by_events_are_paired(tmp_path: Path) -> None:
    source = {
        "table": "inquiries",
        "columns": {"inquiry_id": "tiket", "received_at": "waktu"},
        "combine": {
            **{"by": "inquiry_id", "how": "pair", "state": "peristiwa", "down": "masuk", "up": "dijawab"},
            "ends": "responded_at",
        },
    }
    rows = ["tiket,waktu,peristiwa", "1,2025-03-01 08:00,masuk", "1,2025-03-02 08:00,dijawab"]
    assert computed_from(tmp_path, rows, source)["inquiry_response"].headline.value == 1


STEPS = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from([1, 0]), st.integers(0, 5)), max_size=25)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.randoms(use_true_random=False))
def test_pairs_are_those_of_a_walk_through_the_log(drawn: list[tuple[str, int, int]], order: Any) -> None:
    start, events = pd.Timestamp("2025-01-01", tz="UTC"), []
    for place, (component, state, _) in enumerate(drawn):
        events.append((component, start + pd.Timedelta(hours=place), state))
    expected, down = set(), dict[str, Any]()
    for component, moment, state in events:
        if state and component not in down:
            down[component] = moment
        elif not state and component in down:
            expected.add((component, down.pop(component), moment))
    expected |= {(component, moment, pd.NaT) for component, moment in down.items()}
    order.shuffle(events)
    frame = frame_of(
        OUTAGES, [{"incident_id": str(n), "component": c, "started_at": m} for n, (c, m, _) in enumerate(events)]
    )
    frame = frame.assign(**{STATE: pd.Series([state for *_, state in events], dtype="Int8")})
    combine = Combine(by=("component",), how="pair", state="s", down=("d",), up=("u",))
    paired = pair_rows(frame, table=OUTAGES, combine=combine)
    kept = paired[is_sound(paired)]
    assert len(paired) == len(events)
    assert set(zip(kept["component"], kept["started_at"], kept["ended_at"], strict=True)) == expected
