"""What is made of raw and mapped rows, function by function: typed cells, bounds, persons, orders, steps, clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from connectors.records import TYPED
from pipeline.clean.date_signs import DateSigns, Form, Signs, other_clocks
from pipeline.clean.declared_days import DeclaredDays
from pipeline.clean.erased_rows import ERASED_IN, blanked, left_out
from pipeline.clean.mapping import ORDER, map_rows
from pipeline.clean.personal_texts import MASKED, PersonalTexts
from pipeline.clean.reading import Reading
from pipeline.clean.rules import apply_row_rules
from pipeline.clean.services import complete_services
from pipeline.clean.values import parse
from pipeline.config.source import Source
from pipeline.landing import ErasedIds
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

ZONE = ZoneInfo("Asia/Jakarta")
START = "2025-03-04 08:00"
Texts = list[str | None]


def outages_source(columns: dict[str, object] | None = None, **settings: object) -> Source:
    own = {"incident_id": "no", "component": {"constant": "A"}, "started_at": {"column": "mulai"}}
    declared = {"table": "outages", "path": "x", "format": "csv", "columns": own | (columns or {}), **settings}
    return Source.model_validate(declared)


def raw_of(**columns: Texts) -> pd.DataFrame:
    rows = pd.DataFrame(columns, dtype="str")
    if "mulai" not in rows:
        rows = rows.assign(mulai=pd.Series(START, index=rows.index, dtype="str"))
    return rows.assign(source_row=range(7, 7 + len(rows)), reader_problem=pd.Series(None, rows.index, dtype="str"))


def mapped(source: Source, raw: pd.DataFrame, *, personal: PersonalTexts | None = None) -> pd.DataFrame:
    return map_rows(raw, source=source, table=TABLES[source.table], zone=ZONE, personal=personal, file_id="berkas")


def outcomes(frame: pd.DataFrame) -> list[str]:
    texts = frame[["excluded_by", "quarantine_reason"]].astype("str")
    return texts["excluded_by"].fillna(texts["quarantine_reason"]).fillna("sound").tolist()


@pytest.mark.parametrize(
    ("bounds", "left_out"),
    [
        ({"at_least": 1, "at_most": 5}, {"1", "2,5", "5"}),
        ({"at_least": 1}, {"1", "2,5", "5", "5,1"}),
        ({"at_most": 5}, {"0,9", "1", "2,5", "5"}),
    ],
)
def test_a_rule_leaves_out_numbers_within_its_bounds_and_holds_what_may_be_another(
    bounds: dict[str, int], left_out: set[str]
) -> None:
    lengths: Texts = ["0,9", "1", "2,5", "5", "5,1", "lama", None, "#REF!"]
    source = outages_source({"component": "no"}, exclude={"no_outage": {"column": "lama", **bounds}}, decimal=",")
    found = outcomes(mapped(source, raw_of(no=[*map(str, range(len(lengths)))], lama=lengths)))
    assert found == [
        "no_outage" if one in left_out else "error_exclude" if one == "#REF!" else "sound" for one in lengths
    ]
    unclear = outages_source({"component": "no"}, exclude={"no_outage": {"column": "lama", **bounds}})
    assert outcomes(mapped(unclear, raw_of(no=["1"], lama=["1.234"]))) == ["ambiguous_exclude"]


def test_typed_cells_of_a_workbook_are_plain_texts_and_ids_without_a_fraction() -> None:
    source = outages_source({"cause": "sebab"}, format="xlsx")
    frame = mapped(source, raw_of(no=[f"12.0{TYPED}", "0012"], sebab=[f"7{TYPED}", "listrik"]))
    assert (frame["incident_id"].tolist(), frame["cause"].tolist()) == (["12", "0012"], ["7", "listrik"])


def test_persons_are_told_by_a_label_and_in_ids_by_file_and_row() -> None:
    personal = PersonalTexts()
    source = outages_source({"cause": "sebab"})
    raw = raw_of(no=["LAP_budi_santoso_2025", "INC-2"], sebab=["0812-3456-7890", "listrik"])
    frame = mapped(source, raw, personal=personal)
    assert frame["incident_id"].tolist() == [f"{MASKED} berkas 7", "INC-2"]
    assert frame["cause"].tolist() == [MASKED, "listrik"]
    assert personal.counts == {"incident_id": 1, "cause": 1}


@pytest.mark.parametrize(
    ("order_by", "orders"),
    [("urut", [2, 1, None]), ("mulai", [pd.Timestamp(START, tz=ZONE).value // 1000] * 2 + [None])],
)
def test_rows_are_ordered_by_the_numbers_or_the_moments_of_a_column(order_by: str, orders: list[float | None]) -> None:
    source = outages_source(combine={"by": ["incident_id"], "how": "last", "order_by": order_by})
    frame = mapped(source, raw_of(no=["1", "1", "2"], urut=["2", "1", "x"], mulai=[START, START, "x"]))
    assert [None if pd.isna(one) else one for one in frame[ORDER]] == orders


@pytest.mark.parametrize(
    ("names", "values", "reason"),
    [
        (("received", "responded"), ("2025-03-04 10:00", "2025-03-04"), None),
        (("received", "responded"), ("2025-03-04 10:00", "2025-03-03"), "response_before_receipt"),
        (("received", "closed"), ("2025-03-04 00:00", "2025-03-03"), "closed_before_receipt"),
    ],
)
def test_a_date_comes_before_no_moment_of_its_own_day(
    names: tuple[str, str], values: tuple[str, str], reason: str | None
) -> None:
    row: dict[str, object] = {"inquiry_id": "1"}
    for name, text in zip(names, values, strict=True):
        row |= {f"{name}_at": pd.Timestamp(text, tz="UTC"), f"{name}_is_date": len(text) == len("2025-03-04")}
    other = {"inquiry_id": "2", "received_at": row["received_at"], "responded_at": row["received_at"]}
    frame = frame_of(TABLES["inquiries"], [row, other])
    judged = apply_row_rules(frame, table=TABLES["inquiries"], extracted_at={"f": datetime(2026, 1, 1, tzinfo=UTC)})
    assert judged["quarantine_reason"].astype("object").where(lambda one: one.notna(), None).tolist() == [reason, None]


def test_steps_are_counted_row_by_row_and_an_unknown_one_holds_its_row() -> None:
    steps = {"columns": ["a", "b"], "online": ["Ya"], "offline": ["Tidak"], "not_applicable": ["-"]}
    columns = {"service_id": "no", "is_requestable_online": "b"}
    source = Source.model_validate(
        {"table": "services", "path": "x", "format": "csv", "columns": columns, "steps": steps}
    )
    rows = [{"service_id": str(n)} for n in range(3)] + [{"service_id": "3", "excluded_by": "test"}]
    raw = pd.DataFrame({"a": ["YA", "tidak", "?", "?"], "b": ["ya", "-", "ya", "ya"]}, dtype="str")
    found = complete_services(frame_of(TABLES["services"], rows), source=source, raw=raw)
    assert found["steps_count"].tolist() == [2] * 4
    assert found["steps_applicable_count"].tolist() == [2, 1, 1, 1]
    assert found["steps_online_count"].tolist() == [2, 0, 1, 1]
    assert found["quarantine_reason"].fillna("").tolist() == ["", "", "unknown_step", ""]
    assert found["is_accessible_online"].tolist() == [True, False, True, True]
    assert found["is_online_applicable"].tolist() == [True] * 4


def test_what_was_erased_keeps_its_place_and_month_alone() -> None:
    erased = ErasedIds(key=b"k").with_ids(["INC-1"], decision=3)
    source, table = outages_source({"cause": "sebab"}), TABLES["outages"]
    raw = raw_of(no=["INC-1", "INC-2"], sebab=["listrik", "jaringan"], mulai=["2025-03-31 23:30", START])
    blank = blanked(raw, source=source, table=table, zone=ZONE, erased=erased)
    assert blank[["no", "sebab", "mulai"]].iloc[0].isna().all()
    assert blank.iloc[1][["no", "sebab", "mulai"]].tolist() == ["INC-2", "jaringan", START]
    assert blank[ERASED_IN].fillna("").tolist() == ["3 2025-03-01", ""]
    frame = left_out(mapped(source, blank), blank, table=table, zone=ZONE)
    assert frame["started_at"].tolist() == [pd.Timestamp(text, tz=ZONE) for text in ("2025-03-01", START)]
    assert frame["excluded_by"].fillna("").tolist() == ["erased", ""]
    assert frame["source_row"].tolist() == [7, 8]
    assert blanked(raw, source=source, table=table, zone=ZONE, erased=ErasedIds()) is raw


def swapped_remarks(dates: list[str]) -> list[str]:
    clocks = np.array(dates, "M8[us]")
    days = clocks.astype("M8[D]") - clocks.astype("M8[M]")
    signs = DateSigns()
    signs.add("started_at", {Form("day_first"): Signs.of(clocks, len(dates), int((days.astype(int) > 11).sum()))})
    return [remark.en for remark in signs.remarks(outages_source(), name="upik")]


@pytest.mark.parametrize(
    ("months", "is_told"),
    [
        # The same month of three years is one month.
        (["2023-02", "2024-02", "2025-02"], False),
        (["2025-01", "2025-02", "2025-02"], False),
        (["2023-12", "2024-01", "2025-02"], True),
    ],
)
def test_dates_on_early_days_alone_are_told_where_they_are_of_three_months(months: list[str], is_told: bool) -> None:
    dates = [f"{month}-{day:02}" for month in months for day in (1, 5, 9, 12)]
    assert ["all 12 dates have days 1-12" in one for one in swapped_remarks(dates)] == [True] * is_told
    assert swapped_remarks([*dates[:-1], f"{months[-1]}-13"]) == []


@pytest.mark.parametrize(
    ("header", "settings", "others"),
    [
        ("Mulai (WIB)", {}, ""),
        ("Mulai (UTC+7)", {}, ""),
        ("Mulai (GMT +8)", {}, "GMT +8"),
        ("Mulai (UTC)", {}, "UTC"),
        ("Mulai wita", {}, "wita"),
        ("Mulai (WITA)", {"zone": "Asia/Makassar"}, ""),
        ("Mulai (WIB)", {"zone": "Asia/Makassar"}, "WIB"),
        ("Mulai", {}, ""),
    ],
)
def test_a_header_that_names_another_clock_is_told(header: str, settings: dict[str, str], others: str) -> None:
    found = other_clocks(outages_source({"started_at": {"column": header}}, **settings), name="upik", zone=ZONE)
    said = [remark.en.partition(f"the header or format says {others}, but")[1] != "" for remark in found]
    assert said == [True] * bool(others)
    assert all(remark.keeps_provisional is not bool(settings) for remark in found)


def test_rows_before_the_opening_and_after_the_closing_are_told() -> None:
    source = outages_source(opened_on="2025-03-02", closed_on="2025-03-30")
    moments = ["2025-03-01 23:59", "2025-03-02 00:00", "2025-03-30 23:59", "2025-03-31 00:00", "2025-04-01 00:00"]
    days = DeclaredDays()
    rows = [{"started_at": pd.Timestamp(text, tz=ZONE).tz_convert("UTC")} for text in moments]
    days.add(frame_of(TABLES["outages"], rows), source=source, zone=ZONE)
    assert [(one.code, one.en[:15]) for one in days.remarks("upik")] == [
        ("before_opening", "upik: 1 row is "),
        ("after_closing", "upik: 2 rows ar"),
    ]


@pytest.mark.parametrize(
    ("text", "reading", "moment"),
    [
        # What pandas reads of a typed cell: a fraction of a second, or an offset.
        (f"2025-04-03T08:15:00.5{TYPED}", {"has_swapped_cells": True}, "2025-03-04 08:15:00.5"),
        (f"2025-04-03T08:15:00.5{TYPED}", {}, "2025-04-03 08:15:00.5"),
        (f"2025-04-03T08:15:00.5{TYPED}", {"formats": ("%d.%m.%Y",)}, "2025-04-03 08:15:00.5"),
        ("45750.5", {"formats": ("excel",)}, "2025-04-03 12:00"),
        ("45750,5e0", {"formats": ("excel",)}, "2025-04-03 12:00"),
        (f"45750.5e0{TYPED}", {"formats": ("excel",)}, None),
    ],
)
def test_typed_cells_and_serial_numbers_are_moments(text: str, reading: dict[str, object], moment: str | None) -> None:
    parsed = parse(pd.Series([text], dtype="str"), kind="moment", reading=Reading(zone=ZONE, **reading))  # type: ignore[arg-type]
    assert parsed.values.tolist() == [pd.Timestamp(moment, tz=ZONE) if moment else pd.NaT]
    assert parsed.is_bad.tolist() == [moment is None]
