"""Incident lists and maintenance windows to outages, saying how it is known that one was planned."""

from __future__ import annotations

import pandas as pd


def complete_outages(frame: pd.DataFrame) -> pd.DataFrame:
    """Say that a plain yes or no about planning was declared by the source."""
    basis = frame["planned_basis"].mask(frame["planned_basis"].isna() & frame["is_planned"].notna(), "declared")
    return frame.assign(planned_basis=basis)
