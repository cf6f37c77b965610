"""One CSV, the YAML of a city around it, and what the pipeline's own steps make of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from pipeline import steps
from pipeline.indicators.base import Result


def computed_from(
    folder: Path, lines: Sequence[str], source: Mapping[str, Any], *, year: str = "2025", **city: Any
) -> dict[str, Result]:
    """The results of a year by indicator, from lines of one CSV that was extracted a few days after 2025."""
    write_office(folder, lines, source, **city)
    with patch.dict(os.environ, {"TOLOK_HOME": str(folder / "home"), "TOLOK_CITIES": str(folder)}):
        steps.fetch("kota", "berkas", year)
        return {result.indicator_id: result for result in steps.compute("kota", year)}


def write_office(
    folder: Path, lines: Sequence[str], *sources: Mapping[str, Any], names: Sequence[str] = ("berkas",), **city: Any
) -> None:
    """The CSV and the YAML of city `kota` around it, whose sources all read it."""
    (folder / "data.csv").write_text("\n".join(lines) + "\n", "utf-8")
    days = [{"first_on": "2025-01-01", "last_on": "2025-12-31"}]
    common = {"path": "data.csv", "format": "csv", "extracted_at": "2026-01-10T08:00:00", "covers": days}
    whole = {name: {**common, **source} for name, source in zip(names, sources, strict=True)}
    figure = {"year": 2025, "count": 400_000, "reference_on": "2025-12-31", "source": "Dukcapil"}
    labels = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    settings = {"population": {"figures": [figure]}, "quarantine_limit_pct": 100, **city}
    text = json.dumps({**labels, **settings, "sources": whole})
    (folder / "kota.yaml").write_text(text, "utf-8")


def visitor(draw: Random) -> tuple[str, str]:
    """The address and agent of somebody in Indonesia with a browser."""
    address = f"36.{draw.randint(64, 90)}.{draw.randint(1, 254)}.{draw.randint(1, 254)}"
    return address, f"Mozilla/5.0 (Windows NT 10.0) Chrome/12{draw.randint(0, 3)}.0 Safari/537.36"


def pages_asked_for(address: str, agent: str, *, at: datetime, count: int) -> Iterator[str]:
    """Lines of an access log, combined: a page a minute."""
    for page in range(count):
        moment = at + timedelta(minutes=page)
        yield f'{address} - - [{moment:%d/%b/%Y:%H:%M:%S} +0700] "GET /d/{page} HTTP/1.1" 200 9 "-" "{agent}"'
