"""A piece of work whose input is a folder."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Contender, Work


def write_numbers(path: Path, rows: int) -> None:
    (path / "within").mkdir(parents=True)
    for file in (path / "one", path / "within" / "two"):
        file.write_text("\n".join(map(str, range(rows))), "ascii")


def ours(path: Path) -> int:
    return sum(len(file.read_text("ascii").split()) for file in path.rglob("*") if file.is_file())


WORK = Work(name="folder", unit="rows", write=write_numbers, contenders={"ours": Contender(ours)}, targets=())
