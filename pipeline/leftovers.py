"""What killed commands left, taken away at the next start: it may hold citizens' data or the visitors' key."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from connectors.errors import TolokError
from connectors.scratch import SCRATCH_PREFIX, scratch_folder
from pipeline.atomic import draft_prefix, is_draft, sweep, work_folder
from pipeline.mirror import end_uploads

# Beside the home: what `tolok check` tries a city in.
TRIAL = "tolok-check"
# For what has no lock that tells whether its maker lives: no command takes a day for one file.
HOURS_KEPT = 24
_PULLED = ".pulled-"
# Databases and logs of a service have their own keepers.
_NOT_OURS = "service"


@cache
def sweep_leftovers(home: Path) -> None:
    """Take away drafts in a home and beside it, old uploads that broke off on their way to its storage, and this
    account's old folders in the system's temporary folder.

    Once a process, for it looks at every name in the home.
    """
    for folder, inside, files in os.walk(home):
        if any(map(is_draft, (*inside, *files))):
            sweep(Path(folder))
        _remove_old(Path(folder, name) for name in files if name.startswith(_PULLED))
        inside[:] = [name for name in inside if name != _NOT_OURS and not is_draft(name)]
    sweep(home.parent, draft_prefix(home.parent / TRIAL))
    _remove_old(Path(tempfile.gettempdir()).glob(f"{SCRATCH_PREFIX}*/"))
    # Where the account may not, or the storage is away, a later start does it.
    with suppress(TolokError):
        end_uploads(home, begun_before=datetime.now(UTC) - timedelta(hours=HOURS_KEPT))


def passing_folder(target: Path) -> AbstractContextManager[Path]:
    """A fresh folder beside `target`, or where nothing may be written in the temporary one; gone at the block's end."""
    return work_folder(target) if os.access(target.parent, os.W_OK) else scratch_folder()


def _remove_old(paths: Iterable[Path]) -> None:
    """Take away what is this account's and a day old; a link is not followed."""
    for path in paths:
        with suppress(OSError):
            state = path.lstat()
            if state.st_uid == os.geteuid() and state.st_mtime < time.time() - HOURS_KEPT * 3600:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
