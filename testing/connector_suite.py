"""The standard suite for connectors: subclass `ConnectorSuite` in a pytest file and name a `CASE`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from connectors.connection import variable_of
from connectors.errors import ConfigError, SourceUnavailable, TolokError
from connectors.http import Limits
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.coverage import Coverage
from pipeline.indicators.counting import is_sound
from pipeline.landing import Manifest, land
from pipeline.periods import Period
from pipeline.tables import TABLES
from testing.cases import NOW, PERSON, SECRET, ZONE, Case, FakeDatabase, FakeFiles, FakeSystem, Record, local, spread
from testing.clean_tables import CleanTable, clean_in_memory
from testing.fake_server import (
    Blanking,
    Fault,
    Server,
    half,
    half_gzip,
    hang,
    html,
    passing,
    repeating,
    reset,
    serving,
    status,
)

# Sound rows (or visits) of a period by local day.
Reading = Callable[[str], dict[str, int]]

# A busy machine may take seconds for a large page; only the test of silence does not wait for it.
QUICK = Limits(connect_seconds=5, read_seconds=20, tries=3, first_wait_seconds=0.01, longest_wait_seconds=0.05)


_name = attrgetter("__name__")


class ConnectorSuite:
    """Every test pulls (or reads) and cleans as a run does, `NOW`, and counts what comes out.

    `home`, `reading`, `served`, and the `manifest` and `frame` of the last reading, serve a subclass's own
    tests too.
    """

    CASE: ClassVar[Case]
    NOW: datetime = NOW
    manifest: Manifest
    frame: pd.DataFrame

    @pytest.fixture
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The data folder of a test, in which faults are tried again without waiting long."""
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
        with self.reading(home, records) as read:
            assert read("2025-01") == {"2025-01-01": 1, "2025-01-31": 1}

    def test_a_year_is_its_months(self, home: Path) -> None:
        self._only_for_days()
        moments = ["2024-12-31 23:30", "2025-01-01 00:30", "2025-06-30 12:00", "2025-12-31 23:30", "2026-01-01 00:30"]
        records = [Record(str(n), local(m), local(m) + timedelta(minutes=10)) for n, m in enumerate(moments, 1)]
        with self.reading(home, records) as read:
            assert read("2025") == {"2025-01-01": 1, "2025-06-30": 1, "2025-12-31": 1}

    def test_a_register_is_read_whole_and_keeps_the_days_it_states(self, home: Path) -> None:
        if self.CASE.counts != "entries":
            pytest.skip("its rows are no entries of a register")
        ends_at = local("2025-03-31 12:00")
        records = [Record("1", local("2019-05-01 12:00"), ends_at), Record("2", local("2025-02-01 12:00"))]
        with self.reading(home, records) as read:
            assert sum(read("2025-01").values()) == sum(read("2025").values()) == 2
        columns = self._city(None).sources["sistem"].columns
        if {"valid_from_on", "valid_to_on"} <= set(columns):
            days = self.frame.sort_values("service_id")[["valid_from_on", "valid_to_on"]]
            assert days.iloc[0].dt.strftime("%Y-%m-%d").tolist() == ["2019-05-01", "2025-03-31"]
            assert days.iloc[1].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2025-02-01", ""]

    def test_a_window_without_anything_is_empty_and_no_error(self, home: Path) -> None:
        if self.CASE.counts == "entries":
            pytest.skip("a register is read whole")
        with self.reading(home, spread(2, first="2024-06-01 08:00")) as read:
            assert sum(read("2025-01").values()) == 0

    @pytest.mark.parametrize("surplus", [-1, 0, 1])
    def test_a_last_page_of_any_fullness_ends_the_answer(self, home: Path, surplus: int) -> None:
        count = 2 * (self.CASE.page_size or 20) + surplus
        with self.reading(home, spread(count)) as read:
            assert sum(read("2025-01").values()) == count

    def test_an_empty_page_in_the_middle_hides_nothing_that_follows(self, home: Path) -> None:
        self._only_for_pages()
        size = self.CASE.page_size
        with self.served(home, spread(3 * size)) as (server, read):
            blanked = Blanking(page=2)
            server.change = blanked
            try:
                found = sum(read("2025-01").values())
            except SourceUnavailable:  # it tells of more rows than it gives
                found = 3 * size - blanked.removed_count
                assert blanked.removed_count
            assert found == 3 * size - blanked.removed_count
            assert blanked.removed_count in (0, size)

    def test_a_page_that_repeats_for_ever_is_read_once_or_refused(self, home: Path) -> None:
        self._only_for_pages()
        count = 2 * self.CASE.page_size
        with self.served(home, spread(count)) as (server, read):
            server.change = repeating()
            with suppress(SourceUnavailable):  # a full page again proves no end
                assert sum(read("2025-01").values()) == count
            assert len(server.requests) < 20

    @pytest.mark.parametrize("code", [401, 403, 404])
    def test_a_refusal_names_the_settings_to_mend(self, home: Path, code: int) -> None:
        with self.served(home, spread(3)) as (server, read):
            server.faults = [status(code)] * 20
            with pytest.raises(ConfigError) as caught:
                read("2025-01")
        assert str(code) in str(caught.value)
        _assert_silent(str(caught.value))

    @pytest.mark.parametrize("fault", [status(500), status(503), reset, half, half_gzip, hang], ids=_name)
    def test_a_lasting_fault_is_to_be_tried_again_later(self, home: Path, fault: Fault) -> None:
        if fault is hang:
            self.monkeypatch.setattr(pulling, "LIMITS", replace(QUICK, read_seconds=0.5))
        with self.served(home, spread(3)) as (server, read):
            server.faults = [fault] * 20
            with pytest.raises(SourceUnavailable) as caught:
                read("2025-01")
        _assert_silent(str(caught.value))

    @pytest.mark.parametrize("fault", [status(429, Retry_After="0"), status(500), reset, half, half_gzip], ids=_name)
    def test_a_passing_fault_is_waited_out(self, home: Path, fault: Fault) -> None:
        with self.served(home, spread(3)) as (server, read):
            server.faults = [fault]
            assert sum(read("2025-01").values()) == 3

    def test_a_web_page_instead_of_data_is_refused(self, home: Path) -> None:
        with self.served(home, spread(3)) as (server, read):
            server.faults = [html] * 20
            with pytest.raises(TolokError) as caught:
                read("2025-01")
        assert caught.value.exit_code in (2, 3)
        _assert_silent(str(caught.value))

    def test_the_same_data_twice_are_nothing_new(self, home: Path) -> None:
        with self.reading(home, spread(5)) as read:
            read("2025-01")
            first = self.frame
            read("2025-01")
        pd.testing.assert_frame_equal(first, self.frame)

    def test_something_open_has_no_end_and_no_fault(self, home: Path) -> None:
        if not self.CASE.has_ends:
            pytest.skip("its rows have no end")
        with self.reading(home, [replace(record, ended_at=None) for record in spread(3)]) as read:
            assert sum(read("2025-01").values()) == 3
        ends = [name for name in ("responded_at", "closed_at", "ended_at") if name in self.frame]
        assert self.frame.loc[is_sound(self.frame), ends].isna().all().all()

    def test_personal_fields_stay_in_the_system(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        with self.reading(home, spread(3)) as read:
            read("2025-01")
        assert PERSON not in self.frame.to_csv()
        assert PERSON not in caplog.text

    def test_a_broken_off_pull_goes_on_where_it_stopped(self, home: Path) -> None:
        self._only_for_pages()
        count = 3 * self.CASE.page_size
        with self.served(home, spread(count)) as (server, read):
            read("2025-01")
            whole = len(server.requests)
            server.requests.clear()
            server.faults = [passing] * (whole - 1) + [status(500)] * 5
            with pytest.raises(SourceUnavailable):
                read("2025-01")
            server.faults.clear()
            server.requests.clear()
            assert sum(read("2025-01").values()) == count
            assert len(server.requests) < whole

    def test_a_source_that_holds_less_says_so(self, home: Path) -> None:
        if self.CASE.keeps_days is None:
            pytest.skip("it keeps everything, or does not say")
        is_asked = isinstance(self.CASE.fake, FakeSystem)
        with self.reading(home, spread(3) if is_asked else spread(3, first="2025-02-02 08:00")) as read:
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
    def reading(self, home: Path, records: Sequence[Record]) -> Iterator[Reading]:
        """A function that reads a period (`2025`, `2025-01`) of a system with these records."""
        if isinstance(self.CASE.fake, FakeSystem):
            with self.served(home, records) as (_, read):
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
    def served(self, home: Path, records: Sequence[Record]) -> Iterator[tuple[Server, Reading]]:
        """The same with the server that is read from; the test is skipped where there is none."""
        if not isinstance(self.CASE.fake, FakeSystem):
            pytest.skip("it is not asked over HTTP")
        with serving(Server(self.CASE.fake, list(records), is_page=self.CASE.is_page)) as server:
            named = {"conn_type": "http", "host": server.url, **self.CASE.fake.connection}
            self.monkeypatch.setenv(variable_of("sistem"), json.dumps(named))
            yield server, self._pulling(home)

    def _pulling(self, home: Path) -> Reading:
        city = self._city(None)

        def read(label: str) -> dict[str, int]:
            period = Period.parse(label)
            return self._count(
                home, city, pulling.pull(home, city=city, source_name="sistem", period=period, now=self.NOW)
            )

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
        dataset: CleanTable = clean_in_memory(home, city=city, table_name=table.name, manifests=[manifest])
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
