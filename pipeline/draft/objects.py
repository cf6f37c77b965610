"""Where the records of JSON and YAML documents lie, and the dotted names of what they hold."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import yaml

from connectors.documents import parse_json, parse_yaml, rows_at
from connectors.errors import DataRejected
from connectors.layout import Layout
from connectors.records import RawFile, read_whole
from connectors.tar_members import tar_entries

_MOST_DOCUMENTS = 200
_MOST_RECORDS = 500
_DEPTH = 3
_FEW = 3
_KINDS = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def most_records(document: object) -> tuple[str, tuple[str, ...]]:
    """The dotted path of the longest list of objects in a document, and the dotted names of their values."""
    path, items = max(_lists(document, "", 0), key=lambda found: len(found[1]), default=("", [document]))
    names = Counter(name for item in items[:_MOST_RECORDS] for name in _names(item, "", 0))
    return path, tuple(names)


def archived_layout(file: RawFile) -> tuple[Layout, tuple[str, ...], tuple[str, ...]]:
    """Layout, names of values and evidence of the documents in a tar archive, of the commonest kind in it."""
    with tar_entries(file) as (archive, found):
        entries = [entry.name for entry in found if entry.isfile()]
        patterns = Counter(pattern for name in entries if (pattern := _pattern(name)))
        if not patterns:
            raise DataRejected(
                id=f"{file.name}: arsip tar tanpa JSON atau YAML. Bongkar, lalu beri berkas di dalamnya.",
                en=f"{file.name}: a tar archive without JSON or YAML. Unpack it and name a file inside.",
            )
        members, count = patterns.most_common(1)[0]
        chosen = [name for name in entries if fnmatchcase(name, members)]
        documents = [_loaded(file, archive, name) for name in chosen[:: max(1, len(chosen) // _MOST_DOCUMENTS)]]
    paths = Counter(_record_path(document) for document in documents)
    path = paths.most_common(1)[0][0]
    names = Counter(name for one in documents for item in rows_at(one, path) for name in _names(item, "", 0))
    kind: Any = _KINDS[PurePosixPath(members).suffix]
    said = f"{count} dari / of {len(entries)} berkas arsip cocok dengan / members of the archive fit {members}"
    return Layout(format=kind, members=members, rows_at=path), tuple(names), (said,)


def _record_path(document: object) -> str:
    """Where one document of many has its record: the object with most values, the document itself or one in it."""
    if isinstance(document, dict):
        items = [("", document), *((str(name), item) for name, item in document.items() if isinstance(item, dict))]
        path, item = max(items, key=lambda pair: _plain_count(pair[1]))
        if _plain_count(item) >= _FEW:
            return path
    return most_records(document)[0]


def _plain_count(item: dict[Any, Any]) -> int:
    return sum(not isinstance(value, dict | list) for value in item.values())


def _pattern(name: str) -> str | None:
    """The pattern of a member's siblings: its folder, and what follows the first `_` that many share."""
    path = PurePosixPath(name)
    if path.suffix not in _KINDS:
        return None
    tail = path.stem.rpartition("_")[2] if "_" in path.stem else ""
    top = path.parts[0] if len(path.parts) > 1 else ""
    return "/".join(filter(None, (top, f"*{'_' + tail if tail.isalpha() else ''}{path.suffix}")))


def _loaded(file: RawFile, archive: tarfile.TarFile, name: str) -> object:
    member = archive.extractfile(name)
    content = read_whole(file, member, f"{file.name}/{name}") if member else b""
    try:
        return (parse_json if name.endswith(".json") else parse_yaml)(content)
    except (ValueError, yaml.YAMLError):
        return None


def _lists(value: object, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield path, value
    if isinstance(value, dict) and depth <= _DEPTH:
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else str(name), depth + 1)


def _names(value: object, path: str, depth: int) -> list[str]:
    """The dotted names of the plain values in an object; of a list the first item stands for all."""
    if isinstance(value, dict):
        if depth > _DEPTH:
            return []
        return [
            name
            for key, inner in value.items()
            for name in _names(inner, f"{path}.{key}" if path else str(key), depth + 1)
        ]
    if isinstance(value, list):
        return _names(value[0], f"{path}.0", depth + 1) if value and path else []
    return [path] if path else []
