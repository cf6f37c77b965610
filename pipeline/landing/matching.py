"""The files and stored objects that a source's settings name for a period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.errors import DataRejected
from connectors.objects import StoredObject, is_address, stored_objects
from pipeline.config.city import City
from pipeline.config.rows import FileSettings
from pipeline.expected_files import months_by_pattern
from pipeline.periods import Period
from pipeline.stray_files import refuse_strays


def matching_files(city: City, settings: FileSettings, period: Period) -> list[Path]:
    """The files a source's paths name for a period, in natural order of their names.

    `{year}` and `{month}` in a path stand for the period's; a year takes all of its months.
    """
    return [path for path in _named_files(city, settings, period) if not is_left_behind(path)]


def is_left_behind(path: Path) -> bool:
    """Whether a file is no export but one that an office suite or system leaves in a folder, such as a lock file."""
    name = path.name.casefold()
    return name.startswith(("~$", ".")) or name in ("thumbs.db", "desktop.ini")


def _named_files(city: City, settings: FileSettings, period: Period) -> list[Path]:
    found: set[Path] = set()
    for text in months_by_pattern(settings, period):
        matches = list(_files_at(city, text))
        refuse_strays(matches, pattern=_path_of(city, text), may_leave=settings.outside_links)
        found.update(matches)
    for path in found:
        refuse_unwritable_name(path)
    return sorted(found, key=_natural_order)


def refuse_unwritable_name(path: Path) -> None:
    """Raise `DataRejected` for a path that is not UTF-8, for no database and no page can hold it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise DataRejected(
            id=f"{shown}: nama berkas atau foldernya bukan UTF-8. Ganti namanya, lalu jalankan lagi.",
            en=f"{shown}: the name of the file or its folder is not UTF-8. Rename it and run again.",
        ) from None


def _files_at(city: City, pattern: str) -> Iterator[Path]:
    """The files in folders that a pattern names; none for one in object storage."""
    if is_address(pattern):
        return
    yield from (match for match in _glob(_path_of(city, pattern)) if match.is_file())


def _path_of(city: City, pattern: str) -> Path:
    path = Path(pattern).expanduser()
    return path if path.is_absolute() else city.folder / path


def is_there(city: City, pattern: str) -> bool:
    """Whether a pattern names an export."""
    if is_address(pattern):
        return bool(stored_objects(pattern))
    return not all(map(is_left_behind, _files_at(city, pattern)))


def passed_over(city: City, settings: FileSettings, period: Period) -> tuple[str, ...]:
    names = ", ".join(path.name for path in _named_files(city, settings, period) if is_left_behind(path))
    if not names:
        return ()
    return (
        f"Dilewati, bukan ekspor (berkas kunci atau tersembunyi): {names} / "
        f"Passed over, no exports (lock or hidden files): {names}",
    )


def matching_objects(settings: FileSettings, period: Period) -> list[StoredObject]:
    """The files in object storage that a source's paths name for a period, in natural order of their names."""
    found = {
        stored.url: stored
        for text in months_by_pattern(settings, period)
        if is_address(text)
        for stored in stored_objects(text)
    }
    return sorted(found.values(), key=lambda stored: _natural_order(stored.url))


def _glob(path: Path) -> Sequence[Path]:
    if not any(mark in str(path) for mark in "*?["):
        return [path]
    root = Path(path.anchor)
    return list(root.glob(str(path.relative_to(root))))


def _natural_order(path: Path | str) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path)))
