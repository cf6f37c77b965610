"""AWStats 7.8 counting a log, month by month as its cron job does; its data files as indicator 10.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import steps
from tests.servers.conftest import City
from tests.servers.processes import needs, run

AWSTATS = "/usr/lib/cgi-bin/awstats.pl"
CONFIGURATION = """
LogFile="{folder}/access.log"
LogType=W
LogFormat=1
SiteDomain="data.kota-uji.go.id"
DirData="{folder}/data"
DNSLookup=0
CreateDirDataIfNotExists=1
"""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LINE = '{address} - - [{at} +0700] "GET {path} HTTP/1.1" {status} 512 "-" "{agent}"\n'
MARCH = (
    ("03/Mar/2025:09:00:00", "203.0.113.2", FIREFOX, "/", 200),
    ("03/Mar/2025:09:05:00", "203.0.113.2", CHROME, "/", 200),
    ("03/Mar/2025:09:45:00", "203.0.113.2", FIREFOX, "/dataset/", 200),
    ("03/Mar/2025:10:46:00", "203.0.113.2", FIREFOX, "/", 200),
    ("03/Mar/2025:23:50:00", "203.0.113.5", FIREFOX, "/", 200),
    ("04/Mar/2025:00:10:00", "203.0.113.5", FIREFOX, "/dataset/", 200),
    ("05/Mar/2025:12:00:00", "66.249.66.1", GOOGLE, "/", 200),
    ("06/Mar/2025:12:00:00", "203.0.113.6", FIREFOX, "/style.css", 200),
    ("06/Mar/2025:12:00:00", "203.0.113.7", FIREFOX, "/tidak-ada", 404),
    ("31/Mar/2025:23:50:00", "203.0.113.8", FIREFOX, "/", 200),
)
APRIL = (("01/Apr/2025:00:10:00", "203.0.113.8", FIREFOX, "/dataset/", 200),)
HISTORY = """
  sejarah:
    system: awstats
    path: "{folder}/data/awstats{{month}}{{year}}.portal.txt"
"""
LOG = """
  log:
    table: visits
    format: access_log
    path: {folder}/access.log
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """AWStats' data files of March and April 2025, the log having grown between its two runs."""
    needs(AWSTATS, package="awstats")
    (tmp_path / "awstats.portal.conf").write_text(CONFIGURATION.format(folder=tmp_path))
    for lines in (MARCH, APRIL):
        with (tmp_path / "access.log").open("a") as log:
            log.writelines(
                LINE.format(at=at, address=address, agent=agent, path=path, status=status)
                for at, address, agent, path, status in lines
            )
        run("perl", AWSTATS, "-config=portal", f"-configdir={tmp_path}", "-update")
    return tmp_path


def test_visits_are_those_awstats_counts_under_its_own_definition(folder: Path, city: City) -> None:
    """One address until an hour without a page, or midnight. 3 March: an address from 9:00 to 9:45, by two browsers and
    with 40 minutes between, then again 61 minutes later: 2; the one over midnight: 1 and on 4 March 1. 31 March: 1, and
    on 1 April, in the next file, 1. Assets, errors and bots make none. In all 6, where this project's own rule finds 8.
    """
    city.write(HISTORY.format(folder=folder))
    row = city.measured("portal_visits", "2025")
    assert (row["value"], row["numerator"]) == (6, 6)
    visits = steps.dataset("kota-uji", "visits", "2025").frame
    assert set(visits["visit_definition"]) == {"AWStats: one address, 60 idle minutes, cut at midnight"}
    assert city.measured("portal_visits", "2025-03")["value"] == 5


def test_the_same_log_by_this_projects_rule_is_eight(folder: Path, city: City) -> None:
    """3 March: 9:00, 9:45 and 10:46 lie more than 30 minutes apart: 3; the other browser: 1; on both sides of midnight
    1 each, at the turn of the day and of the month: 4.
    """
    city.write(LOG.format(folder=folder))
    assert city.measured("portal_visits", "2025")["value"] == 8


def test_both_tools_for_one_month_are_refused(folder: Path, city: City) -> None:
    city.write(HISTORY.format(folder=folder) + LOG.format(folder=folder))
    said = city.tolok("run", "kota-uji", "2025", exit_code=3)
    assert "access_log, sejarah" in said
