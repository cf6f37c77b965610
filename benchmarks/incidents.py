"""Downtime of overlapping outage windows against DuckDB's and pandas' own unions, the same to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Contender, Target, Work
from pipeline.coverage import Coverage
from pipeline.indicators import it_downtime
from pipeline.indicators.base import Terms, measure
from pipeline.indicators.registry import INDICATORS
from pipeline.periods import Period
from pipeline.tables import DTYPES, OUTAGES, OUTCOME_COLUMNS, SOURCE_COLUMNS

_COMPONENTS = 2_000
_ZONE = ZoneInfo("Asia/Jakarta")
_PERIOD = Period.parse("2025")
_FROM, _TO = (int(moment.timestamp()) for moment in _PERIOD.bounds(_ZONE))
_TERMS = Terms(
    period=_PERIOD,
    zone=_ZONE,
    as_of=datetime(2027, 1, 1, tzinfo=UTC),
    covers=Coverage.of([(date(2024, 1, 1), date(2026, 12, 31))]),
)


def write_outages(path: Path, rows: int) -> None:
    """`rows` outages over three years, minutes long as a rule and days now and then; a few components have most."""
    rng = np.random.default_rng(3)
    started = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) + rng.integers(0, 3 * 365 * 86_400, rows)
    seconds = np.clip(rng.lognormal(6, 1.5, rows), 1, 5 * 86_400).astype("int64")
    names = pa.array([f"svc-{number:04}" for number in range(_COMPONENTS)])
    causes = pa.array(["listrik", "jaringan", "perangkat lunak", "pemeliharaan"])
    columns = {
        "incident_id": pa.array(np.arange(rows)).cast(pa.string()),
        "component": names.take(pa.array((_COMPONENTS * rng.random(rows) ** 2).astype("int64"))),
        "cause": causes.take(pa.array(rng.integers(0, 4, rows))),
        "is_planned": pa.array(rng.random(rows) < 0.2),
        "started_at": _moments(started),
        "ended_at": _moments(started + seconds),
    }
    pq.write_table(pa.table(columns), path)


def _moments(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds * 1_000_000).cast(pa.timestamp("us", tz="UTC"))


def _frame(path: Path) -> pd.DataFrame:
    """The clean table, as `compute` is given it."""
    columns = (*OUTAGES.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    frame = pd.read_parquet(path).assign(source_file_id="f", source_row=1)
    return frame.reindex(columns=[c.name for c in columns]).astype({c.name: DTYPES[c.kind] for c in columns})


def ours(frame: pd.DataFrame) -> str:
    """What the peers do, and incidents joined by number and parent besides."""
    _, pieces = it_downtime.join(frame)
    outages = it_downtime.measure_outages(pieces, _TERMS)
    return _answer(int(outages["seconds"].sum()), int(outages["starts_inside"].sum()))


def whole_result(frame: pd.DataFrame) -> str:
    """The headline, its seven variants, breakdowns by component, cause and plan, and the fingerprint of every row."""
    result = measure(INDICATORS["it_downtime"], [frame], terms=_TERMS).headline
    return _answer(round((result.numerator or 0) * 3600), int(result.denominator or 0))


def duckdb(connection: object) -> str:
    """The headline's seconds and incidents by SQL window functions."""
    found = connection.execute(f"""
        WITH ordered AS (
            SELECT component, epoch_us(started_at) AS begun, epoch_us(ended_at) AS ended,
                max(epoch_us(ended_at)) OVER (
                    PARTITION BY component ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS latest
            FROM outages),
        numbered AS (
            SELECT component, begun, ended, count(*) FILTER (latest IS NULL OR begun > latest) OVER (
                PARTITION BY component ORDER BY begun ROWS UNBOUNDED PRECEDING) AS stretch
            FROM ordered),
        stretches AS (
            SELECT min(begun) AS begun, max(ended) AS ended FROM numbered GROUP BY component, stretch)
        SELECT
            sum(greatest(0, least(ended, {_TO * 1_000_000}) - greatest(begun, {_FROM * 1_000_000})) // 1_000_000),
            count(*) FILTER (begun >= {_FROM * 1_000_000} AND begun < {_TO * 1_000_000})
        FROM stretches""").fetchone()  # type: ignore[attr-defined]
    return _answer(*map(int, found))


def _in_duckdb(path: Path) -> object:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(f"CREATE TABLE outages AS FROM read_parquet('{path}')")
    return connection


def pandas(frame: pd.DataFrame) -> str:
    """The headline's seconds and incidents by a running maximum in pandas."""
    ordered = frame.sort_values(["component", "started_at"])
    latest = ordered.groupby("component")["ended_at"].cummax().groupby(ordered["component"]).shift()
    stretch = (latest.isna() | (ordered["started_at"] > latest)).cumsum()
    union = ordered.groupby(stretch).agg(begun=("started_at", "min"), ended=("ended_at", "max"))
    first, last = (pd.Timestamp(moment, unit="s", tz="UTC") for moment in (_FROM, _TO))
    seconds = (union["ended"].clip(first, last) - union["begun"].clip(first, last)) // pd.Timedelta(seconds=1)
    return _answer(int(seconds.sum()), int(union["begun"].between(first, last, inclusive="left").sum()))


def _answer(seconds: int, outages: int) -> str:
    return f"{seconds} s in {outages} outages"


WORK = Work(
    name="incidents",
    unit="rows",
    write=write_outages,
    contenders={
        "ours": Contender(ours, ready=_frame),
        "whole_result": Contender(whole_result, ready=_frame),
        "duckdb": Contender(duckdb, needs=("duckdb",), ready=_in_duckdb),
        "pandas": Contender(pandas, ready=_frame),
    },
    targets=(Target(0.6, "pandas"), Target(1.0, "duckdb", by="cpu")),
)
