"""Whether log files can be read well enough, file by file, as `tolok check` and a run judge them alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connectors.file_kinds import refuse_foreign
from connectors.numerals import number, number_en, percent, percent_en
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.access_log.files import LogFile, is_zip
from pipeline.access_log.head import unread
from pipeline.access_log.log_terms import LogTerms
from pipeline.access_log.remarks import FileCounts
from pipeline.access_log.rules import OUTCOMES
from pipeline.config.city import City


def refuse_foreign_logs(files: Sequence[RawFile]) -> None:
    """Raise `DataRejected` for a file that is no text; zips are looked into later."""
    for file in files:
        if not is_zip(file.path):
            refuse_foreign(file, "access_log")


def refuse_unread_files(files: Sequence[FileCounts], *, city: City, terms: LogTerms) -> list[Remark]:
    """A remark for each file of which more lines than `final_quarantine_pct` could not be read.

    Raises `ConfigError` or `SourceChanged` for a file of which it is more than `quarantine_limit_pct`, with the reason.
    """
    for counts in files:
        if _pct(counts) > city.quarantine_limit_pct:
            raise unread(counts.file, terms=terms)
    return [_remark(counts) for counts in files if _pct(counts) > city.final_quarantine_pct]


def refuse_unread_head(file: LogFile, lines: Counter[str], *, city: City, terms: LogTerms) -> None:
    """Raise what `refuse_unread_files` raises, judging a file by its first lines, counted by rule."""
    unread_count = sum(count for rule, count in lines.items() if OUTCOMES[rule] == "quarantined")
    considered = lines.total() - lines["blank_line"] - lines["header_line"]
    refuse_unread_files([FileCounts(file, considered, unread_count)], city=city, terms=terms)


def _pct(counts: FileCounts) -> float:
    return 100 * counts.unread_count / counts.rows_count if counts.rows_count else 0.0


def _remark(counts: FileCounts) -> Remark:
    unread, lines, pct = counts.unread_count, counts.rows_count, _pct(counts)
    return Remark(
        "log_file_unread",
        f"{counts.file.title}: {number(unread)} / {number(lines)} ({percent(pct)}) baris tidak terbaca; periksa "
        "log_format berkas ini",
        f"{counts.file.title}: {number_en(unread)} / {number_en(lines)} ({percent_en(pct)}) lines cannot be read; "
        "check the log_format of this file",
    )
