"""The second step: landed bytes to clean tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.landing import Manifest
from pipeline.progress import SILENT, Progress
from pipeline.steps.environment import city_called, home, work_of

if TYPE_CHECKING:
    from pipeline.clean.dataset import Dataset


def clean(city_id: str, table: str, period: str, *, progress: Progress = SILENT) -> str:
    """Turn landed bytes into the clean table; gives the name of the clean dataset."""
    from pipeline.clean.dataset import clean_table

    manifests = work_of(city_id, period).manifests(table)
    if not manifests:
        return ""
    with progress.step(f"Bersihkan / Clean {table}") as meter:
        return clean_table(home(), city=city_called(city_id), table_name=table, manifests=manifests, meter=meter)


def dataset(city_id: str, table: str, period: str) -> Dataset:
    """The clean table of a period, made unless it is there."""
    return work_of(city_id, period).dataset(table)


def dataset_of(city_id: str, table: str, manifests: Sequence[Manifest]) -> Dataset:
    """The clean table of some sources, made unless it is on disk."""
    from pipeline.clean.dataset import dataset

    return dataset(home(), city=city_called(city_id), table_name=table, manifests=manifests)
