"""Whether a file is a web server's access log, in which form, and how many of its first lines are read."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import dataclass, field

from connectors.errors import TolokError
from connectors.records import RawFile, open_bytes
from pipeline.access_log.formats.json_line import JsonNames
from pipeline.access_log.head import read_head
from pipeline.access_log.share import Chunk, LogFile
from pipeline.config import UNANSWERED
from pipeline.draft.mapping import Noted
from pipeline.draft.questions import question

_HEAD_BYTES = 1 << 16
_SHARE = 0.2
_DOMINANT = 0.5


@dataclass
class LogDraft:
    """What an access log's first lines say: comments, and the settings besides its path."""

    comments: list[str]
    settings: dict[str, Noted] = field(default_factory=dict)


def log_settings(file: RawFile) -> LogDraft | None:
    """The settings of an access log, or null for another file; no address is shown."""
    try:
        if zipfile.is_zipfile(file.path):
            return None
        lines = _first_lines(file)
        hits = read_head(Chunk(LogFile(file.name, file.path), 1), names=JsonNames())
    except (TolokError, OSError):
        return None
    if not lines or len(hits) < _SHARE * len(lines) or len(hits) == 0:
        return None
    kind = "JSON" if lines[0].lstrip().startswith(b"{") else "common/combined"
    comments = [
        f"log akses {kind}: {len(hits)} dari {len(lines)} baris awal terbaca / "
        f"access log, {kind}: {len(hits)} of the first {len(lines)} lines are read",
        "jamnya membawa offset / its times carry their offset",
    ]
    _, count = Counter(hit.address for hit in hits).most_common(1)[0]
    if count > _DOMINANT * len(hits):
        comments.append(
            f"AWAS: satu alamat membuat {count} dari {len(hits)} permintaan; mungkin proksi / BEWARE: one address "
            f"makes {count} of {len(hits)} requests, perhaps a proxy; docs/city.md"
        )
    return LogDraft(
        comments,
        {"format": Noted("access_log"), "own_networks": Noted(UNANSWERED, [question("own_networks")])},
    )


def _first_lines(file: RawFile) -> list[bytes]:
    with open_bytes(file) as stream:
        head = stream.read(_HEAD_BYTES)
    lines = head.split(b"\n")
    return [line for line in (lines[:-1] if len(head) == _HEAD_BYTES else lines) if line.strip()]
