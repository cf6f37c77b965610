"""A clean table on disk: made once from landed bytes, kept by month, named by everything it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from connectors.errors import DataRejected
from connectors.files import RawFile, read_rows, refuse_foreign
from pipeline.clean.inquiries import FollowUps, complete_inquiries, join_follow_ups, read_follow_ups
from pipeline.clean.mapping import map_rows, raw_columns
from pipeline.clean.outages import complete_outages
from pipeline.clean.population import complete_population
from pipeline.clean.rules import apply_row_rules, combine_rows, settle_duplicates
from pipeline.clean.services import complete_services
from pipeline.clean.values import Reading
from pipeline.clean.visits import complete_visits
from pipeline.config import City, Responses, Source
from pipeline.indicators.base import RowCounts
from pipeline.indicators.counting import is_sound
from pipeline.landing import LandedFile, Manifest, atomic_folder, object_path
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Table

_TALLY = "tally.parquet"
_ROWS = "*.rows.parquet"
_UNREADABLE = ("bad_", "too_small_", "ambiguous_", "unknown_", "missing_", "wrong_field_count", "code_shape")


@dataclass(frozen=True)
class Dataset:
    """One clean table: every row read, sound or not, and the line counts of access logs (null without any)."""

    frame: pd.DataFrame
    tally: pd.DataFrame | None
    follow_ups: Mapping[str, RowCounts]


def clean_table(home: Path, *, city: City, table_name: str, manifests: Sequence[Manifest]) -> str:
    """Make the clean table from landed files unless it is there already; gives the dataset's name.

    Raises `DataRejected` when the bytes are not what the city's YAML says.
    """
    name = dataset_name(city, table_name=table_name, manifests=manifests)
    target = dataset_path(home, city, table_name, name)
    if not target.is_dir():
        dataset = build(home, city=city, table_name=table_name, manifests=manifests)
        with atomic_folder(target) as draft:
            _write(dataset, draft, TABLES[table_name])
    return name


def build(home: Path, *, city: City, table_name: str, manifests: Sequence[Manifest]) -> Dataset:
    """The clean table as a pure function of the landed bytes and the city's YAML."""
    table = TABLES[table_name]
    parts: list[pd.DataFrame] = []
    tallies: list[pd.DataFrame] = []
    follow_ups: dict[str, RowCounts] = {}
    for manifest in manifests:
        source = city.sources[manifest.source]
        if source.format == "access_log":
            counts = _count_log(home, city, source, manifest)
            parts.append(_finished(counts[0], table))
            tallies.append(counts[1])
            continue
        part, follow_up = _clean_source(home, city, manifest)
        if len(manifests) > 1 and table_name != "visits":
            part = _with_source_in_ids(part, manifest.source)
        parts.append(_finished(part, table))
        if follow_up is not None:
            follow_ups[manifest.source] = follow_up.rows
    frame = pd.concat(parts, ignore_index=True) if parts else _finished(pd.DataFrame(), table)
    return Dataset(frame, pd.concat(tallies, ignore_index=True) if tallies else None, follow_ups)


def read_dataset(path: Path, table: Table) -> Dataset:
    """Read what `clean_table` wrote."""
    parts = [pd.read_parquet(part) for part in sorted(path.glob(_ROWS))]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    tally = pd.read_parquet(path / _TALLY) if (path / _TALLY).is_file() else None
    raw = json.loads((path / "dataset.json").read_text("utf-8"))
    return Dataset(_finished(frame, table), tally, {name: RowCounts(**rows) for name, rows in raw.items()})


def dataset_name(city: City, *, table_name: str, manifests: Sequence[Manifest]) -> str:
    """A name that changes with the bytes, the settings that read them, or the code that cleans them."""
    made_from = {
        "code": _code_sha256(),
        "zone": city.zone,
        "region_codes": city.region_codes,
        "sources": {
            m.source: [
                city.sources[m.source].model_dump(
                    mode="json", exclude={"path", "owner", "licence", "covers", "connection", "allow"}
                ),
                [(file.role, file.sha256, file.extracted_at) for file in m.files],
            ]
            for m in manifests
        },
    }
    return hashlib.sha256(json.dumps([table_name, made_from], sort_keys=True).encode()).hexdigest()[:20]


def dataset_path(home: Path, city: City, table_name: str, name: str) -> Path:
    return home / "clean" / city.city / table_name / name


@lru_cache(maxsize=1)
def _code_sha256() -> str:
    here = Path(__file__).resolve().parents[1]
    files = [*(here / "clean").glob("*.py"), here / "tables.py", *(here.parent / "connectors").glob("*.py")]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _clean_source(home: Path, city: City, manifest: Manifest) -> tuple[pd.DataFrame, FollowUps | None]:
    source = city.sources[manifest.source]
    table = TABLES[source.table]
    main = [file for file in manifest.files if file.role == "main"]
    frame = _map_files(home, city, manifest, main)
    order = {file.file_id: place for place, file in enumerate(main)}
    frame["source_file_order"] = frame["source_file_id"].map(order).astype("Int64")
    follow_ups = None
    if source.responses is not None:
        follow_ups = _follow_ups(home, city, manifest, frame["inquiry_id"])
        frame = join_follow_ups(frame, follow_ups.moments)
    if source.table == "inquiries":
        frame = complete_inquiries(frame, source=source)
    extracted_at = {file.file_id: datetime.fromisoformat(file.extracted_at) for file in main}
    frame = apply_row_rules(frame, table=table, extracted_at=extracted_at)
    if source.combine is not None:
        frame = combine_rows(frame, table=table, combine=source.combine)
    # Something still open in one month's pull is whole in a later one.
    later_file_wins = source.later_file_wins or bool(source.connection)
    frame = settle_duplicates(frame, table=table, later_file_wins=later_file_wins)
    _refuse_mostly_quarantined(frame, city=city, source_name=manifest.source)
    return frame.drop(columns="source_file_order"), follow_ups


def _map_files(home: Path, city: City, manifest: Manifest, files: Sequence[LandedFile]) -> pd.DataFrame:
    source = city.sources[manifest.source]
    table = TABLES[source.table]
    raw_files = [RawFile(object_path(home, file.sha256), file.name) for file in files]
    ids = {raw.path: file.file_id for raw, file in zip(raw_files, files, strict=True)}
    connector = source.connector_in(city.zone_info)
    parts = [_finished(pd.DataFrame(), table)]
    for raw_file, raw in connector.rows(raw_files, columns=raw_columns(source)):
        part = map_rows(raw, source=source, table=table, zone=city.zone_info)
        part = _complete(part, raw, city, manifest.source)
        parts.append(part.assign(source_file_id=ids[raw_file.path]))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _complete(frame: pd.DataFrame, raw: pd.DataFrame, city: City, source_name: str) -> pd.DataFrame:
    source = city.sources[source_name]
    if source.table == "visits":
        return complete_visits(frame, source=source, source_name=source_name)
    if source.table == "services":
        return complete_services(frame, source=source, raw=raw)
    if source.table == "outages":
        return complete_outages(frame)
    if source.table == "population":
        return complete_population(frame, source=source, source_name=source_name, city=city)
    return frame


def _follow_ups(home: Path, city: City, manifest: Manifest, known_ids: pd.Series) -> FollowUps:
    source = city.sources[manifest.source]
    responses = source.responses
    if responses is None:
        raise LookupError(f"{manifest.source} has no follow-up log")
    columns = _follow_up_columns(responses)
    raws = [
        raw
        for file in manifest.files
        if file.role == "responses"
        for raw in read_rows(RawFile(object_path(home, file.sha256), file.name), layout=responses, columns=columns)
    ]
    zone_name = responses.at.zone or source.zone
    reading = Reading(formats=responses.at.format, zone=ZoneInfo(zone_name) if zone_name else city.zone_info)
    raw = pd.concat(raws, ignore_index=True) if raws else pd.DataFrame(columns=list(columns), dtype="str")
    return read_follow_ups(raw, responses=responses, reading=reading, known_ids=known_ids)


def _follow_up_columns(responses: Responses) -> tuple[str, ...]:
    return (responses.inquiry_id, *responses.at.column, *responses.kind.column)


def _count_log(home: Path, city: City, source: Source, manifest: Manifest) -> tuple[pd.DataFrame, pd.DataFrame]:
    from pipeline.clean.access_log import LogFile, LogTerms, count_visits

    for file in manifest.files:
        refuse_foreign(RawFile(object_path(home, file.sha256), file.name), "access_log")
    files = [LogFile(file.file_id, object_path(home, file.sha256)) for file in manifest.files]
    terms = LogTerms(city.zone_info, source.portal_id, own_networks=source.own_networks)
    counts = count_visits(files, terms=terms)
    lines_count = int(counts.tally["rows_count"].sum())
    bad_count = int(counts.tally.loc[counts.tally["outcome"] == "quarantined", "rows_count"].sum())
    _refuse_too_many(bad_count, lines_count, city=city, source_name=manifest.source)
    return counts.visits, counts.tally


def _refuse_mostly_quarantined(frame: pd.DataFrame, *, city: City, source_name: str) -> None:
    considered = frame[frame["excluded_by"].isna()]
    reasons = considered["quarantine_reason"].dropna()
    bad = reasons[reasons.str.startswith(_UNREADABLE)]
    counts = ", ".join(f"{reason} {count}" for reason, count in bad.value_counts().sort_index().items())
    _refuse_too_many(len(bad), len(considered), city=city, source_name=source_name, reasons=counts)


def _refuse_too_many(
    bad_count: int, rows_count: int, *, city: City, source_name: str, reasons: str = "malformed_line"
) -> None:
    """Refuse a source most of whose rows cannot be read: then the mapping or the file is wrong, not the rows."""
    if rows_count and 100 * bad_count > city.quarantine_limit_pct * rows_count:
        raise DataRejected(
            id=f"Sumber '{source_name}': {bad_count} dari {rows_count} baris tidak terbaca ({reasons}); batasnya "
            f"{city.quarantine_limit_pct:g} %. Periksa format tanggal, angka dan peta nilai di sources.{source_name}.",
            en=f"Source '{source_name}': {bad_count} of {rows_count} rows cannot be read ({reasons}); the limit is "
            f"{city.quarantine_limit_pct:g} %. Check date formats, numbers and value maps in sources.{source_name}.",
        )


def _with_source_in_ids(frame: pd.DataFrame, source_name: str) -> pd.DataFrame:
    """Two desks may use the same number: where a table has several sources, ids carry theirs."""
    names = [name for name in ("inquiry_id", "incident_id", "parent_id", "service_id") if name in frame]
    return frame.assign(**{name: f"{source_name}:" + frame[name] for name in names})


def _finished(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Exactly the declared columns, in order, with their dtypes."""
    columns = (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    return frame.reindex(columns=[c.name for c in columns]).astype({c.name: DTYPES[c.kind] for c in columns})


def _write(dataset: Dataset, folder: Path, table: Table) -> None:
    moments = dataset.frame[table.month_by]
    months = moments.dt.strftime("%Y-%m").fillna("undated")
    for month, rows in dataset.frame.groupby(months, sort=True):
        rows.to_parquet(folder / f"{month}.rows.parquet", index=False)
    if dataset.tally is not None:
        dataset.tally.to_parquet(folder / _TALLY, index=False)
    quarantine = dataset.frame[~is_sound(dataset.frame)]
    quarantine.to_csv(folder / "quarantine.csv", index=False)
    rows_by_source = {name: asdict(rows) for name, rows in dataset.follow_ups.items()}
    (folder / "dataset.json").write_text(json.dumps(rows_by_source, sort_keys=True), "utf-8")
