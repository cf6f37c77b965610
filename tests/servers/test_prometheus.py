"""Prometheus 2.42 from Debian: months filled in by its own tool, and a service that really goes away and comes back."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.servers.conftest import City
from tests.servers.processes import free_port, listens, needs, run, running, wait_until

ZONE = ZoneInfo("Asia/Jakarta")
MINUTE = timedelta(minutes=1)
CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: portal
    static_configs:
      - targets: ["127.0.0.1:{port}"]
        labels: {{layanan: opendata}}
"""
SOURCES = """
  pantau:
    system: prometheus
    connection: prometheus
    allow: [plain_http, private_addresses]
    options: {{query: '{query}', step_seconds: {step}}}
"""


@dataclass(frozen=True)
class Monitor:
    """A Prometheus with history, watching one service whose port is given."""

    url: str
    service_port: int

    def ask(self, path: str, **form: object) -> Any:
        return requests.post(f"{self.url}/api/v1/{path}", data=form, timeout=30).json()

    def samples(self) -> list[tuple[float, str]]:
        """What was scraped of the service, as stored: moments between whole seconds, unlike those of our questions."""
        series = self.ask("query", query='up{job="portal"}[10m]')["data"]["result"]
        return [(float(at), value) for one in series for at, value in one["values"]]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def history(series: str, first: datetime, last: datetime, *down: tuple[str, str]) -> Iterator[str]:
    """A sample a minute in the OpenMetrics format: 0 from the first to before the second moment of each pair."""
    spans = [(local(start), local(end)) for start, end in down]
    for at in itertools.takewhile(lambda at: at < last, (first + n * MINUTE for n in itertools.count())):
        yield f"{series} {int(not any(start <= at < end for start, end in spans))} {int(at.timestamp())}"


def a_year_ago() -> Iterator[str]:
    first, gap, goes_on, last = (local(f"2025-{day}") for day in ("01-01", "02-10", "02-12 12:00", "03-01 02:00"))
    first -= timedelta(hours=1)
    open_data, mail = (f'probe_success{{layanan="{name}"}}' for name in ("opendata", "surel"))
    yield "# TYPE probe_success gauge"
    at_new_year, in_january = ("2024-12-31 23:30", "2025-01-01 01:00"), ("2025-01-10 08:00", "2025-01-10 10:30")
    before_gap = ("2025-02-09 22:00", "2025-02-10 12:00")
    yield from history(open_data, first, gap, at_new_year, in_january, before_gap)
    yield from history(open_data, goes_on, last)
    yield from history(
        mail, first, gap, ("2025-01-15 12:00", "2025-01-15 12:15"), ("2025-01-31 23:00", "2025-02-01 01:00")
    )
    yield from history(mail, goes_on, last)
    yield "# EOF"


def this_month() -> Iterator[str]:
    """The service was up on the days before today, so that the month has a day that is known whole."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    yield "# TYPE up gauge"
    yield from history('up{job="portal",layanan="opendata"}', now - timedelta(days=3), now - 3 * MINUTE)
    yield "# EOF"


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    needs("prometheus", "promtool", package="prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    for name, lines in (("ago", a_year_ago()), ("now", this_month())):
        (folder / name).write_text("\n".join([*lines, ""]))
        # Blocks of a month (an option its help does not show) are made in a second, those of two hours in a minute.
        options = ("--quiet", "--max-block-duration=768h")
        run("promtool", "tsdb", "create-blocks-from", "openmetrics", *options, folder / name, folder / "data")
    port, service_port = free_port(), free_port()
    (folder / "prometheus.yml").write_text(CONFIG.format(port=service_port))
    url = f"http://127.0.0.1:{port}"
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(*command, folder=folder, until=lambda: requests.get(f"{url}/-/ready", timeout=5).ok):
        yield Monitor(url, service_port)


def sources(city: City, monitor: Monitor, query: str, *, step: int = 60) -> None:
    city.connect("prometheus", {"conn_type": "http", "host": monitor.url})
    city.write(SOURCES.format(query=query, step=step))


def test_a_month_of_samples(monitor: Monitor, city: City) -> None:
    """January 2025 in Asia/Jakarta, in hours:

    opendata 31 December 23:30 to 1 January 01:00   1     in January, no incident of it
    opendata 10 January 08:00 to 10:30              2.5
    surel 15 January 12:00 to 12:15                 0.25
    surel 31 January 23:00 to 1 February 01:00      1     until midnight

    4.75 hours over 3 incidents, all of whose ends are known.
    """
    sources(city, monitor, "probe_success")
    assert "purged after 3650" in city.tolok("check", "kota-uji", "--period", "2025-01")
    measured = city.measured("it_downtime", "2025-01")
    assert (measured["numerator"], measured["denominator"]) == (4.75, 3)
    assert (measured["status"], measured["coverage_pct"]) == ("final", 100)


def test_a_month_in_which_the_monitor_itself_stood_still(monitor: Monitor, city: City) -> None:
    """No sample from 10 February 00:00 to 12 February 12:00: three of 28 days are not known whole, and the outage of
    opendata, 0 before and 1 after, is 62 hours from 9 February 22:00; surel's hour of 1 February began in January."""
    sources(city, monitor, "probe_success")
    measured = city.measured("it_downtime", "2025-02")
    assert (measured["numerator"], measured["denominator"]) == (62 + 1, 1)
    assert measured["status"] == "provisional"
    assert measured["coverage_pct"] == pytest.approx(100 * 25 / 28)


def test_a_service_that_comes_and_goes(monitor: Monitor, city: City, tmp_path: Path) -> None:
    """Two outages: before the service is first started, and between its two runs. The hours are those between the
    stored samples, from a first 0 to the first 1 after it, each at the next whole multiple of our step of five
    seconds, of which a day needs more than one question."""
    if datetime.now(ZONE).day == 1:
        pytest.skip("on the first of a month no day of it is whole, so that it has no value")
    (tmp_path / "metrics").write_text("hidup 1\n")
    server = (sys.executable, "-m", "http.server", monitor.service_port, "-b", "127.0.0.1")
    wait_until(lambda: is_up(monitor) is False, what="the service to be seen down")
    time.sleep(6)
    with running(*server, folder=tmp_path, until=listens(monitor.service_port)):
        wait_until(lambda: is_up(monitor), what="the service to be seen up")
        time.sleep(6)
    wait_until(lambda: is_up(monitor) is False, what="the service to be seen down")
    time.sleep(12)
    with running(*server, folder=tmp_path, until=listens(monitor.service_port)):
        wait_until(lambda: is_up(monitor), what="the service to be seen up again")
        time.sleep(6)
        found = [(next_point(began, step=5), next_point(ended, step=5)) for began, ended in turns(monitor.samples())]
        sources(city, monitor, 'up{job="portal",layanan="opendata"}', step=5)
        measured = city.measured("it_downtime", datetime.now(ZONE).strftime("%Y-%m"))
    assert len(found) == 2
    assert measured["numerator"] == pytest.approx(sum(ended - began for began, ended in found) / 3600)
    assert (measured["denominator"], measured["status"]) == (2, "provisional")


def is_up(monitor: Monitor) -> bool | None:
    """What the last scrape saw."""
    samples = sorted(monitor.samples())
    return samples[-1][1] == "1" if samples and samples[-1][0] > time.time() - 5 else None


def turns(samples: Sequence[tuple[float, str]]) -> list[tuple[float, float]]:
    """When the samples turned to 0 and when back to 1."""
    firsts = [(next(group)[0], value) for value, group in itertools.groupby(sorted(samples), key=lambda one: one[1])]
    return [(began, ended) for (began, value), (ended, _) in itertools.pairwise(firsts) if value == "0"]


def next_point(at: float, *, step: int) -> int:
    return math.ceil(at / step) * step


def test_the_server_refuses_more_than_eleven_thousand_points_as_recorded(monitor: Monitor) -> None:
    def ask(points: int) -> dict[str, str]:
        start = int(local("2025-01-01").timestamp())
        answer = monitor.ask("query_range", query="probe_success", start=start, end=start + points - 1, step=1)
        return {key: answer[key] for key in answer if key != "data"}

    assert ask(11_000)["status"] == "success"
    assert ask(11_002)["errorType"] == "bad_data"
    assert "11,000 points" in ask(11_002)["error"]
