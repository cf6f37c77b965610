"""A portal's log of which a part of each day was overwritten: not final until the city says why."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import pages_asked_for, visitor


def lines(*, first_hour: int) -> Iterator[str]:
    """A visit in each hour of the day from one on, and a bot in each; a file's lines of June."""
    draw = random.Random(1)  # noqa: S311 no secrets
    for hour in range(30 * 24):
        at = datetime(2025, 6, 1) + timedelta(hours=hour, minutes=draw.randrange(50))
        for client in (visitor(draw), ("66.249.66.1", "Googlebot/2.1 (+http://www.google.com/bot.html)")):
            yield from pages_asked_for(*client, at=at, count=2 if at.hour >= first_hour else 0)


def test_a_month_whose_log_lacks_its_mornings_is_not_final_until_it_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))

    def result(first_hour: int, **judgement: Any) -> dict[str, Any]:
        (tmp_path / "juni.log").write_text("\n".join(lines(first_hour=first_hour)) + "\n", "utf-8")
        settings = {
            "city": "kota",
            "name": "Kota",
            "zone": "Asia/Jakarta",
            "region_codes": {"kemendagri": "99.71"},
            "population": {"figures": [{"year": 2025, "count": 1000000, "reference_on": "2025-12-31", "source": "X"}]},
            "sources": {"log": {"table": "visits", "format": "access_log", "path": "juni.log"}},
            "judgement": judgement,
        }
        (tmp_path / "kota.yaml").write_text(json.dumps(settings), "utf-8")
        code, out, err = tolok(monkeypatch, "run", "kota", "2025-06")
        assert code == 0, out + err
        shown = json.loads(tolok(monkeypatch, "show", "kota", "2025-06", "--json")[1])
        return next(row for row in shown if row["indicator"] == "portal_visits")

    lacking = result(6)
    held = {reason["code"] for reason in lacking["reasons"] if reason["keeps_provisional"]}
    assert (lacking["status"], lacking["coverage_pct"], held) == ("provisional", 100, {"empty_hours_count"})
    assert "(2025-06: 00:00/06:00)" in tolok(monkeypatch, "explain", "kota", "2025-06", "10.1")[1]
    explained = result(6, explained={"2025-06": {"empty_hours_count": "server dimatikan tiap malam"}})
    assert (explained["status"], explained["numerator"]) == ("final", 540)
    whole = result(0)
    assert (whole["status"], whole["numerator"]) == ("final", 720)
