"""Every kind of file between the raw bytes and the warehouse that is not what was written is named by verify."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config.load import load_city
from pipeline.periods import Period
from pipeline.settings import Settings
from pipeline.work import Work
from tests.acceptance.test_bad_input import tolok
from tests.pipeline.test_damage import CITY, KINDS, YEAR, cut, flip, whole

__all__ = ["whole"]

# Raw files have tests of their own; a fingerprint is compared whole, and another one has the period computed anew.
BETWEEN = {
    kind: pattern
    for kind, pattern in KINDS.items()
    if pattern.startswith(("clean/", "runs/")) and kind != "fingerprint"
}


def damaged() -> list[str]:
    settings = Settings.from_environment()
    return Work(load_city(settings.cities, CITY), Period.parse(YEAR), settings.home).damaged_files()


@pytest.mark.parametrize("harm", [flip, cut], ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("kind", BETWEEN)
def test_each_file_of_a_kind_that_is_not_what_was_written_is_named(
    whole: Path, kind: str, harm: Callable[[Path, random.Random], None]
) -> None:
    chance, found = random.Random(f"{kind} {harm.__name__}"), sorted(whole.glob(BETWEEN[kind]))  # noqa: S311
    assert (len(found) > 0, damaged()) == (True, [])
    for path in found:
        content = path.read_bytes()
        if content:
            harm(path, chance)
            assert damaged() == [str(path.relative_to(whole))]
            path.write_bytes(content)


def test_verify_names_them_in_both_languages_and_a_run_makes_them_anew(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sorted(whole.glob("clean/kota-uji/outages/*/2024-*.rows.parquet"))[0]
    rows.rename(rows.with_name("2031-01.rows.parquet"))
    flip(next(whole.glob("runs/kota-uji/2024/*/results.json")), random.Random(1))  # noqa: S311
    code, out, err = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, out.count("no longer what was written: clean/kota-uji/outages/")) == (3, 2)
    assert out.count("bukan lagi yang ditulis / no longer what was written: runs/kota-uji/2024/") == 1
    assert f"tolok run {CITY} {YEAR} membuatnya lagi" in err
    assert f"tolok run {CITY} {YEAR} makes them anew" in err
    assert tolok(monkeypatch, "run", CITY, YEAR)[0] == 0
    assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0
