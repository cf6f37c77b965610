"""A portal on several servers whose logs come in one folder: days without the log of one are a sign."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.periods import Period
from pipeline.signs.logs import days_of_fewer_logs
from pipeline.signs.sign import in_words
from tests.acceptance.test_bad_input import tolok
from tests.office.offices import pages_asked_for, visitor

YEAR = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
Counts = Callable[[int], int]


def found(counts: Counts, period: Period) -> tuple[float | None, str]:
    signs, details = days_of_fewer_logs({str(day): counts(n) for n, day in enumerate(YEAR) if counts(n)}, period)
    return signs.get("days_of_fewer_logs_count"), in_words(details)


@pytest.mark.parametrize(
    ("counts", "days_count", "details"),
    [
        (lambda _: 1, 0, ""),
        # One server whose file is exchanged each week, each month, or each day in mid-day.
        (lambda n: 1 + (n % 7 == 3), 0, ""),
        (lambda n: 1 + (YEAR[n].day == 1), 0, ""),
        (lambda n: 1 if n in (0, 364) else 2, 0, ""),
        # Two of which one tells nothing in the second half, or for a month, or for three days.
        (lambda n: 2 if n < 181 else 1, 184, "2025-07-01/2025-12-31"),
        (lambda n: (2 if n < 181 else 1) * (1 + (n % 7 == 3)), 184, "2025-07-01/2025-12-31"),
        (lambda n: 1 if YEAR[n].month == 3 else 2, 31, "2025-03-01/2025-03-31"),
        (lambda n: 1 if 100 <= n < 103 else 2, 0, ""),
        (lambda n: 1 if 100 <= n < 104 else 2, 4, "2025-04-11/2025-04-14"),
        # A week with a second server is enough, less is not; days of which nobody tells are not these.
        (lambda n: 2 if n < 6 else 1, 0, ""),
        (lambda n: 2 if n < 10 else 1, 355, "2025-01-11/2025-12-31"),
        (lambda n: 0 if YEAR[n].month == 3 else 2, 0, ""),
    ],
)
def test_fewer_files_than_of_a_week_of_the_year_are_counted(counts: Counts, days_count: int, details: str) -> None:
    assert found(counts, Period(2025)) == (days_count, details)


def test_a_month_is_held_against_its_year_up_to_its_end() -> None:
    def half(n: int) -> int:
        return 2 if n < 181 else 1

    assert found(half, Period(2025, 6)) == (0, "")
    assert found(half, Period(2025, 8)) == (31, "2025-08-01/2025-08-31")
    # A server that comes later changes nothing of the months before.
    assert found(lambda n: 3 - half(n), Period(2025, 6)) == (0, "")
    assert days_of_fewer_logs({"2025-06-01": 2, "2025-06-02": 1}, Period(2025, 6)) == ({}, "")


def lines(days: list[date], *, seed: int, of_a_day: int = 12) -> Iterator[str]:
    """Visits of two or three pages by four browsers."""
    draw = random.Random(seed)  # noqa: S311 no secrets
    for day in days:
        for _ in range(of_a_day):
            at = datetime(day.year, day.month, day.day, draw.randrange(23), draw.randrange(50))
            yield from pages_asked_for(*visitor(draw), at=at, count=draw.randint(2, 3))


def test_a_year_that_lacks_half_of_one_servers_log_is_not_final_until_it_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    logs = {"satu": YEAR, "dua": YEAR[:181], "proksi": YEAR[:181]}
    for seed, (name, days) in enumerate(logs.items()):
        text = "\n".join(lines(days, seed=seed, of_a_day=1 if name == "proksi" else 12))
        (tmp_path / f"{name}.log").write_text(text + "\n", "utf-8")

    def written(sources: dict[str, str], **judgement: Any) -> None:
        figures = [{"year": 2025, "count": 1000000, "reference_on": "2025-12-31", "source": "Dukcapil"}]
        settings = {
            "city": "kota",
            "name": "Kota",
            "zone": "Asia/Jakarta",
            "region_codes": {"kemendagri": "99.71"},
            "population": {"figures": figures},
            "sources": {n: {"table": "visits", "format": "access_log", "path": path} for n, path in sources.items()},
        }
        (tmp_path / "kota.yaml").write_text(json.dumps(settings | {"judgement": judgement}), "utf-8")

    def result(path: str, **judgement: Any) -> dict[str, Any]:
        written({"log": path}, **judgement)
        code, out, err = tolok(monkeypatch, "run", "kota", "2025")
        assert code == 0, out + err
        shown = json.loads(tolok(monkeypatch, "show", "kota", "2025", "--json")[1])
        return next(row for row in shown if row["indicator"] == "portal_visits")

    def holding(row: dict[str, Any]) -> set[str]:
        return {reason["code"] for reason in row["reasons"] if reason["keeps_provisional"]}

    written({"satu": "satu.log", "dua": "dua.log"})
    code, _, err = tolok(monkeypatch, "run", "kota", "2025")
    assert code == 3
    assert "logs of one portal ('portal') for 181 days in common, such as 2025-01-01. If the portal runs on" in err

    both = result("*.log")
    assert (both["status"], both["coverage_pct"], holding(both)) == ("provisional", 100, {"days_of_fewer_logs_count"})
    assert "(2025-07-01/2025-12-31)" in tolok(monkeypatch, "explain", "kota", "2025", "10.1")[1]
    explained = result("*.log", explained={"2025": {"days_of_fewer_logs_count": "server dua dimatikan 1 Juli"}})
    assert (explained["status"], explained["value"]) == ("final", both["value"])
    # A log with less than a tenth of the lines of its days is not that of a server.
    assert "days_of_fewer_logs_count" not in holding(result("[sp]*.log"))
