"""Days of which fewer log files tell than usual: of a portal on several servers the log of one may be missing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.periods import Period
from pipeline.signs.sign import Details, Signs

# In a week files are exchanged as often as in any other, whether daily or weekly.
_DAYS_OF_WEEK = 7


def days_of_fewer_logs(logs: Mapping[str, int], period: Period) -> tuple[Signs, Details]:
    """How many days of a period fewer files tell of than of a week of its year, up to its end, and which; `logs` counts
    files by day.

    Of a day it is the median of the week around it that counts, so that neither the day on which files are exchanged
    nor three days without a server's log are a sign. Days of which no file tells are missed by the coverage.
    """
    days = pd.date_range(f"{period.year}-01-01", str(period.last_on))
    counts = pd.Series(logs, dtype="float64")
    counts = counts.set_axis(pd.DatetimeIndex(counts.index)).reindex(days).dropna()
    usual = counts.rolling(_DAYS_OF_WEEK, center=True, min_periods=1).median()
    if len(usual) <= _DAYS_OF_WEEK:
        return {}, ""
    fewer = usual.index[usual < usual.nlargest(_DAYS_OF_WEEK).iloc[-1]]
    inside = tuple(str(day.date()) for day in fewer if day.date() >= period.first_on)
    return {"days_of_fewer_logs_count": float(len(inside))}, inside
