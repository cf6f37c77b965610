"""The explained survivors of `make mutate`: readable, and each of a line that stands in the code."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_every_explained_survivor_is_of_a_line_that_stands_in_its_module() -> None:
    explained = yaml.safe_load((ROOT / "tests/survivors.yaml").read_text("utf-8"))
    assert len({tuple(one[key] for key in ("function", "line", "became")) for one in explained}) == len(explained) > 0
    for one in explained:
        assert set(one) == {"function", "line", "became", "why"}, one
        module = ROOT / (one["function"].rpartition(".x")[0].replace(".", "/") + ".py")
        code = " ".join(line.strip() for line in module.read_text("utf-8").splitlines())
        assert one["line"] in code, one
        assert one["became"] != one["line"], one
