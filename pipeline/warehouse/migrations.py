"""Bring tables and views of a warehouse to this version; Alembic is loaded only when the tables are not at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from connectors.errors import ConfigError
from pipeline.shipped import shipped
from pipeline.warehouse import views
from pipeline.warehouse.engine import reachable, writing
from pipeline.warehouse.faults import where

if TYPE_CHECKING:
    from alembic.config import Config

SQL = shipped("sql")
_MIGRATION_LOCK = 37122
_TABLE_OF_REVISIONS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}


def migrate(engine: Engine) -> None:
    """Bring tables, views and comments to this version, if they are not; safe for two at once.

    A schema of a newer Tolok raises `ConfigError` and is left as it is. Who may only read keeps the views as they
    stand.
    """
    texts = views.view_texts(SQL / "views")
    with reachable(engine) as connection:
        is_at_head = _is_at_head(connection)
        if is_at_head and views.are_laid(connection, texts):
            return
    try:
        with writing(engine) as connection:
            _bring(connection, texts)
    except ConfigError:
        if not is_at_head:
            raise


def _bring(connection: Connection, texts: Mapping[str, str]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    is_at_head = _is_at_head(connection)
    if is_at_head and views.are_laid(connection, texts):
        return
    if not (is_at_head and views.replaced(connection, texts)):
        with views.laid_anew(connection, texts):
            if not is_at_head:
                from alembic import command

                command.upgrade(alembic_config(connection), "head")
    views.record(connection, texts)


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands need to work inside the transaction of an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SQL / "migrations"))
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """The revisions this code knows, oldest first, from the names of their files."""
    return sorted(path.stem.partition("_")[0] for path in (SQL / "migrations" / "versions").glob("*.py"))


def _is_at_head(connection: Connection) -> bool:
    stored, known = _revision(connection), revisions()
    if stored is not None and stored not in known:
        place = where(connection.engine.url)
        raise ConfigError(
            id=f"Gudang data {place} dibuat oleh Tolok yang lebih baru: skemanya {stored}, versi ini mengenal sampai "
            f"{known[-1]}. Perbarui Tolok, atau tunjuk gudang data lain dengan TOLOK_WAREHOUSE.",
            en=f"Warehouse {place} was made by a newer Tolok: its schema is {stored}, this version knows up to "
            f"{known[-1]}. Upgrade Tolok, or name another warehouse in TOLOK_WAREHOUSE.",
        )
    return stored == known[-1]


def _revision(connection: Connection) -> str | None:
    if connection.exec_driver_sql(_TABLE_OF_REVISIONS[connection.dialect.name]).scalar() is None:
        return None
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if revision is None else str(revision)
