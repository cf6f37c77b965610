"""10.1: visits to the open data portal per 100,000 population, bots left out, visits cut at local midnight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from connectors.errors import DataRejected
from connectors.remarks import Remark
from pipeline.coverage import Coverage, remark, told_by_all
from pipeline.indicators.base import (
    Breakdown,
    Fingerprint,
    Population,
    Quotient,
    Result,
    RowCounts,
    Terms,
    population_terms,
    quarantine_effect,
    quotient,
)
from pipeline.indicators.counting import break_down, count_rows, is_sound
from pipeline.indicators.definition import Definition
from pipeline.periods import Period
from pipeline.tables import ACCESS_LOG

DEFINITION = Definition(
    id="portal_visits",
    clause="10.1",
    table="visits",
    also_reads=("population",),
    name_id="Jumlah kunjungan daring tahunan ke portal data terbuka kota per 100.000 penduduk",
    name_en="Annual online visits to the municipal open data portal per 100,000 population",
    short_id="Kunjungan portal",
    short_en="Portal visits",
    unit="visits per 100,000",
    unit_id="kunjungan per 100.000 penduduk",
    numerator_id="kunjungan dalam periode",
    numerator_en="visits in the period",
    denominator_id="penduduk (per 100.000)",
    denominator_en="population (per 100,000)",
    measure="ratio",
    scale=1,
    method_version="1.3",
    better="higher",
    explained_by=("portal", "month"),
    is_sum=True,
    rule_id="Kunjungan (sesi, bukan pengunjung unik atau klik) selama periode dibagi penduduk per 100.000. Dari log: "
    "kunjungan berakhir setelah 30 menit diam dan pada tengah malam setempat; bot, pemantau, dan jaringan kota "
    "dikeluarkan. Nilai bulan tidak disetahunkan. Satu sumber per bulan.",
    rule_en="Visits (sessions, not unique visitors or hits) in the period over population per 100,000. From a log: a "
    "visit ends after 30 idle minutes and at local midnight; bots, probes and the city's own networks are left out. "
    "A month is not annualised. One source per month.",
    origin_id="Statistik situs dari penyedia hosting portal, melalui pengelola situs kota atau pengelola domain.",
    origin_en="Site statistics of the portal's hosting, from the city's web administrator or the domain host.",
    reading_id="Kunjungan yang banyak menunjukkan bahwa data yang diterbitkan diminati. Lonjakan perlu dijelaskan "
    "(kampanye, bot, alat ukur baru) sebelum dipuji.",
    reading_en="Many visits show that the published data attract people. A jump is to be explained (campaign, "
    "bots, a new tool) before it is praised.",
    limits_id="Angka ini tidak mengatakan berapa orang yang datang, dan tidak mengatakan apakah mereka "
    "menemukan yang dicari: satu orang dapat berkunjung berkali-kali, dan pengunjung dari luar kota "
    "ikut dihitung.",
    limits_en="It does not tell how many people came, nor whether they found what they looked for: one person "
    "may visit many times, and visitors from elsewhere count too.",
    variants={
        "bots_included": ("kunjungan bot ikut dihitung", "visits of known bots are counted too"),
        "no_midnight_break": (
            "kunjungan yang melewati tengah malam dihitung sekali, pada hari mulainya",
            "a visit over midnight is one visit, on the day it starts",
        ),
        "unique_visitors": (
            "tiap pengunjung sekali per bulan (periode bulan) atau per tahun (periode tahun)",
            "each visitor once a month (for a month) or once a year (for a year)",
        ),
        "redirects_counted": (
            "alamat yang dialihkan ikut dihitung sebagai halaman; tanpa batas tengah malam",
            "pages that were redirected count too; no break at midnight",
        ),
        "all_requests": (
            "setiap permintaan siapa pun, 30 menit diam; tanpa batas tengah malam",
            "every request of anyone, 30 idle minutes; no break at midnight",
        ),
        "other_population_*": (
            "penduduk menurut sumber lain untuk tahun yang sama",
            "the population another source gives for the same year",
        ),
    },
)
HEADLINE = "headline"
PER = 100_000
_NO_POPULATION = "jumlah penduduk tahun ini belum ada / no population figure for this year"
_PARTLY_KNOWN = "sumber lain tidak memuatnya / the period's other source does not tell"
_UNIQUE = {"unique_visitors_month", "unique_visitors_year"}
_NAMED_PORTALS = 3
_GRAIN = ["variant", "month", "portal_id", "source_tool", "visit_definition"]


@dataclass(frozen=True)
class VisitSummary:
    """What a part adds. Grain of `counts`: variant x month x portal x tool x definition; the sums of visits and days.

    `covered` are by portal the days the headline's counts stand for; of the `held_count` quarantined rows that tell
    their visits these are `held_visits` in all.
    """

    rows: RowCounts
    inputs: Fingerprint
    covered: Mapping[str, Coverage]
    counts: pd.DataFrame
    held_count: int = 0
    held_visits: int = 0

    def __add__(self, other: VisitSummary) -> VisitSummary:
        return VisitSummary(
            self.rows + other.rows,
            self.inputs + other.inputs,
            {
                portal: self.covered.get(portal, Coverage()) | other.covered.get(portal, Coverage())
                for portal in {*self.covered, *other.covered}
            },
            _summed(pd.concat([self.counts, other.counts])),
            self.held_count + other.held_count,
            self.held_visits + other.held_visits,
        )


def summarise(part: pd.DataFrame, *, terms: Terms) -> VisitSummary:
    """Add up the sound counts of the period. Where log lines are counted, the days made from them are no rows."""
    first_on, last_on = pd.Timestamp(terms.period.first_on), pd.Timestamp(terms.period.last_on)
    is_inside = part["visited_on"].isna() | part["visited_on"].between(first_on, last_on)
    sound = part[is_inside & is_sound(part)]
    is_from_log = (part["source_tool"] == ACCESS_LOG) & (terms.log_lines.read > 0)
    is_held = part["quarantine_reason"].notna() & part["excluded_by"].isna() & (part["variant"] == HEADLINE)
    held = part.loc[is_inside & is_held, "visits_count"].dropna()
    return VisitSummary(
        rows=count_rows(part[~is_from_log], is_inside=is_inside[~is_from_log], left_out={}),
        inputs=Fingerprint.of(part[is_inside]),
        covered=_covered(sound[sound["variant"] == HEADLINE]),
        counts=_summed(sound.assign(month=sound["visited_on"].dt.strftime("%Y-%m"))),
        held_count=len(held),
        held_visits=int(held.sum()),
    )


def conclude(summary: VisitSummary, *, terms: Terms) -> Result:
    """Visits over population / 100,000.

    Raises `DataRejected` when one portal's visits of one month come from more than one tool.
    """
    counts = summary.counts
    _refuse_two_tools(counts[counts["variant"] == HEADLINE])
    expected = _expected(summary, terms)
    told = {portal: summary.covered.get(portal, Coverage()) & worked for portal, worked in expected.items()}
    headline = _per_population(_visits(counts, HEADLINE), terms.population, reason=_without_population(terms))
    return Result.of(
        DEFINITION,
        headline,
        terms=terms,
        coverage_pct=told_by_all((worked, told[portal]) for portal, worked in expected.items()).pct_of(terms.period),
        inputs=summary.inputs,
        depends_on={
            "population": population_terms(terms.population),
            "others": [population_terms(other) for other in terms.other_populations],
        },
        rows=summary.rows + terms.log_lines,
        remarks=[*_missed(expected, told), *_of_another_year(terms), *_held(summary, headline, terms)],
        variants=_variants(counts, terms),
        breakdowns=_breakdowns(counts[counts["variant"] == HEADLINE], terms),
    )


def _of_another_year(terms: Terms) -> list[Remark]:
    """That the figure which a city declares for a year is of a day of another; a source's is never carried over."""
    figure = terms.population
    if figure is None or figure.reference_on.year == terms.period.year:
        return []
    return [
        Remark(
            "population_of_another_year",
            f"penduduk yang dinyatakan untuk {terms.period.year} adalah angka {figure.reference_on}",
            f"the population declared for {terms.period.year} is a figure of {figure.reference_on}",
            keeps_provisional=False,
        )
    ]


def _held(summary: VisitSummary, headline: Quotient, terms: Terms) -> list[Remark]:
    """What the visits would be were the quarantined rows that tell their visits sound, and each held line of a log a
    visit of its own, or one that joins two."""
    lines_count, visits = sum(terms.log_lines.quarantined.values()), int(headline.numerator or 0)
    bounds = (max(visits + summary.held_visits - lines_count, 0), visits + summary.held_visits + lines_count)
    inhabitants = _inhabitants(terms.population)
    return quarantine_effect(
        summary.rows + terms.log_lines,
        headline=headline,
        unit_id=DEFINITION.unit_id,
        if_sound=[quotient(float(count), inhabitants, unit=DEFINITION.unit, reason=_NO_POPULATION) for count in bounds],
        known_count=summary.held_count + lines_count,
    )


def _covered(rows: pd.DataFrame) -> dict[str, Coverage]:
    last_on = rows["visited_on"] + pd.to_timedelta(rows["days_count"] - 1, unit="D")
    stretches = pd.DataFrame({"first_on": rows["visited_on"].dt.date, "last_on": last_on.dt.date})
    return {
        str(portal): Coverage.of(of_one.itertuples(index=False, name=None))
        for portal, of_one in stretches.groupby(rows["portal_id"].astype("str"))
    }


def _expected(summary: VisitSummary, terms: Terms) -> dict[str, Coverage]:
    """The days of the period of which each portal should tell: those it worked, else the whole period."""
    whole = Coverage.of_period(terms.period)
    return dict.fromkeys(summary.covered, whole) | {
        portal: worked.within(terms.period) for portal, worked in terms.portals.items()
    }


def _missed(expected: Mapping[str, Coverage], told: Mapping[str, Coverage]) -> list[Remark]:
    """Of several portals those that do not tell of all their days: the others' visits do not stand for theirs."""
    missing = [portal for portal, worked in sorted(expected.items()) if told[portal] != worked]
    if len(expected) < 2 or not missing:
        return []
    named = [remark(told[one], source_name=one, wanted=expected[one]) for one in missing[:_NAMED_PORTALS]]
    texts_id, texts_en = ("; ".join(texts) for texts in zip(*named, strict=True))
    more = f" (+{len(missing) - len(named)})" if len(missing) > len(named) else ""
    return [
        Remark(
            "portal_days_missing",
            f"{texts_id}{more}. Mintalah hari lainnya. Bila sebuah portal baru dibuka atau sudah ditutup, tulis "
            "opened_on atau closed_on pada sumbernya; bila dua nama berarti satu portal, beri keduanya portal_id yang "
            "sama",
            f"{texts_en}{more}. Ask for the other days. If a portal opened or closed then, write opened_on or "
            "closed_on at its source; if two names mean one portal, give both the same portal_id",
        )
    ]


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    counts = rows[[*_GRAIN, "visits_count", "days_count"]].astype(dict.fromkeys(_GRAIN, "str"))
    return counts.groupby(_GRAIN, as_index=False).sum()


def _visits(counts: pd.DataFrame, variant: str) -> int | None:
    visits = counts.loc[counts["variant"] == variant, "visits_count"]
    return None if visits.empty else int(visits.sum())


def _without_population(terms: Terms) -> str:
    """Why there may be no population: with what is said of its rows that cannot be read."""
    unread = [remark for remark in terms.remarks if remark.code == "population_row_unread"]
    parts = _NO_POPULATION.split(" / ")
    return " / ".join("; ".join([part, *more]) for part, more in zip(parts, _texts(unread), strict=True))


def _texts(remarks: Sequence[Remark]) -> tuple[list[str], list[str]]:
    return [remark.id for remark in remarks], [remark.en for remark in remarks]


def _per_population(
    visits_count: int | None, population: Population | None, *, reason: str = _NO_POPULATION
) -> Quotient:
    if visits_count is None:
        return Quotient(None, None, DEFINITION.unit, None, "tidak ada data kunjungan / no visits data")
    if not visits_count:
        return Quotient(0.0, None, DEFINITION.unit, None, "tidak satu kunjungan pun tercatat / no visit was recorded")
    return quotient(float(visits_count), _inhabitants(population), unit=DEFINITION.unit, reason=reason)


def _inhabitants(population: Population | None) -> float | None:
    return population.population_count / PER if population else None


def _refuse_two_tools(counts: pd.DataFrame) -> None:
    tools = counts.groupby(["month", "portal_id"])["source_tool"].unique()
    for (month, _), names in tools[tools.map(len) > 1].items():
        both = ", ".join(sorted(names))
        raise DataRejected(
            id=f"Kunjungan {month} dihitung oleh lebih dari satu alat: {both}. Jangan dijumlahkan; pilih satu sumber "
            "untuk bulan itu dan hapus yang lain dari YAML, atau batasi berkasnya.",
            en=f"Visits of {month} are counted by more than one tool: {both}. They must not be added; choose one "
            "source for that month and take the other out of the YAML, or cut its file.",
        )


def _of_other_lengths(period: Period) -> set[str]:
    """Unique visitors counted over other lengths than the period's; they never add up over several."""
    if period.is_year:
        return _UNIQUE - {"unique_visitors_year"}
    return _UNIQUE - {"unique_visitors_month"} if period.is_month else _UNIQUE


def _variants(counts: pd.DataFrame, terms: Terms) -> dict[str, Quotient]:
    variants = {}
    days_count = counts.groupby("variant")["days_count"].sum()
    for name in days_count.index.drop([HEADLINE, *_of_other_lengths(terms.period)], errors="ignore"):
        label = "unique_visitors" if name.startswith("unique_visitors_") else name
        variants[label] = _per_population(_visits(counts, name), terms.population)
        if days_count[name] < days_count.get(HEADLINE, 0):
            variants[label] = replace(variants[label], value=None, reason=_PARTLY_KNOWN)
    for other in terms.other_populations:
        slug = re.sub(r"[^a-z0-9]+", "_", other.source.lower()).strip("_")
        variants[f"other_population_{slug}"] = _per_population(_visits(counts, HEADLINE), other)
    return variants


def _breakdowns(counts: pd.DataFrame, terms: Terms) -> tuple[Breakdown, ...]:
    """By portal, by what each tool calls a visit, and of several months by month: each over the whole population."""
    if terms.population is None:
        return ()
    parts = counts.assign(
        numerator=counts["visits_count"],
        denominator=0.0,
        counted_as=counts["source_tool"] + ": " + counts["visit_definition"],
    )
    dimensions = {"portal": "portal_id", "visit_definition": "counted_as"}
    if not terms.period.is_month:
        dimensions["month"] = "month"
    inhabitants = _inhabitants(terms.population)
    return tuple(
        replace(part, quotient=quotient(part.quotient.numerator, inhabitants, unit=DEFINITION.unit, reason=""))
        for part in break_down(parts, dimensions=dimensions, unit=DEFINITION.unit)
    )
