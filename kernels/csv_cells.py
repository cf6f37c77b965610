"""The cells of CSV records, divided as by Python's strict reader."""

from __future__ import annotations

from numba import int32

from kernels import BYTES, INTS, PLACES, Bytes, Ints, Places, inlined, kernel

_NEWLINE, _RETURN = b"\n\r"
_FIRST_VISIBLE, _BEYOND_ASCII = 33, 128
_NOWHERE = -1
_FEWEST_DELIMITERS = 3
_FEWEST_COLUMNS = 3


@kernel(BYTES, PLACES, BYTES, INTS, int32[:, :, ::1], int32[:, ::1])
def find_cells(
    data: Bytes, marks: Places, delimiter_and_quote: Bytes, place_of: Ints, cells: Places, odd: Places
) -> tuple[int, int, int, int, int]:
    """The count of whole records at the beginning of some bytes, of odd ones among them, their end, the count of lines
    within cells that look like records, and the record with the first of them.

    `marks` are the positions of delimiters, quotes, newlines and returns. `place_of` gives each cell's row in `cells`,
    or -1; `cells` is filled with begins and ends, without quotes. A record is odd when it has more or fewer cells, a
    doubled quote in a cell that is kept, or fewer than two cells (one, if it has not three) that begin or end with
    visible ASCII; `odd` is filled with number, begin and end. The search ends at a record that the strict reader
    refuses, at an incomplete one, and when `odd` is full.
    """
    width, delimiter, quote = len(place_of), delimiter_and_quote[0], delimiter_and_quote[1]
    records_count, odd_count, record, begin, cell, nth = 0, 0, 0, 0, 0, 0
    is_odd, lines, lines_count, first_with_lines = False, 0, 0, _NOWHERE
    filled_count, fewest = 0, 2 if width >= _FEWEST_COLUMNS else 1
    while records_count < odd.shape[1]:
        end = _find_end(data, marks, begin, nth, quote)
        if end == _NOWHERE:
            break
        at, is_quoted = marks[end], data[begin] == quote
        lines += _count_lines(data, marks, nth + 1, end - 1, delimiter, width) if is_quoted else 0
        if cell < width:
            first, last = begin + is_quoted, at - is_quoted
            if filled_count < fewest and first < last:
                filled_count += _is_visible(data[first]) or _is_visible(data[last - 1])
            if place_of[cell] != _NOWHERE:
                cells[0, place_of[cell], records_count], cells[1, place_of[cell], records_count] = first, last
                is_odd |= is_quoted and _has_doubled(data, marks, nth + 1, end - 1, quote)
        cell, begin, nth = cell + 1, at + 1, end + 1
        if data[at] == delimiter:
            continue
        if data[at] == _RETURN and begin == len(data):
            break
        if data[at] == _RETURN and data[begin] == _NEWLINE:
            begin, nth = begin + 1, nth + 1
        if cell != width or is_odd or filled_count < fewest:
            odd[0, odd_count], odd[1, odd_count], odd[2, odd_count] = records_count, record, begin
            odd_count += 1
        first_with_lines = records_count if lines and not lines_count else first_with_lines
        lines_count, lines = lines_count + lines, 0
        records_count, record, cell, is_odd, filled_count = records_count + 1, begin, 0, False, 0
    return records_count, odd_count, record, lines_count, first_with_lines


@inlined
def _is_visible(character: int) -> bool:
    """Whether a byte is an ASCII character that is seen."""
    return _FIRST_VISIBLE <= character < _BEYOND_ASCII


@inlined
def _find_end(data: Bytes, marks: Places, begin: int, nth: int, quote: int) -> int:
    """The mark that ends the cell beginning at `begin`; `nth` is the first mark from there on."""
    count = len(marks)
    if nth == count or marks[nth] > begin or data[begin] != quote:
        # In a cell that does not begin with a quote, quotes are ordinary characters.
        while nth < count and data[marks[nth]] == quote:
            nth += 1
        return nth if nth < count else _NOWHERE
    nth += 1
    while nth < count:
        if data[marks[nth]] == quote:
            if nth + 1 == count or marks[nth + 1] != marks[nth] + 1:
                return _NOWHERE
            if data[marks[nth + 1]] != quote:
                return nth + 1
            nth += 1
        nth += 1
    return _NOWHERE


@inlined
def _has_doubled(data: Bytes, marks: Places, first: int, end: int, quote: int) -> bool:
    """Whether a quote is among some marks."""
    has_quote = False
    for nth in range(first, end):
        has_quote |= data[marks[nth]] == quote
    return has_quote


@inlined
def _count_lines(data: Bytes, marks: Places, first: int, end: int, delimiter: int, width: int) -> int:
    """How many whole lines between some marks have as many delimiters as a record, if that is not narrow."""
    count, delimiters_count, is_line = 0, 0, False
    for nth in range(first, end):
        mark = data[marks[nth]]
        if mark == delimiter:
            delimiters_count += 1
        elif mark in (_NEWLINE, _RETURN):
            count += is_line and delimiters_count == width - 1 >= _FEWEST_DELIMITERS
            delimiters_count, is_line = 0, True
    return count
