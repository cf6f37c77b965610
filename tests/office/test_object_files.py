"""Files of JSON or YAML objects: no key's value is chosen among two, and none that is mapped is silently empty."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.registry import connector_class
from connectors.remarks import Remark


def read(folder: Path, content: str, *columns: str, **layout: object) -> pd.DataFrame:
    path = folder / "tiket.json"
    path.write_text(content, "utf-8")
    settings = Layout.model_validate({"format": "json", **layout})
    return pd.concat(list(read_rows(RawFile(path, path.name), layout=settings, columns=columns)))


REPEATED = {
    "in a row": ('[{"id": 1}, {"id": 2, "selesai": "a", "selesai": "b"}]', {}, r"row 2: key 'selesai'"),
    "the same value": ('{"data": [{"id": 1, "id": 1}]}', {"rows_at": "data"}, r"row 1: key 'id'"),
    "deep in a row": ('[{"id": {"a": [{"b": 1, "b": null}]}}]', {}, r"row 1: key 'b'"),
    "beside the rows": (
        '{"total": 1, "total": 2, "data": [{"id": 1}]}',
        {"rows_at": "data"},
        r"tiket\.json: key 'total'",
    ),
    "the rows themselves": ('{"data": [{"id": 1}], "data": [{"id": 2}]}', {"rows_at": "data"}, "key 'data'"),
    "what may be a person": ('[{"081234567890": 1, "081234567890": 2}]', {}, r"key '\*\*\*'"),
    "in YAML": ("- {id: 1}\n- id: 2\n  mulai: a\n  mulai: b\n", {"format": "yaml"}, r"row 2: key 'mulai'"),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_key_that_stands_twice_is_refused_by_file_row_and_key(name: str, tmp_path: Path) -> None:
    content, layout, said = REPEATED[name]
    with pytest.raises(DataRejected, match=said):
        read(tmp_path, content, "id", **layout)


FOUND = {
    "a key with a dot": ('[{"jenis.nama": "a", "jenis": {"nama": "b"}}]', "jenis.nama", ["a"]),
    "a key with a dot further in": ('[{"r": {"jenis.nama": "a"}}]', "r.jenis.nama", ["a"]),
    "a nested key": ('[{"jenis": {"nama": "b"}}]', "jenis.nama", ["b"]),
    "a key only some have": ('[{"x": 1}, {"x": 2, "selesai": "c"}]', "selesai", [None, "c"]),
    "a null on the way": ('[{"jenis": null}, {"jenis": null}]', "jenis.nama", [None, None]),
    "an empty list": ('[{"tanda": []}]', "tanda.0.nama", [None]),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_dotted_path_leads_to_its_value(name: str, tmp_path: Path) -> None:
    content, column, expected = FOUND[name]
    assert read(tmp_path, content, column)[column].astype(object).where(lambda x: x.notna(), None).tolist() == expected


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ('[{"masuk": 1, "dijawab": 2}]', "dijwab"),
        ('[{"jenis": {"nama": "b"}}]', "jenis.judul"),
        ('[{"jenis": "b"}]', "jenis.nama"),
        ('[{"Masuk": 1}]', "masuk"),
    ],
)
def test_a_mapped_key_that_no_object_has_is_refused(content: str, column: str, tmp_path: Path) -> None:
    with pytest.raises(SourceChanged) as caught:
        read(tmp_path, content, column)
    assert column in caught.value.id
    assert next(iter(json.loads(content)[0])) in caught.value.en


DEEP = {
    "json": ("[" * 100_000 + "]" * 100_000, {"format": "json"}),
    "yaml in brackets": ("[" * 100_000 + "]" * 100_000, {"format": "yaml"}),
    "yaml by dashes": ("- " * 100_000 + "a", {"format": "yaml"}),
}


@pytest.mark.parametrize("name", DEEP)
def test_nesting_without_end_is_refused(name: str, tmp_path: Path) -> None:
    content, layout = DEEP[name]
    with pytest.raises(DataRejected, match="too deep"):
        read(tmp_path, content, "id", **layout)


def test_of_an_archives_documents_only_the_row_with_a_repeated_key_is_held_back(tmp_path: Path) -> None:
    path, remarks = tmp_path / "semua.tar", list[Remark]()
    with tarfile.open(path, "w") as archive:
        for name, content in {"a.yaml": "- {id: 1}\n", "b.yaml": "- {id: 2, id: 3}\n- {id: 4}\n"}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    layout = Layout.model_validate({"format": "yaml", "members": "*.yaml"})
    file = RawFile(path, path.name, on_remark=remarks.append)
    frame = pd.concat(list(read_rows(file, layout=layout, columns=("id",))))
    assert frame["reader_problem"].fillna("").tolist() == ["", "repeated_key", ""]
    assert [remark.code for remark in remarks] == ["repeated_key"]
    assert "b.yaml, row 2: key 'id'" in remarks[0].en


def page(count: int, **beside: object) -> str:
    return json.dumps({**beside, "data": [{"id": n} for n in range(count)]})


TOLD = {
    "a total beyond the rows": ([page(3, total=4512)], "part_of_more"),
    "pages": ([page(3, meta={"page": 1, "pages": 38})], "part_of_more"),
    "a next page": ([page(3, next="http://x/2")], "part_of_more"),
    "a full page": ([page(3, per_page=3)], "part_of_more"),
    "a page of several that is not there": ([page(3, total=9), page(3, total=9)], "part_of_more"),
    "an error": ([page(3, status="error", message="timeout")], "says_failed"),
    "cut": ([page(3, truncated=True)], "says_failed"),
    "no success": ([page(3, success=False)], "says_failed"),
    "all pages of a total": ([page(3, total=5, page=1), page(2, total=5, page=2)], None),
    "all pages by number": ([page(3, pages=2), page(3, pages=2)], None),
    "a chain to its end": ([page(3, next="http://x/2"), page(3, next=None)], None),
    "whole and sound": ([page(3, total=3, status="ok", success=True, errors=[], per_page=100)], None),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_a_file_says_beside_its_rows_is_heard(name: str, tmp_path: Path) -> None:
    contents, code = TOLD[name]
    said: list[Remark] = []
    files = []
    for nth, content in enumerate(contents):
        path = tmp_path / f"{nth}.json"
        path.write_text(content)
        files.append(RawFile(path, path.name, on_remark=said.append))
    layout = Layout.model_validate({"format": "json", "rows_at": "data"})
    read = list(connector_class(None)({}, layout=layout, zone=ZoneInfo("UTC")).rows(files, columns=["id"]))
    assert len(read) == len(contents)
    assert {(remark.code, remark.keeps_provisional) for remark in said} == ({(code, True)} if code else set())


def test_an_object_a_line_is_a_row_and_a_cut_line_is_named(tmp_path: Path) -> None:
    lines = '{"id": 1}\n{"id": "a\u2028b"}\n\n{"id": 3}\n'
    assert list(read(tmp_path, lines, "id")["id"]) == ["1", "a\u2028b", "3"]
    with pytest.raises(DataRejected, match="line 5"):
        read(tmp_path, lines + '{"id": 4', "id")
    with pytest.raises(DataRejected, match="line 1"):
        read(tmp_path, '{"id": 1}{"id": 2}', "id")
