"""How far the cells of a sheet's XML reach, and where what calamine does not tell stands, found by its own tags."""

from __future__ import annotations

import numpy as np
from numba import int64

from kernels import BYTES, Bytes, Ints, inlined, kernel

ERROR_CELL, UNCOMPUTED_CELL, HIDDEN_ROW, COLUMNS, TEXTS = range(1, 6)
# What the numbers of a sheet's reach mean, in order: the row and column that come next, from 0; the last row, first and
# last column with a cell that says something; how many such cells there are, and whether a document type; the column of
# the cell in that last row, and the row of that in the last column.
NEXT_ROW, NEXT_COLUMN, LAST_ROW, FIRST_COLUMN, LAST_COLUMN, CELLS_COUNT, HAS_TYPE = range(7)
LAST_ROW_AT_COLUMN, LAST_COLUMN_AT_ROW, REACH_SIZE = 7, 8, 9
FARTHEST = 1 << 40

_OPEN, _CLOSE, _SLASH, _BANG, _QUESTION, _EQUALS, _TICK, _QUOTE, _COLON, _DASH = b"<>/!?='\":-"
_BRACKET, _END_BRACKET = b"[]"
_SPACE, _ZERO, _NINE, _A, _Z, _ONE = b" 09AZ1"
_LOWER, _ANY_CASE = 32, 0xDF
_C, _E, _F, _I, _L, _O, _R, _S, _T, _V, _W = b"cefilorstvw"
_NOWHERE = -1
# What is known of the cell that is read.
_IS_OPEN, _IS_ERROR, _IS_TEXT, _HAS_FORMULA, _HAS_VALUE, _ROW, _COLUMN, _TEXT_BEGIN, _TEXT_END, _CELL_SIZE = range(10)


@kernel(BYTES, int64[::1], int64[:, ::1])
def find_sheet_cells(data: Bytes, reach: Ints, found: Ints) -> tuple[int, int]:
    """How many bytes are read, up to the last whole tag outside a cell, and how many lines of `found` are filled.

    `reach` goes on from the bytes before. A line of `found` has a kind, the row and column from 0, and where the text
    of an error, or the tag of columns or of all texts, begins and ends. Reading ends when `found` is full. Tags are
    told apart as a parser does: by quotes of either kind, with any prefix and any space; comments and character data
    are passed over.
    """
    at, count, read, size = 0, 0, 0, len(data)
    cell = np.zeros(_CELL_SIZE, np.int64)
    while at < size and count < len(found):
        end = at + 1
        if data[at] == _OPEN:
            end = _find_tag_end(data, at)
            if end == _NOWHERE:
                break
            if data[at + 1] in (_BANG, _QUESTION):
                _read_declaration(data, at, reach, cell)
            else:
                count += _read_tag(data, at, end, reach, cell, found, count)
        at = end
        if not cell[_IS_OPEN]:
            read = at
    return read, count


@inlined
def _read_declaration(data: Bytes, at: int, reach: Ints, cell: Ints) -> None:
    """Note a document type; character data is a value of the cell it stands in."""
    is_marked = data[at + 1] == _BANG
    reach[HAS_TYPE] |= is_marked and data[at + 2] not in (_DASH, _BRACKET)
    cell[_HAS_VALUE] |= is_marked and data[at + 2] == _BRACKET


@inlined
def _read_tag(data: Bytes, at: int, end: int, reach: Ints, cell: Ints, found: Ints, count: int) -> int:
    """Whether a tag fills a line of `found`."""
    is_end = data[at + 1] == _SLASH
    is_alone = not is_end and data[end - 2] == _SLASH
    name, name_end = _find_name(data, at + 1 + is_end)
    length, first, is_found = name_end - name, data[name], False
    if length == 1 and first == _C:
        if not is_end:
            _open_cell(data, name_end, end - 1, reach, cell)
        if cell[_IS_OPEN] and (is_end or is_alone):
            is_found = _close_cell(reach, cell, found, count)
    elif cell[_IS_OPEN]:
        if not is_end:
            _read_in_cell(data, name, length, end, is_alone, cell)
    elif length == 3 and first == _R and data[name + 1] == _O and data[name + 2] == _W:
        is_found = not is_end and _open_row(data, name_end, end - 1, reach, found, count)
        if is_end or is_alone:
            reach[NEXT_ROW], reach[NEXT_COLUMN] = reach[NEXT_ROW] + 1, 0
    elif length == 3 and not is_end:
        is_columns = first == _C and data[name + 1] == _O and data[name + 2] == _L
        is_found = is_columns or (first == _S and data[name + 1] == _S and data[name + 2] == _T)
        if is_found:
            found[count, 0], found[count, 3], found[count, 4] = COLUMNS if is_columns else TEXTS, at, end
    return int(is_found)


@inlined
def _open_cell(data: Bytes, begin: int, end: int, reach: Ints, cell: Ints) -> None:
    """Begin a cell where its attributes say, or after the one before."""
    cell[_IS_OPEN], cell[_ROW], cell[_COLUMN] = 1, reach[NEXT_ROW], reach[NEXT_COLUMN]
    cell[_HAS_FORMULA] = cell[_HAS_VALUE] = cell[_TEXT_BEGIN] = cell[_TEXT_END] = 0
    value, value_end = _find_attribute(data, begin, end, _R)
    if value != _NOWHERE:
        cell[_ROW], cell[_COLUMN] = _place_of(data, value, value_end)
        reach[NEXT_COLUMN] = cell[_COLUMN]
    value, value_end = _find_attribute(data, begin, end, _T)
    cell[_IS_ERROR] = value != _NOWHERE and value_end == value + 1 and data[value] == _E
    # The text of a formula, which may be empty; a formula never computed has no kind.
    cell[_IS_TEXT] = value != _NOWHERE and value_end == value + 3 and data[value + 2] == _R


@inlined
def _read_in_cell(data: Bytes, name: int, length: int, end: int, is_alone: bool, cell: Ints) -> None:
    """Note what a tag inside a cell says: a formula, a value or a text of its own."""
    first = data[name]
    if length == 1 and first == _F:
        cell[_HAS_FORMULA] = 1
    elif length == 1 and first == _V and not is_alone and end < len(data):
        cell[_HAS_VALUE] |= data[end] != _OPEN
        text_end = end
        while text_end < len(data) and data[text_end] != _OPEN:
            text_end += 1
        cell[_TEXT_BEGIN], cell[_TEXT_END] = end, text_end
    elif length == 2 and first == _I and data[name + 1] == _S:
        cell[_HAS_VALUE] = 1


@inlined
def _close_cell(reach: Ints, cell: Ints, found: Ints, count: int) -> bool:
    """End a cell: one that says something widens the reach; one that is an error or not computed is found."""
    row, column = cell[_ROW], cell[_COLUMN]
    reach[NEXT_COLUMN] += 1
    if cell[_HAS_VALUE]:
        is_first = reach[CELLS_COUNT] == 0
        reach[CELLS_COUNT] += 1
        if is_first or column < reach[FIRST_COLUMN]:
            reach[FIRST_COLUMN] = column
        if is_first or column > reach[LAST_COLUMN]:
            reach[LAST_COLUMN], reach[LAST_COLUMN_AT_ROW] = column, row
        if is_first or row > reach[LAST_ROW]:
            reach[LAST_ROW], reach[LAST_ROW_AT_COLUMN] = row, column
    is_empty_formula = cell[_HAS_FORMULA] and not (cell[_HAS_VALUE] or cell[_IS_TEXT])
    kind = ERROR_CELL if cell[_IS_ERROR] else UNCOMPUTED_CELL if is_empty_formula else 0
    if kind:
        found[count, 0], found[count, 1], found[count, 2] = kind, row, column
        found[count, 3], found[count, 4] = cell[_TEXT_BEGIN], cell[_TEXT_END]
    cell[_IS_OPEN] = 0
    return kind != 0


@inlined
def _open_row(data: Bytes, begin: int, end: int, reach: Ints, found: Ints, count: int) -> bool:
    """Go to the row that the attributes name, if they do; a hidden one is found."""
    value, value_end = _find_attribute(data, begin, end, _R)
    if value != _NOWHERE:
        reach[NEXT_ROW] = _place_of(data, value, value_end)[0]
    is_hidden = _is_hidden(data, begin, end)
    if is_hidden:
        found[count, 0], found[count, 1] = HIDDEN_ROW, reach[NEXT_ROW]
    return is_hidden


@inlined
def _find_tag_end(data: Bytes, begin: int) -> int:  # noqa: C901 one pass over the bytes
    """Where a tag, comment, instruction or piece of character data ends; -1 where it is not whole."""
    at, size = begin + 1, len(data)
    if at + 8 > size and (at >= size or data[at] == _BANG):
        return _NOWHERE
    first, second = 0, 0
    if data[at] == _BANG and data[at + 1] == _DASH and data[at + 2] == _DASH:
        first, second, at = _DASH, _DASH, at + 5
    elif data[at] == _BANG and data[at + 1] == _BRACKET:
        first, second, at = _END_BRACKET, _END_BRACKET, at + 2
    elif data[at] == _QUESTION:
        first, second, at = _QUESTION, _QUESTION, at + 2
    quote, found = 0, _NOWHERE
    while at < size:
        byte = data[at]
        if first:
            if byte == _CLOSE and data[at - 1] == first and (first == _QUESTION or data[at - 2] == second):
                found = at + 1
                break
        elif quote:
            if byte == quote:
                quote = 0
        elif byte in (_QUOTE, _TICK):
            quote = byte
        elif byte == _CLOSE:
            found = at + 1
            break
        at += 1
    return found


@inlined
def _find_name(data: Bytes, begin: int) -> tuple[int, int]:
    """Where the name of a tag begins, without its prefix, and ends."""
    at, name = begin, begin
    while data[at] > _SPACE and data[at] not in (_CLOSE, _SLASH):
        at += 1
        if data[at - 1] == _COLON:
            name = at
    return name, at


@inlined
def _find_attribute(data: Bytes, begin: int, end: int, wanted: int) -> tuple[int, int]:
    """Where the value of an attribute with a name of one letter begins and ends; -1 where there is none."""
    at, value, value_end = begin, _NOWHERE, _NOWHERE
    while at < end:
        while at < end and (data[at] <= _SPACE or data[at] == _SLASH):
            at += 1
        name = at
        while at < end and data[at] > _SPACE and data[at] != _EQUALS:
            at += 1
        name_end = at
        while at < end and data[at] <= _SPACE:
            at += 1
        if at >= end or data[at] != _EQUALS:
            break
        at += 1
        while at < end and data[at] <= _SPACE:
            at += 1
        if at >= end or data[at] not in (_QUOTE, _TICK):
            break
        quote, at = data[at], at + 1
        text = at
        while at < end and data[at] != quote:
            at += 1
        if name_end == name + 1 and data[name] == wanted:
            value, value_end = text, at
            break
        at += 1
    return value, value_end


@inlined
def _place_of(data: Bytes, begin: int, end: int) -> tuple[int, int]:
    """Row and column, from 0, of a place such as `AB12`, or of a row such as `12`; no more than `FARTHEST`."""
    row, column = 0, 0
    for at in range(begin, end):
        byte = data[at]
        if _ZERO <= byte <= _NINE:
            row = min(row * 10 + byte - _ZERO, FARTHEST)
        elif _A <= byte & _ANY_CASE <= _Z:
            column = min(column * 26 + (byte & _ANY_CASE) - _A + 1, FARTHEST)
    return max(row - 1, 0), max(column - 1, 0)


@inlined
def _is_hidden(data: Bytes, begin: int, end: int) -> bool:
    """Whether some attributes begin with ` hidden="1"` or ` hidden="true"`, with quotes and spaces of any kind."""
    is_hidden = False
    for at in range(begin + 1, end - 8):
        if data[at] == ord("h") and data[at - 1] <= _SPACE and data[at + 1] == ord("i") and data[at + 5] == ord("n"):
            place = at + 6
            while place < end and (data[place] <= _SPACE or data[place] in (_EQUALS, _QUOTE, _TICK)):
                place += 1
            is_hidden |= place < end and data[place] in (_ONE, _T)
    return is_hidden
