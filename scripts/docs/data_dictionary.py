"""The docs' page of every table, view and column, from their declarations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.tables import OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Column, Table
from pipeline.warehouse import Warehouse
from pipeline.warehouse.migrations import SQL
from pipeline.warehouse.model import METADATA
from pipeline.warehouse.views import about, meanings, view_texts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"
KINDS = {
    "Text": "text",
    "Integer": "count",
    "BigInteger": "count",
    "Double": "number",
    "Utc": "moment",
    "Date": "day",
    "Boolean": "flag",
}
_HEAD = """# Data dictionary

Written by `make generated` from `pipeline/tables.py`, `pipeline/warehouse/model.py` and `sql/views/`; do not edit.

Kinds: `text`; `count`, a whole number; `number`; `moment`, a point in time in UTC; `day`, a date in the city's zone;
`flag`, true or false. A column that is not required may be null.
"""


def page() -> str:
    """The whole page: clean tables, warehouse tables, views."""
    parts = [
        _HEAD,
        "## Clean tables\n\nFiles of each city, table and month. Every clean table ends with these columns:\n",
        _listed(SOURCE_COLUMNS + OUTCOME_COLUMNS),
        *map(_clean_table, TABLES.values()),
        "## Warehouse tables\n\nRows in SQLite or PostgreSQL, read as they are or through the views below.\n",
        *map(_stored_table, METADATA.tables),
        "## Views\n\nWhat reports and BI tools read; a column means what it means in its table.\n",
        *(_view(name, text, columns) for name, text, columns in _views()),
    ]
    return "\n".join(parts)


def _clean_table(table: Table) -> str:
    facts = [
        f"One row per {table.grain}.",
        f"Key: {_code(table.key)}.",
        f"A row belongs to the month of `{table.month_by}`.",
        *(f"Quarantined as `{o.reason}`: `{o.later}` before `{o.earlier}`." for o in table.orders),
        f"Rules that may exclude: {_code(table.exclusions)}.",
    ]
    return f"### {table.name}\n\n" + "\n".join(facts) + "\n\n" + _listed(table.columns)


def _listed(columns: Iterable[Column]) -> str:
    rows = [(f"`{one.name}`", one.kind, _yes(one.is_required), _allowed(one), one.note) for one in columns]
    return _grid(("column", "kind", "required", "allowed", "meaning"), rows)


def _allowed(column: Column) -> str:
    return _code(column.allowed) if column.allowed else "" if column.minimum is None else f"at least {column.minimum:g}"


def _stored_table(name: str) -> str:
    table = METADATA.tables[name]
    checks = sorted(str(one.sqltext) for one in table.constraints if hasattr(one, "sqltext"))
    targets = sorted({key.column.table.name for key in table.foreign_keys})
    facts = [
        f"{_sentence(str(table.comment))}.",
        f"Key: {_code(column.name for column in table.primary_key)}.",
        *([f"Refers to {_code(targets)}."] if targets else []),
        *(f"Checked: `{check}`." for check in checks),
    ]
    rows = [
        (f"`{one.name}`", KINDS[type(one.type).__name__], _yes(not one.nullable), str(one.comment))
        for one in table.columns
    ]
    grid = _grid(("column", "kind", "required", "meaning"), rows)
    return f"### {name}\n\n" + "\n".join(facts) + "\n\n" + grid


def _views() -> list[tuple[str, str, list[str]]]:
    """Name, text and columns of every view, as a new warehouse has them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.sqlite"
        Warehouse(f"sqlite:///{path}").migrate()
        with closing(sqlite3.connect(path)) as connection:
            columns = "SELECT name FROM pragma_table_info(?)"
            return [
                (name, text, [column for (column,) in connection.execute(columns, (name,))])
                for name, text in view_texts(SQL / "views").items()
            ]


def _view(view: str, text: str, columns: Sequence[str]) -> str:
    known = meanings()
    grid = _grid(("column", "meaning"), [(f"`{column}`", known[column]) for column in columns])
    return f"### {view}\n\n{about(text)}\n\n{grid}"


def _grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heading, ["---"] * len(heading), *rows))


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""
