"""What a run would make of a draft's first rows, its questions set aside."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from connectors.errors import TolokError
from connectors.records import RawFile
from pipeline.check import first_rows
from pipeline.config.answers import UNANSWERED, unanswered
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.draft.draft import Draft, Place
from pipeline.tables import TABLES

# Without these a column would be read in another way than the one in question.
_DECIDING = {"format", "suffix", "thousands", "unit", "column", "swapped_by_excel"}


def preview(draft: Draft, file: RawFile, *, name: str, place: Place) -> list[str]:
    """The first rows as clean rows, and the count of those that cannot be read; columns in question are left out."""
    settings = _answered(draft.plain)
    source = with_presets({name: settings})[name]  # type: ignore[index]
    if source.get("format") != "access_log" and _lacks_columns(draft.plain, source):
        return [
            "pratinjau setelah pertanyaan dijawab: tolok check / a preview once the questions are answered: tolok check"
        ]
    authority = source.get("authority") or "other"
    if source["table"] == "population":
        source["authority"] = authority
    try:
        city = City.model_validate(
            {
                "city": "draft",
                "name": place.name or "draft",
                "zone": place.zone or "UTC",
                "region_codes": {authority: {"kemendagri": "99.99", "bps": "9999"}.get(authority, "draft")},
                "sources": {name: source},
                "folder": place.folder,
            }
        )
        shown = first_rows(city, city.sources[name], [file])
    except TolokError as error:
        return [f"AWAS / BEWARE: {error.id} / {error.en}"]
    except ValidationError as error:
        return [f"AWAS / BEWARE: {problem['msg']}" for problem in error.errors()]
    return list(shown)


def _lacks_columns(plain: dict[str, Any], source: dict[str, Any]) -> bool:
    """Whether a column in question is one without which there are no rows."""
    required = {column.name for column in TABLES[source["table"]].columns if column.is_required}
    return not source.get("columns") or bool(required & (set(plain.get("columns", {})) - set(source["columns"])))


def _answered(plain: dict[str, Any]) -> dict[str, Any]:
    """The settings without those in question."""
    columns = {name: kept for name, value in plain.get("columns", {}).items() if (kept := _column(value)) is not None}
    options = {name: value for name, value in plain.get("options", {}).items() if not list(unanswered(value))}
    settings = {key: value for key, value in plain.items() if not list(unanswered(value))}
    return settings | ({"columns": columns} if columns else {}) | ({"options": options} if options else {})


def _column(value: Any) -> Any:  # noqa: ANN401 a setting of the YAML
    if not list(unanswered(value)):
        return value
    if not isinstance(value, dict) or any(list(unanswered(value.get(key))) for key in _DECIDING):
        return None
    kept = {key: inner for key, inner in value.items() if inner != UNANSWERED}
    if "values" in kept:
        known = {text: meant for text, meant in kept["values"].items() if UNANSWERED not in (text, meant)}
        return {**kept, "values": known} if known else None
    return kept
