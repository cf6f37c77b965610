"""Shared fixtures: a data folder of one's own, both databases, the real exports, and rows of docs/robustness.md."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings
from sqlalchemy.engine.default import DefaultDialect

from pipeline.warehouse import Warehouse
from tests.hold import IS_FULL, ROWS
from tests.hold.page import Told, counted, page, told_by
from tests.postgres import postgres_server

# No test is timed: a loop may be compiled in the first example.
settings.register_profile("tolok", deadline=None)
# Of a broken line it is enough to know that some example notices it, the same ones each time.
settings.register_profile("mutants", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("tolok")

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "robustness.md"
_PROPERTY = "row of docs/robustness.md"
REAL_DATA = ROOT.parent / "shared" / "data"

needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the real exports are not beside this checkout")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for a real Airflow come first: at the end all other processes would wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("airflow") is None)


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: no garbage collector need look through it again and again."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def nothing_waits_for_the_disk() -> Iterator[None]:
    """No test cuts this machine's own power: those of power cuts watch what is synced, or run in other processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(autouse=True, scope="session")
def queries_compiled_once() -> Iterator[None]:
    """Each test has a warehouse of its own, of which SQLAlchemy would compile every query again.

    What queries are compiled to is kept by dialect: all of a kind are set up alike, so one stands for another.
    """
    compiled: dict[Any, Any] = {}

    def share(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=compiled)

    sa.event.listen(sa.Engine, "engine_connect", share)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        yield
    sa.event.remove(sa.Engine, "engine_connect", share)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty warehouse on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    return _new_database(request.getfixturevalue("postgres_url"), template="template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A warehouse without results on each database in turn, for tests that are not about how its tables come to be."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), tmp_path / 'warehouse.sqlite')}"
    return _new_database(request.getfixturevalue("postgres_url"), template=request.getfixturevalue("migrated_database"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What SQLite keeps of a warehouse without results, to be copied: to make it anew takes ten times as long."""
    path = tmp_path_factory.mktemp("migrated") / "warehouse.sqlite"
    Warehouse(f"sqlite:///{path}").migrate()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_url: str) -> str:
    """The name of such a database in PostgreSQL."""
    url = _new_database(postgres_url, template="template1")
    Warehouse(url).migrate()
    return url.rpartition("/")[2]


def _new_database(url: str, *, template: str) -> str:
    name = f"w{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[call-overload]
    return url.removesuffix("postgres") + name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a cities folder of the test's own, named by the environment."""
    (tmp_path / "cities").mkdir()
    _name_by_environment(tmp_path, monkeypatch)
    return tmp_path


@contextmanager
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, pytest.MonkeyPatch]]:
    """What `home` is, for the tests of a module together or to be restored for each, and the patch that names it."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "cities").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        _name_by_environment(folder, patch)
        yield folder, patch


def kept(folder: Path) -> Path:
    """A shared home, of which a copy is kept beside it."""
    shutil.copytree(folder, _copy_of(folder))
    return folder


def restored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shared home as it was when it was `kept`, named by the environment.

    At the path where it was made, for that is part of what results are computed from.
    """
    shutil.rmtree(folder)
    shutil.copytree(_copy_of(folder), folder)
    _name_by_environment(folder, monkeypatch)
    return folder


def _copy_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name} kept")


def _name_by_environment(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TOLOK_HOME", str(folder / "home"))
    patch.setenv("TOLOK_CITIES", str(folder / "cities"))
    patch.setenv("TOLOK_WAREHOUSE", "")


@pytest.fixture
def row(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Tells a row of docs/robustness.md: which of `ROWS`, what was tried, and the figure that came of it."""

    def tell(of: str, tried: str, figure: str) -> None:
        assert of in ROWS
        record_property(_PROPERTY, [of, tried, figure])

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Print the rows told, and write them to the page when the full form ran and all of it passed."""
    found = counted(_told(terminalreporter.stats.get("passed", ())))
    for one in found:
        terminalreporter.write_line(f"{one.row}: {one.tried}: {one.figure}")
    if IS_FULL and found and exitstatus == pytest.ExitCode.OK:
        before = told_by(PAGE.read_text("utf-8")) if PAGE.is_file() else []
        PAGE.write_text(page(found, before=before), "utf-8")


def _told(reports: Sequence[pytest.TestReport]) -> list[Told]:
    return [
        Told(*value, test=report.nodeid)  # type: ignore[misc]
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _PROPERTY
    ]
