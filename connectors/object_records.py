"""Records of JSON and YAML files, alone or many in a tar archive; columns are dotted paths into each object."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import yaml

from connectors.documents import (
    ABSENT,
    MOST_BYTES,
    RepeatedKey,
    TooDeep,
    find,
    parse_json,
    parse_yaml,
    repeated_key,
    rows_at,
)
from connectors.envelopes import Envelopes
from connectors.errors import DataRejected, SourceChanged, harmless
from connectors.layout import Layout
from connectors.records import RawFile, Record, number_text, open_bytes, read_whole
from connectors.tar_members import is_tar, tar_entries

REPEATED_KEY = "repeated_key"

_SHOWN_KEYS, _MOST_KEYS = 40, 1000


class WantedKeys:
    """Which of the columns asked for no object has had so far, in one file or in all of a source.

    `envelopes` are what the files say beside their objects.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.envelopes = Envelopes()
        self._absent = dict.fromkeys(columns)
        self._there: dict[str, None] = {}

    def texts(self, item: object, columns: Sequence[str]) -> list[str | None]:
        """The values of an object at the columns as texts; null where it has none."""
        values = [find(item, column) for column in columns]
        if self._absent:
            self._notice(item, columns, values)
        return [_scalar_text(value) for value in values]

    def _notice(self, item: object, columns: Sequence[str], values: Sequence[object]) -> None:
        for column, value in zip(columns, values, strict=True):
            if value is not ABSENT:
                self._absent.pop(column, None)
        if isinstance(item, dict) and len(self._there) < _SHOWN_KEYS:
            self._there.update(dict.fromkeys(map(str, item)))

    def refuse_absent(self, name: str) -> None:
        """Raise `SourceChanged` when there were objects and none had one of the keys."""
        if not self._absent or not self._there:
            return
        missing = ", ".join(self._absent)
        there = ", ".join(harmless(key) for key in itertools.islice(self._there, _SHOWN_KEYS))
        raise SourceChanged(
            id=f"{name}: kunci tidak ada pada objek mana pun: {missing}. Kunci yang ada: {there}. Perbaiki 'columns' "
            "(atau 'rows_at') di YAML kota.",
            en=f"{name}: no object has the keys: {missing}. There are: {there}. Mend 'columns' (or 'rows_at') in the "
            "city's YAML.",
        )


def object_records(
    file: RawFile, *, layout: Layout, columns: tuple[str, ...], wanted: WantedKeys | None = None
) -> Iterator[Record]:
    """Number, problem and texts of each object.

    Raises `DataRejected` for a document that is not valid or holds a key twice in one object, and `SourceChanged` when
    no object has a column asked for; the caller judges that with the `wanted` it gives. Of the many documents of an
    archive, an object that holds a key twice has the problem `repeated_key` and is remarked.
    """
    keys = WantedKeys(columns) if wanted is None else wanted
    number, there = 0, set[str]()
    for member, content in _documents(file, layout):
        where = member if member == file.name else f"{file.name}/{member}"
        document = _parsed(where, content, layout, may_repeat=member != file.name)
        items = rows_at(document, layout.rows_at)
        if member == file.name:
            keys.envelopes.add(file, document, rows_count=len(items), rows_at=layout.rows_at)
        for item in items:
            number += 1
            if isinstance(item, dict) and len(there) < _MOST_KEYS:
                there.update(map(str, item))
            repeated = repeated_key(item) if member != file.name else None
            if repeated is not None:
                _remark_repeat(file, member, number, repeated)
            yield (number, repeated and REPEATED_KEY, *keys.texts(item, columns))
    if file.on_header is not None:
        file.on_header(sorted(there))
    if wanted is None:
        keys.envelopes.remark()
        keys.refuse_absent(file.name)


def _remark_repeat(file: RawFile, member: str, number: int, key: str) -> None:
    name = harmless(key)
    file.remark(
        REPEATED_KEY,
        id=f"{member}, baris {number}: kunci '{name}' ditulis dua kali dalam satu objek; barisnya dikarantina.",
        en=f"{member}, row {number}: key '{name}' stands twice in one object; the row is quarantined.",
        keeps_provisional=False,
    )


def refuse_none(records: Iterator[Record], file: RawFile, layout: Layout) -> Iterator[Record]:
    """The records; `DataRejected` when there are none."""
    first = next(records, None)
    if first is None:
        raise DataRejected(
            id=f"{file.name}: tidak ada data di '{layout.rows_at or layout.members}'. Periksa rows_at dan members.",
            en=f"{file.name}: no data at '{layout.rows_at or layout.members}'. Check rows_at and members.",
        )
    yield from itertools.chain([first], records)


def _documents(file: RawFile, layout: Layout) -> Iterator[tuple[str, bytes]]:
    most_bytes = MOST_BYTES.get(layout.format)
    if not is_tar(file.path):
        with open_bytes(file) as stream:
            yield file.name, read_whole(file, stream, most_bytes=most_bytes)
        return
    with tar_entries(file) as (archive, entries):
        for entry in entries:
            is_left_out = layout.members_except is not None and fnmatchcase(entry.name, layout.members_except)
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is not None and fnmatchcase(entry.name, layout.members) and not is_left_out:
                yield (
                    entry.name,
                    read_whole(file, content, f"{file.name}/{entry.name}", size=entry.size, most_bytes=most_bytes),
                )


def _parsed(where: str, content: bytes, layout: Layout, *, may_repeat: bool) -> object:
    kind = layout.format.upper()
    try:
        parse = parse_json if layout.format == "json" else parse_yaml
        return parse(content, rows_path=layout.rows_at, may_repeat=may_repeat)
    except RepeatedKey as repeat:
        raise repeat.rejected(where) from None
    except TooDeep:
        raise DataRejected(
            id=f"{where}: {kind} ini bersarang terlalu dalam. Ekspor ulang.",
            en=f"{where}: this {kind} is nested too deep. Export it again.",
        ) from None
    except (ValueError, yaml.YAMLError) as error:
        line = getattr(error, "lineno", None) or _yaml_line(error)
        raise DataRejected(
            id=f"{where}: bukan {kind} yang sah (baris {line}). Ekspor ulang secara utuh.",
            en=f"{where}: not valid {kind} (line {line}). Export it again in full.",
        ) from None


def _yaml_line(error: Exception) -> object:
    mark = getattr(error, "problem_mark", None)
    return "?" if mark is None else mark.line + 1


def _scalar_text(value: object) -> str | None:
    if value is None or value is ABSENT or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, float) else str(value)
