"""Reading views and comments, laid anew in an existing warehouse whenever their text is not the one it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from pipeline.indicators.definition import definitions
from pipeline.warehouse.model import METADATA, VIEW_VERSION

_INDICATOR = "{indicator}"
_CANNOT_CHANGE_COLUMNS = "42P16"
_GRANTS = """
SELECT format('GRANT %s ON %I TO %s', g.privilege_type, v.relname,
              CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END)
FROM pg_class v CROSS JOIN LATERAL aclexplode(v.relacl) g
WHERE v.relkind = 'v' AND v.relnamespace = current_schema()::regnamespace AND v.relname = ANY(:names)
  AND g.grantee <> v.relowner
"""


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


def replaced(connection: Connection, views: Mapping[str, str]) -> bool:
    """Replace the views in place, which keeps what others built on them, and say whether that was possible.

    Only PostgreSQL can, and not when a column goes, moves or changes its name or type; then nothing changes.
    """
    if connection.dialect.name != "postgresql":
        return False
    try:
        with connection.begin_nested():
            for text in views.values():
                connection.exec_driver_sql(text.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _CANNOT_CHANGE_COLUMNS:
            raise
        return False
    return True


@contextmanager
def laid_anew(connection: Connection, views: Mapping[str, str]) -> Iterator[None]:
    """Drop the views, so that the tables they read from can be altered meanwhile, and create them after.

    In PostgreSQL whoever was granted rights on a view has them on the new one.
    """
    grants = _grants(connection, views) if connection.dialect.name == "postgresql" else ()
    for name in reversed(list(views)):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    yield
    for statement in (*views.values(), *grants):
        connection.exec_driver_sql(statement)


def record(connection: Connection, views: Mapping[str, str]) -> None:
    """Set the comments where the database has any, and keep the hash of all texts."""
    if connection.dialect.supports_comments:
        _comment(connection, views)
    connection.execute(sa.delete(VIEW_VERSION))
    connection.execute(sa.insert(VIEW_VERSION), {"sha256": _sha256(views)})


def _grants(connection: Connection, views: Mapping[str, str]) -> Sequence[str]:
    return connection.execute(sa.text(_GRANTS), {"names": list(views)}).scalars().all()


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
