"""A process of its own that reads a workbook once, within the memory and time that its size allows."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

# How the process ends where its limits end it, and where the workbook is none.
MEMORY, TIME = -signal.SIGABRT, -signal.SIGXCPU
_UNREADABLE = 3

_LEAST_BYTES, _MOST_BYTES, _TIMES = 400 << 20, 3 << 30, 60
_LEAST_SECONDS, _BYTES_A_SECOND = 5, 1 << 20


def main() -> None:
    """Read the sheets of a workbook that are named on the command line after it, or all."""
    path = Path(sys.argv[1])
    size = path.stat().st_size
    memory, seconds = min(_LEAST_BYTES + _TIMES * size, _MOST_BYTES), _LEAST_SECONDS + size // _BYTES_A_SECOND
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in sys.argv[2:] or workbook.sheet_names:
            for _ in workbook.get_sheet_by_name(name).iter_rows():
                pass
    except MemoryError:
        os.abort()
    except CalamineError:
        sys.exit(_UNREADABLE)


if __name__ == "__main__":
    main()
