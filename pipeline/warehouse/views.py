"""Reading views and comments, laid anew in an existing warehouse whenever their text is not the one it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.indicators.definition import definitions
from pipeline.warehouse.model import METADATA, VIEW_VERSION

_INDICATOR = "{indicator}"


def view_texts(folder: Path) -> dict[str, str]:
    """The SQL of each view by name, each after those it reads from; the files' numbers give the order."""
    return {path.stem.split("_", 1)[1]: _rendered(path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))}


def about(text: str) -> str:
    """What a view is, from the comment its text opens with."""
    opening = text.split("CREATE VIEW", 1)[0].splitlines()
    return " ".join(line.removeprefix("--").strip() for line in opening)


def are_laid(connection: Connection, views: Mapping[str, str]) -> bool:
    """Whether the warehouse holds these views and today's comments."""
    return connection.execute(sa.select(VIEW_VERSION.c.sha256)).scalar() == _sha256(views)


def drop(connection: Connection, views: Mapping[str, str]) -> None:
    """Drop the views that are there, so that the tables they read from can be altered."""
    for name in reversed(list(views)):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def lay(connection: Connection, views: Mapping[str, str]) -> None:
    """Create the views, set the comments where the database has any, and record their text's hash."""
    for text in views.values():
        connection.exec_driver_sql(text)
    if connection.dialect.supports_comments:
        _comment(connection, views)
    connection.execute(sa.delete(VIEW_VERSION))
    connection.execute(sa.insert(VIEW_VERSION), {"sha256": _sha256(views)})


def _rendered(text: str) -> str:
    """The text with each line that names `{indicator}` repeated for every indicator."""
    return "\n".join(_repeated(line) if _INDICATOR in line else line for line in text.splitlines())


def _repeated(line: str) -> str:
    return ",\n".join(line.replace(_INDICATOR, name) for name in definitions())


def _sha256(views: Mapping[str, str]) -> str:
    comments = (f"{item} {item.comment}" for table in METADATA.sorted_tables for item in (table, *table.columns))
    return hashlib.sha256("\n".join((*views.values(), *comments)).encode()).hexdigest()


def _comment(connection: Connection, views: Mapping[str, str]) -> None:
    for table in METADATA.sorted_tables:
        connection.execute(sa.schema.SetTableComment(table))
        for column in table.columns:
            connection.execute(sa.schema.SetColumnComment(column))
    for name, text in views.items():
        quoted = sa.literal(about(text)).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(f"COMMENT ON VIEW {name} IS {quoted}")
