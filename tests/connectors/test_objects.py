"""Access logs in object storage: found by pattern, landed as from a folder, refused without naming a key."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from connectors.errors import ConfigError, SourceUnavailable
from connectors.objects import Storage, load_client, stored_objects
from pipeline.config.city import City
from pipeline.landing import Manifest, land
from pipeline.periods import Period
from testing.clean_tables import clean_in_memory

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
SECRET = "AKIARAHASIA"  # noqa: S105 made up, to be looked for where it must not be


def _line(day: int) -> bytes:
    return f'10.0.0.1 - - [{day:02d}/Jan/2025:08:00:00 +0700] "GET /dataset HTTP/1.1" 200 5 "-" "{AGENT}"\n'.encode()


@pytest.fixture
def bucket() -> Iterator[Any]:
    storage = fsspec.filesystem("memory")
    yield storage
    storage.rm("/portal", recursive=True)


@pytest.fixture
def landed(tmp_path: Path) -> Callable[..., Manifest]:
    def read(*paths: str, period: str = "2025-01") -> Manifest:
        city = City.model_validate(
            {
                "city": "kota-uji",
                "name": "Kota Uji",
                "zone": "Asia/Jakarta",
                "region_codes": {"kemendagri": "99.71"},
                "sources": {"log": {"table": "visits", "format": "access_log", "path": list(paths)}},
                "folder": tmp_path,
            }
        )
        manifest = land(tmp_path / "home", city=city, source_name="log", period=Period.parse(period))
        frame = clean_in_memory(tmp_path / "home", city=city, table_name="visits", manifests=[manifest]).frame
        read.visits = int(frame.loc[frame["variant"] == "headline", "visits_count"].sum())  # type: ignore[attr-defined]
        return manifest

    return read


def test_a_pattern_finds_rotated_logs_gzip_or_not(bucket: Any, landed: Any) -> None:
    bucket.pipe({"/portal/access.log": _line(3), "/portal/access.log.1.gz": gzip.compress(_line(2))})
    bucket.pipe({"/portal/access.log.10": _line(1), "/portal/error.log": b"x"})
    manifest = landed("memory://portal/access.log*")
    assert [file.name for file in manifest.files] == ["access.log", "access.log.1.gz", "access.log.10"]
    assert landed.visits == 3


def test_a_folder_and_a_storage_feed_one_source(bucket: Any, landed: Any, tmp_path: Path) -> None:
    bucket.pipe("/portal/2025-01/access.log", _line(3))
    (tmp_path / "access.log").write_bytes(_line(4))
    landed("access.log", "memory://portal/{year}-{month}/*")
    assert landed.visits == 2


def test_the_same_address_works_for_a_folder(landed: Any, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(_line(4))
    landed(f"file://{tmp_path}/access.log")
    assert landed.visits == 1


def test_no_copy_is_left_behind(bucket: Any, landed: Any, tmp_path: Path) -> None:
    bucket.pipe("/portal/access.log", _line(3))
    landed("memory://portal/access.log")
    assert not list((tmp_path / "home" / "landing").glob(".draft-copy-*"))


def test_nothing_there_is_to_be_tried_again(bucket: Any, landed: Any) -> None:
    bucket.pipe("/portal/access.log", _line(3))
    with pytest.raises(SourceUnavailable, match="no file for 2025-01"):
        landed("memory://portal/other*")


@pytest.mark.parametrize(
    "path",
    [
        "https://contoh.go.id/access.log",
        "simplecache::s3://bucket/access.log",
        "ftp://host/access.log",
        f"s3://kunci:{SECRET}@bucket/access.log",
    ],
)
def test_other_addresses_are_refused_without_repeating_a_key(path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        stored_objects(path)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs"), ("az", "adlfs")])
def test_a_missing_package_is_named(scheme: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for ask in (stored_objects, Storage, load_client):
        with pytest.raises(ConfigError, match=f"uv pip install --constraint requirements.lock {package}"):
            ask(f"{scheme}://bucket/access.log")


@pytest.mark.parametrize(
    ("fault", "kind"), [(PermissionError(SECRET), ConfigError), (RuntimeError(SECRET), SourceUnavailable)]
)
def test_a_fault_of_the_storage_is_told_without_its_words(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, fault: Exception, kind: type[Exception]
) -> None:
    bucket.pipe("/portal/access.log", _line(3))

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(type(bucket), "glob", fail)
    with pytest.raises(kind) as caught:
        stored_objects("memory://portal/*")
    assert SECRET not in str(caught.value)


def test_an_object_that_changed_on_the_way_is_to_be_copied_again(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe("/portal/access.log", _line(3))
    stored = stored_objects("memory://portal/access.log")[0]
    bucket.pipe("/portal/access.log", _line(3) * 2)
    with pytest.raises(SourceUnavailable, match="changed"):
        stored.copy_to(tmp_path / "copy")
