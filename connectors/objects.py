"""Files in object storage, found by a pattern and copied out; who may read them is the machine's own setting."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import ConfigError, SourceUnavailable, TolokError

# Addresses of the web are not among them: those are the HTTP client's, with its limits on where it goes.
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}
_BUILT_IN = ("file", "memory")
# At DEBUG they write whole requests, with the session's token in a header.
_TALKATIVE = ("botocore", "aiobotocore", "gcsfs", "azure")
_GLOB_MARKS = "*?["
_HOME = "TOLOK_HOME"


@dataclass(frozen=True)
class StoredObject:
    """One file in a storage, by the address people know it by."""

    url: str
    key: str
    size_bytes: int
    storage: Any = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of its key."""
        return PurePosixPath(self.key).name

    def copy_to(self, target: Path) -> None:
        """Its bytes in a file of this machine; `SourceUnavailable` when they changed or broke off on the way."""
        with _faults_of(self.url), self.storage.open(self.key, "rb") as stored, target.open("wb") as copy:
            shutil.copyfileobj(stored, copy)
        if target.stat().st_size != self.size_bytes:
            raise SourceUnavailable(
                id=f"{self.url} berubah atau terputus selagi disalin. Jalankan lagi.",
                en=f"{self.url} changed or broke off while it was copied. Run again.",
            )


def is_address(text: str) -> bool:
    """Whether a path names a storage rather than a folder."""
    return "://" in text


def stored_objects(pattern: str) -> list[StoredObject]:
    """The files an address names, with `*`, `?` and `[...]` as in a folder; none when there are none."""
    storage = _storage(pattern)
    scheme = urlsplit(pattern).scheme
    with _faults_of(pattern):
        key = storage._strip_protocol(pattern)
        keys = storage.glob(key) if any(mark in key for mark in _GLOB_MARKS) else [key]
        found = [(key, storage.info(key)) for key in keys if storage.isfile(key)]
    return [StoredObject(f"{scheme}://{key.lstrip('/')}", key, int(info["size"]), storage) for key, info in found]


def load_client(url: str) -> None:
    """Import what reads the storage of a home, without reaching for it; `ConfigError` where it is not installed."""
    _file_system_class(url, setting=_HOME)


def _storage(pattern: str, *, setting: str = "path") -> Any:  # noqa: ANN401 fsspec gives no types
    # A worker that lives for weeks must not see the listing of its first day.
    return _file_system_class(pattern, setting=setting)(skip_instance_cache=True, use_listings_cache=False)


def _file_system_class(pattern: str, *, setting: str = "path") -> Any:  # noqa: ANN401 fsspec gives no types
    import fsspec  # type: ignore[import-untyped]

    parts = urlsplit(pattern)
    if "@" in parts.netloc or parts.password:
        raise ConfigError(
            id=f"{setting}: alamat penyimpanan tidak boleh berisi kunci atau sandi. Taruh di lingkungan mesin "
            "(mis. AWS_ACCESS_KEY_ID, atau FSSPEC_S3).",
            en=f"{setting}: a storage's address must not hold a key or password. Put them in the machine's environment "
            "(such as AWS_ACCESS_KEY_ID, or FSSPEC_S3).",
        )
    if "::" in pattern or parts.scheme not in (*_PACKAGES, *_BUILT_IN):
        known = ", ".join((*_PACKAGES, *_BUILT_IN))
        raise ConfigError(
            id=f"{setting}: penyimpanan '{parts.scheme}://' tidak dikenal; yang ada: {known}.",
            en=f"{setting}: unknown storage '{parts.scheme}://'; there are: {known}.",
        )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        return fsspec.get_filesystem_class(parts.scheme)
    except ImportError:
        raise _not_installed(parts.scheme, setting=setting) from None


def _not_installed(scheme: str, *, setting: str) -> ConfigError:
    """Tolok's environment has no pip, and another version of what the lock holds would break it."""
    package = _PACKAGES.get(scheme, "fsspec")
    command = f".venv/bin/uv pip install --constraint requirements.lock {package}"
    return ConfigError(
        id=f"{setting}: untuk {scheme}:// pasang dahulu paket {package} di lingkungan Tolok, di setiap mesin: "
        f"{command}",
        en=f"{setting}: for {scheme}:// first install the package {package} into Tolok's environment, on every "
        f"machine: {command}",
    )


class Storage:
    """A folder in object storage, such as `s3://bucket/folder`, read and written by keys below it.

    Every method raises `ConfigError` where the account may not, and `SourceUnavailable` where the storage fails.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._files = _storage(self._url, setting=_HOME)
        self._root = str(self._files._strip_protocol(self._url)).strip("/")

    def put(self, path: Path, key: str, *, only_new: bool = False) -> bool:
        """Copy a file there in one step; with `only_new` one that is there stands, and the answer is false."""
        with _faults_of(self._told(key), is_written=True):
            try:
                self._files.put_file(str(path), self._at(key), mode="create" if only_new else "overwrite")
            except FileNotFoundError:
                raise _no_bucket(self._told(key)) from None
            except OSError:
                # A storage says in its own words that it put nothing in the place of another.
                if only_new and self._files.isfile(self._at(key)):
                    return False
                raise
        return True

    def get(self, key: str, path: Path) -> bool:
        """Copy a file from there; false when there is none."""
        with _faults_of(self._told(key)):
            try:
                self._files.get_file(self._at(key), str(path))
            except FileNotFoundError:
                return False
        return True

    def has(self, key: str) -> bool:
        """Whether there is such a file."""
        with _faults_of(self._told(key)):
            return bool(self._files.isfile(self._at(key)))

    def names(self, key: str) -> list[str]:
        """The keys of all files below a folder."""
        with _faults_of(self._told(key)):
            found = self._files.find(self._at(key))
        return [str(one).strip("/").removeprefix(f"{self._root}/") for one in found]

    def sha256(self, key: str) -> str | None:
        """The hash of the bytes that are there, read to their end; null when there is no such file."""
        with _faults_of(self._told(key)):
            try:
                with self._files.open(self._at(key), "rb") as stored:
                    return hashlib.file_digest(stored, "sha256").hexdigest()
            except FileNotFoundError:
                return None

    def state(self, key: str) -> str | None:
        """What changes when a file there is written, asked without reading it; null when there is no such file."""
        with _faults_of(self._told(key)):
            try:
                return str(self._files.ukey(self._at(key)))
            except FileNotFoundError:
                return None

    def remove(self, key: str) -> None:
        """Take a file away, if there is one."""
        with _faults_of(self._told(key), is_written=True), suppress(FileNotFoundError):
            self._files.rm_file(self._at(key))

    def end_uploads(self, *, begun_before: datetime) -> int:
        """Take away the parts of uploads that were begun before a moment and never ended; gives how many there were.

        Only S3 keeps such parts until somebody takes them away; of other storages the answer is 0.
        """
        if not hasattr(self._files, "list_multipart_uploads"):
            return 0
        bucket = self._root.partition("/")[0]
        with _faults_of(self._told(""), is_written=True):
            begun = self._files.list_multipart_uploads(bucket)
            left = [
                one
                for one in begun
                if f"{bucket}/{one['Key']}".startswith(f"{self._root}/") and one["Initiated"] < begun_before
            ]
            for one in left:
                named = {"Key": one["Key"], "UploadId": one["UploadId"]}
                self._files.call_s3("abort_multipart_upload", Bucket=bucket, **named)
        return len(left)

    def _told(self, key: str) -> str:
        """Which object of which setting a fault is about."""
        return f"{_HOME}: {self._url}/{key}"

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"


def _no_bucket(url: str) -> ConfigError:
    return ConfigError(
        id=f"{url}: wadahnya (bucket) tidak ada. Buat dahulu, atau perbaiki alamatnya.",
        en=f"{url}: there is no such bucket. Make it first, or mend the address.",
    )


@contextmanager
def _faults_of(url: str, *, is_written: bool = False) -> Iterator[None]:
    """Every fault of a storage as one of ours; its own words may hold keys and are not repeated."""
    done_id, done_en = ("ditulis", "written") if is_written else ("dibaca", "read")
    right_id, right_en = ("tulis", "write") if is_written else ("baca", "read")
    try:
        yield
    except TolokError:
        raise
    except PermissionError:
        raise ConfigError(
            id=f"{url}: tidak boleh {done_id}. Periksa kunci di lingkungan mesin dan hak {right_id} akun itu pada "
            "penyimpanan.",
            en=f"{url}: may not be {done_en}. Check the key in the machine's environment and its right to {right_en} "
            "there.",
        ) from None
    except Exception as fault:
        kind = type(fault).__name__
        raise SourceUnavailable(
            id=f"{url}: penyimpanan tidak dapat {done_id} ({kind}). Periksa alamat, jaringan dan kunci; lalu coba "
            "lagi.",
            en=f"{url}: the storage cannot be {done_en} ({kind}). Check address, network and key, then try again.",
        ) from None
