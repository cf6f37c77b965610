"""What a run of a city's files would do, found out by its own steps in a folder that is gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import TolokError
from pipeline import steps
from pipeline.config.city import City
from pipeline.config.columns import ColumnMap
from pipeline.config.source import Source
from pipeline.landing import Manifest, object_path, read_manifest
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.settings import Settings
from pipeline.tables import ACCESS_LOG, TABLES

if TYPE_CHECKING:
    import pandas as pd

    from connectors.records import RawFile
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result

_MOST_COMMON = 5
_LONGEST_SHOWN = 40
_MOST_DISTINCT = 200
Fates = Counter[tuple[str, str]]


@dataclass
class Trial:
    """What became of each source: its error, or the fate of its rows (`used`, `excluded` or `quarantined`, and why).

    `results` and `error` are those of the whole run, when every source of it is a file and none was refused;
    `unmapped` are the most common texts that a value map does not know, by source and clean column.
    """

    errors: dict[str, TolokError] = field(default_factory=dict)
    fates: dict[str, Fates] = field(default_factory=dict)
    unmapped: dict[str, dict[str, list[tuple[str, int]]]] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    error: TolokError | None = None


def try_run(city: City, *, period: Period, progress: Progress = SILENT) -> Trial:
    """Fetch, clean, validate and measure the city's files as `run` does; nothing is stored or kept."""
    trial, warehouse_url = Trial(), _existing_warehouse()
    with _home_of_its_own():
        names = steps.sources(city.city, period.label)
        files = [name for name in names if not city.sources[name].connection]
        for name in files:
            with _noting(trial.errors, name):
                steps.fetch(city.city, name, period.label, progress=progress)
        for table in TABLES:
            own = [name for name in names if city.sources[name].table == table]
            if own and all(name in files and name not in trial.errors for name in own):
                _clean(trial, city, own, period, progress)
        if names == files and not trial.errors:
            try:
                steps.validate(city.city, period.label)
                trial.results = steps.judged_results(city.city, period.label, warehouse_url=warehouse_url)
            except TolokError as error:
                trial.error = error
    return trial


def _existing_warehouse() -> str | None:
    """Where earlier results are; null while there is no such file, which is not made here."""
    url = Settings.from_environment().warehouse_url
    path = url.removeprefix("sqlite:///")
    return None if path != url and not Path(path).is_file() else url


def _clean(trial: Trial, city: City, names: list[str], period: Period, progress: Progress) -> None:
    """The table of these sources; a refusal is told of the source it is of, or of all of them."""
    table = city.sources[names[0]].table
    home = Settings.from_environment().home
    manifests = {n: read_manifest(home, city_id=city.city, source_name=n, period=period) for n in names}
    for name, manifest in manifests.items():
        found = _unmapped(city, name, manifest)
        trial.unmapped |= {name: found} if found else {}
    refused: dict[str, TolokError] = {}
    with _noting(refused, table):
        steps.clean(city.city, table, period.label, progress=progress)
        trial.fates |= _fates(steps.dataset(city.city, table, period.label), city, manifests)
    for error in refused.values():
        blamed = [name for name in names if f"'{name}'" in error.id] or names
        trial.errors |= dict.fromkeys(blamed, error)


@contextmanager
def _noting(errors: dict[str, TolokError], name: str) -> Iterator[None]:
    try:
        yield
    except TolokError as error:
        errors[name] = error


@contextmanager
def _home_of_its_own() -> Iterator[None]:
    """A data folder for the steps that is gone afterwards, beside the real one, where there is room."""
    settings, before = Settings.from_environment(), os.environ.get("TOLOK_HOME")
    parent = settings.home.parent if settings.home.parent.is_dir() else None
    with tempfile.TemporaryDirectory(prefix=".tolok-check-", dir=parent) as folder:
        os.environ["TOLOK_HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("TOLOK_HOME")
            os.environ.update({} if before is None else {"TOLOK_HOME": before})


def _fates(dataset: Dataset, city: City, manifests: Mapping[str, Manifest]) -> dict[str, Fates]:
    """The fate of the rows of each source; lines of several logs are counted together, with the first."""
    source_of = {file.file_id: name for name, manifest in manifests.items() for file in manifest.files}
    fates: dict[str, Fates] = {name: Counter() for name in manifests}
    for part in dataset.parts:
        columns = ["source_file_id", "quarantine_reason", "excluded_by"]
        counts = part[part["source_tool"] != ACCESS_LOG] if "source_tool" in part else part
        for (file_id, reason, rule), count in counts[columns].astype("str").value_counts(dropna=False).items():
            fates[source_of[str(file_id)]][_fate(reason, rule)] += int(count)
    if dataset.tally is not None:
        log = next(name for name in manifests if city.sources[name].format == ACCESS_LOG)
        for outcome, rule, count in dataset.tally[["outcome", "rule", "rows_count"]].itertuples(index=False):
            fates[log][str(outcome), rule if isinstance(rule, str) else ""] += int(count)
    return fates


def _fate(reason: object, rule: object) -> tuple[str, str]:
    if isinstance(rule, str):
        return "excluded", rule
    return ("quarantined", reason) if isinstance(reason, str) else ("used", "")


def _unmapped(city: City, name: str, manifest: Manifest) -> dict[str, list[tuple[str, int]]]:
    """By clean column, the most common texts its value map does not know; none of columns that look personal."""
    from connectors.records import RawFile

    source = city.sources[name]
    maps = {column: way for column, way in source.columns.items() if way.values and way.otherwise is None}
    maps = {column: way for column, way in maps.items() if not column.endswith(("_id", "name"))}
    if not maps:
        return {}
    home = Settings.from_environment().home
    files = [RawFile(object_path(home, file.sha256), file.name) for file in manifest.files if file.role == "main"]
    counts: dict[str, Counter[str]] = {column: Counter() for column in maps}
    try:
        for raw in _blocks(city, source, files):
            for column, way in maps.items():
                counts[column] += _unknown_texts(raw, way, source)
    except TolokError:
        return {}
    return {column: found.most_common(_MOST_COMMON) for column, found in counts.items() if _may_be_shown(found)}


def _blocks(city: City, source: Source, files: list[RawFile]) -> Iterator[pd.DataFrame]:
    from pipeline.clean.mapping import raw_columns

    for _, raw in source.connector_in(city.zone_info).rows(files, columns=raw_columns(source)):
        yield raw[raw["reader_problem"].isna()]


def _unknown_texts(raw: pd.DataFrame, way: ColumnMap, source: Source) -> Counter[str]:
    from pipeline.clean.mapping import texts_of, translated

    texts = texts_of(raw, way, nulls=source.nulls)
    _, is_unknown = translated(texts, way)
    return Counter({str(text): int(count) for text, count in texts[is_unknown].value_counts().items()})


def _may_be_shown(found: Counter[str]) -> bool:
    """Whether texts look like words of a list: few, short, without numbers or addresses of persons."""
    is_word = all(len(text) <= _LONGEST_SHOWN and sum(map(str.isdigit, text)) < 4 and "@" not in text for text in found)
    return bool(found) and len(found) <= _MOST_DISTINCT and is_word
