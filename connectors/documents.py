"""JSON and YAML read strictly: no key twice in one object, no nesting beyond reason, values by dotted path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from connectors.errors import DataRejected, harmless

ABSENT: Final = object()
# Of a document whose format takes nearly a hundred times its size, and a second and more for each megabyte.
MOST_BYTES: Final = {"yaml": 8 << 20}
_REPEATED: Final = object()
_DEEPEST = 200
# Half of a character beyond 65,535, as an export leaves it that cuts texts by length; pairs of halves are whole.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_DEEP_INDENT = re.compile(rb"^[ ?:-]{200}", re.MULTILINE)


class RepeatedKey(ValueError):
    """An object of a document holds one key twice; `row_number` (from 1) is null outside the document's rows."""

    def __init__(self, key: str, row_number: int | None) -> None:
        super().__init__(key)
        self.key = key
        self.row_number = row_number

    def rejected(self, where: str) -> DataRejected:
        """What to tell people about it."""
        key, row = harmless(self.key), self.row_number
        return DataRejected(
            id=f"{where}: {'' if row is None else f'baris {row}: '}kunci '{key}' ditulis dua kali dalam satu objek; "
            "tidak dapat diketahui nilai mana yang benar. Perbaiki ekspornya di sistem asal.",
            en=f"{where}: {'' if row is None else f'row {row}: '}key '{key}' stands twice in one object; nobody can "
            "know which value is right. Mend the export in the system it comes from.",
        )


class TooDeep(ValueError):
    """A document nests lists and objects beyond reason."""


def parse_json(content: bytes, *, rows_path: str = "", may_repeat: bool = False) -> Any:  # noqa: ANN401 any JSON
    """The document, of one object a line the list; half a character is U+FFFD.

    Raises `RepeatedKey`, `TooDeep`, or `ValueError` when it is not whole and valid JSON.
    Rows of a document that `may_repeat` keys are told by `repeated_key`.
    """
    repeats: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[object, object]:
        made: dict[object, object] = dict(pairs)
        if len(made) < len(pairs):
            made[_REPEATED] = _repeated([key for key, _ in pairs])
            repeats.append(str(made[_REPEATED]))
        return made

    try:
        text = content.decode(json.detect_encoding(content))
        if _HALF_CHARACTER.search(text):
            text = _ESCAPE.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
        document = _loaded(text, once)
    except RecursionError:
        raise TooDeep from None
    _refuse_repeats(document, repeats, rows_path=rows_path, may_repeat=may_repeat)
    return document


def _loaded(text: str, once: Callable[[list[tuple[str, object]]], object]) -> object:
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as fault:
        is_of_lines = fault.msg == "Extra data" and "\n" in text[: fault.pos] and text[fault.pos] == "{"
        if not is_of_lines:
            raise
    rows, place = [], 0
    for line in text.split("\n"):
        try:
            rows += [json.loads(line, object_pairs_hook=once)] if line.strip() else []
        except json.JSONDecodeError as fault:
            raise json.JSONDecodeError(fault.msg, text, place + fault.pos) from None
        place += len(line) + 1
    return rows


def parse_yaml(content: bytes, *, rows_path: str = "", may_repeat: bool = False) -> Any:  # noqa: ANN401 any YAML
    """The document with every scalar as text; raises `RepeatedKey`, `TooDeep` or `yaml.YAMLError`; else as JSON."""
    _refuse_deep_yaml(content)
    loader = _YamlLoader(content)
    try:
        document = loader.get_single_data()
    finally:
        loader.dispose()
    _refuse_repeats(document, loader.repeats, rows_path=rows_path, may_repeat=may_repeat)
    return document


class _YamlLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc] # as libyaml is there or not
    """Builds nothing but text, lists and mappings, and marks a mapping in which a key stands twice."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.repeats: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        made: dict[object, object] = super().construct_mapping(node, deep)
        if len(made) < len(node.value):
            made[_REPEATED] = _repeated([str(key.value) for key, _ in node.value])
            self.repeats.append(str(made[_REPEATED]))
        return made


def _refuse_deep_yaml(content: bytes) -> None:
    """Raise `TooDeep` before libyaml's composer would run out of its stack and end the process."""
    if content.count(b"[") + content.count(b"{") < _DEEPEST and not _DEEP_INDENT.search(content):
        return
    depth = 0
    for event in yaml.parse(content, Loader=_YamlLoader):
        is_start = isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent))
        depth += is_start - isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent))
        if depth > _DEEPEST:
            raise TooDeep


def _repeated(keys: Sequence[str]) -> str:
    return next(key for place, key in enumerate(keys) if key in keys[:place])


def repeated_key(row: object) -> str | None:
    """The key that stands twice in an object of a row; null when none does."""
    marked = (part for part in _parts(row) if isinstance(part, dict) and _REPEATED in part)
    return next((str(part[_REPEATED]) for part in marked), None)


def _refuse_repeats(document: object, repeats: Sequence[str], *, rows_path: str, may_repeat: bool) -> None:
    """Raise `RepeatedKey` for the first repeat in a row, or for one beside the rows; the latter in any case."""
    if not repeats:
        return
    found = ((key, number) for number, row in enumerate(rows_at(document, rows_path), 1) if (key := repeated_key(row)))
    key, number = next(found, (repeats[0], None))
    if number is None or not may_repeat:
        raise RepeatedKey(key, number)


def _parts(item: object) -> Iterator[object]:
    waiting, seen = [item], set()
    while waiting:
        one = waiting.pop()
        # By aliases a YAML document may hold a part many times, or within itself.
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())


def rows_at(document: object, path: str) -> Sequence[object]:
    """The records at a dotted path of a document; one that is not in a list counts as one."""
    found = dig(document, path) if path else document
    if found is None or found == "":
        return ()
    return found if isinstance(found, list) else (found,)


def dig(item: object, path: str) -> object:
    """The value at a dotted path of names and list positions, null where the path ends early."""
    found = find(item, path)
    return None if found is ABSENT else found


def find(item: object, path: str) -> object:
    """The value at a dotted path, or `ABSENT` when an object on the way has no such key.

    A key that holds the dots itself comes before those it would lead through. Nothing can be said of what lies below a
    null or beyond a list's end, so the value there is null.
    """
    if isinstance(item, Mapping) and path in item:
        return item[path]
    parts = path.split(".")
    while parts:
        if isinstance(item, Mapping):
            count = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in item), 0)
            if not count:
                return ABSENT
            item, parts = item[".".join(parts[:count])], parts[count:]
        elif isinstance(item, list) and parts[0].isdigit():
            place = int(parts.pop(0))
            item = item[place] if place < len(item) else None
        else:
            return None if item is None or item in ("", []) else ABSENT
    return item
