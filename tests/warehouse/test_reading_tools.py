"""What BI tools read: views that stand alone, typed and described, through accounts that can change nothing."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from pipeline.indicators.base import Quotient, Result
from pipeline.indicators.definition import definitions
from pipeline.warehouse import Warehouse, migrations, views
from pipeline.warehouse.engine import make_engine
from pipeline.warehouse.model import METADATA
from pipeline.warehouse.records import TargetRecord
from tests.conftest import ROOT
from tests.warehouse.test_warehouse import query, result
from tests.warehouse.test_warehouse import request as stored_with

NAMES = list(views.view_texts(migrations.SQL / "views"))
TARGETS = (
    TargetRecord("it_downtime", 2025, 1.5, "at_most", "RPJMD 2025-2029"),
    TargetRecord("it_downtime", 2026, 1.0, "at_most", "RPJMD 2025-2029"),
    TargetRecord("portal_visits", 2025, 10_000.0, "at_least", "RPJMD 2025-2029"),
)
VARIANTS = {"unplanned_only": Quotient(4.0, 2.0, "h", 2.0), "no_such": Quotient(1.0, 1.0, "h", 1.0)}


def visits(period: str) -> Result:
    variants = {"other_population_bps": Quotient(1.0, 1.0, "v", 1.0)}
    return replace(result(variants=variants), indicator_id="portal_visits", period=period)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A warehouse on each database, filled once for all questions."""
    if request.param == "sqlite":
        return filled(f"sqlite:///{tmp_path_factory.mktemp('reading') / 'warehouse.sqlite'}")
    return filled(database(request.getfixturevalue("postgres_url")))


def database(server_url: str) -> str:
    """The URL of a new database on a server."""
    name = f"w{uuid.uuid4().hex}"
    execute(server_url, f"CREATE DATABASE {name}")
    return server_url.removesuffix("postgres") + name


def filled(url: str) -> str:
    """One city: 2024, 2025 in a second version that is provisional, a month and a run of months, and targets."""
    warehouse = Warehouse(url)
    warehouse.migrate()
    for period in ("2024", "2025", "2025-03", "2024-07..2025-06"):
        results = [replace(result(variants=VARIANTS), period=period), visits(period)]
        warehouse.store(results, request=replace(stored_with(period), period=period, targets=TARGETS))
    late = replace(result("b", read=5), headline=Quotient(10.0, 4.0, "hours per incident", 2.5), status="provisional")
    warehouse.store([late], request=replace(stored_with("late"), targets=TARGETS))
    return url


def test_every_column_of_every_view_has_a_type(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    found = [(view, column) for view in NAMES for column in sa.inspect(make_engine(warehouse_url)).get_columns(view)]
    assert len(found) > 100
    assert [(view, c["name"]) for view, c in found if isinstance(c["type"], sa.types.NullType)] == []
    types = {column["name"]: str(column["type"]) for view, column in found if view == "indicator_current"}
    assert (types["period_start"], types["year"], types["city"]) == ("DATE", "INTEGER", "TEXT")
    assert {types["value"], types["year_before_value"], types["target_value"]} <= {"DOUBLE PRECISION", "REAL"}


def test_postgresql_shows_what_each_column_of_a_view_means(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    for view in NAMES:
        for column in sa.inspect(make_engine(warehouse_url)).get_columns(view):
            assert views.meanings()[column["name"]]
            if warehouse_url.startswith("postgresql"):
                assert column["comment"] == views.meanings()[column["name"]]


def test_the_definitions_are_a_view(filled_url: str) -> None:
    told = query(filled_url, "SELECT indicator_id, clause, name_id, name_en, unit_id, better FROM indicator ORDER BY 2")
    known = [(d.id, d.clause, d.name_id, d.name_en, d.unit_id, d.better) for d in definitions().values()]
    assert told == known


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "SELECT city, clause, period, period_kind, year, months_count, value, status, year_before_value "
            "FROM indicator_current WHERE indicator_id = 'it_downtime' ORDER BY period_start, period",
            [
                ("Kota Uji", "10.4", "2024", "year", 2024, 12, 2.0, "final", None),
                ("Kota Uji", "10.4", "2024-07..2025-06", "months", 2025, 12, 2.0, "final", None),
                ("Kota Uji", "10.4", "2025", "year", 2025, 12, 2.5, "provisional", 2.0),
                ("Kota Uji", "10.4", "2025-03", "month", 2025, 1, 2.0, "final", None),
            ],
        ),
        (  # Visits of a month are no year's: they have no target.
            "SELECT indicator_id, period, target_value, target_direction FROM indicator_current "
            "WHERE target_value IS NOT NULL ORDER BY indicator_id, period",
            [
                ("it_downtime", "2024-07..2025-06", 1.5, "at_most"),
                ("it_downtime", "2025", 1.5, "at_most"),
                ("it_downtime", "2025-03", 1.5, "at_most"),
                ("portal_visits", "2024-07..2025-06", 10_000.0, "at_least"),
                ("portal_visits", "2025", 10_000.0, "at_least"),
            ],
        ),
        (
            "SELECT city, year, it_downtime, it_downtime_status, it_downtime_coverage_pct, online_services_status "
            "FROM indicator_by_year ORDER BY year",
            [("Kota Uji", 2024, 2.0, "final", 100.0, None), ("Kota Uji", 2025, 2.5, "provisional", 100.0, None)],
        ),
        (
            "SELECT indicator_id, variant, headline_value, text_en FROM variant_current "
            "WHERE period = '2024' ORDER BY variant",
            [
                ("it_downtime", "no_such", 2.0, None),
                ("portal_visits", "other_population_bps", 2.0, "the population another source gives for the same year"),
                ("it_downtime", "unplanned_only", 2.0, definitions()["it_downtime"].variants["unplanned_only"][1]),
            ],
        ),
        (
            "SELECT indicator_id, year, target_value, city, value, status FROM indicator_target ORDER BY 1, 2",
            [
                ("it_downtime", 2025, 1.5, "Kota Uji", 2.5, "provisional"),
                ("it_downtime", 2026, 1.0, "Kota Uji", None, None),
                ("portal_visits", 2025, 10_000.0, "Kota Uji", 2.0, "final"),
            ],
        ),
        (
            "SELECT member, value, headline_value, status, year FROM indicator_breakdown_current "
            "WHERE period = '2024' AND indicator_id = 'it_downtime'",
            [("Jaringan", 2.0, 2.0, "final", 2024)],
        ),
        (  # As Metabase writes its questions.
            'SELECT "source"."status" AS "status", COUNT(*) AS "count" FROM (SELECT "indicator_current"."status" AS '
            '"status", "indicator_current"."period_kind" AS "period_kind" FROM "indicator_current") AS "source" '
            'WHERE "source"."period_kind" = \'year\' GROUP BY "source"."status" ORDER BY 1 ASC LIMIT 1048575',
            [("final", 3), ("provisional", 1)],
        ),
        (  # As Superset writes a line over time.
            "SELECT year AS year, short_en AS short_en, AVG(value) AS avg_value FROM (SELECT * FROM indicator_current "
            "WHERE status = 'final') AS virtual_table WHERE period_start >= '2024-01-01' AND period_kind = 'year' "
            "GROUP BY year, short_en ORDER BY year, short_en LIMIT 1000",
            [(2024, "IT downtime", 2.0), (2024, "Portal visits", 2.0), (2025, "Portal visits", 2.0)],
        ),
    ],
)
def test_a_question_of_a_tool_is_answered_alike_on_both_databases(
    question: str, expected: list[object], filled_url: str
) -> None:
    assert query(filled_url, question) == expected


def test_the_documented_questions_are_answered(filled_url: str) -> None:
    page = (ROOT / "docs" / "bi.md").read_text("utf-8")
    questions = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[0].rstrip(";\n ").split(";")
    assert [len(query(filled_url, question)) for question in questions] == [4, 2, 2, 4]


def test_days_of_periods_are_days(filled_url: str) -> None:
    periods = sa.table("indicator_current", sa.column("period_start", sa.Date), sa.column("period_end", sa.Date))
    with make_engine(filled_url).connect() as connection:
        found = connection.execute(sa.select(periods).distinct().order_by(periods.c.period_start)).all()
    assert [tuple(row) for row in found[1:2]] == [(date(2024, 7, 1), date(2025, 6, 30))]


@pytest.fixture(scope="module")
def reader(postgres_url: str) -> str:
    """A warehouse in PostgreSQL with a result, through an account in the documented role."""
    url, account = database(postgres_url), f"bi_{uuid.uuid4().hex}"
    Warehouse(url).migrate()
    Warehouse(url).store([result()], request=stored_with("r1"))
    for _ in range(2):
        execute(url, (migrations.SQL / "reader.sql").read_text("utf-8"))
    execute(url, f"CREATE ROLE {account} LOGIN IN ROLE tolok_reader")
    return url.replace("tolok@", f"{account}@")


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_the_documented_role_reads_every_view(reader: str) -> None:
    assert query(reader, "SELECT city, value FROM indicator_current") == [("Kota Uji", 2.0)]
    assert [len(query(reader, f"SELECT * FROM {view} LIMIT 1")) for view in NAMES[:2]] == [1, 1]
    for view in NAMES:
        query(reader, f"SELECT * FROM {view}")


# The hash of the views' text, which says nothing of any city, is what every account may read.
@pytest.mark.parametrize("table", sorted({*METADATA.tables} - {"view_version"}))
def test_the_documented_role_reads_no_table(table: str, reader: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        query(reader, f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM indicator_current",
        "UPDATE indicator SET clause = '0'",
        "INSERT INTO result_lineage (city_id) VALUES ('x')",
        "CREATE TABLE mine (a int)",
        "CREATE VIEW mine AS SELECT * FROM indicator",
        "DROP VIEW indicator",
    ],
)
def test_the_documented_role_changes_nothing(statement: str, reader: str) -> None:
    with pytest.raises(psycopg.Error, match=r"permission denied|must be owner|cannot"):
        execute(reader, statement)


def test_the_documented_address_of_a_file_reads_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.sqlite"
    Warehouse(f"sqlite:///{path}").migrate()
    Warehouse(f"sqlite:///{path}").store([result()], request=stored_with("r1"))
    with sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true").connect() as connection:
        assert connection.exec_driver_sql("SELECT city, value FROM indicator_current").all() == [("Kota Uji", 2.0)]
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            connection.exec_driver_sql("DELETE FROM result_rows")
