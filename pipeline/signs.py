"""Signs that a file is not what it seems: counts and shares of clean rows and of results, judged by rules elsewhere.

Each sign is a column of one of two small frames and has a limit of its own. `of_tables` gives a row per source, per
table and per quarantine reason; `of_results` one per indicator and per dimension of its breakdown. A sign that does not
apply, or has too few rows to mean anything, is null and breaks no rule.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from connectors.numerals import number
from connectors.sheets import SHEET_ROWS_APART
from pipeline.indicators.base import Population, Result
from pipeline.indicators.it_downtime import join
from pipeline.month_names import month_in
from pipeline.periods import Period
from pipeline.tables import TABLES, Table

MANY_HOURS, MANY_ROWS, SOME_ROWS = 100, 30, 10
# The least share of hours on either side of dawn.
_FEWEST_OF_DAY = 0.1
# A machine gives many tickets the same moments, a copy has few.
_FEW_ALIKE = 3
_LONGEST_RESPONSE_HOURS = 365 * 24
_CLUSTER_ROWS = 5
_VISITED = 20
# How often the first count the last one must be, by how many counts there are: natural growth rarely never pauses.
_CLIMBING_TIMES = ((MANY_ROWS, 1), (12, 1.5), (6, 3))
# Parts of a year, in months, that a count may add up over, with the fewest counts of one; and how near the last of a
# part's counts comes to as many times the first as there are.
_PARTS_OF_YEAR = ((1, 20), (3, 3), (6, 5))
_AS_A_SUM = 0.6
_IMPROBABLE = 0.001
_MOSTLY = 0.9
_FEWEST_MONTHS = 3
_COMPARABLE_COVERAGE_PCT = 90
_FAR_APART = pd.Timedelta(days=7)
_DIMENSIONS = ("agency", "channel", "category", "sector", "component", "portal")
_NAMED_MEMBERS = 5
# The shape of its codes, the fewest and the most inhabitants of a province, a city and a regency.
_PLAUSIBLE = (
    (re.compile(r"(kemendagri|bps):\d{2}"), 100_000, 80_000_000),
    (re.compile(r"(kemendagri:\d{2}\.|bps:\d{2})[7-9]\d"), 20_000, 6_000_000),
    (re.compile(r"(kemendagri:\d{2}\.|bps:\d{2})[0-6]\d"), 10_000, 10_000_000),
)
_ENDS = {"inquiries": ("received_at", "responded_at"), "outages": ("started_at", "ended_at")}

Signs = dict[str, float | None]


@dataclass(frozen=True)
class Sign:
    """One sign and its limit: `most` or `least`; `name` is the limit's key in a city's YAML under `judgement`.

    In its texts `{limit}` stands for the limit. Beyond it, a sign that `keeps_provisional` keeps the result so.
    """

    name: str
    id: str
    en: str
    most: float | None = None
    least: float | None = None
    keeps_provisional: bool = False
    of: str = ""

    @property
    def column(self) -> str:
        """The column of its frame that holds it."""
        return self.of or self.name


def _sign(name: str, id: str, en: str, **limits: Any) -> Sign:  # noqa: ANN401 a limit or its effect
    return Sign(name, id, en, **limits)


OF_TABLES = (
    _sign(
        "days_up_to_12_pct",
        "Paling banyak {limit} % baris jatuh pada tanggal 1 sampai 12 (lebih dari itu: hari dan bulan tertukar?)",
        "At most {limit} % of the rows fall on days 1 to 12 (more: are day and month swapped?)",
        most=90,
        keeps_provisional=True,
    ),
    _sign(
        "first_of_month_pct",
        "Paling banyak {limit} % baris jatuh pada tanggal 1",
        "At most {limit} % of the rows fall on the first of a month",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "hours_up_to_12_pct",
        "Paling banyak {limit} % jam adalah 01 sampai 12, pagi buta pun terisi (lebih dari itu: AM/PM hilang?)",
        "At most {limit} % of the hours are 01 to 12, with those before dawn among them (more: is AM/PM lost?)",
        most=98,
        keeps_provisional=True,
    ),
    _sign(
        "decimals_below_60_pct",
        "Paling banyak {limit} % jam desimal berakhir di bawah ,60 (lebih dari itu: 2,30 berarti 2 jam 30 menit? Tulis "
        "unit: clock setelah titik atau koma diganti titik dua)",
        "At most {limit} % of the decimal hours end below .60 (more: does 2.30 mean 2 hours 30 minutes? Write unit: "
        "clock after putting a colon in place of the mark)",
        most=98,
        keeps_provisional=True,
    ),
    _sign(
        "midnight_starts_pct",
        "Paling banyak {limit} % waktu mulai atau diterima tepat pukul 00.00 (lebih dari itu: jamnya tidak dicatat?)",
        "At most {limit} % of the starts or receipts are at 00:00 exactly (more: are hours not recorded?)",
        most=30,
        keeps_provisional=True,
    ),
    _sign(
        "midnight_ends_pct",
        "Paling banyak {limit} % waktu akhir atau jawaban tepat pukul 00.00 (lebih dari itu: jamnya tidak dicatat?)",
        "At most {limit} % of the ends or answers are at 00:00 exactly (more: are hours not recorded?)",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "equal_durations_pct",
        "Paling banyak {limit} % lama sama persis (lebih dari itu: diisi oleh sistem?)",
        "At most {limit} % of the durations are equal to the second (more: filled in by a system?)",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "zero_durations_pct",
        "Paling banyak {limit} % lamanya nol (lebih dari itu: balasan otomatis, atau satu kolom dipakai dua kali?)",
        "At most {limit} % of the durations are zero (more: automatic replies, or one column used twice?)",
        most=20,
        keeps_provisional=True,
    ),
    _sign(
        "within_a_minute_pct",
        "Paling banyak {limit} % jawaban tiba dalam satu menit (lebih dari itu: balasan otomatis?)",
        "At most {limit} % of the answers come within a minute (more: automatic replies?)",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "long_durations_pct",
        "Paling banyak {limit} % baris lebih lama dari yang masuk akal",
        "At most {limit} % of the rows last longer than is plausible",
        most=5,
    ),
    _sign(
        "long_durations_hours_pct",
        "Paling banyak {limit} % jam berasal dari baris yang lebih lama dari yang masuk akal",
        "At most {limit} % of the hours are of rows that last longer than is plausible",
        most=25,
        keeps_provisional=True,
    ),
    _sign(
        "without_end_pct",
        "Paling banyak {limit} % baris tanpa waktu akhir atau jawaban (lebih dari itu: kolomnya tidak terpetakan?)",
        "At most {limit} % of the rows have no end or answer (more: is its column not mapped?)",
        most=75,
        keeps_provisional=True,
    ),
    _sign(
        "empty_months_count",
        "Paling banyak {limit} bulan tanpa satu baris pun, padahal bulan lain berisi",
        "At most {limit} months without any row while other months have rows",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "missing_month_files_count",
        "Paling banyak {limit} bulan tanpa berkas atau lembar, padahal yang lain satu untuk tiap bulan",
        "At most {limit} months without a file or sheet, while the others are one for each month",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "other_month_files_count",
        "Paling banyak {limit} berkas yang namanya menyebut bulan lain daripada kebanyakan barisnya, padahal nama "
        "berkas lain cocok",
        "At most {limit} files whose name tells another month than most of their rows, while other names fit",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "zero_days_count",
        "Paling banyak {limit} hari tanpa kunjungan di portal yang biasanya dikunjungi",
        "At most {limit} days without a visit on a portal that is visited daily",
        most=3,
        keeps_provisional=True,
    ),
    _sign(
        "zero_months_count",
        "Paling banyak {limit} bulan dengan nol kunjungan di portal yang biasanya dikunjungi",
        "At most {limit} months with zero visits on a portal that is visited",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "climbing_pct",
        "Paling banyak {limit} % langkah dari baris ke baris naik (lebih dari itu: angkanya kumulatif?)",
        "At most {limit} % of the steps from row to row rise (more: is the count cumulative?)",
        most=95,
        keeps_provisional=True,
    ),
    _sign(
        "busiest_day_times",
        "Hari teramai paling banyak {limit} kali hari biasa",
        "The busiest day has at most {limit} times a usual day's visits",
        most=20,
    ),
    _sign(
        "same_answer_pct",
        "Paling banyak {limit} % layanan berjawaban sama pada kolom daring",
        "At most {limit} % of the services have the same answer in a column of what is online",
        most=99,
    ),
    _sign(
        "fewest_inhabitants",
        "Sekurang-kurangnya {limit} penduduk (kurang dari itu: dalam ribuan?)",
        "At least {limit} inhabitants (fewer: given in thousands?)",
        least=5_000,
        keeps_provisional=True,
        of="inhabitants",
    ),
    _sign(
        "most_inhabitants",
        "Paling banyak {limit} penduduk",
        "At most {limit} inhabitants",
        most=25_000_000,
        keeps_provisional=True,
        of="inhabitants",
    ),
    _sign(
        "copies_pct",
        "Paling banyak {limit} % baris salinan persis dari baris lain (lebih dari itu: nomor mulai lagi dari 1 di tiap "
        "berkas atau lembar? Jika berkas memang bertumpang tindih, tulis later_file_wins: true)",
        "At most {limit} % of the rows are exact copies of others (more: do numbers start again in each file or sheet? "
        "If files do overlap, write later_file_wins: true)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "ids_alike_pct",
        "Paling banyak {limit} % baris bernomor sama dengan baris lain kecuali huruf besar/kecil atau nol di depannya "
        "(lebih dari itu: satu hal terhitung dua kali? Samakan nomornya, atau buang baris yang berulang)",
        "At most {limit} % of the rows have the id of another but for the case of letters or leading zeros (more: is "
        "one thing counted twice? Write its id in one way, or leave out the rows that come again)",
        most=0.1,
        keeps_provisional=True,
    ),
    _sign(
        "rows_alike_pct",
        "Paling banyak {limit} % baris sama dengan baris lain kecuali nomornya atau bulannya (lebih dari itu: berkas "
        "atau bulan yang sama terhitung dua kali dengan nomor baru? Keluarkan salinannya dengan exclude)",
        "At most {limit} % of the rows are equal to another but for the id or the month (more: is one file or month "
        "counted twice under new numbers? Leave the copies out by exclude)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "other_meanings_count",
        "Paling banyak {limit} kolom dibaca dari judul yang menyebut hal atau satuan lain (misalnya hits atau "
        "pengunjung unik untuk kunjungan, disposisi atau penutupan untuk jawaban, menit untuk jam). Petakan kolom yang "
        "benar, atau perbaiki unit",
        "At most {limit} columns are read from a header that names another thing or unit (such as hits or unique "
        "visitors for visits, forwarding or closing for an answer, minutes for hours). Map the right column, or mend "
        "the unit",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "in_two_sources_pct",
        "Paling banyak {limit} % baris dua sumber bernomor sama dan waktu atau namanya sama (lebih dari itu: baris "
        "yang sama terhitung dua kali? Hapus salah satu sumber, atau keluarkan barisnya dengan exclude: "
        "{duplicate: ...})",
        "At most {limit} % of the rows of two sources have the same id and the same moment or name (more: are the same "
        "rows counted twice? Delete one of the sources, or leave the rows out by exclude: {duplicate: ...})",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "far_apart_incidents_count",
        "Paling banyak {limit} insiden berisi gangguan yang terpisah lebih dari 7 hari (lebih dari itu: nomor mulai "
        "lagi dari 1 tiap bulan, lembar atau OPD? Tambahkan kolom yang membedakannya, misalnya incident_id: {column: "
        '[Tanggal, No]} atau, per lembar, ["@sheet", No])',
        "At most {limit} incidents have outages more than 7 days apart (more: do numbers start again each month, sheet "
        "or agency? Add a column that tells them apart, such as incident_id: {column: [Tanggal, No]} or, by sheet, "
        '["@sheet", No])',
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "written_apart_count",
        "Paling banyak {limit} insiden terpisah hanya karena komponen atau nomornya ditulis berbeda (huruf "
        "besar/kecil, spasi, tanda hubung; lebih dari itu: satu gangguan terhitung dua kali? Samakan tulisannya, "
        "misalnya dengan values)",
        "At most {limit} incidents are apart only because their component or number is written in another way (case, "
        "spaces, hyphens; more: is one outage counted twice? Write it in one way, for instance by values)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "clustered_quarantine_pct",
        "Paling banyak {limit} % baris dikarantina karena satu alasan yang menumpuk pada satu bulan, OPD atau berkas",
        "At most {limit} % of the rows are quarantined for one reason that gathers in one month, agency or file",
        most=1,
        keeps_provisional=True,
    ),
)
OF_RESULTS = (
    _sign(
        "change_on_last_year_pct",
        "Berubah paling banyak {limit} % dari tahun lalu",
        "Changes by at most {limit} % on last year",
        most=50,
    ),
    _sign(
        "times_last_year",
        "Paling banyak {limit} kali, atau sekian kali lebih kecil dari, tahun lalu",
        "At most {limit} times last year's, or that many times smaller",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "change_on_month_before_pct",
        "Berubah paling banyak {limit} % dari bulan sebelumnya",
        "Changes by at most {limit} % on the month before",
        most=100,
    ),
    _sign(
        "times_between_months",
        "Dari bulan ke bulan paling banyak {limit} kali lipat (lebih dari itu: alat ukur atau berkasnya lain?)",
        "From month to month at most {limit} times (more: another tool or file?)",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "rows_lost_pct",
        "Paling banyak {limit} % baris hilang dibanding versi sebelumnya dari periode yang sama (lebih dari itu: "
        "berkasnya terpotong? Jika memang ditarik, jelaskan di judgement.explained)",
        "At most {limit} % of the rows are gone since an earlier version of the same period (more: is the file cut? If "
        "they were withdrawn, say why in judgement.explained)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "register_shrinks_pct",
        "Daftar layanan menyusut paling banyak {limit} % dari tahun lalu",
        "The register of services shrinks by at most {limit} % on last year",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "beyond_plausible_times",
        "Jumlah penduduk paling banyak {limit} kali di luar yang mungkin untuk provinsi, kabupaten atau kota (lebih "
        "dari itu: dalam ribuan, atau daerah lain?)",
        "The population is at most {limit} times outside what a province, regency or city can have (more: given in "
        "thousands, or of another region?)",
        most=1,
        keeps_provisional=True,
    ),
    _sign(
        "population_change_pct",
        "Jumlah penduduk berubah paling banyak {limit} % dari tahun lalu",
        "The population changes by at most {limit} % on last year",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "new_members_pct",
        "Paling banyak {limit} % berasal dari yang tidak ada tahun lalu",
        "At most {limit} % is of members that last year did not have",
        most=10,
    ),
    _sign(
        "gone_members_pct",
        "Yang tidak ada lagi paling banyak {limit} % dari tahun lalu",
        "Members that are gone made at most {limit} % of last year",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "largest_member_pct",
        "Satu anggota rincian paling banyak {limit} %",
        "One member of a breakdown makes at most {limit} %",
        most=90,
    ),
)
FRAMES: Mapping[str, tuple[Sign, ...]] = {"signs": OF_TABLES, "changes": OF_RESULTS}


@dataclass
class Fates:
    """How many rows a table has in each place, and how many of them are quarantined for which reason.

    Places are the local month of a year (of sound and quarantined rows alone), the agency where the table has one, and
    the file. `copies` counts the rows of each file that are exact copies of others.
    """

    table: Table
    period: Period
    zone: ZoneInfo
    rows: dict[str, pd.Series] = field(default_factory=dict)
    copies: Counter[str] = field(default_factory=Counter)
    quarantined: dict[str, pd.Series] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin again."""
        self.rows.clear()
        self.copies.clear()
        self.quarantined.clear()

    def add(self, part: pd.DataFrame, *, is_sound: pd.Series) -> None:
        """Count the rows of the next part; `is_sound` are those of the period that are used."""
        reasons, month_by = part["quarantine_reason"], self.table.month_by
        is_bad, is_copy = reasons.notna(), part["excluded_by"] == "duplicate_row"
        self.copies.update(part["source_file_id"][is_copy].astype("str"))
        for place in {"agency", "source_file_id"} & set(part):
            _add(self.rows, place, part[place].astype("category").value_counts())
            self._add_quarantined(place, reasons[is_bad], part[place][is_bad])
        if self.table.column(month_by).kind == "moment" and not self.period.is_month:
            months = self.months_of(part[month_by])
            _add(self.rows, "month", months[is_sound | is_bad].value_counts())
            self._add_quarantined("month", reasons[is_bad], months[is_bad])

    def _add_quarantined(self, place: str, reasons: pd.Series, members: pd.Series) -> None:
        pairs = (
            pd.DataFrame({"reason": reasons, "member": members})
            .dropna()
            .groupby(["reason", "member"], observed=True)
            .size()
        )
        if len(pairs):
            pairs.index = pairs.index.set_levels([level.astype("str") for level in pairs.index.levels])
            _add(self.quarantined, place, pairs)

    def months_of(self, moments: pd.Series) -> pd.Series:
        """The month of the period in which each moment lies; null for none."""
        bounds = [*(month.bounds(self.zone)[0] for month in self.period.months), self.period.bounds(self.zone)[1]]
        edges = pd.to_datetime(bounds, utc=True).as_unit("us").asi8
        places = np.searchsorted(edges, moments.dt.as_unit("us").astype("int64"), side="right") - 1
        codes = np.where((places < len(self.period.months)) & moments.notna(), places, -1)
        return pd.Series(pd.Categorical.from_codes(codes, [month.label for month in self.period.months]), moments.index)


def _add(counts: dict[str, pd.Series], place: str, found: pd.Series) -> None:
    counts[place] = found.copy() if place not in counts else counts[place].add(found, fill_value=0)


@dataclass(frozen=True)
class Read:
    """One table as it was read: a sample of its sound rows in the period, the fates of all.

    `sources` and `names` are those of each file, by its id.
    `shares` are signs found while the table was cleaned, with their details, by sign and place.
    """

    rows: pd.DataFrame
    fates: Fates
    sources: Mapping[str, str]
    considered_count: int
    names: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, tuple[float, str]]] = field(default_factory=dict)


def of_tables(tables: Mapping[str, Read], *, longest_plausible_hours: int) -> pd.DataFrame:
    """One row per source, per table and per quarantine reason; the index says which."""
    found = [
        row
        for name, read in tables.items()
        for row in _table_rows(read, TABLES[name], longest_plausible_hours=longest_plausible_hours)
    ]
    return _frame(found, OF_TABLES, key="table")


def of_results(
    results: Sequence[Result],
    *,
    last_year: Mapping[str, Mapping[str, Any]],
    month_before: Mapping[str, Mapping[str, Any]],
    most_things: Mapping[str, int],
) -> pd.DataFrame:
    """One row per indicator and per dimension; earlier results by indicator, as `Warehouse.current` gives them.

    `most_things` are those of an earlier version of the same period by indicator, as `Warehouse.most_things` has them.
    """
    found = []
    for result in results:
        then = _comparable(result, last_year.get(result.indicator_id))
        before = _comparable(result, month_before.get(result.indicator_id))
        found.append(
            (result.indicator_id, result.indicator_id, _changes(result, then, before) | _lost(result, most_things), "")
        )
        found += [(result.indicator_id, *row) for row in _member_rows(result, then)]
    return _frame(found, OF_RESULTS, key="indicator_id")


def _frame(rows: Iterable[tuple[str, str, Signs, str]], signs: Sequence[Sign], *, key: str) -> pd.DataFrame:
    columns = list(dict.fromkeys(sign.column for sign in signs))
    given = list(rows)
    frame = pd.DataFrame(
        [signs for _, _, signs, _ in given], columns=columns, index=[place for _, place, _, _ in given]
    )
    frame = frame.astype("Float64")
    return frame.assign(**{key: [name for name, *_ in given], "details": [details for *_, details in given]})


def _table_rows(read: Read, table: Table, *, longest_plausible_hours: int) -> Iterator[tuple[str, str, Signs, str]]:
    sources = read.rows["source_file_id"].astype("str").map(dict(read.sources)).fillna(table.name)
    for source, rows in read.rows.groupby(sources.to_numpy(), sort=True):
        if table.name in ("inquiries", "services", "visits"):
            yield table.name, f"{source} rows", {"rows_alike_pct": _rows_alike_pct(rows, table, fates=read.fates)}, ""
        if table.name in _ENDS:
            hours = longest_plausible_hours if table.name == "outages" else _LONGEST_RESPONSE_HOURS
            yield table.name, str(source), _times(rows, table, fates=read.fates, longest_hours=hours), ""
            if table.name == "outages":
                yield table.name, f"{source} incident_id", *_far_apart(rows, read.fates)
                yield table.name, f"{source} component", _written_apart(rows, read.fates), ""
        elif table.name == "visits":
            yield table.name, str(source), _days(rows), ""
        elif table.name == "services":
            yield table.name, str(source), {"same_answer_pct": _same_answer_pct(rows)}, ""
        else:
            yield from _figures(rows, str(source), period=read.fates.period)
    yield from _copies(read, table)
    yield table.name, table.name, {"empty_months_count": _empty_months_count(read.fates, table)}, ""
    yield from _clusters(read, table)
    for name, places in read.shares.items():
        for place, (share, details) in places.items():
            yield table.name, place, {name: share}, details
    if table.name in _ENDS and not read.fates.period.is_month:
        yield from _month_files(read, table)


def _month_files(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, str]]:
    """For each source whose files or sheets hold one month each, the months without any, and the misnamed files."""
    months = read.fates.months_of(read.rows[table.month_by]).astype("str")
    parts = [read.rows["source_file_id"].astype("str"), read.rows["source_row"].astype("int64") // SHEET_ROWS_APART]
    counts = months.groupby([*parts, months]).size()
    for source, file_ids in _files_by_source(read.sources).items():
        of_source = counts[counts.index.get_level_values(0).isin(file_ids)]
        if len(of_source):
            yield table.name, f"{source} {table.month_by}", *_missing_months(of_source, set(file_ids), read.fates)
            yield table.name, f"{source} path", *_misnamed(of_source, read.names)


def _missing_months(counts: pd.Series, file_ids: set[str], fates: Fates) -> tuple[Signs, str]:
    """By month, from the rows of each file, sheet and month. A file without a row may be that of a month without."""
    by_part = counts.groupby(level=[0, 1])
    held = {place[2] for place in by_part.idxmax()}
    absent = [month.label for month in fates.period.months if month.label not in held]
    empty = file_ids - set(fates.rows["source_file_id"].index.astype("str"))
    # Rows of a part beyond its first fall into the same month by chance once in twelve.
    is_chance = (1 / 12) ** (counts.sum() - by_part.ngroups) >= _IMPROBABLE
    is_by_month = by_part.max().sum() >= _MOSTLY * counts.sum() and not is_chance and len(held) >= _FEWEST_MONTHS
    if not is_by_month or len(absent) <= len(empty):
        return {}, ""
    return {"missing_month_files_count": float(len(absent))}, ", ".join(absent)


def _misnamed(counts: pd.Series, names: Mapping[str, str]) -> tuple[Signs, str]:
    """Files that mostly hold another month than their name tells; where no name fits, names tell of the export."""
    fits: dict[str, bool] = {}
    for file_id, of_file in counts.groupby(level=0):
        named = month_in(names.get(str(file_id), ""))
        if named is not None:
            rows = of_file.groupby(level=2).sum()
            inside = int(rows[[int(label[-2:]) == named for label in rows.index]].sum())
            fits[names[str(file_id)]] = 2 * inside >= rows.sum()
    misnamed = [name for name, is_fit in fits.items() if not is_fit]
    if not misnamed or 2 * len(misnamed) > len(fits):
        return {}, ""
    return {"other_month_files_count": float(len(misnamed))}, ", ".join(misnamed[:_NAMED_MEMBERS])


def _files_by_source(sources: Mapping[str, str]) -> dict[str, list[str]]:
    by_source: dict[str, list[str]] = {}
    for file_id, source in sources.items():
        by_source.setdefault(source, []).append(file_id)
    return by_source


def _times(rows: pd.DataFrame, table: Table, *, fates: Fates, longest_hours: int) -> Signs:
    """What the moments of rows with a start and an end look like on the city's clocks."""
    start, end = (rows[name] for name in _ENDS[table.name])
    ended = end.notna()
    flags = [flag for name in _ENDS[table.name] for flag in table.flags_of(name)]
    has_hours = ~rows.loc[ended, flags].fillna(False).astype(bool).any(axis=1)
    first, last = (moments.dt.tz_convert(fates.zone).dt.tz_localize(None) for moments in (start, end[ended]))
    hours = (end - start)[ended].dt.total_seconds() / 3600
    is_midnight = (last == last.dt.normalize())[has_hours]
    starts = first[~rows[[*table.flags_of(_ENDS[table.name][0])]].fillna(False).astype(bool).any(axis=1)]
    timed = hours[has_hours]
    is_long = hours > longest_hours
    commonest = timed[timed > 0].value_counts().max() if (timed > 0).any() else 0
    return {
        "days_up_to_12_pct": _pct(first.dt.day <= 12, of_at_least=None if fates.period.is_month else MANY_ROWS),
        "first_of_month_pct": _pct(first.dt.day == 1, of_at_least=None if fates.period.is_month else MANY_ROWS),
        "hours_up_to_12_pct": _hours_up_to_12_pct(pd.concat([starts, last[has_hours]]).dt.hour),
        "decimals_below_60_pct": _decimals_below_60_pct(timed),
        "midnight_starts_pct": _pct(starts == starts.dt.normalize(), of_at_least=SOME_ROWS),
        "midnight_ends_pct": _pct(is_midnight, of_at_least=SOME_ROWS),
        "equal_durations_pct": 100 * commonest / len(timed) if len(timed) >= MANY_ROWS else None,
        "zero_durations_pct": _pct(timed == 0, of_at_least=SOME_ROWS),
        "within_a_minute_pct": _pct(timed <= 1 / 60, of_at_least=SOME_ROWS) if table.name == "inquiries" else None,
        "long_durations_pct": _pct(is_long, of_at_least=1),
        "long_durations_hours_pct": 100 * hours[is_long].sum() / hours.sum() if hours.sum() > 0 else None,
        "without_end_pct": _pct(~ended, of_at_least=3),
    }


def _hours_up_to_12_pct(hours: pd.Series) -> float | None:
    """The share of hours 1 to 12 where many are before dawn and many are not, as on a clock without AM and PM."""
    is_early = hours.between(1, 5).mean()
    if len(hours) < MANY_HOURS or not _FEWEST_OF_DAY <= is_early <= 1 - _FEWEST_OF_DAY:
        return None
    return float(100 * hours.between(1, 12).mean())


def _decimals_below_60_pct(hours: pd.Series) -> float | None:
    """The share of lengths below .60 of an hour, where all are of two decimals, as no clock gives them."""
    hundredths = (100 * hours).round(6)
    parts = hundredths % 100
    is_decimal = (hundredths % 1 == 0).all() and (hundredths * 3 % 5 != 0).any()
    if len(hours) < MANY_ROWS or not is_decimal or parts.nunique() < SOME_ROWS:
        return None
    return float(100 * (parts < 60).mean())


def _rows_alike_pct(rows: pd.DataFrame, table: Table, *, fates: Fates) -> float | None:
    """The share of rows that have all but the id in common with one or two others; of days, whole months."""
    if table.name == "visits":
        return _months_alike_pct(rows)
    told = _told_things(rows, table, fates=fates)
    return _copies_pct(told) if len(told) >= MANY_ROWS else None


def _told_things(rows: pd.DataFrame, table: Table, *, fates: Fates) -> pd.DataFrame:
    """What tells one thing from others beside its id: answers to the minute, or names of services still offered."""
    if table.name == "services":
        last_on, since, until = pd.Timestamp(fates.period.last_on), rows["valid_from_on"], rows["valid_to_on"]
        offered = rows[(since.isna() | (since <= last_on)) & (until.isna() | (until >= last_on))]
        # A service may have a row for each span of days in which its answers were the same.
        active = offered.drop_duplicates("service_id", keep="last")
        told = active[["name", "agency", "sector", "audience"]].astype("str").apply(lambda texts: texts.str.casefold())
        return told[active["name"].notna() & active["agency"].notna()].fillna("")
    start, end = _ENDS[table.name]
    flags = [flag for name in (start, end) for flag in table.flags_of(name)]
    timed = rows[rows[end].notna() & ~rows[flags].fillna(False).astype(bool).any(axis=1)]
    return timed[[start, end]].assign(agency=timed["agency"].astype("str").fillna(""))


def _months_alike_pct(rows: pd.DataFrame) -> float | None:
    """The share of months whose first 28 days have the counts of another month's."""
    daily = rows[(rows["variant"] == "headline") & (rows["days_count"] == 1)]
    on = daily["visited_on"].dt
    counts = daily.pivot_table("visits_count", [daily["portal_id"].astype("str"), on.month], on.day, aggfunc="sum")
    whole = counts.reindex(columns=range(1, 29)).dropna()
    told = whole[whole.nunique(axis=1) > SOME_ROWS]
    return _copies_pct(told) if len(told) else None


def _copies_pct(rows: pd.DataFrame) -> float:
    """The share of rows that are equal to one or two others; where more are, a machine made them so."""
    sizes = rows.groupby(list(rows), observed=True).size()
    return float(100 * (sizes[sizes <= _FEW_ALIKE] - 1).sum() / len(rows))


def _far_apart(rows: pd.DataFrame, fates: Fates) -> tuple[Signs, str]:
    """How many outages, as the indicator joins them, come again long after their first part ended; and of all."""
    outages = _joined(rows, fates).sort_values("started_at").groupby("key")
    is_far = outages["started_at"].last() - outages["ended_at"].first() > _FAR_APART
    details = f"{number(len(rows))} baris / rows, {number(len(is_far))} insiden / incidents"
    return {"far_apart_incidents_count": float(is_far.sum())}, details


def _written_apart(rows: pd.DataFrame, fates: Fates) -> Signs:
    """How many outages fewer there are when small differences in how components and numbers are written are none."""
    names, numbers = ["component"], ["incident_id", "parent_id"]
    alike = rows.assign(**{name: _alike(rows[name]) for name in [*names, *numbers]})
    if all(_distinct_count(alike[of]) == _distinct_count(rows[of]) for of in (names, numbers)):
        return {"written_apart_count": 0}
    apart, together = (_joined(frame, fates)["key"].nunique() for frame in (rows, alike))
    return {"written_apart_count": float(apart - together)}


def _distinct_count(columns: pd.DataFrame) -> int:
    return int(pd.concat([columns[name].astype("str") for name in columns]).nunique())


def _alike(texts: pd.Series) -> pd.Series:
    return texts.astype("str").str.casefold().str.replace(r"[\s_-]+", " ", regex=True)


def _joined(rows: pd.DataFrame, fates: Fates) -> pd.DataFrame:
    """Outages as the indicator joins them, open ones to the end of the period at least."""
    until = pd.Timestamp(fates.period.bounds(fates.zone)[1])
    return join(rows.assign(ended_at=rows["ended_at"].fillna(rows["started_at"].clip(lower=until))))[1]


def _pct(flags: pd.Series, *, of_at_least: int | None) -> float | None:
    """The share of rows in percent; null for fewer rows than asked for."""
    if of_at_least is None or len(flags) < of_at_least:
        return None
    return float(100 * flags.mean())


def _days(rows: pd.DataFrame) -> Signs:
    """Counts of the headline alone; a portal that few visit has days without a visit."""
    counts = rows[rows["variant"] == "headline"]
    monthly = counts.loc[counts["days_count"] > 1, "visits_count"]
    signs: Signs = {"climbing_pct": _climbing_pct(counts)}
    if len(monthly) and monthly.median() >= _VISITED:
        signs["zero_months_count"] = float((monthly == 0).sum())
    daily = rows.loc[(rows["variant"] == "headline") & (rows["days_count"] == 1), "visits_count"]
    usual = float(daily.median()) if len(daily) >= MANY_ROWS else 0
    if usual < _VISITED:
        return signs
    return signs | {"zero_days_count": float((daily == 0).sum()), "busiest_day_times": float(daily.max()) / usual}


def _climbing_pct(counts: pd.DataFrame) -> float | None:
    """The share of steps that rise, where counts grow well beyond the first, over all or anew in each month, quarter or
    half year; null for few rows."""
    by_portal = counts.sort_values("visited_on").set_index("visited_on").groupby("portal_id", observed=True)
    series = [one for _, one in by_portal["visits_count"]]
    shares = [_rising_pct([one]) for one in series if _grows(one)]
    shares += [_rising_pct(parts) for one in series for parts in _parts_that_grow(one)]
    return max(shares, default=None)


def _rising_pct(parts: Sequence[pd.Series]) -> float:
    return float(100 * pd.concat([part.diff().iloc[1:] for part in parts]).gt(0).mean())


def _parts_that_grow(counts: pd.Series) -> Iterator[list[pd.Series]]:
    """The months, quarters or half years of counts by day or month, when each grows as its sum would."""
    months = counts.index.month - 1
    for length, least in _PARTS_OF_YEAR:
        parts = [part for _, part in counts.groupby(months // length) if len(part) >= least]
        if len(parts) > 1 and all(part.iloc[-1] >= _AS_A_SUM * len(part) * max(part.iloc[0], 1) for part in parts):
            yield parts


def _grows(counts: pd.Series) -> bool:
    times = next((times for rows_count, times in _CLIMBING_TIMES if len(counts) >= rows_count), None)
    return times is not None and bool(counts.iloc[-1] >= times * counts.iloc[0])


def _same_answer_pct(rows: pd.DataFrame) -> float | None:
    if len(rows) < SOME_ROWS:
        return None
    shares = [
        rows[name].value_counts(normalize=True).max() for name in ("is_accessible_online", "is_requestable_online")
    ]
    return float(100 * max(shares))


def _figures(rows: pd.DataFrame, source: str, *, period: Period) -> Iterator[tuple[str, str, Signs, str]]:
    """The population figures of the period's year."""
    for row in rows[rows["reference_on"].dt.year == period.year].itertuples():
        yield "population", f"{source} {row.reference_on.date()}", {"inhabitants": float(row.population_count)}, ""


def _empty_months_count(fates: Fates, table: Table) -> float | None:
    """Months without a row: between months with rows, and before and after them where chance does not explain it.

    Of rare things, such as outages, a month may well have none.
    """
    if "month" not in fates.rows:
        return None
    counts, months_count = fates.rows["month"], len(fates.period.months)
    filled = [place for place, month in enumerate(fates.period.months) if counts.get(month.label)]
    if not filled:
        return None
    span = filled[-1] - filled[0] + 1
    is_rare = table.name == "outages" and counts.sum() < SOME_ROWS * len(filled)
    between = None if is_rare or len(filled) < 2 else float(span - len(filled))
    if counts.sum() < SOME_ROWS or (span / months_count) ** counts.sum() >= _IMPROBABLE:
        return between
    return (between or 0.0) + months_count - span


def _copies(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, str]]:
    """The share of each source's rows that are exact copies of others."""
    copies, rows = Counter[str](), Counter[str]()
    for file_id, count in read.fates.copies.items():
        copies[read.sources.get(file_id, table.name)] += count
    for file_id, count in read.fates.rows["source_file_id"].items() if copies else ():
        rows[read.sources.get(str(file_id), table.name)] += int(count)
    for source, count in copies.items():
        yield table.name, f"{source} duplicate_row", {"copies_pct": 100 * count / rows[source]}, ""


def _clusters(read: Read, table: Table) -> Iterator[tuple[str, str, Signs, str]]:
    """The reasons that make half of their rows in one place which has far fewer of all rows."""
    found: dict[str, tuple[float, str]] = {}
    for place, counts in read.fates.quarantined.items():
        share_of_rows = read.fates.rows[place] / read.fates.rows[place].sum()
        for reason, members in counts.groupby(level=0):
            member, most = members.idxmax()[1], members.max()
            if most >= _CLUSTER_ROWS and most / members.sum() >= max(0.5, 2 * share_of_rows.get(member, 1)):
                name = read.sources.get(member, member) if place == "source_file_id" else member
                found[str(reason)] = (float(members.sum()), f"{place}: {name}")
    for reason, (count, details) in found.items():
        pct = 100 * count / read.considered_count if read.considered_count else None
        yield table.name, f"{table.name} {reason}", {"clustered_quarantine_pct": pct}, details


def _comparable(result: Result, earlier: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The earlier result, if both are of data that cover nearly all of their periods."""
    coverages = (result.coverage_pct, earlier["coverage_pct"] if earlier else None)
    is_comparable = all(pct is not None and pct >= _COMPARABLE_COVERAGE_PCT for pct in coverages)
    return earlier if is_comparable else None


def _changes(result: Result, then: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> Signs:
    is_share = result.headline.unit == "%"
    found: Signs = {"times_between_months": _times_between_months(result)}
    found["beyond_plausible_times"] = _beyond_plausible_times(result.population) if result.population else None
    if then and _is_of_many(result, then):
        found["change_on_last_year_pct"] = _change_pct(result.headline.value, then["value"])
        found["times_last_year"] = _times_of(result.headline.value, then["value"])
    if before and _is_of_many(result, before):
        found["change_on_month_before_pct"] = _change_pct(result.headline.value, before["value"])
    if then and is_share and then["denominator"]:
        found["register_shrinks_pct"] = max(0.0, 100 - 100 * (result.headline.denominator or 0) / then["denominator"])
    if then and result.population and then["population"]:
        found["population_change_pct"] = _change_pct(result.population.population_count, then["population"]["count"])
    return found


def _lost(result: Result, most_things: Mapping[str, int]) -> Signs:
    before = most_things.get(result.indicator_id)
    return {"rows_lost_pct": max(0.0, 100 - 100 * result.rows.things_count / before)} if before else {}


def _times_between_months(result: Result) -> float | None:
    """How many times the smaller of two neighbouring months the larger one is, at most; a month without is left out."""
    months = sorted((part.member, part.quotient.numerator) for part in result.breakdowns if part.dimension == "month")
    times = [_times_of(now, then) for (_, then), (_, now) in itertools.pairwise(months)]
    return max((one for one in times if one is not None), default=None)


def _beyond_plausible_times(population: Population) -> float | None:
    """How many times too few or too many inhabitants for the kind of region; 1 within, null for an unknown kind."""
    bounds = next(((few, many) for shape, few, many in _PLAUSIBLE if shape.fullmatch(population.region_code)), None)
    if bounds is None or not population.population_count:
        return None
    return max(1.0, bounds[0] / population.population_count, population.population_count / bounds[1])


def _is_of_many(result: Result, earlier: Mapping[str, Any]) -> bool:
    """Whether both means are of enough durations to be compared; other quotients always are."""
    counts = (result.statistics.get("count"), earlier["statistics"]["count"])
    return all(count is None or count >= SOME_ROWS for count in counts)


def _change_pct(now: float | None, then: float | None) -> float | None:
    return None if now is None or not then else abs(100 * now / then - 100)


def _times_of(now: float | None, then: float | None) -> float | None:
    """How many times the smaller one the larger one is."""
    return None if not now or not then else max(now / then, then / now)


def _member_rows(result: Result, then: Mapping[str, Any] | None) -> Iterator[tuple[str, Signs, str]]:
    for dimension in _DIMENSIONS:
        weigh = "numerator" if result.population else "denominator"
        now = _weights(
            (part.member, getattr(part.quotient, weigh)) for part in result.breakdowns if part.dimension == dimension
        )
        if not now:
            continue
        signs: Signs = {"largest_member_pct": 100 * max(now.values()) / sum(now.values()) if len(now) > 2 else None}
        details = max(now, key=lambda member: now[member])
        earlier = then["breakdowns"].get(dimension) if then else None
        former = _weights((part["member"], part[weigh]) for part in earlier or ())
        if former:
            new, gone = sorted(set(now) - set(former)), sorted(set(former) - set(now))
            signs["new_members_pct"] = 100 * sum(now[member] for member in new) / sum(now.values())
            signs["gone_members_pct"] = 100 * sum(former[member] for member in gone) / sum(former.values())
            details = "; ".join([*_named("+", new), *_named("-", gone)]) or details
        yield f"{result.indicator_id} {dimension}", signs, details


def _weights(parts: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """What each member weighs; nothing when all of them weigh nothing."""
    weights = {member: weight or 0.0 for member, weight in parts}
    return weights if sum(weights.values()) > 0 else {}


def _named(mark: str, members: Sequence[str]) -> list[str]:
    more = f" (+{len(members) - _NAMED_MEMBERS})" if len(members) > _NAMED_MEMBERS else ""
    return [f"{mark} {', '.join(members[:_NAMED_MEMBERS])}{more}"] if members else []
