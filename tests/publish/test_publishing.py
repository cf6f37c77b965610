"""A period's data set: marked, described, the same bytes each time, and hostile names that stay text."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from pydantic import ValidationError
from rdflib import DCAT, DCTERMS, RDF, SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from connectors import ckan
from connectors.ckan import Ckan
from connectors.connection import Connection
from connectors.errors import ConfigError, DataRejected, SourceUnavailable
from pipeline.config.publication import Publication
from pipeline.language import Language
from pipeline.language.language import CATALOGUES
from pipeline.publish import ms_ind, package, to_ckan
from pipeline.publish.data_set import Package
from pipeline.publish.dcat import SPDX
from pipeline.report.document import Document
from testing.cases import FakeSystem, ReceivedRequest, Record, Reply
from testing.fake_server import Server, serving
from tests.report.views import HOSTILE, city_view

TERMS = {"publisher": "Diskominfo <b>Uji</b>", "licence": "CC-BY-4.0", "portal": "https://data.uji.go.id/"}
TURNED = "\u202e"


def made(period: str = "2025", **city: Any) -> Package:
    view = city_view()
    view = replace(view, city=replace(view.city, **city))
    document = Document(view, period, Language("id"))
    return package.package(document, Publication(**TERMS, contact="data@uji.go.id", organization="diskominfo"))


def content(name: str, found: Package) -> bytes:
    return next(one.content for one in found.resources if one.file == name)


def test_a_provisional_value_marks_title_notes_and_every_table_row() -> None:
    found = made()
    assert found.status == "provisional"
    assert (found.titles["id"][-11:], found.titles["en"][-14:]) == ("(SEMENTARA)", " (PROVISIONAL)")
    assert "SEMENTARA: " in found.notes["id"]
    assert "Provisional: 3 inquiries are open" in found.notes["en"]
    assert "provisional" in content("results.csv", found).decode()
    final = made("2024")
    assert (final.status, "SEMENTARA" in final.titles["id"] + final.notes["id"]) == ("final", False)


@pytest.mark.parametrize("name", [*HOSTILE, "[klik](javascript:alert(1))", "![x](http://evil/y.png)"])
def test_hostile_names_stay_text(name: str) -> None:
    found = made(name=name)
    texts = [*found.titles.values(), *found.notes.values(), found.place]
    assert [text for text in texts if TURNED in text] == []
    assert [note for note in found.notes.values() if re.search(r"(?<!\\)[<\[!#]", note)] == []
    cells = [
        row for file in found.resources if file.file.endswith(".csv") for row in file.content.decode().split("\r\n")
    ]
    assert [row for row in cells if re.search(r'(^|,)"?[=+@]', row)] == []
    book = openpyxl.load_workbook(io.BytesIO(content("ms-ind.xlsx", found)))
    assert {cell.data_type for row in book.active.iter_rows(min_row=2, min_col=2) for cell in row} <= {"s", "n"}
    graph = Graph().parse(data=content("dcat.ttl", found), format="turtle")
    assert (None, SKOS.prefLabel, Literal(found.place)) in graph


def test_both_forms_of_dcat_tell_the_same_essentials() -> None:
    found = made()
    turtle = Graph().parse(data=content("dcat.ttl", found), format="turtle")
    assert isomorphic(turtle, Graph().parse(data=content("dcat.jsonld", found), format="json-ld"))
    dataset = URIRef("https://data.uji.go.id/dataset/tolok-kota-uji-2025")
    assert (dataset, RDF.type, DCAT.Dataset) in turtle
    said = ("title", "description", "publisher", "license", "temporal", "spatial", "issued", "modified", "language")
    assert [name for name in said if turtle.value(dataset, DCTERMS[name]) is None] == []
    assert {title.language for title in turtle.objects(dataset, DCTERMS.title)} == {"id", "en"}
    files = {one.file: one.sha256 for one in found.resources if not one.file.startswith("dcat")}
    checksums = {
        str(turtle.value(one, DCTERMS.identifier)): str(
            turtle.value(turtle.value(one, SPDX.checksum), SPDX.checksumValue)
        )
        for one in turtle.objects(dataset, DCAT.distribution)
    }
    assert checksums == files


def test_every_field_of_ms_ind_is_filled_or_said_to_be_unknown() -> None:
    found = made()
    forms = json.loads(content("ms-ind.json", found))["indicators"]
    assert [len(form) for form in forms] == [16, 16, 16, 16]
    assert [form for form in forms if not all(form.values())] == []
    unknown = Language("id")(ms_ind.UNKNOWN)
    assert {form["Variabel pembangun: kode kegiatan"] for form in forms} == {unknown}
    assert forms[2]["Metode/rumus penghitungan"].endswith("pertanyaan yang sudah dijawab : 24")
    sheet = openpyxl.load_workbook(io.BytesIO(content("ms-ind.xlsx", found))).active
    rows = [[cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=2, max_row=17)]
    assert rows == [[field, *(form[field] for form in forms)] for field in forms[0]]
    # 48 characters fit a line of a column, 15 points high; a row of one line tells no height.
    for place, told in enumerate(rows, start=2):
        assert (sheet.row_dimensions[place].height or 15) >= 15 * max(len(text) for text in told[1:]) / 48


def test_another_process_makes_the_same_bytes() -> None:
    code = "from tests.publish.test_publishing import made; print([(r.file, r.sha256) for r in made().resources])"
    told = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, stdout=-1)
        for seed in ("1", "2")
    ]
    assert len(told[0].stdout) > 1000
    assert told[0].stdout == told[1].stdout


class Portal:
    """A portal that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] | None = None
        self.breaks_at: str | None = None

    def data_set(self, _: str) -> dict[str, Any] | None:
        return self.kept

    def write(self, fields: dict[str, Any], *, is_new: bool) -> None:
        assert is_new is (self.kept is None)
        self.kept = {"resources": [], **(self.kept or {}), **fields}

    def write_file(self, fields: dict[str, str], _: bytes, *, is_new: bool) -> None:
        if fields["name"] == self.breaks_at:
            raise ConnectionError
        assert self.kept is not None
        others = [one for one in self.kept["resources"] if one["name"] != fields["name"]]
        assert (len(others) == len(self.kept["resources"])) is is_new
        self.kept["resources"] = [*others, {"id": fields["name"], **fields}]

    def delete_file(self, file_id: str) -> None:
        assert self.kept is not None
        self.kept["resources"] = [one for one in self.kept["resources"] if one["id"] != file_id]

    def delete(self, _: str) -> None:
        assert self.kept is not None
        self.kept["state"] = "deleted"

    def publish(self, found: Package, *, is_public: bool = False) -> list[str]:
        told = []
        for step in to_ckan.steps(self, found, is_public=is_public):  # type: ignore[arg-type]
            step.make()
            told.append(step.en)
        return told


class Answering(FakeSystem):
    """Says the same to everything."""

    def __init__(self, said: bytes | Reply) -> None:
        self.said = said

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has none
        return self.said if isinstance(self.said, Reply) else Reply(content=self.said)


@pytest.mark.parametrize("content", [b'{"success": true}', b'{"success": true, "result": {}}', b"[1]", b"<html>", b""])
def test_an_answer_that_is_none_of_ckan_is_told_as_one(content: bytes) -> None:
    with serving(Server(Answering(content), [])) as server:
        portal = Ckan(Connection("portal", host=server.url), allow=("private_addresses", "plain_http"))
        with pytest.raises(SourceUnavailable, match="gives no sound answer to package_show"):
            portal.data_set("tolok-kota-uji-2025")


def test_an_answer_of_ckan_without_end_is_refused_before_it_fills_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ckan, "MOST_BYTES", 1_000_000)
    endless = gzip.compress(b'{"success": true, "result": "' + b"a" * 20_000_000)
    reply = Reply(content=endless, headers={"Content-Encoding": "gzip"})
    for answering in (Answering(b"[" * 1_000_001), Answering(reply)):
        with serving(Server(answering, [])) as server:
            portal = Ckan(Connection("portal", host=server.url), allow=("private_addresses", "plain_http"))
            with pytest.raises(DataRejected, match="exceeds 1,000,000 bytes"):
                portal.data_set("tolok-kota-uji-2025")


def test_a_data_set_is_a_draft_first_and_public_only_when_told() -> None:
    portal, found = Portal(), made()
    assert portal.publish(found)[0] == "create tolok-kota-uji-2025"
    assert portal.kept is not None
    assert (portal.kept["private"], len(portal.kept["resources"])) == (True, len(found.resources))
    assert portal.publish(found) == []
    assert portal.publish(found, is_public=True)[-1] == "make public tolok-kota-uji-2025"
    assert portal.kept["private"] is False
    assert portal.publish(found) == portal.publish(found, is_public=True) == []


def test_what_is_public_changes_only_when_told_and_only_where_it_differs() -> None:
    portal, found = Portal(), made()
    portal.publish(found, is_public=True)
    restated = replace(found, resources=(replace(found.resources[0], content=b"x"), *found.resources[2:]))
    with pytest.raises(ConfigError, match="--public"):
        portal.publish(restated)
    told = portal.publish(restated, is_public=True)
    assert told[1:-1] == [f"replace {found.resources[0].file}", f"delete {found.resources[1].file}"]
    assert portal.publish(restated) == []


def test_a_publication_that_broke_off_shows_nothing_and_is_made_whole() -> None:
    portal, found = Portal(), made()
    portal.breaks_at = found.resources[3].file
    with pytest.raises(ConnectionError):
        portal.publish(found, is_public=True)
    assert portal.kept is not None
    assert portal.kept["private"] is True
    portal.breaks_at = None
    told = portal.publish(found, is_public=True)
    assert len([line for line in told if line.startswith("upload")]) == len(found.resources) - 3
    assert portal.kept["private"] is False


def test_what_was_withdrawn_is_gone_once_and_comes_back_as_a_draft() -> None:
    portal, found = Portal(), made()
    portal.publish(found, is_public=True)
    for expected in (["withdraw tolok-kota-uji-2025"], []):
        withdrawn = list(to_ckan.withdrawal(portal, found.name))  # type: ignore[arg-type]
        assert [step.en for step in withdrawn] == expected
        for step in withdrawn:
            step.make()
    portal.publish(found)
    assert portal.kept is not None
    assert (portal.kept["state"], portal.kept["private"]) == ("active", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"licence": "MIT"},
        {"portal": "data.uji.go.id"},
        {"contact": "Budi"},
        {"connection": "https://a:b@c"},
        {"x": "y"},
    ],
)
def test_terms_that_cannot_mean_anything_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Publication(**(TERMS | wrong))


def test_messages_of_publication_are_in_the_catalogue() -> None:
    room = Path(package.__file__).parent
    files = [path for path in room.glob("*.py") if path.name != "command.py"]
    found = {str(m) for file in files for _, m, *_ in extract_from_file("python", file, keywords={"t": None})}
    found |= {*package.TITLES.values(), ms_ind.UNKNOWN, ms_ind.FORM_NOTE, "mean", "percentage", "ratio"}
    known = {str(m.id) for path in (CATALOGUES / "id").glob("*.po") for m in read_po(path.open("rb")) if m.id}
    assert len(found) > 30
    assert found - known == set()
