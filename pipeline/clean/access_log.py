"""Web server access logs to visits a day (clause 10.1), every line of every file counted in exactly one class.

A visitor is client address + user agent; a visit ends after 30 idle minutes and, in the headline, at local midnight.
Lines are tested in the order of `RULES`: first whether they can be read, then what was asked for, then who asked.
No address leaves this module: a visitor is a keyed hash, and the key lives as long as one call.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.errors import ConfigError, DataRejected
from pipeline.clean.access_log_lines import LONGEST_LINE, read_block
from pipeline.clean.access_log_rules import OUTCOMES, RULES, Classifier
from pipeline.clean.sessions import FIRST_DAY, LONGEST_IDLE_SECONDS, DayCounts, Runs, local_days, midnights
from pipeline.tables import DTYPES, SOURCE_COLUMNS, VISITS

SOURCE_TOOL = "access_log"

_BLOCK_BYTES = 1 << 23
_GZIP_MAGIC = b"\x1f\x8b"
_DEFINITIONS = {
    "headline": "pages people asked for, {minutes} idle minutes, cut at local midnight",
    "bots_included": "pages people and bots asked for, {minutes} idle minutes, cut at local midnight",
    "no_midnight_break": "pages people asked for, {minutes} idle minutes, by day of start",
    "unique_visitors_month": "people, once a calendar month, on the day of their first page",
    "unique_visitors_year": "people, once a calendar year, on the day of their first page",
    "redirects_counted": "pages people asked for, moved ones too, {minutes} idle minutes, by day of start",
    "all_requests": "every request of anyone, {minutes} idle minutes, by day of start",
}

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LogFile:
    """One log file, plain or gzip (told apart by its first bytes)."""

    file_id: str
    path: Path


@dataclass(frozen=True)
class LogTerms:
    """What counting depends on besides the lines; `own_networks` are the city's own CIDR ranges."""

    zone: ZoneInfo
    portal_id: str
    own_networks: tuple[str, ...] = ()
    idle_seconds: int = 1800


@dataclass(frozen=True)
class LogCounts:
    """`visits`: portal x local day x variant; `tally`: lines per local day, outcome and rule."""

    visits: pd.DataFrame
    tally: pd.DataFrame


def count_visits(files: Sequence[LogFile], *, terms: LogTerms) -> LogCounts:
    """Visits per local day of `terms.zone` and variant, and what became of every line of every file.

    `visits` has a row for each variant on each day with a readable line, zeros included; its source columns name the
    first such line met. Variants add up over days. Order of files and lines, duplicates and splits change no count.
    `tally.happened_on` is null for lines without a readable time. The package's bot list moves the figures.
    Raises `DataRejected` for a damaged gzip file, `ConfigError` for a network or idle time that cannot be.
    """
    counter = _Counter(terms)
    for position, file in enumerate(files, start=1):
        with _open(file, position=position) as stream:
            lines_before = 0
            for block in _blocks(stream):
                lines_before += counter.add(block, file_id=file.file_id, lines_before=lines_before)
    return LogCounts(counter.visits(), counter.tally())


@contextmanager
def _open(file: LogFile, *, position: int) -> Iterator[BinaryIO]:
    with file.path.open("rb") as raw:
        is_gzip = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        try:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if is_gzip else raw
        except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
            where = f"{position} ({file.file_id})"
            raise DataRejected(
                id=f"Log akses: berkas ke-{where} rusak atau terpotong; gzip-nya tidak utuh sekitar bita "
                f"{raw.tell():,}. Salin ulang berkas itu dari server.",
                en=f"Access log: file number {where} is damaged or cut off; its gzip stream breaks near byte "
                f"{raw.tell():,}. Copy the file from the server again.",
            ) from fault


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines, a few MiB at once; of an overlong line only as much as shows that it is one."""
    rest = b""
    while chunk := stream.read(_BLOCK_BYTES):
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield rest + chunk[:cut]
            rest = b""
        rest = (rest + chunk[cut:])[: LONGEST_LINE + 1]
    if rest:
        yield rest + b"\n"


class _Counter:
    """What is remembered of the lines: runs of four choices of them, counts per day and rule, a first line per day."""

    def __init__(self, terms: LogTerms) -> None:
        _check(terms)
        self._terms = terms
        self._classify = Classifier(terms.own_networks)
        self._runs = {name: Runs(terms.idle_seconds) for name in ("people", "bots", "redirects", "all")}
        self._lines = np.zeros((len(midnights(terms.zone)), len(RULES)), np.int64)
        self._faults = np.zeros(len(RULES), np.int64)
        self._first_seen: dict[int, tuple[str, int]] = {}

    def add(self, block: bytes, *, file_id: str, lines_before: int) -> int:
        """Count a block of whole lines; gives their number."""
        hits = read_block(block)
        classes = self._classify(hits)
        days = local_days(hits.seconds, zone=self._terms.zone)
        for name, fault_count in hits.faults.items():
            self._faults[RULES.index(name)] += fault_count
        self._count_lines(days, rules=classes.rule)
        for day in set(np.unique(days).tolist()) - self._first_seen.keys():
            self._first_seen[day] = (file_id, lines_before + int(hits.lines[days == day].min()) + 1)
        order = np.lexsort((hits.seconds, classes.visitor))
        visitor, seconds = classes.visitor[order], hits.seconds[order]
        for name, chosen in classes.choices().items():
            kept = chosen[order]
            self._runs[name].add(visitor[kept], seconds=seconds[kept])
        return len(days) + hits.faults.total()

    def _count_lines(self, days: Ints, *, rules: Ints) -> None:
        if len(days):
            low, high = days.min(), days.max() + 1
            counts = np.bincount((days - low) * len(RULES) + rules, minlength=(high - low) * len(RULES))
            self._lines[low:high] += counts.reshape(-1, len(RULES))

    def visits(self) -> pd.DataFrame:
        """The clean table's columns without the outcome ones."""
        days = np.array(sorted(self._first_seen), np.int64)
        counted = {name: runs.count_days(self._terms.zone) for name, runs in self._runs.items()}
        frames = [self._frame(days, variant=variant, counts=counts) for variant, counts in _variants(counted).items()]
        columns = (*VISITS.columns, *SOURCE_COLUMNS)
        visits = pd.concat(frames, ignore_index=True).astype({column.name: DTYPES[column.kind] for column in columns})
        return visits.sort_values("visited_on", kind="stable", ignore_index=True)

    def _frame(self, days: Ints, *, variant: str, counts: Ints) -> pd.DataFrame:
        seen = [self._first_seen[day] for day in days.tolist()]
        return pd.DataFrame(
            {
                "visited_on": FIRST_DAY + days,
                "days_count": 1,
                "portal_id": self._terms.portal_id,
                "visits_count": counts[days],
                "visit_definition": _DEFINITIONS[variant].format(minutes=f"{self._terms.idle_seconds / 60:g}"),
                "source_tool": SOURCE_TOOL,
                "variant": variant,
                "source_file_id": [file_id for file_id, _ in seen],
                "source_row": [row for _, row in seen],
            }
        )

    def tally(self) -> pd.DataFrame:
        """Lines per local day, outcome and rule; those without a time first."""
        days, rules = np.nonzero(self._lines)
        faults = np.flatnonzero(self._faults)
        names = [RULES[rule] for rule in (*faults, *rules)]
        return pd.DataFrame(
            {
                "happened_on": np.append(np.full(len(faults), np.datetime64("NaT", "D")), FIRST_DAY + days),
                "outcome": [OUTCOMES[name] for name in names],
                "rule": names,
                "rows_count": np.append(self._faults[faults], self._lines[days, rules]),
            }
        ).astype({"happened_on": DTYPES["day"], "outcome": "str", "rule": "str", "rows_count": "Int64"})


def _variants(counted: dict[str, DayCounts]) -> dict[str, Ints]:
    people = counted["people"]
    return {
        "headline": people.cut_at_midnight,
        "bots_included": counted["bots"].cut_at_midnight,
        "no_midnight_break": people.by_start,
        "unique_visitors_month": people.visitors_new_in_month,
        "unique_visitors_year": people.visitors_new_in_year,
        "redirects_counted": counted["redirects"].by_start,
        "all_requests": counted["all"].by_start,
    }


def _check(terms: LogTerms) -> None:
    if not 0 < terms.idle_seconds <= LONGEST_IDLE_SECONDS:
        raise ConfigError(
            id=f"Kunjungan berakhir setelah {terms.idle_seconds} detik diam? Tulis 1 sampai {LONGEST_IDLE_SECONDS}.",
            en=f"A visit ends after {terms.idle_seconds} idle seconds? Write 1 to {LONGEST_IDLE_SECONDS}.",
        )
    wrong = [network for network in terms.own_networks if not _is_network(network)]
    if wrong:
        raise ConfigError(
            id=f"Jaringan kota ini bukan rentang CIDR: {', '.join(wrong)}. Tulis seperti 103.10.20.0/24.",
            en=f"These networks of the city are no CIDR ranges: {', '.join(wrong)}. Write them like 103.10.20.0/24.",
        )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
