"""The first lines of an access log: when it begins, how they are classified, whether it can be read."""

from __future__ import annotations

import secrets
from collections import Counter

from connectors.errors import SourceChanged, harmless
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.json_line import JsonNames, find_missing_parts, read_any_line
from pipeline.access_log.hits import Hit
from pipeline.access_log.rules import RULES, Classifier
from pipeline.access_log.share import Chunk, LogFile, LogTerms, open_log

_HEAD_BYTES = 1 << 16


def read_head(chunk: Chunk, *, names: JsonNames) -> list[Hit]:
    """The hits among a file's first lines; raises `DataRejected` for damaged gzip."""
    read = (read_any_line(line, names=names) for line in _first_lines(chunk))
    return [hit for hit in read if isinstance(hit, Hit)]


def classify_head(file: LogFile, *, terms: LogTerms) -> Counter[str]:
    """A file's first lines by rule; '' is a page requested by people. Raises `DataRejected` for damaged gzip."""
    block = b"".join(line + b"\n" for line in _first_lines(Chunk(file, 1)))
    hits = read_block(block, names=terms.json_names)
    classify = Classifier(terms.own_networks, key=secrets.token_bytes(24))
    return Counter(RULES[rule] for rule in classify(hits).rule.tolist()) + hits.faults


def refuse_unnamed(file: LogFile, *, name: str, terms: LogTerms) -> None:
    """Raise `SourceChanged` when a file's first lines are JSON and lack a needed part under any known name."""
    lines = _first_lines(Chunk(file, 1))
    found = [missing for missing in (find_missing_parts(line, names=terms.json_names) for line in lines) if missing]
    if not found or any(isinstance(read_any_line(line, names=terms.json_names), Hit) for line in lines):
        return
    parts, there = (", ".join(map(harmless, names)) for names in found[0])
    raise SourceChanged(
        id=f"{name}: baris JSON-nya tidak memuat {parts} dengan nama yang dikenal; yang ada: {there}. "
        "Sebutkan tempatnya di 'fields' sumber ini.",
        en=f"{name}: its JSON lines do not tell {parts} under a known name; they have: {there}. "
        "Say where it stands under 'fields' of this source.",
    )


def _first_lines(chunk: Chunk) -> list[bytes]:
    """The whole lines in a file's first bytes, or the beginning of an overlong first line."""
    with open_log(chunk) as stream:
        head = stream.read(_HEAD_BYTES)
    whole = head.rpartition(b"\n")[0] if len(head) == _HEAD_BYTES else head.removesuffix(b"\n")
    return whole.split(b"\n")
