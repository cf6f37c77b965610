"""A city's YAML is read strictly, and every mistake in it is told at once."""

from pathlib import Path

import pytest

from connectors.errors import ConfigError
from pipeline.config.load import load_city
from pipeline.config.targets import Targets
from pipeline.indicators.definition import definitions

GOOD = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: 32.10}
sources:
  meja:
    table: inquiries
    path: data.csv
    format: csv
    columns: {inquiry_id: Nomor, received_at: {column: Masuk, format: "%d/%m/%Y"}}
"""


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "kota-uji.yaml").write_text(text, "utf-8")
    return load_city(tmp_path, "kota-uji")


def test_a_region_code_keeps_its_trailing_zero(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).region_codes == {"kemendagri": "32.10"}  # type: ignore[attr-defined]


def test_ten_mistakes_make_one_message(tmp_path: Path) -> None:
    text = GOOD.replace("zone: Asia/Jakarta", "zone: WIB").replace("format: csv", "format: docx\n    delimitr: x")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    for word in ("WIB", "delimitr", "format", "3 kesalahan"):
        assert word in caught.value.id


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("received_at:", "recieved_at:", "recieved_at"),
        ("table: inquiries", "table: visits", "inquiry_id"),
        ("city: kota-uji", "city: kota-lain", "kota-lain"),
        ("name: Kota Uji", "name: Kota Uji\nname: Lagi", "kunci ganda"),
        ("    path: data.csv\n", "", "path"),
        ("kemendagri: 32.10", "kemendagri: 3210", "3210"),
        ("kemendagri: 32.10", "bps: 32.10", "32.10"),
        ("columns: {", "exclude: {lucu: {column: a, values: [b]}}\n    columns: {", "lucu"),
        ("columns: {", "exclude: {test: {column: a}}\n    columns: {", "values"),
        ("sources:", "- x\nsources:", "YAML"),
        ("format: csv", "format: csv\n    encoding: utf-99", "utf-99"),
        ("format: csv", "format: csv\n    delimiter: '||'", "satu huruf"),
        ("sources:", "population: {figures: {2025: 412000}}\nsources:", "harus daftar"),
        ("sources:", "quarantine_limit_pct: banyak\nsources:", "harus bilangan"),
        ("format: csv", "format: docx", "harus salah satu dari: 'csv'"),
        ("sources:", "targets: {portal_visit: {source: RPJMD, years: {2025: 1}}}\nsources:", "targets.portal_visit:"),
        ("sources:", "targets: {online_services: {source: RPJMD, years: {2025: 101}}}\nsources:", "100 %"),
        ("sources:", "targets: {it_downtime: {source: SK, years: {2025: 1}}}\nsources:", "paling sedikit 3 huruf"),
        ("sources:", "targets: {it_downtime: {source: RPJMD, years: {2025-01: 1}}}\nsources:", "2025-01"),
    ],
)
def test_a_mistake_is_named_where_it_is(old: str, new: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert word in caught.value.id
    assert caught.value.exit_code == 2


def test_a_bps_table_is_refused_for_a_city_known_by_its_kemendagri_code_only(tmp_path: Path) -> None:
    source = """
  bps:
    table: population
    path: p.csv
    format: csv
    authority: bps
    columns: {region_code: kode, population_count: jumlah, reference_on: tanggal}
"""
    with pytest.raises(ConfigError, match=r"region_codes\.bps"):
        load(tmp_path, GOOD + source)


def test_a_city_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(ConfigError, match="kota-uji"):
        load_city(tmp_path, "kota-lain")


def test_targets_can_be_set_for_each_indicator_that_is_defined() -> None:
    assert list(Targets.model_fields) == list(definitions())
