"""10.3: mean time from receipt of an inquiry to the city's first substantive response."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipeline.indicators.base import Breakdown, Definition, Quotient, Result, Terms, inputs_sha256, quotient
from pipeline.indicators.counting import (
    NEVER_RECORDED,
    break_down,
    count_rows,
    covered_pct,
    is_sound,
    spread,
    status_of,
    whole_seconds,
)

DEFINITION = Definition(
    id="inquiry_response",
    clause="10.3",
    table="inquiries",
    name_id="Rata-rata waktu respons terhadap pertanyaan melalui sistem nondarurat kota",
    name_en="Average response time to inquiries made through the city's non-emergency inquiry system",
    unit="days",
    method_version="1.0",
    author="Tolok",
    checker="Pengawas data Diskominfo / Diskominfo data steward",
    reviewed_on=date(2026, 11, 24),
    rule_id="Jam dari diterima sampai tanggapan substantif pertama kota, atas pertanyaan yang diterima dalam periode "
    "dan sudah dijawab, dibagi 24. Penerusan, balasan otomatis, dan penutupan oleh sistem bukan tanggapan. Yang belum "
    "dijawab ditampilkan dengan dua batas.",
    rule_en="Hours from receipt to the city's first substantive response, over inquiries received in the period and "
    "answered, divided by 24. Forwarding, automatic replies and closing by the system are no responses. The unanswered "
    "are shown with two bounds.",
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


def compute(frame: pd.DataFrame, *, terms: Terms, tally: pd.DataFrame | None = None) -> Result:  # noqa: ARG001
    """The result of one period from the whole `inquiries` table; numerator in hours, value in days."""
    start, end = terms.period.bounds(terms.zone)
    is_received = frame["received_at"].notna() & (frame["received_at"] >= start) & (frame["received_at"] < end)
    is_inside = frame["received_at"].isna() | is_received
    eligible = frame[is_received & is_sound(frame)]
    answered = eligible[eligible["responded_at"].notna()]
    is_unanswered = is_sound(frame) & frame["responded_at"].isna()
    is_closed = frame["closed_at"].notna()
    headline = _mean_days(_response_seconds(answered), reason=_reason(frame, eligible))
    coverage_pct = _coverage_pct(eligible, terms)
    is_answered_inside = (frame["responded_at"] >= start) & (frame["responded_at"] < end)
    return Result(
        indicator_id=DEFINITION.id,
        period=terms.period.label,
        headline=headline,
        status=status_of(headline, coverage_pct=coverage_pct),
        coverage_pct=coverage_pct,
        rows=count_rows(
            frame,
            is_inside=is_inside,
            left_out={"open": is_unanswered & ~is_closed, "closed_without_response": is_unanswered & is_closed},
        ),
        method_version=DEFINITION.method_version,
        inputs_sha256=inputs_sha256(
            frame[is_inside | is_answered_inside],
            terms={
                "period": terms.period.label,
                "zone": terms.zone.key,
                "as_of": terms.as_of.isoformat() if len(answered) < len(eligible) else None,
                "covers": terms.covers,
                "holidays": terms.holidays,
                "follow_up_days": terms.follow_up_days,
            },
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(frame[is_received], frame[is_answered_inside & is_sound(frame)], terms),
        breakdowns=_breakdowns(answered),
        statistics=spread(_response_seconds(answered).astype("float64") / DAY),
    )


def _response_seconds(rows: pd.DataFrame) -> pd.Series:
    return whole_seconds(rows["received_at"], rows["responded_at"])


def _mean_days(seconds: pd.Series, *, reason: str, denominator: int | None = None) -> Quotient:
    """Hours over inquiries, in days; `denominator` when not every inquiry brings its seconds."""
    count = len(seconds) if denominator is None else denominator
    hours = int(seconds.sum()) / HOUR
    return quotient(hours, float(count), unit=DEFINITION.unit, reason=reason, scale=1 / 24)


def _reason(frame: pd.DataFrame, eligible: pd.DataFrame) -> str:
    if frame.empty:
        return _NO_DATA
    if eligible.empty:
        return _NONE_RECEIVED
    return _UNANSWERED if frame["responded_at"].notna().any() or _is_all_open(frame) else _NO_RESPONSE_TIMES


def _is_all_open(frame: pd.DataFrame) -> bool:
    """Whether the desk itself says that nothing has been dealt with yet, so that no response could be recorded."""
    return bool((frame["status"].isin(_NOT_YET) & frame["closed_at"].isna()).all())


def _variants(received: pd.DataFrame, answered_inside: pd.DataFrame, terms: Terms) -> dict[str, Quotient]:
    """`received`: every row received in the period, sound or not; `answered_inside`: sound rows answered in it."""
    eligible = received[is_sound(received)]
    answered = eligible[eligible["responded_at"].notna()]
    unanswered = eligible[eligible["responded_at"].isna() & eligible["closed_at"].isna()]
    closed = eligible[eligible["closed_at"].notna()]
    seconds = _response_seconds(answered)
    until = pd.Series(pd.Timestamp(terms.as_of), index=unanswered.index).astype(unanswered["received_at"].dtype)
    ages = whole_seconds(unanswered["received_at"], until).clip(lower=0)
    recorded = received[~received["excluded_by"].isin(NEVER_RECORDED)]
    responded, closing = _as_recorded(recorded, "responded_at", terms), _as_recorded(recorded, "closed_at", terms)
    open_count = float(len(unanswered))
    return {
        "open_age_counted": _mean_days(pd.concat([seconds, ages]), reason=_NONE_RECEIVED),
        "strict_all_received": _mean_days(seconds, reason=_NONE_RECEIVED, denominator=len(eligible)),
        "open_inquiries": Quotient(open_count, None, "inquiries", open_count),
        "open_mean_age": _mean_days(ages, reason="tidak ada yang terbuka / none open"),
        "working_days": _mean_days(_working_seconds(answered, terms), reason=_UNANSWERED),
        "within_follow_up_deadline": _within_deadline(answered, len(eligible), terms),
        "by_date_answered": _mean_days(_response_seconds(answered_inside), reason=_UNANSWERED),
        "as_recorded": _mean_days(responded, reason=_UNANSWERED),
        "time_to_closure": _mean_days(
            whole_seconds(closed["received_at"], closed["closed_at"]), reason="belum ada yang ditutup / none closed yet"
        ),
        "time_to_closure_as_recorded": _mean_days(closing, reason="belum ada yang ditutup / none closed yet"),
        "time_to_closure_non_negative": _mean_days(
            closing[(closing >= 0).astype(bool)], reason="belum ada yang ditutup / none closed yet"
        ),
    }


def _as_recorded(rows: pd.DataFrame, later: str, terms: Terms) -> pd.Series:
    """Seconds between two stamps as the desk's own clock shows them: no rule applied, clock changes not undone."""
    both = rows[rows["received_at"].notna() & rows[later].notna()]
    start, end = (both[name].dt.tz_convert(terms.zone).dt.tz_localize(None) for name in ("received_at", later))
    return whole_seconds(start, end)


def _working_seconds(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """Response time with weekends and holidays taken out, whole local days as 24 hours."""
    if rows.empty:
        return pd.Series([], dtype="Int64")
    start, end = (
        rows[name].dt.tz_convert(terms.zone).dt.tz_localize(None).astype("datetime64[s]")
        for name in ("received_at", "responded_at")
    )
    holidays = np.array(terms.holidays, dtype="datetime64[D]")

    def worked(moments: pd.Series) -> np.ndarray:
        """Working seconds since an early Monday."""
        days = moments.to_numpy().astype("datetime64[D]")
        full = np.busday_count(np.datetime64("1990-01-01"), days, holidays=holidays)
        in_day = (moments.to_numpy() - days).astype("timedelta64[s]").astype("int64")
        seconds: np.ndarray = full * DAY + np.where(np.is_busday(days, holidays=holidays), in_day, 0)
        return seconds

    return pd.Series(worked(end) - worked(start), index=rows.index, dtype="Int64")


def _within_deadline(answered: pd.DataFrame, received_count: int, terms: Terms) -> Quotient:
    is_timely = _working_seconds(answered, terms) <= terms.follow_up_days * DAY
    return quotient(float(is_timely.sum()), float(received_count), unit="%", reason=_NONE_RECEIVED, scale=100)


def _breakdowns(answered: pd.DataFrame) -> tuple[Breakdown, ...]:
    parts = answered.assign(numerator=_response_seconds(answered).astype("float64") / HOUR, denominator=1)
    dimensions = {"channel": "channel", "category": "category", "agency": "agency"}
    return break_down(parts, dimensions=dimensions, unit=DEFINITION.unit, scale=1 / 24)


def _coverage_pct(eligible: pd.DataFrame, terms: Terms) -> float:
    """Declared days covered; undeclared, the days of those months in which at least one inquiry was received."""
    period = terms.period
    if terms.covers:
        return covered_pct(terms.covers, first_on=period.first_on, last_on=period.last_on)
    months = set(eligible["received_at"].dt.tz_convert(terms.zone).dt.strftime("%Y-%m"))
    return 100 * sum(month.days_count for month in period.months if month.label in months) / period.days_count
