"""Tickets to a clean table, a quarantine with reasons and the mean response, against engines told the same rules."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.measure import Contender, Target, Work
from pipeline import sample
from pipeline.clean.dataset import Dataset, clean_table, dataset_path, read_dataset
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.indicators.base import Result, measure
from pipeline.indicators.registry import INDICATORS
from pipeline.landing import Manifest, land
from pipeline.periods import Period
from pipeline.tables import INQUIRIES
from pipeline.terms import terms_for
from pipeline.validate import read_tables, validate

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# How a city's YAML reads what `write_tickets` writes.
SOURCE = """
  meja:
    table: inquiries
    path: {path}
    format: csv
    delimiter: ";"
    extracted_at: 2026-02-01T00:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
      inquiry_id: Nomor
      channel: Kanal
      agency: OPD
      category: Kategori
      status:
        column: Status
        values: {{Selesai: closed, Diproses: in_progress, Belum: open}}
      received_at: {{column: Masuk, format: ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]}}
      responded_at: {{column: Dijawab, format: ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]}}
      closed_at: {{column: Ditutup, format: ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]}}
"""
_YAML = f"""
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {{{{kemendagri: "31"}}}}
population: {{{{reference: "06-30"}}}}
sources:{SOURCE}
"""
_HEADER = b"Nomor;Kanal;OPD;Kategori;Status;Masuk;Dijawab;Ditutup;Pelapor;Isi\n"
_YEAR = (int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()), 365 * 86_400)
_PERIOD = Period.parse("2025")
_CHUNK_ROWS = 500_000
_DIRTY_SHARE = 0.02
_ROWS_FOR_SLOW_PEERS = 10_000_000
_CHANNELS = ("Aplikasi", "Telepon", "Laman", "SMS", "Media sosial", "Datang langsung")
_WORDS = ("jalan", "rusak", "lampu", "mati", "air", "keruh", "sampah", "menumpuk", "banjir", "pohon", "izin")
_FORMS = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S")
COLUMNS = ("Nomor", "Kanal", "OPD", "Kategori", "Status", "Masuk", "Dijawab", "Ditutup", "Pelapor", "Isi")
_MOMENTS = {"received_at": "Masuk", "responded_at": "Dijawab", "closed_at": "Ditutup"}
_STATUSES = {"Selesai": "closed", "Diproses": "in_progress", "Belum": "open"}
_EXTRACTED_AT = datetime(2026, 1, 31, 17, tzinfo=UTC).replace(tzinfo=None)


def write_tickets(path: Path, rows: int) -> None:
    """`rows` tickets of 2025, about 150 bytes each, in order of receipt; beside it the same with dates in two forms."""
    rng = np.random.default_rng(5)
    with path.open("wb") as iso, _mixed(path).open("wb") as mixed:
        iso.write(_HEADER)
        mixed.write(_HEADER)
        for begin in range(0, rows, _CHUNK_ROWS):
            columns = _columns(rng, begin=begin, count=min(_CHUNK_ROWS, rows - begin), rows=rows)
            iso.write(_lines(columns, is_other=np.zeros_like(columns.is_other)))
            mixed.write(_lines(columns, is_other=columns.is_other))


def _mixed(path: Path) -> Path:
    return path.with_suffix(".mixed")


@dataclass(frozen=True)
class _Columns:
    """Some tickets; `is_other` are those whose dates are in the second form where a file has two."""

    texts: dict[str, pa.Array]
    seconds: dict[str, np.ndarray]
    is_other: np.ndarray
    dirt: np.ndarray


def _columns(rng: np.random.Generator, *, begin: int, count: int, rows: int) -> _Columns:
    """Tickets without faults, and in `dirt` which fault each is to get (0 for none)."""
    received = _YEAR[0] + (np.arange(begin, begin + count) * _YEAR[1] // rows)
    waited = np.clip(rng.lognormal(11, 1.4, count), 60, 40 * 86_400).astype(int)
    closed = received + waited + rng.integers(0, 5 * 86_400, count)
    numbers = np.arange(begin, begin + count)
    dirt = np.where(rng.random(count) < _DIRTY_SHARE, rng.integers(1, 8, count), 0)
    # A number that comes again: the ticket before, and once more the whole ticket.
    numbers[1:][dirt[1:] == 6] -= 1
    answered = rng.random(count) < 0.93
    texts = {
        "number": pc.binary_join_element_wise("25", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0"), "-"),
        "channel": _chosen(rng, _CHANNELS, count),
        "agency": _chosen(rng, [f"Dinas {word.title()} {nth}" for nth in range(4) for word in _WORDS], count),
        "category": _chosen(rng, [f"{one} {other}" for one in _WORDS for other in _WORDS], count),
        "status": pc.if_else(pa.array(answered), "Selesai", _chosen(rng, ("Diproses", "Belum"), count)),
        "person": _chosen(rng, [f"Warga {nth}" for nth in range(999)], count),
        "text": _chosen(
            rng, [f'"{one} di {two}; {three}"' for one in _WORDS for two in _WORDS for three in _WORDS], count
        ),
    }
    seconds = {"received": received, "responded": np.where(answered, received + waited, -1)}
    seconds["closed"] = np.where(answered, closed, -1)
    return _Columns(texts, seconds, rng.random(count) < 0.5, dirt)


def _chosen(rng: np.random.Generator, texts: list[str] | tuple[str, ...], count: int) -> pa.Array:
    return pa.array(list(texts)).take(pa.array((len(texts) * rng.random(count) ** 1.5).astype(int)))


def _lines(columns: _Columns, *, is_other: np.ndarray) -> memoryview:
    """The rows as lines of CSV, their faults put in."""
    dirt, texts = columns.dirt, columns.texts
    moments = {name: _moments(seconds, is_other) for name, seconds in columns.seconds.items()}
    moments["received"] = _replaced(moments["received"], dirt == 1, "2025-02-30 10:00:00")
    moments["received"] = _replaced(moments["received"], dirt == 2, "")
    moments["responded"] = _replaced(moments["responded"], dirt == 3, "1 hari")
    moments["responded"] = _replaced(moments["responded"], dirt == 4, "2024-12-01 00:00:00")
    moments["closed"] = _replaced(moments["closed"], dirt == 5, "2099-01-01 00:00:00")
    status = _replaced(texts["status"], dirt == 7, "Entahlah")
    fields = [texts["number"], texts["channel"], texts["agency"], texts["category"], status, *moments.values()]
    lines = pc.binary_join_element_wise(
        *fields, texts["person"], pc.binary_join_element_wise(texts["text"], "\n", ""), ";"
    )
    lines = lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines
    offsets = np.frombuffer(lines.buffers()[1], np.int32)
    return memoryview(lines.buffers()[2])[: offsets[len(lines)]]


def _moments(seconds: np.ndarray, is_other: np.ndarray) -> pa.Array:
    """ISO without a `T`, or where `is_other` the day first."""
    iso = pa.array(seconds).cast(pa.timestamp("s")).cast(pa.string())
    year, month, day, clock = (pc.utf8_slice_codeunits(iso, *part) for part in ((0, 4), (5, 7), (8, 10), (11, 19)))
    other = pc.binary_join_element_wise(pc.binary_join_element_wise(day, month, year, "/"), clock, " ")
    return pc.if_else(pa.array(seconds < 0), "", pc.if_else(pa.array(is_other), other, iso))


def _replaced(texts: pa.Array, rows: np.ndarray, text: str) -> pa.Array:
    return pc.if_else(pa.array(rows), text, texts)


@dataclass(frozen=True)
class Given:
    """A city and what has been landed of its tickets."""

    home: Path
    city: City
    manifest: Manifest


def landed(path: Path, *, is_mixed: bool = False) -> Given:
    """The bytes of a file of tickets, landed in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=path.parent))
    (home / "kota-uji.yaml").write_text(_YAML.format(path=_mixed(path) if is_mixed else path), "utf-8")
    city = load_city(home, "kota-uji")
    return Given(home, city, land(home, city=city, source_name="meja", period=_PERIOD))


def ours(given: Given) -> str:
    """As `tolok run` does it: the clean table by month on disk, then the indicator with all its variants."""
    return _measured(given, cleaned(given))


def ours_validated(given: Given) -> str:
    """With Great Expectations: on every row up to 200,000, beyond that on a sample and on all keys."""
    dataset = cleaned(given)
    checks, _ = read_tables({"inquiries": dataset}, period=_PERIOD, zone=given.city.zone_info)
    validate(checks)
    return _measured(given, dataset)


def great_expectations(given: Given) -> str:
    """Great Expectations on every row."""
    sample.WHOLE_ROWS = sys.maxsize
    return ours_validated(given)


def cleaned(given: Given) -> Dataset:
    """The clean table by month on disk."""
    manifests = [given.manifest]
    name = clean_table(given.home, city=given.city, table_name="inquiries", manifests=manifests)
    return read_dataset(dataset_path(given.home, given.city, "inquiries", name), INQUIRIES)


def _measured(given: Given, dataset: Dataset) -> str:
    result = result_of(given, dataset)
    return _answer(result.rows.quarantined, round((result.headline.numerator or 0) * 3600), result.rows.used)


def result_of(given: Given, dataset: Dataset) -> Result:
    """The indicator with all its variants and breakdowns."""
    manifests = [given.manifest]
    terms = terms_for(
        "inquiries",
        city=given.city,
        period=_PERIOD,
        parts=dataset.parts,
        tally=None,
        inhabitants=(None, ()),
        manifests=manifests,
    )
    return measure(INDICATORS["inquiry_response"], dataset.parts, terms=terms)


def _answer(quarantined: Mapping[str, int], seconds: int, answered: int) -> str:
    return json.dumps({"seconds": seconds, "answered": answered, **dict(sorted(quarantined.items()))})


def judged_by_duckdb(path: Path, *, with_places: bool = False) -> DuckDBPyConnection:
    """A connection in which `clean` holds every row with the reason it is held back for, null for sound ones."""
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    moments = ", ".join(
        f"try_strptime({raw}, {list(_FORMS)!r}) - INTERVAL 7 HOUR AS {name}" for name, raw in _MOMENTS.items()
    )
    bad = "\n".join(f"WHEN {raw} IS NOT NULL AND {name} IS NULL THEN 'bad_{name}'" for name, raw in _MOMENTS.items())
    late = "\n".join(f"WHEN {name} > TIMESTAMP '{_EXTRACTED_AT}' THEN 'after_extraction_{name}'" for name in _MOMENTS)
    place = "row_number() OVER ()" if with_places else "NULL"
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(f"""
        CREATE TABLE judged AS
        WITH typed AS (
            SELECT *, {place} AS source_row, {moments}, {_cases(_STATUSES)} AS state
            FROM read_csv('{path}', delim=';', quote='"', header=true, auto_detect=false, columns={{{columns}}},
                nullstr='', ignore_errors=true))
        SELECT Nomor AS inquiry_id, Kanal AS channel, OPD AS agency, Kategori AS category, state AS status,
            received_at, responded_at, closed_at, source_row,
            CASE WHEN Status IS NOT NULL AND state IS NULL THEN 'unknown_status'
                {bad}
                WHEN Nomor IS NULL THEN 'missing_inquiry_id' WHEN received_at IS NULL THEN 'missing_received_at'
                {late}
                WHEN responded_at < received_at THEN 'response_before_receipt'
                WHEN closed_at < received_at THEN 'closed_before_receipt' END AS reason
        FROM typed""")
    connection.execute("""
        CREATE TABLE again AS
        SELECT inquiry_id, count(*) FILTER (reason IS NULL) > 1 AS is_repeated
        FROM judged WHERE inquiry_id IS NOT NULL GROUP BY inquiry_id HAVING count(*) > 1""")
    connection.execute("""
        CREATE VIEW clean AS
        SELECT judged.* REPLACE (CASE WHEN reason IS NOT NULL OR again.inquiry_id IS NULL THEN reason
            WHEN is_repeated THEN 'duplicate_key' ELSE 'unreadable_group' END AS reason)
        FROM judged LEFT JOIN again USING (inquiry_id)""")
    return connection


def duckdb(path: Path) -> str:
    """One query, its result kept as a table, then as files."""
    connection = judged_by_duckdb(path)
    connection.execute(f"COPY (FROM clean) TO '{path}.duckdb.parquet' (FORMAT parquet)")
    connection.execute(f"COPY (FROM clean WHERE reason IS NOT NULL) TO '{path}.duckdb.csv' (HEADER)")
    reasons = connection.execute("SELECT reason, count(*) FROM clean WHERE reason IS NOT NULL GROUP BY 1").fetchall()
    (found,) = connection.execute("""
        SELECT sum(date_diff('second', received_at, responded_at)), count(*)
        FROM clean WHERE reason IS NULL AND responded_at IS NOT NULL""").fetchall()
    return _answer(dict(reasons), *map(int, found))


def _cases(values: Mapping[str, str]) -> str:
    return " ".join(["CASE Status", *(f"WHEN '{raw}' THEN '{value}'" for raw, value in values.items()), "END"])


def judged_by_polars(path: Path) -> pl.DataFrame:
    """Every row with the reason it is held back for, null for sound ones, and its place in the file."""
    import polars as pl

    moments = {
        name: pl.coalesce(pl.col(raw).str.to_datetime(form, time_unit="us", strict=False) for form in _FORMS)
        - pl.duration(hours=7)
        for name, raw in _MOMENTS.items()
    }
    typed = (
        pl.scan_csv(path, separator=";", schema=dict.fromkeys(COLUMNS, pl.String), null_values="", ignore_errors=True)
        .with_row_index("source_row")
        .drop("Pelapor", "Isi")
        .with_columns(state=pl.col("Status").replace_strict(_STATUSES, default=None), **moments)
    )
    col = pl.col
    rules = {
        "unknown_status": col("Status").is_not_null() & col("state").is_null(),
        **{f"bad_{name}": col(raw).is_not_null() & col(name).is_null() for name, raw in _MOMENTS.items()},
        "missing_inquiry_id": col("Nomor").is_null(),
        "missing_received_at": col("received_at").is_null(),
        **{f"after_extraction_{name}": col(name) > _EXTRACTED_AT for name in _MOMENTS},
        "response_before_receipt": col("responded_at") < col("received_at"),
        "closed_before_receipt": col("closed_at") < col("received_at"),
    }
    reason = pl.coalesce(pl.when(broken).then(pl.lit(name)) for name, broken in rules.items())
    judged = typed.with_columns(reason=reason).drop(*_MOMENTS.values(), "Status").collect(engine="streaming")
    is_sound, number = col("reason").is_null(), col("Nomor").is_not_null()
    numbers = judged.filter(number).group_by("Nomor").agg(is_repeated=is_sound.sum() > 1, rows=pl.len())
    again = numbers.filter(col("rows") > 1).drop("rows")
    held = pl.when("is_repeated").then(pl.lit("duplicate_key")).otherwise(pl.lit("unreadable_group"))
    is_held = is_sound & col("is_repeated").is_not_null()
    return judged.join(again, on="Nomor", how="left").with_columns(
        reason=pl.when(is_held).then(held).otherwise(col("reason"))
    )


def polars(path: Path) -> str:
    """The same in expressions."""
    from polars import col

    clean = judged_by_polars(path)
    clean.write_parquet(f"{path}.polars.parquet")
    clean.filter(col("reason").is_not_null()).write_csv(f"{path}.polars.csv")
    reasons = clean.filter(col("reason").is_not_null()).group_by("reason").len().rows()
    answered = clean.filter(col("reason").is_null() & col("responded_at").is_not_null())
    seconds = answered.select((col("responded_at") - col("received_at")).dt.total_seconds().sum()).item()
    return _answer(dict(reasons), seconds, len(answered))


def pandas(path: Path) -> str:
    """The same in plain pandas, with its default reader."""
    raw = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, na_values=[""], usecols=COLUMNS[:-2])
    shift = pd.Timedelta(hours=7)
    clean = pd.DataFrame({"inquiry_id": raw["Nomor"], "status": raw["Status"].map(_STATUSES)})
    for name, column in _MOMENTS.items():
        first, second = (pd.to_datetime(raw[column], format=form, errors="coerce") for form in _FORMS)
        clean[name] = first.fillna(second) - shift
    rules = {
        "unknown_status": raw["Status"].notna() & clean["status"].isna(),
        **{f"bad_{name}": raw[column].notna() & clean[name].isna() for name, column in _MOMENTS.items()},
        "missing_inquiry_id": raw["Nomor"].isna(),
        "missing_received_at": clean["received_at"].isna(),
        **{f"after_extraction_{name}": clean[name] > _EXTRACTED_AT for name in _MOMENTS},
        "response_before_receipt": clean["responded_at"] < clean["received_at"],
        "closed_before_receipt": clean["closed_at"] < clean["received_at"],
    }
    clean = clean.join(raw[["Kanal", "OPD", "Kategori"]])
    clean["reason"] = np.select(list(rules.values()), list(rules), default=None)
    again = clean[clean["reason"].isna()].duplicated("inquiry_id", keep=False)
    clean.loc[again.index[again], "reason"] = "duplicate_key"
    held = clean.loc[clean["reason"].notna(), "inquiry_id"].dropna()
    clean.loc[clean["reason"].isna() & clean["inquiry_id"].isin(held), "reason"] = "unreadable_group"
    clean.to_parquet(f"{path}.pandas.parquet")
    clean[clean["reason"].notna()].to_csv(f"{path}.pandas.csv", index=False)
    answered = clean[clean["reason"].isna() & clean["responded_at"].notna()]
    seconds = int((answered["responded_at"] - answered["received_at"]).dt.total_seconds().sum())
    return _answer(clean["reason"].value_counts().to_dict(), seconds, len(answered))


WORK = Work(
    name="tickets",
    unit="rows",
    write=write_tickets,
    contenders={
        "ours": Contender(ours, ready=landed),
        "ours_mixed_dates": Contender(ours, ready=partial(landed, is_mixed=True)),
        "ours_validated": Contender(
            ours_validated, needs=("great_expectations",), ready=landed, most=_ROWS_FOR_SLOW_PEERS
        ),
        "great_expectations": Contender(
            great_expectations, needs=("great_expectations",), ready=landed, most=_ROWS_FOR_SLOW_PEERS
        ),
        "duckdb": Contender(duckdb, needs=("duckdb",)),
        "polars": Contender(polars, needs=("polars",)),
        "pandas": Contender(pandas, most=_ROWS_FOR_SLOW_PEERS),
    },
    targets=(
        Target(0.65, "duckdb"),
        Target(1.1, "polars"),
        Target(0.3, "pandas"),
        Target(1.15, "ours", ours="ours_mixed_dates"),
        Target(0.4, "great_expectations", ours="ours_validated"),
        Target(600, by="peak"),
        Target(1.15, by="peak", grows=True),
    ),
)
