"""Dukcapil's map service: every region of a layer, counted on the day its name says, under Kemendagri codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.dukcapil import Dukcapil, DukcapilOptions
from connectors.errors import ConfigError, DataRejected
from connectors.layout import Layout
from connectors.records import RawFile
from testing.cases import PERSON, ZONE, Case, FakeFiles, FakeSystem, ReceivedRequest, Record, Reply
from testing.connector_suite import ConnectorSuite

MOST_ROWS = 2
COLUMNS = ("kode_wilayah", "jumlah_penduduk", "tanggal_acuan")


def answer_of(rows: Sequence[dict[str, object]], *, is_cut: bool) -> dict[str, object]:
    document: dict[str, object] = {"displayFieldName": "nama_kab", "features": [{"attributes": row} for row in rows]}
    return {**document, "exceededTransferLimit": True} if is_cut else document


class MapService(FakeSystem):
    """Gives two regions at a time, however many are asked for, and says so."""

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        if asked.path != "/arcgis/rest/services/AGR_VISUAL_KAB_202502/MapServer/0/query":
            return Reply({"error": {"code": 404, "message": "Service not found", "details": []}})
        start = int(asked.params["resultOffset"])
        size = min(MOST_ROWS, int(asked.params["resultRecordCount"]))
        page = records[start : start + size]
        rows: list[dict[str, object]] = [
            {"objectid": 1, "no_prop": 99, "no_kab": int(r.record_id) % 100, "nama_kab": PERSON, "jumlah_penduduk": 9}
            for r in page
        ]
        return Reply(answer_of(rows, is_cut=start + size < len(records)))


class TestDukcapil(ConnectorSuite):
    CASE = Case("dukcapil", {"system": "dukcapil"}, MapService(), MOST_ROWS, has_ends=False, counts="entries")


class Aggregate(FakeFiles):
    """One row per region and sex, as offices export it."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        lines = ["kode,nama,jenis_kelamin,jumlah_penduduk,tanggal"]
        lines += [f"99.{int(r.record_id) % 90 + 10},{PERSON},LAKI-LAKI,205.000,{r.at:%d/%m/%Y}" for r in records]
        (folder / "penduduk.csv").write_text("\n".join(lines) + "\n", "utf-8")


class TestDukcapilFile(ConnectorSuite):
    CASE = Case("dukcapil_file", {"system": "dukcapil_file"}, Aggregate(), has_ends=False, counts="entries")


class OpenDataJabar(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        lines = ["id,kode_kabupaten_kota,nama_kabupaten_kota,jenis_kelamin,jumlah_penduduk,satuan,tahun"]
        lines += [f"1,99{int(r.record_id) % 90 + 10},{PERSON},PEREMPUAN,1930902,JIWA,{r.at:%Y}" for r in records]
        (folder / "jabar.csv").write_text("\n".join(lines) + "\n", "utf-8")


class TestDukcapilJabar(ConnectorSuite):
    CASE = Case("dukcapil_jabar", {"system": "dukcapil_jabar"}, OpenDataJabar(), has_ends=False, counts="entries")


PULLED = "20250101T000000-20251231-00001.json"


def read(tmp_path: Path, rows: Sequence[dict[str, object]], *, name: str = PULLED, **options: Any) -> list[list[Any]]:
    path = tmp_path / name
    path.write_text(json.dumps(answer_of(rows, is_cut=False)), "utf-8")
    connector = Dukcapil(options, layout=Layout(), zone=ZONE)
    ((_, frame),) = connector.rows([RawFile(path, name)], columns=COLUMNS)
    return [[None if value != value else value for value in row] for row in frame[list(COLUMNS)].to_numpy().tolist()]


BANDUNG: dict[str, object] = {"no_prop": 32, "no_kab": 73, "no_kec": 1, "jumlah_penduduk": 2_591_763}


@pytest.mark.parametrize(
    ("options", "day"),
    [
        ({}, "2025-12-31"),
        ({"service": "AGR_VISUAL_KAB_{year}01"}, "2025-06-30"),
        ({"service": "AGR_VISUAL_KAB_202401"}, "2024-06-30"),
        ({"service": "giskemendagri_sde_AGR_VISUAL_KAB_202302"}, "2023-12-31"),
        ({"service": "AGR_VISUAL_KAB_FIX", "layer": 3, "reference_on": "2025-06-30"}, "2025-06-30"),
    ],
)
def test_the_day_counted_is_the_semester_of_the_service(options: dict[str, Any], day: str, tmp_path: Path) -> None:
    assert read(tmp_path, [BANDUNG], **options) == [["32.73", "2591763", day]]


def test_codes_keep_their_zeros_and_their_level(tmp_path: Path) -> None:
    assert read(tmp_path, [{**BANDUNG, "no_kab": 1}])[0][0] == "32.01"
    assert read(tmp_path, [BANDUNG], levels=3)[0][0] == "32.73.01"
    assert read(tmp_path, [{**BANDUNG, "no_kab": None}])[0][0] is None


def test_a_service_without_a_semester_needs_its_day() -> None:
    with pytest.raises(ValidationError, match="reference_on"):
        DukcapilOptions(service="AGR_VISUAL_KAB_FIX")


def test_a_file_without_its_year_needs_the_service_with_its_year(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unduhan"):
        read(tmp_path, [BANDUNG], name="unduhan.json")


class TestAnotherService(ConnectorSuite):
    """A layer that is gone is an error the service reports with status 200."""

    CASE = Case("dukcapil", {"system": "dukcapil", "options": {"layer": "3"}}, MapService())
    __test__ = False


def test_a_layer_that_is_gone_is_no_empty_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = TestAnotherService()
    suite.monkeypatch = monkeypatch
    with suite.served(tmp_path, []) as (_, read_period), pytest.raises(DataRejected, match="kesalahan"):
        read_period("2025-01")
