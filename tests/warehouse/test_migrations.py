"""The schema goes up and down on both databases, and one of a newer Tolok is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import command

from connectors.errors import ConfigError
from pipeline.warehouse import Warehouse
from pipeline.warehouse.engine import make_engine, writing
from pipeline.warehouse.migrations import alembic_config, revisions
from tests.warehouse.test_warehouse import request, result


def test_going_down_to_the_base_leaves_nothing_and_going_up_again_works(warehouse_url: str) -> None:
    engine = make_engine(warehouse_url)
    Warehouse(warehouse_url).migrate()
    before = (set(sa.inspect(engine).get_table_names()), set(sa.inspect(engine).get_view_names()))
    assert "indicator_current" in before[1]
    with writing(engine) as connection:
        command.downgrade(alembic_config(connection), "base")
    assert (sa.inspect(engine).get_table_names(), sa.inspect(engine).get_view_names()) == (["alembic_version"], [])
    Warehouse(warehouse_url).migrate()
    assert (set(sa.inspect(engine).get_table_names()), set(sa.inspect(engine).get_view_names())) == before


@pytest.mark.parametrize("former", revisions()[:-1])
def test_a_warehouse_of_a_former_revision_gets_todays_views_and_keeps_its_results(
    former: str, warehouse_url: str
) -> None:
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    warehouse.store([result()], request=request("r1"))
    before = warehouse.current("kota-uji")
    with writing(make_engine(warehouse_url)) as connection:
        command.downgrade(alembic_config(connection), former)
        connection.execute(sa.text("DROP VIEW IF EXISTS indicator_breakdown_current"))
        connection.execute(sa.text("CREATE VIEW indicator_breakdown_current AS SELECT 1 AS former"))
    warehouse.migrate()
    assert warehouse.current("kota-uji") == before
    columns = sa.inspect(make_engine(warehouse_url)).get_columns("indicator_breakdown_current")
    names = ["city_id", "indicator_id", "period", "version", "dimension", "member", "value", "numerator"]
    assert [column["name"] for column in columns][:10] == [*names, "denominator", "unit"]


def test_a_schema_of_a_newer_version_is_reported_and_left_as_it_is(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    with writing(make_engine(warehouse_url)) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999") as caught:
        Warehouse(warehouse_url).migrate()
    assert "lebih baru" in caught.value.id
    assert "newer Tolok" in caught.value.en
    with make_engine(warehouse_url).connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_the_revisions_read_from_file_names_are_those_alembic_finds(warehouse_url: str) -> None:
    from alembic.script import ScriptDirectory

    with make_engine(warehouse_url).connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert revisions() == [revision.revision for revision in script.walk_revisions()][::-1]
    assert script.get_current_head() == revisions()[-1]


def test_alembic_is_not_loaded_when_the_schema_is_current(warehouse_url: str) -> None:
    Warehouse(warehouse_url).migrate()
    code = (
        "import sys; from pipeline.warehouse import Warehouse; "
        "Warehouse(sys.argv[1]).migrate(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, warehouse_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
