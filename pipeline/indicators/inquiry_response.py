"""10.3: mean time from receipt of an inquiry to the city's first substantive response."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.indicators.base import (
    Breakdown,
    Definition,
    Fingerprint,
    Quotient,
    Result,
    RowCounts,
    Terms,
    coverage_terms,
    quotient,
)
from pipeline.indicators.counting import (
    BLANK_MEMBER,
    NEVER_RECORDED,
    Flags,
    count_rows,
    is_sound,
    spread_of,
    status_of,
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
MICROSECONDS = 1_000_000
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

Ints = NDArray[np.int64]


def compute(
    frame: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    terms: Terms,
    tally: pd.DataFrame | None = None,  # noqa: ARG001
) -> Result:
    """The result of one period from the whole `inquiries` table, in one frame or in parts of any order and size.

    Numerator in hours, value in days. Of a part nothing is kept but sums, and four bytes for each answered inquiry.
    """
    seen = _Seen(terms)
    for part in [frame] if isinstance(frame, pd.DataFrame) else frame:
        seen.add(part)
    headline = _mean_days(seen.sums["answered"], reason=seen.reason)
    coverage_pct = _coverage_pct(seen.months, terms)
    return Result(
        indicator_id=DEFINITION.id,
        period=terms.period.label,
        headline=headline,
        status=status_of(headline, coverage_pct=coverage_pct),
        coverage_pct=coverage_pct,
        rows=seen.rows,
        method_version=DEFINITION.method_version,
        inputs_sha256=seen.inputs.sha256(
            terms={
                "period": terms.period.label,
                "zone": terms.zone.key,
                "as_of": terms.as_of.isoformat() if seen.sums["answered"].count < seen.received_count else None,
                "covers": coverage_terms(terms.covers),
                "holidays": terms.holidays,
                "follow_up_days": terms.follow_up_days,
            },
            method_version=DEFINITION.method_version,
        ),
        variants=_variants(seen),
        breakdowns=_breakdowns(seen.members),
        statistics=spread_of(np.frombuffer(seen.seconds, seen.seconds.typecode), unit=DAY),
    )


@dataclass(frozen=True)
class _Sum:
    """Seconds of some inquiries, and how many they are."""

    seconds: int = 0
    count: int = 0

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(self.seconds + other.seconds, self.count + other.count)


class _Seen:
    """What is known of the parts seen so far: sums by variant and member, and what the rest of a result needs."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.rows, self.inputs = RowCounts(), Fingerprint()
        self.sums: dict[str, _Sum] = defaultdict(_Sum)
        self.members: dict[str, dict[str, _Sum]] = {name: defaultdict(_Sum) for name in _DIMENSIONS}
        self.seconds: array[int] = array("i")
        self.months: set[str] = set()
        self.received_count, self.timely_count = 0, 0
        self.has_responses, self.is_all_open = False, True

    @property
    def reason(self) -> str:
        """Why there may be nothing to divide by."""
        if not self.rows.read:
            return _NO_DATA
        if not self.received_count:
            return _NONE_RECEIVED
        return _UNANSWERED if self.has_responses or self.is_all_open else _NO_RESPONSE_TIMES

    def add(self, part: pd.DataFrame) -> None:
        """Take a part of the table."""
        moments = _Moments(part, self.terms)
        sound, has_response, has_closing = (
            is_sound(part).to_numpy(),
            moments.has("responded_at"),
            moments.has("closed_at"),
        )
        is_received, is_answered = moments.is_within("received_at"), moments.is_within("responded_at")
        is_inside, eligible = is_received | ~moments.has("received_at"), is_received & sound
        answered, unanswered = eligible & has_response, sound & ~has_response
        # Whether the desk itself says that nothing has been dealt with yet, so that no response could be recorded.
        self.is_all_open &= bool((part["status"].isin(_NOT_YET).to_numpy() & ~has_closing).all())
        self.has_responses |= bool(has_response.any())
        self.rows += count_rows(
            part,
            is_inside=is_inside,
            left_out={"open": unanswered & ~has_closing, "closed_without_response": unanswered & has_closing},
        )
        self.inputs.add(part, among=is_inside | is_answered)
        self.months |= moments.months(eligible) if self.terms.covers is None else set()
        waited, until_closed = moments.seconds(until="responded_at"), moments.seconds(until="closed_at")
        seconds = waited[answered]
        self._keep(seconds)
        self._add_members(part, answered, seconds)
        working = moments.working_seconds(answered)
        self.timely_count += int((working <= self.terms.follow_up_days * DAY).sum())
        recorded = is_received & ~part["excluded_by"].isin(NEVER_RECORDED).to_numpy()
        closing = moments.recorded_seconds(until="closed_at")[recorded & has_closing]
        for name, found in {
            "answered": seconds,
            "working": working,
            "open": moments.ages(eligible & ~has_response & ~has_closing),
            "answered_inside": waited[is_answered & sound & moments.has("received_at")],
            "recorded": moments.recorded_seconds(until="responded_at")[recorded & has_response],
            "closed": until_closed[eligible & has_closing],
            "recorded_closed": closing,
            "recorded_closed_non_negative": closing[closing >= 0],
        }.items():
            self.sums[name] += _Sum(int(found.sum()), len(found))
        self.received_count += int(eligible.sum())

    def _keep(self, seconds: Ints) -> None:
        """In four bytes each, while they suffice."""
        narrow = seconds.astype(np.int32)
        if self.seconds.typecode == "i" and not np.array_equal(narrow, seconds):
            self.seconds = array("q", self.seconds)
        self.seconds.frombytes((narrow if self.seconds.typecode == "i" else seconds).tobytes())

    def _add_members(self, part: pd.DataFrame, answered: Flags, seconds: Ints) -> None:
        for dimension, sums in self.members.items():
            codes, names = _coded(part[dimension])
            codes = codes[answered] + 1
            counts = np.bincount(codes, minlength=len(names) + 1)
            totals = np.bincount(codes, weights=seconds, minlength=len(names) + 1)
            for member, total, count in zip([BLANK_MEMBER, *names], totals, counts, strict=True):
                if count:
                    sums[member] += _Sum(int(total), int(count))


class _Moments:
    """The moments of a part, in UTC, and the seconds between them."""

    def __init__(self, part: pd.DataFrame, terms: Terms) -> None:
        self._terms = terms
        self._start, self._end = (_in_utc(moment) for moment in terms.period.bounds(terms.zone))
        self._of = {name: part[name].to_numpy("M8[us]") for name in ("received_at", "responded_at", "closed_at")}
        self._on_clocks: dict[str, NDArray[np.datetime64]] = {}

    def has(self, name: str) -> Flags:
        return np.asarray(~np.isnat(self._of[name]))

    def is_within(self, name: str) -> Flags:
        """Whether a moment lies in the period."""
        return np.asarray((self._of[name] >= self._start) & (self._of[name] < self._end))

    def seconds(self, *, until: str) -> Ints:
        """Whole seconds from receipt, rounded down; of no meaning where either moment is missing."""
        return _whole_seconds(self._of["received_at"], self._of[until])

    def ages(self, rows: Flags) -> Ints:
        """Seconds from receipt to the extraction, none below zero."""
        return np.maximum(_whole_seconds(self._of["received_at"][rows], _in_utc(self._terms.as_of)), 0)

    def recorded_seconds(self, *, until: str) -> Ints:
        """As `seconds`, but as the desk's own clock shows them: clock changes not undone."""
        return _whole_seconds(self._local("received_at"), self._local(until))

    def working_seconds(self, rows: Flags) -> Ints:
        """Response time with weekends and holidays taken out, whole local days as 24 hours."""
        names = ("received_at", "responded_at")
        local = [self._local(name)[rows].view(np.int64) // MICROSECONDS for name in names]
        if not len(local[0]):
            return local[0]
        first = min(int(moments.min()) for moments in local) // DAY
        last = max(int(moments.max()) for moments in local) // DAY
        days = np.arange(first, last + 1).astype("M8[D]")
        is_working = np.is_busday(days, holidays=np.array(self._terms.holidays, dtype="M8[D]"))
        before: Ints = np.cumsum(is_working) - is_working
        start, end = (
            before[moments // DAY - first] * DAY + is_working[moments // DAY - first] * (moments % DAY)
            for moments in local
        )
        return np.asarray(end - start)

    def months(self, rows: Flags) -> set[str]:
        """The local months in which some were received."""
        return set(np.unique(self._local("received_at")[rows].astype("M8[M]")).astype(str).tolist())

    def _local(self, name: str) -> NDArray[np.datetime64]:
        """The moments on the city's clocks."""
        if name not in self._on_clocks:
            moments = pd.DatetimeIndex(self._of[name]).tz_localize("UTC")
            self._on_clocks[name] = np.asarray(moments.tz_convert(self._terms.zone).tz_localize(None))
        return self._on_clocks[name]


def _in_utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def _whole_seconds(start: NDArray[np.datetime64], end: NDArray[np.datetime64] | np.datetime64) -> Ints:
    return np.asarray((end - start).view(np.int64) // MICROSECONDS)


def _coded(column: pd.Series) -> tuple[Ints, list[str]]:
    """For each row which text it has, -1 for none, and the texts."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64), column.cat.categories.tolist()
    codes, texts = pd.factorize(column)
    return codes, texts.tolist()


def _mean_days(part: _Sum, *, reason: str) -> Quotient:
    """Hours over inquiries, in days."""
    return quotient(part.seconds / HOUR, float(part.count), unit=DEFINITION.unit, reason=reason, scale=1 / 24)


def _variants(seen: _Seen) -> dict[str, Quotient]:
    sums, received, open_count = seen.sums, float(seen.received_count), float(seen.sums["open"].count)
    none_closed = "belum ada yang ditutup / none closed yet"
    return {
        "open_age_counted": _mean_days(sums["answered"] + sums["open"], reason=_NONE_RECEIVED),
        "strict_all_received": _mean_days(_Sum(sums["answered"].seconds, seen.received_count), reason=_NONE_RECEIVED),
        "open_inquiries": Quotient(open_count, None, "inquiries", open_count),
        "open_mean_age": _mean_days(sums["open"], reason="tidak ada yang terbuka / none open"),
        "working_days": _mean_days(sums["working"], reason=_UNANSWERED),
        "within_follow_up_deadline": quotient(
            float(seen.timely_count), received, unit="%", reason=_NONE_RECEIVED, scale=100
        ),
        "by_date_answered": _mean_days(sums["answered_inside"], reason=_UNANSWERED),
        "as_recorded": _mean_days(sums["recorded"], reason=_UNANSWERED),
        "time_to_closure": _mean_days(sums["closed"], reason=none_closed),
        "time_to_closure_as_recorded": _mean_days(sums["recorded_closed"], reason=none_closed),
        "time_to_closure_non_negative": _mean_days(sums["recorded_closed_non_negative"], reason=none_closed),
    }


def _breakdowns(members: Mapping[str, Mapping[str, _Sum]]) -> tuple[Breakdown, ...]:
    return tuple(
        Breakdown(dimension, member, _mean_days(part, reason=_UNANSWERED))
        for dimension, sums in members.items()
        for member, part in sorted(sums.items())
    )


def _coverage_pct(months: set[str], terms: Terms) -> float:
    """Declared days covered; undeclared, the days of those months in which at least one inquiry was received."""
    period = terms.period
    if terms.covers is not None:
        return terms.covers.pct_of(period)
    return 100 * sum(month.days_count for month in period.months if month.label in months) / period.days_count
