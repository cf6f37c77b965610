"""Names as paths: links out of a source's folder, names that cannot be shown, and names that no folder may have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError, DataRejected
from pipeline.config.city import City
from pipeline.landing import matching_files
from pipeline.periods import Period

YEAR = Period(2025)
SOURCE: dict[str, Any] = {
    "table": "population",
    "format": "csv",
    "authority": "bps",
    "columns": {
        "region_code": "kode",
        "population_count": "jumlah",
        "reference_on": {"column": "tgl", "format": "%Y-%m-%d"},
    },
}


def city_of(name: str = "kota", sources: tuple[str, ...] = ("penduduk",), **source: object) -> City:
    settings = {**SOURCE, "path": "data/*.csv", **source}
    return City.model_validate(
        {
            "city": name,
            "name": "Kota",
            "zone": "Asia/Jakarta",
            "region_codes": {"bps": "9971"},
            "sources": dict.fromkeys(sources, settings),
        }
    )


def found(folder: Path, **source: object) -> list[str]:
    city = city_of(**source).model_copy(update={"folder": folder})  # type: ignore[arg-type]
    return [path.name for path in matching_files(city, city.sources["penduduk"], YEAR)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "bagian").mkdir(parents=True)
    (tmp_path / "data" / "a.csv").write_text("x")
    (tmp_path / "rahasia.csv").write_text("x")
    return tmp_path


@pytest.mark.parametrize("target", ["../rahasia.csv", "/etc/passwd"])
def test_a_link_in_a_pattern_leaves_its_folder_only_when_allowed(folder: Path, target: str) -> None:
    (folder / "data" / "b.csv").symlink_to(target)
    with pytest.raises(ConfigError, match=r"b\.csv.*outside_links"):
        found(folder)
    assert found(folder, outside_links=True) == ["a.csv", "b.csv"]


def test_a_linked_folder_in_a_pattern_is_a_link_too(folder: Path) -> None:
    (folder / "luar").mkdir()
    (folder / "luar" / "c.csv").write_text("x")
    (folder / "data" / "tautan").symlink_to(folder / "luar")
    with pytest.raises(ConfigError, match="outside_links"):
        found(folder, path="data/*/*.csv")


def test_a_link_that_stays_inside_or_is_named_itself_is_taken(folder: Path) -> None:
    (folder / "data" / "b.csv").symlink_to("a.csv")
    (folder / "data" / "c.csv").symlink_to("../rahasia.csv")
    (folder / "tautan").symlink_to("data/bagian")
    (folder / "tautan" / "d.csv").write_text("x")
    assert found(folder, path="data/[ab].csv") == ["a.csv", "b.csv"]
    assert found(folder, path="data/c.csv") == ["c.csv"]
    assert found(folder, path="tautan/*.csv") == ["d.csv"]


@pytest.mark.parametrize("name", [b"a\xff.csv", b"a\x1b[31m.csv", b"a\nb.csv", "a\u202eb.csv".encode(), b"\x7f.csv"])
def test_a_name_that_cannot_be_shown_is_refused(folder: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder / "data") + b"/" + name)).write_text("x")
    with pytest.raises(DataRejected, match=r"(?s)nama|name") as caught:
        found(folder)
    str(caught.value).encode()
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["laporan 2025 (1).csv", "=cmd.csv", "<b>.csv", "données.csv", "a" * 251 + ".csv"])
def test_any_other_name_is_taken(folder: Path, name: str) -> None:
    (folder / "data" / name).write_text("x")
    assert name in found(folder)


@pytest.mark.parametrize(
    "name",
    [
        *("../../x", "a/b", "a\\b", "a\0b", "a\nb", "..", ".", "", " ", "a b", "a..b", "x.", "-x", "a" * 65),
        *("CON", "nul", "com1", "LPT9.txt", "aux.csv", "аdmin", "a\u202eb", "ａ"),
    ],
)
def test_a_source_is_named_fit_for_a_folder(name: str) -> None:
    with pytest.raises(ValueError, match=r"nama|bernama"):
        city_of(sources=(name,))


def test_two_sources_differ_in_more_than_capitals() -> None:
    with pytest.raises(ValueError, match="capitals"):
        city_of(sources=("Meja", "meja"))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../x",
            "Kota",
            "kota_x",
            "kota-х",
            "kota\n",
            "kota\u200b",
            "ｋota",
            "-x",
            "x-",
            "a--b",
            "",
            "con",
            "nul",
            "lpt1",
        ),
        *("a" * 65, "kotа-contoh", "kota.contoh", "kota/contoh"),
    ],
)
def test_a_city_is_named_fit_for_a_folder_and_by_no_look_alike(name: str) -> None:
    with pytest.raises(ValueError, match="city"):
        city_of(name)
