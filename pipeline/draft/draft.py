"""A file looked at and its source drafted: every setting with its evidence, every open one with its question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from connectors.errors import ConfigError, DataRejected, SourceChanged, harmless, harmless_header
from connectors.files import header_of
from connectors.layout import Layout
from connectors.numerals import counted_en
from connectors.records import RawFile
from connectors.registry import preset
from pipeline.clean.mapping import map_rows
from pipeline.config.answers import UNANSWERED
from pipeline.config.source import Source
from pipeline.draft.columns import Match, RawColumn, best_tables, match_columns, raw_columns, split_personal
from pipeline.draft.headers import known_share
from pipeline.draft.layouts import Found, find_layout
from pipeline.draft.logs import log_settings
from pipeline.draft.mapping import FILLED_IN, Noted, column_settings, exclusion_settings, meaning
from pipeline.draft.personal import in_both_languages, is_shown
from pipeline.draft.questions import question
from pipeline.draft.repeats import combine_setting
from pipeline.draft.samples import Sample, read_sample
from pipeline.draft.systems import matching_system
from pipeline.tables import TABLES

_SURE_TABLE = 4.8
_CLEARLY_BETTER = 1.2
_TOLD_TABLES = 3
_SURE_HEADERS = 2
_MOST_HEADER_ROWS = 3


@dataclass(frozen=True)
class Place:
    """Whose draft it is: the city's name and clock as far as its YAML tells them, and the folder the YAML lies in."""

    folder: Path
    name: str = ""
    zone: str | None = None


@dataclass
class Draft:
    """A source to be: what stands above it, its settings in order, and its columns and exclusions."""

    head: list[str]
    settings: dict[str, Noted]
    columns: dict[str, Noted] = field(default_factory=dict)
    exclude: dict[str, Noted] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        """The settings as the city's YAML would have them, questions unanswered."""
        plain = {key: noted.value for key, noted in self.settings.items()}
        for key, part in (("columns", self.columns), ("exclude", self.exclude)):
            if part:
                plain[key] = {name: noted.value for name, noted in part.items()}
        return plain


def draft_source(file: RawFile, *, place: Place, way_in: Mapping[str, str], table: str | None) -> Draft:
    """Look at a file or a system's answer and draft its source; `way_in` is its path or connection.

    Raises `ConfigError` when the file may be of several tables and none is named, and what its reader raises.
    """
    is_answer = "connection" in way_in
    log = None if is_answer else log_settings(file)
    if log is not None:
        settings = {key: Noted(value) for key, value in way_in.items()}
        return Draft([], {"table": Noted("visits", log.comments), **settings, **log.settings, "owner": _asked("owner")})
    found = find_layout(file)
    system = None if is_answer else matching_system(file, header=found.header, table=table)
    if system is not None:
        return _of_system(file, system, way_in, place)
    return _of_table(file, found, place, way_in, table)


def _of_table(file: RawFile, found: Found, place: Place, way_in: Mapping[str, str], table: str | None) -> Draft:
    ways = {key: Noted(value) for key, value in way_in.items()}
    if not found.header:
        return _without_header(file, found, ways, table)
    found, sample = _sampled(file, found)
    if sample.rows.empty:
        raise DataRejected(id=f"{file.name}: tidak ada baris data.", en=f"{file.name}: there are no rows of data.")
    columns = raw_columns(sample)
    table = table or _table_of(file, columns, found)
    readable, personal = split_personal(columns, table=table)
    matches = match_columns(readable, table=table)
    totals = [(name, text) for name, text in found.totals if name not in personal]
    combine = combine_setting(file, found.layout, matches, columns=columns, sample=sample, table=table)
    settings = {"table": Noted(table), **ways, **_layout_settings(found), **({"combine": combine} if combine else {})}
    return Draft(
        _head(sample, found, personal),
        settings | _open_settings(file, matches, table, place),
        column_settings(matches, table=table, city_name=place.name),
        exclusion_settings(matches, table=table, totals=totals),
    )


def _sampled(file: RawFile, found: Found) -> tuple[Found, Sample]:
    """A sample of the rows, and how they lie: the header has more rows than one where its cells are merged so."""
    for rows_count in range(2, _MOST_HEADER_ROWS + 1):
        try:
            return found, read_sample(file, layout=found.layout, columns=_usable(found.header))
        except SourceChanged:
            if found.layout.format != "xlsx":
                raise
            layout = found.layout.model_copy(update={"header_rows": rows_count})
            said = f"judul kolom {rows_count} baris / a header of {rows_count} rows"
            with suppress(SourceChanged):
                header, settings = tuple(header_of(file, layout=layout)), (*found.settings, "header_rows")
                found = replace(
                    found, layout=layout, header=header, evidence=(*found.evidence, said), settings=settings
                )
    return found, read_sample(file, layout=found.layout, columns=_usable(found.header))


def _without_header(file: RawFile, found: Found, ways: Mapping[str, Noted], table: str | None) -> Draft:
    """Only the layout: without names nothing can be said of columns."""
    if table is None:
        raise _undecided(file, [], "tidak ada judul kolom / there is no header")
    settings = {"table": Noted(table), **ways, **_layout_settings(found), "names": _asked("names")}
    return Draft([], settings | _export_settings(file, None, table, Place(Path())), column_settings({}, table=table))


def _usable(header: Sequence[str]) -> list[str]:
    """The headers that name one column."""
    return [name for name in dict.fromkeys(header) if name and list(header).count(name) == 1]


def _table_of(file: RawFile, columns: Sequence[RawColumn], found: Found) -> str:
    ranked = best_tables(columns, title=f"{found.title} {found.layout.sheet or ''} {file.name}")
    (best, score), (_, second) = ranked[:2]
    if score < _SURE_TABLE or score - second < _CLEARLY_BETTER:
        raise _undecided(
            file, [name for name, _ in ranked[:_TOLD_TABLES]], _told(names := _usable(found.header), of=names)
        )
    return best


def _told(names: Sequence[str], *, of: Sequence[str]) -> str:
    """Some headers `of` a row, fit for a message: in a row of few known words each other one may be a person's."""
    is_header = len([name for name in of if known_share([name])]) >= max(_SURE_HEADERS, len(of) / 4)
    shown = [name if known_share([name]) or (is_header and is_shown(name)) else "***" for name in names]
    return harmless_header(shown)


def _undecided(file: RawFile, likely: Sequence[str], there: str) -> ConfigError:
    names = ", ".join(likely or TABLES)
    return ConfigError(
        id=f"{file.name}: tabelnya tidak pasti (mungkin {names}); kolom: {there}. Sebutkan dengan --table.",
        en=f"{file.name}: which table it is cannot be told (perhaps {names}); columns: {there}. Name it with --table.",
    )


def _layout_settings(found: Found) -> dict[str, Noted]:
    """The settings that differ from the defaults, with what shows them at the first."""
    standard = Layout()
    settings: dict[str, Noted] = {}
    for key in found.settings:
        value = getattr(found.layout, key)
        if value not in (getattr(standard, key), None, ()):
            settings[key] = Noted("tab" if value == "\t" else value)
    if found.same_sheets:
        settings["sheet"] = _asked("sheet", hint=", ".join(found.same_sheets))
    settings["format"].comments.extend(found.evidence)
    return settings


def _head(sample: Sample, found: Found, personal: Mapping[str, str]) -> list[str]:
    rows = f"{sample.rows_count} baris / {counted_en(sample.rows_count, 'row', 'rows')}"
    looked = f"{len(sample.rows)} tersebar dilihat / spread over them were looked at"
    head = [rows if sample.is_whole else f"{rows}; {looked}"]
    if sample.ragged_count:
        head.append(f"{sample.ragged_count} baris salah jumlah kolom / rows with a wrong number of cells")
    if sample.notes_count:
        head.append(
            f"{sample.notes_count} baris tampak jumlah, catatan, atau nomor kolom; bukan data / "
            "rows look like totals, notes or column numbers, no records"
        )
    twice = [name for name in dict.fromkeys(found.header) if name and found.header.count(name) > 1]
    head += (
        [f"judul ganda, tidak dipakai / headers that stand twice, not used: {_told(twice, of=found.header)}"]
        if twice
        else []
    )
    if personal:
        listed = ", ".join(f"{harmless(name)} ({in_both_languages(kind)})" for name, kind in personal.items())
        head.append(f"tampak pribadi, tidak dibaca / look personal, not read: {listed}")
    return head


def _open_settings(file: RawFile, matches: Mapping[str, Match], table: str, place: Place) -> dict[str, Noted]:
    """What the file alone cannot tell."""
    settings: dict[str, Noted] = {}
    main = matches.get(TABLES[table].month_by)
    if table == "visits" and main is not None:
        settings |= _grain(main.raw)
    if table == "population":
        settings["authority"] = _asked("authority")
    moments = [match for name, match in matches.items() if TABLES[table].column(name).kind == "moment"]
    settings |= _zone(moments)
    settings |= _export_settings(file, main, table, place)
    return settings


def _grain(raw: RawColumn) -> dict[str, Noted]:
    dates = raw.dates
    if dates is None or dates.grain == "month":
        return {"grain": Noted("month", ["tanggalnya bulan / its dates are months"])} if dates else {}
    firsts = raw.texts.drop_duplicates().str.contains(r"^0?1\D|\D01(?:T|$| )", regex=True)
    if len(firsts) > 2 and firsts.all():
        return {"grain": _asked("grain", hint=f"{len(firsts)} tanggal, semuanya tanggal 1 / dates, all first days")}
    return {}


def _zone(moments: Sequence[Match]) -> dict[str, Noted]:
    """The clock: what the texts name, or a question when they have hours and no offset."""
    readings = [match.raw.dates for match in moments if match.raw.dates is not None]
    named = {reading.zone for reading in readings} - {None}
    if len(named) == 1:
        return {"zone": Noted(named.pop(), ["tertulis pada jamnya / written beside the hours"])}
    with_hours = [m for m in moments if m.hour is not None or (m.raw.dates and m.raw.dates.grain == "moment")]
    local = [match for match in with_hours if match.raw.dates and not match.raw.dates.has_offset]
    if with_hours and not local:
        return {}
    return {"zone": _asked("zone", hint=_hours_hint(local[0]))} if local else {}


def _hours_hint(match: Match) -> str:
    """How many moments lie in office hours as written: those of UTC would lie seven to nine hours earlier."""
    texts = match.hour.texts if match.hour is not None else match.raw.texts
    hours = pd.to_numeric(texts.str.extract(r"(?:[T ]|^)(\d{1,2})[:.]\d{2}")[0], errors="coerce").dropna()
    at_work = int(hours.between(7, 16).sum())
    return f"({at_work} dari / of {len(hours)} antara / between 07.00-17.00)" if len(hours) else ""


def _export_settings(file: RawFile, main: Match | None, table: str, place: Place) -> dict[str, Noted]:
    settings: dict[str, Noted] = {}
    if table in ("inquiries", "outages", "services"):
        zone = ZoneInfo(place.zone) if place.zone else None
        saved = datetime.fromtimestamp(file.path.stat().st_mtime, tz=zone)
        settings["extracted_at"] = _asked("extracted_at", hint=f"(berkas disimpan / file saved {saved:%Y-%m-%d %H:%M})")
    if table in ("inquiries", "outages"):
        settings["covers"] = _asked("covers", hint=_span_hint(main))
    return settings | {"owner": _asked("owner")}


def _span_hint(main: Match | None) -> str:
    """The first and last day among the rows, by the proposed reading; nothing when that is open."""
    dates = main.raw.dates if main is not None else None
    if main is None or main.hour is not None or dates is None or dates.is_open or dates.grain == "year":
        return ""
    raw = pd.DataFrame({"source_row": range(len(main.raw.texts)), "reader_problem": None, "x": main.raw.texts})
    columns = {"inquiry_id": {"constant": "-"}, "received_at": {"column": "x", "format": list(dates.formats)}}
    source = Source.model_validate(
        {
            "table": "inquiries",
            "path": "x",
            "format": "csv",
            "columns": columns,
        }
    )
    raw = raw.astype({"reader_problem": "str"})
    moments = map_rows(raw, source=source, table=TABLES["inquiries"], zone=ZoneInfo("UTC"))["received_at"].dropna()
    return f"(data: {moments.min():%Y-%m-%d} s.d. / to {moments.max():%Y-%m-%d})" if len(moments) else ""


def _of_system(file: RawFile, system: str, way_in: Mapping[str, str], place: Place) -> Draft:
    """A known system's file: only what its preset leaves open is asked."""
    known = preset(system)
    source: dict[str, Any] = known["source"]
    said = f"kolomnya seperti / its columns are those of {known['about']['system']}; docs/systems.md"
    settings = {"system": Noted(system, [said])} | {key: Noted(value) for key, value in way_in.items()}
    table = source["table"]
    exported = _export_settings(file, None, table, place)
    settings |= {key: noted for key, noted in exported.items() if key not in source}
    columns = {
        column.name: Noted(UNANSWERED, [question("column", hint=meaning(column))])
        for column in TABLES[table].columns
        if column.is_required
        and column.name not in {*source["columns"], *FILLED_IN}
        and not (column.name == "is_accessible_online" and "steps" in source)
    }
    return Draft([], settings, columns)


def _asked(key: str, *, hint: str = "") -> Noted:
    return Noted(UNANSWERED, [question(key, hint=hint)])
