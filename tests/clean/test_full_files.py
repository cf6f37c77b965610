"""What is counted of the rows of files: those that cannot be read, and all where an export stops at so many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import DataRejected
from pipeline.clean.month_files import Block
from pipeline.clean.readability import Readability
from pipeline.clean.source_rows import Landed
from pipeline.config.city import City
from pipeline.landing import LandedFile, Manifest
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of

COLUMNS = {
    "inquiries": {"inquiry_id": "nomor", "received_at": "masuk"},
    "outages": {"incident_id": "nomor", "component": "alat", "started_at": "mulai"},
    "services": {"service_id": "nomor", "is_accessible_online": "a", "is_requestable_online": "b"},
    "visits": {"visited_on": "hari", "visits_count": "n"},
}
FILES = {"path": "*.csv"}
SQL = {"connector": "sql", "connection": "meja", "options": {"query": "select 1 where 2 > :start_at"}}
API = {"connector": "api", "connection": "meja", "format": "json"}
API_OPTIONS = {"url": "/tiket", "params": {"dari": "{from}"}}


def readability(files: Sequence[LandedFile], *, table: str = "inquiries", of: Mapping[str, Any] = FILES) -> Readability:
    source = {"table": table, "format": "csv", "columns": COLUMNS[table], **of}
    city = City.model_validate(
        {
            **{"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}},
            **{"folder": Path(), "sources": {"meja": source}, "quarantine_limit_pct": 30},
        }
    )
    return Readability(Landed(Path(), city, Manifest("kota", "meja", "2025", "", "", tuple(files))))


def files_of(names: Iterable[str]) -> list[LandedFile]:
    return [LandedFile(name, "main", f"{n:064}"[::-1], 1, "", "") for n, name in enumerate(names, 1)]


def block(file: LandedFile, count: int, *, table: str = "inquiries", **outcome: str) -> Block:
    rows = [{"source_file_id": file.file_id, **outcome}] * count
    return Block.of(frame_of(TABLES[table], rows), TABLES[table])


def full(counts: Mapping[str, int], *, table: str = "inquiries", of: Mapping[str, Any] = FILES, **outcome: str) -> str:
    """The files of a source that are told, of so many rows each."""
    files = files_of(counts)
    found = readability(files, table=table, of=of)
    for file in files:
        for count in (counts[file.name] // 2, counts[file.name] - counts[file.name] // 2):
            found.add(block(file, count, table=table, **outcome))
    return " ".join(found.full_files())


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"a": 100}, "a"),
        ({"a": 99}, ""),
        ({"a": 101}, ""),
        ({"a": 0}, ""),
        ({"a": 100, "b": 37}, "a"),
        ({"a": 100, "b": 100}, "a b"),
        ({"a": 100, "b": 100, "c": 37}, ""),
        ({"a": 100, "b": 100, "c": 100, "d": 37}, ""),
        ({"a": 100, "b": 100, "c": 37, "d": 36}, "a b"),
        ({"a": 100, "b": 100, "c": 101}, "a b"),
        ({"a": 100, "b": 250, "c": 37}, "a b"),
        ({"a-2025-01": 100, "a-2025-02": 100, "a-2025-03": 37}, "a-2025-01 a-2025-02"),
        ({"a": 100, "b-2025-02": 100, "c": 37}, "a b-2025-02"),
    ],
)
def test_files_that_end_where_exports_stop_are_told_but_for_pages_with_a_shorter_last(
    counts: dict[str, int], told: str
) -> None:
    assert full(counts) == told


def test_rows_of_any_outcome_are_rows_of_the_file() -> None:
    assert full({"a": 100}, quarantine_reason="bad_date") == "a"
    assert full({"a": 100}, excluded_by="test") == "a"


@pytest.mark.parametrize("table", COLUMNS)
def test_lists_alone_are_exported_page_by_page(table: str) -> None:
    assert full({"a": 100}, table=table) == ("" if table == "visits" else "a")


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([60, 60, 60], "0 1 2"),
        ([60, 60], ""),
        ([50, 50, 50], "0 1 2"),
        ([49, 49, 49], ""),
        ([60, 60, 60, 60, 30, 20], "0 1 2 3"),
        ([60, 60, 60, 30, 20], ""),
        ([60, 60, 60, 60, 61], ""),
        ([60, 60, 30], ""),
        ([60, 100, 30], "1"),
        ([100, 100, 30], "0 1"),
        ([100, 120, 120, 120], "1 2 3"),
        ([], ""),
    ],
)
def test_answers_of_a_query_are_told_where_nearly_all_have_the_same_number_of_rows_or_one_that_exports_stop_at(
    counts: list[int], told: str
) -> None:
    assert full({str(n): count for n, count in enumerate(counts)}, of=SQL) == told


def test_the_pages_of_an_api_are_full_without_more() -> None:
    assert full({"a": 100, "b": 100}, of=API | {"options": API_OPTIONS}) == ""


def test_rows_that_a_rule_leaves_out_are_not_among_those_of_which_some_cannot_be_read() -> None:
    one, other = files_of("ab")
    found = readability([one, other])
    for file, sound, bad in ((one, 4, 1), (other, 1, 2)):
        found.add(block(file, sound))
        found.add(block(file, bad, quarantine_reason="bad_received_at"))
        found.add(block(file, 1, quarantine_reason="duplicate_row"))
        found.add(block(file, 50, excluded_by="test"))
        found.add(block(file, 50, quarantine_reason="bad_received_at", excluded_by="test"))
    found.leave_out(block(one, 2, excluded_by="superseded"))
    with pytest.raises(DataRejected, match=r"3 of 8 rows cannot be read \(bad_received_at 3\)") as raised:
        found.judge()
    assert "(a: 25.0 %; b: 50.0 %) " in raised.value.en
