"""BPS's WebAPI: a figure is found by the key its parts spell, a year not there is no zero, the key stays unseen."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError, DataRejected, SourceChanged
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.periods import Period
from testing.cases import NOW, PERSON, SECRET, Case, FakeSystem, ReceivedRequest, Record, Reply
from testing.clean_tables import clean_in_memory
from testing.connector_suite import QUICK, ConnectorSuite
from testing.fake_server import Server, serving

OPTIONS = {"domain": "9971", "var": "31", "region_code": "9971"}
ABSENT = {"status": "OK", "data-availability": "list-not-available"}


def table(content: dict[str, object], *, th: int, unit: str = "Jiwa") -> dict[str, Any]:
    """An answer as BPS gives it: the lists of parts, and the figures under keys without separators."""
    return {
        "status": "OK",
        "data-availability": "available",
        "last_update": "2025-01-01 00:00:00",
        "var": [{"val": 31, "label": "Jumlah Penduduk", "unit": unit, "subj": "Kependudukan", "note": PERSON}],
        "turvar": [{"val": 0, "label": "Tidak Ada"}],
        "labelvervar": "Kecamatan",
        "vervar": [{"val": 10, "label": "Utara"}, {"val": 999, "label": "Selatan"}, {"val": 9999, "label": "Jumlah"}],
        "tahun": [{"val": th, "label": str(th + 1900)}],
        "turtahun": [{"val": 0, "label": "Tahun"}],
        "datacontent": content,
    }


class WebApi(FakeSystem):
    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        found = re.fullmatch(r"/v1/api/list/model/data/lang/ind/domain/9971/var/31/th/(\d+)/key/([^/]+)/", asked.path)
        if found is None or found[2] != SECRET:
            return Reply({"status": "Error", "message": f"Invalid key {SECRET}"}, 401)
        th = int(found[1])
        people = sum(record.at.year == th + 1900 for record in records)
        return Reply(table({f"1031{'0'}{th}0": 7, f"9999310{th}0": people}, th=th) if people else ABSENT)


class TestBps(ConnectorSuite):
    CASE = Case("bps", {"system": "bps", "options": OPTIONS}, WebApi(), has_ends=False, counts="people")


class Saying(FakeSystem):
    """Says one thing whatever it is asked."""

    def __init__(self, document: object) -> None:
        self.document = document

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002
        return Reply(self.document)


class Bench:
    """One city that pulls from a BPS that says what it is told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        monkeypatch.setattr(pulling, "LIMITS", QUICK)

    def pull(self, document: object, *, key: str = SECRET, **options: str) -> Any:
        source = {"system": "bps", "connection": "bps", "allow": ["private_addresses", "plain_http"]}
        sources = with_presets({"bps": {**source, "options": {**OPTIONS, **options}}})
        names = {"city": "kota-uji", "name": "Kota Uji", "zone": "Asia/Jakarta", "region_codes": {"bps": "9971"}}
        city = City.model_validate({**names, "sources": sources})
        with serving(Server(Saying(document), [])) as server:
            connection = {"conn_type": "http", "host": server.url, "password": key}
            self.monkeypatch.setenv("AIRFLOW_CONN_BPS", json.dumps(connection))
            self.server = server
            self.manifest = pulling.pull(
                self.folder, city=city, source_name="bps", period=Period.parse("2025-03"), now=NOW
            )
        return clean_in_memory(self.folder, city=city, table_name="population", manifests=[self.manifest]).frame


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_the_figure_is_the_totals_at_mid_year_under_the_citys_bps_code(bench: Bench) -> None:
    frame = bench.pull(table({"999310": 1, "1031012500": 2, "99931012": 3, "99993101250": 415_605}, th=125))
    assert frame[["region_code", "population_count", "source"]].to_numpy().tolist() == [["bps:9971", 415_605, "bps"]]
    assert frame["reference_on"].dt.strftime("%Y-%m-%d").tolist() == ["2025-06-30"]


def test_a_key_is_built_from_its_parts_and_never_split(bench: Bench) -> None:
    document = {**table({"7315310990": 308_669}, th=99), "vervar": [{"val": 7315, "label": "Pinrang"}]}
    frame = bench.pull(document, vervar="7315", region_code="7315")
    assert frame[["region_code", "population_count"]].to_numpy().tolist() == [["bps:7315", 308_669]]
    assert frame["reference_on"].dt.strftime("%Y-%m-%d").tolist() == ["1999-06-30"]


@pytest.mark.parametrize(
    "document",
    [
        ABSENT,
        {**ABSENT, "data-availability": "not-available"},
        table({"99993101240": 415_605}, th=124),
        table({"1031012500": 7}, th=125),
        {**table({}, th=125), "datacontent": []},
    ],
)
def test_a_year_that_is_not_there_is_noted_and_is_no_zero(document: object, bench: Bench) -> None:
    frame = bench.pull(document)
    assert not (frame["reference_on"].dt.year == 2025).any()
    assert "2025" in bench.manifest.notes[0]
    assert "bukan nol" in bench.manifest.notes[0]


@pytest.mark.parametrize(
    ("value", "unit", "people"),
    [
        (415.605, "Ribu Jiwa", 415_605),
        ("415605", " jiwa ", 415_605),
        (2, "Juta Jiwa", 2_000_000),
        (415_605, "", 415_605),
    ],
)
def test_a_table_in_thousands_is_read_as_persons(value: object, unit: str, people: int, bench: Bench) -> None:
    frame = bench.pull(table({"99993101250": value}, th=125, unit=unit))
    assert frame["population_count"].tolist() == [people]


def test_a_table_of_something_else_is_refused_by_its_unit(bench: Bench) -> None:
    with pytest.raises(SourceChanged, match="persen"):
        bench.pull(table({"99993101250": 1.2}, th=125, unit="Persen"))


def test_a_figure_that_is_no_number_is_refused(bench: Bench) -> None:
    with pytest.raises(DataRejected, match="bilangan"):
        bench.pull(table({"99993101250": "-"}, th=125))


@pytest.mark.parametrize(
    ("part", "value"), [("vervar", "3273"), ("turvar", "5"), ("turth", "31"), ("var", "45")], ids=str
)
def test_a_part_the_table_does_not_have_names_those_it_has(part: str, value: str, bench: Bench) -> None:
    with pytest.raises(SourceChanged) as caught:
        bench.pull(table({"99993101250": 9}, th=125), **{part: value})
    assert value in caught.value.id
    assert {"vervar": "10, 999, 9999", "turvar": "0", "turth": "0", "var": "31"}[part] in caught.value.en


@pytest.mark.parametrize("document", [{"status": "Error", "message": f"Invalid key {SECRET}"}, [], "x"])
def test_a_refusal_with_status_200_is_one(document: object, bench: Bench) -> None:
    with pytest.raises(ConfigError) as caught:
        bench.pull(document)
    assert SECRET not in str(caught.value)


def test_without_a_key_nothing_is_asked(bench: Bench) -> None:
    with pytest.raises(ConfigError, match=r"webapi\.bps\.go\.id"):
        bench.pull(ABSENT, key="")
    assert not bench.server.requests


def test_the_key_is_sent_and_shows_nowhere(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    key = "kunci/rahasia 7f3c"
    with caplog.at_level(logging.DEBUG):
        bench.pull(table({"99993101250": 9}, th=125), key=key)
    assert bench.server.requests[0].path.endswith("/key/kunci%2Frahasia%207f3c/")
    seen = caplog.text + repr(bench.manifest)
    seen += "".join(path.read_text("utf-8") + str(path) for path in bench.folder.rglob("*") if path.is_file())
    assert "7f3c" not in seen


def test_a_redirect_elsewhere_is_told_without_the_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"Location": f"https://lain.example/v1/key/{SECRET}/"}
    monkeypatch.setattr(Saying, "answer", lambda *_: Reply(status=302, headers=elsewhere))
    with pytest.raises(ConfigError, match=r"lain\.example") as caught:
        bench.pull(ABSENT)
    assert SECRET not in str(caught.value)
    assert "/key/{key}/" in caught.value.en
