"""Clean frames for tests: sound rows unless said otherwise, with the declared columns and dtypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.coverage import Coverage
from pipeline.indicators.base import Population, Terms
from pipeline.periods import Period
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, Table


def frame_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    filled = [{"source_file_id": "f", "source_row": place} | dict(row) for place, row in enumerate(rows, start=1)]
    frame = pd.DataFrame(filled, columns=[column.name for column in columns], dtype=object)
    return frame.astype({column.name: DTYPES[column.kind] for column in columns})


def terms_of(label: str, zone: str = "Asia/Jakarta", **others: Any) -> Terms:
    period = Period.parse(label)
    given = {
        "as_of": datetime(2026, 6, 1, tzinfo=UTC),
        "covers": Coverage.of_period(period),
        "population": Population("kemendagri:31", 10_560_000, period.last_on, "dukcapil"),
    }
    return Terms(period=period, zone=ZoneInfo(zone), **(given | others))
