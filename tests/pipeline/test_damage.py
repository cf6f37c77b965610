"""A flipped bit, an emptied or a missing file of any kind never gives another number, and the next run mends it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.settings import Settings
from pipeline.verifying import verify
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city

CITY, YEAR = "kota-uji", "2024"
Row = Callable[[str, str, str], None]
# Beside one of every kind, so many anywhere: `make test-damage` takes hundreds.
ANYWHERE = int(os.environ.get("TOLOK_DAMAGES", "0"))
KINDS = {
    "raw file": "landing/objects/*/*[0-9a-f]",
    "note of the first landing": "landing/objects/*/*.json",
    "manifest": "landing/kota-uji/*/*.json",
    "clean rows": "clean/kota-uji/*/*/*.rows.parquet",
    "what became of rows": "clean/kota-uji/*/*/*.outcomes.parquet",
    "quarantine": "clean/kota-uji/*/*/quarantine.csv",
    "list of a clean table": "clean/kota-uji/*/*/dataset.json",
    "tally of a log": "clean/kota-uji/*/*/tally.parquet",
    "verdicts, remarks, results": "runs/kota-uji/2024/*/*.json",
    "which was stored": "runs/kota-uji/2024/stored.json",
    "fingerprint": "runs/kota-uji/2024/fingerprint",
    "reports": "reports/kota-uji/*",
    "dashboards": "reports/dashboards/*",
}
# Of these a year of this city has two that differ; the first verifying reads.
IN_PAIRS = (*tuple(KINDS)[:7], "verdicts, remarks, results")
NAMED_BY_VERIFY = ("raw file", "manifest")
MENDED = "mended by the next run, no other number"
# The warehouse and the summaries of logs have tests of their own; the page of the status tells the time.
KEPT_BESIDE = ("warehouse.sqlite", "warehouse.sqlite-wal", "warehouse.sqlite-shm", "status.html")
MENDED_WHEN_USED = (".locks", "log-summaries")


def flip(path: Path, chance: random.Random) -> None:
    """One bit of a file is another."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    _put(path, bytes(content))


def cut(path: Path, chance: random.Random) -> None:
    """A file ends early, as after a power cut."""
    content = path.read_bytes()
    _put(path, content[: chance.randrange(len(content))])


def remove(path: Path, _: random.Random) -> None:
    path.unlink()


def _put(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(mode)


HARMS = (flip, cut, remove)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one year of results; environment set for all of the module."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "cities").mkdir()
    write_city(folder / "cities")
    (folder / "cities" / "data" / "akses.log").write_text(
        "".join(
            f'10.0.0.{n} - - [{n + 1:02d}/Mar/2024:10:00:00 +0700] "GET /a/{n} HTTP/1.1" 200 9 "-" "Mozilla/5.0"\n'
            for n in range(20)
        )
    )
    settings = folder / "cities" / f"{CITY}.yaml"
    settings.write_text(
        settings.read_text()
        + "  log: {table: visits, path: data/akses.log, format: access_log, portal_id: geoportal}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder / "cities"))
        patch.setenv("TOLOK_WAREHOUSE", "")
        steps.run(CITY, YEAR)
        yield folder / "home"


def _results() -> list[dict[str, Any]]:
    return Warehouse(Settings.from_environment().warehouse_url).history(CITY)


def _kept(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name not in KEPT_BESIDE and not set(MENDED_WHEN_USED) & set(path.parts)
    }


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_damage_of_every_kind_is_mended_by_the_next_run(
    whole: Path, kind: str, harm: Callable[[Path, random.Random], None], row: Row
) -> None:
    chance, results, kept = random.Random(f"{kind} {harm.__name__}"), _results(), _kept(whole)  # noqa: S311
    found = sorted(whole.glob(KINDS[kind]))
    harm(chance.choice(found), chance)
    steps.run(CITY, YEAR)
    assert _results() == results
    assert _kept(whole) == kept
    row("Tampering", f"a flipped bit, a lost end, a missing file, of each of {len(KINDS)} kinds", f"{{count}} {MENDED}")


@pytest.mark.parametrize("kind", IN_PAIRS)
def test_two_files_of_a_kind_that_changed_places_are_told_apart_and_mended_by_the_next_run(
    whole: Path, kind: str, row: Row
) -> None:
    """Each of them is whole and holds its own seal."""
    chance, results, kept = random.Random(kind), _results(), _kept(whole)  # noqa: S311
    pairs = [two for two in combinations(sorted(whole.glob(KINDS[kind])), 2) if len({*map(Path.read_bytes, two)}) == 2]
    for one, other in chance.sample(pairs, 1 + min(ANYWHERE // 20, len(pairs) - 1)):
        content = one.read_bytes()
        _put(one, other.read_bytes())
        _put(other, content)
        if kind in NAMED_BY_VERIFY:
            assert len(verify(CITY, YEAR).findings[0].differences) == 2
        steps.run(CITY, YEAR)
        assert _results() == results
        assert _kept(whole) == kept
    row(
        "Tampering",
        "two whole files of a kind that changed places, each under its own seal",
        f"{{count}} kinds {MENDED}",
    )


@pytest.mark.skipif(not ANYWHERE, reason="run by `make test-damage`")
def test_damage_anywhere_is_mended_or_refused_and_never_gives_another_number(whole: Path, row: Row) -> None:
    results, kept = _results(), _kept(whole)
    for seed in range(ANYWHERE):
        chance = random.Random(seed)  # noqa: S311
        harm = HARMS[seed % len(HARMS)]
        harm(whole / chance.choice(sorted(name for name, content in kept.items() if content)), chance)
        steps.run(CITY, YEAR)
        assert _results() == results, seed
        assert _kept(whole) == kept, seed
    row("Tampering", "a flipped bit, a lost end or a missing file anywhere in a home", f"{ANYWHERE} {MENDED}")
