"""Rows of erased persons: blanked as soon as they are read, and what is kept in place of raw files that held them."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import SourceChanged
from connectors.remarks import Remark
from pipeline.clean.mapping import map_rows
from pipeline.clean.text_bytes import tidied
from pipeline.config.source import Source
from pipeline.landing import ErasedIds
from pipeline.tables import ERASED, Table

# Of a raw row that was erased, the number of the decision and the first day of the month it belongs to, so that only
# that month's results tell of it; `_UNDATED` without one.
ERASED_IN = "erased_in"
_UNDATED = "undated"
_FILE, _TOLD = "file_id", b"tolok"
_PLACES = ("source_row", "reader_problem", ERASED_IN)

RawBlock = tuple[str, pd.DataFrame]


def blanked(raw: pd.DataFrame, *, source: Source, table: Table, zone: ZoneInfo, erased: ErasedIds) -> pd.DataFrame:
    """Raw rows, those of erased ids without anything but their place in the file; `ERASED_IN` tells which, if any."""
    if not erased or not table.has_ids:
        return raw
    raw = _with_marks(raw)
    mapped = map_rows(raw, source=source, table=table, zone=zone)
    own = source.columns[table.thing[0]].column if table.thing[0] in source.columns else ()
    told = [mapped[table.thing[0]], *(tidied(raw[name], absent=()) for name in own if len(own) == 1)]
    return _blank(raw, _decisions(told, erased), _months(mapped[table.month_by], zone))


def blanked_answers(raw: pd.DataFrame, *, id_column: str, erased: ErasedIds) -> pd.DataFrame:
    """The rows of a follow-up log with `ERASED_IN`, those of erased inquiries blank."""
    raw = _with_marks(raw)
    if not erased:
        return raw
    ids = tidied(raw[id_column], absent=())
    undated = pd.Series(_UNDATED, index=raw.index, dtype="str")
    return _blank(raw, _decisions([ids, ids.str.removesuffix(".0")], erased), undated)


def _with_marks(raw: pd.DataFrame) -> pd.DataFrame:
    raw = raw.reset_index(drop=True)
    return raw if ERASED_IN in raw else raw.assign(**{ERASED_IN: pd.Series(None, index=raw.index, dtype="str")})


def _decisions(told: Sequence[pd.Series], erased: ErasedIds) -> pd.Series:
    """By which decision each row was erased, whichever of its ids says so; null for none."""
    found = [[erased.decision_of(one) if isinstance(one, str) else None for one in ids] for ids in told]
    first = [next((one for one in of_row if one is not None), None) for of_row in zip(*found, strict=True)]
    return pd.Series(first, dtype="Int64")


def decisions_of(blocks: Iterable[RawBlock]) -> Counter[int]:
    """How many rows were erased by each decision."""
    marks = [mark for _, raw in blocks if ERASED_IN in raw for mark in raw[ERASED_IN].dropna()]
    return Counter(int(mark.partition(" ")[0]) for mark in marks)


def _months(placed: pd.Series, zone: ZoneInfo) -> pd.Series:
    """The first moment of each row's month on the city's clock."""
    local = placed if placed.dt.tz is None else placed.dt.tz_convert(zone)
    return local.dt.strftime("%Y-%m-01").astype("str").fillna(_UNDATED)


def _blank(raw: pd.DataFrame, decisions: pd.Series, months: pd.Series) -> pd.DataFrame:
    is_erased = (decisions.notna() & raw[ERASED_IN].isna()).to_numpy(bool)
    if not is_erased.any():
        return raw
    emptied = {name: raw[name].mask(is_erased) for name in raw if name not in ("source_row", ERASED_IN)}
    return raw.assign(
        **emptied, **{ERASED_IN: raw[ERASED_IN].where(~is_erased, decisions.astype("str") + " " + months)}
    )


def left_out(frame: pd.DataFrame, raw: pd.DataFrame, *, table: Table, zone: ZoneInfo) -> pd.DataFrame:
    """Mapped rows, those that were erased excluded by the rule `erased` and told by nothing but their month."""
    if ERASED_IN not in raw or not (is_erased := raw[ERASED_IN].notna().to_numpy()).any():
        return frame
    months = raw[ERASED_IN].reset_index(drop=True).str.partition(" ")[2]
    days = pd.to_datetime(months.mask(months == _UNDATED), format="%Y-%m-%d")
    placed = days if table.column(table.month_by).kind == "day" else days.dt.tz_localize(zone).dt.tz_convert("UTC")
    emptied = {name: frame[name].mask(is_erased) for name in frame if name != "source_row"}
    emptied[table.month_by] = emptied[table.month_by].where(~is_erased, placed.astype(frame[table.month_by].dtype))
    emptied["excluded_by"] = emptied["excluded_by"].astype("str").mask(is_erased, ERASED)
    return frame.assign(**emptied)


@dataclass(frozen=True)
class Said:
    """What reading raw files gave besides their rows, as `pipeline.clean.source_rows.Landed` keeps it."""

    remarks: Sequence[Remark] = ()
    titles: Sequence[str] = ()
    headers: Sequence[str] = ()


def rest_of(blocks: Iterable[RawBlock], *, columns: Sequence[str], said: Said) -> bytes:
    """Rows as they were read, with what was said of them while reading: the same bytes for the same rows."""
    names = [*dict.fromkeys(columns), "reader_problem", ERASED_IN, _FILE]
    schema = pa.schema([("source_row", pa.int64()), *((name, pa.large_string()) for name in names)])
    told = json.dumps(asdict(said))
    content = io.BytesIO()
    noted = schema.with_metadata({_TOLD: told.encode()})
    with pq.ParquetWriter(content, noted, compression="none", write_statistics=False) as writer:
        for file_id, raw in ((name, _with_marks(block)) for name, block in blocks):
            texts = [pa.array(raw[name].astype("str"), pa.large_string()) for name in names[:-1]]
            of_file = pa.array([file_id] * len(raw), pa.large_string())
            writer.write_table(pa.table([pa.array(raw["source_row"], pa.int64()), *texts, of_file], schema))
    return content.getvalue()


def blocks_of_rests(paths: Sequence[Path], *, columns: Sequence[str], source_name: str) -> Iterator[RawBlock]:
    """The rows that were kept, in the blocks they were read in; raises `SourceChanged` for a column that was not.

    Rows of a file that several hold are given once.
    """
    seen: set[str] = set()
    for path in paths:
        found = set()
        for file_id, raw in _blocks_of_rest(path, columns=columns, source_name=source_name):
            found.add(file_id)
            if file_id not in seen:
                yield file_id, raw
        seen |= found


def _blocks_of_rest(path: Path, *, columns: Sequence[str], source_name: str) -> Iterator[RawBlock]:
    file = pq.ParquetFile(path)
    missing = ", ".join(name for name in columns if name not in file.schema_arrow.names)
    if missing:
        raise SourceChanged(
            id=f"Sumber '{source_name}': dari berkas mentah yang barisnya dihapus (tolok erase) hanya kolom yang waktu "
            f"itu dipetakan disimpan, tanpa {missing}. Ambil lagi dari sumbernya dengan tolok run, atau petakan kolom "
            "yang lama.",
            en=f"Source '{source_name}': of raw files of which rows were erased (tolok erase) only the columns mapped "
            f"then are kept, without {missing}. Fetch them from their source again by tolok run, or map the columns of "
            "then.",
        )
    for group in range(file.num_row_groups):
        raw = file.read_row_group(group).to_pandas()
        file_id = raw.pop(_FILE)
        texts = {name: raw[name].astype("str") for name in raw if name != "source_row"}
        if len(raw):
            yield str(file_id.iloc[0]), raw.assign(**texts)[[*_PLACES, *columns]]


def said_of_rest(path: Path) -> Said:
    """What reading the raw files gave besides their rows."""
    told = json.loads((pq.read_schema(path).metadata or {})[_TOLD])
    return Said([Remark(**one) for one in told["remarks"]], told["titles"], told.get("headers", ()))
