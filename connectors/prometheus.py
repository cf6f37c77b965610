"""Prometheus (and what speaks its API): outages as stretches of 0 in `up` or `probe_success`, asked day by day."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from connectors.base import Connector, Options, Retention, Span, Window, Wire, frame_of
from connectors.errors import ConfigError, DataRejected, SourceChanged, SourceUnavailable
from connectors.http import Answer, Request
from connectors.numerals import number
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 11_000
_PASSING = {"timeout", "canceled", "internal", "unavailable"}
_UNITS = {"y": 365.0, "w": 7.0, "d": 1.0, "h": 1 / 24, "m": 1 / 1440, "s": 1 / 86_400, "ms": 1 / 86_400_000}
_PARTS = re.compile(r"(\d+)(ms|[ywdhms])")
_LONGEST_OPEN_DAYS = 31

Labels = tuple[tuple[str, str], ...]


class PrometheusOptions(Options):
    """`query` gives 0 for down and 1 for up, such as `probe_success` or `up{job="portal"}`.

    `label` names the component (`instance` where a series lacks it). `step_seconds` is best the scrape interval: what
    is shorter may go unseen. `keeps_days` is for servers without the status pages that tell it (Thanos, Mimir,
    VictoriaMetrics).
    """

    query: str = Field(min_length=1)
    label: str = "layanan"
    step_seconds: int = Field(default=60, ge=1, le=300)
    keeps_days: int | None = Field(default=None, ge=1)


class _Run(NamedTuple):
    """Samples of one series, one step apart and all the same, from the first to the last; `row` is the series' place
    in its answer."""

    first_at: int
    last_at: int
    is_up: bool
    file: RawFile
    row: int


class _SeriesOutage(NamedTuple):
    labels: Labels
    began: _Run
    ended_at: int | None


@dataclass
class PulledSamples:
    """Counts over the answers of one pull, and its series; `down` are those whose last sample is 0."""

    points_count: int = 0
    samples_count: int = 0
    series: set[Labels] = field(default_factory=set)
    down: set[Labels] = field(default_factory=set)
    is_partial: bool = False


class Prometheus(Connector):
    """Grain of `rows`: one outage of one series. Columns: id, component, started_at, ended_at (epoch seconds), labels.

    An outage runs from the first sample that is 0 to the first that is 1. Where there is no sample nobody knows: it
    ends no outage, is counted and remarked upon, and days without any sample are not covered. Points asked for lie on
    whole multiples of the step, so that one day always gives the same samples.
    """

    OPTIONS = PrometheusOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The window's samples, one question a day or less, never more points than the server allows.

        One step more is asked for at the start, to tell an outage that begins from one under way; after the end,
        days are asked until what is down then is up. Raises `ConfigError` for a query it does not accept.
        """
        pulled = PulledSamples()
        step = self.options.step_seconds
        first_at = _next_point(window.start_at, step)
        for day in window.split(1):
            start_at = first_at - step if day.start_at == window.start_at else _next_point(day.start_at, step)
            self._ask_day(wire, pulled, start_at, _next_point(day.end_at, step))
        self._remark(wire, pulled)
        after = Window(window.end_at, window.end_at + timedelta(days=_LONGEST_OPEN_DAYS))
        for day in after.split(1):
            if not pulled.down:
                break
            self._ask_day(wire, pulled, _next_point(day.start_at, step), _next_point(day.end_at, step))

    def held(self, wire: Wire) -> Retention:
        """For how many days the server says it keeps samples; without a limit of time nothing is known."""
        if self.options.keeps_days is not None:
            return Retention(keeps_days=self.options.keeps_days)
        answer = wire.http.ask(_authorised(Request("api/v1/status/runtimeinfo"), wire))
        text = str(_data(answer.document(), answer.where).get("storageRetention", ""))
        parts = _PARTS.findall(text) if re.match(r"\d+(ms|[ywdhms])", text) else []
        days = sum(int(number) * _UNITS[unit] for number, unit in parts)
        return Retention(keeps_days=max(1, math.ceil(days)) if parts else None)

    def covered_spans(self, files: Sequence[RawFile]) -> list[Span]:
        """When there were samples, of whatever series."""
        step = timedelta(seconds=self.options.step_seconds)
        runs = sorted({(run.first_at, run.last_at) for file in files for _, run in self._runs(file)})
        return [(_moment(first_at), _moment(last_at) + step) for first_at, last_at in runs]

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """A frame for each answer in which an outage begins; answers may overlap and come in any order."""
        by_series: dict[Labels, list[_Run]] = {}
        for file in files:
            for labels, run in self._runs(file):
                by_series.setdefault(labels, []).append(run)
        begun: dict[RawFile, list[_SeriesOutage]] = {file: [] for file in files}
        for labels, runs in by_series.items():
            for outage in _outages(labels, runs):
                begun[outage.began.file].append(outage)
        for file, outages in begun.items():
            if outages:
                frame = frame_of((self._record(outage) for outage in outages), columns=columns)
                frame["source_row"] = [outage.began.row for outage in outages]
                yield file, frame.astype({"source_row": "Int64"})

    def _ask_day(self, wire: Wire, pulled: PulledSamples, start_at: int, end_at: int) -> None:
        """Every point from the start to before the end, in as few questions as the limit of points lets."""
        step = self.options.step_seconds
        for first_at in range(start_at, end_at, _POINTS * step):
            last_at = min(first_at + (_POINTS - 1) * step, end_at - step)
            form = {"query": self.options.query, "start": str(first_at), "end": str(last_at), "step": str(step)}
            request = _authorised(Request("api/v1/query_range", method="POST", form=form), wire)
            name = f"{_moment(first_at):%Y%m%dT%H%M%SZ}-{_moment(last_at):%Y%m%dT%H%M%SZ}-{step}s.json"
            pulled.points_count += (last_at - first_at) // step + 1
            wire.ask(name, request, read=lambda answer: add_samples(answer, pulled))

    def _remark(self, wire: Wire, pulled: PulledSamples) -> None:
        """Say what is not known: no series at all, hours without samples, an answer that is not whole."""
        missing = pulled.points_count * len(pulled.series) - pulled.samples_count
        hours = missing * self.options.step_seconds / 3600
        if not pulled.series:
            wire.recorder.note(
                id="kueri tidak memberi satu deret pun; periksa options.query",
                en="the query gives not one series; check options.query",
            )
        elif missing:
            wire.recorder.note(
                id=f"{number(hours, decimals=1)} jam tanpa sampel dari {number(len(pulled.series))} deret: "
                "keadaannya tidak diketahui",
                en=f"{hours:,.1f} hours without samples over {len(pulled.series):,} series: their state is not known",
            )
        if pulled.is_partial:
            wire.recorder.doubt(
                id="sistem memperingatkan bahwa jawabannya mungkin tidak lengkap",
                en="the system warns that its answers may not be whole",
            )

    def _runs(self, file: RawFile) -> Iterator[tuple[Labels, _Run]]:
        """The runs of one kept answer, series by series; `NaN` is no sample."""
        step = self.options.step_seconds
        for row, series in enumerate(json.loads(file.path.read_bytes())["data"]["result"], start=1):
            labels = _labels(series)
            samples = [(int(at), value) for at, value in series.get("values", ()) if value != "NaN"]
            steps = enumerate(pairwise(samples), start=1)
            breaks = [n for n, ((at, was), (then, value)) in steps if was != value or then - at > step]
            for first, end in pairwise([0, *breaks, len(samples)] if samples else []):
                yield labels, _Run(samples[first][0], samples[end - 1][0], samples[first][1] == "1", file, row)

    def _record(self, outage: _SeriesOutage) -> dict[str, str | None]:
        labels = dict(outage.labels)
        # Labels may hold what is nobody's business, so an id tells series apart without repeating them.
        digest = hashlib.sha256(json.dumps(outage.labels).encode()).hexdigest()[:12]
        return {
            **labels,
            "id": f"{digest}:{outage.began.first_at}",
            "component": labels.get(self.options.label) or labels.get("instance"),
            "started_at": str(outage.began.first_at),
            "ended_at": None if outage.ended_at is None else str(outage.ended_at),
        }


def _next_point(moment: datetime, step: int) -> int:
    """The first whole multiple of the step at or after a moment."""
    return -(-math.ceil(moment.timestamp()) // step) * step


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _authorised(request: Request, wire: Wire) -> Request:
    """A login with its password, a token alone, or nothing where the server asks for nothing."""
    connection = wire.connection
    if connection.login:
        return replace(request, login=(connection.login, connection.password))
    if connection.password:
        return replace(request, secret_headers={"Authorization": f"Bearer {connection.password}"})
    return request


def add_samples(answer: Answer, pulled: PulledSamples) -> None:
    """Add an answer's samples to those of its pull.

    Raises `SourceChanged` for another form, `DataRejected` for values that are neither 0 nor 1, and `ConfigError` or
    `SourceUnavailable` for a refusal.
    """
    document = answer.document()
    data = _data(document, answer.where)
    if data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        raise _changed(answer.where)
    pulled.is_partial |= bool(document.get("warnings"))
    pulled.down = set()
    for series in data["result"]:
        values = [value for _, value in series.get("values", ()) if value != "NaN"]
        _refuse_strange(values, answer.where)
        pulled.samples_count += len(values)
        pulled.series.add(_labels(series))
        if values and values[-1] == "0":
            pulled.down.add(_labels(series))


def _data(document: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401 any JSON
    if isinstance(document, dict) and document.get("status") == "error":
        raise _refused(where, str(document.get("errorType")), str(document.get("error")))
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise _changed(where)
    return data


def _refused(where: str, kind: str, text: str) -> Exception:
    if kind in _PASSING:
        return SourceUnavailable(
            id=f"{where}: Prometheus sedang tidak sanggup menjawab ({kind}). Coba lagi nanti.",
            en=f"{where}: Prometheus cannot answer just now ({kind}). Try again later.",
        )
    if "maximum resolution" in text:
        return ConfigError(
            id=f"{where}: server memberi kurang dari {number(_POINTS)} titik per deret. Besarkan options.step_seconds.",
            en=f"{where}: the server allows fewer than {_POINTS:,} points a series. Make options.step_seconds larger.",
        )
    return ConfigError(
        id=f"{where}: kueri tidak diterima ({kind}). Perbaiki options.query.",
        en=f"{where}: the query was not accepted ({kind}). Mend options.query.",
    )


def _changed(where: str) -> SourceChanged:
    return SourceChanged(
        id=f"{where}: jawabannya bukan matriks Prometheus. Periksa alamat koneksi dan options.query.",
        en=f"{where}: the answer is no matrix of Prometheus. Check the connection's address and options.query.",
    )


def _labels(series: Mapping[str, Any]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in series["metric"].items()))


def _refuse_strange(values: Sequence[str], where: str) -> None:
    strange = sorted(set(values) - {"0", "1"})
    if strange:
        raise DataRejected(
            id=f"{where}: kueri memberi nilai {strange[0]}, bukan 0 (mati) atau 1 (hidup). Tulis pembandingnya di "
            "options.query, misalnya (ekspresi) > bool 0.",
            en=f"{where}: the query gives the value {strange[0]}, not 0 (down) or 1 (up). Write a comparison in "
            "options.query, such as (expression) > bool 0.",
        )


def _outages(labels: Labels, runs: Sequence[_Run]) -> Iterator[_SeriesOutage]:
    began: _Run | None = None
    for run in sorted(runs, key=lambda run: (run.first_at, run.last_at)):
        if not run.is_up:
            began = began or run
        elif began is not None:
            yield _SeriesOutage(labels, began, run.first_at)
            began = None
    if began is not None:
        yield _SeriesOutage(labels, began, None)
