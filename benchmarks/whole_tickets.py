"""Tickets by engines told to do all that a run does with them: months, places of rows, every variant and breakdown.

Not told are signs that a file is not what it seems, advice, and what makes a run safe to stop and to repeat.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Contender, Target, Work
from benchmarks.tickets import Given, cleaned, judged_by_duckdb, judged_by_polars, landed, result_of, write_tickets

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# Moments in UTC without a zone, as the engines keep them.
_FIRST, _END, _AS_OF = map(datetime.fromisoformat, ("2024-12-31T17:00", "2025-12-31T17:00", "2026-01-31T17:00"))
_ZONE_HOURS, _DAY, _FOLLOW_UP_DAYS = 7, 86_400, 5
_CALENDAR = (date(2024, 1, 1), date(2027, 1, 1))
_DIMENSIONS = ("channel", "category", "agency")
_COLUMNS = ("inquiry_id", *_DIMENSIONS, "status", "received_at", "responded_at", "closed_at", "reason")
# What is summed: the seconds of which rows.
_SUMS = {
    "answered": ("waited", "is_answered"),
    "working": ("worked", "is_answered"),
    "open": ("age", "is_open"),
    "answered_inside": ("waited", "is_sound AND received_at IS NOT NULL AND is_answered_inside"),
    "recorded": ("waited", "is_received AND responded_at IS NOT NULL"),
    "closed": ("until_closed", "is_sound AND is_received AND closed_at IS NOT NULL"),
    "recorded_closed": ("until_closed", "is_received AND closed_at IS NOT NULL"),
    "recorded_closed_non_negative": ("until_closed", "is_received AND closed_at IS NOT NULL AND until_closed >= 0"),
}
_COUNTS = {
    "read": "true",
    "received": "is_sound AND is_received",
    "timely": f"is_answered AND worked <= {_FOLLOW_UP_DAYS * _DAY}",
    "closed_without_response": "is_sound AND is_received AND responded_at IS NULL AND closed_at IS NOT NULL",
}


def ours(given: Given) -> str:
    """As `tolok run` does it."""
    result = result_of(given, cleaned(given))
    variants = {
        name: (_whole(of.numerator, in_hours=of.unit == "days"), _whole(of.denominator))
        for name, of in result.variants.items()
    }
    members = {
        f"{of.dimension} {of.member}": (_whole(of.quotient.numerator, in_hours=True), _whole(of.quotient.denominator))
        for of in result.breakdowns
    }
    return _told(
        rows=(result.rows.read, result.rows.used, result.rows.excluded, result.rows.quarantined),
        variants=variants | {"headline": (_whole(result.headline.numerator, in_hours=True), result.rows.used)},
        members=members,
        spread=(result.statistics["median"], result.statistics["p90"]),
    )


def _whole(amount: float | None, *, in_hours: bool = False) -> int | None:
    return None if amount is None else round(amount * 3600 if in_hours else amount)


def _told(
    *,
    rows: tuple[int, int, Mapping[str, int], Mapping[str, int]],
    variants: Mapping[str, tuple[int | None, int | None]],
    members: Mapping[str, tuple[int | None, int | None]],
    spread: Iterable[float],
) -> str:
    told = {"rows": rows, "variants": variants, "members": members, "spread": [round(days, 9) for days in spread]}
    return json.dumps(told, sort_keys=True)


def _told_of_sums(
    sums: Mapping[str, tuple[int, int]],
    counts: Mapping[str, int],
    *,
    quarantined: Mapping[str, int],
    members: Mapping[str, tuple[int, int]],
    spread: Iterable[float],
) -> str:
    """The variants by their definitions, from what is summed."""
    answered, opened, received = sums["answered"], sums["open"], counts["received"]
    variants = {
        "headline": answered,
        "day_end": answered,
        "open_age_counted": (answered[0] + opened[0], answered[1] + opened[1]),
        "strict_all_received": (answered[0], received),
        "open_inquiries": (opened[1], None),
        "open_mean_age": opened,
        "working_days": sums["working"],
        "within_follow_up_deadline": (counts["timely"], received),
        "by_date_answered": sums["answered_inside"],
        "as_recorded": sums["recorded"],
        "time_to_closure": sums["closed"],
        "time_to_closure_as_recorded": sums["recorded_closed"],
        "time_to_closure_non_negative": sums["recorded_closed_non_negative"],
    }
    left_out = {"open": opened[1], "closed_without_response": counts["closed_without_response"]}
    excluded = {name: count for name, count in left_out.items() if count}
    rows = (counts["read"], answered[1], excluded, quarantined)
    return _told(rows=rows, variants=variants, members=members, spread=spread)


def duckdb(path: Path) -> str:
    """In SQL."""
    connection = judged_by_duckdb(path, with_places=True)
    folder = _emptied(path, "duckdb")
    connection.execute(f"""
        COPY (SELECT *, strftime(received_at, '%Y-%m') AS month FROM clean) TO '{folder}'
        (FORMAT parquet, PARTITION_BY (month))""")
    connection.execute(f"COPY (FROM clean WHERE reason IS NOT NULL) TO '{folder}.csv' (HEADER)")
    _measure_in_duckdb(connection)
    found = _only_row(connection, _totals())
    reasons = connection.execute("SELECT reason, count(*) FROM clean WHERE reason IS NOT NULL GROUP BY 1").fetchall()
    members = connection.execute(f"""
        SELECT {", ".join(_DIMENSIONS)}, sum(waited)::BIGINT, count(*) FROM measured WHERE is_answered
        GROUP BY GROUPING SETS ({", ".join(f"({name})" for name in _DIMENSIONS)})""").fetchall()
    return _told_of_sums(
        {name: (found[f"{name}_seconds"], found[f"{name}_count"]) for name in _SUMS},
        found,
        quarantined=dict(reasons),
        members={_member(row[:-2]): row[-2:] for row in members},
        spread=[seconds / _DAY for seconds in found["spread"]],
    )


def _measure_in_duckdb(connection: DuckDBPyConnection) -> None:
    """`measured`: the rows with what each indicator's variant asks of them; a working day is 24 hours."""
    first, end = _CALENDAR
    connection.execute(f"""
        CREATE TABLE calendar AS
        WITH days AS (
            SELECT day::DATE AS day, (isodow(day) < 6)::BIGINT AS works
            FROM range(DATE '{first}', DATE '{end}', INTERVAL 1 DAY) AS of(day))
        SELECT day, works, {_DAY} * (sum(works) OVER (ORDER BY day) - works)::BIGINT AS before FROM days""")
    connection.execute(f"""
        CREATE VIEW measured AS
        WITH flagged AS (
            SELECT *, reason IS NULL AS is_sound,
                coalesce(received_at >= '{_FIRST}' AND received_at < '{_END}', false) AS is_received,
                coalesce(responded_at >= '{_FIRST}' AND responded_at < '{_END}', false) AS is_answered_inside,
                is_sound AND is_received AND responded_at IS NOT NULL AS is_answered,
                is_sound AND is_received AND responded_at IS NULL AND closed_at IS NULL AS is_open,
                date_diff('second', received_at, responded_at) AS waited,
                date_diff('second', received_at, closed_at) AS until_closed,
                greatest(date_diff('second', received_at, TIMESTAMP '{_AS_OF}'), 0) AS age,
                received_at + INTERVAL {_ZONE_HOURS} HOUR AS received_then,
                responded_at + INTERVAL {_ZONE_HOURS} HOUR AS responded_then
            FROM clean)
        SELECT flagged.*,
            til.before + til.works * date_diff('second', til.day::TIMESTAMP, responded_then)
            - since.before - since.works * date_diff('second', since.day::TIMESTAMP, received_then) AS worked
        FROM flagged
        LEFT JOIN calendar AS since ON since.day = received_then::DATE
        LEFT JOIN calendar AS til ON til.day = responded_then::DATE""")


def _totals() -> str:
    """Everything that is summed over all rows, with the fingerprint of those the result depends on."""
    sums = "".join(
        f"coalesce(sum({what}) FILTER ({rows}), 0)::BIGINT AS {name}_seconds, count(*) FILTER ({rows}) AS {name}_count,"
        for name, (what, rows) in _SUMS.items()
    )
    counts = "".join(f"count(*) FILTER ({rows}) AS {name}, " for name, rows in _COUNTS.items())
    hashed, inside = f"hash({', '.join(_COLUMNS)})", "(is_received OR received_at IS NULL OR is_answered_inside)"
    return f"""
        SELECT {sums} {counts} quantile_cont(waited, [0.5, 0.9]) FILTER (is_answered) AS spread,
            sum({hashed}) FILTER {inside} AS added, bit_xor({hashed}) FILTER {inside} AS mixed
        FROM measured"""


def _only_row(connection: DuckDBPyConnection, query: str) -> dict[str, Any]:
    cursor = connection.execute(query)
    (row,) = cursor.fetchall()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def _member(names: Iterable[str | None]) -> str:
    """The dimension whose member a row of a grouping set is, and the member."""
    return next(f"{of} {name}" for of, name in zip(_DIMENSIONS, names, strict=True) if name is not None)


def _emptied(path: Path, name: str) -> Path:
    folder = path.with_name(f"{path.name}.{name}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def polars(path: Path) -> str:
    """The same in expressions."""
    import polars as pl

    clean = judged_by_polars(path).rename({"Nomor": "inquiry_id", "Kanal": "channel", "OPD": "agency"})
    clean = clean.rename({"Kategori": "category", "state": "status"}).drop("is_repeated")
    folder = _emptied(path, "polars")
    months = clean.with_columns(month=pl.col("received_at").dt.strftime("%Y-%m")).partition_by("month", as_dict=True)
    for (month,), rows in months.items():
        rows.write_parquet(folder / f"{month}.parquet")
    held = clean.filter(pl.col("reason").is_not_null())
    held.write_csv(f"{folder}.csv")
    measured = _measured_by_polars(clean)
    sums = {
        f"{name}_{kind}": of
        for name, (what, rows) in _SUMS.items()
        for kind, of in (
            ("seconds", pl.sql_expr(what).filter(pl.sql_expr(rows)).sum()),
            ("count", pl.sql_expr(rows).fill_null(value=False).sum()),
        )
    }
    counts = {name: pl.sql_expr(rows).fill_null(value=False).sum() for name, rows in _COUNTS.items() if name != "read"}
    waited = pl.col("waited").filter(pl.col("is_answered"))
    spread = {f"spread_{share}": waited.quantile(share, "linear") for share in (0.5, 0.9)}
    found = measured.select(**sums, **counts, **spread, read=pl.len()).row(0, named=True)
    is_inside = pl.sql_expr("is_received OR received_at IS NULL OR is_answered_inside")
    measured.filter(is_inside).select(_COLUMNS).hash_rows().sum()
    answered = measured.filter(pl.col("is_answered"))
    members = {
        f"{of} {name}": (seconds, count)
        for of in _DIMENSIONS
        for name, seconds, count in answered.group_by(of).agg(pl.col("waited").sum(), pl.len()).rows()
    }
    return _told_of_sums(
        {name: (found[f"{name}_seconds"], found[f"{name}_count"]) for name in _SUMS},
        found,
        quarantined=dict(held.group_by("reason").len().rows()),
        members=members,
        spread=[found[f"spread_{share}"] / _DAY for share in (0.5, 0.9)],
    )


def _measured_by_polars(clean: pl.DataFrame) -> pl.DataFrame:
    """The columns of `measured` in SQL."""
    import polars as pl

    col, first = pl.col, _CALENDAR[0]
    since = {name: col(name) + timedelta(hours=_ZONE_HOURS) for name in ("received_at", "responded_at")}

    def worked(moment: pl.Expr) -> pl.Expr:
        day = moment.dt.date()
        seconds = (moment - moment.dt.truncate("1d")).dt.total_seconds()
        works = day.dt.is_business_day()
        before = pl.business_day_count(pl.lit(first), day).cast(pl.Int64)
        return before * _DAY + pl.when(works).then(seconds).otherwise(0)

    is_received = ((col("received_at") >= _FIRST) & (col("received_at") < _END)).fill_null(value=False)
    responded_in = ((col("responded_at") >= _FIRST) & (col("responded_at") < _END)).fill_null(value=False)
    eligible, has_response = col("is_sound") & col("is_received"), col("responded_at").is_not_null()
    return (
        clean.lazy()
        .with_columns(is_sound=col("reason").is_null(), is_received=is_received, is_answered_inside=responded_in)
        .with_columns(
            is_answered=eligible & has_response,
            is_open=eligible & ~has_response & col("closed_at").is_null(),
            waited=(col("responded_at") - col("received_at")).dt.total_seconds(),
            until_closed=(col("closed_at") - col("received_at")).dt.total_seconds(),
            age=(pl.lit(_AS_OF) - col("received_at")).dt.total_seconds().clip(0),
            worked=worked(since["responded_at"]) - worked(since["received_at"]),
        )
        .collect()
    )


WORK = Work(
    name="whole tickets",
    unit="rows",
    write=write_tickets,
    contenders={
        "ours": Contender(ours, ready=landed),
        "duckdb": Contender(duckdb, needs=("duckdb",)),
        "polars": Contender(polars, needs=("polars",)),
    },
    targets=(Target(1.0, "duckdb"), Target(1.0, "duckdb", by="cpu"), Target(1.1, "polars")),
)
