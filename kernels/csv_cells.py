"""Where the cells of CSV are, told as Python's strict reader tells them."""

from __future__ import annotations

from numba import int32

from kernels import BYTES, INTS, PLACES, Bytes, Ints, Places, inlined, kernel

_NEWLINE, _RETURN = b"\n\r"
_FIRST_VISIBLE, _BEYOND_ASCII = 33, 128
_NOWHERE = -1


@kernel(BYTES, PLACES, BYTES, INTS, int32[:, :, ::1], int32[:, ::1])
def find_cells(
    data: Bytes, marks: Places, delimiter_and_quote: Bytes, place_of: Ints, cells: Places, odd: Places
) -> tuple[int, int, int]:
    """The whole records at the beginning of some bytes: how many, how many odd ones among them, and where they end.

    `marks` are the places of delimiters, quotes, newlines and returns. `place_of` tells for each cell of a record its
    place in `cells`, or -1; `cells` gets where each begins and ends, quotes left out. Odd are records with more or
    fewer cells, of which no cell begins with something visible in ASCII, or with a quote to be undoubled in a cell that
    has a place; `odd` gets their number, begin and end. The search ends at a record that the strict reader would
    refuse, at one whose end is not there, and when there is no more room.
    """
    width, delimiter, quote = len(place_of), delimiter_and_quote[0], delimiter_and_quote[1]
    records_count, odd_count, record, begin, cell, nth = 0, 0, 0, 0, 0, 0
    is_odd, is_blank = False, True
    while records_count < odd.shape[1]:
        end = _find_end(data, marks, begin, nth, quote)
        if end == _NOWHERE:
            break
        at, is_quoted = marks[end], data[begin] == quote
        if cell < width:
            first, last = begin + is_quoted, at - is_quoted
            is_blank &= first == last or data[first] < _FIRST_VISIBLE or data[first] >= _BEYOND_ASCII
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
        if cell != width or is_blank or is_odd:
            odd[0, odd_count], odd[1, odd_count], odd[2, odd_count] = records_count, record, begin
            odd_count += 1
        records_count, record, cell, is_odd, is_blank = records_count + 1, begin, 0, False, True
    return records_count, odd_count, record


@inlined
def _find_end(data: Bytes, marks: Places, begin: int, nth: int, quote: int) -> int:
    """The mark that ends the cell that begins at a place, `nth` being the first mark there or later."""
    count = len(marks)
    if nth == count or marks[nth] > begin or data[begin] != quote:
        # In a cell that does not begin with one, a quote is a letter.
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
