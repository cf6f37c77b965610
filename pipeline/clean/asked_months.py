"""Whether a system's answers are of the month that was asked for, or of things that were closed or changed in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.config.source import Source
from pipeline.indicators.counting import is_sound

RECEIVED_BEFORE_ASKED = "received_before_asked_pct"
# What asks for a period from its beginning on, in the options of an API and of a database.
_ASKS_FROM = re.compile(r"\{from\}|:start_at\b")
# Answers are named by the window that was asked for, which lies in one month.
_WINDOW = re.compile(r"\d{6}(?=\d\d[T-])")
_FEWEST_ROWS = 30
_SOME = 0.02


@dataclass
class AskedMonths:
    """Adds up the sound inquiries of a system's answers, and those of before and after the month asked for."""

    rows_count: int = 0
    before_count: int = 0
    after_count: int = 0

    def add(self, frame: pd.DataFrame, *, source: Source, names: Mapping[str, str], zone: ZoneInfo) -> None:
        """Count the rows of a block too; `names` are those of the files, by id."""
        if source.table != "inquiries" or not source.connection or not _ASKS_FROM.search(json.dumps(source.options)):
            return
        for file_id, received in frame.loc[is_sound(frame)].groupby("source_file_id")["received_at"]:
            asked = _WINDOW.match(names.get(str(file_id), ""))
            if asked is None:
                continue
            month = pd.Period(f"{asked[0][:4]}-{asked[0][4:]}", "M")
            first, end = (one.start_time.tz_localize(zone) for one in (month, month + 1))
            self.rows_count += len(received)
            self.before_count += int((received < first).sum())
            self.after_count += int((received >= end).sum())

    @property
    def before_pct(self) -> float | None:
        """The share of rows received before the month asked for; null for few rows, and where later ones come as well.

        A system that gives later rows too does not look at the period at all, and gives what there is.
        """
        if self.rows_count < _FEWEST_ROWS or self.after_count > _SOME * self.rows_count:
            return None
        return 100 * self.before_count / self.rows_count
