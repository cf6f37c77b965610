"""Nagios' and Icinga 2's logs as their servers wrote them, and what rotation, gaps and restarts do to an outage."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.layout import Layout
from connectors.nagios import Nagios
from connectors.records import RawFile
from pipeline.check import check_city
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.landing import land
from pipeline.periods import Period
from testing.cases import PERSON, ZONE, Case, FakeFiles, Record
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite
from tests.conftest import REAL_DATA, needs_real_data

SERVERS = REAL_DATA / "servers"
COLUMNS = ("id", "host", "service", "state", "started_at", "ended_at", "is_planned")
DAY = 86_400
MIDNIGHT = int(datetime(2025, 1, 1, tzinfo=ZONE).timestamp())


class NagiosLog(FakeFiles):
    """One long log that begins with its first record; what checks print holds what must not get out."""

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        lines = [(record.at, self._line(record, "CRITICAL;SOFT;1")) for record in records]
        lines += [(r.ended_at, self._line(r, "OK;HARD;3")) for r in records if r.ended_at]
        lines += [(r.at + timedelta(seconds=5), self._line(r, "CRITICAL;HARD;3")) for r in records if not r.ended_at]
        text = [f"[{int(at.timestamp())}] {line}" for at, line in sorted(lines)]
        (folder / "nagios.log").write_text("\n".join([*text[:1], *text, ""]), "utf-8")

    def _line(self, record: Record, state: str) -> str:
        return f"SERVICE ALERT: portal;layanan {record.record_id};{state};{PERSON}"


class TestNagios(ConnectorSuite):
    CASE = Case("nagios", {"system": "nagios"}, NagiosLog(), keeps_days=90)


def log(path: Path, *lines: str, start: int = MIDNIGHT) -> RawFile:
    """A log whose lines are `SECONDS TEXT`, the seconds counted from the local midnight that 2025 begins with."""
    stamped = [f"[{start + int(second)}] {text}" for second, text in (line.split(" ", 1) for line in lines)]
    path.write_text("\n".join([*stamped, ""]), "utf-8")
    return RawFile(path, path.name)


def alert(second: int, state: str, of: str = "portal;HTTP") -> str:
    kind = "SERVICE" if ";" in of else "HOST"
    return f"{second} {kind} ALERT: {of};{state};SOFT;1;{PERSON}"


def downtime(second: int, what: str, of: str = "portal;HTTP") -> str:
    kind = "SERVICE" if ";" in of else "HOST"
    return f"{second} {kind} DOWNTIME ALERT: {of};{what}; {PERSON}"


def rows_of(*files: RawFile) -> list[dict[str, Any]]:
    frames = [frame for _, frame in reader().rows(files, columns=COLUMNS)]
    rows = [row for frame in frames for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]
    return sorted(rows, key=lambda row: (row["started_at"] or "", row["id"] or ""))


def reader() -> Nagios:
    return Nagios({}, layout=Layout(), zone=ZONE)


def seconds_of(*files: RawFile) -> list[tuple[int, int | None]]:
    """Start and end of each outage in seconds from the start of 2025."""
    return [
        (int(row["started_at"]) - MIDNIGHT, None if row["ended_at"] is None else int(row["ended_at"]) - MIDNIGHT)
        for row in rows_of(*files)
    ]


def city(*paths: str, **settings: object) -> City:
    sources = with_presets({"pantau": {"system": "nagios", "path": list(paths), **settings}})
    raw = {"city": "x", "name": "X", "zone": ZONE.key, "region_codes": {"bps": "9971"}, "sources": sources}
    return City.model_validate(raw)


def frame_of(home: Path, period: str, *paths: str) -> pd.DataFrame:
    of = city(*paths)
    manifest = land(home, city=of, source_name="pantau", period=Period.parse(period))
    return clean_in_memory(home, city=of, table_name="outages", manifests=[manifest]).frame


@needs_real_data
def test_a_real_nagios_wrote_two_outages_the_second_in_a_downtime(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, "2026-11", str(SERVERS / "nagios4_nagios.log"))
    assert frame["component"].tolist() == ["portal HTTP opendata"] * 2
    assert frame["started_at"].dt.as_unit("s").astype("int64").tolist() == [1795457399, 1795457415]
    assert (frame["ended_at"] - frame["started_at"]).dt.total_seconds().tolist() == [8, 8]
    assert list(zip(frame["is_planned"], frame["planned_basis"], strict=True)) == [
        (False, "overlap"),
        (True, "overlap"),
    ]
    assert frame["source_row"].tolist() == [18, 24]
    assert frame["quarantine_reason"].isna().all()


@needs_real_data
def test_the_list_of_state_changes_that_nagios_own_cgi_gives_shows_the_same_outages() -> None:
    _, _, body = (SERVERS / "nagios4_archivejson_statechangelist.txt").read_text().partition("\n\n")
    first, *changes = json.loads(body)["data"]["statechangelist"]
    assert first["plugin_output"] == "Initial Service Pseudo-State"
    outages, began = [], None
    for change in changes:
        assert change["state"] in (8, 32)
        if change["state"] == 32 and began is None:
            began = change["timestamp"] // 1000
        elif change["state"] == 8 and began is not None:
            outages.append((str(began), str(change["timestamp"] // 1000)))
            began = None
    path = SERVERS / "nagios4_nagios.log"
    assert [(row["started_at"], row["ended_at"]) for row in rows_of(RawFile(path, path.name))] == outages
    assert len(outages) == 2


@needs_real_data
def test_a_real_icinga_s_log_gives_the_outages_its_database_has_and_none_of_what_it_never_checked() -> None:
    path = SERVERS / "icinga2_compatlog.log"
    assert "CURRENT HOST STATE: portal;DOWN;SOFT;1;\n" in path.read_text()
    rows = rows_of(RawFile(path, path.name))
    assert [(row["started_at"], row["ended_at"], row["is_planned"]) for row in rows] == [
        ("1795458958", "1795458963", "false"),
        ("1795458965", "1795458968", "true"),
    ]


@needs_real_data
def test_icinga_writes_the_end_of_a_downtime_fifty_two_seconds_late() -> None:
    end_ms = pd.read_csv(SERVERS / "icingadb_downtime_history.csv")["end_time"].item()
    line = (SERVERS / "icinga2_compatlog.log").read_text().splitlines()[-1]
    assert "STOPPED" in line
    assert int(line[1:11]) - end_ms // 1000 == 52


@needs_real_data
def test_icinga_s_rest_interface_knows_the_last_change_only_so_it_is_no_source() -> None:
    (service,) = json.loads((SERVERS / "icinga2_objects_services.json").read_text())["results"]
    path = SERVERS / "icinga2_compatlog.log"
    last = rows_of(RawFile(path, path.name))[-1]
    known = service["attrs"]
    assert (int(known["last_state_critical"]), int(known["last_hard_state_change"])) == (
        int(last["started_at"]),
        int(last["ended_at"]),
    )
    assert known["state"] == 0


def test_what_a_check_printed_is_in_no_column(tmp_path: Path) -> None:
    file = log(tmp_path / "nagios.log", downtime(1, "STARTED"), alert(10, "CRITICAL"), alert(20, "OK"))
    assert PERSON not in json.dumps(rows_of(file))


def test_soft_and_hard_states_of_one_fault_are_one_outage_that_a_warning_ends(tmp_path: Path) -> None:
    states = ["OK", "WARNING", "CRITICAL", "CRITICAL", "WARNING", "UNKNOWN", "CRITICAL", "OK"]
    lines = [alert(10 * number, state) for number, state in enumerate(states)]
    assert seconds_of(log(tmp_path / "nagios.log", *lines)) == [(20, 40), (60, 70)]


def test_an_unreachable_host_neither_begins_nor_ends_an_outage(tmp_path: Path) -> None:
    states = ["UP", "UNREACHABLE", "UP", "DOWN", "UNREACHABLE", "UP"]
    lines = [alert(10 * number, state, of="portal") for number, state in enumerate(states)]
    assert seconds_of(log(tmp_path / "nagios.log", *lines)) == [(30, 50)]


def test_services_of_one_name_on_two_hosts_are_two_components(tmp_path: Path) -> None:
    lines = [alert(1, "CRITICAL", of="a;HTTP"), alert(2, "CRITICAL", of="b;HTTP"), alert(3, "DOWN", of="a")]
    log(tmp_path / "nagios.log", *lines)
    frame = frame_of(tmp_path / "home", "2025-01", str(tmp_path / "nagios.log"))
    assert sorted(frame["component"]) == ["a", "a HTTP", "b HTTP"]


def test_an_outage_goes_on_over_rotated_files_however_they_are_named_or_packed(tmp_path: Path) -> None:
    rotated = ["0 LOG ROTATION: DAILY", "0 LOG VERSION: 2.0"]
    first = log(tmp_path / "nagios-12-01-2025-00.log", alert(DAY - 100, "CRITICAL"))
    second = ["0 CURRENT HOST STATE: portal;UP;HARD;1;ok", "0 CURRENT SERVICE STATE: portal;HTTP;CRITICAL;HARD;3;x"]
    still = log(tmp_path / "nagios-02-01-2025-00.log", *rotated, *second, start=MIDNIGHT + DAY)
    log(tmp_path / "last", *rotated, *second, alert(50, "OK"), start=MIDNIGHT + 2 * DAY)
    (tmp_path / "a.log.gz").write_bytes(gzip.compress((tmp_path / "last").read_bytes()))
    last = RawFile(tmp_path / "a.log.gz", "a.log.gz")
    assert seconds_of(last, still, first) == [(DAY - 100, 2 * DAY + 50)]
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        for number, file in enumerate([first, still]):
            archive.write(file.path, f"archives/{number}.log")
        archive.write(tmp_path / "last", "nagios.log")
    assert seconds_of(RawFile(tmp_path / "log.zip", "log.zip")) == [(DAY - 100, 2 * DAY + 50)]


def test_a_state_that_was_down_when_the_log_begins_counts_from_its_first_line(tmp_path: Path) -> None:
    lines = ["5 CURRENT SERVICE STATE: portal;HTTP;CRITICAL;HARD;3;x", alert(60, "OK")]
    assert seconds_of(log(tmp_path / "nagios.log", *lines)) == [(5, 60)]


def test_what_was_never_checked_is_no_outage(tmp_path: Path) -> None:
    lines = ["5 CURRENT HOST STATE: portal;DOWN;SOFT;1;", "5 CURRENT HOST STATE: lain;DOWN;SOFT;1;PING CRITICAL"]
    assert [row["host"] for row in rows_of(log(tmp_path / "icinga.log", *lines))] == ["lain"]


def test_an_outage_that_is_still_open_has_no_end(tmp_path: Path) -> None:
    assert seconds_of(log(tmp_path / "nagios.log", alert(5, "CRITICAL"))) == [(5, None)]


@pytest.mark.parametrize(
    ("lines", "is_planned"),
    [
        ([downtime(10, "STARTED"), alert(20, "CRITICAL"), alert(30, "OK"), downtime(40, "STOPPED")], True),
        ([downtime(10, "STARTED"), downtime(15, "CANCELLED"), alert(20, "CRITICAL"), alert(30, "OK")], False),
        ([alert(20, "CRITICAL"), downtime(25, "STARTED"), alert(30, "OK"), downtime(40, "STOPPED")], True),
        ([downtime(10, "STARTED", of="portal"), alert(20, "CRITICAL"), alert(30, "OK")], True),
        ([downtime(10, "STARTED", of="portal;Surel"), alert(20, "CRITICAL"), alert(30, "OK")], False),
        ([downtime(10, "STARTED", of="lain"), alert(20, "CRITICAL"), alert(30, "OK")], False),
        ([alert(20, "CRITICAL"), alert(30, "OK"), downtime(40, "STOPPED")], True),
        ([alert(20, "CRITICAL"), alert(30, "OK"), downtime(40, "CANCELLED")], False),
        ([alert(20, "CRITICAL"), alert(30, "OK"), downtime(30, "STARTED")], False),
        ([alert(20, "CRITICAL"), downtime(40, "STARTED")], True),
    ],
)
def test_planned_is_what_overlaps_a_downtime_of_the_service_or_its_host(
    tmp_path: Path, lines: Sequence[str], is_planned: bool
) -> None:
    (row,) = rows_of(log(tmp_path / "nagios.log", *lines))
    assert row["is_planned"] == str(is_planned).lower()


def test_a_line_that_cannot_be_read_is_quarantined_but_not_one_still_being_written(tmp_path: Path) -> None:
    file = log(
        tmp_path / "nagios.log", alert(1, "CRITICAL"), "2 SERVICE ALERT: portal;HTTP;MELEDAK;HARD;1;x", alert(3, "OK")
    )
    with file.path.open("a") as raw:
        raw.write(f"[{MIDNIGHT + 9}] SERVICE ALERT: portal;HTTP;CRIT")
    good, bad = sorted(rows_of(file), key=lambda row: row["source_row"])
    assert (good["reader_problem"], bad["source_row"], bad["reader_problem"]) == (None, 2, "wrong_field_count")


def test_other_lines_of_the_log_are_no_fault(tmp_path: Path) -> None:
    lines = [
        "1 SERVICE NOTIFICATION: budi;portal;HTTP;CRITICAL;notify-by-email;x",
        "2 SERVICE FLAPPING ALERT: portal;HTTP;STARTED; x",
        "3 HOST EVENT HANDLER: portal;DOWN;SOFT;1;x",
        "4 EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;portal;HTTP;2;SERVICE ALERT: x",
        "5 SERVICE DOWNTIME ALERT: portal;HTTP;STARTED; x",
    ]
    assert rows_of(log(tmp_path / "nagios.log", *lines)) == []


def days(home: Path, period: str, *paths: Path) -> tuple[tuple[tuple[str, str], ...] | None, tuple[str, ...]]:
    manifest = land(home, city=city(*map(str, paths)), source_name="pantau", period=Period.parse(period))
    return manifest.covers.texts if manifest.covers is not None else None, manifest.notes


def rotated_days(folder: Path, *numbers: int) -> list[Path]:
    """A rotated file for each of these days of January 2025, busy until its last second but one."""
    for day in numbers:
        start = MIDNIGHT + (day - 1) * DAY
        lines = ["0 LOG ROTATION: DAILY", alert(0, "OK"), f"{DAY - 2} Auto-save of retention data completed"]
        log(folder / f"nagios-{day + 1:02d}-2025.log", *lines, start=start)
    return [folder / "nagios-*.log"]


def test_rotated_files_of_every_day_cover_the_month(tmp_path: Path) -> None:
    assert days(tmp_path / "home", "2025-01", *rotated_days(tmp_path, *range(1, 32))) == (
        (("2025-01-01", "2025-01-31"),),
        (),
    )


def test_a_rotated_file_that_is_missing_is_named_whether_first_or_amid(tmp_path: Path) -> None:
    paths = rotated_days(tmp_path, *range(5, 11), *range(12, 32))
    covers, (note,) = days(tmp_path / "home", "2025-01", *paths)
    assert covers == (("2025-01-05", "2025-01-10"), ("2025-01-12", "2025-01-31"))
    assert "2025-01-05 to 2025-01-10, 2025-01-12 to 2025-01-31" in note


def test_a_missing_file_is_noticed_even_after_a_start_shortly_before_midnight(tmp_path: Path) -> None:
    log(tmp_path / "1.log", f"{DAY - 1800} Nagios 4.4.6 starting... (PID=7)", f"{DAY - 30} Auto-save")
    log(tmp_path / "3.log", "0 LOG ROTATION: DAILY", f"{DAY} Auto-save", start=MIDNIGHT + 2 * DAY)
    assert days(tmp_path / "home", "2025-01", tmp_path / "*.log")[0] == (("2025-01-03", "2025-01-03"),)


def test_a_quiet_log_between_two_rotations_is_no_gap(tmp_path: Path) -> None:
    for hour in range(24):
        start = MIDNIGHT + 3600 * hour + hour % 3
        log(tmp_path / f"icinga-{hour:02d}.log", "0 LOG ROTATION: HOURLY", "0 LOG VERSION: 2.0", start=start)
    (covered,), _ = days(tmp_path / "home", "2025-01", tmp_path / "icinga-*.log")
    assert covered == ("2025-01-01", "2025-01-01")


@pytest.mark.parametrize(("down_hours", "covers"), [(0.5, 1), (5, 0)])
def test_a_monitor_that_stood_still_leaves_a_gap(tmp_path: Path, down_hours: float, covers: int) -> None:
    lines = ["0 Nagios 4.4.6 starting... (PID=7)", f"{12 * 3600} Caught SIGTERM, shutting down..."]
    lines += [f"{int((12 + down_hours) * 3600)} Nagios 4.4.6 starting... (PID=9)", f"{DAY} Auto-save"]
    log(tmp_path / "nagios.log", *lines)
    assert len(days(tmp_path / "home", "2025-01", tmp_path / "nagios.log")[0] or ()) == covers


def test_days_declared_in_the_yaml_stand_before_what_the_files_tell(tmp_path: Path) -> None:
    log(tmp_path / "nagios.log", alert(1, "OK"))
    of = city(str(tmp_path / "nagios.log"), covers=[{"first_on": "2025-01-01", "last_on": "2025-12-31"}])
    manifest = land(tmp_path / "home", city=of, source_name="pantau", period=Period(2025, 1))
    assert (manifest.covers, manifest.notes) == (None, ())


def test_check_says_from_when_until_when_the_log_tells(tmp_path: Path) -> None:
    (path,) = rotated_days(tmp_path, 3, 4, 5)
    finding = check_city(city(str(path)), period=Period(2025, 1), is_quick=True)[0]
    assert "3 berkas" in finding.line
    assert "memuat / holds 2025-01-03 s.d. / to 2025-01-05" in finding.line
    assert "2025-01 tidak lengkap / is not complete" in finding.line


@pytest.mark.parametrize("text", ["Nov 24 07:00:00 vm nagios: SERVICE ALERT: x\n", "Waktu,Status\n2025-01-01,OK\n"])
def test_a_file_that_is_no_nagios_log_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "syslog").write_text(text)
    with pytest.raises(SourceChanged, match="syslog"):
        rows_of(RawFile(tmp_path / "syslog", "syslog"))


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    file = log(tmp_path / "nagios.log", *(alert(second, "OK") for second in range(5000)))
    with zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file.path, "nagios.log")
    content = bytearray((tmp_path / "log.zip").read_bytes())
    content[200:260] = bytes(60)
    (tmp_path / "rusak.zip").write_bytes(content)
    with pytest.raises(DataRejected, match="rusak"):
        rows_of(RawFile(tmp_path / "rusak.zip", "rusak.zip"))


def test_two_copies_of_one_log_tell_the_same(tmp_path: Path) -> None:
    lines = [alert(10, "CRITICAL"), alert(20, "OK"), alert(30, "CRITICAL"), alert(40, "OK")]
    early, late = log(tmp_path / "a.log", *lines[:3]), log(tmp_path / "b.log", *lines)
    assert seconds_of(early, late) == seconds_of(late, early) == [(10, 20), (30, 40)]


def test_moments_are_those_of_the_clock_everywhere() -> None:
    assert datetime.fromtimestamp(MIDNIGHT, UTC) == datetime(2024, 12, 31, 17, tzinfo=UTC)
