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


SAME_PLACE = ("A,7,2025-03-01 08:00,2025-03-01 11:00", "A,7,2025-03-01 08:00,2025-03-01 09:00")
THOUSANDS = ("A,1.001,2025-03-01 08:00,2025-03-01 11:00", "A,999,2025-03-01 08:00,2025-03-01 09:00")


@pytest.mark.parametrize(
    ("rows", "parts", "quarantined"), [(SAME_PLACE, (1, 1), {"unreadable_group": 2}), (THOUSANDS, (4, 2), {})]
)
def test_the_last_event_is_the_one_its_number_says_or_none_is(
    rows: tuple[str, ...], parts: tuple[float, float], quarantined: dict[str, int], tmp_path: Path
) -> None:
    source = {**EVENTS, "thousands": "."}
    result = computed_from(tmp_path, ["id,n,mulai,selesai", *rows, B], source)["it_downtime"]
    assert (result.headline.numerator, result.headline.denominator) == parts
    assert result.rows.quarantined == quarantined


DAILY = {
    "table": "visits",
    "columns": {"visited_on": "hari", "visits_count": "n"},
    "combine": {"by": "visited_on", "how": "sum"},
}


@pytest.mark.parametrize(
    ("rows", "has_total"),
    [
        (["2025-01-01,ponsel,3", "2025-01-01,meja,4", "2025-01-01,semua,7", "2025-01-02,ponsel,5"], True),
        (["2025-01-01,ponsel,3", "2025-01-01,meja,4", "2025-01-01,tablet,2", "2025-01-02,ponsel,5"], False),
        (["2025-01-01,ponsel,5", "2025-01-01,meja,5"], False),
        (["2025-01-01,ponsel,0", "2025-01-01,meja,0", "2025-01-01,tablet,0"], False),
    ],
)
def test_a_total_that_is_added_to_its_parts_is_said(rows: list[str], has_total: bool, tmp_path: Path) -> None:
    result = computed_from(tmp_path, ["hari,alat,n", *rows], DAILY)["portal_visits"]
    assert ("total_among_parts" in {remark.code for remark in result.remarks}) == has_total


@pytest.mark.parametrize(("count", "has_total"), [(7, True), (8, False)])
def test_a_portal_that_is_all_others_together_is_said(count: int, has_total: bool, tmp_path: Path) -> None:
    rows = ["2025-01-01,data,3", "2025-01-01,peta,4", f"2025-01-01,semua,{count}"]
    source = {"table": "visits", "columns": {"visited_on": "hari", "portal_id": "situs", "visits_count": "n"}}
    result = computed_from(tmp_path, ["hari,situs,n", *rows], source)["portal_visits"]
    assert ("total_among_parts" in {remark.code for remark in result.remarks}) == has_total


def test_a_day_that_is_added_up_stays_one_day(tmp_path: Path) -> None:
    rows = ["2025-01-01,ponsel,3", "2025-01-01,meja,4", "2025-01-03,ponsel,1"]
    result = computed_from(tmp_path, ["hari,alat,n", *rows], DAILY)["portal_visits"]
    assert result.coverage_pct == pytest.approx(100 * 2 / 365)


TICKETS = {"table": "inquiries", "columns": {"inquiry_id": "id", "received_at": "masuk", "responded_at": "jawab"}}
SOUND_TICKET = "B,2025-03-01 08:00,2025-03-02 08:00"
SERVICES = {
    "table": "services",
    "columns": {
        "service_id": "kode",
        "is_accessible_online": "daring",
        "is_requestable_online": "daring",
        "valid_from_on": "sejak",
    },
}
COMPONENTS = {
    "table": "outages",
    "columns": {"incident_id": "id", "component": "alat", "started_at": "mulai", "ended_at": "selesai"},
}
ONE_HOUR = "B,x,2025-03-05 08:00,2025-03-05 09:00"


@pytest.mark.parametrize(
    ("indicator", "source", "rows", "reason"),
    [
        (
            "inquiry_response",
            TICKETS,
            ["id,masuk,jawab", "A,2025-03-01 08:00,2025-03-31 08:00", "A,2025-03-01 08:00,#N/A", SOUND_TICKET],
            "error_responded_at",
        ),
        (
            "online_services",
            SERVICES,
            ["kode,daring,sejak", "A,tidak,2020-01-01", "A,?,2024-01-01", "B,ya,2020-01-01"],
            "bad_is_accessible_online",
        ),
        (
            "it_downtime",
            COMPONENTS,
            ["id,alat,mulai,selesai", "A,x,2025-03-01 08:00,2025-03-01 19:00", "A,y,2025-03-01 08:00,?", ONE_HOUR],
            "bad_ended_at",
        ),
    ],
)
def test_a_readable_row_is_held_back_with_an_unreadable_one_of_the_same_thing(
    indicator: str, source: dict[str, Any], rows: list[str], reason: str, tmp_path: Path
) -> None:
    result = computed_from(tmp_path, rows, source)[indicator]
    assert (result.rows.used, result.headline.denominator) == (1, 1)
    assert result.rows.quarantined == {reason: 1, "unreadable_group": 1}


@pytest.mark.parametrize(
    ("later", "used", "excluded", "quarantined"),
    [
        ("A,2025-03-01 08:00,?,sah", 1, {}, {"bad_responded_at": 1, "unreadable_group": 1}),
        ("A,2025-03-01 08:00,2025-03-02 08:00,uji", 1, {"superseded": 1, "test": 1}, {}),
        ("A,2025-03-01 08:00,2025-03-02 08:00,sah", 2, {"superseded": 1}, {}),
    ],
)
def test_what_a_later_file_says_of_a_ticket_counts_even_if_it_is_left_out(
    later: str, used: int, excluded: dict[str, int], quarantined: dict[str, int], tmp_path: Path
) -> None:
    header = "id,masuk,jawab,sifat"
    (tmp_path / "later.csv").write_text(f"{header}\n{later}\n", "utf-8")
    exclude = {"test": {"column": "sifat", "values": ["uji"]}}
    source = {**TICKETS, "path": ["data.csv", "later.csv"], "later_file_wins": True, "exclude": exclude}
    rows = [header, "A,2025-03-01 08:00,2025-03-31 08:00,sah", f"{SOUND_TICKET},sah"]
    result = computed_from(tmp_path, rows, source)["inquiry_response"]
    assert (result.rows.used, result.rows.excluded, result.rows.quarantined) == (used, excluded, quarantined)


@pytest.mark.parametrize(
    ("entry", "is_held"),
    [
        ("A,#VALUE!,Jawab", True),
        ("A,2025-03-01 09:00,Balasan", True),
        ("A,2025-03-20 09:00,Balasan", False),
        ("A,#VALUE!,Selesai", False),
        ("A,2025-03-01 09:00,Disposisi", False),
    ],
)
def test_a_ticket_whose_first_answer_may_be_an_unreadable_entry_is_held_back(
    entry: str, is_held: bool, tmp_path: Path
) -> None:
    kinds = {"Jawab": "response", "Disposisi": "other", "Selesai": "closing"}
    read = {"inquiry_id": "id", "at": "waktu", "kind": {"column": "jenis", "values": kinds}}
    entries = ["id,waktu,jenis", entry, "A,2025-03-11 08:00,Jawab", "B,2025-03-02 08:00,Jawab"]
    (tmp_path / "log.csv").write_text("\n".join(entries) + "\n", "utf-8")
    columns = {"inquiry_id": "id", "received_at": "masuk"}
    source = {"table": "inquiries", "columns": columns, "responses": {"path": "log.csv", "format": "csv", **read}}
    rows = ["id,masuk", "A,2025-03-01 08:00", "B,2025-03-01 08:00"]
    result = computed_from(tmp_path, rows, source)["inquiry_response"]
    assert result.headline.value == (1 if is_held else 5.5)
    assert result.rows.quarantined.get("unreadable_group", 0) == is_held


@pytest.mark.parametrize(
    ("others", "is_kept"),
    [
        (["X,2025-03-02 08:00,Jawab"], True),
        (["X,2025-03-02 08:00,Disposisi"], False),
        (["X,2024-03-02 08:00,Jawab", "Y,2025-05-02 08:00,Jawab"], False),
    ],
)
def test_answers_to_tickets_that_the_export_lacks_are_said(others: list[str], is_kept: bool, tmp_path: Path) -> None:
    kinds = {"Jawab": "response", "Disposisi": "other"}
    read = {"inquiry_id": "id", "at": "waktu", "kind": {"column": "jenis", "values": kinds}}
    entries = ["id,waktu,jenis", *others, "A,2025-03-11 08:00,Jawab", "B,2025-03-22 08:00,Jawab"]
    (tmp_path / "log.csv").write_text("\n".join(entries) + "\n", "utf-8")
    columns = {"inquiry_id": "id", "received_at": "masuk"}
    source = {"table": "inquiries", "columns": columns, "responses": {"path": "log.csv", "format": "csv", **read}}
    rows = ["id,masuk", "A,2025-03-01 08:00", "B,2025-03-21 08:00"]
    result = computed_from(tmp_path, rows, source)["inquiry_response"]
    assert ("answers_without_inquiries" in {remark.code for remark in result.remarks}) is is_kept


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
