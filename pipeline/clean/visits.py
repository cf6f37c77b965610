"""Analytics exports by day or month, and access logs, to visits per portal and day."""

from __future__ import annotations

import pandas as pd

from pipeline.config.source import Source


def complete_visits(frame: pd.DataFrame, *, source: Source, source_name: str) -> pd.DataFrame:
    """Say of each count what it covers and which tool made it, where the mapping leaves that to the source."""
    days = frame["visited_on"].dt.days_in_month if source.grain == "month" else 1
    return frame.assign(
        days_count=frame["days_count"].fillna(pd.Series(days, index=frame.index)),
        portal_id=frame["portal_id"].fillna(source.portal_id),
        source_tool=frame["source_tool"].fillna(source_name),
        visit_definition=frame["visit_definition"].fillna(f"as counted by {source_name}"),
        variant=frame["variant"].fillna("headline"),
    )
