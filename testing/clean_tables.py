"""A clean table in memory, for tests that look at single rows in the order of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from connectors.remarks import Remark
from pipeline.clean.alike_ids import Shares
from pipeline.clean.dataset import rebuild
from pipeline.config.city import City
from pipeline.indicators.base import RowCounts
from pipeline.landing import Manifest


@dataclass(frozen=True)
class CleanTable:
    """As `pipeline.clean.dataset.Dataset`, its rows at hand."""

    frame: pd.DataFrame
    tally: pd.DataFrame | None
    follow_ups: Mapping[str, RowCounts]
    shares: Shares = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    logs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @property
    def parts(self) -> list[pd.DataFrame]:
        """The whole table as one part."""
        return [self.frame]


def clean_in_memory(home: Path, *, city: City, table_name: str, manifests: Sequence[Manifest]) -> CleanTable:
    """The clean table of landed files; raises `DataRejected` when the bytes are not what the city's YAML says."""
    with TemporaryDirectory() as folder:
        stored = rebuild(home, city=city, table_name=table_name, manifests=manifests, folder=Path(folder))
        frame = stored.frame
    order = {file.file_id: nth for nth, file in enumerate(file for m in manifests for file in m.files)}
    places = pd.DataFrame({"file": frame["source_file_id"].map(order), "row": frame["source_row"]})
    rows = frame.loc[places.sort_values(["file", "row"], kind="stable").index].reset_index(drop=True)
    told = (stored.tally, stored.follow_ups, stored.shares, stored.remarks, stored.logs, stored.hours)
    return CleanTable(rows, *told)
