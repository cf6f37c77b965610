"""Any SQL database by a query: the standard suite on SQLite, and the same rows from PostgreSQL."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors import sql_line
from connectors.errors import ConfigError, DataRejected, SourceUnavailable, TolokError
from pipeline import pulling
from pipeline.config.city import City
from pipeline.periods import Period
from testing.cases import NOW, PERSON, ZONE, Case, FakeDatabase, Record, local, spread
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite

QUERY = "select nomor, kanal, masuk, dijawab from tiket where masuk >= :start_at and masuk < :end_at order by nomor"
SETTINGS = {
    "table": "inquiries",
    "connector": "sql",
    "format": "csv",
    "options": {"query": QUERY, "moments": "%Y-%m-%d %H:%M:%S"},
    "columns": {"inquiry_id": "nomor", "channel": "kanal", "received_at": "masuk", "responded_at": "dijawab"},
}


class Tickets(FakeDatabase):
    """A desk's own SQLite file, with the city's wall clock."""

    def fill(self, folder: Path, records: Sequence[Record]) -> Mapping[str, object]:
        path = folder / "tiket.sqlite"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("create table tiket (nomor text, kanal text, pelapor text, masuk text, dijawab text)")
            rows = [(r.record_id, "WA", PERSON, _clock(r.at), r.ended_at and _clock(r.ended_at)) for r in records]
            database.executemany("insert into tiket values (?, ?, ?, ?, ?)", rows)
        return {"conn_type": "sqlite", "host": str(folder), "schema": "tiket.sqlite"}


def _clock(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


class TestSqlite(ConnectorSuite):
    CASE = Case("sql", SETTINGS, Tickets())


def city_with(options: Mapping[str, object], **source: object) -> City:
    settings = {**SETTINGS, "connection": "meja", "options": options, "allow": ["private_addresses"], **source}
    return City.model_validate(
        {"city": "x", "name": "X", "zone": ZONE.key, "region_codes": {"bps": "9971"}, "sources": {"meja": settings}}
    )


def pulled(home: Path, city: City) -> list[dict[str, object]]:
    manifest = pulling.pull(home, city=city, source_name="meja", period=Period(2025, 1), now=NOW)
    frame = clean_in_memory(home, city=city, table_name="inquiries", manifests=[manifest]).frame
    return frame[["inquiry_id", "received_at", "responded_at"]].to_dict("records")  # type: ignore[no-any-return]


def test_postgresql_moments_with_and_without_a_zone_say_the_same(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    found = {}
    for kind, moments, declared in (("timestamptz", "aware", None), ("timestamp", "naive", "Asia/Jakarta")):
        with sa.create_engine(url).begin() as database:
            database.execute(
                sa.text(f"create table tiket_{kind} (nomor int, kanal text, masuk {kind}, dijawab {kind})")
            )
            for record in [*spread(3), Record("9", local("2024-12-31 23:30")), Record("10", local("2025-02-01 00:00"))]:
                at = record.at if moments == "aware" else record.at.replace(tzinfo=None)
                insert = sa.text(f"insert into tiket_{kind} values (:n, 'WA', :at, null)")
                database.execute(insert, {"n": int(record.record_id), "at": at})
        monkeypatch.setenv("AIRFLOW_CONN_MEJA", url.render_as_string(hide_password=False).replace("+psycopg", ""))
        options = {"query": QUERY.replace("tiket", f"tiket_{kind}"), "moments": moments}
        found[kind] = pulled(tmp_path / kind, city_with(options, zone=declared))
    assert [row["inquiry_id"] for row in found["timestamp"]] == ["1000", "1001", "1002"]
    assert found["timestamp"] == found["timestamptz"]


def test_the_database_is_read_and_never_written(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with sa.create_engine(url).begin() as database:
        database.execute(sa.text("create table bekas as select 1 as n"))
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", url.render_as_string(hide_password=False).replace("+psycopg", ""))
    sneaky = (
        "with gone as (delete from bekas returning n) "
        "select n as nomor, '' as kanal, '' as masuk, '' as dijawab from gone"
    )
    with pytest.raises(ConfigError):
        pulled(tmp_path, city_with({"query": sneaky}))
    with sa.create_engine(url).begin() as database:
        assert database.execute(sa.text("select count(*) from bekas")).scalar() == 1


@pytest.mark.parametrize(
    ("connection", "kind"),
    [
        ("postgresql://u:rahasia@127.0.0.1:1/d", SourceUnavailable),
        ("mysql://u:rahasia@127.0.0.1:1/d", SourceUnavailable),
        ("sqlite:////tidak/ada.sqlite", SourceUnavailable),
        ("oracle://u:rahasia@h/d", ConfigError),
    ],
)
def test_what_cannot_be_reached_is_said_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: str, kind: type[Exception]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", connection)
    with pytest.raises(kind) as caught:
        pulled(tmp_path, city_with({"query": QUERY}))
    assert "rahasia" not in str(caught.value)


def test_a_database_file_is_named_by_an_address_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Tickets().fill(tmp_path, spread(3))
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", f"sqlite:///{tmp_path / 'tiket.sqlite'}")
    assert len(pulled(tmp_path / "home", city_with({"query": QUERY}))) == 3


def test_a_wrong_column_is_a_fault_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", json.dumps(Tickets().fill(tmp_path, spread(1))))
    with pytest.raises(ConfigError, match="query"):
        pulled(tmp_path / "home", city_with({"query": "select tidak_ada from tiket"}))


@pytest.mark.parametrize(
    "query",
    [
        "delete from tiket",
        "select 1; drop table tiket",
        "update tiket set nomor = 1",
        "select nomor into salinan from tiket",
        "select nomor from tiket INTO OUTFILE '/srv/tiket'",
        # What a quote in a comment, a dollar or a backslash would hide.
        "select nomor from tiket -- '\n; drop table tiket -- '",
        "select nomor from tiket # '\n into outfile '/srv/tiket' # '",
        "select nomor /* ' */ from tiket; drop table tiket /* ' */",
        "select $$'$$; drop table tiket; select $$'$$",
        r"select 'a\'' into outfile '/srv/tiket' -- '",
        "select nomor\0 from tiket",
    ],
)
def test_anything_but_one_select_is_refused_in_the_settings(query: str) -> None:
    with pytest.raises(ValueError, match="SELECT"):
        city_with({"query": query})


@pytest.mark.parametrize(
    "where",
    [
        "kanal = 'drive-in; into town'",
        "kanal = 'Jum''at' -- hari",
        r"kanal ~ '^\d+\.'",
        "\"nama; kanal\" = 'a'\n or `into` = 'b';",
        "sifat #>> '{a,b}' = 'c'",
    ],
)
def test_a_word_or_mark_in_a_literal_or_name_is_no_clause(where: str) -> None:
    city_with({"query": f"select nomor from tiket where {where}"})


class _Silent:
    """A listener that takes connections and says nothing."""

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._listener.close()


def limited(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    monkeypatch.setattr(sql_line, "LIMITS", replace(sql_line.SqlLimits(connect_seconds=1, query_seconds=1), **limits))


def postgres_connection(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_that_says_nothing_is_given_up(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch)
    with _Silent() as port:
        monkeypatch.setenv("AIRFLOW_CONN_MEJA", f"{kind}://u:rahasia@127.0.0.1:{port}/d")
        fault = fault_within(10, lambda: pulled(tmp_path, city_with({"query": QUERY})))
    assert isinstance(fault, SourceUnavailable)
    assert "rahasia" not in str(fault)


SLOW_SQLITE = "with recursive n(i) as (select 1 union all select i + 1 from n) select i as nomor from n where i < 0"


def test_a_query_without_end_is_given_up_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch)
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", json.dumps(Tickets().fill(tmp_path, spread(1))))
    fault = fault_within(10, lambda: pulled(tmp_path / "home", city_with({"query": SLOW_SQLITE})))
    assert isinstance(fault, SourceUnavailable)
    assert "1 seconds" in str(fault)


@pytest.mark.parametrize("query", ["select pg_sleep(60)::text as nomor", "select i as nomor, pg_sleep(0.05) "])
def test_a_query_without_end_is_given_up_and_ended_on_postgresql(
    query: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch)
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", postgres_connection(postgres_url))
    whole = query if query.startswith("select pg") else f"{query} from generate_series(1, 100000) as i"
    fault = fault_within(20, lambda: pulled(tmp_path, city_with({"query": whole})))
    assert isinstance(fault, SourceUnavailable)
    assert "1 seconds" in str(fault)
    with sa.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:")).connect() as database:
        busy = sa.text(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(%' and state = 'active' "
            "and pid <> pg_backend_pid()"
        )
        assert database.execute(busy).scalar() == 0


def test_a_query_that_gives_more_rows_than_allowed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, rows_count=2)
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", json.dumps(Tickets().fill(tmp_path, spread(3))))
    with pytest.raises(DataRejected, match="more than 2 rows"):
        pulled(tmp_path / "home", city_with({"query": QUERY}))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", ""])
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_on_an_internal_address_needs_the_allowance(
    kind: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _Silent() as port:
        monkeypatch.setenv("AIRFLOW_CONN_MEJA", f"{kind}://u:rahasia@{host}:{port}/d")
        fault = fault_within(10, lambda: pulled(tmp_path, city_with({"query": QUERY}, allow=[])))
    assert isinstance(fault, ConfigError)
    assert "private_addresses" in str(fault)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_at_a_metadata_address_is_refused_with_the_allowance_too(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", f"{kind}://u:rahasia@169.254.169.254/d")
    fault = fault_within(10, lambda: pulled(tmp_path, city_with({"query": QUERY})))
    assert isinstance(fault, ConfigError)
    assert "never opened" in str(fault)


@pytest.mark.parametrize("host", ["a,b", "x" * 64 + ".example", "/tmp/none", "tidak-ada.invalid", "ä" * 70])  # noqa: S108
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_host_that_is_none_is_a_typed_fault(
    kind: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch)
    settings = {"conn_type": kind, "host": host, "login": "u", "password": "rahasia", "schema": "d"}
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", json.dumps(settings))
    fault = fault_within(30, lambda: pulled(tmp_path, city_with({"query": QUERY})))
    assert isinstance(fault, TolokError)
    assert "rahasia" not in str(fault)


def fault_within(seconds: float, call: Callable[[], object]) -> BaseException | None:
    """What a call raises; fails when it still waits after so many seconds."""
    found: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it still waits"
    return found[0] if found else None
