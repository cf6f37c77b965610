"""Sound tables in the forms that settings declare: the same result, and whatever an office does besides is seen."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from connectors.errors import TolokError
from pipeline import steps
from pipeline.indicators.base import Result
from pipeline.tables import TABLES
from tests.office.test_distortions import DISTORTIONS, TEXT_FORM, YEAR, Book, Cells, Sheet, merged_cells, write

INDICATOR = {
    "outages": "it_downtime",
    "inquiries": "inquiry_response",
    "services": "online_services",
    "visits": "portal_visits",
}
ANSWERS = {"values": {"ya": "true", "tidak": "false"}}
MOMENT = {"format": TEXT_FORM}
COLUMNS: dict[str, dict[str, Any]] = {
    "outages": {"incident_id": "Nomor", "component": "Unit", "started_at": "Mulai", "ended_at": "Selesai"},
    "inquiries": {"inquiry_id": "Nomor", "agency": "Unit", "received_at": "Mulai", "responded_at": "Selesai"},
    "services": {"service_id": "Nomor", "agency": "Unit", "is_accessible_online": "A", "is_requestable_online": "B"},
    "visits": {"visited_on": "Bulan", "visits_count": "Kunjungan"},
}
MORE = {"Mulai": MOMENT, "Selesai": MOMENT, "A": ANSWERS, "B": ANSWERS, "Bulan": {"format": "%m/%Y"}}
# What an office does besides, undeclared.
BESIDES = ["blank_rows", "error_cells", "header_again", "letterhead"]
BESIDES += ["notes_below", "odd_spaces", "old_copy", "rows_again"]


@dataclass(frozen=True)
class Export:
    """A workbook and the settings of the source that reads it."""

    book: Book
    source: dict[str, Any]

    @property
    def rows(self) -> list[Cells]:
        return self.book[-1].rows

    def laid_out(self, rows: list[Cells], **source: Any) -> Export:
        return Export([replace(self.book[-1], rows=rows)], {**self.source, **source})

    def mapped(self, raw: str, **to: Any) -> dict[str, Any]:
        """The columns, with what is mapped to a raw column mapped otherwise."""
        columns = self.source["columns"]
        return {name: {**column, **to} if column["column"] == raw else column for name, column in columns.items()}


Declared = Callable[[Export, st.DataObject], Export]


def two_rows_of_header(export: Export, data: st.DataObject) -> Export:
    del data
    columns = export.mapped("Mulai", column="Waktu / Mulai")
    columns = Export(export.book, {"columns": columns}).mapped("Selesai", column="Waktu / Selesai")
    header: list[Cells] = [["Nomor", "Unit", "Waktu", None], [None, None, "Mulai", "Selesai"]]
    return export.laid_out([*header, *export.rows[1:]], columns=columns, header_rows=2)


def a_declared_end(export: Export, data: st.DataObject) -> Export:
    below = data.draw(st.sampled_from([[["catatan"]], [["x", 1]], export.rows[:3]]))
    return export.laid_out([*export.rows, ["REKAP", 7], *below], ends_at="REKAP")


def filled_down(export: Export, data: st.DataObject) -> Export:
    header, *rows = export.rows
    laid_out = export.laid_out([header, *sorted(rows, key=lambda row: str(row[1]))], fill_down=["Unit"])
    return replace(laid_out, book=merged_cells(laid_out.book, data))


def below_their_group(export: Export, data: st.DataObject) -> Export:
    header, *rows = export.rows
    found: list[Cells] = [[header[0], *header[2:]]]
    place = data.draw(st.integers(0, len(header) - 2))
    for unit in sorted({row[1] for row in rows}):
        found.append([None] * place + [unit] + [None] * (len(header) - 2 - place))
        found += [[row[0], *row[2:]] for row in rows if row[1] == unit]
    return export.laid_out(found, group_rows="Unit")


def months_in_the_header(export: Export, data: st.DataObject) -> Export:
    del data
    months, counts = zip(*export.rows[1:], strict=True)
    wide = {"pattern": r"\d\d/\d{4}", "period": "Bulan", "value": "Kunjungan"}
    return export.laid_out([["Portal", *months], ["data", *counts]], years_in_header=wide, header_starts_with="Portal")


def sheets_by_pattern(export: Export, data: st.DataObject) -> Export:
    book = DISTORTIONS["split_over_sheets"](export.book, data)
    return Export([Sheet("Sampul", [["LAPORAN"]]), *book], {**export.source, "sheet": "Data*"})


def grouped_thousands(export: Export, data: st.DataObject) -> Export:
    mark = data.draw(st.sampled_from(".,"))
    rows = [[month, f"{count:,}".replace(",", mark)] for month, count in export.rows[1:]]
    return export.laid_out([export.rows[0], *rows], thousands=mark)


def one_date_for_both_hours(export: Export, data: st.DataObject) -> Export:
    del data
    rows: list[Cells] = [["Nomor", "Unit", "Tanggal", "Jam", "Sampai"]]
    rows += [[number, unit, start[:10], start[11:], end[11:]] for number, unit, start, end in export.rows[1:]]
    columns = export.mapped("Mulai", column=["Tanggal", "Jam"])
    first = next(name for name, column in columns.items() if column["column"] == ["Tanggal", "Jam"])
    columns = Export(export.book, {"columns": columns}).mapped(
        "Selesai", column=["Tanggal", "Sampai"], next_day_if_before=first
    )
    return export.laid_out(rows, columns=columns)


def summed(export: Export, data: st.DataObject) -> Export:
    rows: list[Cells] = [["Bulan", "Perangkat", "Kunjungan"]]
    for month, count in export.rows[1:]:
        part = data.draw(st.integers(0, count))
        rows += [[month, "ponsel", part], [month, "komputer", count - part]]
    return export.laid_out(rows, combine={"by": "visited_on", "how": "sum"})


def last_event(export: Export, data: st.DataObject) -> Export:
    header, *rows = export.rows
    events = [[*row[:3], None, 1] for row in rows] + [[*row, 2] for row in rows]
    by = next(name for name in ("incident_id", "inquiry_id") if name in export.source["columns"])
    combine = {"by": by, "how": "last", "order_by": "Versi"}
    return export.laid_out([[*header, "Versi"], *data.draw(st.permutations(events))], combine=combine)


def changes_of_state(export: Export, data: st.DataObject) -> Export:
    spans = sorted((unit, moment(start), moment(end)) for _, unit, start, end in export.rows[1:])
    assume(all(end < start for (one, _, end), (other, start, _) in itertools.pairwise(spans) if one == other))
    rows = [[unit, start, "PUTUS"] for _, unit, start, _ in export.rows[1:]]
    rows += [[unit, end, "normal"] for _, unit, _, end in export.rows[1:]]
    columns = {"component": {"column": "Unit"}, "started_at": {"column": "Mulai", **MOMENT}}
    combine = {"by": "component", "how": "pair", "state": "Keadaan", "down": ["putus"], "up": ["Normal"]}
    return export.laid_out(
        [["Unit", "Mulai", "Keadaan"], *data.draw(st.permutations(rows))],
        columns=columns,
        combine=combine,
        header_starts_with="Unit",
    )


def excluded_rows(export: Export, data: st.DataObject) -> Export:
    header, *rows = export.rows
    others = [[f"X{row[0]}" if len(row) > 2 else row[0], *row[1:], "uji"] for row in rows]
    more = data.draw(st.lists(st.sampled_from(others), unique_by=str, max_size=4))
    rule = {"column": "Ket", data.draw(st.sampled_from(["values", "contains"])): ["Uji"]}
    rows = [[*row, "asli"] for row in rows]
    exclude = {TABLES[export.source["table"]].exclusions[-1]: rule}
    return export.laid_out([[*header, "Ket"], *rows, *more], exclude=exclude)


def moment(text: str) -> datetime:
    return datetime.strptime(text, TEXT_FORM)


SPELLS, LISTS, ALL = ("outages", "inquiries"), ("outages", "inquiries", "services"), tuple(COLUMNS)
DECLARED: dict[str, tuple[Declared, tuple[str, ...]]] = {
    "header_rows": (two_rows_of_header, SPELLS),
    "ends_at": (a_declared_end, ALL),
    "fill_down": (filled_down, LISTS),
    "group_rows": (below_their_group, LISTS),
    "years_in_header": (months_in_the_header, ("visits",)),
    "sheet": (sheets_by_pattern, ALL),
    "thousands": (grouped_thousands, ("visits",)),
    "next_day_if_before": (one_date_for_both_hours, SPELLS),
    "combine: sum": (summed, ("visits",)),
    "combine: last": (last_event, SPELLS),
    "combine: pair": (changes_of_state, ("outages",)),
    "exclude": (excluded_rows, ALL),
}
CASES = [(setting, table) for setting, (_, tables) in DECLARED.items() for table in tables]


@st.composite
def sound_exports(draw: st.DrawFn, table: str) -> Export:
    """A sheet of sound rows of 2025 and the settings that read it."""
    unit = st.sampled_from(["Server A", "Server B", "Server C"])
    if table == "visits":
        counts = draw(st.lists(st.integers(1_000, 5_000), min_size=12, max_size=12))
        rows: list[Cells] = [["Bulan", "Kunjungan"], *([f"{n:02}/2025", count] for n, count in enumerate(counts, 1))]
    elif table == "services":
        answers = draw(st.lists(st.tuples(unit, st.booleans(), st.booleans()), min_size=6, max_size=16))
        words = {True: "ya", False: "tidak"}
        rows = [["Nomor", "Unit", "A", "B"]]
        rows += [[f"L{n}", one, words[a], words[b]] for n, (one, a, b) in enumerate(answers)]
    else:
        late = draw(st.lists(st.integers(1, 11), min_size=2, max_size=4, unique=True))
        minutes = st.integers(0, 340 * 1440).filter(lambda minute: minute % 1440 > 0)
        starts = {*draw(st.lists(minutes, min_size=4, max_size=12)), *(30 * 1440 * n - 5 * 1440 + 617 for n in late)}
        rows = [["Nomor", "Unit", "Mulai", "Selesai"]]
        for n, minute in enumerate(sorted(starts)):
            start = datetime(2025, 1, 1) + timedelta(minutes=minute)
            end = start + timedelta(minutes=draw(st.integers(1, 1439)))
            rows.append([f"T{n:03}", draw(unit), start.strftime(TEXT_FORM), end.strftime(TEXT_FORM)])
    columns = {name: {"column": raw, **MORE.get(raw, {})} for name, raw in COLUMNS[table].items()}
    more = {"grain": "month"} if table == "visits" else {}
    return Export([Sheet("Data", rows)], {"table": table, "columns": columns, "header_starts_with": rows[0][0], **more})


@contextmanager
def city_of(export: Export, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A city whose one source is this workbook."""
    file = {"path": "berkas.xlsx", "format": "xlsx", "extracted_at": "2026-01-10T08:00:00"}
    covers = {"covers": [{"first_on": "2025-01-01", "last_on": "2025-12-31"}]}
    figure = {"year": 2025, "count": 400_000, "reference_on": "2025-12-31", "source": "Dukcapil"}
    names = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "31.71"}}
    sources = {"berkas": {**file, **covers, **export.source}}
    with TemporaryDirectory() as folder:
        cities = Path(folder)
        text = json.dumps({**names, "population": {"figures": [figure]}, "sources": sources})
        (cities / "kota.yaml").write_text(text, "utf-8")
        write(export.book, cities / "berkas.xlsx")
        monkeypatch.setenv("TOLOK_HOME", str(cities / "home"))
        monkeypatch.setenv("TOLOK_CITIES", folder)
        yield


def outcome(export: Export, monkeypatch: pytest.MonkeyPatch) -> Result | TolokError:
    """The result of the city's year, or why there is none."""
    with city_of(export, monkeypatch):
        try:
            steps.fetch("kota", "berkas", YEAR)
            indicator = INDICATOR[export.source["table"]]
            return next(result for result in steps.compute("kota", YEAR) if result.indicator_id == indicator)
        except TolokError as error:
            return error


@settings(
    max_examples=int(os.environ.get("TOLOK_EXAMPLES", "30")),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=st.sampled_from(CASES), besides=st.none() | st.sampled_from(BESIDES), data=st.data())
def test_a_declared_form_gives_the_same_number_and_what_is_done_besides_no_wrong_final_one(
    case: tuple[str, str], besides: str | None, data: st.DataObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting, table = case
    plain = data.draw(sound_exports(table))
    sound = outcome(plain, monkeypatch)
    assert isinstance(sound, Result), sound
    assert sound.status == "final", sound.remarks
    declared = DECLARED[setting][0](plain, data)
    if besides:
        declared = replace(declared, book=DISTORTIONS[besides](declared.book, data))
    found = outcome(declared, monkeypatch)
    if isinstance(found, TolokError):
        event(f"refused: {setting} {besides}")
        assert besides, (setting, found)
        assert found.id != found.en
        return
    is_same = found.headline == sound.headline
    event(f"{'same' if is_same else found.status}: {setting} {besides}")
    told = (setting, besides, table, found.headline, sound.headline, found.remarks, declared.rows, declared.source)
    assert is_same or (besides and found.status != "final"), told
    assert found.status != "provisional" or any(remark.keeps_provisional for remark in found.remarks)
