"""The conformance pack as its files say it: cases with their inputs and answers, rules and reference queries."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PACK = Path(__file__).resolve().parents[2] / "conformance"


@dataclass(frozen=True)
class Case:
    """One case: a folder with inputs and the right answer."""

    folder: Path

    @property
    def indicator(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return f"{self.indicator}/{self.folder.name}"

    @cached_property
    def told(self) -> dict[str, Any]:
        return read_json(self.folder / "case.json")

    @cached_property
    def answer(self) -> dict[str, Any]:
        return read_json(self.folder / "answer.json")

    @cached_property
    def parameters(self) -> dict[str, str]:
        (row,) = self.rows("parameters")
        return row

    @property
    def tables(self) -> list[str]:
        """The names of its CSV files."""
        return [name.removesuffix(".csv") for name in self.told["inputs"] if name.endswith(".csv")]

    def rows(self, table: str) -> list[dict[str, str]]:
        columns, rows = read_rows(self.folder / f"{table}.csv")
        return [dict(zip(columns, row, strict=True)) for row in rows]


def read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV, as texts."""
    with path.open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    return columns, rows


def cases() -> list[Case]:
    """Every case of the pack, in the order of its manifest."""
    return [Case(PACK / one["folder"]) for one in manifest()["cases"]]


def manifest() -> dict[str, Any]:
    return read_json(PACK / "manifest.json")


def rules_of(indicator: str) -> dict[str, dict[str, Any]]:
    """The named rules of an indicator, in words."""
    rules: dict[str, dict[str, Any]] = read_json(PACK / "rules" / f"{indicator}.json")["rules"]
    return rules


def read_json(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return told
