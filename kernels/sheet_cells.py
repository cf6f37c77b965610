"""How far the cells of a sheet's XML reach, and where what calamine does not tell stands, found by its own tags."""

from __future__ import annotations

from numba import int64

from kernels import BYTES, Bytes, Ints, inlined, kernel

ERROR_CELL, UNCOMPUTED_CELL, HIDDEN_ROW, COLUMNS, TEXTS = range(1, 6)
# What the numbers of a sheet's reach mean, in order: the row and column that come next, from 0; the last row, first and
# last column with a cell that says something; how many such cells and how many document types there are.
NEXT_ROW, NEXT_COLUMN, LAST_ROW, FIRST_COLUMN, LAST_COLUMN, CELLS_COUNT, TYPES_COUNT = range(7)
FARTHEST = 1 << 40

_OPEN, _CLOSE, _SLASH, _BANG, _QUESTION, _EQUALS, _TICK, _QUOTE, _COLON, _DASH = b"<>/!?='\":-"
_BRACKET, _END_BRACKET = b"[]"
_SPACE, _ZERO, _NINE, _A, _Z, _ONE = b" 09AZ1"
_LOWER, _ANY_CASE = 32, 0xDF
_C, _F, _R, _S, _T, _V, _I = b"cfrstvi"
_NOWHERE = -1


@kernel(BYTES, int64[::1], int64[:, ::1])
def find_sheet_cells(  # noqa: C901 one pass over the tags
    data: Bytes, reach: Ints, found: Ints
) -> tuple[int, int]:
    """How many bytes are read, up to the last whole tag outside a cell, and how many lines of `found` are filled.

    `reach` goes on from the bytes before. A line of `found` has a kind, the row and column from 0, and where the text
    of an error, or the tag of columns or of all texts, begins and ends. Reading ends when `found` is full. Tags are
    told apart as a parser does: by quotes of either kind, with any prefix and any space; comments and character data
    are passed over.
    """
    at, count, read, size = 0, 0, 0, len(data)
    is_in_cell, is_error, is_text, has_formula, has_value, row, column = False, False, False, False, False, 0, 0
    text_begin, text_end = 0, 0
    while at < size and count < len(found):
        if data[at] != _OPEN:
            at += 1
            if not is_in_cell:
                read = at
            continue
        end = _find_tag_end(data, at)
        if end == _NOWHERE:
            break
        mark = data[at + 1]
        if mark in (_BANG, _QUESTION):
            reach[TYPES_COUNT] += mark == _BANG and data[at + 2] not in (_DASH, _BRACKET)
            has_value |= mark == _BANG and data[at + 2] == _BRACKET
            at = end
            if not is_in_cell:
                read = at
            continue
        is_end = mark == _SLASH
        is_alone = not is_end and data[end - 2] == _SLASH
        name, name_end = _find_name(data, at + 1 + is_end)
        length, first = name_end - name, data[name]
        if first == _C and length == 1:
            if not is_end:
                is_in_cell, is_error, has_formula, has_value = True, False, False, False
                row, column = reach[NEXT_ROW], reach[NEXT_COLUMN]
                text_begin, text_end = 0, 0
                value, value_end = _find_attribute(data, name_end, end - 1, _R)
                if value != _NOWHERE:
                    row, column = _place_of(data, value, value_end)
                    reach[NEXT_COLUMN] = column
                value, value_end = _find_attribute(data, name_end, end - 1, _T)
                is_error = value != _NOWHERE and value_end == value + 1 and data[value] == ord("e")
                # The text of a formula, which may be empty; a formula never computed has no kind.
                is_text = value != _NOWHERE and value_end == value + 3 and data[value + 2] == _R
            if is_in_cell and (is_end or is_alone):
                reach[NEXT_COLUMN] += 1
                if has_value:
                    first_column = min(reach[FIRST_COLUMN], column) if reach[CELLS_COUNT] else column
                    reach[FIRST_COLUMN], reach[LAST_COLUMN] = first_column, max(reach[LAST_COLUMN], column)
                    reach[LAST_ROW] = max(reach[LAST_ROW], row)
                    reach[CELLS_COUNT] += 1
                kind = ERROR_CELL if is_error else UNCOMPUTED_CELL if has_formula and not (has_value or is_text) else 0
                if kind:
                    found[count, 0], found[count, 1], found[count, 2] = kind, row, column
                    found[count, 3], found[count, 4] = text_begin, text_end
                    count += 1
                is_in_cell = False
        elif is_in_cell:
            if first == _F and length == 1 and not is_end:
                has_formula = True
            elif first == _V and length == 1 and not is_end and not is_alone and end < size:
                has_value |= data[end] != _OPEN
                text_begin = text_end = end
                while text_end < size and data[text_end] != _OPEN:
                    text_end += 1
            elif first == _I and length == 2 and data[name + 1] == ord("s"):
                has_value = True
        elif first == _R and length == 3 and data[name + 1] == ord("o") and data[name + 2] == ord("w"):
            if not is_end:
                value, value_end = _find_attribute(data, name_end, end - 1, _R)
                if value != _NOWHERE:
                    reach[NEXT_ROW] = _place_of(data, value, value_end)[0]
                if _is_hidden(data, name_end, end - 1):
                    found[count, 0], found[count, 1] = HIDDEN_ROW, reach[NEXT_ROW]
                    count += 1
            if is_end or is_alone:
                reach[NEXT_ROW], reach[NEXT_COLUMN] = reach[NEXT_ROW] + 1, 0
        elif first == _C and length == 3 and data[name + 1] == ord("o") and data[name + 2] == ord("l") and not is_end:
            found[count, 0], found[count, 3], found[count, 4] = COLUMNS, at, end
            count += 1
        elif length == 3 and data[name] == _S and data[name + 1] == _S and data[name + 2] == _T and not is_end:
            found[count, 0], found[count, 3], found[count, 4] = TEXTS, at, end
            count += 1
        at = end
        if not is_in_cell:
            read = at
    return read, count


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
