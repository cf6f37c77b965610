"""Shared fixtures: a data folder of one's own, both databases, and the real exports where they are at hand."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import Phase, settings

from tests.postgres import postgres_server

# No test is timed: a loop may be compiled in the first example.
settings.register_profile("tolok", deadline=None)
# Of a broken line it is enough to know that some example notices it, the same ones each time.
settings.register_profile("mutants", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("tolok")

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"

needs_real_data = pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the real exports are not beside this checkout")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for a real Airflow come first: at the end all other processes would wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("airflow") is None)


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: no garbage collector need look through it again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def warehouse_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty warehouse on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    name = f"w{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return url.removesuffix("postgres") + name


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a cities folder of the test's own, named by the environment."""
    (tmp_path / "cities").mkdir()
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path / "cities"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    return tmp_path
