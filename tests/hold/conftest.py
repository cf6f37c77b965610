"""Collects what the rows tell: printed at the end, and written to docs/robustness.md when the full form ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.hold import IS_FULL, ROWS
from tests.hold.page import Told, page, told_by

PAGE = Path(__file__).resolve().parents[2] / "docs" / "robustness.md"
_PROPERTY = "row of docs/robustness.md"


@pytest.fixture
def row(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Tells a row: which of `ROWS`, what was tried, and the figure that came of it."""

    def tell(of: str, tried: str, figure: str) -> None:
        assert of in ROWS
        record_property(_PROPERTY, [of, tried, figure])

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    found = _told(terminalreporter.stats.get("passed", ()))
    for one in found:
        terminalreporter.write_line(f"{one.row}: {one.tried}: {one.figure}")
    if IS_FULL and found and exitstatus == pytest.ExitCode.OK:
        before = told_by(PAGE.read_text("utf-8")) if PAGE.is_file() else []
        PAGE.write_text(page(found, before=before), "utf-8")


def _told(reports: Sequence[pytest.TestReport]) -> list[Told]:
    return [
        Told(*value, test=report.nodeid.partition("::")[0])  # type: ignore[misc]
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _PROPERTY
    ]
