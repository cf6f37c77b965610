"""Files of every format read, changed at random: each is read with every row told, or refused with a message."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from connectors.errors import DataRejected, TolokError
from connectors.files import read_rows
from connectors.records import RawFile
from pipeline.access_log.count import count_visits
from pipeline.access_log.files import LogFile
from pipeline.access_log.log_terms import LogTerms
from pipeline.clean.mapping import map_rows, raw_columns
from pipeline.config.source import Source
from pipeline.draft.draft import Place, draft_source
from pipeline.tables import TABLES
from tests.hold import of_form

ZONE = ZoneInfo("Asia/Jakarta")
HEAD = ("Nomor", "Kanal", "Masuk", "Dijawab")
ROWS = [(str(n), "Web", f"2025-01-{n:02d} 08:00", f"2025-01-{n:02d} 12:30") for n in range(1, 29)]
OBJECTS = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
LINE = '198.51.100.{n} - - [{n:02d}/Jan/2025:10:05:03 +0700] "GET /data?q={n} HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11)"'
JSON_LINE = (
    '{{"remote_addr": "198.51.100.{n}", "time_iso8601": "2025-01-{n:02d}T10:05:03+07:00", "request": "GET /data '
    'HTTP/1.1", "status": 200, "http_user_agent": "Mozilla/5.0 (X11)"}}'
)
TOKENS = (
    *(
        b'"',
        b"'",
        b",",
        b";",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\x1b[31m",
        "\u202e".encode(),
        b"\xff\xfe",
        b"\xed\xa0\x80",
    ),
    *(
        b"1e999",
        b"NaN",
        b"-0",
        b"Infinity",
        b"9" * 5_000,
        b"9999-12-31 23:59",
        b"0000-00-00 00:00",
        b"2025-02-30 25:61",
    ),
    *(
        b"<",
        b">",
        b"/>",
        b"<![CDATA[",
        b"<!--",
        b"&a;",
        b"{",
        b"}",
        b"[" * 300,
        b"]",
        b"*a",
        b"&a ",
        b"\\ud800",
        b"\\u",
    ),
    *(b' r="XFD1048576"', b' r="A0"', b' t="e"', b' t="s"', b"#N/A", b"=1+1", b"{{", b"\xef\xbb\xbf", b"[", b"+9999]"),
)


def text_rows(mark: str) -> bytes:
    return "\n".join(mark.join(row) for row in (HEAD, *ROWS)).encode() + b"\n"


def xlsx() -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def ods() -> bytes:
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in (HEAD, *ROWS)
    )
    content = (
        f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Data">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<a/>"),
        ("content.xml", content.encode()),
    )


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for nth, item in enumerate(OBJECTS):
            content, entry = json.dumps(item).encode(), tarfile.TarInfo(f"{nth}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def xes() -> bytes:
    events = "".join(
        "<event>" + "".join(f'<string key="{key}" value="{value}"/>' for key, value in item.items()) + "</event>"
        for item in OBJECTS
    )
    return f'<?xml version="1.0"?><log xes.version="1.0"><trace>{events}</trace></log>'.encode()


YAML = "".join(f"- {json.dumps(item)}\n" for item in OBJECTS).encode()
W3C = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)\n" + b"".join(
    b"2025-01-%02d 10:05:03 198.51.100.%d GET /data 200 Mozilla/5.0+(X11)\n" % (n, n) for n in range(1, 29)
)
LOG = "".join(LINE.format(n=n) + "\n" for n in range(1, 29)).encode()

# What is written, and the settings that read it.
SEEDS: dict[str, tuple[bytes, dict[str, str]]] = {
    "CSV": (text_rows(","), {"format": "csv"}),
    "CSV by semicolons in a zip": (zipped(("a.csv", text_rows(";"))), {"format": "csv", "delimiter": ";"}),
    "CSV in a gzip": (gzip.compress(text_rows(","), mtime=0), {"format": "csv"}),
    "CSV in UTF-16": (text_rows("\t").decode().encode("utf-16"), {"format": "csv", "delimiter": "tab"}),
    "XLSX": (xlsx(), {"format": "xlsx"}),
    "ODS": (ods(), {"format": "xlsx"}),
    "JSON": (json.dumps({"rows": OBJECTS}).encode(), {"format": "json", "rows_at": "rows"}),
    "JSON by lines": ("\n".join(map(json.dumps, OBJECTS)).encode(), {"format": "json"}),
    "JSON in a tar": (tar(), {"format": "json", "members": "*.json"}),
    "YAML": (YAML, {"format": "yaml"}),
    "XES": (xes(), {"format": "xes"}),
    "log": (LOG, {}),
    "log in a gzip": (gzip.compress(LOG, mtime=0), {}),
    "log by JSON": ("".join(JSON_LINE.format(n=n) + "\n" for n in range(1, 29)).encode(), {}),
    "log of W3C": (W3C, {}),
}


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The bytes with one to four changes; what is packed is changed within as often as without."""
    if content.startswith(b"PK") and chance.random() < 0.6:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
        place = chance.randrange(len(members))
        members[place] = members[place][0], mutated(members[place][1], chance)
        return zipped(*members)
    if content.startswith(b"\x1f\x8b") and chance.random() < 0.6:
        return gzip.compress(mutated(gzip.decompress(content), chance), mtime=0)
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(changed) + 1), chance.choice((1, 1, 2, 8, 40, 400))
        what = chance.choice(("flip", "delete", "repeat", "insert", "token", "token", "cut", "swap"))
        if what == "flip" and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif what == "delete":
            del changed[at : at + size]
        elif what == "repeat":
            changed[at:at] = changed[at : at + size] * chance.choice((1, 3, 50))
        elif what == "insert":
            changed[at:at] = chance.randbytes(size)
        elif what == "token":
            changed[at : at + chance.choice((0, 0, 1, 5))] = chance.choice(TOKENS)
        elif what == "cut":
            del changed[max(at, len(changed) // 3) :]
        else:
            changed[at : at + size] = changed[at : at + size][::-1]
    return bytes(changed)


def read_table(path: Path, settings: dict[str, str]) -> None:
    """Read and map a table; every row that was read is a record with one outcome, or none by the reader's word."""
    form = "%Y-%m-%d %H:%M"
    columns = {
        **{"inquiry_id": "Nomor", "channel": "Kanal"},
        **{"received_at": {"column": "Masuk", "format": form}, "responded_at": {"column": "Dijawab", "format": form}},
    }
    source = Source.model_validate({"table": "inquiries", "path": path.name, "columns": columns, **settings})
    numbers: list[int] = []
    for frame in read_rows(RawFile(path, path.name), layout=source, columns=raw_columns(source)):
        clean = map_rows(frame, source=source, table=TABLES["inquiries"], zone=ZONE)
        assert len(clean) == len(frame)
        assert not (clean["excluded_by"].notna() & clean["quarantine_reason"].notna()).any()
        assert (
            frame["reader_problem"].isna() | clean["excluded_by"].notna() | clean["quarantine_reason"].notna()
        ).all()
        numbers += frame["source_row"].tolist()
    assert len(set(numbers)) == len(numbers)


def read_log(path: Path) -> None:
    """Count a log; every line of it has one outcome."""
    counts = count_visits([LogFile("a", path)], terms=LogTerms(ZONE, "portal"))
    content = path.read_bytes()
    if not content.startswith((b"\x1f\x8b", b"PK", b"BZh", b"\xfd7z", b"\x28\xb5\x2f\xfd")):
        lines = re.split(rb"\r\n|\r|\n", content)
        assert counts.tally["rows_count"].sum() == len(lines) - (not lines[-1])


def fate_of(attempt: Callable[[], object], which: str) -> str:
    """Whether a file was accepted, or refused in both languages; any other fault is none of the two."""
    try:
        attempt()
    except TolokError as fault:
        return "refused" if fault.id.strip() and fault.en.strip() else "without a word"
    except Exception as fault:
        raise AssertionError(f"{which}: {type(fault).__name__}: {fault}") from fault
    return "accepted"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_file_is_read_whole_or_refused(
    seed: str, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    content, settings = SEEDS[seed]
    path, fates = tmp_path / "a.bin", Counter[str]()
    place = Place(tmp_path)
    read = (lambda: read_table(path, settings)) if settings else (lambda: read_log(path))
    path.write_bytes(content)
    read()
    for nth in range(of_form(4, full=200)):
        path.write_bytes(mutated(content, random.Random(f"{seed} {nth}")))  # noqa: S311 no secret
        fates[fate_of(read, f"{seed} {nth}")] += 1
        fate_of(lambda: draft_source(RawFile(path, "a"), place=place, way_in={}, table="inquiries"), f"{seed} {nth}")
    assert fates.keys() <= {"accepted", "refused"}
    row("Inputs", f"mutated {seed}", f"{fates['accepted']} accepted, {fates['refused']} refused, none untyped")


def test_a_seed_that_is_cut_in_its_middle_is_refused_where_its_format_tells(tmp_path: Path) -> None:
    content, settings = SEEDS["XLSX"]
    (tmp_path / "a.bin").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataRejected):
        read_table(tmp_path / "a.bin", settings)
