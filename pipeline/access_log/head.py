"""What an access log tells by its first lines: when it begins, what becomes of them, whether it can be read."""

from __future__ import annotations

import secrets
from collections import Counter

from connectors.errors import SourceChanged
from connectors.files import harmless
from pipeline.access_log.formats.block import read_block
from pipeline.access_log.formats.json_line import JsonNames, find_lack, read_any_line
from pipeline.access_log.formats.line import Hit
from pipeline.access_log.rules import RULES, Classifier
from pipeline.access_log.share import LogFile, LogTerms, Stretch, open_log

_HEAD_BYTES = 1 << 16


def read_head(stretch: Stretch, *, names: JsonNames) -> list[Hit]:
    """The hits a file begins with."""
    read = (read_any_line(line, names=names) for line in _first_lines(stretch))
    return [hit for hit in read if isinstance(hit, Hit)]


def classify_head(file: LogFile, *, terms: LogTerms) -> Counter[str]:
    """What becomes of a file's first lines, by rule; '' is a page asked for by people."""
    block = b"".join(line + b"\n" for line in _first_lines(Stretch(file, 1)))
    hits = read_block(block, names=terms.json_names)
    classify = Classifier(terms.own_networks, key=secrets.token_bytes(24))
    return Counter(RULES[rule] for rule in classify(hits).rule.tolist()) + hits.faults


def refuse_unnamed(file: LogFile, *, name: str, terms: LogTerms) -> None:
    """Raise `SourceChanged` when a file begins with JSON of which no line can be read, for want of a name."""
    lines = _first_lines(Stretch(file, 1))
    lacking = [lack for lack in (find_lack(line, names=terms.json_names) for line in lines) if lack]
    if not lacking or any(isinstance(read_any_line(line, names=terms.json_names), Hit) for line in lines):
        return
    parts, there = (", ".join(map(harmless, names)) for names in lacking[0])
    raise SourceChanged(
        id=f"{name}: baris JSON-nya tidak memuat {parts} dengan nama yang dikenal; yang ada: {there}. "
        "Sebutkan tempatnya di 'fields' sumber ini.",
        en=f"{name}: its JSON lines do not tell {parts} under a known name; they have: {there}. "
        "Say where it stands under 'fields' of this source.",
    )


def _first_lines(stretch: Stretch) -> list[bytes]:
    """The lines a file begins with, or as much of the first as is worth looking at."""
    with open_log(stretch) as stream:
        head = stream.read(_HEAD_BYTES)
    whole = head.rpartition(b"\n")[0] if len(head) == _HEAD_BYTES else head.removesuffix(b"\n")
    return whole.split(b"\n")
