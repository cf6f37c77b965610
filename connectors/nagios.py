"""Nagios' own log files and Icinga 2's compat log: outages by their state lines, planned by their downtime lines."""

from __future__ import annotations

import calendar
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from connectors.base import Connector, Span, frame_of
from connectors.errors import DataRejected, SourceChanged
from connectors.file_kinds import refuse_foreign
from connectors.records import WRONG_FIELD_COUNT, RawFile, open_bytes
from connectors.zip_members import ZIP_DAMAGE, open_zip

if TYPE_CHECKING:
    import pandas as pd

_DOWN = {"CRITICAL", "DOWN"}
_NO_NEWS = {"UNREACHABLE"}
_STATES = _DOWN | _NO_NEWS | {"OK", "UP", "WARNING", "UNKNOWN", "PENDING"}
_DOWNTIMES = {"STARTED", "STOPPED", "CANCELLED"}
_KINDS = {b"HOST", b"SERVICE", b"CURRENT", b"INITIAL"}
_ROTATION = b"LOG ROTATION: "
_START = b" starting... (PID="
_PERIODS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
_CLOCK_CHANGE = timedelta(hours=1, minutes=5)
_LATE = timedelta(seconds=5)

Subject = tuple[str, str]


class _Event(NamedTuple):
    """One line that bears on outages; `subject` is host and service, the service empty for the host itself."""

    at: int
    file: RawFile
    row: int
    subject: Subject
    state: str


class _Outage(NamedTuple):
    began: _Event
    ended_at: int | None
    is_planned: bool


@dataclass
class _Stretch:
    """Lines written without a break; `method` is the rotation it begins with (null when the program was started)."""

    first_at: int
    last_at: int
    method: str | None


@dataclass
class _Log:
    """What one file, or one member of a zip, says."""

    file: RawFile
    events: list[_Event] = field(default_factory=list)
    was_down: dict[Subject, bool] = field(default_factory=dict)
    bad_rows: list[int] = field(default_factory=list)
    stretches: list[_Stretch] = field(default_factory=list)


class Nagios(Connector):
    """Grain of `rows`: one outage. Columns: id, host, service, state, started_at, ended_at (epoch seconds), is_planned.

    An outage runs from the first line, soft ones included, that says CRITICAL (service) or DOWN (host) to the next
    that says anything else; an UNREACHABLE host is hidden behind another and neither begins nor ends one. The states
    written at a start and at each rotation carry outages over files, wherever these lie in the order. An outage is
    planned when a downtime of its host or service overlaps it. `source_row` is the line of its first state. What a
    check printed is never kept.
    """

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """A frame for each file in which an outage begins; lines that cannot be read are rows marked as such."""
        begun: dict[RawFile, list[_Outage]] = {file: [] for file in files}
        bad: dict[RawFile, list[int]] = {file: [] for file in files}
        events: list[_Event] = []
        for log in (log for file in files for log in _logs(file)):
            events += log.events
            bad[log.file] += log.bad_rows
        for outage in _outages(sorted(events, key=lambda event: event.at)):
            begun[outage.began.file].append(outage)
        for file in files:
            if begun[file] or bad[file]:
                yield file, _frame(begun[file], bad[file], columns)

    def covered_spans(self, files: Sequence[RawFile]) -> list[Span]:
        """When the log was written; a rotated file that is missing, or a program that stood still, leaves a gap."""
        stretches = [stretch for file in files for log in _logs(file) for stretch in log.stretches]
        spans: list[_Stretch] = []
        before: _Stretch | None = None
        for stretch in sorted(stretches, key=lambda stretch: (stretch.first_at, stretch.last_at)):
            if before is not None and _follows(stretch, before, spans[-1].last_at):
                spans[-1].last_at = max(spans[-1].last_at, stretch.last_at)
            else:
                spans.append(_Stretch(stretch.first_at, stretch.last_at, None))
            before = stretch
        return [(_moment(span.first_at), _moment(span.last_at)) for span in spans]


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _follows(stretch: _Stretch, before: _Stretch, last_at: int) -> bool:
    """Whether nothing was written between two stretches: they overlap, or one rotation and no more parts them."""
    if stretch.first_at <= last_at:
        return True
    if stretch.method is None:
        return False
    first = _moment(stretch.first_at)
    days_of_month = calendar.monthrange(*(first - timedelta(days=1)).timetuple()[:2])[1]
    period = _PERIODS.get(stretch.method, timedelta(days=days_of_month))
    is_next = first - _moment(before.first_at) <= period + _CLOCK_CHANGE
    return is_next and first - _moment(last_at) <= period + _LATE


def _outages(events: Sequence[_Event]) -> Iterator[_Outage]:
    """Every outage the events of all files make, by its end; those without one come last."""
    downtimes = _downtimes(events)
    down: dict[Subject, _Event] = {}
    for event in events:
        if event.state in _DOWN:
            down.setdefault(event.subject, event)
        elif event.state not in _DOWNTIMES and event.subject in down:
            began = down.pop(event.subject)
            yield _Outage(began, event.at, _is_planned(began, event.at, downtimes))
    yield from (_Outage(began, None, _is_planned(began, None, downtimes)) for began in down.values())


def _downtimes(events: Iterable[_Event]) -> Mapping[Subject, list[tuple[int, int | None]]]:
    """From when to when each host or service was in a downtime; one under way when the log begins began before it."""
    found: dict[Subject, list[tuple[int, int | None]]] = {}
    for event in events:
        if event.state not in _DOWNTIMES:
            continue
        spans = found.setdefault(event.subject, [])
        is_open = bool(spans) and spans[-1][1] is None
        if event.state == "STARTED" and not is_open:
            spans.append((event.at, None))
        elif event.state != "STARTED" and is_open:
            spans[-1] = (spans[-1][0], event.at)
        elif event.state == "STOPPED" and not spans:
            spans.append((0, event.at))
    return found


def _is_planned(began: _Event, ended_at: int | None, downtimes: Mapping[Subject, list[tuple[int, int | None]]]) -> bool:
    host, _ = began.subject
    spans = [*downtimes.get(began.subject, ()), *downtimes.get((host, ""), ())]
    return any(
        (ended_at is None or start_at < ended_at) and (end_at is None or end_at > began.at)
        for start_at, end_at in spans
    )


def _frame(outages: Sequence[_Outage], bad_rows: Sequence[int], columns: Sequence[str]) -> pd.DataFrame:
    frame = frame_of([*(_record(outage) for outage in outages), *({} for _ in bad_rows)], columns=columns)
    frame["source_row"] = [*(outage.began.row for outage in outages), *bad_rows]
    frame["source_row"] = frame["source_row"].astype("Int64")
    frame.loc[len(outages) :, "reader_problem"] = WRONG_FIELD_COUNT
    return frame


def _record(outage: _Outage) -> dict[str, str | None]:
    host, service = outage.began.subject
    return {
        "id": f"{host};{service};{outage.began.at}",
        "host": host,
        "service": service,
        "state": outage.began.state,
        "started_at": str(outage.began.at),
        "ended_at": None if outage.ended_at is None else str(outage.ended_at),
        "is_planned": str(outage.is_planned).lower(),
    }


def _logs(file: RawFile) -> Iterator[_Log]:
    """The file's log, or each member's of a zip; rows count through all members."""
    if not zipfile.is_zipfile(file.path):
        refuse_foreign(file, "own")
        with open_bytes(file) as stream:
            yield _log(file, file.name, zip(stream, itertools.count(1), strict=False))
        return
    rows = itertools.count(1)
    try:
        with open_zip(file.path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    with archive.open(info) as stream:
                        yield _log(file, f"{file.name}/{info.filename}", zip(stream, rows, strict=False))
    except ZIP_DAMAGE:
        raise DataRejected(
            id=f"{file.name}: arsip zip rusak, terpotong, atau bersandi. Buat ulang tanpa sandi.",
            en=f"{file.name}: the zip is damaged, cut short or locked by a password. Make it again without one.",
        ) from None


def _log(file: RawFile, name: str, lines: Iterable[tuple[bytes, int]]) -> _Log:
    log = _Log(file)
    for line, row in lines:
        _note_line(log, line, row)
    if not log.stretches:
        raise SourceChanged(
            id=f"{name}: bukan log Nagios; barisnya harus diawali [detik epoch]. Salin nagios.log dan archives/.",
            en=f"{name}: not a log of Nagios; its lines start with [epoch seconds]. Copy nagios.log and archives/.",
        )
    return log


def _note_line(log: _Log, line: bytes, row: int) -> None:
    """Put down what one line says; the last one may still have been in the making when the file was copied."""
    stamp, mark, text = line.partition(b"] ")
    if not mark or stamp[:1] != b"[" or not stamp[1:].isdigit():
        return
    at = int(stamp[1:])
    is_rotation = text.startswith(_ROTATION)
    if is_rotation or not log.stretches or _START in text:
        method = text[len(_ROTATION) :].strip().decode("ascii", "replace") if is_rotation else None
        log.stretches.append(_Stretch(at, at, method))
    log.stretches[-1].last_at = max(log.stretches[-1].last_at, at)
    if text[: text.find(b" ")] in _KINDS:
        _note_event(log, at, row, text)


def _note_event(log: _Log, at: int, row: int, text: bytes) -> None:
    kind, _, rest = text.decode("utf-8", "backslashreplace").partition(": ")
    words = kind.split(" ")
    is_of_service = "SERVICE" in words[:2]
    cells = rest.split(";", 5 if is_of_service else 4)
    if not is_of_service:
        cells.insert(1, "")
    if words[-2:] == ["DOWNTIME", "ALERT"]:
        known, is_whole = _DOWNTIMES, len(cells) > 2
    elif words[-1] == "STATE" or words[1:] == ["ALERT"]:
        known, is_whole = _STATES, len(cells) == 6
    else:
        return
    state, subject = cells[2].strip() if is_whole else "", (intern(cells[0]), intern(cells[1]))
    if state not in known:
        log.bad_rows += [row] if text.endswith(b"\n") else []
    elif known is _DOWNTIMES:
        log.events.append(_Event(at, log.file, row, subject, intern(state)))
    # Icinga writes what was never checked as down or unknown, soft and without a word.
    elif state not in _NO_NEWS and (words[-1] != "STATE" or cells[3] != "SOFT" or cells[5].strip()):
        is_down = state in _DOWN
        if log.was_down.get(subject) != is_down:
            log.was_down[subject] = is_down
            log.events.append(_Event(at, log.file, row, subject, intern(state)))
