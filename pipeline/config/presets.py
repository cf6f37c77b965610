"""What is known of a system, merged with a city's own settings."""

from __future__ import annotations

from typing import Any

from connectors.registry import preset, system_names

_MERGED = ("columns", "exclude", "options", "responses", "steps")


def with_presets(sources: object) -> object:
    """Each source that names a system starts from what is known of it; the city's own settings win."""
    if not isinstance(sources, dict):
        return sources
    return {
        name: _with_preset(source) if isinstance(source, dict) and source.get("system") in system_names() else source
        for name, source in sources.items()
    }


def _with_preset(own: dict[str, Any]) -> dict[str, Any]:
    known = preset(own["system"])["source"]
    merged = {**known, **own}
    for key in _MERGED:
        if isinstance(known.get(key), dict) and isinstance(own.get(key), dict):
            merged[key] = {**known[key], **own[key]}
    # A follow-up log is only there when the city has one; the preset knows just how it looks.
    if "responses" in known and "responses" not in own:
        del merged["responses"]
    return merged
