"""Both authorities' codes of a place side by side, as BPS's bridging gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.crosswalk import place_of, read_crosswalk
from connectors.errors import ConfigError, DataRejected
from pipeline.check import check_city
from pipeline.config.load import load_city
from pipeline.periods import Period

MEDAN = {"kode_bps": "1275", "nama_bps": "MEDAN", "kode_dagri": "12.71", "nama_dagri": "KOTA MEDAN"}
BINJAI = {"kode_bps": "1276", "nama_bps": "BINJAI", "kode_dagri": "12.75", "nama_dagri": "KOTA BINJAI"}
CITY = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {CODES}
crosswalk: bridging.json
sources:
  log: {table: visits, path: access.log, format: access_log}
"""


@pytest.fixture
def bridging(tmp_path: Path) -> Path:
    path = tmp_path / "bridging.json"
    path.write_text(json.dumps([MEDAN, BINJAI, {"kode_bps": "1201", "nama_bps": "NIAS", "kode_dagri": ""}]))
    return path


def line_of(codes: str, folder: Path) -> str:
    (folder / "kota-uji.yaml").write_text(CITY.replace("{CODES}", codes))
    return check_city(load_city(folder, "kota-uji"), period=Period.parse("2025"), is_quick=True)[0].line


def test_one_code_gives_the_other(bridging: Path) -> None:
    place = place_of(read_crosswalk(bridging), {"kemendagri": "12.71"})
    assert (place.codes["bps"], place.names["bps"]) == ("1275", "MEDAN")


def test_the_same_digits_in_both_lists_are_two_places(bridging: Path) -> None:
    with pytest.raises(ConfigError, match=r"KOTA MEDAN.*KOTA BINJAI"):
        place_of(read_crosswalk(bridging), {"bps": "1275", "kemendagri": "12.75"})


def test_a_code_the_bridging_does_not_know_is_named(bridging: Path) -> None:
    with pytest.raises(ConfigError, match=r"bps:1201"):
        place_of(read_crosswalk(bridging), {"bps": "1201"})


def test_a_csv_will_do(tmp_path: Path) -> None:
    path = tmp_path / "bridging.csv"
    path.write_text("kode_bps,nama_bps,kode_dagri,nama_dagri\n1275,MEDAN,12.71,KOTA MEDAN\n")
    assert str(read_crosswalk(path)[0]) == "bps:1275 MEDAN = kemendagri:12.71 KOTA MEDAN"


def test_a_file_without_both_codes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bridging.json"
    path.write_text(json.dumps([{**MEDAN, "kode_dagri": ""}]))
    with pytest.raises(DataRejected, match="kode_dagri"):
        read_crosswalk(path)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("{bps: '1275'}", "region_codes.kemendagri: '12.71'"),
        ("{bps: '1275', kemendagri: '12.71'}", "v region_codes: bps:1275 MEDAN = kemendagri:12.71 KOTA MEDAN"),
        ("{bps: '1275', kemendagri: '12.75'}", "x region_codes"),
    ],
)
def test_check_says_which_place_the_codes_mean(codes: str, words: str, bridging: Path) -> None:
    assert words in line_of(codes, bridging.parent)


def test_check_says_that_the_file_is_missing(tmp_path: Path) -> None:
    assert "bridging.json tidak ada" in line_of("{bps: '1275'}", tmp_path)
