"""The rows below a header: which are records, and which number the columns, add others up, or are notes below them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.records import BELOW_TABLE, COLUMN_NUMBERS, GRAND_TOTAL, RawFile, Record, RecordShape

TAIL_ROWS = 1000

_TOTAL = re.compile(
    r"((sub|grand)[ -]?)?(total|jumlah|rata-rata|average)( (keseluruhan|seluruhnya|semua|umum))?\s*:?", re.I
)
_NUMBERED = re.compile(r"\(?(\d{1,2})\)?")
# So many plain numbers 1, 2, 3 ... in a row are no record by chance.
_PLAIN_NUMBERS = 5

Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class TableBody:
    """A table's rows below its header; `texts` gives cells as stripped text, `record` a row as a record."""

    file: RawFile
    shape: RecordShape
    texts: Callable[[list[Any]], list[str]]
    record: Callable[[int, list[Any]], Record]

    def records(self, rows: Iterator[Row], *, ends_at: str | None) -> Iterator[Record]:
        """All rows, those that are no records marked; the table ends where declared, else by its rows' shape."""
        first = next(rows, None)
        if first is None:
            return
        if self.is_numbering(first[1]):
            yield self.shape.left_out(first[0], COLUMN_NUMBERS)
        else:
            rows = itertools.chain([first], rows)
        yield from self._until(ends_at, rows) if ends_at else self.without_tail(rows)

    def is_numbering(self, cells: list[Any]) -> bool:
        """Whether a row numbers the columns: (1), (2), (3) ... and nothing else."""
        texts = [text for text in self.texts(cells) if text]
        found = [_NUMBERED.fullmatch(text) for text in texts]
        is_long = len(texts) >= (3 if "(" in "".join(texts[:1]) else _PLAIN_NUMBERS)
        return is_long and [match and int(match[1]) for match in found] == list(range(1, len(found) + 1))

    def without_tail(self, rows: Iterator[Row]) -> Iterator[Record]:
        """The rows; a total, notes and signatures after the last record are left out by their shape and remarked."""
        tail: list[Row] = []
        for number, cells in rows:
            is_sparse = self.is_sparse(cells)
            if is_sparse and len(tail) < TAIL_ROWS and (tail or self._may_end(cells)):
                tail.append((number, cells))
                continue
            yield from (self.record(*row) for row in tail)
            tail.clear()
            yield self.record(number, cells)
        yield from self._left_out(tail)

    def is_sparse(self, cells: list[Any]) -> bool:
        """Whether a row says too little for a record, or is a total."""
        filled = self._filled_count(cells)
        return (filled < 3 and 2 * filled <= len(self.shape.places)) or is_total(self.texts(cells))

    def _until(self, ends_at: str, rows: Iterator[Row]) -> Iterator[Record]:
        has_ended = False
        for number, cells in rows:
            has_ended = has_ended or first_text(self.texts(cells)).casefold().startswith(ends_at.casefold())
            yield self.shape.left_out(number, BELOW_TABLE) if has_ended else self.record(number, cells)

    def _may_end(self, cells: list[Any]) -> bool:
        """Whether a row can be the first below a table: a total or a blank one."""
        texts = self.texts(cells)
        return is_total(texts) or not any(texts)

    def _filled_count(self, cells: list[Any]) -> int:
        return sum(map(bool, self.texts([cells[place] for place in self.shape.places if place < len(cells)])))

    def _left_out(self, tail: Sequence[Row]) -> Iterator[Record]:
        totals, notes, may_be_records = 0, 0, False
        for number, cells in tail:
            texts = self.texts(cells)
            if not any(texts):
                yield self.record(number, cells)
                continue
            adds_up, filled = is_total(texts), self._filled_count(cells)
            totals, notes = totals + adds_up, notes + (not adds_up)
            may_be_records |= filled == len(self.shape.places) if adds_up else filled > 1
            yield self.shape.left_out(number, GRAND_TOTAL if adds_up else BELOW_TABLE)
        if totals or notes:
            self._remark(tail[0][0], totals, notes, may_be_records=may_be_records)

    def _remark(self, first: int, totals: int, notes: int, *, may_be_records: bool) -> None:
        self.file.remark(
            "below_table",
            id=f"di bawah tabel, mulai baris {first}, {totals} baris jumlah dan {notes} baris catatan atau tanda "
            "tangan tidak dibaca. Tulis 'ends_at' bila tabel berakhir di tempat lain.",
            en=f"below the table, from row {first}, {totals} rows of totals and {notes} rows of notes or "
            "signatures are not read. Write 'ends_at' if the table ends elsewhere.",
            keeps_provisional=may_be_records,
        )


def is_total(texts: Sequence[str]) -> bool:
    """Whether the first text of a row says that it adds up others."""
    return _TOTAL.fullmatch(first_text(texts)) is not None


def first_text(texts: Sequence[str]) -> str:
    """The first text that is not empty, or an empty one."""
    return next(filter(None, texts), "")
