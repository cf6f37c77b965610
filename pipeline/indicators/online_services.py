"""10.2: share of the city's services that can be both accessed and requested online on the period's last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from connectors.numerals import counted_en
from connectors.remarks import Remark
from pipeline.indicators.base import (
    Breakdown,
    Fingerprint,
    Quotient,
    Result,
    RowCounts,
    Terms,
    quarantine_effect,
    quotient,
)
from pipeline.indicators.counting import break_down, count_rows, is_sound
from pipeline.indicators.definition import Definition

DEFINITION = Definition(
    id="online_services",
    clause="10.2",
    table="services",
    name_id="Persentase layanan kota yang dapat diakses dan diminta secara daring",
    name_en="Share of city services that can be accessed and requested online",
    short_id="Layanan daring",
    short_en="Online services",
    unit="%",
    unit_id="%",
    numerator_id="layanan aktif yang dapat diakses dan dimohon secara daring",
    numerator_en="active services that can be reached and applied for online",
    denominator_id="semua layanan aktif",
    denominator_en="all active services",
    measure="percentage",
    scale=100,
    method_version="1.1",
    better="higher",
    explained_by=("agency", "sector"),
    rule_id="Layanan aktif pada hari terakhir periode yang dapat diakses dan dimohon secara daring, dibagi semua "
    "layanan aktif. Yang baru daring sesudah hari itu belum daring. Layanan 'tidak berlaku' tetap di penyebut; 100 % "
    "bukan sasaran. Daftar menjawab untuk tahun yang berakhir paling lama 366 hari sebelum ditarik; untuk tahun yang "
    "lebih lama hanya bila setiap layanan bertanggal mulai, setiap yang daring bertanggal sejak kapan daring, dan "
    "daftar itu memuat tanggal akhir.",
    rule_en="Services active on the period's last day that can be accessed and requested online, over all active "
    "services. One that went online after that day is not online yet. 'Not applicable' stays in the denominator; 100 % "
    "is not the target. A register answers for a year that ended at most 366 days before its extraction; for an older "
    "year only if every service tells its start, each that is online since when, and the register tells ends.",
    origin_id="Perangkat daerah penyelenggara layanan, atau pengelola situs kota.",
    origin_en="The departments or agencies that provide the services, or the administrator of the city's website.",
    reading_id="Sasarannya bukan 100 %: sebagian layanan tidak dapat daring. Angka 67 % yang jujur dengan daftar "
    "layanan yang rapi lebih baik daripada 100 % dari daftar yang pendek.",
    reading_en="100 % is not the target: some services cannot be online. An honest 67 % with a clean register "
    "beats 100 % of a short list.",
    limits_id="Angka ini tidak mengatakan seberapa mudah layanan daring itu, dan tidak mengatakan berapa warga "
    "yang memakainya: layanan yang jarang diminta dihitung sama dengan yang sering.",
    limits_en="It does not tell how well a service works online, nor how many people use it so: a service that "
    "is rarely asked for counts as much as a frequent one.",
    variants={
        "accessible_only": ("dapat diakses daring, dimohon atau tidak", "accessible online, requestable or not"),
        "not_applicable_removed": (
            "layanan yang tidak dapat daring dikeluarkan dari penyebut",
            "services that cannot be online leave the denominator",
        ),
        "weighted_by_volume": (
            "tiap layanan dihitung sebanyak permohonannya; hanya yang volumenya didata",
            "each service counts as often as it is requested; only those whose volume is recorded",
        ),
        "citizens": ("hanya layanan bagi warga", "services for citizens only"),
        "businesses": ("hanya layanan bagi pelaku usaha", "services for businesses only"),
        "end_to_end": (
            "setiap langkah yang dapat daring memang daring; hanya layanan yang langkahnya didata",
            "every step that can be online is; only services whose steps are recorded",
        ),
        "end_to_end_of_applicable": (
            "setiap langkah yang dapat daring memang daring; hanya layanan yang punya langkah seperti itu",
            "every step that can be online is; only services with such a step",
        ),
        "any_step_online": ("sekurang-kurangnya satu langkah daring", "at least one step is online"),
        "every_step_online": (
            "setiap langkah daring, yang tidak berlaku pun",
            "every step is online, whatever applies",
        ),
    },
)
# A year is reported in the next one; the register is taken to be that of the year's end until then.
_KNOWN_FOR = timedelta(days=366)
_NO_DATA = "tidak ada data layanan / no services data"
_NO_SERVICES = "tidak ada layanan aktif / no active service"
_NO_STEPS = "langkah daring tidak didata / online steps are not recorded"
_NO_VOLUME = "volume tidak didata / volume is not recorded"
_NO_AUDIENCE = "sasaran layanan tidak didata / the services' audience is not recorded"
_NONE_FOR_THEM = "tidak ada layanan aktif bagi mereka / no active service is for them"
_NONE_APPLICABLE = "tidak ada layanan aktif yang dapat daring / no active service can be online"
_NO_STEP_APPLICABLE = "tidak ada langkah yang dapat daring / no step can be online"


@dataclass(frozen=True)
class ServiceSummary:
    """What a part adds: its active services, one row each, by the newest start of validity.

    `rows` count every sound active row as used; `conclude` takes out those that another row of the service replaces.
    `has_ends` says whether any sound row tells until when its service is valid.
    """

    rows: RowCounts
    inputs: Fingerprint
    services: pd.DataFrame
    has_ends: bool

    def __add__(self, other: ServiceSummary) -> ServiceSummary:
        services = _newest(pd.concat([self.services, other.services], ignore_index=True))
        has_ends = self.has_ends or other.has_ends
        return ServiceSummary(self.rows + other.rows, self.inputs + other.inputs, services, has_ends)


def summarise(part: pd.DataFrame, *, terms: Terms) -> ServiceSummary:
    """Keep the services that are valid on the period's last day; one that went online later is not online."""
    day = pd.Timestamp(terms.period.last_on)
    has_begun = part["valid_from_on"].isna() | (part["valid_from_on"] <= day)
    is_active = has_begun & (part["valid_to_on"].isna() | (part["valid_to_on"] >= day))
    texts = dict.fromkeys(("service_id", "agency", "sector", "audience"), "str")
    return ServiceSummary(
        rows=count_rows(part, is_inside=is_active, left_out={}),
        inputs=Fingerprint.of(part[is_active]),
        services=_newest(_as_of(day, part[is_active & is_sound(part)].astype(texts))),
        has_ends=bool(part.loc[is_sound(part), "valid_to_on"].notna().any()),
    )


def _as_of(day: pd.Timestamp, services: pd.DataFrame) -> pd.DataFrame:
    """The services with nothing online of those that went online after a day."""
    is_later = services["online_from_on"] > day
    flags = {name: services[name] & ~is_later for name in ("is_accessible_online", "is_requestable_online")}
    steps = services["steps_online_count"]
    return services.assign(**flags, steps_online_count=steps.mask(is_later & steps.notna(), 0))


def conclude(summary: ServiceSummary, *, terms: Terms) -> Result:
    """Services both accessible and requestable online, over all active services, in percent."""
    services = summary.services
    coverage_pct = _coverage_pct(services, terms.agencies_expected)
    is_online = _is_online(services)
    headline = _share(is_online, reason=_NO_SERVICES if summary.rows.read else _NO_DATA)
    return Result.of(
        DEFINITION,
        headline,
        terms=terms,
        coverage_pct=coverage_pct,
        inputs=summary.inputs,
        remarks=[*_unknown(summary, terms), *_held(summary.rows, headline)],
        depends_on={"agencies": list(terms.agencies_expected)},
        rows=summary.rows.with_excluded("superseded", summary.rows.used - len(services)),
        variants=_variants(services, is_online),
        breakdowns=_breakdowns(services, is_online),
    )


def _is_online(services: pd.DataFrame) -> pd.Series:
    return services["is_accessible_online"] & services["is_requestable_online"]


def _unknown(summary: ServiceSummary, terms: Terms) -> list[Remark]:
    """That a register made long after the period does not tell which services were valid or online at its end."""
    known_until = terms.known_until
    if known_until is None or known_until <= terms.end_at + _KNOWN_FOR:
        return []
    whys = [why for why in _unknown_dates(summary, terms) if why]
    day = known_until.astimezone(terms.zone).date()
    return [
        Remark(
            "register_without_dates",
            f"daftar layanan yang ditarik {day} tidak dapat menjawab untuk {terms.period.label}: {why_id}. Petakan "
            "valid_from_on, valid_to_on dan online_from_on; atau simpan daftar tiap tahun dengan nama sendiri (path: "
            "...-{year}.csv) dan tutup tahun itu sebelum daftar berikutnya menggantikannya; atau isi extracted_at "
            "dengan tanggal daftar itu disusun",
            f"a register of services extracted on {day} cannot answer for {terms.period.label}: {why_en}. Map "
            "valid_from_on, valid_to_on and online_from_on; or keep each year's register under its own name (path: "
            "...-{year}.csv) and close the year before the next register takes its place; or give in extracted_at the "
            "day the register was made",
        )
        for why_id, why_en in whys[:1]
    ]


def _unknown_dates(summary: ServiceSummary, terms: Terms) -> list[tuple[str, str] | None]:
    """What each row would have to tell and does not."""
    services = summary.services
    undated, total = int(services["valid_from_on"].isna().sum()), len(services)
    online = services[_is_online(services).fillna(False).astype(bool)]
    online_undated = int(online["online_from_on"].isna().sum())
    return [
        (
            "tanggal berlakunya diisi oleh 'constant' atau 'default', bukan oleh daftar itu",
            "its dates come from 'constant' or 'default' and not from the register",
        )
        if terms.dates_are_assumed
        else None,
        (
            f"{undated} dari {total} layanan tanpa tanggal mulai",
            f"{undated} of {counted_en(total, 'service', 'services')} without a start",
        )
        if undated
        else None,
        (
            "tidak satu pun barisnya bertanggal akhir, sehingga layanan yang sudah dihentikan tidak tampak",
            "none of its rows tells an end, so services that were withdrawn are not seen",
        )
        if not summary.has_ends
        else None,
        (
            f"{online_undated} dari {len(online)} layanan daring tidak menyebut sejak kapan daring; yang diketahui "
            "hanya keadaan saat ditarik",
            f"{online_undated} of {counted_en(len(online), 'online service', 'online services')} without the day since "
            "when; known is only what was online when it was extracted",
        )
        if online_undated
        else None,
    ]


def _held(rows: RowCounts, headline: Quotient) -> list[Remark]:
    """What the share would be were each quarantined row a service of its own: none of them online, or all."""
    count, unit = sum(rows.quarantined.values()), DEFINITION.unit
    online, services = headline.numerator or 0.0, (headline.denominator or 0.0) + count
    bounds = [quotient(online + more, services, unit=unit, reason=_NO_SERVICES, scale=100) for more in (0, count)]
    return quarantine_effect(rows, headline=headline, unit_id=DEFINITION.unit_id, if_sound=bounds, known_count=count)


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of each service the one whose validity began last; one without a beginning is the oldest."""
    ordered = rows.sort_values("valid_from_on", na_position="first", kind="stable")
    return ordered.drop_duplicates("service_id", keep="last")


def _coverage_pct(services: pd.DataFrame, agencies_expected: tuple[str, ...]) -> float:
    """The share of the expected agencies that list a service; with none expected, any service is the whole."""
    if agencies_expected:
        reporting = set(services["agency"].dropna())
        return 100 * sum(agency in reporting for agency in agencies_expected) / len(agencies_expected)
    return 100.0 if len(services) else 0.0


def _share(is_counted: pd.Series, *, weights: pd.Series | None = None, reason: str = _NO_SERVICES) -> Quotient:
    counted = is_counted.fillna(False).astype(bool)
    if weights is not None:
        numerator, denominator = float(weights[counted].sum()), float(weights.sum())
    else:
        numerator, denominator = float(counted.sum()), float(len(counted))
    return quotient(numerator, denominator, unit=DEFINITION.unit, reason=reason, scale=100)


def _variants(services: pd.DataFrame, is_online: pd.Series) -> dict[str, Quotient]:
    volume, audience = services["volume"].dropna(), services["audience"]
    is_applicable = services["is_online_applicable"].fillna(False).astype(bool)
    variants = {
        "accessible_only": _share(services["is_accessible_online"]),
        "not_applicable_removed": _share(is_online[is_applicable], reason=_NONE_APPLICABLE),
        "weighted_by_volume": _share(is_online.loc[volume.index], weights=volume, reason=_NO_VOLUME),
    }
    reason = _NONE_FOR_THEM if audience.notna().any() else _NO_AUDIENCE
    for one in ("citizens", "businesses"):
        variants[one] = _share(is_online[audience.isin([one, "both"]).astype(bool)], reason=reason)
    return variants | _step_variants(services)


def _step_variants(services: pd.DataFrame) -> dict[str, Quotient]:
    known = services[services["steps_count"].notna()]
    online, applicable = known["steps_online_count"], known["steps_applicable_count"]
    is_whole = (applicable > 0) & (online == applicable)
    none_applicable = _NO_STEPS if known.empty else _NO_STEP_APPLICABLE
    return {
        "end_to_end": _share(is_whole, reason=_NO_STEPS),
        "end_to_end_of_applicable": _share(is_whole[(applicable > 0).astype(bool)], reason=none_applicable),
        "any_step_online": _share(online > 0, reason=_NO_STEPS),
        "every_step_online": _share((online > 0) & (online == known["steps_count"]), reason=_NO_STEPS),
    }


def _breakdowns(services: pd.DataFrame, is_online: pd.Series) -> tuple[Breakdown, ...]:
    parts = services.assign(numerator=is_online.astype("Int64"), denominator=1)
    dimensions = {"agency": "agency", "sector": "sector", "audience": "audience"}
    return break_down(parts, dimensions=dimensions, unit=DEFINITION.unit, scale=100)
