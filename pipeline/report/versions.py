"""Every version of a result for a terminal or a machine: when it came, what it says, why, from which files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.numerals import number
from pipeline.report.text import STATUSES, name_of, unit_of

_SHOWN_FILES = 5
_TOLD = (
    *("city_id", "indicator_id", "period", "version", "value", "numerator", "denominator", "unit", "status", "reason"),
    *("coverage_pct", "method_version", "change_reason", "files"),
)


def version_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A paragraph for each version, in the order given; of its files those that the version before did not have."""
    before: Mapping[str, Any] | None = None
    for row in rows:
        if before is None or _name(before) != _name(row):
            yield f"{row['period']} {name_of(row['indicator_id'])}"
            before = None
        yield (
            f"  v{row['version']}  {row['computed_at']:%Y-%m-%d %H:%M}Z  {number(row['value'])} "
            f"{unit_of({**row, 'indicator': row['indicator_id']})}, {STATUSES[row['status']]}: {row['change_reason']}"
        )
        if row["reason"]:
            yield f"      {row['reason']}"
        yield from _file_lines(row["files"], before["files"] if before else [])
        before = row


def described_version(row: Mapping[str, Any]) -> dict[str, Any]:
    """A version as `tolok history --json` prints it."""
    told = {name.removesuffix("_id"): row[name] for name in _TOLD}
    return {**told, "computed_at": row["computed_at"].isoformat()}


def _name(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["period"], row["indicator_id"]


def _file_lines(files: Sequence[Mapping[str, str]], before: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Files that came (+) and that are gone (-), the first few of each."""
    for mark, some in (("+", [f for f in files if f not in before]), ("-", [f for f in before if f not in files])):
        yield from (f"      {mark} {file['file']}  sha256 {file['sha256'][:16]}" for file in some[:_SHOWN_FILES])
        if len(some) > _SHOWN_FILES:
            yield f"      {mark} {len(some) - _SHOWN_FILES} berkas lagi / more files"
