"""Results as versions in SQLite or PostgreSQL: written in one transaction, readable as they stood on any day."""

from __future__ import annotations

from pipeline.warehouse.city_view import CityView, Part, ReadinessCheck, Reason, ResultView, Version, shown
from pipeline.warehouse.comparing import Difference
from pipeline.warehouse.deciding import Comparison, Decided
from pipeline.warehouse.notifications import Notifications, RunFailure
from pipeline.warehouse.readiness import AnswerRecord, EvidenceRecord, OwnResult, ReadinessRecords
from pipeline.warehouse.records import (
    CityRecord,
    Closing,
    Correction,
    Erasure,
    PopulationRecord,
    SourceFile,
    Stored,
    StoreRequest,
    TargetRecord,
)
from pipeline.warehouse.warehouse import Warehouse

__all__ = [
    "AnswerRecord",
    "CityRecord",
    "CityView",
    "Closing",
    "Comparison",
    "Correction",
    "Decided",
    "Difference",
    "Erasure",
    "EvidenceRecord",
    "Notifications",
    "OwnResult",
    "Part",
    "PopulationRecord",
    "ReadinessCheck",
    "ReadinessRecords",
    "Reason",
    "ResultView",
    "RunFailure",
    "SourceFile",
    "StoreRequest",
    "Stored",
    "TargetRecord",
    "Version",
    "Warehouse",
    "shown",
]
