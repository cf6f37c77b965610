"""Whether a file is a web server's access log, in which format, and how many of its first lines are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from connectors.errors import TolokError
from connectors.records import RawFile, open_bytes
from pipeline.access_log.files import LogFile, is_zip, with_members
from pipeline.access_log.head import readable_counts
from pipeline.access_log.log_terms import LogTerms
from pipeline.config.answers import UNANSWERED
from pipeline.draft.mapping import Noted
from pipeline.draft.questions import question

_HEAD_BYTES = 1 << 14
_SHARE = 0.2
_REQUEST = re.compile(rb"\b(?:GET|POST|HEAD) /")


@dataclass
class LogDraft:
    """What an access log's first lines say: comments, and the settings besides its path."""

    comments: list[str]
    settings: dict[str, Noted] = field(default_factory=dict)


def log_settings(file: RawFile) -> LogDraft | None:
    """The settings of an access log, or null for another file; no address and no line is shown."""
    try:
        log = with_members(LogFile(file.name, file.path, name=file.name))[0]
        lines_count, read_count, known = readable_counts(log, terms=LogTerms(ZoneInfo("UTC"), "portal"))
    except (TolokError, OSError, IndexError):
        return None
    settings = {"format": Noted("access_log")}
    if read_count >= _SHARE * lines_count and read_count:
        counts = f"{read_count} dari / of {lines_count}"
        said = f"{counts} baris awal terbaca / of the first lines are read"
    elif known:
        said = f"baris awal terbaca sebagai / the first lines are read as {known}"
        settings["log_format"] = Noted(known)
    elif _holds_requests(file):
        said = "log akses dengan susunan yang belum dikenal / an access log of a format not known"
        settings["log_format"] = Noted(UNANSWERED, [question("log_format")])
    else:
        return None
    settings["own_networks"] = Noted(UNANSWERED, [question("own_networks")])
    return LogDraft([f"log akses / access log: {said}"], settings)


def _holds_requests(file: RawFile) -> bool:
    """Whether most first lines hold a request, in whatever format."""
    if is_zip(file.path):
        return False
    with open_bytes(file) as stream:
        lines = stream.read(_HEAD_BYTES).splitlines()[:-1]
    return len([line for line in lines if _REQUEST.search(line)]) > len(lines) // 2
