"""Rows of erased persons are blank but for their month, and so are those that stand in place of their raw files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.errors import SourceChanged
from connectors.remarks import Remark
from pipeline.clean.erased_rows import (
    ERASED_IN,
    Said,
    blanked,
    blanked_answers,
    blocks_of_rests,
    decisions_of,
    left_out,
    rest_of,
    said_of_rest,
)
from pipeline.clean.mapping import map_rows
from pipeline.clean.source_rows import Landed, raw_blocks
from pipeline.config.city import City
from pipeline.config.source import Source
from pipeline.landing import ErasedIds, LandedFile, Manifest, Rest, land_bytes
from pipeline.tables import TABLES

ZONE = ZoneInfo("Asia/Jakarta")
INQUIRIES = Source.model_validate(
    {
        **{"table": "inquiries", "path": "x", "format": "csv"},
        "columns": {"inquiry_id": "no", "received_at": {"column": "masuk", "format": "%Y-%m-%d %H:%M"}},
    }
)
SERVICES = Source.model_validate(
    {
        **{"table": "services", "path": "x", "format": "csv"},
        "columns": {
            **{"service_id": "no", "is_accessible_online": "a", "is_requestable_online": "a"},
            "valid_from_on": {"column": "sejak", "format": "%Y-%m-%d"},
        },
    }
)
ERASED = ErasedIds(b"key").with_ids(["A1", "A3"], decision=4).with_ids(["A3", "A5"], decision=7)
SAID = Said((Remark("kode", "kata", "words", keeps_provisional=False),), ("Tahun 2025",), ("Status",))


def raw(*rows: Sequence[str | None], names: str = "no masuk isi") -> pd.DataFrame:
    texts = pd.DataFrame([list(row) for row in rows], columns=names.split(), dtype="str")
    problem = pd.Series(None, index=texts.index, dtype="str")
    return texts.assign(source_row=range(2, 2 + len(rows)), reader_problem=problem)


READ = raw(
    ("A1", "2025-03-31 23:30", "rahasia"),
    ("A2", "2025-03-31 23:30", "terang"),
    (" A3 ", "besok", "rahasia"),
    ("A4", None, None),
    ("A5", "2025-01-01 00:10", "rahasia"),
)


def texts_of(frame: pd.DataFrame, *names: str) -> list[tuple[str, ...]]:
    return list(frame[list(names)].astype("str").fillna("").itertuples(index=False, name=None))


def test_rows_of_erased_ids_lose_all_but_their_place_and_the_local_month_they_belong_to() -> None:
    found = blanked(READ, source=INQUIRIES, table=TABLES["inquiries"], zone=ZONE, erased=ERASED)
    assert texts_of(found, "no", "masuk", "isi", ERASED_IN) == [
        ("", "", "", "4 2025-03-01"),
        ("A2", "2025-03-31 23:30", "terang", ""),
        ("", "", "", "4 undated"),
        ("A4", "", "", ""),
        ("", "", "", "7 2025-01-01"),
    ]
    assert found["source_row"].tolist() == [2, 3, 4, 5, 6]
    assert decisions_of([("f", found), ("g", READ), ("h", found[:1])]) == {4: 3, 7: 1}
    again = blanked(
        found, source=INQUIRIES, table=TABLES["inquiries"], zone=ZONE, erased=ERASED.with_ids([""], decision=9)
    )
    assert texts_of(again, "no", ERASED_IN) == texts_of(found, "no", ERASED_IN)


def test_of_nobody_or_of_things_that_nobody_is_named_by_nothing_is_blanked() -> None:
    for table, erased in (("inquiries", ErasedIds()), ("visits", ERASED)):
        assert blanked(READ, source=INQUIRIES, table=TABLES[table], zone=ZONE, erased=erased) is READ


def test_answers_to_erased_inquiries_are_blank_whether_or_not_a_sheet_made_their_ids_numbers() -> None:
    ids = ErasedIds(b"key").with_ids(["12", "A1"], decision=3)
    found = blanked_answers(raw(("12.0", "x", "y"), ("A1", "x", "y"), ("13.0", "x", "y")), id_column="no", erased=ids)
    assert texts_of(found, "no", "isi", ERASED_IN) == [
        ("", "", "3 undated"),
        ("", "", "3 undated"),
        ("13.0", "y", ""),
    ]
    assert texts_of(blanked_answers(READ, id_column="no", erased=ErasedIds()), "no", ERASED_IN)[0] == ("A1", "")


@pytest.mark.parametrize(
    ("source", "column", "days"),
    [
        (INQUIRIES, "received_at", ["2025-02-28T17:00:00+00:00", "2025-03-31T16:30:00+00:00", "NaT"]),
        (SERVICES, "valid_from_on", ["2025-03-01T00:00:00", "2025-03-31T00:00:00", "NaT"]),
    ],
)
def test_mapped_rows_that_were_erased_tell_their_month_and_the_rule_alone(
    source: Source, column: str, days: list[str]
) -> None:
    table = TABLES[source.table]
    given = (
        READ[:3]
        if source is INQUIRIES
        else raw(
            ("A1", "2025-03-31", "true"), ("A2", "2025-03-31", "true"), ("A3", "besok", "true"), names="no sejak a"
        )
    )
    read = blanked(given, source=source, table=table, zone=ZONE, erased=ERASED)
    mapped = map_rows(read, source=source, table=table, zone=ZONE).assign(excluded_by=["test", "test", None])
    found = left_out(mapped, read, table=table, zone=ZONE)
    assert [one.isoformat() if one is not pd.NaT else "NaT" for one in found[column]] == days
    assert found[column].dtype == mapped[column].dtype
    assert found["excluded_by"].astype("str").tolist() == ["erased", "test", "erased"]
    assert texts_of(found, table.thing[0]) == [("",), ("A2",), ("",)]
    assert found["source_row"].tolist() == mapped["source_row"].tolist() == [2, 3, 4]
    assert left_out(mapped, given, table=table, zone=ZONE) is mapped


def kept(folder: Path, name: str, blocks: Sequence[tuple[str, pd.DataFrame]], *, said: Said = SAID) -> Path:
    path = folder / name
    path.write_bytes(rest_of(iter(blocks), columns=["no", "masuk", "no"], said=said))
    return path


def test_rows_kept_in_place_of_raw_files_are_read_as_those_were_with_what_was_said_of_them(tmp_path: Path) -> None:
    marked = blanked(READ, source=INQUIRIES, table=TABLES["inquiries"], zone=ZONE, erased=ERASED)
    blocks = [("f", marked[:2]), ("f", marked[2:]), ("g", READ[3:]), ("h", READ[:0])]
    path = kept(tmp_path, "a", blocks)
    assert path.read_bytes() == kept(tmp_path, "b", blocks).read_bytes()
    found = [*blocks_of_rests([path], columns=["masuk", "no"], source_name="meja")]
    assert [file_id for file_id, _ in found] == ["f", "f", "g"]
    for (_, one), (_, other) in zip(found, blocks, strict=False):
        assert [*one] == ["source_row", "reader_problem", ERASED_IN, "masuk", "no"]
        assert one["source_row"].tolist() == other["source_row"].tolist()
        assert texts_of(one, "no", "masuk") == texts_of(other, "no", "masuk")
    assert texts_of(found[0][1], ERASED_IN) == [("4 2025-03-01",), ("",)]
    assert texts_of(found[2][1], ERASED_IN) == [("",), ("",)]
    said = said_of_rest(path)
    assert (list(said.remarks), list(said.titles), list(said.headers)) == (
        list(SAID.remarks),
        ["Tahun 2025"],
        ["Status"],
    )
    assert said_of_rest(kept(tmp_path, "c", [], said=Said())) == Said([], [], [])


def test_what_was_kept_before_headers_were_noted_tells_of_none(tmp_path: Path) -> None:
    told = json.dumps({"remarks": [], "titles": ["Tahun 2025"]}).encode()
    pq.write_table(pa.table({"source_row": [1]}).replace_schema_metadata({b"tolok": told}), tmp_path / "a")
    said = said_of_rest(tmp_path / "a")
    assert (said.titles, list(said.headers)) == (["Tahun 2025"], [])


def test_a_file_that_several_keep_is_read_once_and_a_column_that_none_kept_is_named(tmp_path: Path) -> None:
    first = kept(tmp_path, "a", [("f", READ[:1]), ("f", READ[1:2])])
    second = kept(tmp_path, "b", [("f", READ), ("g", READ[2:])])
    found = [*blocks_of_rests([first, second], columns=["no"], source_name="meja")]
    assert [(file_id, len(block)) for file_id, block in found] == [("f", 1), ("f", 1), ("g", 3)]
    with pytest.raises(SourceChanged) as raised:
        list(blocks_of_rests([first], columns=["no", "isi", "status"], source_name="meja"))
    assert raised.value.id.startswith("Sumber 'meja': dari berkas mentah yang barisnya dihapus (tolok erase)")
    assert "disimpan, tanpa isi, status. Ambil lagi" in raised.value.id
    assert "are kept, without isi, status. Fetch them" in raised.value.en


def test_what_is_kept_is_read_before_whole_files_and_alone_where_none_is_whole(tmp_path: Path) -> None:
    named = {"folder": tmp_path, "city": "kota", "name": "Kota", "zone": "Asia/Jakarta"}
    city = City.model_validate({**named, "region_codes": {"kemendagri": "99.71"}, "sources": {"meja": INQUIRIES}})
    rest, _, _ = land_bytes(tmp_path, rest_of([("f", READ[:2])], columns=["no", "masuk"], said=SAID), name="rest")
    whole, _, _ = land_bytes(tmp_path, b"no,masuk\nB1,2025-05-01 08:00\n", name="x.csv")
    gone = LandedFile("w.csv", "main", "e" * 64, 1, "", "")
    kept_file = LandedFile("x.csv", "main", whole, 1, "", "")

    def read(*files: LandedFile) -> tuple[Landed, list[tuple[str, list[str]]]]:
        rests = Rest((("main", rest), ("responses", "d" * 64)), ("e" * 64,), (4,))
        landed = Landed(tmp_path, city, Manifest("kota", "meja", "2025", "", "", files, rest=rests))
        return landed, [(file_id, block["no"].tolist()) for file_id, block in raw_blocks(landed)]

    landed, found = read(gone, kept_file)
    assert found == [("f", ["A1", "A2"]), (whole[:16], ["B1"])]
    assert (landed.remarks, landed.titles, landed.told_headers) == (list(SAID.remarks), ["Tahun 2025"], {"Status"})
    assert read(gone)[1] == found[:1]
