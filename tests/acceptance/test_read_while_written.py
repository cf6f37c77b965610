"""Whoever reads while a run stores sees what was there or what is there now, never some of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.errors import SourceUnavailable
from pipeline import steps
from pipeline.report.verification import Finding
from pipeline.verifying import verify
from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city
from tests.conftest import kept, restored, shared_home

NOW = datetime(2026, 1, 12, tzinfo=UTC)
# Between the readings of both commands.
STATEMENTS = range(10, 50, 8)
# Before something is compared, and after.
VERIFYING = (2, 46, 55, 96)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with shared_home(tmp_path_factory) as (folder, patch):
        write_city(folder / "cities", "kota-uji", zone="Asia/Jayapura", first_month="2025-09")
        assert tolok(patch, "run", "kota-uji", "2025-11")[0] == 0
        return kept(folder)


@pytest.fixture
def answers(ran: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The answers of 2025 in a home that has its November."""
    return restored(ran, monkeypatch) / "cities" / "data" / "kota-uji" / "pengaduan-2025.csv"


@contextmanager
def beside(statement: int, act: Callable[[], object]) -> Iterator[None]:
    """Act once, after so many statements were put to a database."""
    seen: list[int] = []

    def count(*_: Any) -> None:
        seen.append(len(seen) + 1)
        if seen[-1] == statement:
            act()

    sa.event.listen(sa.Engine, "after_cursor_execute", count)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", count)


def run_again(answers: Path) -> None:
    with answers.open("a", encoding="utf-8") as file:
        file.write("X1,Telepon,2025-11-21 08:00,2025-11-22 08:00\n")
    steps.run("kota-uji", "2025-11")


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_period_stored_while_the_status_is_looked_at_has_its_moment(statement: int) -> None:
    with beside(statement, lambda: steps.run("kota-uji", "2025-10")):
        status = steps.status("kota-uji", now=NOW)
    assert all(one.computed_at for one in status.periods if one.version)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_one_version_is_taken_apart(statement: int, answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> dict[str, Any]:
        code, said, errors = tolok(monkeypatch, "explain", "kota-uji", "2025-11", "10.3", "--json")
        assert code == 0, errors
        (one,) = json.loads(said)
        return {name: one[name] for name in ("value", "rows", "variants", "variant_parts", "breakdowns", "sources")}

    before = told()
    with beside(statement, lambda: run_again(answers)):
        seen = told()
    assert seen in (before, told())


@pytest.mark.parametrize("statement", VERIFYING)
def test_what_a_run_stored_meanwhile_is_not_taken_for_altered(statement: int, answers: Path) -> None:
    found: Sequence[Finding] = ()
    with beside(statement, lambda: run_again(answers)), suppress(SourceUnavailable):
        found = verify("kota-uji", "2025-11").findings
    assert not found
    assert not verify("kota-uji", "2025-11").findings
