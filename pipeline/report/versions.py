"""Every version of a result for a terminal or a machine: when it came, what it says, why, from which files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from connectors.numerals import number
from pipeline.report.text import STATUSES, closing_line, difference, name_of, pending_line, unit_of
from pipeline.warehouse.model import UNKNOWN

_SHOWN_FILES = 5
_TOLD = (
    *("city_id", "indicator_id", "period", "version", "value", "numerator", "denominator", "unit", "status", "reason"),
    *("coverage_pct", "method_version", "computed_at", "change_reason", "files", "closings", "pending"),
)


def version_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A paragraph for each result, with its versions and its year's closing in the order of time."""
    for (period, indicator_id), versions in groupby(rows, key=itemgetter("period", "indicator_id")):
        yield f"{period} {name_of(indicator_id)}"
        told = list(versions)
        moments = [(one["done_at"], [f"  {closing_line(one)}"]) for one in _only_closed(told[-1])]
        latest = UNKNOWN
        for row, before in zip(told, [None, *told], strict=False):
            # Nobody knows the moment of a version whose row is gone; it came after the one before.
            latest = max(latest, row["computed_at"])
            moments.append((latest, list(_of_version(row, before))))
        yield from chain.from_iterable(lines for _, lines in sorted(moments, key=itemgetter(0)))
        if told[-1]["pending"]:
            yield f"  {pending_line(told[-1]['pending'])}"


def described_version(row: Mapping[str, Any]) -> dict[str, Any]:
    """A version as `tolok history --json` prints it."""
    return {name.removesuffix("_id"): row[name] for name in _TOLD}


def _only_closed(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of what was done to a closed year the closing: a correction is told by the version that it wrote."""
    return [one for one in row["closings"] if one["action"] == "closed"]


def _of_version(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[str]:
    """Its moment, value, change and reasons; of its files those that the version before did not have."""
    change = difference(row["value"], before["value"]) if before else ""
    moment = "?" if row["computed_at"] == UNKNOWN else f"{row['computed_at']:%Y-%m-%d %H:%M}Z"
    yield (
        f"  v{row['version']}  {moment}  {number(row['value'])} "
        f"{unit_of({**row, 'indicator': row['indicator_id']})}{change}, {STATUSES[row['status']]}: "
        f"{row['change_reason']}"
    )
    if row["reason"]:
        yield f"      {row['reason']}"
    yield from _file_lines(row["files"], before["files"] if before else [])


def _file_lines(files: Sequence[Mapping[str, str]], before: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Files that came (+) and that are gone (-), the first few of each."""
    for mark, some in (("+", [f for f in files if f not in before]), ("-", [f for f in before if f not in files])):
        yield from (f"      {mark} {file['file']}  sha256 {file['sha256'][:16]}" for file in some[:_SHOWN_FILES])
        if len(some) > _SHOWN_FILES:
            yield f"      {mark} {len(some) - _SHOWN_FILES} berkas lagi / more"
