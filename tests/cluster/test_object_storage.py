"""What a home asks of an S3 server, held against a real one: the first of two puts, and uploads that broke off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.objects import Storage
from pipeline.leftovers import sweep_leftovers
from service.processes import wait_for
from tests.cluster.cluster import ROOT, STORAGE, storage_files, storage_server

pytestmark = pytest.mark.cluster

BUCKET = "diskominfo"
KEY = "landing/objects/0a/0a0a"
# Above a hundred MiB a file goes in parts.
LARGE_BYTES = 200 << 20
PUT = """
import sys
from pathlib import Path
from connectors.objects import Storage
Storage(sys.argv[1]).put(Path(sys.argv[2]), sys.argv[3])
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with storage_server(tmp_path_factory.mktemp("s3") / "storage") as told:
        yield told


@pytest.fixture
def storage(keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storage:
    """The storage of a home, and the environment of a machine that has it."""
    told = {"TOLOK_HOME": STORAGE, "TOLOK_MIRROR": str(tmp_path), "TOLOK_WAREHOUSE": "postgresql://db/tolok"}
    for name, value in {**keys, **told}.items():
        monkeypatch.setenv(name, value)
    return Storage(STORAGE)


@pytest.fixture
def uploads(keys: dict[str, str]) -> Callable[[], list[str]]:
    """Calling it gives the keys of all uploads of the bucket that did not end."""
    return lambda: sorted(one["Key"] for one in storage_files(keys).list_multipart_uploads(BUCKET))


def begin(keys: dict[str, str], key: str) -> None:
    """An upload of which one part came."""
    files: Any = storage_files(keys)
    named = {"Bucket": BUCKET, "Key": key}
    upload = files.call_s3("create_multipart_upload", **named)["UploadId"]
    files.call_s3("upload_part", **named, UploadId=upload, PartNumber=1, Body=b"nama warga" * 600_000)


def test_the_first_of_two_puts_wins(storage: Storage, tmp_path: Path) -> None:
    for number, is_first in enumerate((True, False)):
        file = tmp_path / str(number)
        file.write_text(f"machine {number}", "utf-8")
        assert storage.put(file, "landing/once", only_new=True) is is_first
    assert storage.get("landing/once", tmp_path / "copy")
    assert (tmp_path / "copy").read_text("utf-8") == "machine 0"


def test_an_upload_whose_machine_was_killed_goes_after_a_day_and_a_young_one_stays(
    storage: Storage, uploads: Callable[[], list[str]], tmp_path: Path
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGE_BYTES)
    machine = subprocess.Popen([sys.executable, "-c", PUT, STORAGE, str(large), KEY], cwd=ROOT)
    assert wait_for(lambda: bool(uploads()) or machine.poll() is not None, seconds=60)
    machine.kill()
    machine.wait()
    assert (uploads(), storage.has(KEY)) == ([f"tolok/{KEY}"], False)
    sweep_leftovers.cache_clear()
    sweep_leftovers(tmp_path)
    assert uploads() == [f"tolok/{KEY}"]
    assert storage.end_uploads(begun_before=datetime.now(UTC) + timedelta(hours=1)) == 1
    assert uploads() == []


def test_a_run_takes_away_old_uploads_of_its_own_folder_alone(
    storage: Storage,
    keys: dict[str, str],
    uploads: Callable[[], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for key in (f"tolok/{KEY}", "tolok-lain/a", "lain/b"):
        begin(keys, key)
    assert len(uploads()) == 3
    monkeypatch.setattr("pipeline.leftovers.HOURS_KEPT", -1)
    sweep_leftovers.cache_clear()
    sweep_leftovers(tmp_path)
    assert uploads() == ["lain/b", "tolok-lain/a"]
    assert not storage.has(KEY)
