"""PostgreSQL killed under a run, between its statements and inside its commits: the run after the restart ends well."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import psutil
import psycopg
import pytest
import sqlalchemy as sa

from tests.hold import IS_FULL
from tests.hold.apart import end
from tests.hold.home import CITY, MONTH, city_at, drafts, history, tolok
from tests.postgres import as_owner, postgres_server

Break = Callable[[sa.Connection], None]
# A row whose trigger the commit waits for: the server is killed inside it, and nothing is committed.
HELD = """
CREATE TEMP TABLE held (number integer);
CREATE FUNCTION pg_temp.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON held DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.wait();
INSERT INTO held VALUES (1);
"""
# It waits, committed, for another server to have it too, which there is not: the client is never told.
UNTOLD = "SET LOCAL synchronous_commit = 'on'"
SETTINGS = ("synchronous_standby_names = 'nobody'", "synchronous_commit = 'local'")
COMMITS = 3


class Server:
    """A PostgreSQL that can be killed and started again, as its own files say."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in SETTINGS:
                connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
            connection.execute("SELECT pg_reload_conf()")
            (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        self._data = Path(folder)

    def kill(self) -> None:
        """By kill -9 of all its processes at once."""
        first = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        processes = [first, *first.children(recursive=True)]
        for process in processes:
            process.suspend()
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=30)

    def start(self) -> None:
        """With the options of before; it recovers from its log."""
        program, *options = shlex.split((self._data / "postmaster.opts").read_text())
        control = Path(program).with_name("pg_ctl")
        as_owner(control, "-D", self._data, "-w", "-l", self._data / "log", "-o", shlex.join(options[2:]), "start")

    def empty(self, name: str) -> str:
        """The address of a new database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self.url.removesuffix("postgres") + name


@pytest.fixture
def server() -> Iterator[Server]:
    """One of the test's own, for others would be killed with it."""
    with postgres_server() as url:
        yield Server(url)


def breaking(on: str, nth: int, how: Break, *words: str) -> tuple[int, str]:
    """A command whose connection meets something at the n-th commit, or the n-th statement that writes."""
    count = 0

    def told(connection: sa.Connection, *what: Any) -> None:
        nonlocal count
        count += on == "commit" or not what[1].lstrip().upper().startswith(("SELECT", "SET"))
        if count == nth:
            count += 1
            how(connection)

    sa.event.listen(sa.Engine, "commit" if on == "commit" else "before_cursor_execute", told)
    return tolok(*words)


def killing(server: Server, statement: str) -> Break:
    """Kill the server, with a statement while it commits."""

    def how(connection: sa.Connection) -> None:
        if statement:
            connection.exec_driver_sql(statement)
            Timer(1, server.kill).start()
        else:
            server.kill()

    return how


MOMENTS = {
    **{f"at its {nth}th statement": ("statement", nth, "") for nth in (60, 110)},
    **{f"inside its {nth}. commit": ("commit", nth, HELD) for nth in range(1, COMMITS + 1)},
    **{f"behind its {nth}. commit, untold": ("commit", nth, UNTOLD) for nth in range(1, COMMITS + 1)},
}


@pytest.mark.skipif(not IS_FULL, reason="takes seconds for each moment: make test-hold")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_whose_database_is_killed_is_ended_by_the_next(
    moment: str, server: Server, tmp_path: Path, row: Callable[[str, str, str], None]
) -> None:
    on, nth, statement = MOMENTS[moment]
    with city_at(tmp_path / "undisturbed", TOLOK_WAREHOUSE=server.empty("undisturbed")):
        assert end("run", CITY, MONTH)[0] == 0
        wanted = history()
    with city_at(tmp_path / "killed", TOLOK_WAREHOUSE=server.empty("killed")):
        code, said = end("run", CITY, MONTH, run=partial(breaking, on, nth, killing(server, statement)))
        assert (code, "tak terduga" in said) == (4, False), said
        server.start()
        # The last commit is that of the results: behind it they are there, though nobody was told.
        assert bool(history()) == (nth == COMMITS and statement == UNTOLD)
        code, said = end("run", CITY, MONTH)
        assert code == 0, said
        assert history() == wanted
        assert drafts(tmp_path) == []
    figure = "told to try again; after the restart one version of each result, as undisturbed"
    row("Crash", f"PostgreSQL ended by kill -9 under a run, {moment}", figure)
