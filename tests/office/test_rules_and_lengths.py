"""Rules that meet error cells or blanks, lengths with unclear marks, and ends past midnight of a log with one date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.errors import ConfigError
from tests.office.offices import computed_from

OUTAGES = {"table": "outages", "columns": {"incident_id": "No", "component": "Unit", "started_at": "Mulai"}}


def outages(end: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The source of outages with its end."""
    return {"table": "outages", "columns": OUTAGES["columns"] | {"ended_at": end}, **settings}


@pytest.mark.parametrize(
    ("texts", "settings", "quarantined", "hours"),
    [
        (["1.500", "30"], {}, {"ambiguous_ended_at": 1}, 0.5),
        (["1,500", "30"], {}, {"ambiguous_ended_at": 1}, 0.5),
        (["1.500", "30"], {"thousands": "."}, {}, 25.5),
        (["1.500", "30"], {"decimal": "."}, {}, 0.525),
        (["0.750", "30"], {"decimal": "."}, {}, 0.5125),
        (["12.5", "30"], {}, {}, 42.5 / 60),
        (["12.345.678", "30"], {}, {"ambiguous_ended_at": 1}, 0.5),
    ],
)
def test_a_length_that_may_be_grouped_needs_its_mark(
    texts: list[str], settings: dict[str, str], quarantined: dict[str, int], hours: float, tmp_path: Path
) -> None:
    lines = ["No;Unit;Mulai;Lama", *(f"{n};{n};2025-01-0{n} 08:00;{text}" for n, text in enumerate(texts, start=1))]
    end = {"column": "Lama", "after": "started_at", "unit": "minutes"}
    result = computed_from(tmp_path, lines, outages(end, delimiter=";", **settings))["it_downtime"]
    assert result.rows.quarantined == quarantined
    assert result.headline.numerator == pytest.approx(hours)


def test_a_number_of_json_needs_no_mark(tmp_path: Path) -> None:
    rows = [{"No": 1, "Unit": "a", "Mulai": "2025-01-01 08:00", "Lama": 1.125}]
    end = {"column": "Lama", "after": "started_at", "unit": "hours"}
    result = computed_from(tmp_path, [json.dumps(rows)], outages(end, format="json"))["it_downtime"]
    assert (result.headline.numerator, result.rows.quarantined) == (1.125, {})


TESTS_EXCLUDED = {"column": "Jenis", "contains": ["uji"]}


@pytest.mark.parametrize(
    ("rules", "quarantined", "excluded"),
    [
        ({"test": TESTS_EXCLUDED}, {"error_exclude": 2}, {"test": 1}),
        ({"test": {"column": "Jenis", "values": ["Uji coba", "#N/A"]}}, {"error_exclude": 1}, {"test": 2}),
        (
            {"test": TESTS_EXCLUDED, "spam": {"column": "No", "values": ["3"]}},
            {"error_exclude": 1},
            {"spam": 1, "test": 1},
        ),
    ],
)
def test_a_row_of_which_a_rule_meets_an_error_is_not_used(
    rules: dict[str, Any], quarantined: dict[str, int], excluded: dict[str, int], tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["No", "Masuk", "Jawab", "Jenis"])
    for number, kind in enumerate(["Jalan", "#N/A", "#REF!", "Uji coba"], start=1):
        book.active.append([number, f"2025-0{number}-01 08:00", f"2025-0{number}-01 09:00", kind])
    for cell in book.active["D"]:
        cell.data_type = "e" if str(cell.value).startswith("#") else cell.data_type
    book.save(tmp_path / "p.xlsx")
    columns = {"inquiry_id": "No", "received_at": "Masuk", "responded_at": "Jawab"}
    source = {"table": "inquiries", "path": "p.xlsx", "format": "xlsx", "columns": columns, "exclude": rules}
    rows = computed_from(tmp_path, [], source)["inquiry_response"].rows
    assert (rows.quarantined, rows.excluded) == (quarantined, excluded)


def test_a_number_with_unclear_marks_in_a_bounded_rule_is_not_used(tmp_path: Path) -> None:
    lines = ["No,Unit,Mulai,Selesai,Pelanggan"]
    lines += [
        f"{n},{n},2025-01-0{n} 08:00,2025-01-0{n} 09:00,{count}" for n, count in enumerate(["12", "1.200", ""], 1)
    ]
    rule = {"duplicate": {"column": "Pelanggan", "at_most": 5}}
    rows = computed_from(tmp_path, lines, outages({"column": "Selesai"}, exclude=rule))["it_downtime"].rows
    assert rows.quarantined == {"ambiguous_exclude": 1}
    source = outages({"column": "Selesai"}, exclude=rule, thousands=".")
    assert computed_from(tmp_path, lines, source)["it_downtime"].rows.quarantined == {}


@pytest.mark.parametrize(
    "rule", [{"contains": ["Uji", ""]}, {"values": [" "]}, {"values": ["Uji"], "contains": ["  "]}]
)
def test_a_rule_with_a_blank_text_is_refused(rule: dict[str, list[str]], tmp_path: Path) -> None:
    source = outages({"column": "Selesai"}, exclude={"test": {"column": "Unit", **rule}})
    with pytest.raises(ConfigError, match="teks kosong"):
        computed_from(tmp_path, ["No,Unit,Mulai,Selesai"], source)


ONE_DATE = ["No,Unit,Tanggal,Mulai,Selesai", "1,a,01/02/2025,08:00,09:00", "2,b,28/02/2025,23:30,01:15"]


@pytest.mark.parametrize(
    ("settings", "quarantined", "hours"),
    [({}, {"end_before_start": 1}, 1), ({"next_day_if_before": "started_at"}, {}, 2.75)],
)
def test_an_end_past_midnight_is_of_the_next_day_where_that_is_declared(
    settings: dict[str, str], quarantined: dict[str, int], hours: float, tmp_path: Path
) -> None:
    source = outages({"column": ["Tanggal", "Selesai"], "format": "%d/%m/%Y %H:%M", **settings})
    source["columns"] |= {"started_at": {"column": ["Tanggal", "Mulai"], "format": "%d/%m/%Y %H:%M"}}
    result = computed_from(tmp_path, ONE_DATE, source)["it_downtime"]
    assert result.rows.quarantined == quarantined
    assert result.headline.numerator == hours


def test_an_end_of_an_earlier_day_or_without_an_hour_stays_before_its_start(tmp_path: Path) -> None:
    lines = ["No,Unit,Mulai,Selesai", "1,a,2025-02-02 23:30,2025-02-01 01:15", "2,b,2025-02-02 23:30,2025-02-01"]
    lines += ["3,c,2025-02-02 23:30,2025-02-02"]
    result = computed_from(tmp_path, lines, outages({"column": "Selesai", "next_day_if_before": "started_at"}))
    assert result["it_downtime"].rows.quarantined == {"end_before_start": 2}
    assert result["it_downtime"].headline.numerator == 0


@pytest.mark.parametrize("earlier", ["ended_at", "component", "mulai"])
def test_the_next_day_is_told_by_an_earlier_moment(earlier: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="next_day_if_before"):
        computed_from(tmp_path, ONE_DATE, outages({"column": "Selesai", "next_day_if_before": earlier}))
