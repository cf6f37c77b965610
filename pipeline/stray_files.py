"""Files that a path matches and a source must not take: links out of its folder, names that no page can show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from connectors.errors import ConfigError, DataRejected

_GLOB_MARKS = re.compile(r"[*?\[]")
# Controls, halves of characters (bytes that are no UTF-8), line ends of Unicode; and what turns the order of a text.
_UNSHOWN = ("Cc", "Cs", "Zl", "Zp")
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def refuse_strays(files: Iterable[Path], *, pattern: Path, may_leave: bool) -> None:
    """Raise `DataRejected` for a name with unseen characters, `ConfigError` for a link out of the pattern's folder.

    The folder is the part of the pattern before its first `*`; a path without one names its file itself, link or not.
    """
    folder = _fixed_part(pattern)
    root = None if folder is None or may_leave else folder.resolve()
    for file in files:
        if is_unshown(file.name):
            raise _unshown(file)
        if root is not None and not file.resolve().is_relative_to(root):
            raise ConfigError(
                id=f"'{file.name}' di {folder} adalah tautan ke luar folder itu. Salin berkasnya ke sana, atau tulis "
                "outside_links: true bila tautan itu memang dikehendaki.",
                en=f"'{file.name}' in {folder} is a link out of that folder. Copy the file there, or write "
                "outside_links: true if the link is meant.",
            )


def is_unshown(name: str) -> bool:
    """Whether a name has characters that a terminal, page or database cannot take as they are."""
    return bool(_TURNING.search(name)) or any(unicodedata.category(mark) in _UNSHOWN for mark in name)


def _fixed_part(pattern: Path) -> Path | None:
    """The folder before the first part with a glob mark; null when there is no such part."""
    for index, part in enumerate(pattern.parts):
        if _GLOB_MARKS.search(part):
            return Path(*pattern.parts[:index])
    return None


def _unshown(file: Path) -> DataRejected:
    shown = file.name.encode("unicode_escape", "surrogatepass").decode("ascii")[:80]
    return DataRejected(
        id=f"Nama berkas '{shown}' memuat karakter yang tidak terlihat atau bukan UTF-8. Ganti namanya.",
        en=f"The file name '{shown}' holds characters that cannot be seen or are no UTF-8. Rename it.",
    )
