"""Web server access logs to visits per local day (clause 10.1), with every line of every file in exactly one class.

A visitor is a client address and, where the log has it, a user agent; a visit ends after 30 idle minutes and, in the
headline, at local midnight. Lines are tested in the order of `RULES`: whether they can be read, what was requested, who
requested it. No address is kept: a visitor is a keyed hash, and the key is thrown away with the count.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from threading import Event

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from connectors.errors import ConfigError
from connectors.remarks import Remark
from pipeline.access_log.checkpoints import Checkpoints
from pipeline.access_log.files import Chunk, LogFile, is_packed, with_members
from pipeline.access_log.head import Head
from pipeline.access_log.remarks import FileCounts, refuse_hosts, remarks_of
from pipeline.access_log.rules import OUTCOMES, RULES
from pipeline.access_log.sessions import FIRST_DAY, LONGEST_IDLE_SECONDS
from pipeline.access_log.share import Counts, LateLine, LogTerms, Share, count_share
from pipeline.progress import Meter
from pipeline.setting_faults import network_fault
from pipeline.tables import ACCESS_LOG, DTYPES, SOURCE_COLUMNS, VISITS

__all__ = ["LogCounts", "LogFile", "LogTerms", "count_visits"]


BLOCK_BYTES = 1 << 22
BYTES_WORTH_SHARING = 1 << 28
_GZIP_RATIO = 8
_LONGEST_STEP = 1 << 16
_DEFINITIONS = {
    "headline": "pages people asked for, {minutes} idle minutes, cut at local midnight",
    "bots_included": "pages people and bots asked for, {minutes} idle minutes, cut at local midnight",
    "no_midnight_break": "pages people asked for, {minutes} idle minutes, by day of start",
    "unique_visitors_month": "people, once a calendar month, on the day of their first page",
    "unique_visitors_year": "people, once a calendar year, on the day of their first page",
    "redirects_counted": "pages people asked for, moved ones too, {minutes} idle minutes, not cut at midnight",
    "all_requests": "every request of anyone, {minutes} idle minutes, not cut at midnight",
}
_WITHOUT_AGENTS = "; agents are not logged, so a visitor is an address and bots cannot be told apart"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LogCounts:
    """`visits`: a row per portal, local day and variant; `tally`: lines per local day, outcome and rule.

    `files` are those read, members of zips one by one; `remarks` say what is odd.
    """

    visits: pd.DataFrame
    tally: pd.DataFrame
    files: tuple[FileCounts, ...] = ()
    remarks: tuple[Remark, ...] = ()


def count_visits(
    files: Sequence[LogFile], *, terms: LogTerms, checkpoints: Checkpoints | None = None, meter: Meter | None = None
) -> LogCounts:
    """Visits per local day of `terms.zone` and variant, and every line of every file by outcome and rule.

    `visits` has a row for each variant on each day with a readable line, zeros included; its source columns name the
    first such line. Variants add up over days. Order of files and lines, duplicates and splits change no count; lines
    more than a day late cost a second pass and memory for all visits instead of those of a few days.
    With `checkpoints` an interrupted count resumes where it stopped.
    `tally.happened_on` is null for lines without a readable time. Another bot list may change the counts.
    Raises `DataRejected` for a damaged file, `ConfigError` for an impossible network or idle time, or for hosts that
    no line is of.
    """
    _check(terms)
    meter = meter or Meter()
    files = [member for file in files for member in with_members(file)]
    chunks = [Chunk(file, position) for position, file in enumerate(files, start=1)]
    heads = {chunk: Head.of(chunk, terms=terms.lines) for chunk in chunks}
    # A file without a readable line comes first.
    chunks.sort(key=lambda chunk: heads[chunk].first_second)
    shares = _divide(chunks, terms=terms, checkpoints=checkpoints)
    try:
        counts = _count(shares, meter)
    except LateLine:
        meter.expect(meter.bytes_read)
        counts = _count([replace(share, is_closing=False) for share in shares], meter)
    refuse_hosts(counts, terms=terms)
    visits = _visits(counts, files=files, terms=terms)
    if any(head.lacks_agents for head in heads.values()):
        visits["visit_definition"] += _WITHOUT_AGENTS
    visits_count = int(visits.loc[visits["variant"] == "no_midnight_break", "visits_count"].sum())
    remarks = remarks_of(counts, files=files, heads=[*heads.values()], terms=terms, visits_count=visits_count)
    return LogCounts(visits, _tally(counts), _files(counts, files), remarks)


def _files(counts: Counts, files: Sequence[LogFile]) -> tuple[FileCounts, ...]:
    return tuple(
        FileCounts(file, counts.considered[nth], counts.unread[nth]) for nth, file in enumerate(files, start=1)
    )


def _divide(chunks: Sequence[Chunk], *, terms: LogTerms, checkpoints: Checkpoints | None) -> list[Share]:
    """One share, or two of about the same size when the input is large."""
    sizes = [_size(chunk) for chunk in chunks]
    half = sum(sizes) // 2
    parts: tuple[list[Chunk], list[Chunk]] = ([], [])
    for chunk, before, size in zip(chunks, accumulate(sizes, initial=0), sizes, strict=False):
        if sum(sizes) < BYTES_WORTH_SHARING or before + size <= half:
            parts[0].append(chunk)
        elif before >= half:
            parts[1].append(chunk)
        elif is_packed(chunk.file) or _is_self_describing(chunk.file.path):
            parts[before + size // 2 > half].append(chunk)
        else:
            cut = _next_line(chunk.file.path, at=half - before)
            parts[0].append(replace(chunk, end=cut))
            parts[1].append(replace(chunk, begin=cut))
    key = checkpoints.key() if checkpoints else secrets.token_bytes(24)
    share = Share((), terms, key, BLOCK_BYTES, checkpoints=checkpoints)
    return [replace(share, chunks=tuple(part)) for part in parts if part or part is parts[0]]


def _size(chunk: Chunk) -> int:
    """The decompressed bytes, roughly."""
    return chunk.file.path.stat().st_size * (_GZIP_RATIO if is_packed(chunk.file) else 1)


def _is_self_describing(path: Path) -> bool:
    """Whether the columns of a file's lines depend on a header line before them."""
    with path.open("rb") as file:
        return file.read(1) == b"#"


def _next_line(path: Path, *, at: int) -> int:
    """Where the first line after the byte `at` begins."""
    with path.open("rb") as file:
        file.seek(at)
        while part := file.readline(_LONGEST_STEP):
            if part.endswith(b"\n"):
                break
        return file.tell()


def _count(shares: Sequence[Share], meter: Meter) -> Counts:
    """The counts of all shares: the first is read on this thread, the other on a second one."""
    first, *others = shares
    is_over = Event()
    with ThreadPoolExecutor(max(len(others), 1)) as pool:
        waiting = [pool.submit(count_share, share, meter.part(), is_over=is_over) for share in others]
        for future in waiting:
            future.add_done_callback(lambda done: is_over.set() if done.exception() else None)
        try:
            counts = count_share(first, meter, is_over=is_over)
            for future in waiting:
                counts.absorb(future.result())
        finally:
            is_over.set()
    return counts


def _visits(counts: Counts, *, files: Sequence[LogFile], terms: LogTerms) -> pd.DataFrame:
    """The columns of the clean table `visits`, without its outcome columns."""
    days = np.array(sorted(counts.first_seen), np.int64)
    seen = [counts.first_line(day) for day in days.tolist()]
    frames = [
        pd.DataFrame(
            {
                "visited_on": FIRST_DAY + days,
                "days_count": 1,
                "portal_id": terms.portal_id,
                "visits_count": visits[days],
                "visit_definition": _DEFINITIONS[variant].format(minutes=f"{terms.idle_seconds / 60:g}"),
                "source_tool": ACCESS_LOG,
                "variant": variant,
                "source_file_id": [files[position - 1].file_id for position, _ in seen],
                "source_row": [row for _, row in seen],
            }
        )
        for variant, visits in _variants(counts).items()
    ]
    columns = (*VISITS.columns, *SOURCE_COLUMNS)
    visits = pd.concat(frames, ignore_index=True).astype({column.name: DTYPES[column.kind] for column in columns})
    return visits.sort_values("visited_on", kind="stable", ignore_index=True)


def _tally(counts: Counts) -> pd.DataFrame:
    """Lines per local day, outcome and rule; those without a time first."""
    days, rules = np.nonzero(counts.lines)
    faults = np.flatnonzero(counts.faults)
    names = [RULES[rule] for rule in (*faults, *rules)]
    return pd.DataFrame(
        {
            "happened_on": np.append(np.full(len(faults), np.datetime64("NaT", "D")), FIRST_DAY + days),
            "outcome": [OUTCOMES[name] for name in names],
            "rule": names,
            "rows_count": np.append(counts.faults[faults], counts.lines[days, rules]),
        }
    ).astype({"happened_on": DTYPES["day"], "outcome": "str", "rule": "str", "rows_count": "Int64"})


def _variants(counts: Counts) -> dict[str, Ints]:
    days = {name: runs.count_days() for name, runs in counts.runs.items()}
    return {
        "headline": days["people"].cut_at_midnight,
        "bots_included": days["bots"].cut_at_midnight,
        "no_midnight_break": days["people"].by_start,
        "unique_visitors_month": counts.new_visitors["M"].count_days(),
        "unique_visitors_year": counts.new_visitors["Y"].count_days(),
        "redirects_counted": days["redirects"].by_start,
        "all_requests": days["all"].by_start,
    }


def _check(terms: LogTerms) -> None:
    if not 0 < terms.idle_seconds <= LONGEST_IDLE_SECONDS:
        raise ConfigError(
            id=f"Kunjungan berakhir setelah {terms.idle_seconds} detik diam? Tulis 1 sampai {LONGEST_IDLE_SECONDS}.",
            en=f"A visit ends after {terms.idle_seconds} idle seconds? Write 1 to {LONGEST_IDLE_SECONDS}.",
        )
    wrong = [network for network in (*terms.own_networks, *terms.trusted_proxies) if network_fault(network)]
    if wrong:
        raise ConfigError(
            id=f"Jaringan ini bukan rentang CIDR: {', '.join(wrong)}. Tulis seperti 103.10.20.0/24.",
            en=f"These networks are no CIDR ranges: {', '.join(wrong)}. Write them like 103.10.20.0/24.",
        )
