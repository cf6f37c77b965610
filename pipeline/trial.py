"""What a run of a city's files would do, found out by its own steps in a folder that is gone afterwards."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from connectors.errors import TolokError
from pipeline import steps
from pipeline.clean.unmapped import Common
from pipeline.config.city import City
from pipeline.landing import Manifest, landing_notes, read_manifest
from pipeline.leftovers import TRIAL, passing_folder
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.settings import Settings
from pipeline.tables import ACCESS_LOG, TABLES, Table

if TYPE_CHECKING:
    from pipeline.clean.dataset import Dataset
    from pipeline.indicators.base import Result

_SHOWN_ROWS = 2
Fates = Counter[tuple[str, str]]


@dataclass
class Told:
    """What the clean rows of one source tell: the fate of all, the first and last local day, and a few sound ones.

    A fate is `used`, `excluded` or `quarantined`, and why.
    """

    fates: Fates = field(default_factory=Counter)
    first_on: date | None = None
    last_on: date | None = None
    shown: list[dict[str, object]] = field(default_factory=list)
    unmapped: Common = field(default_factory=dict)


@dataclass
class Trial:
    """What became of each source: its error, or what its rows tell.

    `errors` are in the order in which a run meets them. `results` and `error` are those of the whole run, when every
    source of it is a file and none was refused.
    """

    errors: dict[str, TolokError] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    error: TolokError | None = None

    @property
    def first_error(self) -> TolokError | None:
        """The error with which a run ends; null when it ends well."""
        return next(iter(self.errors.values()), self.error)


def try_run(city: City, *, period: Period, unreachable: Mapping[str, TolokError], progress: Progress = SILENT) -> Trial:
    """Fetch, clean, validate and measure the city's files as `run` does; nothing is stored or kept.

    `unreachable` are the sources of systems that cannot be asked. Raises what `steps.sources` raises.
    """
    trial, warehouse_url = Trial(), _existing_warehouse()
    names = steps.sources(city.city, period.label)
    files = [name for name in names if not city.sources[name].connection]
    with _home_of_its_own(city):
        for name in names:
            if name in unreachable:
                trial.errors[name] = unreachable[name]
            elif name in files:
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
    refused: dict[str, TolokError] = {}
    with _noting(refused, table):
        steps.clean(city.city, table, period.label, progress=progress)
        trial.told |= _told(steps.dataset(city.city, table, period.label), city, manifests)
        for name in _mixed_up(manifests, city):
            alone = steps.dataset_of(city.city, table, [manifests[name]])
            trial.told |= _told(alone, city, {name: manifests[name]})
    for error in refused.values():
        blamed = [name for name in names if f"'{name}'" in error.id] or names
        trial.errors |= dict.fromkeys(blamed, error)


def _mixed_up(manifests: Mapping[str, Manifest], city: City) -> set[str]:
    """The sources whose rows the clean table does not tell apart: of the same file, and of several access logs."""
    sources_of = Counter(file.file_id for manifest in manifests.values() for file in manifest.files)
    logs = {name for name in manifests if city.sources[name].format == ACCESS_LOG}
    shared = {name for name, manifest in manifests.items() if any(sources_of[f.file_id] > 1 for f in manifest.files)}
    return shared | (logs if len(logs) > 1 else set())


@contextmanager
def _noting(errors: dict[str, TolokError], name: str) -> Iterator[None]:
    try:
        yield
    except TolokError as error:
        errors[name] = error


@contextmanager
def _home_of_its_own(city: City) -> Iterator[None]:
    """A data folder for the steps that is gone afterwards, beside the real one, where there is room.

    It knows when the city's files first landed in the real one, for that may be the moment of their extraction.
    """
    settings, before = Settings.from_environment(), os.environ.get("TOLOK_HOME")
    with passing_folder(settings.home.parent / TRIAL) as folder:
        for note in landing_notes(settings.home, city.city):
            copy = folder / note.relative_to(settings.home)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(note, copy)
        os.environ["TOLOK_HOME"] = str(folder)
        try:
            yield
        finally:
            os.environ.pop("TOLOK_HOME")
            os.environ.update({} if before is None else {"TOLOK_HOME": before})


def _told(dataset: Dataset, city: City, manifests: Mapping[str, Manifest]) -> dict[str, Told]:
    """What the rows of each source tell."""
    source_of = {file.file_id: name for name, manifest in manifests.items() for file in manifest.files}
    told = {name: Told(unmapped=dict(dataset.unmapped.get(name, {}))) for name in manifests}
    for part in dataset.parts:
        for file_id, rows in part.groupby(part["source_file_id"].astype("str"), sort=False):
            _add(told[source_of[str(file_id)]], rows, dataset.table, city)
    if dataset.tally is not None:
        log = next(name for name in manifests if city.sources[name].format == ACCESS_LOG)
        for outcome, rule, count in dataset.tally[["outcome", "rule", "rows_count"]].itertuples(index=False):
            told[log].fates[str(outcome), rule if isinstance(rule, str) else ""] += int(count)
    return told


def _add(told: Told, rows: pd.DataFrame, table: Table, city: City) -> None:
    """Some rows of one source and month."""
    is_counted = rows["source_tool"] == ACCESS_LOG if "source_tool" in rows else pd.Series(False, index=rows.index)
    outcomes = rows.loc[~is_counted, ["quarantine_reason", "excluded_by"]].astype("str")
    for (reason, rule), count in outcomes.value_counts(dropna=False).items():
        told.fates[_fate(reason, rule)] += int(count)
    sound = rows[rows["quarantine_reason"].isna() & rows["excluded_by"].isna()]
    days = sound[table.month_by].dropna()
    if len(days):
        if table.column(table.month_by).kind == "moment":
            days = days.dt.tz_convert(city.zone_info)
        first_on, last_on = days.min().date(), days.max().date()
        told.first_on = min(told.first_on or first_on, first_on)
        told.last_on = max(told.last_on or last_on, last_on)
    shown = sound[~is_counted[sound.index]].head(_SHOWN_ROWS - len(told.shown))
    told.shown += shown.drop(columns=["source_file_id", "quarantine_reason", "excluded_by"]).to_dict("records")


def _fate(reason: object, rule: object) -> tuple[str, str]:
    if isinstance(rule, str):
        return "excluded", rule
    return ("quarantined", reason) if isinstance(reason, str) else ("used", "")
