"""A clean table written block by block holds what one made in memory holds, however keys repeat over its files."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectors import csv_blocks
from connectors.errors import DataRejected
from pipeline.clean import month_files, repeated_keys
from pipeline.clean.dataset import clean_table, dataset_path, read_dataset
from pipeline.clean.repeated_keys import RepeatedKeys
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.indicators.counting import is_sound
from pipeline.indicators.row_hashes import row_hashes
from pipeline.landing import Manifest, land
from pipeline.periods import Period
from pipeline.tables import INQUIRIES
from testing.clean_tables import clean_in_memory
from tests.clean.test_rules import FAULTY, GOOD, HEADER, YAML, row

IDS = [*(str(number) for number in range(12)), "", "A-é-1", "x" * 30, "x" * 30 + "1"]
DESK = """
  loket:
    table: inquiries
    path: "loket-*.csv"
    format: csv
    delimiter: ";"
    extracted_at: 2026-01-10T08:00:00
    columns:
      inquiry_id: Nomor
      received_at: {column: Masuk, format: "%d/%m/%Y %H:%M"}
"""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 300)
    monkeypatch.setattr(repeated_keys, "SORTED_AT_ONCE", 16)
    monkeypatch.setattr(repeated_keys, "READ_AT_ONCE", 5)
    monkeypatch.setattr(repeated_keys, "GROUP_ROWS", 4)
    monkeypatch.setattr(month_files, "GROUP_ROWS", 7)
    monkeypatch.setattr(month_files, "PART_ROWS", 10)
    monkeypatch.setattr(month_files, "FEW_ROWS", 6)


def some_rows(rng: random.Random, count: int) -> list[str]:
    """Rows of few numbers over a year, some the same twice, some with a fault."""
    rows = []
    for _ in range(count):
        day = f"{rng.randrange(1, 29):02}/{rng.choice([1, 5, 12]):02}/2025 08:00"
        good = row(Nomor=rng.choice(IDS), Masuk=day, Dijawab=rng.choice(["-", "30/12/2025 09:00"]), Selesai="-")
        rows += [good, good] if rng.random() < 0.2 else [rng.choice([good, rng.choice([*FAULTY.values()])])]
    return rows


def landed(folder: Path, files: dict[str, list[str]], yaml: str) -> tuple[City, list[Manifest]]:
    (folder / "kota-uji.yaml").write_text(yaml, "utf-8")
    for name, lines in files.items():
        (folder / name).write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    city = load_city(folder, "kota-uji")
    period = Period(2025)
    return city, [land(folder / "home", city=city, source_name=name, period=period) for name in city.sources]


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["source_file_id", "source_row"], ignore_index=True)


@pytest.mark.parametrize("yaml", [YAML, YAML.replace('nulls: ["-"]', 'nulls: ["-"]\n    later_file_wins: true')])
@pytest.mark.parametrize("seed", range(8))
def test_rows_written_in_blocks_are_those_made_at_once(
    seed: int, yaml: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)  # noqa: S311 the same every time
    files = {f"a-{n}.csv": some_rows(rng, rng.randrange(60)) for n in range(3)} | {"loket-1.csv": some_rows(rng, 20)}
    city, manifests = landed(tmp_path, files, yaml.replace('"*.csv"', '"a-*.csv"') + DESK)
    home, given = tmp_path / "home", {"city": city, "table_name": "inquiries", "manifests": manifests}
    path = dataset_path(home, city, "inquiries", clean_table(home, **given))  # type: ignore[arg-type]
    found = read_dataset(path, INQUIRIES).frame
    monkeypatch.undo()
    expected = clean_in_memory(home, **given).frame  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(in_order(found), in_order(expected))
    left_out = pd.read_csv(path / "quarantine.csv", dtype="str", keep_default_na=False)
    assert sorted(left_out["source_row"]) == sorted(expected.loc[~is_sound(expected), "source_row"].astype("str"))
    assert {"2025-05.rows.parquet", "2025-05.outcomes.parquet"} <= {file.name for file in path.iterdir()}


def test_a_source_of_copies_is_judged_by_the_rows_that_are_left(tmp_path: Path) -> None:
    bad = [row(Nomor=str(number), Masuk="2025-03-01 08:00") for number in range(5)]
    city, manifests = landed(tmp_path, {"a.csv": [*bad, *[GOOD] * 6]}, YAML)
    with pytest.raises(DataRejected, match="5 of 6 rows"):
        clean_table(tmp_path / "home", city=city, table_name="inquiries", manifests=manifests)
    assert not [*(tmp_path / "home" / "clean").rglob("*.parquet")]


def test_every_row_of_a_key_that_repeats_is_in_one_group(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    keys = pd.DataFrame(
        {
            "a": pd.Series(rng.integers(0, 60, 200).astype(str), dtype="str"),
            "b": pd.array(rng.integers(0, 3, 200), "Int64"),
        }
    )
    repeated = RepeatedKeys(tmp_path)
    for begin in range(0, 200, 30):
        part = keys.iloc[begin : begin + 30]
        repeated.add(row_hashes(part), places=np.arange(begin, begin + len(part), dtype=np.uint64))
    groups = [group.astype(int).tolist() for group in repeated.groups()]
    found = sorted(place for group in groups for place in group)
    assert found == np.flatnonzero(keys.duplicated(keep=False)).tolist()
    assert len(groups) > 5
    for group in groups:
        assert group == sorted(group)
        assert not keys.iloc[group].merge(keys.drop(index=group)).size


def test_keys_that_two_have_are_counted_once_among_the_rows_that_are_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    both = [RepeatedKeys(tmp_path) for _ in range(2)]
    keys = [rng.integers(0, 99, 120).astype(np.uint64), rng.integers(30, 400, 300).astype(np.uint64)]
    places = [np.arange(120, dtype=np.uint64), np.arange(1_000, 1_300, dtype=np.uint64)]
    for one, own, of in zip(both, keys, places, strict=True):
        for begin in range(0, len(own), 50):
            one.add(own[begin : begin + 50], places=of[begin : begin + 50])
    chosen = [set(own[of % 3 > 0].tolist()) for own, of in zip(keys, places, strict=True)]
    assert len(chosen[0] & chosen[1]) > 9
    assert both[0].common_count(both[1], among=lambda of: of % np.uint64(3) > 0) == len(chosen[0] & chosen[1])
    assert both[1].common_count(both[0], among=lambda of: of > 0) == len(
        set(keys[0][1:].tolist()) & {*keys[1].tolist()}
    )
    assert both[0].common_count(both[1], among=lambda of: of < 0) == 0
