"""A document as JSON: the objects of `tolok show --json` with their versions, target, files and answers."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pipeline.report.answers import answers
from pipeline.report.document import Document
from pipeline.report.text import described
from pipeline.warehouse import ResultView
from pipeline.warehouse.city_view import shown


def export(document: Document) -> bytes:
    """The document as JSON; the same input gives the same bytes."""
    city = document.view.city
    told = {
        "title": document.title,
        "language": document.language.code,
        "city": {"id": city.city_id, "name": city.name, "zone": city.zone, "region_code": city.region_code},
        "parts": list(document.view.parts),
        "period": document.period,
        "made_at": document.made_at,
        "results": [_told(document, result) for result in document.results],
    }
    return json.dumps(told, ensure_ascii=False, indent=1, default=_iso).encode()


def _told(document: Document, result: ResultView) -> dict[str, Any]:
    found = answers(document.view, result, language=document.language, others=document.beside(result))
    return {
        **described(shown(result, is_whole=True)),
        "inputs_sha256": result.inputs_sha256,
        "computed_at": result.computed_at,
        "change_reason": result.change_reason,
        "target": asdict(result.target) if result.target else None,
        "versions": [asdict(version) for version in result.versions],
        "files": [asdict(file) for file in result.files],
        "validation": [asdict(outcome) for outcome in result.outcomes],
        "answers": [asdict(answer) for answer in found],
    }


def _iso(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a report")
