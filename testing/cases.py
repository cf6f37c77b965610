"""Cases of the connector suite: records, and the stand-ins that tell of them as a real system does.

Nothing here knows the connector under test: a stand-in is written from the vendor's documentation or a recording.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 7, 1, tzinfo=UTC)
SECRET = "rahasia-7f3c"  # noqa: S105 made up, to be searched for where it must not be
PERSON = "Siti Aminah 3273014501900001"


@dataclass(frozen=True)
class Record:
    """One thing that happened: a visit, an inquiry with its response, an incident with its end (null = open)."""

    record_id: str
    at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as the system received it."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form in the body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def document(self) -> Any:  # noqa: ANN401 any JSON
        """The JSON of the body; raises `ValueError` when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """The system's answer: a JSON document, or `content` in its place."""

    document: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def bytes(self) -> bytes:
        """The body of the answer."""
        return json.dumps(self.document).encode() if self.content is None else self.content


class FakeSystem(ABC):
    """A stand-in for a system over HTTP: personal fields of its answers hold `PERSON`; it says 401 without `SECRET`."""

    connection: Mapping[str, object] = MappingProxyType({"password": SECRET})

    @abstractmethod
    def answer(self, request: ReceivedRequest, records: Sequence[Record]) -> Reply:
        """What the real system would answer if these records were all it has."""


class FakeFiles(ABC):
    """A stand-in for a system that is read from files."""

    @abstractmethod
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        """Write the files that the real system would export of these records."""


class FakeDatabase(ABC):
    """A stand-in for a system whose database is read."""

    @abstractmethod
    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:
        """Make a database with these records; gives the connection to it."""


@dataclass(frozen=True)
class Case:
    """A source as a city's YAML names it (without connection or path), and its stand-in.

    `page_size`: how many records a page of an answer has (0 = no pages).
    `is_page`: whether a request is one for such a page, where others have lists in their answers too.
    `has_ends`: false where rows have no end.
    `keeps_days`: how many days the system keeps things, where the connector says so (January 2025 is gone by then).
    For files that say from when on they are, the stand-in writes them from its first record on.
    `counts`: what a record is: a row of the period, counted by local day; or, in a register, which is read whole
    whatever the period, one of its `entries` (other regions' too) or of the `people` in a population figure.
    """

    name: str
    settings: Mapping[str, Any]
    fake: FakeSystem | FakeFiles | FakeDatabase
    page_size: int = 0
    is_page: Callable[[ReceivedRequest], bool] = lambda _: True
    has_ends: bool = True
    keeps_days: int | None = None
    counts: Literal["rows", "entries", "people"] = "rows"


def local(text: str) -> datetime:
    """A moment of the clock in the city's zone, from ISO 8601 text."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def spread(count: int, *, first: str = "2025-01-02 08:00") -> list[Record]:
    """So many records evenly over 28 days from the first, by default in January 2025, each an hour long."""
    step = timedelta(days=28) / max(count, 1)
    starts = [(local(first) + n * step).replace(microsecond=0) for n in range(count)]
    return [Record(str(1000 + n), at, at + timedelta(hours=1)) for n, at in enumerate(starts)]
