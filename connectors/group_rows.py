"""Rows between the records of a table that name the group of those below, carried into a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connectors.errors import SourceChanged
from connectors.numerals import counted_en
from connectors.records import GROUP_ROW, UNDECLARED_GROUP, WRONG_FIELD_COUNT, RawFile, Record
from connectors.table_bodies import Row, is_total


@dataclass
class GroupRows:
    """The group rows of one table, which fill up while its rows are read.

    A group row has exactly one filled cell, which does not say that it adds up others; `column` is the one they fill.
    """

    file: RawFile
    column: str
    names: dict[int, str] = field(default_factory=dict)

    def noted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; the names of groups among them are kept by row number."""
        for number, cells in rows:
            filled = [text for text in map(str.strip, cells) if text]
            if len(filled) == 1 and not is_total(filled):
                self.names[number] = filled[0]
            yield number, cells

    def carried(self, records: Iterator[Record], *, columns: Sequence[str]) -> Iterator[Record]:
        """Records with their group's name among `columns`; group rows are marked, blank ones between groups are kept.

        Raises `SourceChanged` after the last record when there is no group row. Records above the first have no group,
        which is remarked.
        """
        place = columns.index(self.column) if self.column in columns else None
        group, without_count = None, 0
        for number, problem, *texts in records:
            if number in self.names and problem in (None, WRONG_FIELD_COUNT, UNDECLARED_GROUP):
                group, problem, texts = self.names[int(str(number))], GROUP_ROW, [None] * len(texts)
            without_count += problem is None and group is None
            if place is not None:
                texts.insert(place, None if problem else group)
            yield (number, problem, *texts)
        self._say(without_count)

    def _say(self, without_count: int) -> None:
        if not self.names:
            raise SourceChanged(
                id=f"{self.file.name}: tidak ada baris kelompok (hanya satu sel terisi) untuk kolom '{self.column}'. "
                "Hapus 'group_rows' bila tabel ini tidak dikelompokkan.",
                en=f"{self.file.name}: there is no group row (one cell filled only) for the column '{self.column}'. "
                "Delete 'group_rows' if this table has no groups.",
            )
        if without_count:
            self.file.remark(
                "rows_without_group",
                id=f"{without_count} baris berada di atas baris kelompok pertama; '{self.column}' kosong di sana.",
                en=f"{counted_en(without_count, 'row stands', 'rows stand')} above the first group row; "
                f"'{self.column}' is blank there.",
            )
