"""What every connector and preset must stand: subclass `ConnectorSuite` in a pytest file and name a `CASE`.

A case says how its system is named in a city's YAML and gives a `FakeSystem` that answers as the real one would.
Works from outside this project too: `pip install tolok pytest`, then `class TestMine(ConnectorSuite): CASE = ...`.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from connectors.connection import variable_of
from connectors.errors import ConfigError, SourceUnavailable, TolokError
from connectors.http import Limits
from pipeline import pulling
from pipeline.clean.dataset import Dataset, build
from pipeline.config import City, with_presets
from pipeline.coverage import Coverage
from pipeline.indicators.counting import is_sound
from pipeline.landing import Manifest, land
from pipeline.periods import Period
from pipeline.tables import TABLES

ZONE = ZoneInfo("Asia/Jakarta")
SECRET = "rahasia-7f3c"  # noqa: S105 made up, to be looked for where it must not be
PERSON = "Siti Aminah 3273014501900001"
NOW = datetime(2026, 7, 1, tzinfo=UTC)
_ENDLESS = 500
QUICK = Limits(connect_seconds=2, read_seconds=0.5, tries=3, first_wait_seconds=0.01, longest_wait_seconds=0.05)


@dataclass(frozen=True)
class Record:
    """One thing that happened: a visit, an inquiry with its response, an incident with its end (null = open)."""

    record_id: str
    at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Asked:
    """One request as the system saw it."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def document(self) -> Any:  # noqa: ANN401 any JSON
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the system says."""

    document: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def bytes(self) -> bytes:
        return json.dumps(self.document).encode() if self.content is None else self.content


class FakeSystem:
    """A stand-in for one system over HTTP; subclasses write answers as the real one does.

    `personal` fields must carry `PERSON` in the answers; `SECRET` must be asked for (401 without it).
    """

    connection: Mapping[str, object] = MappingProxyType({"password": SECRET})

    def answer(self, asked: Asked, records: Sequence[Record]) -> Reply:
        raise NotImplementedError


class FakeFiles:
    """A stand-in for a system that is read from files: writes what it would export."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        raise NotImplementedError


class FakeDatabase:
    """A stand-in for a system whose database is read: fills one and gives the connection to it."""

    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:
        raise NotImplementedError


@dataclass(frozen=True)
class Case:
    """A source as a city's YAML names it (without connection or path), and its stand-in.

    `page_size` is how many records a page has (0 = not paged), and `is_page` tells a question whose answer is such a
    page from others with a list in their answer; `has_ends` is false where rows have no end;
    `keeps_days` is how long the system keeps things, where the connector says so (January 2025 is gone by then); for
    files that tell from when they are, which the stand-in then writes from its first record on.
    `counts` is what a record is: `rows` of the period by day, or, for registers, which are read whole whatever the
    period, `entries` of the register (other regions' too) or `people` in a population figure.
    """

    name: str
    settings: Mapping[str, Any]
    fake: FakeSystem | FakeFiles | FakeDatabase
    page_size: int = 0
    is_page: Callable[[Asked], bool] = lambda _: True
    has_ends: bool = True
    keeps_days: int | None = None
    counts: Literal["rows", "entries", "people"] = "rows"


@dataclass
class Server:
    """A system on loopback that can be made to fail; counts what it was asked."""

    fake: FakeSystem
    records: list[Record]
    faults: list[Callable[[BaseHTTPRequestHandler], bool]] = field(default_factory=list)
    change: Callable[[Asked, Reply], Reply] | None = None
    is_page: Callable[[Asked], bool] = lambda _: True
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The system, listening while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, parts.path, params, dict(self.headers.items()), self.rfile.read(size))
            server.asked.append(asked)
            if len(server.asked) > _ENDLESS:
                say(self, Reply({"error": "asked without an end"}, 410))
                return
            if server.faults and server.faults.pop(0)(self):
                return
            reply = server.fake.answer(asked, server.records)
            if server.change is not None and reply.status == 200 and server.is_page(asked):
                reply = server.change(asked, reply)
            say(self, reply)

        do_GET = do_POST = _handle  # noqa: N815 the base class's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def say(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    content = reply.bytes
    handler.send_response(reply.status)
    for key, value in {"Content-Type": "application/json", **reply.headers}.items():
        handler.send_header(key, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], bool]:
    """A refusal with this status, its body full of what must not be repeated."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        shown = {key.replace("_", "-"): value for key, value in headers.items()}
        say(handler, Reply({"error": f"{SECRET} {PERSON}"}, code, shown))
        return True

    fault.__name__ = f"status_{code}"
    return fault


def passing(_: BaseHTTPRequestHandler) -> bool:
    """No fault this time."""
    return False


def html(handler: BaseHTTPRequestHandler) -> bool:
    """A login page with status 200."""
    say(handler, Reply(content=f"<!DOCTYPE html><html>{PERSON}</html>".encode(), headers={"Content-Type": "text/html"}))
    return True


def half(handler: BaseHTTPRequestHandler) -> bool:
    """An answer that promises more bytes than come."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"half": [')
    handler.close_connection = True
    return True


def reset(handler: BaseHTTPRequestHandler) -> bool:
    """A connection torn down without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    handler.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123 the server flushes it
    return True


def hang(_: BaseHTTPRequestHandler) -> bool:
    """Silence for longer than the client waits."""
    time.sleep(1.2)
    return True


def local(text: str) -> datetime:
    """A moment on the clock of the city's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def spread(count: int, *, first: str = "2025-01-02 08:00") -> list[Record]:
    """So many records over January 2025, each with an end."""
    step = timedelta(days=28) / max(count, 1)
    starts = [(local(first) + n * step).replace(microsecond=0) for n in range(count)]
    return [Record(str(1000 + n), at, at + timedelta(hours=1)) for n, at in enumerate(starts)]


def _name(fault: Callable[..., bool]) -> str:
    return fault.__name__


class ConnectorSuite:
    """The standard suite; every test pulls (or reads) and cleans as a run does."""

    CASE: ClassVar[Case]

    @pytest.fixture
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(pulling, "LIMITS", QUICK)
        return tmp_path / "home"

    def test_it_declares_its_table_and_columns(self) -> None:
        source = self._city(None).sources["sistem"]
        table = TABLES[source.table]
        assert source.columns
        assert set(source.columns) <= set(table.column_names)
        needed = {column.name for column in table.columns if column.is_required} - _GIVEN_ELSEWHERE
        assert needed <= set(source.columns)

    def test_it_gives_exactly_the_period_in_the_zone_of_the_city(self, home: Path) -> None:
        self._only_for_days()
        moments = ["2024-12-31 23:30", "2025-01-01 00:30", "2025-01-31 23:30", "2025-02-01 00:30"]
        records = [Record(str(n), local(m), local(m) + timedelta(minutes=10)) for n, m in enumerate(moments, 1)]
        with self._system(home, records) as read:
            assert read("2025-01") == {"2025-01-01": 1, "2025-01-31": 1}

    def test_a_year_is_its_months(self, home: Path) -> None:
        self._only_for_days()
        moments = ["2024-12-31 23:30", "2025-01-01 00:30", "2025-06-30 12:00", "2025-12-31 23:30", "2026-01-01 00:30"]
        records = [Record(str(n), local(m), local(m) + timedelta(minutes=10)) for n, m in enumerate(moments, 1)]
        with self._system(home, records) as read:
            assert read("2025") == {"2025-01-01": 1, "2025-06-30": 1, "2025-12-31": 1}

    def test_a_register_is_read_whole_and_keeps_the_days_it_states(self, home: Path) -> None:
        if self.CASE.counts != "entries":
            pytest.skip("its rows are no entries of a register")
        ends_at = local("2025-03-31 12:00")
        records = [Record("1", local("2019-05-01 12:00"), ends_at), Record("2", local("2025-02-01 12:00"))]
        with self._system(home, records) as read:
            assert sum(read("2025-01").values()) == sum(read("2025").values()) == 2
        columns = self._city(None).sources["sistem"].columns
        if {"valid_from_on", "valid_to_on"} <= set(columns):
            days = self.frame.sort_values("service_id")[["valid_from_on", "valid_to_on"]]
            assert days.iloc[0].dt.strftime("%Y-%m-%d").tolist() == ["2019-05-01", "2025-03-31"]
            assert days.iloc[1].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2025-02-01", ""]

    def test_a_window_without_anything_is_empty_and_no_error(self, home: Path) -> None:
        if self.CASE.counts == "entries":
            pytest.skip("a register is read whole")
        with self._system(home, spread(2, first="2024-06-01 08:00")) as read:
            assert sum(read("2025-01").values()) == 0

    @pytest.mark.parametrize("surplus", [-1, 0, 1])
    def test_a_last_page_of_any_fullness_ends_the_answer(self, home: Path, surplus: int) -> None:
        count = 2 * (self.CASE.page_size or 20) + surplus
        with self._system(home, spread(count)) as read:
            assert sum(read("2025-01").values()) == count

    def test_an_empty_page_in_the_middle_hides_nothing_that_follows(self, home: Path) -> None:
        self._only_for_pages()
        size = self.CASE.page_size
        with self._server(home, spread(3 * size)) as (server, read):
            blanked = _Blanking(page=2)
            server.change = blanked
            found = sum(read("2025-01").values())
            assert found == 3 * size - blanked.removed_count
            assert blanked.removed_count in (0, size)

    def test_a_page_that_repeats_for_ever_is_read_once(self, home: Path) -> None:
        self._only_for_pages()
        count = 2 * self.CASE.page_size
        with self._server(home, spread(count)) as (server, read):
            server.change = _repeating()
            assert sum(read("2025-01").values()) == count
            assert len(server.asked) < 20

    @pytest.mark.parametrize("code", [401, 403, 404])
    def test_a_refusal_names_the_settings_to_mend(self, home: Path, code: int) -> None:
        with self._server(home, spread(3)) as (server, read):
            server.faults = [status(code)] * 20
            with pytest.raises(ConfigError) as caught:
                read("2025-01")
        assert str(code) in str(caught.value)
        _assert_silent(str(caught.value))

    @pytest.mark.parametrize("fault", [status(500), status(503), reset, half, hang], ids=_name)
    def test_a_lasting_fault_is_to_be_tried_again_later(self, home: Path, fault: Callable[..., bool]) -> None:
        with self._server(home, spread(3)) as (server, read):
            server.faults = [fault] * 20
            with pytest.raises(SourceUnavailable) as caught:
                read("2025-01")
        _assert_silent(str(caught.value))

    @pytest.mark.parametrize("fault", [status(429, Retry_After="0"), status(500), reset, half], ids=_name)
    def test_a_passing_fault_is_waited_out(self, home: Path, fault: Callable[..., bool]) -> None:
        with self._server(home, spread(3)) as (server, read):
            server.faults = [fault]
            assert sum(read("2025-01").values()) == 3

    def test_a_web_page_instead_of_data_is_refused(self, home: Path) -> None:
        with self._server(home, spread(3)) as (server, read):
            server.faults = [html] * 20
            with pytest.raises(TolokError) as caught:
                read("2025-01")
        assert caught.value.exit_code in (2, 3)
        _assert_silent(str(caught.value))

    def test_the_same_data_twice_are_nothing_new(self, home: Path) -> None:
        with self._system(home, spread(5)) as read:
            read("2025-01")
            first = self.frame
            read("2025-01")
        pd.testing.assert_frame_equal(first, self.frame)

    def test_something_open_has_no_end_and_no_fault(self, home: Path) -> None:
        if not self.CASE.has_ends:
            pytest.skip("its rows have no end")
        with self._system(home, [replace(record, ended_at=None) for record in spread(3)]) as read:
            assert sum(read("2025-01").values()) == 3
        ends = [name for name in ("responded_at", "closed_at", "ended_at") if name in self.frame]
        assert self.frame.loc[is_sound(self.frame), ends].isna().all().all()

    def test_personal_fields_stay_in_the_system(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        with self._system(home, spread(3)) as read:
            read("2025-01")
        assert PERSON not in self.frame.to_csv()
        assert PERSON not in caplog.text

    def test_a_broken_off_pull_goes_on_where_it_stopped(self, home: Path) -> None:
        self._only_for_pages()
        count = 3 * self.CASE.page_size
        with self._server(home, spread(count)) as (server, read):
            read("2025-01")
            whole = len(server.asked)
            server.asked.clear()
            server.faults = [passing] * (whole - 1) + [status(500)] * 5
            with pytest.raises(SourceUnavailable):
                read("2025-01")
            server.faults.clear()
            server.asked.clear()
            assert sum(read("2025-01").values()) == count
            assert len(server.asked) < whole

    def test_a_source_that_holds_less_says_so(self, home: Path) -> None:
        if self.CASE.keeps_days is None:
            pytest.skip("it keeps everything, or does not say")
        is_asked = isinstance(self.CASE.fake, FakeSystem)
        with self._system(home, spread(3) if is_asked else spread(3, first="2025-02-02 08:00")) as read:
            assert sum(read("2025-01").values()) == 0
        assert self.manifest.notes
        assert self.manifest.covers == Coverage()

    def _only_for_days(self) -> None:
        if self.CASE.counts != "rows":
            pytest.skip("a register has no day per row")

    def _only_for_pages(self) -> None:
        if not self.CASE.page_size or not isinstance(self.CASE.fake, FakeSystem):
            pytest.skip("its answers have no pages")

    @contextmanager
    def _system(self, home: Path, records: Sequence[Record]) -> Iterator[Callable[[str], dict[str, int]]]:
        if isinstance(self.CASE.fake, FakeSystem):
            with self._server(home, records) as (_, read):
                yield read
            return
        folder = home.parent / "ekspor"
        folder.mkdir(exist_ok=True)
        if isinstance(self.CASE.fake, FakeDatabase):
            named = self.CASE.fake.fill(folder, records)
            self.monkeypatch.setenv(variable_of("sistem"), json.dumps(named))
            yield self._pulling(home)
            return
        self.CASE.fake.write(folder, records)
        city = self._city(folder)
        yield lambda label: self._count(
            home, city, land(home, city=city, source_name="sistem", period=Period.parse(label))
        )

    @contextmanager
    def _server(
        self, home: Path, records: Sequence[Record]
    ) -> Iterator[tuple[Server, Callable[[str], dict[str, int]]]]:
        if not isinstance(self.CASE.fake, FakeSystem):
            pytest.skip("it is not asked over HTTP")
        with serving(Server(self.CASE.fake, list(records), is_page=self.CASE.is_page)) as server:
            named = {"conn_type": "http", "host": server.url, **self.CASE.fake.connection}
            self.monkeypatch.setenv(variable_of("sistem"), json.dumps(named))
            yield server, self._pulling(home)

    def _pulling(self, home: Path) -> Callable[[str], dict[str, int]]:
        city = self._city(None)

        def read(label: str) -> dict[str, int]:
            period = Period.parse(label)
            return self._count(home, city, pulling.pull(home, city=city, source_name="sistem", period=period, now=NOW))

        return read

    def _city(self, folder: Path | None) -> City:
        way_in: dict[str, Any] = (
            {"connection": "sistem", "allow": ["private_addresses", "plain_http"]}
            if not isinstance(self.CASE.fake, FakeFiles)
            else {"path": str((folder or Path("/")) / "*")}
        )
        sources = {"sistem": {**self.CASE.settings, **way_in}}
        city = {"city": "kota-uji", "name": "Kota Uji", "zone": ZONE.key, "region_codes": dict(_CODES)}
        return City.model_validate({**city, "sources": with_presets(sources)})

    def _count(self, home: Path, city: City, manifest: Manifest) -> dict[str, int]:
        """Sound rows of the period by local day; visits are added up."""
        table = TABLES[city.sources["sistem"].table]
        dataset: Dataset = build(home, city=city, table_name=table.name, manifests=[manifest])
        self.manifest, self.frame = manifest, dataset.frame
        if self.CASE.counts != "rows":
            return {"register": _register_count(dataset.frame, self.CASE.counts)}
        sound = dataset.frame[is_sound(dataset.frame)]
        days = sound[table.month_by]
        days = days.dt.tz_convert(ZONE).dt.date if table.column(table.month_by).kind == "moment" else days.dt.date
        weights = sound["visits_count"] if table.name == "visits" else pd.Series(1, index=sound.index)
        period = Period.parse(manifest.period)
        counts = weights.groupby(days).sum()
        within = {day: int(count) for day, count in counts.items() if period.first_on <= day <= period.last_on}
        return {day.isoformat(): count for day, count in within.items() if count}


_GIVEN_ELSEWHERE = {
    "days_count",
    "portal_id",
    "visit_definition",
    "source_tool",
    "variant",
    "source",
    "is_accessible_online",
    "is_requestable_online",
    "is_online_applicable",
}


_CODES = {"kemendagri": "99.71", "bps": "9971"}


def _register_count(frame: pd.DataFrame, counts: str) -> int:
    sound = is_sound(frame)
    if counts == "people":
        return int(frame.loc[sound, "population_count"].sum())
    return int((sound | (frame["excluded_by"] == "other_region")).sum())


def _assert_silent(message: str) -> None:
    assert SECRET not in message
    assert PERSON not in message


class _Blanking:
    """Empties the rows of one page of a paged answer, as a system does that hides rows from an account."""

    def __init__(self, page: int) -> None:
        self._page = page
        self._seen: list[str] = []
        self.removed_count = 0

    def __call__(self, _: Asked, reply: Reply) -> Reply:
        rows = _rows_of(reply.document)
        if rows:
            self._seen.append(json.dumps(rows, default=str))
        if rows and len(self._seen) == self._page:
            self.removed_count = len(rows)
            return replace(reply, document=_with_rows(reply.document, []))
        return reply


def _repeating() -> Callable[[Asked, Reply], Reply]:
    """Gives the last page with rows again past the end."""
    last: list[Reply] = []

    def change(_: Asked, reply: Reply) -> Reply:
        if _rows_of(reply.document):
            last[:] = [reply]
        return last[0] if last and not _rows_of(reply.document) else reply

    return change


def _rows_of(document: object) -> list[Any]:
    """The longest list of records directly in a document."""
    if isinstance(document, list):
        return document
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return max(lists, key=len, default=[])


def _with_rows(document: object, rows: list[Any]) -> object:
    if isinstance(document, list):
        return rows
    if not isinstance(document, dict):
        return document
    kept = _rows_of(document)
    return {key: rows if value is kept else value for key, value in document.items()}
