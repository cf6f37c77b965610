"""Reading views and comments, laid anew in an existing warehouse whenever their text is not the one it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from pipeline.indicators.definition import definitions
from pipeline.warehouse import reference
from pipeline.warehouse.model import (
    BREAKDOWN,
    CALENDAR_PERIOD,
    INDICATOR_DEFINITION,
    METADATA,
    READINESS_ANSWER,
    REMARK,
    RESULT,
    SOURCE_FILE,
    TARGET,
    VARIANT,
    VIEW_VERSION,
)

_INDICATOR = "{indicator}"
_ONLY_IN_VIEWS = {
    "city": "name of the city, as shown on reports",
    "file": "file name as it came",
    "headline_value": "value of the result itself, of which this is a part or a variant",
    "sound_evidence_count": "documents that count as evidence of the answer",
    "target_direction": "at_least or at_most: on which side of the target a value is good",
    "target_source": "document that sets the target, such as the RPJMD",
    "text_en": "the remark, or how the variant differs from the headline, in English",
    "text_id": "the remark, or how the variant differs from the headline, in Bahasa Indonesia",
    "year_before": "the same period a year before, where it has a result",
    "year_before_method_version": "version of the written rule that the value a year before was measured by",
    "year_before_status": "status of the value a year before",
    "year_before_value": "value of the same period a year before",
}
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


def meanings() -> dict[str, str]:
    """What a column of any view means, by its name: what it means in its table, or what only views have."""
    tables = (
        READINESS_ANSWER,
        CALENDAR_PERIOD,
        INDICATOR_DEFINITION,
        TARGET,
        REMARK,
        SOURCE_FILE,
        BREAKDOWN,
        VARIANT,
        RESULT,
    )
    stored = {column.name: str(column.comment) for table in tables for column in table.columns}
    for one in definitions().values():
        stored[one.id] = f"value of {one.clause}, in {one.unit}"
        stored[f"{one.id}_status"] = f"status of {one.clause}: final, provisional or not_computable; null without a run"
        stored[f"{one.id}_coverage_pct"] = f"coverage of {one.clause}, in percent"
    return stored | _ONLY_IN_VIEWS


def are_laid(connection: Connection, views: Mapping[str, str]) -> bool:
    """Whether the warehouse holds these views and today's comments."""
    if not set(views) <= set(sa.inspect(connection).get_view_names()):
        return False
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


def drop(connection: Connection, views: Mapping[str, str]) -> None:
    """Drop the views, so that the tables they read from can be altered; each before those it reads from."""
    for name in reversed(list(views)):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


@contextmanager
def laid_anew(connection: Connection, views: Mapping[str, str]) -> Iterator[None]:
    """Be without the views while tables are altered, and create them after.

    In PostgreSQL whoever was granted rights on a view has them on the new one.
    """
    grants = _grants(connection, views) if connection.dialect.name == "postgresql" else ()
    drop(connection, views)
    yield
    for statement in (*views.values(), *grants):
        connection.exec_driver_sql(statement)


def record(connection: Connection, views: Mapping[str, str]) -> None:
    """Fill what views read beside results, set comments where the database has any, and keep the hash of it all."""
    reference.fill(connection)
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
    return "\n".join(line.replace(_INDICATOR, name) for name in definitions())


def _sha256(views: Mapping[str, str]) -> str:
    return _sha256_with_comments(tuple(views.values()))


@lru_cache(maxsize=2)
def _sha256_with_comments(texts: tuple[str, ...]) -> str:
    comments = (f"{item} {item.comment}" for table in METADATA.sorted_tables for item in (table, *table.columns))
    said = (f"{name} {text}" for name, text in meanings().items())
    return hashlib.sha256("\n".join((*texts, *comments, *said, repr(definitions()))).encode()).hexdigest()


def _comment(connection: Connection, views: Mapping[str, str]) -> None:
    for table in METADATA.sorted_tables:
        connection.execute(sa.schema.SetTableComment(table))
        for column in table.columns:
            connection.execute(sa.schema.SetColumnComment(column))
    said, inspector = meanings(), sa.inspect(connection)
    for name, text in views.items():
        connection.exec_driver_sql(f"COMMENT ON VIEW {name} IS {_quoted(connection, about(text))}")
        for known in inspector.get_columns(name):
            meaning = _quoted(connection, said.get(known["name"], ""))
            connection.exec_driver_sql(f"COMMENT ON COLUMN {name}.{known['name']} IS {meaning}")


def _quoted(connection: Connection, text: str) -> str:
    return str(sa.literal(text).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
