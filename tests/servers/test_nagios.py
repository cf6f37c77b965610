"""Nagios 4.4.6 from Debian: a year of check results and downtimes through its command file, as indicator 10.4."""

from __future__ import annotations

import itertools
import json
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.servers.conftest import City
from tests.servers.processes import Clock, needs, run, running, wait_until

CGI = "/usr/lib/cgi-bin/nagios4/archivejson.cgi"
ZONE = ZoneInfo("Asia/Jakarta")
SERVICES = {"portal": ("HTTP opendata", "Surel"), "basisdata": ("PostgreSQL",)}
CRITICAL, WARNING, OK = 2, 1, 0
DOWN, UP = 1, 0
FIRST_TURN = datetime(2024, 12, 29, tzinfo=UTC)
# Moments jump by days here, which is no fault of the clock; soft states are in the log, as in Debian's own settings.
SETTINGS = """
log_file={folder}/nagios.log
log_archive_path={folder}/archives
log_rotation_method=w
log_initial_states=1
log_service_retries=1
log_host_retries=1
cfg_file={folder}/objects.cfg
object_cache_file={folder}/objects.cache
status_file={folder}/status.dat
state_retention_file={folder}/retention.dat
command_file={folder}/nagios.cmd
query_socket={folder}/nagios.qh
check_result_path={folder}/spool
lock_file={folder}/nagios.lock
temp_file={folder}/nagios.tmp
temp_path={folder}
nagios_user={user}
nagios_group={user}
use_syslog=0
check_external_commands=1
check_for_updates=0
interval_length=1
time_change_threshold=100000000
"""
CGI_SETTINGS = """
main_config_file={folder}/nagios.cfg
physical_html_path=/usr/share/nagios4/htdocs
url_html_path=/nagios4
use_authentication=0
"""
PASSIVE = """
  check_command ada
  active_checks_enabled 0
  passive_checks_enabled 1
  check_period selalu
  max_check_attempts {attempts}
  contacts petugas
}}
"""
OBJECTS = """
define command {
  command_name ada
  command_line /bin/true
}
define timeperiod {
  timeperiod_name selalu
  alias selalu
}
define contact {
  contact_name petugas
  host_notifications_enabled 0
  service_notifications_enabled 0
  host_notification_commands ada
  service_notification_commands ada
  host_notification_period selalu
  service_notification_period selalu
}
"""
SOURCES = """
  pantau:
    system: nagios
    path: ["{folder}/nagios.log", "{folder}/archives/nagios-*.log"]
"""


@dataclass
class Monitor:
    """A Nagios led through a year by its command file; moments are those of the city's clock."""

    folder: Path
    clock: Clock
    now: datetime
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def service(self, at: str, state: int, *, host: str, name: str) -> None:
        """The result of a check of a service, sent in from outside."""
        self._command(at, f"PROCESS_SERVICE_CHECK_RESULT;{host};{name};{state};Keluaran yang tidak boleh tersimpan")

    def host(self, at: str, state: int, *, name: str) -> None:
        self._command(at, f"PROCESS_HOST_CHECK_RESULT;{name};{state};Keluaran yang tidak boleh tersimpan")

    def schedule(self, at: str, start: str, end: str, *, host: str, name: str = "") -> None:
        """A fixed downtime of a service, or of a host."""
        of = f"SVC_DOWNTIME;{host};{name}" if name else f"HOST_DOWNTIME;{host}"
        self._command(at, f"SCHEDULE_{of};{epoch(start)};{epoch(end)};1;0;0;petugas;Pemeliharaan terjadwal")

    def cancel(self, at: str, *, host: str, name: str) -> None:
        self._command(at, f"DEL_DOWNTIME_BY_HOST_NAME;{host};{name}")
        self._wait(f"SERVICE DOWNTIME ALERT: {host};{name};CANCELLED;")

    def reach(self, at: str, *, until: str = "") -> None:
        """Set the clock, with a stop at each turn of a week for the log to be rotated; wait for a text in it."""
        moment = moment_of(at).astimezone(UTC)
        while (turn := self._next_turn()) <= moment:
            self._go(turn)
            self._wait(f"[{int(turn.timestamp())}] LOG ROTATION: WEEKLY")
            self._send()
        self._go(moment)
        self._wait(until)

    def _next_turn(self) -> datetime:
        """The Sunday, UTC, at whose beginning the log will be rotated next."""
        rotated_count = len(list((self.folder / "archives").iterdir()))
        return FIRST_TURN + timedelta(weeks=rotated_count)

    def _go(self, moment: datetime) -> None:
        """Set the clock and wake the monitor, which would look at it only after a second and a half."""
        self.now = moment
        self.clock.set(moment)
        self._write()

    def _command(self, at: str, text: str) -> None:
        self.reach(at)
        self._send(text)

    def _send(self, *texts: str) -> None:
        """Commands are worked off one after another: the last is logged once all is done that came before it."""
        marker = f"CHANGE_CUSTOM_HOST_VAR;portal;URUTAN;{next(self.numbers)}"
        self._write(*texts, marker)
        self._wait(f"EXTERNAL COMMAND: {marker}")

    def _write(self, *texts: str) -> None:
        with (self.folder / "nagios.cmd").open("w") as pipe:
            pipe.writelines(f"[{int(self.now.timestamp())}] {text}\n" for text in [*texts, "SAVE_STATE_INFORMATION"])

    def _wait(self, text: str) -> None:
        log = self.folder / "nagios.log"
        wait_until(lambda: text in log.read_text(), what=f"{text} in the log", log=log)


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def epoch(text: str) -> int:
    return int(moment_of(text).timestamp())


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Nagios that went through 2025, and still runs in the first days of 2026."""
    needs("nagios4", package="nagios4-core")
    needs(CGI, package="nagios4-cgi")
    folder = tmp_path_factory.mktemp("nagios")
    for name in ("archives", "spool"):
        (folder / name).mkdir()
    user = pwd.getpwuid(os.geteuid()).pw_name
    (folder / "nagios.cfg").write_text(SETTINGS.format(folder=folder, user=user))
    (folder / "cgi.cfg").write_text(CGI_SETTINGS.format(folder=folder))
    (folder / "objects.cfg").write_text(OBJECTS + "".join(_objects()))
    clock = Clock(folder / "clock")
    monitor = Monitor(folder, clock, moment_of("2024-12-28 20:00"))
    clock.set(monitor.now)
    ready = folder / "nagios.cmd"
    with running("nagios4", folder / "nagios.cfg", folder=folder, until=ready.exists, environment=clock.environment):
        live_through(monitor)
        yield folder


def _objects() -> Iterator[str]:
    for host, services in SERVICES.items():
        yield f"define host {{\n  host_name {host}\n  address 127.0.0.1" + PASSIVE.format(attempts=1)
        for name in services:
            head = f"define service {{\n  host_name {host}\n  service_description {name}"
            yield head + PASSIVE.format(attempts=3)


def live_through(monitor: Monitor) -> None:
    portal = {"host": "portal", "name": "HTTP opendata"}
    mail = {"host": "portal", "name": "Surel"}
    database = {"host": "basisdata", "name": "PostgreSQL"}

    monitor.service("2024-12-31 23:00", CRITICAL, **portal)
    monitor.service("2025-01-01 01:30", OK, **portal)

    for at in ("09:00", "09:01", "09:02"):
        monitor.service(f"2025-03-10 {at}", CRITICAL, **portal)
    monitor.service("2025-03-10 10:00", WARNING, **portal)
    monitor.service("2025-03-10 10:30", OK, **portal)

    monitor.schedule("2025-06-01 08:00", "2025-06-05 22:00", "2025-06-05 23:59", **portal)
    monitor.reach("2025-06-05 22:00", until="SERVICE DOWNTIME ALERT: portal;HTTP opendata;STARTED;")
    monitor.service("2025-06-05 22:30", CRITICAL, **portal)
    monitor.service("2025-06-05 23:30", OK, **portal)
    monitor.reach("2025-06-05 23:59", until="SERVICE DOWNTIME ALERT: portal;HTTP opendata;STOPPED;")

    monitor.host("2025-08-31 22:00", DOWN, name="portal")
    monitor.host("2025-09-01 10:00", UP, name="portal")

    monitor.schedule("2025-10-01 08:00", "2025-10-02 08:00", "2025-10-02 12:00", **mail)
    monitor.reach("2025-10-02 08:00", until="SERVICE DOWNTIME ALERT: portal;Surel;STARTED;")
    monitor.cancel("2025-10-02 09:00", **mail)
    monitor.service("2025-10-02 10:00", CRITICAL, **mail)
    monitor.service("2025-10-02 12:00", OK, **mail)

    monitor.schedule("2025-11-01 08:00", "2025-11-03 20:00", "2025-11-03 23:00", host="basisdata")
    monitor.reach("2025-11-03 20:00", until="HOST DOWNTIME ALERT: basisdata;STARTED;")
    monitor.service("2025-11-03 20:30", CRITICAL, **database)
    monitor.service("2025-11-03 21:30", OK, **database)
    monitor.reach("2025-11-03 23:00", until="HOST DOWNTIME ALERT: basisdata;STOPPED;")

    monitor.service("2025-12-31 22:00", CRITICAL, **mail)
    monitor.service("2026-01-01 03:00", OK, **mail)
    monitor.host("2026-01-02 08:00", UP, name="portal")


def test_a_year_of_a_real_nagios(year: Path, city: City) -> None:
    """2025 in Asia/Jakarta, in hours:

    begun in 2024, in 2025 until 01:30                      1.5   no incident of 2025
    HTTP opendata 10 March 09:00 (soft) to a warning 10:00  1
    HTTP opendata 5 June 22:30 to 23:30, in its downtime    1     planned
    host portal 31 August 22:00 to 1 September 10:00,
    over the turn at which the log is rotated              12
    Surel 2 October 10:00 to 12:00, downtime cancelled 09:00  2
    PostgreSQL 3 November 20:30 to 21:30, its host's downtime 1   planned
    Surel 31 December 22:00, until midnight of five hours   2

    20.5 hours over 6 incidents; unplanned 18.5 hours over 4.
    """
    city.write(SOURCES.format(folder=year))
    assert "2025 tidak lengkap" not in city.tolok("check", "kota-uji", "--period", "2025")
    measured = city.measured("it_downtime", "2025")
    assert (measured["numerator"], measured["denominator"]) == (20.5, 6)
    assert measured["value"] == pytest.approx(20.5 / 6)
    assert (measured["status"], measured["coverage_pct"]) == ("final", 100)
    assert measured["variants"]["unplanned_only"] == pytest.approx(18.5 / 4)


def test_a_rotated_file_that_is_not_there_makes_the_year_provisional(year: Path, city: City, tmp_path: Path) -> None:
    """Without the log rotated on Sunday, 8 June, the outage of 5 June is unknown, and so are the days of that week."""
    for path in [year / "nagios.log", *(year / "archives").iterdir()]:
        if path.name != "nagios-06-08-2025-00.log":
            (tmp_path / path.name).symlink_to(path)
    city.write(f"  pantau:\n    system: nagios\n    path: ['{tmp_path}/nagios*.log']")
    assert "2025 tidak lengkap" in city.tolok("check", "kota-uji", "--period", "2025")
    measured = city.measured("it_downtime", "2025")
    assert (measured["numerator"], measured["denominator"]) == (19.5, 5)
    assert measured["status"] == "provisional"
    assert measured["coverage_pct"] < 100 * 360 / 365


def test_the_outages_are_those_that_nagios_own_page_shows(year: Path) -> None:
    """Its CGI, which reads the same files on its own, knows when each service became CRITICAL and when no more."""
    assert changes(year, "portal", "HTTP opendata") == [
        ("2024-12-31 23:00", "2025-01-01 01:30"),
        ("2025-03-10 09:00", "2025-03-10 10:00"),
        ("2025-06-05 22:30", "2025-06-05 23:30"),
    ]
    assert changes(year, "portal", "Surel") == [
        ("2025-10-02 10:00", "2025-10-02 12:00"),
        ("2025-12-31 22:00", "2026-01-01 03:00"),
    ]
    assert changes(year, "basisdata", "PostgreSQL") == [("2025-11-03 20:30", "2025-11-03 21:30")]


def changes(folder: Path, host: str, service: str) -> list[tuple[str, str]]:
    """From when until when a service was CRITICAL by archivejson.cgi."""
    query = (
        f"query=statechangelist&objecttype=service&hostname={host}&servicedescription={service.replace(' ', '%20')}"
        f"&starttime={epoch('2024-12-28 20:00')}&endtime={epoch('2026-01-02 08:00')}"
    )
    environment = {
        **os.environ,
        **Clock(folder / "clock").environment,
        "NAGIOS_CGI_CONFIG": str(folder / "cgi.cfg"),
        "REQUEST_METHOD": "GET",
        "REMOTE_USER": "petugas",
        "QUERY_STRING": query,
    }
    _, _, body = run(CGI, env=environment, cwd=folder).replace("\r\n", "\n").partition("\n\n")
    listed: list[dict[str, Any]] = json.loads(body)["data"]["statechangelist"]
    found: list[tuple[str, str]] = []
    began = None
    for change in listed:
        at = datetime.fromtimestamp(change["timestamp"] / 1000, ZONE).strftime("%Y-%m-%d %H:%M")
        is_critical = change["state"] == 32
        if is_critical and began is None:
            began = at
        elif not is_critical and began is not None:
            found.append((began, at))
            began = None
    return found
