"""10.4: hours of downtime per outage-causing incident, overlaps counted once, planned maintenance included.

What becomes of a row, in the order in which it is decided:
- A window without length is left out as `zero_length`; excluded and quarantined rows are counted and left out. A date
  without an hour is a whole day, so that a window within it has a length, if only of 0 hours (`dates`).
- A window still open lasts until the extraction, and makes the result provisional (`_until_extraction`, `_remarks`).
- Windows of one component that overlap or touch are one outage. So are rows of one incident number, and a child
  incident with its parent, on whatever components and however indirectly (`join`).
- An outage counts as an incident in the period in which its first window starts. Its hours are those inside the period,
  each once: a window over New Year gives hours to both years and an incident to the first (`measure_outages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectors.numerals import counted_en, number
from connectors.remarks import Remark
from pipeline.coverage import Coverage
from pipeline.indicators.base import (
    Breakdown,
    Fingerprint,
    Quotient,
    Result,
    RowCounts,
    Terms,
    content_hashes,
    coverage_terms,
    quarantine_effect,
    quotient,
    undeclared_coverage,
)
from pipeline.indicators.counting import (
    Durations,
    break_down,
    count_rows,
    is_sound,
    spread,
    whole_seconds,
)
from pipeline.indicators.dates import date_remarks, one_is_date, starts_and_ends
from pipeline.indicators.definition import Definition
from pipeline.indicators.windows import Ints, connect, unite
from pipeline.tables import EARLIEST_PLAUSIBLE, NEVER_RECORDED, OUTSIDE

DEFINITION = Definition(
    id="it_downtime",
    clause="10.4",
    table="outages",
    name_id="Rata-rata waktu henti infrastruktur TI kota",
    name_en="Average downtime of the city's IT infrastructure",
    short_id="Waktu henti TI",
    short_en="IT downtime",
    unit="hours per incident",
    unit_id="jam per insiden",
    numerator_id="jam henti dalam periode",
    numerator_en="hours of downtime in the period",
    denominator_id="insiden yang mulai dalam periode",
    denominator_en="incidents that start in the period",
    measure="mean",
    scale=1,
    method_version="1.4",
    better="lower",
    explained_by=("component", "cause"),
    rule_id="Jam henti dalam periode, termasuk pemeliharaan terencana, dibagi jumlah insiden yang mulai dalam periode. "
    "Jendela satu komponen yang bertumpuk atau bersambung, baris bernomor insiden sama, dan anak insiden dihitung "
    "sebagai satu insiden, dan tiap jamnya sekali. Tanggal tanpa jam ialah satu hari utuh. "
    "Yang masih terbuka dihitung sampai data ditarik atau akhir periode, mana yang lebih dahulu; hasilnya sementara.",
    rule_en="Hours of downtime in the period, planned maintenance included, over incidents that start in it. Windows "
    "of one component that overlap or touch, rows of one incident number and child incidents are one incident, each of "
    "its hours counted once. A date without an hour is a whole day. What "
    "is still open counts to the extraction or the period's end, whichever is first, and the result is provisional.",
    origin_id="Pemilik dan pengelola layanan TI pemerintah daerah, serta tanggapan kementerian.",
    origin_en="The owners and administrators of the local government's IT services, and the ministry's responses.",
    reading_id="Gangguan yang lebih sedikit berarti waktu henti yang lebih singkat. Rata-rata dapat naik ketika "
    "hanya insiden kecil yang hilang: baca bersama jumlah jam dan jumlah insiden.",
    reading_en="Fewer outages mean less downtime. The mean can rise when only the small incidents disappear: read "
    "it with total hours and count.",
    limits_id="Angka ini tidak mengatakan berapa warga yang terganggu, dan tidak memuat gangguan yang tidak "
    "dicatat: kota yang mencatat lebih teliti dapat tampak lebih buruk.",
    limits_en="It does not tell how many people were affected, and holds no outage that nobody recorded: a city "
    "that records with more care may look worse.",
    variants={
        "unplanned_only": ("tanpa pemeliharaan terencana", "without planned maintenance"),
        "whole_duration_in_starting_period": (
            "seluruh lamanya dihitung di periode mulainya, tidak dipotong di batas periode",
            "the whole duration counts in the period of the start, not cut at the period's bounds",
        ),
        "city_wide_union": (
            "gangguan serentak di komponen mana pun dihitung sebagai satu",
            "outages at the same time, of any components, are one",
        ),
        "day_end": (
            "tanggal tanpa jam dihitung sampai akhir harinya, bukan sejak awalnya",
            "a date without an hour counts to its day's end instead of from its beginning",
        ),
        "open_outages": ("banyaknya gangguan yang belum berakhir", "how many outages have not ended"),
        "open_hours": (
            "jam gangguan yang belum berakhir, sampai data ditarik atau akhir periode",
            "hours of outages that have not ended, to the extraction or the period's end",
        ),
        "as_recorded": (
            "tiap baris yang berakhir dan mulai dalam periode, tanpa penggabungan dan pemotongan, yang dikecualikan "
            "atau dikarantina pun",
            "every ended row that starts in the period, neither joined nor cut, excluded and quarantined ones too",
        ),
        "as_recorded_plausible": (
            "tiap baris sebagaimana dicatat, yang lamanya lebih dari nol dan masuk akal (longest_plausible_hours)",
            "every row as recorded, of more than no length and a plausible one (longest_plausible_hours)",
        ),
        "unplanned_as_recorded": ("tiap baris tak terencana sebagaimana dicatat", "every unplanned row as recorded"),
        "unplanned_as_recorded_plausible": (
            "tiap baris tak terencana sebagaimana dicatat, yang lamanya masuk akal",
            "every unplanned row as recorded, of a plausible length",
        ),
    },
)
HOUR = 3600
ZERO_LENGTH = "zero_length"
_NO_INCIDENT = "tidak ada insiden mulai dalam periode ini / no incident starts in this period"
_NO_DATA = "tidak ada data insiden / no incident data"
_PLANNED_UNKNOWN = (
    "tidak satu baris pun mengatakan apakah terencana: petakan atau isi is_planned / no row says whether it was "
    "planned: map or fill is_planned"
)
_NO_LENGTH = (
    "{0} insiden tercatat, tidak satu pun berlangsung: mulai dan selesainya sama / "
    "{0} incidents are recorded, all of zero length: they end as they start"
)
_MOST = 0.5
# Of hours that last longer than is plausible, as for the outages of the period itself.
_MANY = 0.25
_LINKS = ["incident_id", "parent_id", "component", "cause"]


@dataclass(frozen=True)
class OutageSummary:
    """What a part adds. An outage may join windows of any parts, so every sound window travels, one row each.

    Grain of `windows`: incident x component; what links it to others, whether it starts in the period, whether one
    of its moments alone is a date, and a hash of its content. Those that start elsewhere are not in `rows` and
    `inputs` yet: whether they bear on the period is known when all windows are together. `recorded` are the rows as
    they stand, by variant, `told_count` of how many of them it is told whether they were planned, `held` the
    quarantined ones that end after they start, within the period; `first_started_at` is null for no sound row.
    """

    rows: RowCounts
    inputs: Fingerprint
    recorded: Mapping[str, Durations]
    told_count: int
    held: Durations
    first_started_at: pd.Timestamp | None
    windows: tuple[pd.DataFrame, ...]

    def __add__(self, other: OutageSummary) -> OutageSummary:
        firsts = [first for first in (self.first_started_at, other.first_started_at) if first is not None]
        return OutageSummary(
            self.rows + other.rows,
            self.inputs + other.inputs,
            {name: durations + other.recorded[name] for name, durations in self.recorded.items()},
            self.told_count + other.told_count,
            self.held + other.held,
            min(firsts, default=None),
            self.windows + other.windows,
        )


def summarise(part: pd.DataFrame, *, terms: Terms) -> OutageSummary:
    """Keep the sound windows of any length but none, and count the rows of which the fate is known."""
    (started, ended), sound = starts_and_ends(part, "started", "ended", zone=terms.zone), is_sound(part)
    only_from_date, only_to_date = one_is_date(part, "started", "ended")
    starts_inside = (started >= terms.start_at) & (started < terms.end_at)
    is_zero_length = (ended == started) & ~only_to_date
    is_window = sound & ~is_zero_length
    is_inside = starts_inside | started.isna()
    is_held = starts_inside & part["quarantine_reason"].notna() & (ended > started)
    is_known = ~is_window | starts_inside
    hashes = content_hashes(part)
    windows = part.loc[is_window, [*_LINKS, "is_planned"]]
    recorded = part.assign(ended_at=ended)[
        starts_inside & (ended >= EARLIEST_PLAUSIBLE) & ~part["excluded_by"].isin(NEVER_RECORDED)
    ]
    return OutageSummary(
        rows=count_rows(
            part[is_known], is_inside=is_inside[is_known], left_out={ZERO_LENGTH: is_zero_length[is_known]}
        ),
        inputs=Fingerprint.of_hashes(hashes[is_inside.to_numpy()]),
        recorded=_recorded(recorded, terms),
        told_count=int(recorded["is_planned"].notna().sum()),
        held=Durations.of(whole_seconds((ended.clip(upper=terms.end_at) - started)[is_held])),
        first_started_at=started[sound].min() if sound.any() else None,
        windows=(
            windows.astype(dict.fromkeys(_LINKS, "str")).assign(
                is_planned=windows["is_planned"].fillna(False).astype(bool),
                is_told=windows["is_planned"].notna(),
                started_at=started[is_window],
                ended_at=ended[is_window],
                started_is_date=only_from_date[is_window],
                ended_is_date=only_to_date[is_window],
                starts_inside=starts_inside[is_window],
                content_hash=hashes[is_window.to_numpy()],
            ),
        ),
    )


def conclude(summary: OutageSummary, *, terms: Terms) -> Result:
    """Hours of downtime in the period over the outages that start in it."""
    windows = _until_extraction(pd.concat(summary.windows, ignore_index=True), terms)
    outage, pieces = join(windows)
    outages = measure_outages(pieces, terms)
    windows = windows.assign(outage=outage, bears_on_period=outages["bears_on_period"].to_numpy()[outage])
    coverage_pct = _coverage(summary, terms).pct_of(terms.period)
    is_covered = coverage_pct > 0
    headline = _per_incident(outages, reason=_reason(summary) if is_covered else _NO_DATA, is_covered=is_covered)
    still_open, at_day_end = _still_open(windows, terms), _at_day_end(windows, terms) or headline
    elsewhere = windows[~windows["starts_inside"]]
    bearing_hashes = elsewhere.loc[elsewhere["bears_on_period"], "content_hash"]
    return Result.of(
        DEFINITION,
        headline,
        terms=terms,
        coverage_pct=coverage_pct,
        remarks=[
            *undeclared_coverage(terms),
            *_remarks(still_open, headline),
            *_carried_in(pieces, outages, terms),
            *_date_remarks(windows, at_day_end, terms),
            *_held(summary, headline),
        ],
        inputs=summary.inputs + Fingerprint.of_hashes(bearing_hashes.to_numpy()),
        depends_on={
            "zone": terms.zone.key,
            "covers": coverage_terms(terms.covers),
            "coverage": coverage_pct,
            "open_until": min(terms.as_of, terms.end_at.to_pydatetime()).isoformat() if still_open.count else None,
            "longest_plausible_hours": terms.longest_plausible_hours,
        },
        rows=summary.rows + _row_counts(elsewhere),
        variants=_variants(summary, windows, pieces, terms)
        | {"day_end": at_day_end}
        | _open_variants(still_open, headline),
        breakdowns=_breakdowns(windows, outages),
        statistics=spread(outages.loc[outages["starts_inside"], "seconds"], unit_seconds=HOUR),
    )


def join(windows: pd.DataFrame) -> tuple[Ints, pd.DataFrame]:
    """The outage of each window, numbered from 0, and when each outage lasted.

    Windows of one component that overlap or touch are one outage, and so are rows of one incident number and an
    incident with its parent. Grain of the second: outage x stretch of time, `key` the outage; no two overlap.
    """
    components, _ = pd.factorize(windows["component"], sort=True)
    incident, names = pd.factorize(windows["incident_id"])
    stretch, stretches = unite(windows["started_at"], windows["ended_at"], within=components)
    outage = connect(stretch, incident=incident, parent=_codes(windows["parent_id"], among=names))
    if outage.max(initial=-1) + 1 == len(stretches):
        return outage[stretch], stretches.assign(key=outage)
    # In an outage of several components their stretches may overlap in turn.
    _, pieces = unite(stretches["started_at"], stretches["ended_at"], within=outage)
    return outage[stretch], pieces


def measure_outages(pieces: pd.DataFrame, terms: Terms | None) -> pd.DataFrame:
    """Grain: outage. When it starts, and its whole seconds, those in the period alone when `terms` name one."""
    bounds = (terms.start_at, terms.end_at) if terms else (None, None)
    seconds = whole_seconds(pieces["ended_at"].clip(*bounds) - pieces["started_at"].clip(*bounds))
    outages = pd.DataFrame(
        {
            "started_at": pieces["started_at"].groupby(pieces["key"]).min(),
            "seconds": seconds.groupby(pieces["key"]).sum(),
        }
    )
    if terms is None:
        return outages
    starts_inside = (outages["started_at"] >= terms.start_at) & (outages["started_at"] < terms.end_at)
    return outages.assign(starts_inside=starts_inside, bears_on_period=starts_inside | (outages["seconds"] > 0))


def _codes(texts: pd.Series, *, among: pd.Index) -> Ints:
    """The place of each text among others, -1 for one that is null or not there."""
    codes, is_text = np.full(len(texts), -1), texts.notna().to_numpy()
    if is_text.any():
        codes[is_text] = pd.Index(among).get_indexer(texts[is_text])
    return codes


def _until_extraction(windows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Open windows last until the extraction; cutting at the period's end comes after."""
    is_open = windows["ended_at"].isna()
    extraction = windows["started_at"].clip(lower=pd.Timestamp(terms.as_of))
    return windows.assign(is_open=is_open, ended_at=windows["ended_at"].fillna(extraction))


def _coverage(summary: OutageSummary, terms: Terms) -> Coverage:
    """Declared days; undeclared, from the month of the first recorded incident to the extraction."""
    if terms.covers is not None or summary.first_started_at is None:
        return terms.covers or Coverage()
    first_on = summary.first_started_at.tz_convert(terms.zone).date().replace(day=1)
    return Coverage.of([(first_on, terms.as_of.astimezone(terms.zone).date())])


def _at_day_end(windows: pd.DataFrame, terms: Terms) -> Quotient | None:
    """The headline with dates taken to the day's end; null when no window has one."""
    if not windows[["started_is_date", "ended_is_date"]].any(axis=None):
        return None
    started, ended = starts_and_ends(windows, "started", "ended", zone=terms.zone, at_day_end=True)
    _, pieces = join(windows.assign(started_at=started, ended_at=ended))
    return _per_incident(measure_outages(pieces, terms))


def _date_remarks(windows: pd.DataFrame, at_day_end: Quotient, terms: Terms) -> list[Remark]:
    bearing = windows[windows["bears_on_period"]]
    count = int((bearing["started_is_date"] | bearing["ended_is_date"]).sum())
    return date_remarks(count, len(bearing), to_day_end=at_day_end.value, suffices=terms.dates_suffice)


def _still_open(windows: pd.DataFrame, terms: Terms) -> Durations:
    """The windows that bear on the period and have not ended: how many, and the seconds they take of it.

    Each second of an outage counts once, whichever of its components are still down, as in the headline.
    """
    still_open = windows[windows["bears_on_period"] & windows["is_open"]]
    if still_open.empty:
        return Durations()
    _, pieces = unite(still_open["started_at"], still_open["ended_at"], within=still_open["outage"].to_numpy())
    return Durations(int(measure_outages(pieces, terms)["seconds"].sum()), len(still_open))


def _remarks(still_open: Durations, headline: Quotient) -> list[Remark]:
    """That outages have not ended, and whether their hours are most of all."""
    count, hours, whole = still_open.count, still_open.seconds / HOUR, headline.numerator
    if not count:
        return []
    remarks = [
        Remark(
            "still_open",
            f"{number(count)} gangguan belum berakhir",
            f"{counted_en(count, 'outage has', 'outages have')} not ended yet",
        )
    ]
    if whole and hours > _MOST * whole:
        remarks.append(
            Remark(
                "open_dominates",
                f"gangguan yang belum berakhir memberi {number(hours, decimals=0)} dari {number(whole, decimals=0)} "
                "jam; apakah benar belum pulih?",
                f"outages that have not ended give {hours:,.0f} of {whole:,.0f} hours; are they really still down?",
            )
        )
    return remarks


def _carried_in(pieces: pd.DataFrame, outages: pd.DataFrame, terms: Terms) -> list[Remark]:
    """That many hours are of outages from before the period that last longer than is plausible."""
    is_earlier = outages["started_at"] < terms.start_at
    if not is_earlier.any():
        return []
    whole = measure_outages(pieces, None)["seconds"]
    is_long = is_earlier & (whole > terms.longest_plausible_hours * HOUR)
    seconds, all_seconds = int(outages.loc[is_long, "seconds"].sum()), int(outages["seconds"].sum())
    if seconds <= _MANY * all_seconds:
        return []
    hours, of, limit = seconds / HOUR, all_seconds / HOUR, terms.longest_plausible_hours
    return [
        Remark(
            "long_carried_in",
            f"gangguan yang mulai sebelum periode dan lebih lama dari {number(limit)} jam memberi "
            f"{number(hours, decimals=0)} dari {number(of, decimals=0)} jam; apakah tahun mulainya benar? Jika ya, "
            "naikkan longest_plausible_hours",
            f"outages from before the period that last longer than {limit:,} hours give {hours:,.0f} of {of:,.0f} "
            "hours; is the year of their start right? If so, raise longest_plausible_hours",
        )
    ]


def _held(summary: OutageSummary, headline: Quotient) -> list[Remark]:
    """What the mean would be were each quarantined row whose times are in order an incident of its own."""
    held = summary.held
    seconds, count = (headline.numerator or 0.0) * HOUR + held.seconds, int(headline.denominator or 0) + held.count
    return quarantine_effect(
        summary.rows,
        headline=headline,
        unit_id=DEFINITION.unit_id,
        if_sound=[_mean_hours(Durations(round(seconds), count))],
        known_count=held.count,
    )


def _open_variants(still_open: Durations, headline: Quotient) -> dict[str, Quotient]:
    """Number and hours of the outages that have not ended; null where nothing was recorded."""
    counts = {"open_outages": (float(still_open.count), "outages"), "open_hours": (still_open.seconds / HOUR, "hours")}
    if headline.value is None and not still_open.count:
        return {name: Quotient(None, None, unit, None, headline.reason) for name, (_, unit) in counts.items()}
    return {name: Quotient(count, None, unit, count) for name, (count, unit) in counts.items()}


def _row_counts(elsewhere: pd.DataFrame) -> RowCounts:
    """Of windows that start outside the period: used where their outage bears on it."""
    used_count = int(elsewhere["bears_on_period"].sum())
    return RowCounts(len(elsewhere), len(elsewhere)).with_excluded(OUTSIDE, len(elsewhere) - used_count)


def _reason(summary: OutageSummary) -> str:
    """Why no incident may start in the period."""
    zero_length_count = summary.rows.excluded.get(ZERO_LENGTH, 0)
    return _NO_LENGTH.format(zero_length_count) if zero_length_count else _NO_INCIDENT


def _per_incident(outages: pd.DataFrame, *, reason: str = _NO_INCIDENT, is_covered: bool = True) -> Quotient:
    """Hours of all outages over those that start in the period."""
    if not is_covered:
        return Quotient(None, None, DEFINITION.unit, None, reason)
    return _mean_hours(Durations(int(outages["seconds"].sum()), int(outages["starts_inside"].sum())), reason=reason)


def _mean_hours(part: Durations, *, reason: str = _NO_INCIDENT) -> Quotient:
    return quotient(part.seconds / HOUR, float(part.count), unit=DEFINITION.unit, reason=reason)


def _recorded(rows: pd.DataFrame, terms: Terms) -> dict[str, Durations]:
    """Rows as they were recorded: neither joined nor cut, excluded and quarantined ones too."""
    seconds = whole_seconds(rows["ended_at"] - rows["started_at"])
    is_unplanned = ~rows["is_planned"].fillna(False).astype(bool)
    is_plausible = (seconds > 0) & (seconds <= terms.longest_plausible_hours * HOUR)
    return {
        "as_recorded": Durations.of(seconds),
        "as_recorded_plausible": Durations.of(seconds[is_plausible]),
        "unplanned_as_recorded": Durations.of(seconds[is_unplanned]),
        "unplanned_as_recorded_plausible": Durations.of(seconds[is_unplanned & is_plausible]),
    }


def _variants(summary: OutageSummary, windows: pd.DataFrame, pieces: pd.DataFrame, terms: Terms) -> dict[str, Quotient]:
    _, unplanned = join(windows[~windows["is_planned"]])
    whole = measure_outages(pieces, None)
    starts_inside = (whole["started_at"] >= terms.start_at) & (whole["started_at"] < terms.end_at)
    _, city_wide = unite(windows["started_at"], windows["ended_at"], within=np.zeros(len(windows), np.int64))
    city_wide = city_wide.assign(key=city_wide.index)
    variants = {
        "unplanned_only": _per_incident(measure_outages(unplanned, terms)),
        "whole_duration_in_starting_period": _mean_hours(Durations.of(whole.loc[starts_inside, "seconds"])),
        "city_wide_union": _per_incident(measure_outages(city_wide, terms)),
        **{name: _mean_hours(durations) for name, durations in summary.recorded.items()},
    }
    is_told = {"unplanned_only": bool((windows["is_told"] & windows["bears_on_period"]).any())}
    is_told |= dict.fromkeys(("unplanned_as_recorded", "unplanned_as_recorded_plausible"), summary.told_count > 0)
    unknown = [name for name, is_any in is_told.items() if not is_any]
    return variants | {
        name: _mean_hours(Durations(), reason=variants[name].reason or _PLANNED_UNKNOWN) for name in unknown
    }


def _breakdowns(windows: pd.DataFrame, outages: pd.DataFrame) -> tuple[Breakdown, ...]:
    """By the component and the known cause that come first in each outage, and by whether all of it was planned.

    Not by what no row says.
    """
    bearing = windows[windows["bears_on_period"]]
    is_planned = bearing.groupby("outage")["is_planned"].all()
    parts = outages[outages["bears_on_period"]].assign(
        component=_first_known(bearing, "component"),
        cause=_first_known(bearing, "cause"),
        planned=is_planned.map({True: "planned", False: "unplanned"}),
    )
    parts = parts.assign(numerator=parts["seconds"] / HOUR, denominator=parts["starts_inside"].astype("int64"))
    dimensions = {name: name for name in ("component", "cause", *(("planned",) if bearing["is_told"].any() else ()))}
    return break_down(parts, dimensions=dimensions, unit=DEFINITION.unit)


def _first_known(windows: pd.DataFrame, column: str) -> pd.Series:
    """The first value of each outage, by its number; of windows that start at once by incident and component."""
    known = windows[windows[column].notna()]
    if known["outage"].is_unique:
        return known.set_index("outage")[column]
    earliest = known[known["started_at"] == known.groupby("outage")["started_at"].transform("min")]
    is_tied = earliest["outage"].duplicated(keep=False)
    order = list(dict.fromkeys(["incident_id", "component", column]))
    tied = earliest[is_tied].sort_values(order).drop_duplicates("outage")
    return pd.concat([earliest[~is_tied], tied]).set_index("outage")[column]
