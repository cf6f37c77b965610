"""What a benchmark reached is held against what was seen before."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Verdict
from benchmarks.seen import KEPT, keep, seen, told


def _verdict(ratio: float | None, *, work: str = "tickets") -> Verdict:
    is_met = None if ratio is None else ratio <= 1
    return Verdict(work, 1_000, "wall ≤ 1 × DuckDB", "2.00 s : 1.00 s", ratio, is_met)


def test_a_ratio_grown_beyond_noise_is_called_worse(tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("[]")
    keep([_verdict(1.0)], tmp_path / "seen.json")
    before = seen(tmp_path / "seen.json")
    assert told(_verdict(0.5), before) == ("0.50", "1.00", "met")
    assert told(_verdict(1.14), before) == ("1.14", "1.00", "MISSED")
    assert told(_verdict(1.16), before) == ("1.16", "1.00", "MISSED, worse")
    assert told(_verdict(None), before) == ("-", "1.00", "-")
    assert told(_verdict(2.0, work="visits"), before) == ("2.00", "-", "MISSED")


def test_what_is_kept_leaves_other_works_and_what_was_not_measured_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("[]")
    keep([_verdict(1.0), _verdict(3.0, work="visits")], tmp_path / "seen.json")
    keep([_verdict(0.5), _verdict(None, work="visits")], tmp_path / "seen.json")
    assert list(seen(tmp_path / "seen.json").values()) == [0.5, 3.0]


def test_the_ratios_of_every_work_are_kept() -> None:
    assert len(seen(KEPT)) > 30
