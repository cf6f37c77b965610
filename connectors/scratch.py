"""Folders in the system's temporary folder that can be told for ours, so that those of killed commands can go."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRATCH_PREFIX = "tolok-scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for this account alone, gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX) as folder:
        yield Path(folder)
