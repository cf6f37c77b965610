"""What is wrong with single settings of a city's YAML, each said in Bahasa Indonesia and English."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from ipaddress import ip_network
from itertools import pairwise

from pipeline.nearest import nearest
from pipeline.tables import Column

FLAGS = {"true": True, "ya": True, "yes": True, "1": True, "false": False, "tidak": False, "no": False, "0": False}
FLAGS |= dict.fromkeys(("v", "✓", "✔", "√", "☑"), True) | dict.fromkeys(("✗", "✘"), False)
EPOCHS, EXCEL = ("epoch", "epoch_ms"), "excel"
_NAMED_FORMATS = (*EPOCHS, EXCEL)
_CLEAN_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?( ?(Z|[+-]\d{2}:?\d{2}))?)?")
_YEARS = ("%Y", "%y", "%G", "%c", "%x")
# As people write the parts of a date in a spreadsheet, longest first; `mm` after an hour is minutes.
_SPREADSHEET = (
    ("yyyy", "%Y"), ("mmmm", "%B"), ("mmm", "%b"), ("hh:mm", "%H:%M"), ("hh.mm", "%H.%M"), ("yy", "%y"),
    ("mm", "%m"), ("dd", "%d"), ("hh", "%H"), ("ss", "%S"), ("d", "%d"), ("m", "%m"),
)  # fmt: skip
_CODE = re.compile("%[A-Za-z]")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_OF_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def format_fault(form: str) -> str | None:
    """Why a date format cannot be one of strptime's, or null."""
    if form in _NAMED_FORMATS:
        return None
    if "%" not in form:
        return (
            f"'{form}' bukan format waktu; tulis seperti '{_as_strptime(form)}' / "
            f"is no date format; write it like '{_as_strptime(form)}'"
        )
    try:
        time.strptime("", form)
    except (ValueError, KeyError, IndexError, re.error) as error:
        if not str(error).startswith("time data"):
            return (
                f"'{form}' memuat kode yang tidak dikenal strptime; contoh '%d/%m/%Y %H:%M' / "
                f"has a code that strptime does not know; for example '%d/%m/%Y %H:%M'"
            )
    parts = frozenset(_CODE.findall(form))
    return next((f"'{form}': {fault}" for is_so, fault in _contradictions(form, parts) if is_so), None)


def _contradictions(form: str, parts: frozenset[str]) -> Iterator[tuple[bool, str]]:
    """Whether a format has codes that strptime knows but together ignores or takes for another moment, and why."""
    half = bool({"%I", "%p"} & parts)
    yield (
        half and ({"%I", "%p"} - parts != set() or "%H" in parts),
        "jam 1-12 ditulis %I dengan %p (AM/PM), jam 0-23 ditulis %H saja / hours 1-12 are %I with %p (AM/PM), hours "
        "0-23 are %H alone",
    )
    has_hour = bool({"%H", "%I", "%X", "%c"} & parts)
    yield "%M" in parts and not has_hour, "%M adalah menit; bulan ditulis %m / %M is minutes; the month is %m"
    yield "%S" in parts and "%M" not in parts, "%S tanpa menit (%M) / seconds without minutes (%M)"
    months = parts & {"%m", "%b", "%B", "%j"}
    yield len(months) > 1, f"bulan dua kali / the month twice: {', '.join(sorted(months))}; menit / minutes: %M"
    has_day = bool(parts & {"%d", "%j", "%c", "%x", "%u", "%w", "%D"})
    yield "%d" in parts and not months, "hari tanpa bulan (%m, %b) / a day without a month (%m, %b)"
    yield has_hour and not has_day, "jam tanpa hari (%d) / an hour without a day (%d)"
    yield (
        bool(parts & {"%U", "%W", "%V", "%G"}) and not parts & {"%u", "%w"},
        "minggu tanpa hari (%u) bukan tanggal / a week without its day (%u) is no date",
    )
    yield {"%y", "%Y"} <= parts, "tahun dua kali / the year twice: %y, %Y"
    yield (
        "%Z" in parts and (not form.rstrip().endswith("%Z") or "%z" in parts),
        "%Z (WIB, WITA, WIT, UTC, GMT) hanya di akhir dan tanpa %z / %Z comes last only, and without %z",
    )


def _as_strptime(form: str) -> str:
    """The same as strptime would have it, as far as one can tell."""
    parts = dict(_SPREADSHEET)
    pattern = "|".join(re.escape(part) for part, _ in _SPREADSHEET)
    guessed = re.sub(pattern, lambda found: parts[found[0]], form.casefold())
    return guessed if "%" in guessed else "%d/%m/%Y"


def format_use_fault(forms: Iterable[str], column: Column) -> str | None:
    """Why formats do not suit a clean column: only times have one, and it tells the year."""
    if not column.is_time:
        return "'format' hanya untuk waktu dan tanggal / is for moments and days only" if tuple(forms) else None
    yearless = [form for form in forms if form not in _NAMED_FORMATS and not any(part in form for part in _YEARS)]
    return f"'{yearless[0]}' tidak memuat tahun / does not tell the year (%Y)" if yearless else None


def value_fault(text: str, column: Column) -> str | None:
    """Why a text a setting gives cannot be a clean value of a column, or null."""
    if column.kind == "flag" and text.strip().casefold() not in FLAGS:
        return f'\'{text}\' bukan ya/tidak; tulis "true" atau "false" / is no truth value; write "true" or "false"'
    if column.allowed and text not in column.allowed:
        listed = ", ".join(column.allowed)
        return f"'{text}' tidak boleh; yang boleh: {listed} / is not allowed; allowed: {listed}" + suggestion(
            text, column.allowed
        )
    if column.kind in ("count", "number"):
        if not _PLAIN_NUMBER.fullmatch(text.strip()):
            return f"'{text}' bukan bilangan / is no number"
        if column.minimum is not None and float(text) < column.minimum:
            return f"'{text}' kurang dari / is less than {column.minimum:g}"
    return None


def default_fault(text: str | None, column: Column) -> str | None:
    """Why a default cannot be a clean moment or day, or null; formats are for what a file holds."""
    if text is None or not column.is_time or _CLEAN_TIME.fullmatch(text):
        return None
    return f"default: '{text}' ditulis seperti / is written like 2025-12-31, 2025-12-31T08:30:00"


def network_fault(text: str) -> str | None:
    """Why a text is no network, or null."""
    try:
        ip_network(text)
    except ValueError:
        return (
            f"'{text}' bukan jaringan; tulis seperti 203.0.113.0/24 (bit di belakang awalan harus nol) / "
            "is no network; write it like 203.0.113.0/24 (bits behind the prefix are zero)"
        )
    return None


def days_faults(covers: Iterable[tuple[date, date]], *, today: date) -> Iterator[str]:
    """What is wrong with declared days: backwards, overlapping, or not over yet."""
    stretches = list(covers)
    for first_on, last_on in stretches:
        if first_on > last_on:
            yield f"covers: {first_on} sesudah / comes after {last_on}"
        elif last_on > today:
            yield f"covers: {last_on} belum tiba / is still to come"
    ordered = sorted(stretches)
    for (_, last_on), (next_on, _) in pairwise(ordered):
        if next_on <= last_on:
            yield f"covers: {next_on} disebut dua kali / is told twice"


def population_faults(chosen: str | None, tables: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the source chosen for the population, among sources by their tables."""
    if chosen is not None and chosen not in tables:
        yield (
            f"population.source '{chosen}' tidak ada di sources / is not among the sources{suggestion(chosen, tables)}"
        )
    elif chosen is not None and tables[chosen] != "population":
        yield (
            f"population.source '{chosen}' mengisi {tables[chosen]}, bukan population / feeds {tables[chosen]}, not "
            "population"
        )


def name_fault(name: str) -> str | None:
    """Why a text cannot name a source or a connection, or null."""
    if not _NAME.fullmatch(name) or ".." in name or name.endswith("."):
        # An address in place of its name may hold a password.
        shown = "***" if re.search("[:@]", name) else name[:40]
        return (
            f"'{shown}': nama terdiri atas huruf, angka, '-', '_', '.', paling panjang 64 / "
            "a name is of letters, digits, '-', '_', '.', at most 64"
        )
    if _OF_WINDOWS.fullmatch(name):
        return f"'{name}': Windows tidak mengenal folder bernama itu / Windows has no folder of that name"
    return None


def case_faults(names: Iterable[str]) -> Iterator[str]:
    """Names that differ only in capitals, which are one folder on Windows and macOS."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            yield f"'{other}', '{name}': berbeda hanya pada huruf besar / differ only in capitals"


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; maksudnya ...?` with the nearest of the known names, or nothing."""
    near = nearest(name, known)
    return f"; maksudnya / did you mean '{near}'?" if near else ""


def unknown_names(names: Iterable[str], known: Iterable[str]) -> str:
    """The names that are not known, each with the nearest that is; empty when all are."""
    there = list(known)
    return ", ".join(f"{name}{suggestion(name, there)}" for name in sorted(set(names) - set(there)))


def required_columns(table: str, filled: Mapping[str, str], columns: Iterable[Column], mapped: Iterable[str]) -> str:
    """The required clean columns that nothing gives; empty when all are given.

    `filled` says of a column that is not mapped what gives it otherwise.
    """
    given = set(mapped) | set(filled)
    absent = [column for column in columns if column.is_required and column.name not in given]
    return "; ".join(f"columns.{c.name} wajib untuk / is required for {table}: {c.note}" for c in absent)
