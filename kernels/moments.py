"""Wall-clock times from the digits of texts of one shape, and the range of moments."""

from __future__ import annotations

import numpy as np
from numba import int64

from kernels import BYTES, INTS, Bytes, Ints, inlined, kernel

# The positions of a number's tens and ones in a text, -1 for none, and its value when there are no ones.
Digits = tuple[int, int, int]

_ZERO, _NINE = b"09"
_NOT_A_TIME = np.iinfo(np.int64).min
_DAY_SECONDS, _MICROSECONDS = 86_400, 1_000_000


@kernel(INTS, BYTES, BYTES, int64[::1], int64[::1])
def split_by_shape(begins: Ints, content: Bytes, shape: Bytes, like: Ints, others: Ints) -> int:
    """Fill `like` with the rows of texts that have the shape, in which a zero is any digit; gives their count.

    `others` holds the rows to be tested; those without the shape are moved to its beginning.
    """
    like_count, others_count, length = 0, 0, len(shape)
    for nth in range(len(others)):
        begin = begins[others[nth]]
        is_like = begins[others[nth] + 1] - begin == length
        if is_like:
            for at in range(length):
                byte = content[begin + at]
                is_like &= byte == shape[at] or (shape[at] == _ZERO and _ZERO <= byte <= _NINE)
        if is_like:
            like[like_count] = others[nth]
            like_count += 1
        else:
            others[others_count] = others[nth]
            others_count += 1
    return like_count


@kernel(INTS, BYTES, INTS, ((int64,) * 3,) * 7, int64, INTS, int64[::1], int64[::1])
def read_clocks(
    begins: Ints,
    content: Bytes,
    rows: Ints,
    fields: tuple[Digits, ...],
    seconds_end: int,
    month_starts: Ints,
    clocks: Ints,
    signs: Ints,
) -> bool:
    """Fill `clocks` with microseconds since 1970 of texts of one shape, or not-a-time; false if one is in the year 0.

    `fields` are century, year of the century, month, day, hour, minute and second. Seconds must be below `seconds_end`;
    60 and 61 belong to the next minute, 24:00 to the next day. `month_starts` are the first days of all months from the
    year 0 on. `signs` are filled with what tells the order of day and month: how many are a time, on how many of these
    the day is above 12, and how many are none but would be one with day and month exchanged.
    """
    has_no_year_0 = True
    times_count, late_count, exchanged_count = 0, 0, 0
    for nth in range(len(rows)):
        begin = begins[rows[nth]]
        year = _number(content, begin, fields[0]) * 100 + _number(content, begin, fields[1])
        month, day = _number(content, begin, fields[2]), _number(content, begin, fields[3])
        hour, minute = _number(content, begin, fields[4]), _number(content, begin, fields[5])
        second = _number(content, begin, fields[6])
        clocks[nth] = _NOT_A_TIME
        is_clock = hour < 24 and minute < 60 and second < seconds_end
        if 1 <= month <= 12 and (is_clock or (hour == 24 and minute == 0 and second == 0)):
            nth_month = year * 12 + month - 1
            if 1 <= day <= month_starts[nth_month + 1] - month_starts[nth_month]:
                date = month_starts[nth_month] + day - 1
                clocks[nth] = (date * _DAY_SECONDS + hour * 3600 + minute * 60 + second) * _MICROSECONDS
                has_no_year_0 &= year > 0
                times_count += 1
                late_count += day > 12
        elif 12 < month <= 31 and 1 <= day <= 12:
            exchanged_count += 1
    signs[0], signs[1], signs[2] = times_count, late_count, exchanged_count
    return has_no_year_0


@inlined
def _number(content: Bytes, begin: int, digits: Digits) -> int:
    tens, ones, default = digits
    if ones < 0:
        return default
    number = np.int64(content[begin + ones]) - _ZERO
    return number if tens < 0 else number + 10 * (np.int64(content[begin + tens]) - _ZERO)


@kernel(INTS)
def first_and_last(moments: Ints) -> tuple[int, int]:
    """The earliest and the latest moment; not-a-time when there is none."""
    first = last = np.int64(_NOT_A_TIME)
    for nth in range(len(moments)):
        if moments[nth] != _NOT_A_TIME:
            first = moments[nth] if first == _NOT_A_TIME else min(first, moments[nth])
            last = max(last, moments[nth])
    return first, last
