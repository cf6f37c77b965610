"""Results as versions in SQLite or PostgreSQL: written in one transaction, readable as they stood on any day."""

from __future__ import annotations

from pipeline.warehouse.notifications import Notifications, RunFailure
from pipeline.warehouse.records import CityRecord, Closing, Correction, SourceFile, Stored, StoreRequest
from pipeline.warehouse.warehouse import Warehouse

__all__ = [
    "CityRecord",
    "Closing",
    "Correction",
    "Notifications",
    "RunFailure",
    "SourceFile",
    "StoreRequest",
    "Stored",
    "Warehouse",
]
