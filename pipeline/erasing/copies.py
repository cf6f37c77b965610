"""What was made of raw files before rows of them went: clean tables here, and the mirrors of other machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.atomic import discard, make_folder
from pipeline.clean.dataset import table_folder
from pipeline.clean.wholeness import LIST
from pipeline.landing import ERASED_FOLDER, object_path
from pipeline.mirror import has, is_in_storage, names
from pipeline.sealed import read_sealed, write_sealed


def discard_clean(home: Path, city_id: str, table_name: str) -> None:
    """Take away every clean table of a city's table, whole or half, which the next run makes anew of what is left."""
    folder = table_folder(home, city_id, table_name)
    there = {path.parent for path in names(folder, "*/*")}
    there |= {path for path in folder.glob("*") if path.is_dir()}
    for path in sorted(there):
        make_folder(folder)
        discard(path, first=LIST)


def note_gone(home: Path, hashes: Iterable[str], tables: Iterable[tuple[str, str]]) -> None:
    """Keep, where the home is in a storage, what other machines have to take out of their mirrors too."""
    if is_in_storage(home):
        before = _gone(home)
        told = {"objects": [*before["objects"], *hashes], "tables": [*before["tables"], *map(list, tables)]}
        write_sealed(_gone_path(home), json.dumps(told))


def sweep_gone(home: Path) -> None:
    """Take out of this machine's mirror what was erased on another; nothing where the home is a folder."""
    if not is_in_storage(home):
        return
    told = _gone(home)
    for sha256 in told["objects"]:
        path = object_path(home, sha256)
        if path.is_file() and not has(path):
            path.unlink(missing_ok=True)
    for city_id, table_name in told["tables"]:
        for path in table_folder(home, city_id, table_name).glob("[0-9a-f]*"):
            if not has(path, last=LIST):
                discard(path, first=LIST)


def _gone_path(home: Path) -> Path:
    return home / "landing" / ERASED_FOLDER / "gone.json"


def _gone(home: Path) -> dict[str, list[Any]]:
    try:
        found: dict[str, list[Any]] = json.loads(read_sealed(_gone_path(home)))
    except FileNotFoundError:
        return {"objects": [], "tables": []}
    return found
