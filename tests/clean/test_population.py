"""Codes of regions carry their authority, because the same digits are two places."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.errors import DataRejected
from pipeline.clean.source_rows import Landed, judged_rows
from pipeline.config.city import City
from pipeline.landing import land
from pipeline.periods import Period
from testing.clean_tables import CleanTable, clean_in_memory
from tests.conftest import REAL_DATA, needs_real_data


def cleaned(folder: Path, rows: dict[str, list[tuple[str, int]]], *, codes: dict[str, str]) -> pd.DataFrame:
    """Its rows."""
    return cleaned_dataset(folder, rows, codes=codes).frame


def cleaned_dataset(folder: Path, rows: dict[str, list[tuple[str, int]]], *, codes: dict[str, str]) -> CleanTable:
    """The population table of a city with one source per authority, whose rows are codes and counts."""
    sources = {}
    for authority, counts in rows.items():
        with (folder / f"{authority}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("kode", "jumlah", "tanggal"), *((*row, "2025-12-31") for row in counts)])
        sources[authority] = {
            **{"table": "population", "path": f"{authority}.csv", "format": "csv", "authority": authority},
            "columns": {"region_code": "kode", "population_count": "jumlah", "reference_on": "tanggal"},
        }
    return cleaned_sources(folder, sources, codes=codes)


def cleaned_sources(
    folder: Path, sources: dict[str, Any], *, codes: dict[str, str], name: str = "Kota Uji"
) -> CleanTable:
    """The population table of a city with these sources."""
    names = {"city": "kota-uji", "name": name, "zone": "Asia/Jakarta", "region_codes": codes, "folder": folder}
    city = City.model_validate({**names, "quarantine_limit_pct": 100, "sources": sources})
    period = Period.parse("2025")
    manifests = [land(folder / "home", city=city, source_name=name, period=period) for name in sources]
    return clean_in_memory(folder / "home", city=city, table_name="population", manifests=manifests)


@pytest.mark.parametrize(("whole", "differs"), [(300, False), (309, True)])
@pytest.mark.parametrize(("authority", "own", "parts"), [("kemendagri", "12.75", ".0{}"), ("bps", "1275", "0{}0")])
def test_districts_that_do_not_add_up_to_the_city_are_said(
    authority: str, own: str, parts: str, whole: int, differs: bool, tmp_path: Path
) -> None:
    rows = [(own + parts.format(n), 100 * n) for n in (1, 2)]
    dataset = cleaned_dataset(tmp_path, {authority: [*rows, (own, whole)]}, codes={authority: own})
    assert [remark.code for remark in dataset.remarks] == ["parts_differ"] * differs


@pytest.mark.parametrize(
    ("city", "names", "is_other"),
    [
        ("Kota Binjai", ["KOTA BINJAI"], False),
        ("Pemerintah Kota Binjai", ["Binjai"], False),
        ("Kota Binjai", ["KOTA MEDAN"], True),
        ("Kota Binjai", ["Kab. Binjai"], True),
        ("Kota Binjai", ["Kota Utara", "Kota Selatan"], False),
        ("Binjai", ["Jumlah"], False),
    ],
)
def test_another_place_named_beside_the_citys_code_is_said(
    city: str, names: list[str], is_other: bool, tmp_path: Path
) -> None:
    rows = "".join(f"12.75;{name};300000;2025-12-31;{nth}\n" for nth, name in enumerate(names))
    (tmp_path / "a.csv").write_text(f"kode;kabupaten_kota;jumlah;tanggal;no\n{rows}", "utf-8")
    columns = {"region_code": "kode", "population_count": "jumlah", "reference_on": "tanggal", "source": "no"}
    source = {"table": "population", "path": "a.csv", "format": "csv", "delimiter": ";", "authority": "kemendagri"}
    dataset = cleaned_sources(tmp_path, {"x": source | {"columns": columns}}, codes={"kemendagri": "12.75"}, name=city)
    assert [remark.code for remark in dataset.remarks] == ["other_place_named"] * is_other


def used(frame: pd.DataFrame) -> dict[str, int]:
    sound = frame[frame["excluded_by"].isna() & frame["quarantine_reason"].isna()]
    return dict(zip(sound["region_code"], sound["population_count"].astype(int), strict=True))


def test_the_same_digits_of_another_authority_are_another_place(tmp_path: Path) -> None:
    rows = {"kemendagri": [("12.71", 2_500_000), ("12.75", 300_000)], "bps": [("1275", 2_400_000), ("1276", 290_000)]}
    frame = cleaned(tmp_path, rows, codes={"kemendagri": "12.71", "bps": "1275"})
    assert used(frame) == {"kemendagri:12.71": 2_500_000, "bps:1275": 2_400_000}
    assert sorted(frame["excluded_by"].dropna()) == ["other_region", "other_region"]


@pytest.mark.parametrize(("authority", "code", "other"), [("kemendagri", "12.75", "1275"), ("bps", "1275", "12.75")])
def test_a_code_written_the_other_authoritys_way_is_never_taken_for_its_digits(
    authority: str, code: str, other: str, tmp_path: Path
) -> None:
    frame = cleaned(tmp_path, {authority: [(other, 300_000)]}, codes={authority: code})
    assert used(frame) == {}
    assert frame["quarantine_reason"].tolist() == ["code_shape"]


def bps_list() -> dict[str, str]:
    with (REAL_DATA / "population" / "bps_regency_codes.csv").open(encoding="utf-8") as file:
        return {row[0]: row[2] for row in csv.reader(file)}


def kemendagri_list() -> dict[str, tuple[str, int]]:
    dump = (REAL_DATA / "population" / "kemendagri_2025.sql").read_text("utf-8")
    found = re.findall(r"\('(\d\d\.\d\d)','([^']+)','\d+','\d+','(\d+)'\)", dump)
    assert len(found) == 514
    return {code: (name, int(count)) for code, name, count in found}


@needs_real_data
@pytest.mark.parametrize(
    ("digits", "at_bps", "at_kemendagri"),
    [("1275", "MEDAN", "Binjai"), ("3171", "JAKARTA SELATAN", "Jakarta Pusat"), ("3273", "BANDUNG", "Bandung")],
)
def test_the_real_lists_give_the_same_digits_to_the_places_they_are_known_for(
    digits: str, at_bps: str, at_kemendagri: str, tmp_path: Path
) -> None:
    pointed = f"{digits[:2]}.{digits[2:]}"
    at_home, elsewhere = bps_list(), kemendagri_list()
    assert at_bps in at_home[digits]
    assert at_kemendagri in elsewhere[pointed][0]
    counts = [(code, count) for code, (_, count) in elsewhere.items()]
    rows = {"kemendagri": counts, "bps": [(code, 1) for code in at_home]}
    frame = cleaned(tmp_path, rows, codes={"kemendagri": pointed, "bps": digits})
    assert used(frame) == {f"kemendagri:{pointed}": elsewhere[pointed][1], f"bps:{digits}": 1}
    assert not (frame["quarantine_reason"] == "code_shape").any()


@needs_real_data
def test_no_regency_of_papua_has_the_same_digits_at_both() -> None:
    at_home = {code: name for code, name in bps_list().items() if code.startswith("9")}
    elsewhere = {code.replace(".", ""): name for code, (name, _) in kemendagri_list().items() if code.startswith("9")}
    assert len(elsewhere) == len(at_home) == 42
    assert not [code for code, name in elsewhere.items() if at_home.get(code, "").casefold() == name.casefold()]


def test_figures_by_sex_are_refused_until_they_are_added_up(tmp_path: Path) -> None:
    rows = {"bps": [("1275", 600_000), ("1275", 400_000), ("1276", 5), ("1276", 6)]}
    with pytest.raises(
        DataRejected, match=r"'bps'.*duplicate_key.*combine: {by: \[region_code, reference_on\], how: sum}"
    ):
        cleaned(tmp_path, rows, codes={"bps": "1275"})


@pytest.mark.parametrize(
    ("row", "is_said"),
    [
        (("12.75", "?"), True),
        (("1275", "150000"), True),
        (("", "150000"), True),
        (("#REF!", "150000"), True),
        (("12.76", "?"), False),
        (("Catatan", "?"), False),
    ],
)
def test_a_row_that_may_be_the_citys_and_cannot_be_read_is_said(
    row: tuple[str, str], is_said: bool, tmp_path: Path
) -> None:
    (tmp_path / "data.csv").write_text("\n".join(["kode,jumlah", "12.75,200000", ",".join(row)]) + "\n", "utf-8")
    figures = {
        **{"table": "population", "path": "data.csv", "format": "csv", "authority": "kemendagri"},
        "columns": {"region_code": "kode", "population_count": "jumlah", "reference_on": {"constant": "2025-12-31"}},
    }
    codes = {"region_codes": {"kemendagri": "12.75"}, "folder": tmp_path, "quarantine_limit_pct": 100}
    city = City.model_validate(
        {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", **codes, "sources": {"pop": figures}}
    )
    manifests = [land(tmp_path / "home", city=city, source_name="pop", period=Period.parse("2025"))]
    landed = Landed(tmp_path / "home", city, *manifests)
    blocks, _ = judged_rows(landed, then=len)
    assert sum(blocks) == 2
    assert ("population_row_unread" in {remark.code for remark in landed.remarks}) == is_said
