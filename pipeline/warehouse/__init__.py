"""Results as versions in SQLite or PostgreSQL: written in one transaction, readable as they stood on any day."""

from __future__ import annotations

from pipeline.warehouse.city_view import CityView, Part, Reason, ResultView, Version
from pipeline.warehouse.notifications import Notifications, RunFailure
from pipeline.warehouse.records import (
    CityRecord,
    Closing,
    Correction,
    PopulationRecord,
    SourceFile,
    Stored,
    StoreRequest,
    TargetRecord,
)
from pipeline.warehouse.warehouse import Warehouse

__all__ = [
    "CityRecord",
    "CityView",
    "Closing",
    "Correction",
    "Notifications",
    "Part",
    "PopulationRecord",
    "Reason",
    "ResultView",
    "RunFailure",
    "SourceFile",
    "StoreRequest",
    "Stored",
    "TargetRecord",
    "Version",
    "Warehouse",
]
