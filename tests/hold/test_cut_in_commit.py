"""A connection to PostgreSQL that is cut in a commit, or chosen in a deadlock, can be tried again and loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from connectors.errors import SourceUnavailable
from pipeline.warehouse.engine import make_engine, writing
from tests.hold import of_form
from tests.hold.home import CITY, MONTH, city_at, drafts, history, tolok


class Cutting:
    """Ends the session of the n-th commit, before it or just after the server has done it."""

    def __init__(self, url: str, *, nth: int, is_done: bool) -> None:
        self._url, self._nth, self._is_done, self.count = url, nth, is_done, 0

    def __call__(self, connection: sa.Connection) -> None:
        self.count += 1
        if self.count == self._nth:
            session = connection.connection.dbapi_connection
            assert isinstance(session, psycopg.Connection)
            if self._is_done:
                session.commit()
            with psycopg.connect(self._url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [session.info.backend_pid])
            if self._is_done:  # The driver would not ask again.
                raise sa.exc.OperationalError("COMMIT", None, psycopg.OperationalError("the connection is lost"))


@pytest.mark.parametrize("warehouse_url", ["postgresql"], indirect=True)
def test_a_connection_cut_in_a_commit_loses_nothing(
    tmp_path: Path, warehouse_url: str, row: Callable[[str, str, str], None]
) -> None:
    tried = 0
    with city_at(tmp_path, TOLOK_WAREHOUSE=warehouse_url):
        assert tolok("run", CITY, "2024-01")[0] == 0
        stored: list[object] = []
        for nth in of_form((2,), full=(1, 2, 3, 4)):
            for is_done in (False, True):
                cutting = Cutting(warehouse_url, nth=nth, is_done=is_done)
                sa.event.listen(sa.Engine, "commit", cutting)
                try:
                    code, said = tolok("run", CITY, MONTH)
                finally:
                    sa.event.remove(sa.Engine, "commit", cutting)
                assert code in (0, 4), said
                assert "Kesalahan tak terduga" not in said
                tried += cutting.count >= nth
                code, said = tolok("run", CITY, MONTH)
                assert code == 0, said
                assert {one["version"] for one in history()} == {1}
                assert history() == (stored or history())
                stored = [*history()]
                assert drafts(tmp_path) == []
    assert tried
    row("Crash", "the connection to PostgreSQL cut before and after a commit", f"{tried} cut, one version each")


def test_who_is_chosen_in_a_deadlock_is_told_to_try_again(
    postgres_url: str, row: Callable[[str, str, str], None]
) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute("CREATE TABLE deadlock (number integer)")
        other.execute("INSERT INTO deadlock VALUES (1), (2)")
        other.commit()
        other.execute("SET deadlock_timeout = '1h'")
        other.execute("UPDATE deadlock SET number = 1 WHERE number = 1")
        waiting = threading.Thread(target=other.execute, args=("UPDATE deadlock SET number = 2 WHERE number = 2",))
        with pytest.raises(SourceUnavailable, match="try again"):
            _cross(postgres_url, waiting)
        waiting.join()
        other.execute("DROP TABLE deadlock")
    row("Crash", "a deadlock in PostgreSQL", "told to try again, the other goes on")


def _cross(url: str, waiting: threading.Thread) -> None:
    with writing(make_engine(url)) as connection:
        connection.exec_driver_sql("UPDATE deadlock SET number = 2 WHERE number = 2")
        waiting.start()
        time.sleep(0.2)
        connection.exec_driver_sql("UPDATE deadlock SET number = 1 WHERE number = 1")
