"""The ids of the indicators, without loading pandas, which the indicators' own modules need."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / "indicators"
_DECLARED = re.compile(r'^DEFINITION = Definition\(\s*id="(\w+)",\s*clause="([\d.]+)"', re.MULTILINE)


def indicator_ids() -> tuple[str, ...]:
    """The id of every indicator in the order of their clauses, read from the text of their definitions."""
    found = [one for path in _FOLDER.glob("*.py") for one in _DECLARED.findall(path.read_text("utf-8"))]
    return tuple(name for name, clause in sorted(found, key=lambda one: [int(part) for part in one[1].split(".")]))
