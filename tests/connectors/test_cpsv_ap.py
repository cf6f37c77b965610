"""Catalogues as linked data: the same services from three notations, channels by declaration, nothing fetched."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rdflib import Graph

from connectors import cpsv_ap
from connectors.cpsv_ap import CpsvAp
from connectors.errors import DataRejected
from connectors.layout import Layout
from connectors.records import RawFile
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.landing import land
from pipeline.periods import Period
from testing.cases import PERSON, ZONE, Case, FakeFiles, Record
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite

CHANNELS = {
    "https://c.example/form": "request",
    "https://c.example/page": "access",
    "https://c.example/desk": "offline",
}
COLUMNS = (
    *("kode_layanan", "nama_layanan", "opd_penyelenggara", "sektor", "keadaan", "kanal"),
    *("dapat_diakses_daring", "dapat_dimohon_daring"),
)
PREFIXES = """
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix cpsv: <http://purl.org/vocab/cpsv#> .
@prefix cv: <http://data.europa.eu/m8g/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix status: <http://purl.org/adms/status/> .
@prefix c: <https://c.example/> .
@prefix : <https://kota.example/> .
"""
SERVICES = (
    PREFIXES
    + """
:s1 a cpsv:PublicService ; dct:identifier "L1" ; dct:title "Birth certificate"@en, "Akta kelahiran"@id ;
    cv:hasCompetentAuthority :dukcapil ; cv:sector <https://sektor.example/kependudukan> ;
    cv:hasChannel [ a cv:Channel ; dct:type c:form ], [ dct:type c:desk ] ; adms:status status:Completed .
:dukcapil dct:title "Dinas Kependudukan"@id .
:s2 a cpsv:PublicService ; dct:identifier "L2" ; dct:title "Rumah singgah" ;
    cv:hasChannel [ dct:type c:page ] .
:s3 a cpsv:PublicService ; dct:identifier "L3" ; dct:title "Loket" ;
    cv:hasChannel [ dct:type c:desk ] ; adms:status status:Withdrawn .
:s4 a cpsv:PublicService ; dct:identifier "L4" ; dct:title "Tanpa kanal" .
:s5 a cpsv:PublicService ; dct:identifier "L5" ; dct:title "Kanal baru" ; cv:hasChannel [ dct:type c:kiosk ] .
:s6 a cpsv:PublicService ; dct:identifier "L6" ; dct:title "Kanal tanpa jenis" ; cv:hasChannel [ a cv:Channel ] .
:s7 a cpsv:PublicService ; dct:identifier "L7" ; dct:title "Keadaan baru" ; adms:status status:Frozen ;
    cv:hasChannel [ dct:type c:form ] .
:e1 a cv:BusinessEvent ; dct:identifier "E1" .
"""
)


class Catalogue(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        parts = [
            f':s{r.record_id} a cpsv:PublicService ; dct:identifier "{r.record_id}" ; dct:title "Layanan" ; '
            f'cv:hasContactPoint "{PERSON}" ; cv:hasChannel [ dct:type c:form ] .'
            for r in records
        ]
        (folder / "katalog.ttl").write_text("\n".join([PREFIXES, *parts]), "utf-8")


class TestCpsvAp(ConnectorSuite):
    CASE = Case(
        "cpsv_ap",
        {"system": "cpsv_ap", "options": {"channels": CHANNELS}},
        Catalogue(),
        has_ends=False,
        counts="entries",
    )


def read(folder: Path, content: str, name: str) -> list[dict[str, Any]]:
    path = folder / name
    path.write_text(content, "utf-8")
    connector = CpsvAp({"channels": CHANNELS}, layout=Layout(), zone=ZONE)
    ((_, frame),) = connector.rows([RawFile(path, name)], columns=COLUMNS)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_service_is_read_in_the_citys_language_with_its_agency_and_channels(tmp_path: Path) -> None:
    rows = {row["kode_layanan"]: row for row in read(tmp_path, SERVICES, "k.ttl")}
    assert len(rows) == 7
    assert [rows["L1"][name] for name in COLUMNS[1:]] == [
        *("Akta kelahiran", "Dinas Kependudukan", "kependudukan", "offered"),
        *("https://c.example/desk, https://c.example/form", "true", "true"),
    ]


def test_channels_mean_what_was_declared_and_no_channel_is_no_answer(tmp_path: Path) -> None:
    rows = {row["kode_layanan"]: row for row in read(tmp_path, SERVICES, "k.ttl")}
    flags = {code: (row["dapat_diakses_daring"], row["dapat_dimohon_daring"]) for code, row in rows.items()}
    assert [flags[code] for code in ("L2", "L3", "L4")] == [("true", "false"), ("false", "false"), (None, None)]
    assert rows["L3"]["keadaan"] == "not_offered"


def test_a_channel_or_status_nobody_declared_is_the_rows_problem(tmp_path: Path) -> None:
    problems = {row["kode_layanan"]: row["reader_problem"] for row in read(tmp_path, SERVICES, "k.ttl")}
    named = {code: problem for code, problem in problems.items() if problem}
    assert named == {"L5": "unknown_channel", "L6": "unknown_channel", "L7": "unknown_status"}


@pytest.mark.parametrize(
    ("form", "name"), [("turtle", "k.ttl"), ("xml", "k.rdf"), ("pretty-xml", "k.xml"), ("json-ld", "k.jsonld")]
)
def test_three_notations_say_the_same(form: str, name: str, tmp_path: Path) -> None:
    content = Graph().parse(data=SERVICES, format="turtle").serialize(format=form)
    assert read(tmp_path, content, name) == read(tmp_path, SERVICES, "asal.ttl")


def test_a_context_inside_the_file_is_used(tmp_path: Path) -> None:
    document = {
        "@context": {"cpsv": "http://purl.org/vocab/cpsv#", "dct": "http://purl.org/dc/terms/"},
        **{"@id": "urn:s", "@type": "cpsv:PublicService", "dct:identifier": "L1", "dct:title": "Akta"},
    }
    (row,) = read(tmp_path, json.dumps(document), "k.jsonld")
    assert (row["kode_layanan"], row["nama_layanan"]) == ("L1", "Akta")


def test_what_is_withdrawn_is_left_out_by_name_and_what_is_unclear_quarantined(tmp_path: Path) -> None:
    (tmp_path / "k.ttl").write_text(SERVICES, "utf-8")
    source = {"system": "cpsv_ap", "path": str(tmp_path / "k.ttl"), "options": {"channels": CHANNELS}}
    names = {"city": "kota-uji", "name": "Kota Uji", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    city = City.model_validate({**names, "quarantine_limit_pct": 90, "sources": with_presets({"katalog": source})})
    manifest = land(tmp_path / "home", city=city, source_name="katalog", period=Period.parse("2025"))
    frame = clean_in_memory(tmp_path / "home", city=city, table_name="services", manifests=[manifest]).frame
    outcome = frame["excluded_by"].fillna(frame["quarantine_reason"]).fillna("used")
    assert dict(zip(frame["service_id"], outcome, strict=True)) == {
        **{"L1": "used", "L2": "used", "L3": "not_offered", "L4": "missing_is_accessible_online"},
        **{"L5": "unknown_channel", "L6": "unknown_channel", "L7": "unknown_status"},
    }


_ELSEWHERE = "https://konteks.example/cpsv.jsonld"
REFUSED = {
    "a context by its address": (json.dumps({"@context": _ELSEWHERE, "@id": "urn:s"}), "k.jsonld", "@context"),
    "a context in a list": (json.dumps({"@context": [{}, _ELSEWHERE]}), "k.json", "@context"),
    "a context deep inside": (
        json.dumps({"a": [{"@context": {"x": {"@context": _ELSEWHERE}}}]}),
        "k.jsonld",
        "@context",
    ),
    "an imported context": (json.dumps({"@context": {"@import": _ELSEWHERE}}), "k.jsonld", "@context"),
    "an entity": ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>', "k.rdf", "ENTITY"),
    "broken Turtle": (":s a ;;", "k.ttl", "turtle"),
    "broken JSON": ('{"@id": ', "k.jsonld", "json-ld"),
    "broken XML": ("<rdf", "k.rdf", "xml"),
    "Turtle called XML": (SERVICES, "k.rdf", "xml"),
    "an unknown ending": (SERVICES, "k.docx", ".jsonld"),
    "a web page": ("<!DOCTYPE html><html>", "k.rdf", "halaman web"),
    "nothing": (" ", "k.ttl", "kosong"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_as_it_lies_there_is_refused(name: str, tmp_path: Path) -> None:
    content, file_name, word = REFUSED[name]
    with pytest.raises(DataRejected) as caught:
        read(tmp_path, content, file_name)
    assert word in caught.value.id
    assert file_name in caught.value.en


def test_a_file_beyond_any_citys_catalogue_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpsv_ap, "MAX_BYTES", 1000)
    with pytest.raises(DataRejected, match="MB"):
        read(tmp_path, SERVICES, "k.ttl")
