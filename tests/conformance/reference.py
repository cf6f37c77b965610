"""The pack's own SQL over a case's files, by SQLite or DuckDB, as a stranger would run it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.pack import PACK, Case, read_rows

CALENDAR = ("days", "zones")


@dataclass(frozen=True)
class Outcome:
    """What one tool makes of a case: every rule's numerator, denominator and value, and what became of the rows."""

    rules: dict[str, tuple[float | None, float | None, float | None]]
    fates: dict[str, str]
    rows: dict[str, Any]
    reasons: list[str]
    statistics: dict[str, float] = field(default_factory=dict)


def by_sql(case: Case, *, engine: str, bent: Callable[[str], str] = str) -> Outcome:
    """Run the reference queries of the case's indicator; `bent` changes their text first."""
    text = bent((PACK / "sql" / f"{case.indicator}.sql").read_text("utf-8"))
    paths = {name: case.folder / f"{name}.csv" for name in case.tables}
    paths |= {name: PACK / "calendar" / f"{name}.csv" for name in CALENDAR}
    with closing(_in_sqlite(text, paths) if engine == "sqlite" else _in_duckdb(text, paths)) as connection:
        fates = connection.execute("SELECT row_no, fate, rule FROM fates ORDER BY row_no").fetchall()
        counts = Counter((fate, rule) for _, fate, rule in fates)
        return Outcome(
            rules={
                rule: (numerator, denominator, value)
                for rule, numerator, denominator, value in connection.execute(
                    "SELECT rule, numerator, denominator, value FROM answers"
                ).fetchall()
            },
            fates={str(row_no): rule or fate for row_no, fate, rule in fates},
            rows={
                "read": len(fates),
                "used": counts["used", None],
                **{
                    kind: {rule: count for (fate, rule), count in sorted(counts.items(), key=str) if fate == kind}
                    for kind in ("excluded", "quarantined")
                },
            },
            reasons=sorted(reason for (reason,) in connection.execute("SELECT reason FROM reasons").fetchall()),
            statistics=dict(connection.execute("SELECT name, value FROM statistics").fetchall())
            if "TABLE statistics" in text
            else {},
        )


def _in_sqlite(text: str, paths: dict[str, Path]) -> Any:
    connection = sqlite3.connect(":memory:")
    for name, path in paths.items():
        columns, rows = read_rows(path)
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} TEXT' for column in columns)})")
        connection.executemany(f"INSERT INTO {name} VALUES ({_marks(columns)})", rows)
    connection.executescript(text)
    return connection


def _in_duckdb(text: str, paths: dict[str, Path]) -> Any:
    import duckdb

    connection = duckdb.connect()
    for name, path in paths.items():
        connection.execute(f"CREATE TABLE {name} AS FROM read_csv('{path}', header = true, all_varchar = true)")
    connection.execute(text)
    return connection


def _marks(columns: Iterable[str]) -> str:
    return ", ".join("?" for _ in columns)
