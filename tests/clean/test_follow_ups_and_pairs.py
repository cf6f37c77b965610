"""Rows that make other rows: entries of a follow-up log to responses, changes of state to windows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.clean.date_signs import DateSigns
from pipeline.clean.erased_rows import ERASED_IN
from pipeline.clean.inquiries import FollowUps, join_follow_ups, read_follow_ups, unknown_remarks
from pipeline.clean.mapping import ColumnTerms, map_rows, with_plain_texts
from pipeline.clean.state_changes import pair_rows, pairing_remarks, with_incident_ids
from pipeline.config.source import Source
from pipeline.indicators.base import RowCounts
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")
TICKETS = Source.model_validate(
    {
        **{"table": "inquiries", "path": "x", "format": "csv", "columns": {"inquiry_id": "id", "received_at": "at"}},
        "responses": {
            **{"path": "y", "format": "csv", "inquiry_id": "tiket", "nulls": ["-"]},
            "at": {"column": "waktu", "format": ["%Y-%m-%d %H:%M", "%Y-%m-%d"]},
            "kind": {"column": "jenis", "values": {"jawab": "response", "tutup": "closing", "teruskan": "other"}},
        },
    }
)
LOG = [
    ("1", "2025-03-02 09:00", "jawab"),
    ("1.0", "2025-03-01 09:00", "Jawab"),
    ("1", "2025-03-04 09:00", "tutup"),
    ("1", "2025-03-05", "tutup"),
    ("1", "2025-03-01 08:00", "teruskan"),
    # A response of which the time cannot be read may be the first, one of an unknown kind after the first may not.
    ("2", "besok", "jawab"),
    ("1", "2025-03-03 09:00", "entah"),
    ("3", "2025-03-02 09:00", "entah"),
    ("3", "2025-03-03 09:00", "jawab"),
    ("4", "besok", "tutup"),
    ("9", "2025-03-02 10:00", "jawab"),
    ("9", "2025-03-02 08:00", "jawab"),
    ("-", "2025-03-02 10:00", "jawab"),
    ("5", "2025-03-02 10:00", "jawab"),
]


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=ZONE).tz_convert("UTC")


def follow_ups(signs: DateSigns) -> FollowUps:
    assert TICKETS.responses is not None
    raw = pd.DataFrame(LOG, columns=["tiket", "waktu", "jenis"], dtype="str")
    raw[ERASED_IN] = pd.Series([None] * (len(LOG) - 1) + ["1 undated"], dtype="str")
    terms = ColumnTerms(TICKETS, ZONE, TICKETS.responses.nulls, has_typed_cells=False)
    known = pd.Series(["1", "2", "3", "4", "5"], dtype="str")
    return read_follow_ups(raw, responses=TICKETS.responses, terms=terms, known_ids=known, date_signs=signs)


def test_the_first_response_and_the_last_closing_of_a_ticket_stand_and_each_entry_has_a_fate() -> None:
    signs = DateSigns()
    found = follow_ups(signs)
    assert found.rows == RowCounts(
        **{"read": 14, "used": 5, "excluded": {"blank_row": 1, "erased": 1, "not_a_response": 1}},
        quarantined={"bad_time": 2, "unknown_inquiry": 2, "unknown_kind": 2},
    )
    assert found.moments.loc["1"].tolist() == [moment("2025-03-01 09:00"), False, moment("2025-03-05"), True]
    assert found.moments["responded_at"].dropna().to_dict() == {
        "1": moment("2025-03-01 09:00"),
        "3": moment("2025-03-03 09:00"),
    }
    assert sorted(found.in_doubt) == ["2", "3"]
    assert found.unknown.to_dict() == {"9": moment("2025-03-02 08:00")}


def test_a_response_of_the_log_fills_what_the_export_lacks_and_a_doubtful_one_holds_its_ticket() -> None:
    rows = [{"inquiry_id": str(n), "received_at": moment("2025-02-28 08:00")} for n in range(1, 6)]
    rows[2] |= {"responded_at": moment("2025-03-01 00:00")}
    rows.append({"inquiry_id": "2", "excluded_by": "test"})
    frame = join_follow_ups(frame_of(TABLES["inquiries"], rows), follow_ups(DateSigns()))
    assert frame["responded_at"].tolist() == [
        moment("2025-03-01 09:00"),
        pd.NaT,
        rows[2]["responded_at"],
        *[pd.NaT] * 3,
    ]
    assert frame["quarantine_reason"].fillna("").tolist() == ["", "unreadable_group", "", "", "", ""]
    assert frame["closed_at"].notna().tolist() == [True, *[False] * 5]


@pytest.mark.parametrize(
    ("received", "is_told"), [(["2025-03-02 07:00", "2025-03-02 09:00"], True), (["2025-03-03", "2025-04-01"], False)]
)
def test_answers_to_tickets_of_the_same_time_that_the_export_lacks_are_told(received: list[str], is_told: bool) -> None:
    frame = frame_of(TABLES["inquiries"], [{"received_at": moment(text)} for text in received])
    said = [one.en.partition(" ticket")[0] for one in unknown_remarks(frame, follow_ups(DateSigns()), source_name="u")]
    assert said == ["u: the follow-up log answers 1"] * is_told


CHANGES = [
    # Component, hour, state, place; what becomes of it, and its end.
    ("A", "08:00", "Down", "1", "sound", "10:00"),
    ("A", "09:00", "down", "2", "repeated_state", None),
    ("A", "09:30", "mati", "3", "combined", None),
    ("A", "10:00", "up", "4", "combined", None),
    ("B", "08:00", "up", "1", "up_without_down", None),
    ("B", "09:00", "down", "2", "sound", None),
    ("C", "08:00", "down", "1", "unreadable_group", None),
    ("C", "09:00", "?", "2", "unknown_state", None),
    ("C", "10:00", "up", "3", "unreadable_group", None),
    ("D", "nanti", "down", "1", "bad_started_at", None),
    ("D", "10:00", "down", "2", "unreadable_group", None),
    # At one moment the place decides.
    ("E", "08:00", "up", "2", "combined", None),
    ("E", "08:00", "down", "1", "sound", "08:00"),
]


def test_a_change_down_ends_with_the_next_change_up_of_its_component() -> None:
    source = Source.model_validate(
        {
            **{"table": "outages", "path": "x", "format": "csv"},
            "columns": {"component": "alat", "started_at": {"column": "jam", "format": "%Y-%m-%d %H:%M"}},
            "combine": {
                **{"by": ["component"], "how": "pair", "state": "status", "order_by": "urut"},
                **{"down": ["down", "mati"], "up": ["up"]},
            },
        }
    )
    assert source.combine is not None
    names = ["alat", "jam", "status", "urut"]
    raw = pd.DataFrame([row[:4] for row in CHANGES], columns=names, dtype="str")
    raw = raw.assign(jam="2025-03-01 " + raw["jam"], source_row=range(len(raw)))
    raw = raw.assign(reader_problem=pd.Series(None, raw.index, dtype="str"))
    frame = with_plain_texts(map_rows(raw, source=source, table=TABLES["outages"], zone=ZONE))
    frame = pair_rows(with_incident_ids(frame), table=TABLES["outages"], combine=source.combine)
    texts = frame[["excluded_by", "quarantine_reason"]].astype("str")
    assert texts["excluded_by"].fillna(texts["quarantine_reason"]).fillna("sound").tolist() == [
        row[4] for row in CHANGES
    ]
    ends = [moment(f"2025-03-01 {row[5]}") if row[5] else pd.NaT for row in CHANGES]
    assert frame["ended_at"].tolist() == ends
    assert frame["incident_id"].tolist()[0] == "A@20250301T010000.000000Z"
    assert frame["incident_id"].tolist()[9] == "D@"
    remarks = [(one.code, one.en.partition(" change")[0]) for one in pairing_remarks(frame, source_name="alat")]
    assert remarks == [("repeated_state", "alat: 1"), ("up_without_down", "alat: 1")]
    assert pairing_remarks(frame.head(1), source_name="alat") == []
