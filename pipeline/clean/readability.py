"""How many of a source's rows could not be read: when it is most, the mapping or the file is wrong, not the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.errors import DataRejected
from connectors.numerals import counted_en
from connectors.remarks import Remark
from pipeline.clean.advice import advices
from pipeline.clean.month_files import Block, Outcome
from pipeline.clean.source_rows import Landed
from pipeline.clean.unmapped import told
from pipeline.month_names import month_in

FULL_FILES = "full_files_count"

_UNREADABLE = ("bad_", "too_small_", "ambiguous_", "unknown_", "missing_", "wrong_field_count", "code_shape")
_ADVISED_REASONS = 3
_LISTS = ("services", "inquiries", "outages")
# Rows of a page, an answer or a sheet, the latter with its header or without.
_STOPS_AT = {
    *(100, 250, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 30_000, 50_000, 100_000, 150_000, 1_000_000),
    *(65_535, 65_536, 1_048_575, 1_048_576),
}
# Seven months of twelve have 31 days: more than these may not have as many rows as the longest, of so many at least.
_ANSWERS_OF_A_LIMIT, _NEARLY_ALL, _LEAST_LIMIT = 3, 2 / 3, 50


@dataclass
class _Counts:
    """Rows not excluded, all rows, and of the former those that could not be read, by reason."""

    rows_count: int = 0
    all_count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: _Counts) -> _Counts:
        counts = self.rows_count + other.rows_count, self.all_count + other.all_count
        return _Counts(*counts, self.reasons + other.reasons)

    def add(self, counts: Mapping[Outcome, int]) -> None:
        for (reason, rule), count in counts.items():
            self.rows_count += count if rule is None else 0
            self.all_count += count
            if rule is None and reason and reason.startswith(_UNREADABLE):
                self.reasons[reason] += count

    @property
    def bad_pct(self) -> float:
        return 100 * self.reasons.total() / self.rows_count if self.rows_count else 0.0

    def __str__(self) -> str:
        return ", ".join(f"{reason} {count}" for reason, count in sorted(self.reasons.items()) if count)


@dataclass
class Readability:
    """What could be read of one source, file by file."""

    landed: Landed
    files: dict[str, _Counts] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Count judged rows by their outcomes."""
        for file_id, counts in block.counts_by_file().items():
            self.files.setdefault(file_id, _Counts()).add(counts)

    def leave_out(self, block: Block) -> None:
        """Take back rows counted as sound of which some have been excluded since."""
        for file_id, counts in block.counts_by_file().items():
            self.files[file_id].rows_count -= sum(count for (_, rule), count in counts.items() if rule is not None)

    def judge(self) -> list[Remark]:
        """A remark for each file that stands out from the others.

        Raises `DataRejected` when more rows of the source than the city's limit could not be read.
        """
        city, name = self.landed.city, self.landed.manifest.source
        whole = sum(self.files.values(), _Counts())
        if whole.bad_pct > city.quarantine_limit_pct:
            to_do_id, to_do_en = self._to_do(whole)
            files = self._named_files()
            limit, count = f"{city.quarantine_limit_pct:g} %", whole.reasons.total()
            raise DataRejected(
                id=f"Sumber '{name}': {count} dari {whole.rows_count} baris tidak terbaca ({whole}); batasnya {limit}. "
                f"{files}{to_do_id}",
                en=f"Source '{name}': {count} of {counted_en(whole.rows_count, 'row', 'rows')} cannot be read "
                f"({whole}); the limit is {limit}. {files}{to_do_en}",
            )
        return list(self._remarks())

    def full_files(self) -> list[str]:
        """The files that end where an export of so many rows stops; pages of one export but for the last are whole."""
        if self.landed.table.name not in _LISTS:
            return []
        counts = {name: of.all_count for name, of in self._by_name()}
        if self.landed.source.connection:
            return _cut_answers(counts) if self.landed.source.connector == "sql" else []
        full = [name for name, count in counts.items() if count in _STOPS_AT]
        rest = [count for name, count in counts.items() if name not in full]
        is_paged = len(full) > 1 and len(rest) == 1 and not any(map(month_in, full))
        return [] if is_paged and {counts[name] for name in full} == {max(counts.values())} else full

    def _to_do(self, counts: _Counts) -> tuple[str, str]:
        """What to do about the commonest reasons, with the commonest unmapped texts."""
        reasons = [reason for reason, _ in counts.reasons.most_common(_ADVISED_REASONS)]
        found = advices(
            reasons,
            table=self.landed.table,
            source_name=self.landed.manifest.source,
            format=self.landed.source.format,
        )
        texts = told(self.landed.unmapped.most_common)
        beside = [remark for remark in self.landed.remarks if remark.code == "cells_beside_table"]
        said = [remark.id for remark in beside], [remark.en for remark in beside]
        in_id, in_en = ("; ".join(filter(None, [text, *texts, *more])) for text, more in zip(found, said, strict=True))
        return f"Yang perlu dilakukan: {in_id}.", f"What to do: {in_en}."

    def _named_files(self) -> str:
        """The share of each file, where a source has several."""
        if len(self.files) == 1:
            return ""
        shares = [f"{name}: {counts.bad_pct:.1f} %" for name, counts in self._by_name() if counts.reasons.total()]
        return f"({'; '.join(shares)}) "

    def _by_name(self) -> Iterator[tuple[str, _Counts]]:
        for file, _ in self.landed.files("main"):
            yield file.name, self.files.get(file.file_id, _Counts())

    def _remarks(self) -> Iterator[Remark]:
        """The files of several that are empty, or of which more rows than is final could not be read."""
        if len(self.landed.files("main")) == 1 or self.landed.source.connection:
            return
        for name, counts in self._by_name():
            if not counts.all_count:
                said = f"{name}: tidak ada baris data", f"{name}: there are no rows of data"
                yield Remark("file_without_rows", *said, keeps_provisional=False)
            elif counts.bad_pct > self.landed.city.final_quarantine_pct:
                yield self._unread(name, counts)

    def _unread(self, name: str, counts: _Counts) -> Remark:
        """One file's share; where it is most of the file, the rest of the source does not outweigh it."""
        told_of = f"{counts.reasons.total()} / {counts.rows_count} ({counts.bad_pct:.1f} %)"
        to_do_id, to_do_en = self._to_do(counts)
        return Remark(
            "file_unread",
            f"{name}: {told_of} baris tidak terbaca ({counts}). {to_do_id}",
            f"{name}: {told_of} rows cannot be read ({counts}). {to_do_en}",
            keeps_provisional=counts.bad_pct > self.landed.city.quarantine_limit_pct,
        )


def _cut_answers(counts: Mapping[str, int]) -> list[str]:
    """The answers of a query that have as many rows as an export stops at, or nearly all of them as many: its limit.

    Each is all that a query gives of a month; an API's are pages, which are full.
    """
    most = max(counts.values(), default=0)
    longest = [name for name, count in counts.items() if count == most >= _LEAST_LIMIT]
    stopped = [name for name, count in counts.items() if count in _STOPS_AT]
    is_limit = len(longest) >= max(_ANSWERS_OF_A_LIMIT, _NEARLY_ALL * len(counts))
    return longest if is_limit else stopped
