"""How the rows of a file nobody described lie: its kind, encoding, delimiter, sheet and header, with the evidence."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from connectors.documents import MOST_BYTES, RepeatedKey, parse_json, parse_yaml, rows_at
from connectors.errors import DataRejected
from connectors.file_kinds import refuse_foreign
from connectors.layout import Layout
from connectors.records import RawFile, open_bytes, read_whole
from connectors.tar_members import is_tar
from connectors.zip_members import is_zip_of_files, zip_members
from pipeline.draft.headers import HEAD_ROWS, header_place, known_share
from pipeline.draft.objects import archived_layout, most_records
from pipeline.draft.personal import is_shown
from pipeline.draft.words import known_words, tidy

_HEAD_BYTES = 1 << 18
_BLOCK_BYTES = 8 << 20
_DELIMITERS = ",;\t|"
_CHAT_LINE = re.compile(
    r"[\u200e\u202f]*\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? (?:pukul )?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?"
    r"(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?(?:\] | [-\u2013] )[^:]{1,60}: "
)
_CHAT_SHARE = 0.2


@dataclass(frozen=True)
class Found:
    """A file's layout, the names of its columns (none where it has no header) and what shows that it is so.

    `settings` are the keys to write down; `totals` the cells that begin rows which add up others, with their columns;
    `title` what stands above the header; `same_sheets` the sheets of a workbook with this header, if there are several.
    """

    layout: Layout
    header: tuple[str, ...]
    evidence: tuple[str, ...]
    settings: tuple[str, ...]
    totals: tuple[tuple[str, str], ...] = ()
    title: str = ""
    same_sheets: tuple[str, ...] = ()


def find_layout(file: RawFile) -> Found:
    """The layout of an export, of the first file if it is a zip; raises `DataRejected` when no table is found in it."""
    if is_zip_of_files(file.path):
        members = zip_members(file, Layout())
        return find_layout(next(members))
    with file.path.open("rb") as raw:
        head = raw.read(4)
    if zipfile.is_zipfile(file.path) or head.startswith(b"\xd0\xcf\x11\xe0"):
        return _workbook(file)
    if is_tar(file.path):
        return _archived(file)
    refuse_foreign(file, "csv")
    suffixes = PurePath(file.name).suffixes
    if ".yaml" in suffixes or ".yml" in suffixes:
        return _objects(file, "yaml")
    with open_bytes(file) as stream:
        start = stream.read(_HEAD_BYTES)
    _refuse_chat(file, start)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _event_log(file, start)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _objects(file, "json")
    return _text(file, start)


def _archived(file: RawFile) -> Found:
    layout, header, said = archived_layout(file)
    return Found(layout, header, said, ("format", "members", "rows_at"))


def _objects(file: RawFile, kind: Any) -> Found:  # noqa: ANN401 a literal of `Format`
    import yaml

    with open_bytes(file) as stream:
        content = read_whole(file, stream, most_bytes=MOST_BYTES.get(kind))
    try:
        document = parse_json(content) if kind == "json" else parse_yaml(content)
    except RepeatedKey as repeat:
        raise repeat.rejected(file.name) from None
    except (ValueError, yaml.YAMLError):
        raise DataRejected(
            id=f"{file.name}: bukan {kind.upper()} yang sah.", en=f"{file.name}: not valid {kind.upper()}."
        ) from None
    path, header = most_records(document)
    count = len(rows_at(document, path))
    said = f"{count} objek di '{path or '(akar / root)'}' / objects there"
    return Found(Layout(format=kind, rows_at=path), header, (said,), ("format", "rows_at"))


def _event_log(file: RawFile, start: bytes) -> Found:
    """A log of events in XES, without who did what; raises `DataRejected` for any other XML."""
    if not re.search(rb"<log\b[^>]*\bxes\.", start):
        raise DataRejected(
            id=f"{file.name}: ini XML, bukan tabel; hanya XES yang dibaca. Minta ekspor CSV atau .xlsx.",
            en=f"{file.name}: this is XML, no table; of XML only XES is read. Ask for an export as CSV or .xlsx.",
        )
    _, _, traces = start.decode("utf-8", "ignore").partition("<trace>")
    events = re.findall(r"<event>.*?</event>", traces, re.DOTALL)
    keys = {"": "".join(events), "case:": re.sub(r"<event>.*?</event>", "", traces, flags=re.DOTALL)}
    names = [prefix + key for prefix, text in keys.items() for key in re.findall(r'\bkey="([^"]+)"', text)]
    header = [name for name in dict.fromkeys(names) if not name.removeprefix("case:").startswith("org:")]
    return Found(Layout(format="xes"), tuple(header), ("XES: log peristiwa / an event log",), ("format",))


def _text(file: RawFile, start: bytes) -> Found:
    encoding, said = _encoding(file, start)
    text = start.decode(encoding, "ignore")
    if "\n" in text and len(start) == _HEAD_BYTES:
        text = text[: text.rindex("\n") + 1]
    text = text.removeprefix("\ufeff")
    delimiter, shares = _delimiter(text)
    rows = list(_rows_of(text, delimiter))
    wide = Counter(map(len, rows)).most_common(1)[0][0]
    place = header_place(rows)
    named = {",": "koma / comma", ";": "titik koma / semicolon", "\t": "tab", "|": "|"}[delimiter]
    said += (f"pemisah / delimiter {named}: {shares} berisi / have {wide} kolom / columns",)
    layout = Layout(format="csv", encoding=encoding, delimiter=delimiter)
    settings = ("format", "encoding", "delimiter")
    return _with_header(layout, rows, place, said, settings, rows[-HEAD_ROWS:])


def _refuse_chat(file: RawFile, start: bytes) -> None:
    """Raise `DataRejected` for messages of a chat, each with its moment and sender."""
    lines = [line for line in start.decode("utf-8-sig", "ignore").split("\n")[:HEAD_ROWS] if line.strip()]
    if lines and sum(_CHAT_LINE.match(line) is not None for line in lines) >= _CHAT_SHARE * len(lines):
        raise DataRejected(
            id=f"{file.name}: ini ekspor obrolan (WhatsApp), bukan tabel; isinya tidak ditampilkan. Catat tiap "
            "pertanyaan sebagai satu baris (nomor, waktu diterima, waktu dijawab, kanal) dalam CSV atau Excel, tanpa "
            "nama, telepon, dan isi pesan.",
            en=f"{file.name}: this is a chat export (WhatsApp) and no table; nothing of it is shown. Note each inquiry "
            "as a row (number, received, answered, channel) in a CSV or workbook, without names, phones and messages.",
        )


def _with_header(
    layout: Layout,
    rows: Sequence[Sequence[str]],
    place: int | None,
    said: tuple[str, ...],
    settings: tuple[str, ...],
    last: Sequence[Sequence[str]],
) -> Found:
    if place is None:
        said += ("tidak ada baris judul / there is no header row",)
        return Found(layout, (), said, (*settings, "names"))
    header = [" ".join(cell.split()) for cell in rows[place]]
    while len(header) > 1 and not header[-1]:
        header.pop()
    title = " ".join(cell for row in rows[:place] for cell in row if cell.strip())
    if place:
        said += (f"judul kolom di baris {place + 1}, di bawah kop / header in row {place + 1}, below a letterhead",)
        by_name = {"header_starts_with": header[0]} if is_shown(header[0]) else {"skip_rows": place}
        layout = layout.model_copy(update=by_name)
    return Found(
        layout, tuple(header), said, (*settings, "header_starts_with", "skip_rows"), _totals(last, header), title
    )


def _encoding(file: RawFile, start: bytes) -> tuple[str, tuple[str, ...]]:
    """The encoding that all of the file's bytes fit, with what shows it."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ("UTF-16: tanda di awal berkas / its mark stands first",)
    if b"\x00" in start:
        is_little = start[1::2].count(0) >= start[::2].count(0)
        return ("utf-16-le" if is_little else "utf-16-be"), ("UTF-16 tanda nol / UTF-16 by its zero bytes",)
    other = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(file) as stream:
        while block := stream.read(_BLOCK_BYTES):
            try:
                is_ascii = block.isascii() and not decoder.getstate()[0]
                other += 0 if is_ascii else len(decoder.decode(block).encode()) - len(block) + 1
            except UnicodeDecodeError:
                count = sum(byte > 127 for byte in start)
                said = (
                    "bukan UTF-8; dibaca sebagai cp1252, periksa huruf beraksen / not UTF-8; read as cp1252, check them"
                )
                return "cp1252", (f"{said} ({count} bita di awal / bytes at the start)",)
    return "utf-8", ("semua bita cocok UTF-8 / all bytes fit UTF-8",)


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter by which most rows have the same number of cells, and how many of the first rows do."""
    best, said, top = ",", "", (-1.0, 0)
    for mark in _DELIMITERS:
        rows = [row for row in _rows_of(text, mark) if any(row)]
        if not rows:
            continue
        wide, count = Counter(map(len, rows)).most_common(1)[0]
        score = (count / len(rows) if wide > 1 else 0.0, wide)
        if score > top:
            best, said, top = mark, f"{count} dari / of {len(rows)} baris / rows", score
    return best, said


def _rows_of(text: str, delimiter: str) -> list[list[str]]:
    """The records up to the first that is not sound."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    return rows


def _totals(rows: Sequence[Sequence[str]], header: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The column and text of each cell that begins a row which adds up others."""
    found = []
    for row in rows:
        place = next((place for place, cell in enumerate(row) if cell.strip()), len(header))
        if place < len(header) and header[place] and tidy(row[place]) in known_words()["totals"]:
            found.append((header[place], row[place].strip()))
    return tuple(dict.fromkeys(found))


def _workbook(file: RawFile) -> Found:
    from pipeline.draft.sheets import read_sheets

    sheets = read_sheets(file)
    seen = [sheet for sheet in sheets if sheet.is_visible and sheet.place is not None]
    if not seen:
        names = ", ".join(sheet.name for sheet in sheets)
        raise DataRejected(
            id=f"{file.name}: tidak ada tabel berjudul kolom di lembar yang tampak. Lembar: {names}.",
            en=f"{file.name}: no table with a header on a visible sheet. Sheets: {names}.",
        )
    best = max(
        seen, key=lambda sheet: (known_share([cell for cell in sheet.rows[sheet.place or 0] if cell]), len(sheet.rows))
    )
    alike = [sheet.name for sheet in seen if sheet.rows[sheet.place or 0] == best.rows[best.place or 0]]
    hidden = [sheet.name for sheet in sheets if not sheet.is_visible]
    said = [f"lembar / sheet '{best.name}' ({len(sheets)} lembar / sheets; {best.rows_count} baris / rows)"]
    said += [f"lembar tersembunyi tidak dibaca / hidden sheets are not read: {', '.join(hidden)}"] if hidden else []
    others = [sheet.name for sheet in seen if sheet.name not in alike]
    if best.uncomputed:
        cell = best.uncomputed
        said.append(f"sel {cell} berisi rumus yang belum dihitung / cell {cell} holds a formula never computed")
    said += [f"lembar lain / other sheets: {', '.join(others)}"] if others else []
    layout = Layout(format="xlsx", sheet=best.name if len(sheets) > 1 else None)
    if len(alike) > 1:
        said.append(f"{len(alike)} lembar berjudul sama / sheets with the same header: {', '.join(alike)}")
    found = _with_header(layout, best.rows, best.place, tuple(said), ("format", "sheet"), best.last_rows)
    return replace(found, same_sheets=tuple(alike) if len(alike) > 1 else ())
