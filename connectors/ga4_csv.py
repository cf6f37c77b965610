"""Sessions a day from a Google Analytics 4 report saved as CSV, its comment lines read for the days it covers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from connectors.base import Connector, Options
from connectors.errors import DataRejected, SourceChanged
from connectors.file_kinds import refuse_foreign
from connectors.numerals import counted_en
from connectors.records import BLANK_ROW, WRONG_FIELD_COUNT, RawFile, open_bytes, read_whole

if TYPE_CHECKING:
    import pandas as pd

_START = re.compile(r"#\s*(?:start date|tanggal mulai)\s*:\s*(\d{8})\s*", re.IGNORECASE)
_END = re.compile(r"#\s*(?:end date|tanggal (?:akhir|selesai))\s*:\s*(\d{8})\s*", re.IGNORECASE)
# Between the box of the title and the range stands whom the report compares; all but these words is a part.
_BOX = re.compile(r"#\s*-{3,}")
_EVERYBODY = re.compile(r"#\s*(?:(?:all|semua|seluruh) (?:users|pengguna))?\s*", re.IGNORECASE)
_KNOWN = (_START, _END, _EVERYBODY)
_DATES = ("date", "tanggal")
_NTH_DAYS = ("nth day", "hari ke-n", "hari ke")
_SESSIONS = ("sessions", "sesi")
_TOTALS = ("grand total", "total keseluruhan", "jumlah total", "totals", "total")
_OTHERS = ("(other)", "(lainnya)")


class Ga4CsvOptions(Options):
    """What a day of the declared range without a row means: nobody knows, or no visit."""

    absent_days: Literal["unknown", "zero"] = "unknown"


@dataclass(frozen=True)
class _Line:
    """One record of the table: its number in the file, what it is, and its two cells."""

    number: int
    kind: str
    day: str | None
    sessions: str | None
    problem: str | None = None


@dataclass(frozen=True)
class _Header:
    """Where a table by day has its day and its sessions, and how wide it is."""

    day: int
    sessions: int
    width: int


@dataclass(frozen=True)
class _DayTable:
    """The file's one table by day, with the range its comment lines declare."""

    first_on: date
    last_on: date
    lines: list[_Line]
    is_part: bool = False


class Ga4Csv(Connector):
    """The report's table with a day and sessions. Grain of `rows`: one of its lines.

    Columns: `day` (YYYYMMDD), `sessions` and `row_kind` (`day`, or `grand_total`). Days outside the range that the
    file declares cannot come from it, and days that it has no line for are unknown unless `absent_days` says
    otherwise: a file that begins or ends within a month never looks like the whole month. Other tables of the same
    file, such as a snapshot's cards, are not read.
    """

    OPTIONS = Ga4CsvOptions

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """One frame per file; `SourceChanged` for a file that is no report by day, `DataRejected` for one cut down."""
        for file in files:
            refuse_foreign(file, "csv")
            report = _report(file, _text(file, self.layout.encoding), self.layout.delimiter)
            _refuse_cut_down(file, report)
            if report.is_part:
                _remark_part(file)
            lines = [*report.lines, *(_absent(report) if self.options.absent_days == "zero" else ())]
            yield file, _frame(lines, columns)


def _text(file: RawFile, encoding: str) -> str:
    with open_bytes(file) as stream:
        content = read_whole(file, stream)
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encoding = next((name for mark, name in marked.items() if content.startswith(mark)), encoding)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise DataRejected(
            id=f"{file.name}: isinya bukan teks {encoding}. Unduh ulang CSV dari Google Analytics.",
            en=f"{file.name}: not {encoding} text. Download the CSV from Google Analytics again.",
        ) from None


def _report(file: RawFile, text: str, delimiter: str) -> _DayTable:
    """The one table with a day and sessions; its range stands in the comments before it."""
    first: date | None = None
    last: date | None = None
    found: list[_DayTable] = []
    headers: list[str] = []
    header: _Header | None = None
    is_after_comment = True
    below_box: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            if _BOX.match(line):
                below_box = []
            elif below_box is not None and not any(known.fullmatch(line) for known in _KNOWN):
                below_box.append(line)
            first, last = _declared(_START, line, first), _declared(_END, line, last)
            is_after_comment, header = True, None
            continue
        row = next(csv.reader([line], delimiter=delimiter), [])
        if is_after_comment and line.strip():
            is_after_comment, header = False, _header(row)
            headers.append(", ".join(cell.strip()[:40] for cell in row[:12]))
            if header and first and last:
                found.append(_DayTable(first, last, [], is_part=bool(below_box)))
        elif header and first and last:
            found[-1].lines.append(_line(number, row=row, header=header, first_on=first))
    if len(found) == 1:
        return found[0]
    raise _no_report(file, headers, has_range=bool(first and last), reports_count=len(found))


def _declared(pattern: re.Pattern[str], line: str, before: date | None) -> date | None:
    found = pattern.match(line)
    return datetime.strptime(found[1], "%Y%m%d").date() if found else before  # noqa: DTZ007 a day has no zone


def _header(row: Sequence[str]) -> _Header | None:
    """A header with one day and one sessions column; null for any other."""
    names = [" ".join(cell.split()).casefold() for cell in row]
    days = [place for place, name in enumerate(names) if name in _DATES + _NTH_DAYS]
    sessions = [place for place, name in enumerate(names) if name in _SESSIONS]
    return _Header(days[0], sessions[0], len(row)) if len(days) == 1 and len(sessions) == 1 else None


def _line(number: int, *, row: Sequence[str], header: _Header, first_on: date) -> _Line:
    cells = [cell.strip() for cell in row]
    if not any(cells):
        return _Line(number, "blank", None, None, BLANK_ROW)
    if any(cell.casefold() in _TOTALS for cell in cells):
        return _Line(number, "grand_total", None, None)
    if len(cells) <= max(header.day, header.sessions) or any(cells[header.width :]):
        return _Line(number, "day", None, None, WRONG_FIELD_COUNT)
    return _Line(number, "day", _day(cells[header.day], first_on), cells[header.sessions])


def _day(text: str, first_on: date) -> str:
    """A day as YYYYMMDD: written so, or as the number of days since the range began."""
    if re.fullmatch(r"\d{1,4}", text):
        return f"{first_on + timedelta(days=int(text)):%Y%m%d}"
    return text.replace("-", "") if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


def _refuse_cut_down(file: RawFile, report: _DayTable) -> None:
    """Refuse a report whose days are not whole, or that has days it says it does not cover."""
    days = [line.day for line in report.lines if line.day]
    if any(day.casefold() in _OTHERS for day in days):
        raise DataRejected(
            id=f"{file.name}: ada baris '(other)': Google Analytics menggabungkan sebagian data, sehingga jumlah per "
            "hari tidak utuh. Pakai laporan yang dimensinya hanya tanggal, rentang yang lebih pendek, atau API.",
            en=f"{file.name}: there is an '(other)' row: Google Analytics lumped part of the data together, so days "
            "are not whole. Use a report with no dimension but the date, a shorter range, or the API.",
        )
    first, last = f"{report.first_on:%Y%m%d}", f"{report.last_on:%Y%m%d}"
    strange = [day for day in days if re.fullmatch(r"\d{8}", day) and not first <= day <= last]
    if strange or report.first_on > report.last_on:
        raise DataRejected(
            id=f"{file.name}: rentang yang tertulis {report.first_on} s.d. {report.last_on}, tetapi ada {len(strange)} "
            "hari di luarnya. Berkas ini diubah atau digabung; unduh ulang satu rentang per berkas.",
            en=f"{file.name}: the range written is {report.first_on} to {report.last_on}, but "
            f"{counted_en(len(strange), 'day lies', 'days lie')} outside it. This file was edited or joined; download "
            "it again, one range per file.",
        )


def _remark_part(file: RawFile) -> None:
    file.remark(
        "part_of_visits",
        id="baris komentar di atas tabel menyebut perbandingan atau filter, bukan hanya All Users: mungkin sebagian "
        "kunjungan saja. Hapus perbandingan dan filternya di Google Analytics, lalu unduh ulang.",
        en="comment lines above the table name a comparison or filter besides All Users: perhaps these are only some "
        "visits. Remove comparisons and filters in Google Analytics and download again.",
    )


def _no_report(file: RawFile, headers: Sequence[str], *, has_range: bool, reports_count: int) -> SourceChanged:
    there = " | ".join("***" if re.search(r"\d{4}|@", header) else header for header in headers[:5]) or "-"
    missing = "" if has_range else " '# Start date', '# End date';"
    return SourceChanged(
        id=f"{file.name}: perlu satu tabel dengan kolom Date/Tanggal dan Sessions/Sesi serta komentar rentang; ada "
        f"{reports_count}. Tidak ada:{missing or ' -;'} judul kolom yang ada: {there}. Buat laporan dengan dimensi "
        "tanggal dan metrik sesi, untuk bulan atau tahun yang diminta, lalu unduh sebagai CSV.",
        en=f"{file.name}: one table with the columns Date and Sessions and comments that tell its range is needed; "
        f"there are {reports_count}. Missing:{missing or ' -;'} headers found: {there}. Make a report with the "
        "dimension date and the metric sessions for the month or year wanted, and download it as CSV.",
    )


def _absent(report: _DayTable) -> Iterator[_Line]:
    present = {line.day for line in report.lines}
    number = max((line.number for line in report.lines), default=0)
    for n in range((report.last_on - report.first_on).days + 1):
        day = f"{report.first_on + timedelta(days=n):%Y%m%d}"
        if day not in present:
            number += 1
            yield _Line(number, "day", day, "0")


def _frame(lines: Sequence[_Line], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    names = ["source_row", "reader_problem", *dict.fromkeys(columns)]
    records = [_record(line) for line in lines]
    frame = pd.DataFrame([[record.get(name) for name in names] for record in records], columns=names, dtype=object)
    return frame.astype({"source_row": "Int64"} | dict.fromkeys(names[1:], "str"))


def _record(line: _Line) -> Mapping[str, object]:
    return {
        "source_row": line.number,
        "reader_problem": line.problem,
        "day": line.day,
        "sessions": line.sessions,
        "row_kind": line.kind,
    }
