"""A city of each test's own, measured by the command line as its office would, and Debian's own PostgreSQL."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.connection import variable_of
from pipeline.cli import main
from tests.postgres import postgres_server
from tests.servers.processes import needs

DEBIAN_POSTGRES = Path("/usr/lib/postgresql/15/bin")
# 100,000 people in every year, so that visits per 100,000 are the visits themselves.
HEADER = """
city: kota-uji
name: Kota Uji
zone: {zone}
region_codes: {{kemendagri: "99.99"}}
population:
  figures:
{figures}
sources:
{sources}
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is marked `servers`, before the marks are selected by."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.servers)


@dataclass(frozen=True)
class City:
    """The office's side: connections in the environment, a YAML, and `tolok` as a person runs it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def connect(self, name: str, connection: Mapping[str, object]) -> None:
        """Put a connection where Airflow's would be."""
        self.monkeypatch.setenv(variable_of(name), json.dumps(dict(connection)))

    def write(self, sources: str, *, zone: str = "Asia/Jakarta") -> None:
        """Write kota-uji.yaml from the YAML of its sources, indented by two."""
        line = "    - {{year: {0}, count: 100000, reference_on: {0}-12-31, source: bundar}}"
        figures = "\n".join(line.format(year) for year in range(2020, 2035))
        text = HEADER.format(zone=zone, figures=figures, sources=sources.strip("\n"))
        (self.folder / "kota-uji.yaml").write_text(text, "utf-8")

    def tolok(self, *words: str, exit_code: int = 0) -> str:
        """What `tolok` prints; it must end with `exit_code`. In this process, which has Great Expectations loaded."""
        said = io.StringIO()
        code: object = 0
        with self.monkeypatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            patch.setattr(sys, "argv", ["tolok", *words])
            patch.setenv("TOLOK_DEBUG", "1")
            try:
                main()
            except SystemExit as end:
                code = end.code
        assert code == exit_code, said.getvalue()
        return said.getvalue()

    def measured(self, indicator: str, period: str) -> dict[str, Any]:
        """One indicator of `tolok show --json` after `tolok check` and `tolok run`, neither of which may complain."""
        self.tolok("check", "kota-uji", "--period", period)
        self.tolok("run", "kota-uji", period)
        shown = json.loads(self.tolok("show", "kota-uji", period, "--json"))
        (row,) = [row for row in shown if row["indicator"] == indicator]
        return dict(row)


@pytest.fixture
def city(home: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    return City(home / "cities", monkeypatch)


@pytest.fixture(scope="module")
def debian_postgres_url() -> Iterator[str]:
    """The `postgres` database of Debian's PostgreSQL 15, which has the extensions that the embedded one lacks.

    A server for each module, because roles belong to a server, not to a database.
    """
    needs(str(DEBIAN_POSTGRES / "initdb"), package="postgresql")
    with postgres_server(DEBIAN_POSTGRES) as url:
        yield url
