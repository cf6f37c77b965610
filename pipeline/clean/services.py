"""Service catalogues: answers about online access and request, and counts of online steps where they are kept."""

from __future__ import annotations

import pandas as pd

from pipeline.clean.text_bytes import tidied
from pipeline.config.source import Source


def complete_services(frame: pd.DataFrame, *, source: Source, raw: pd.DataFrame) -> pd.DataFrame:
    """Count the online steps, and take a service as applicable where the source does not ask.

    A step value that is neither online, offline nor not applicable quarantines its row as `unknown_step`.
    """
    frame = frame.assign(is_online_applicable=_applicable(frame, source))
    if source.steps is None:
        return frame
    steps = pd.DataFrame({name: tidied(raw[name], absent=()).str.casefold() for name in source.steps.columns})
    online, offline, absent = (
        steps.isin([value.casefold() for value in values])
        for values in (source.steps.online, source.steps.offline, source.steps.not_applicable)
    )
    is_unknown = ~(online | offline | absent).all(axis=1)
    reasons = frame["quarantine_reason"]
    reasons = reasons.mask(reasons.isna() & frame["excluded_by"].isna() & is_unknown, "unknown_step")
    online_count = online.sum(axis=1).astype("Int64")
    completed = frame.assign(
        steps_count=pd.array([len(steps.columns)] * len(frame), dtype="Int64"),
        steps_applicable_count=(online | offline).sum(axis=1).astype("Int64"),
        steps_online_count=online_count,
        quarantine_reason=reasons,
    )
    if "is_accessible_online" not in source.columns:
        completed["is_accessible_online"] = (online_count > 0).astype("boolean")
    return completed


def _applicable(frame: pd.DataFrame, source: Source) -> pd.Series:
    is_applicable = frame["is_online_applicable"]
    return is_applicable if "is_online_applicable" in source.columns else is_applicable.fillna(True)
