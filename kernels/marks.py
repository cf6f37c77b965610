"""The positions of delimiters in a buffer, found sixty-four bytes at a time."""

from __future__ import annotations

import numpy as np
from numba import int32

from kernels import BYTES, Bytes, Places, kernel

_WINDOW = 1 << 15
_GROUP = 64
_NONE, _ONE, _TOP_BYTE, _TOP_SIX_BITS = map(np.uint64, (0, 1, 56, 58))
_BITS_OF_BYTES = np.uint64(0x0102040810204080)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACE_OF_BIT = np.zeros(_GROUP, np.uint8)
_PLACE_OF_BIT[(_ONE << np.arange(_GROUP, dtype=np.uint64)) * _DE_BRUIJN >> _TOP_SIX_BITS] = np.arange(_GROUP)


@kernel(BYTES, BYTES, int32[::1])
def find_marks(data: Bytes, wanted: Bytes, marks: Places) -> int:
    """Fill `marks` with the positions of four bytes, ascending, and give their count; there may be as many as bytes."""
    flags, count = np.zeros(_WINDOW, np.uint8), 0
    words = flags.view(np.uint64)
    first, second, third, fourth = wanted[0], wanted[1], wanted[2], wanted[3]
    for begin in range(0, len(data), _WINDOW):
        window = data[begin : begin + _WINDOW]
        for at in range(len(window)):
            byte = window[at]
            flags[at] = (byte == first) | (byte == second) | (byte == third) | (byte == fourth)
        flags[len(window) :] = 0
        for group in range(0, len(words), 8):
            bits = _NONE
            for part in range(8):
                bits |= ((words[group + part] * _BITS_OF_BYTES) >> _TOP_BYTE) << np.uint64(8 * part)
            while bits != _NONE:
                place = _PLACE_OF_BIT[((bits & (~bits + _ONE)) * _DE_BRUIJN) >> _TOP_SIX_BITS]
                marks[count] = begin + 8 * group + place
                bits &= bits - _ONE
                count += 1
    return count
