"""The page of systems in the docs, written from the presets themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.registry import preset, system_names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "systems.md"
ABOUT = ("system", "indicator", "auth", "paging", "retention", "tested")

_HEAD = """# Systems Tolok reads

Written by `make generated` from `connectors/presets/`; do not edit. `system: NAME` in a city's YAML starts from the
settings of that preset. How to name a connection is in [connections.md](connections.md); how to read a system that is
not here, in [connect-unknown-api.md](connect-unknown-api.md). A *documented exchange* is question and answer
as the vendor documents them, with addresses and the day they were read, in
[tests/connectors/exchanges](../tests/connectors/exchanges); the preset must ask just so and read just that.

| `system` | what | indicator | way in | auth | paging | how long it keeps things | tested against |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page: a row per preset, then the notes."""
    known = {name: preset(name) for name in system_names()}
    rows = [_row(name, raw) for name, raw in known.items()]
    notes = [
        f"- `{name}`: {_line(str(raw['about']['note']))}\n" for name, raw in known.items() if raw["about"].get("note")
    ]
    return _HEAD + "".join(rows) + "\n## What to know\n\n" + "".join(notes)


def _row(name: str, raw: dict[str, Any]) -> str:
    about, source = raw["about"], raw["source"]
    way = {"api": "HTTP, declared", "sql": "SQL query", None: "files"}.get(source.get("connector"), "own connector")
    cells = [f"`{name}`", about["system"], about["indicator"], way, *(about[key] for key in ABOUT[2:])]
    return "| " + " | ".join(_line(str(cell)) for cell in cells) + " |\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
