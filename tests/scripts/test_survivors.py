"""The explained survivors of `make mutate`: readable, and each of a line that stands in the code."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_every_explained_survivor_is_of_a_line_that_stands_in_its_module() -> None:
    explained = yaml.safe_load((ROOT / "tests/survivors.yaml").read_text("utf-8"))
    keys = {tuple(one.get(key) for key in ("function", "line", "became")) for one in explained}
    assert len(keys) == len(explained) > 0
    for one in explained:
        module, _, name = one["function"].rpartition(".x")
        code = (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8")
        if set(one) == {"function", "why"}:
            assert f"def {name.removeprefix('_')}(" in code, one
            continue
        assert set(one) == {"function", "line", "became", "why"}, one
        assert one["line"] in " ".join(line.strip() for line in code.splitlines()), one
        assert one["became"] != one["line"], one
