"""Each loop of our own against the library that does nearest the same, on tickets: whether it earns its place.

The libraries do less: they neither name the place of a damaged record, nor read what is not exactly one format, nor
give a text the same number in another process or as a category. What they give is compared where it must be the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset

from benchmarks.measure import Contender, Target, Work
from benchmarks.tickets import COLUMNS, write_tickets
from connectors.csv_blocks import csv_frames
from connectors.layout import Layout
from connectors.records import RawFile
from kernels import compile_all
from pipeline.clean.moments import places_of, shapes_of, wall_clock
from pipeline.clean.month_files import Block, MonthFiles
from pipeline.indicators.row_hashes import row_hashes
from pipeline.tables import DTYPES, INQUIRIES, OUTCOME_COLUMNS, SOURCE_COLUMNS

_READ = ("Nomor", "Kanal", "OPD", "Kategori", "Status", "Masuk", "Dijawab", "Ditutup")
_FORM = "%Y-%m-%d %H:%M:%S"
_HASHED = ["inquiry_id", "channel", "agency", "received_at"]


def _blocks(path: Path) -> Iterator[pd.DataFrame]:
    yield from csv_frames(RawFile(path, path.name), layout=Layout(format="csv", delimiter=";"), columns=_READ)


def _with_kernels(path: Path) -> Path:
    """The input; kernels are loaded, as imports are, before the clock: a process does so once for all loops."""
    compile_all()
    return path


def csv_ours(path: Path) -> str:
    """Records in blocks, each with its place and what is wrong with it."""
    return f"{sum(len(block) for block in _blocks(path))} records"


def csv_arrow(path: Path) -> str:
    """By pyarrow, which reads lines of another number of cells as none."""
    table = pa.csv.read_csv(
        path,
        parse_options=pa.csv.ParseOptions(delimiter=";", newlines_in_values=True, invalid_row_handler=lambda _: "skip"),
        convert_options=pa.csv.ConvertOptions(include_columns=_READ, column_types=dict.fromkeys(_READ, pa.string())),
    )
    return f"{len(table)} records"


def csv_pandas(path: Path) -> str:
    """By pandas, likewise."""
    frame = pd.read_csv(path, sep=";", dtype=str, usecols=_READ, on_bad_lines="skip")
    return f"{len(frame)} records"


def csv_duckdb(path: Path) -> str:
    """By DuckDB, which keeps the records it refuses in a table of their own."""
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    read = connection.sql(f"""
        SELECT {", ".join(_READ)} FROM read_csv('{path}', delim=';', quote='"', header=true, auto_detect=false,
            columns={{{columns}}}, store_rejects=true)""").to_arrow_reader()
    count = sum(len(batch) for batch in read)
    (refused,) = connection.execute("SELECT count(*) FROM reject_errors").fetchone() or ()
    return f"{count + refused} records"


def _texts(path: Path) -> pd.Series:
    texts = pd.concat([block["Masuk"] for block in _blocks(path)], ignore_index=True)
    return texts[texts.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").fillna(False).astype(bool)]


def moments_ours(texts: pd.Series) -> str:
    """By the places of their digits."""
    found = np.full(len(texts), np.datetime64("NaT"), "M8[us]")
    for shape in shapes_of(texts):
        told = wall_clock(shape, places_of(_FORM, shape.text) or {})
        if told is not None:
            found[shape.rows] = told[0]
    return _moments(found)


def moments_arrow(texts: pd.Series) -> str:
    """By pyarrow's strptime."""
    parsed = pc.strptime(pa.array(texts), format=_FORM, unit="us", error_is_null=True)
    return _moments(parsed.to_numpy(zero_copy_only=False))


def moments_pandas(texts: pd.Series) -> str:
    """By pandas."""
    return _moments(pd.to_datetime(texts, format=_FORM, errors="coerce").to_numpy("M8[us]"))


def _moments(moments: Any) -> str:  # noqa: ANN401 an array of moments
    known = moments[~np.isnat(moments)].astype("M8[us]").astype(np.int64)
    return f"{len(known)} moments, {int(known.sum() % 1_000_000_007)}"


def _clean(path: Path) -> pd.DataFrame:
    raw = pd.concat(list(_blocks(path)), ignore_index=True)
    received = pd.to_datetime(raw["Masuk"], format=_FORM, errors="coerce", utc=True)
    columns = (*INQUIRIES.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    given = {
        "inquiry_id": raw["Nomor"],
        "channel": raw["Kanal"],
        "agency": raw["OPD"],
        "category": raw["Kategori"],
        "received_at": received.fillna(received.min()),
        "source_row": np.arange(len(raw)),
        "source_file_id": "f",
    }
    nothing = pd.Series(None, raw.index, dtype=object)
    return pd.DataFrame({c.name: pd.Series(given.get(c.name, nothing)).astype(DTYPES[c.kind]) for c in columns})


def hashes_ours(frame: pd.DataFrame) -> str:
    """The same number for the same content, in any process, as texts or as categories."""
    return f"{len(pd.unique(row_hashes(frame[_HASHED])))} numbers"


def hashes_pandas(frame: pd.DataFrame) -> str:
    """By pandas, texts made categories first as it advises."""
    hashed = pd.util.hash_pandas_object(frame[_HASHED], index=False)
    return f"{len(pd.unique(hashed.to_numpy()))} numbers"


def _fresh(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def _written(frame: pd.DataFrame, write: Callable[[pd.DataFrame, Path], None], folder: Path) -> str:
    write(frame, _fresh(folder))
    shutil.rmtree(folder)
    return f"{len(frame)} rows"


def _by_month(frame: pd.DataFrame, folder: Path) -> None:
    files = MonthFiles(folder, INQUIRIES)
    for begin in range(0, len(frame), 250_000):
        files.add(Block.of(frame.iloc[begin : begin + 250_000], INQUIRIES))
    files.close()


def _by_dataset(frame: pd.DataFrame, folder: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    months = pc.strftime(table["received_at"], format="%Y-%m")
    pa.dataset.write_dataset(
        table.append_column("month", months), folder, format="parquet", partitioning=["month"], max_open_files=64
    )


def months_ours(given: tuple[pd.DataFrame, Path]) -> str:
    """A file for each month that outcomes can be changed in afterwards, and the quarantine."""
    return _written(given[0], _by_month, given[1])


def months_arrow(given: tuple[pd.DataFrame, Path]) -> str:
    """By pyarrow's datasets, with no outcomes and no quarantine."""
    return _written(given[0], _by_dataset, given[1])


def _with_folder(path: Path) -> tuple[pd.DataFrame, Path]:
    return _clean(path), path.with_suffix(".months")


def _pair(run: Callable[[Any], object], ready: Callable[[Path], Any] | None = None) -> Contender:
    return Contender(run, ready=ready, is_exact=False)


WORK = Work(
    name="loops",
    unit="rows",
    write=write_tickets,
    contenders={
        "csv_ours": _pair(csv_ours, _with_kernels),
        "csv_arrow": _pair(csv_arrow),
        "csv_pandas": _pair(csv_pandas),
        "csv_duckdb": Contender(csv_duckdb, needs=("duckdb",), is_exact=False),
        "moments_ours": _pair(moments_ours, _texts),
        "moments_arrow": _pair(moments_arrow, _texts),
        "moments_pandas": _pair(moments_pandas, _texts),
        "hashes_ours": _pair(hashes_ours, _clean),
        "hashes_pandas": _pair(hashes_pandas, _clean),
        "months_ours": _pair(months_ours, _with_folder),
        "months_arrow": _pair(months_arrow, _with_folder),
    },
    targets=tuple(
        Target(limit, f"{loop}_{peer}", by="cpu", ours=f"{loop}_ours")
        for loop, peer, limit in (
            ("csv", "arrow", 1.0),
            ("csv", "pandas", 0.5),
            ("csv", "duckdb", 1.0),
            ("moments", "arrow", 0.5),
            ("moments", "pandas", 0.5),
            ("hashes", "pandas", 0.5),
            ("months", "arrow", 1.0),
        )
    ),
)
