"""A second table beside the one that is read on a sheet: columns behind an empty one, filled in as many rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.records import RawFile, RecordShape
from connectors.sheet_marks import cell_name
from connectors.table_bodies import Row

_FEWEST_COLUMNS = 3


@dataclass
class _Block:
    """Columns that nobody asks for behind a nameless one, `gap`; rows that fill so many of them, from a cell on."""

    gap: int
    columns: range
    rows_count: int = 0
    first_cell: str = ""
    is_apart: bool = True

    def note(self, row: Row) -> None:
        """Count a row that fills enough of the columns; what stands in the gap makes all one table."""
        number, cells = row
        self.is_apart &= not any(cells[self.gap : self.gap + 1])
        filled = [place for place in self.columns if place < len(cells) and cells[place]]
        if len(filled) >= _FEWEST_COLUMNS:
            self.rows_count += 1
            self.first_cell = self.first_cell or cell_name(number, filled[0])


def with_tables_beside_said(file: RawFile, shape: RecordShape, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows; other columns filled in half of those that fill a column asked for are remarked after the last."""
    blocks = list(_blocks(shape)) if shape.places else []
    return _noted(file, shape, rows, blocks) if blocks else rows


def _noted(file: RawFile, shape: RecordShape, rows: Iterator[Row], blocks: Sequence[_Block]) -> Iterator[Row]:
    count = 0
    for row in rows:
        count += any(row[1][place] for place in shape.places)
        for block in blocks:
            block.note(row)
        yield row
    for block in blocks:
        if block.is_apart and block.rows_count and 2 * block.rows_count >= count:
            _say(file, block)


def _blocks(shape: RecordShape) -> Iterator[_Block]:
    """The columns to the left and to the right of all that are asked for, with names and a nameless one between."""
    nameless = [place for place, name in enumerate(shape.header) if not name]
    left = [_Block(gap, range(gap)) for gap in nameless if gap < min(shape.places)][-1:]
    right = [_Block(gap, range(gap + 1, shape.width)) for gap in nameless if gap > max(shape.places)][:1]
    for block in (*left, *right):
        if sum(bool(shape.header[place]) for place in block.columns) >= _FEWEST_COLUMNS:
            yield block


def _say(file: RawFile, block: _Block) -> None:
    file.remark(
        "table_beside",
        id=f"di samping tabel yang dibaca, di balik kolom kosong, {block.rows_count} baris terisi di kolom lain, mulai "
        f"sel {block.first_cell}, dan tidak dibaca: tabel kedua? Pindahkan barisnya ke bawah tabel pertama, di bawah "
        "judul yang sama; bila isinya hal lain, pindahkan ke lembar sendiri; bila milik baris yang sama, hapus kolom "
        "kosong itu.",
        en=f"beside the table that is read, behind an empty column, {block.rows_count} rows fill other columns, from "
        f"cell {block.first_cell} on, and are not read: a second table? Move its rows below the first table's, under "
        "the same header; if it is something else, move it to a sheet of its own; if it belongs to the same rows, "
        "delete that empty column.",
    )
