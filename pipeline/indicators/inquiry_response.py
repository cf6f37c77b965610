"""10.3: mean time from receipt of an inquiry to the city's first substantive response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    coverage_terms,
    quarantine_effect,
    quotient,
    undeclared_coverage,
)
from pipeline.indicators.counting import (
    BLANK_MEMBER,
    Durations,
    count_rows,
    is_sound,
    spread,
    whole_seconds,
)
from pipeline.indicators.dates import date_remarks, ends_on_clocks, on_clocks, one_is_date, starts_and_ends
from pipeline.indicators.definition import Definition
from pipeline.periods import Period
from pipeline.tables import EARLIEST_PLAUSIBLE, NEVER_RECORDED

DEFINITION = Definition(
    id="inquiry_response",
    clause="10.3",
    table="inquiries",
    name_id="Rata-rata waktu respons terhadap pertanyaan melalui sistem nondarurat kota",
    name_en="Average response time to inquiries made through the city's non-emergency inquiry system",
    short_id="Waktu respons",
    short_en="Response time",
    unit="days",
    unit_id="hari",
    numerator_id="jam dari diterima sampai tanggapan substantif pertama",
    numerator_en="hours from receipt to the first substantive response",
    denominator_id="pertanyaan yang sudah dijawab",
    denominator_en="answered inquiries",
    measure="mean",
    scale=1 / 24,
    method_version="1.3",
    better="lower",
    explained_by=("agency", "category", "channel"),
    folded=("agency", "category", "channel"),
    rule_id="Jam dari diterima sampai tanggapan substantif pertama kota, atas pertanyaan yang diterima dalam periode "
    "dan sudah dijawab, dibagi 24. Tanggal tanpa jam ialah satu hari utuh: hari yang sama dihitung 0. Penerusan, "
    "balasan otomatis, dan penutupan oleh sistem bukan tanggapan. Yang belum dijawab ditampilkan dengan dua "
    "batas, dan selama ada, hasilnya sementara.",
    rule_en="Hours from receipt to the city's first substantive response, over inquiries received in the period and "
    "answered, divided by 24. A date without an hour is a whole day: the same day counts as 0. Forwarding, automatic "
    "replies and closing by the system are no responses. The unanswered are shown with two bounds, "
    "and while there are any the result is provisional.",
    origin_id="Catatan sistem nondarurat dan perangkat daerah yang menerima terusannya.",
    origin_en="The records of the non-emergency system and of the departments it forwards to.",
    reading_id="Masalah yang penyelesaiannya praktis, murah dan singkat dijawab lebih cepat, sehingga ragam "
    "kategori menggeser rata-rata.",
    reading_en="Problems with a practical, affordable, short-term solution are answered faster, so the mix of "
    "categories moves the mean.",
    limits_id="Angka ini tidak mengatakan apakah masalahnya selesai atau penanyanya puas. Yang belum dijawab "
    "belum ikut rata-rata, dan rata-rata yang baik dapat menyembunyikan beberapa yang sangat lama.",
    limits_en="It does not tell whether the problem was solved or the asker is content. What is still "
    "unanswered is not in the mean yet, and a good mean may hide a few that took very long.",
    variants={
        "day_end": (
            "tanggal tanpa jam dihitung sampai akhir harinya, bukan sejak awalnya",
            "a date without an hour counts to its day's end instead of from its beginning",
        ),
        "open_age_counted": (
            "umur yang belum dijawab sampai penarikan data ikut dihitung sebagai waktu respons",
            "the age of unanswered inquiries at the extraction counts as their response time",
        ),
        "strict_all_received": (
            "jam respons dibagi semua yang diterima, dijawab atau belum",
            "hours of response over all that were received, answered or not",
        ),
        "open_inquiries": (
            "banyaknya yang belum dijawab dan belum ditutup",
            "how many are neither answered nor closed",
        ),
        "open_mean_age": (
            "umur rata-rata yang belum dijawab, sampai penarikan data",
            "the mean age of the unanswered, to the extraction",
        ),
        "working_days": (
            "tanpa Sabtu, Minggu, libur nasional, dan cuti bersama; satu hari kerja = 24 jam",
            "without Saturdays, Sundays, national holidays and collective leave; a working day is 24 hours",
        ),
        "within_follow_up_deadline": (
            "bagian dari yang diterima yang dijawab dalam batas hari kerja tindak lanjut (%)",
            "the share of those received that were answered within the working days allowed to follow up (%)",
        ),
        "by_date_answered": (
            "yang dijawab dalam periode, kapan pun diterima",
            "those answered in the period, whenever they were received",
        ),
        "as_recorded": (
            "setiap baris yang diterima dalam periode, juga yang dikecualikan atau dikarantina, menurut jam meja",
            "every row received in the period, excluded and quarantined ones too, by the desk's own clock",
        ),
        "time_to_closure": ("sampai ditutup, bukan sampai ditanggapi", "to the closing instead of the response"),
        "time_to_closure_as_recorded": (
            "sampai ditutup, setiap baris, menurut jam meja",
            "to the closing, every row, by the desk's own clock",
        ),
        "time_to_closure_non_negative": (
            "sampai ditutup, setiap baris, menurut jam meja, tanpa selisih negatif",
            "to the closing, every row, by the desk's own clock, without negative durations",
        ),
    },
)
HOUR, DAY = 3600, 24 * 3600
_UNANSWERED = "belum ada yang dijawab / none answered yet"
_NO_DATA = "tidak ada data pertanyaan / no inquiry data"
_NONE_RECEIVED = "tidak ada pertanyaan diterima / no inquiry received"
_NO_RESPONSE_TIMES = (
    "tidak satu pun pertanyaan memuat waktu tanggapan; waktu tutup bukan tanggapan. Minta log tindak lanjut per tiket "
    "(waktu dan pelaku; untuk SP4N-LAPOR! kepada KemenPANRB), lalu isi 'responses' / "
    "no inquiry holds a response time; a closing is no response. Ask for the follow-up log per ticket (time and actor; "
    "for SP4N-LAPOR! from KemenPANRB), then fill in 'responses'"
)
_NOT_YET = ("open", "in_progress")
_DIMENSIONS = ("channel", "category", "agency")


@dataclass(frozen=True)
class InquirySummary:
    """What a part adds: sums of whole seconds by variant and by member, and counts.

    `members` are the answered by dimension and member. `answered_seconds` holds each answered inquiry's duration, four
    bytes each while they suffice, a stretch for each part: the median of the whole needs them all. `months` are those
    in which inquiries were received; `mixed_count` how many durations reach to or from a date without an hour.
    """

    rows: RowCounts
    inputs: Fingerprint
    sums: Mapping[str, Durations]
    members: Mapping[tuple[str, str], Durations]
    answered_seconds: tuple[NDArray[np.signedinteger], ...]
    months: Coverage
    received_count: int
    timely_count: int
    mixed_count: int
    has_responses: bool
    are_all_open: bool

    def __add__(self, other: InquirySummary) -> InquirySummary:
        return InquirySummary(
            self.rows + other.rows,
            self.inputs + other.inputs,
            _added(self.sums, other.sums),
            _added(self.members, other.members),
            self.answered_seconds + other.answered_seconds,
            self.months | other.months,
            self.received_count + other.received_count,
            self.timely_count + other.timely_count,
            self.mixed_count + other.mixed_count,
            self.has_responses or other.has_responses,
            self.are_all_open and other.are_all_open,
        )


def summarise(part: pd.DataFrame, *, terms: Terms) -> InquirySummary:
    """Add up the durations of a part; an inquiry belongs to the period in which it was received."""
    received, responded, has_closing = part["received_at"], part["responded_at"], part["closed_at"].notna()
    has_response, sound = responded.notna(), is_sound(part)
    is_received = (received >= terms.start_at) & (received < terms.end_at)
    is_answered_inside = (responded >= terms.start_at) & (responded < terms.end_at)
    is_inside, eligible = is_received | received.isna(), is_received & sound
    durations = _durations(
        part,
        terms,
        eligible=eligible,
        recorded=is_received & ~part["excluded_by"].isin(NEVER_RECORDED),
        held=is_received & part["quarantine_reason"].notna() & (responded >= received),
        answered_inside=is_answered_inside & sound & received.notna(),
    )
    unanswered, mixed = sound & ~has_response, one_is_date(part, "received", "responded")
    return InquirySummary(
        rows=count_rows(
            part,
            is_inside=is_inside,
            left_out={"open": unanswered & ~has_closing, "closed_without_response": unanswered & has_closing},
        ),
        inputs=Fingerprint.of(part, among=(is_inside | is_answered_inside).to_numpy()),
        sums={name: Durations.of(seconds) for name, seconds in durations.items()},
        members=_by_member(part.loc[eligible & has_response, list(_DIMENSIONS)], durations["answered"]),
        answered_seconds=(_narrow(durations["answered"]),),
        months=_months(received[eligible], terms),
        received_count=int(eligible.sum()),
        timely_count=int((durations["working"] <= terms.follow_up_days * DAY).sum()),
        mixed_count=sum(int(rows[eligible.to_numpy(bool)].sum()) for rows in mixed),
        has_responses=bool(has_response.any()),
        # Whether the desk itself says that nothing has been dealt with yet, so that no response could be recorded.
        are_all_open=bool((part["status"].isin(_NOT_YET) & ~has_closing).all()),
    )


def conclude(summary: InquirySummary, *, terms: Terms) -> Result:
    """Hours of response over answered inquiries, in days."""
    answered = summary.sums["answered"]
    headline = _mean_days(answered, reason=_reason(summary))
    coverage_pct = (summary.months if terms.covers is None else terms.covers).pct_of(terms.period)
    return Result.of(
        DEFINITION,
        headline,
        terms=terms,
        coverage_pct=coverage_pct,
        inputs=summary.inputs,
        remarks=[*undeclared_coverage(terms), *_remarks(summary, terms), *_held(summary, headline)],
        depends_on={
            "zone": terms.zone.key,
            "as_of": terms.as_of.isoformat() if answered.count < summary.received_count else None,
            "covers": coverage_terms(terms.covers),
            "holidays": terms.holidays,
            "follow_up_days": terms.follow_up_days,
        },
        rows=summary.rows,
        variants=_variants(summary),
        breakdowns=tuple(
            Breakdown(dimension, member, _mean_days(part, reason=_UNANSWERED))
            for dimension in _DIMENSIONS
            for (of, member), part in sorted(summary.members.items())
            if of == dimension
        ),
        statistics=spread(np.concatenate(summary.answered_seconds), unit_seconds=DAY),
    )


def _durations(
    part: pd.DataFrame,
    terms: Terms,
    *,
    eligible: pd.Series,
    recorded: pd.Series,
    held: pd.Series,
    answered_inside: pd.Series,
) -> dict[str, pd.Series]:
    """Whole seconds of each inquiry that counts, by what they are summed for; those answered and working line up."""
    received, responded = starts_and_ends(part, "received", "responded", zone=terms.zone)
    _, closed = starts_and_ends(part, "received", "closed", zone=terms.zone)
    answered, ended = responded.notna(), closed.notna()
    waited, until_closed = responded - received, closed - received
    waited_late = waited
    if any(rows.any() for rows in one_is_date(part, "received", "responded")):
        received_late, responded_late = starts_and_ends(part, "received", "responded", zone=terms.zone, at_day_end=True)
        waited_late = responded_late - received_late
    # On the city's clocks: what the desk itself recorded, clock changes not undone, and the days people worked.
    received_then = on_clocks(received, terms.zone)
    responded_then = ends_on_clocks(part, "received", "responded", ended=responded, zone=terms.zone)
    closed_then = ends_on_clocks(part, "received", "closed", ended=closed, zone=terms.zone)
    start, end = (_working_seconds(then[eligible & answered], terms) for then in (received_then, responded_then))
    closings = whole_seconds((closed_then - received_then)[recorded & (part["closed_at"] >= EARLIEST_PLAUSIBLE)])
    return {
        "answered": whole_seconds(waited[eligible & answered]),
        "held": whole_seconds(waited[held]),
        "day_end": whole_seconds(waited_late[eligible & answered]),
        "working": end - start,
        "open": whole_seconds(terms.as_of - received[eligible & ~answered & ~ended]).clip(lower=0),
        "answered_inside": whole_seconds(waited[answered_inside]),
        "recorded": whole_seconds(
            (responded_then - received_then)[recorded & (part["responded_at"] >= EARLIEST_PLAUSIBLE)]
        ),
        "closed": whole_seconds(until_closed[eligible & ended]),
        "recorded_closed": closings,
        "recorded_closed_non_negative": closings[closings >= 0],
    }


def _working_seconds(on_clocks: pd.Series, terms: Terms) -> pd.Series:
    """Working seconds since year 1 to each moment: local working days as 24 hours, weekends and holidays as none."""
    seconds, holidays = whole_seconds(on_clocks - pd.Timestamp(0)), np.array(terms.holidays, "M8[D]")
    days = (seconds // DAY).to_numpy().astype("M8[D]")
    is_working_day = np.is_busday(days, holidays=holidays)
    # Counted backwards, a stretch of days holds its first day in place of its last: so from before any moment.
    working_days = np.busday_count(np.datetime64("0001-01-01"), days, holidays=holidays)
    return working_days * DAY + (seconds % DAY).where(is_working_day, 0)


def _months(moments: pd.Series, terms: Terms) -> Coverage:
    """The local months in which some moment lies; nobody asks where coverage is declared."""
    if terms.covers is not None:
        return Coverage()
    months = np.unique(on_clocks(moments, terms.zone).to_numpy().astype("M8[M]"))
    periods = [Period.parse(str(month)) for month in months]
    return Coverage.of((period.first_on, period.last_on) for period in periods)


def _narrow(seconds: pd.Series) -> NDArray[np.signedinteger]:
    """In four bytes each, if they suffice."""
    wide: NDArray[np.signedinteger] = seconds.to_numpy()
    narrow = wide.astype(np.int32)
    return narrow if np.array_equal(narrow, wide) else wide


def _by_member(members: pd.DataFrame, seconds: pd.Series) -> dict[tuple[str, str], Durations]:
    """The sum of the durations of each dimension's members."""
    found = {}
    for dimension in _DIMENSIONS:
        grouped = seconds.groupby(members[dimension], observed=False, dropna=False)
        sums = grouped.sum()
        for member, total, count in zip(sums.index, sums, grouped.size(), strict=True):
            if count:
                name = BLANK_MEMBER if pd.isna(member) else str(member)
                found[dimension, name] = Durations(int(total), int(count))
    return found


def _added(one: Mapping[Any, Durations], other: Mapping[Any, Durations]) -> dict[Any, Durations]:
    return {key: one.get(key, Durations()) + other.get(key, Durations()) for key in {**one, **other}}


def _reason(summary: InquirySummary) -> str:
    """Why there may be nothing to divide by."""
    if not summary.rows.read:
        return _NO_DATA
    if not summary.received_count:
        return _NONE_RECEIVED
    return _UNANSWERED if summary.has_responses or summary.are_all_open else _NO_RESPONSE_TIMES


def _remarks(summary: InquirySummary, terms: Terms) -> list[Remark]:
    """What can still move the value: the unanswered, and dates without an hour."""
    count, to_day_end = summary.sums["open"].count, summary.sums["day_end"]
    days = to_day_end.seconds / DAY / (to_day_end.count or 1)
    dated = date_remarks(
        summary.mixed_count, summary.sums["answered"].count, to_day_end=days, suffices=terms.dates_suffice
    )
    if not count:
        return dated
    return [
        *dated,
        Remark(
            "still_open",
            f"{number(count)} pertanyaan belum dijawab",
            f"{counted_en(count, 'inquiry is', 'inquiries are')} not answered yet",
        ),
    ]


def _held(summary: InquirySummary, headline: Quotient) -> list[Remark]:
    """What the mean would be with the quarantined inquiries whose times are known and in order."""
    held = summary.sums["held"]
    with_held = _mean_days(summary.sums["answered"] + held, reason=_UNANSWERED)
    return quarantine_effect(
        summary.rows,
        headline=headline,
        unit_id=DEFINITION.unit_id,
        if_sound=[with_held],
        known_count=held.count,
    )


def _mean_days(part: Durations, *, reason: str) -> Quotient:
    """Hours over inquiries, in days."""
    return quotient(part.seconds / HOUR, float(part.count), unit=DEFINITION.unit, reason=reason, scale=1 / 24)


def _variants(summary: InquirySummary) -> dict[str, Quotient]:
    sums, received, open_count = summary.sums, summary.received_count, float(summary.sums["open"].count)
    # Where no response was ever recorded, nothing says that none came.
    timed = received if summary.has_responses else 0
    untimed = _reason(summary)
    none_closed = "belum ada yang ditutup / none closed yet"
    return {
        "day_end": _mean_days(sums["day_end"], reason=untimed),
        "open_age_counted": _mean_days(sums["answered"] + sums["open"], reason=_NONE_RECEIVED),
        "strict_all_received": _mean_days(Durations(sums["answered"].seconds, timed), reason=untimed),
        "open_inquiries": Quotient(open_count, None, "inquiries", open_count)
        if received
        else Quotient(None, None, "inquiries", None, untimed),
        "open_mean_age": _mean_days(sums["open"], reason="tidak ada yang terbuka / none open"),
        "working_days": _mean_days(sums["working"], reason=_UNANSWERED),
        "within_follow_up_deadline": quotient(
            float(summary.timely_count), float(timed), unit="%", reason=untimed, scale=100
        ),
        "by_date_answered": _mean_days(sums["answered_inside"], reason=_UNANSWERED),
        "as_recorded": _mean_days(sums["recorded"], reason=_UNANSWERED),
        "time_to_closure": _mean_days(sums["closed"], reason=none_closed),
        "time_to_closure_as_recorded": _mean_days(sums["recorded_closed"], reason=none_closed),
        "time_to_closure_non_negative": _mean_days(sums["recorded_closed_non_negative"], reason=none_closed),
    }
