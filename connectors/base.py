"""What every way into an outside system gives: a pull of one window, what the system still holds, and raw rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from connectors.connection import Connection
from connectors.errors import ConfigError, SourceUnavailable
from connectors.layout import Layout
from connectors.numerals import counted_en, number
from connectors.shape import in_shape

if TYPE_CHECKING:
    import pandas as pd

    from connectors.http import Answer, HttpClient, Request
    from connectors.records import RawFile

T = TypeVar("T")
Span = tuple[datetime, datetime]

NAMED_FILES = 3
_KEPT_HEADERS = {"link", "content-range", "x-total-count", "content-type"}


@dataclass(frozen=True)
class Window:
    """From its start (included) to its end (excluded), both aware and in the city's zone."""

    start_at: datetime
    end_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone; raises `TypeError` when the moments carry only an offset."""
        zone = self.start_at.tzinfo
        if not isinstance(zone, ZoneInfo):
            raise TypeError("a window's moments carry the city's IANA zone")
        return zone

    @property
    def days(self) -> list[date]:
        """The local days the window touches."""
        first, last = self.start_at.date(), (self.end_at - timedelta(microseconds=1)).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    @property
    def whole_days(self) -> list[date]:
        """The local days of which no part lies after the window."""
        return [day for day in self.days if datetime.combine(day, datetime.min.time(), self.zone) + _DAY <= self.end_at]

    def split(self, days_count: int) -> list[Window]:
        """Windows of at most so many local days, in order, that make up this one."""
        starts = [self.start_at]
        while (cut := _midnight(starts[-1], days_count)) < self.end_at:
            starts.append(cut)
        return [Window(start, end) for start, end in zip(starts, [*starts[1:], self.end_at], strict=True)]

    def halved(self) -> tuple[Window, Window] | None:
        """Two windows that make up this one, cut at a whole second; None when it is a second or less."""
        # Through UTC, because local moments are added and subtracted as if clocks never changed.
        start_at, end_at = self.start_at.astimezone(_UTC), self.end_at.astimezone(_UTC)
        seconds = int((end_at - start_at).total_seconds()) // 2
        if not seconds:
            return None
        middle = (start_at + timedelta(seconds=seconds)).astimezone(self.zone)
        return Window(self.start_at, middle), Window(middle, self.end_at)


_UTC = ZoneInfo("UTC")
_DAY = timedelta(days=1)


def _midnight(moment: datetime, days_count: int) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=days_count), datetime.min.time(), moment.tzinfo)


@dataclass(frozen=True)
class Retention:
    """What a source still holds: from which moment on, null when not known to be cut off, and for how many days it
    keeps things, null for good or unknown."""

    from_at: datetime | None = None
    keeps_days: int | None = None

    def as_of(self, now: datetime) -> Retention:
        """The same with the first moment worked out from the days kept, unless the system tells a later one."""
        if self.keeps_days is None:
            return self
        kept_from_at = now - timedelta(days=self.keeps_days)
        return Retention(max(self.from_at or kept_from_at, kept_from_at), self.keeps_days)


@dataclass(frozen=True)
class Kept:
    """A raw answer as it was kept: where it lies, and the headers its reading depends on."""

    path: Path
    headers: Mapping[str, str]


class Recorder(Protocol):
    """Where raw answers are kept as they arrive, so that a broken-off pull goes on where it stopped."""

    def recall(self, name: str, request: str) -> Kept | None:
        """The answer kept under this name for this request, if the pull being resumed got that far."""

    def keep(self, name: str, request: str, content: bytes | Path, *, headers: Mapping[str, str]) -> None:
        """Keep one raw answer: its bytes, or a file to move."""

    def note(self, *, id: str, en: str) -> None:
        """Say something about this pull that a reader of the numbers should know."""

    def doubt(self, *, id: str, en: str) -> None:
        """Say why the answers may not be whole: what is made of them stays provisional."""


class NotKept(Exception):
    """Raised by the reader of an answer that is not to be kept, such as a page the system gave before."""


@dataclass(frozen=True)
class Wire:
    """A connector's way out: the named connection, what it may do, and where its answers are kept."""

    connection: Connection
    recorder: Recorder
    http: HttpClient

    def ask(self, name: str, request: Request, *, read: Callable[[Answer], T]) -> T:
        """What `read` makes of the answer, which is then kept under `name`; an answer kept before is not asked again.

        `read` raises a `TolokError` for an answer that says no and `NotKept` for one not wanted; neither is kept.
        """
        from connectors.http import Answer

        kept = self.recorder.recall(name, request.fingerprint)
        if kept is not None:
            return read(Answer(kept.path.read_bytes(), 200, kept.headers, name))
        answer = self.http.ask(request)
        found = read(answer)
        if not answer.is_end_proved:
            raise _without_an_end(answer.where)
        headers = {key: value for key, value in answer.headers.items() if key.lower() in _KEPT_HEADERS}
        self.recorder.keep(name, request.fingerprint, answer.content, headers=headers)
        return found

    def note_missing_rows(self, total: int | None, rows_count: int) -> None:
        """Doubt the answers when fewer rows could be read than the system says there are."""
        if rows_count < (total or 0):
            self.recorder.doubt(
                id=f"sistem menyebut {number(total)} baris, yang dapat dibaca {number(rows_count)}",
                en=f"the system tells of {counted_en(total or 0, 'row', 'rows')}, {rows_count:,} could be read",
            )


def _without_an_end(where: str) -> SourceUnavailable:
    return SourceUnavailable(
        id=f"{where}: jawaban tidak menyebut panjangnya, jadi tidak dapat diketahui apakah sudah utuh. Minta pengelola "
        "sistem mengirim Content-Length atau gzip, pakai JSON, atau ekspor berkas.",
        en=f"{where}: the answer does not tell its length, so nobody can know whether it is whole. Ask the system's "
        "administrator for Content-Length or gzip, use JSON, or export files.",
    )


class Options(BaseModel):
    """What a city's YAML may say under `options`; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What reads answers, which may be of any shape.
_READING = {"pull", "held", "covered_spans", "rows"}


class Connector:
    """One outside system, made from a source's settings; a subclass declares its `OPTIONS` and what it overrides.

    `pull` asks the system for a window and keeps every raw answer through the wire; `rows` reads kept answers, or
    files of a folder, to raw text rows. Neither gives back columns nobody asked for.
    """

    OPTIONS: ClassVar[type[Options]] = Options

    def __init_subclass__(cls) -> None:
        for name in _READING & set(vars(cls)):
            setattr(cls, name, in_shape(vars(cls)[name]))

    def __init__(self, options: Mapping[str, Any], *, layout: Layout, zone: ZoneInfo) -> None:
        self.options: Any = self.OPTIONS.model_validate(dict(options))
        self.layout = layout
        self.zone = zone

    def pull(self, wire: Wire, window: Window) -> None:  # noqa: ARG002 for those that are pulled
        """Ask for everything that bears on the window; `ConfigError` for a connector that reads files only."""
        raise ConfigError(
            id=f"Sistem ini dibaca dari berkas, bukan lewat koneksi '{wire.connection.name}'. Isi 'path'.",
            en=f"This system is read from files, not over the connection '{wire.connection.name}'. Fill in 'path'.",
        )

    def held(self, wire: Wire) -> Retention:  # noqa: ARG002 most systems keep everything
        """What the system still holds; asking it also shows whether it is reachable and lets us in."""
        return Retention()

    def covered_spans(self, files: Sequence[RawFile]) -> Sequence[Span] | None:  # noqa: ARG002 most do not say
        """From when until when the files tell of everything that happened; null when nobody can see that in them."""
        return None

    @in_shape
    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """Each file with its records in chunks, shaped as `connectors.files.read_rows` gives them."""
        from connectors.files import read_rows
        from connectors.object_records import WantedKeys

        wanted_keys = WantedKeys(columns)
        for file in files:
            for chunk in read_rows(file, layout=self.layout, columns=columns, wanted_keys=wanted_keys):
                yield file, chunk
        wanted_keys.envelopes.remark()
        wanted_keys.refuse_absent(", ".join(file.name for file in files[:NAMED_FILES]))


def frame_of(records: Iterable[Mapping[str, str | None]], *, columns: Sequence[str]) -> pd.DataFrame:
    """Records made by a connector as raw text rows: the columns asked for, numbered from 1."""
    import pandas as pd

    names = ["source_row", "reader_problem", *dict.fromkeys(columns)]
    rows = [(number, None, *(record.get(name) for name in names[2:])) for number, record in enumerate(records, 1)]
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    return frame.astype({"source_row": "Int64"} | dict.fromkeys(names[1:], "str"))
