"""What is fuzzed: each target reads bytes, lets typed errors pass, and asserts what holds whatever the bytes are."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numba
import numpy as np
import pandas as pd
from pydantic import ValidationError

from connectors.documents import parse_json, parse_yaml
from connectors.errors import DataRejected, TolokError
from connectors.event_logs import event_records
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.log_format import formats_of
from connectors.records import RawFile
from connectors.sql import SqlOptions
from kernels.sheet_cells import REACH_SIZE, find_sheet_cells
from pipeline.access_log.formats.json_line import KNOWN_NAMES, read_any_line
from pipeline.access_log.formats.reader import LineReader, LineTerms
from pipeline.access_log.hits import Hits
from pipeline.clean.durations import parse_durations
from pipeline.clean.reading import Reading
from pipeline.clean.values import Parsed, parse
from pipeline.config.load import load_city
from pipeline.landing.manifests import as_plain, from_plain
from pipeline.tables import Kind

ZONE = ZoneInfo("Asia/Jakarta")
# Removed when the process ends.
_TEMPORARY = TemporaryDirectory(prefix="tolok-fuzz-")
_FOLDER = Path(_TEMPORARY.name)
_LINES_AT_ONCE = 200


def access_log(content: bytes) -> None:
    """Lines read in one block have the fates of lines read one by one."""
    lines = content.replace(b"\r", b"\n").split(b"\n")[:_LINES_AT_ONCE]
    hits = LineReader(LineTerms()).read(b"".join(line + b"\n" for line in lines))
    assert _lines_of(hits) == len(lines)
    if lines[0].startswith(b"#"):
        return
    alone = [read_any_line(line, names=KNOWN_NAMES) for line in lines]
    assert sorted(int(one) for part in hits.rows for one in part.lines.tolist()) == [
        nth for nth, one in enumerate(alone) if not isinstance(one, str)
    ]


def declared_log(content: bytes) -> None:
    """The first line declares a format, the others are read by it."""
    declared, _, rest = content.partition(b"\n")
    text = declared.decode("utf-8", "replace")
    with suppress(TolokError):
        formats_of(text)
        lines = rest.split(b"\n")[:_LINES_AT_ONCE]
        terms = LineTerms(log_format=(text,), clock_zone=ZONE)
        assert _lines_of(LineReader(terms).read(b"".join(line + b"\n" for line in lines))) == len(lines)


def _lines_of(hits: Hits) -> int:
    return sum(len(part.lines) for part in hits.rows) + sum(hits.faults.values())


def csv_blocks(content: bytes) -> None:
    """Cells are those of Python's strict reader."""
    path = _FOLDER / "a.csv"
    path.write_bytes(content)
    layout = Layout(format="csv", names=("a", "b"))
    with suppress(TolokError):
        frames = list(read_rows(RawFile(path, "a"), layout=layout, columns=("a", "b")))
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return
        text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8")
        if text[:4].lower() == "sep=":
            return
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        found = [row for frame in frames for row in frame.itertuples(index=False)]
        assert len(found) == len(rows)
        for row, expected in zip(found, rows, strict=True):
            if pd.isna(row.reader_problem):
                assert [row.a, row.b] == expected[:2]


def sheet_cells(content: bytes) -> None:
    """A sheet's cells are the same wherever its bytes are cut."""
    # Uncompiled, a kernel reads plain bytes, whose sums do not wrap around.
    data: Any = content if numba.config.DISABLE_JIT else np.frombuffer(content, np.uint8)
    if not content:
        return
    whole, reach = np.zeros((200, 5), np.int64), np.zeros(REACH_SIZE, np.int64)
    read, count = find_sheet_cells(data, reach, whole)
    assert 0 <= read <= len(data)
    cut, at, found = np.zeros(REACH_SIZE, np.int64), 0, 0
    for end in (len(data) // 3, len(data)):
        part = np.zeros((200, 5), np.int64)
        if end > at:
            step, more = find_sheet_cells(data[at:end], cut, part)
            at, found = at + step, found + more
    if count < len(whole):
        assert (at, found, cut.tolist()) == (read, count, reach.tolist())


_KINDS: tuple[Kind, ...] = ("moment", "day", "number", "count", "flag")
_UNITS = ("minutes", "clock", "words")


def values(content: bytes) -> None:
    """Of a kind that the first byte tells, each text is a value, bad or ambiguous, alone as among others."""
    texts = pd.Series(content[1:].decode("utf-8", "replace").split("\n")[:8], dtype="str")
    reading = Reading(zone=ZONE, formats=("%d/%m/%Y %H:%M", "%d-%b-%y"))
    nth = content[0] % (len(_KINDS) + len(_UNITS)) if content else 0

    def parsed(some: pd.Series) -> Parsed:
        if nth < len(_KINDS):
            return parse(some, kind=_KINDS[nth], reading=reading)
        return parse_durations(some, unit=_UNITS[nth - len(_KINDS)], reading=reading)

    among = parsed(texts)
    assert (among.values.notna() | among.is_bad | among.is_ambiguous).all()
    assert bool(parsed(texts.iloc[:1]).is_bad[0]) == bool(among.is_bad[0])


def documents(content: bytes) -> None:
    """JSON and YAML are read or refused."""
    with suppress(ValueError):
        parse_json(content)
    import yaml

    with suppress(ValueError, yaml.YAMLError):
        parse_yaml(content)


def event_log(content: bytes) -> None:
    """XES is read or refused."""
    path = _FOLDER / "a.xes"
    path.write_bytes(content)
    with suppress(TolokError):
        for _ in event_records(RawFile(path, "a"), columns=("a", "case:a")):
            pass


def settings(content: bytes) -> None:
    """A city's settings are valid or refused."""
    (_FOLDER / "kota-uji.yaml").write_bytes(content)
    with suppress(TolokError):
        load_city(_FOLDER, "kota-uji")


def manifest(content: bytes) -> None:
    """What a manifest is made of is whole, or told as none."""
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        made = from_plain(json.loads(content))
        assert from_plain(json.loads(json.dumps(as_plain(made)))) == made


def sql_guard(content: bytes) -> None:
    """A query that is let through is one statement to SQLite, and reads only."""
    text = content.decode("utf-8", "replace")
    try:
        SqlOptions(query=text)
    except (ValidationError, DataRejected):
        return
    database = sqlite3.connect(":memory:")
    database.execute("create table t (a)")
    did: list[int] = []
    database.set_authorizer(lambda action, *_: did.append(action) or sqlite3.SQLITE_OK)
    with suppress(sqlite3.Error):
        database.executescript(text)
    database.close()
    reads = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    assert set(did) <= reads, text


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one
    for one in (
        *(access_log, declared_log, csv_blocks, sheet_cells, values),
        *(documents, event_log, settings, manifest, sql_guard),
    )
}
