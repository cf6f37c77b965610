"""Until when a table's sources tell, which is until when something still open has lasted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.landing import LandedFile, Manifest
from pipeline.periods import Period
from pipeline.terms import terms_for
from testing.clean_tables import clean_in_memory


def city(**declared: str) -> City:
    sources: dict[str, Any] = {
        "pantau": {"system": "nagios", "path": "*", **declared},
        "jaringan": {"system": "nagios", "path": "*"},
    }
    raw = {"city": "x", "name": "X", "zone": "Asia/Jakarta", "region_codes": {"bps": "9971"}}
    return City.model_validate({**raw, "sources": with_presets(sources)})


def manifest(source: str, *moments: str) -> Manifest:
    landed = [f"{moment}T00:00:00+00:00" for moment in moments]
    files = tuple(LandedFile(f"{n}.log", "main", f"{n}", 1, at, at) for n, at in enumerate(landed))
    return Manifest("x", source, "2025", "", "", files)


def as_of(of: City, *manifests: Manifest) -> datetime:
    outages = clean_in_memory(Path(), city=of, table_name="outages", manifests=[]).frame
    return terms_for(
        "outages",
        city=of,
        period=Period(2025),
        parts=[outages],
        tally=None,
        inhabitants=(None, ()),
        manifests=manifests,
    ).as_of


def test_files_that_came_one_after_another_tell_until_the_last_of_them() -> None:
    found = as_of(city(), manifest("pantau", "2025-02-01", "2025-12-01", "2025-06-01"))
    assert found == datetime(2025, 12, 1, tzinfo=UTC)


def test_two_sources_tell_until_the_one_that_was_asked_first() -> None:
    manifests = manifest("pantau", "2025-02-01", "2025-12-01"), manifest("jaringan", "2025-11-01"), manifest("jaringan")
    assert as_of(city(), *manifests) == datetime(2025, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closed_on", "until"),
    [
        # Of a system that was gone when it was asked nothing more can come; the other tells on.
        ("2025-02-28", datetime(2025, 11, 1, tzinfo=UTC)),
        # 00:00 UTC on 1 March is 1 March in Jakarta.
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_system_that_had_closed_does_not_bound_what_the_others_tell(closed_on: str, until: datetime) -> None:
    of = city(closed_on=closed_on)
    assert as_of(of, manifest("pantau", "2025-03-01"), manifest("jaringan", "2025-11-01")) == until
    assert as_of(of, manifest("pantau", "2025-03-01")) == datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("manifests", [(), (manifest("pantau"),)])
def test_without_a_file_nothing_is_told(manifests: tuple[Manifest, ...]) -> None:
    assert as_of(city(), *manifests) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_declared_extraction_stands_before_landings() -> None:
    found = as_of(
        city(extracted_at="2025-10-01T00:00"), manifest("pantau", "2025-10-01"), manifest("jaringan", "2025-07-01")
    )
    assert found == datetime(2025, 10, 1, tzinfo=UTC)
