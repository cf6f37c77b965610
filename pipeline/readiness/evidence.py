"""The folder of evidence: which file each name of the form means, its hash and what kind of file its bytes are."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from connectors.errors import DataRejected
from pipeline.readiness.questions import QUESTIONS, Question

Kind = Literal["pdf", "jpg", "png", "xlsx", "docx", "pptx", "other"]
Fault = Literal["encrypted", "broken"]
APPENDED: tuple[Kind, ...] = ("pdf", "jpg", "png")
SHARED = "bersama"
MOST_FILES = 5_000
_CLAUSE = re.compile(r"(10\.[1-4])(?!\d)")
_THEME = re.compile(r"[ ._-]*(?:tema|theme|no\.?)?[ ._-]*0?([1-9])(?!\d)", re.IGNORECASE)
_OF_SYSTEMS = ("thumbs.db", "desktop.ini", "icon\r")
_BY_LABEL = {question.label: question for question in QUESTIONS}
_OFFICE: tuple[Kind, ...] = ("xlsx", "docx", "pptx")
# The container of old Office files, and of new ones that are encrypted.
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_BEGINNINGS: Mapping[Kind, bytes] = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}


@dataclass(frozen=True)
class Document:
    """One file of evidence; `name` is its path within the folder, `fault` what is wrong by its first bytes."""

    path: Path
    name: str
    sha256: str
    size_bytes: int
    kind: Kind
    fault: Fault | None = None


@dataclass(frozen=True)
class Files:
    """The files of a folder by what a form may call them; `outside` are links that lead out of it."""

    folder: Path
    by_name: Mapping[str, Path]
    of_question: Mapping[Question, tuple[str, ...]]
    outside: frozenset[str] = field(default=frozenset())

    def folder_of(self, question: Question) -> Path:
        """Where the evidence of a question belongs: its folder, or the one that is to be made."""
        there = (path for path in sorted(self.folder.glob("10.*/*")) if path.is_dir())
        near = (path for path in there if _question_of(f"{path.relative_to(self.folder).as_posix()}/.") == question)
        return next(near, self.folder / question.label)

    def named(self, name: str, question: Question) -> tuple[str, ...]:
        """Paths within the folder that a name of the form means: none, one, or for `semua` all of the question's."""
        own = self.of_question.get(question, ())
        if _alike(name) in ("semua", "all"):
            return own
        wanted = _alike(name.replace("\\", "/")).removeprefix("./")
        near = [path for path in own if _alike(path) == wanted or _alike(path).endswith(f"/{wanted}")]
        known = (*self.by_name, *self.outside)
        whole = [path for path in known if _alike(path) == wanted]
        shared = [path for path in known if _alike(path) in (f"{SHARED}/{wanted}", f"shared/{wanted}")]
        return tuple((near or whole or shared)[:1])


def find_files(folder: Path, *, but: Path) -> Files:
    """Every file below a folder `but` the form; `DataRejected` for more than anyone can have meant."""
    root = folder.resolve()
    by_name: dict[str, Path] = {}
    of_question: dict[Question, list[str]] = {}
    outside = set()
    for name in _names(root):
        path = root / name
        if path == but.resolve():
            continue
        if _lies_within(path, root):
            by_name[name] = path
        else:
            outside.add(name)
        if (question := _question_of(name)) is not None:
            of_question.setdefault(question, []).append(name)
    return Files(root, by_name, {key: tuple(names) for key, names in of_question.items()}, frozenset(outside))


def leads_outside(name: str) -> bool:
    """Whether a name of the form is a path that no file of the folder has: an absolute one, or one with `..`."""
    parts = re.split(r"[/\\]", name)
    return ".." in parts or name.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:[/\\]", name))


def document(files: Files, name: str) -> Document:
    """A file with its hash, which is empty for one that cannot be opened; only its first bytes are looked at."""
    path = files.by_name[name]
    try:
        with path.open("rb") as file:
            beginning = file.read(1024)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        kind, fault = _kind(path, beginning)
        return Document(path, name, sha256, path.stat().st_size, kind, fault)
    except OSError:
        return Document(path, name, "", 0, "other", "broken")


def _kind(path: Path, beginning: bytes) -> tuple[Kind, Fault | None]:
    """The kind that the name tells and whether the bytes fit it, or what the bytes tell of a name without a kind."""
    by_bytes: Kind | None = next((kind for kind, first in _BEGINNINGS.items() if beginning.startswith(first)), None)
    if b"%PDF-" in beginning:
        by_bytes = "pdf"
    if by_bytes:
        return by_bytes, None
    ending = {"jpeg": "jpg"}.get(path.suffix.lower()[1:], path.suffix.lower()[1:])
    by_name: Kind = next((kind for kind in (*APPENDED, *_OFFICE) if kind == ending), "other")
    if by_name in _OFFICE and beginning.startswith(_COMPOUND):
        return by_name, "encrypted"
    is_whole = bool(beginning) and (by_name == "other" or (by_name in _OFFICE and zipfile.is_zipfile(path)))
    return by_name, None if is_whole else "broken"


def _lies_within(path: Path, root: Path) -> bool:
    """Whether it is a file that no link leads out of the root; links in a circle lead nowhere."""
    try:
        return path.resolve().is_relative_to(root) and path.is_file()
    except (OSError, RuntimeError):
        return False


def _names(root: Path) -> Iterator[str]:
    """Paths below a folder in order; links to folders come as they are and are not followed."""
    count = 0
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _is_of_system(name) and name not in links)
        for name in sorted((*names, *links)):
            if not _is_of_system(name):
                count += 1
                if count > MOST_FILES:
                    raise _too_many(root)
                yield Path(folder, name).relative_to(root).as_posix()


def _too_many(root: Path) -> DataRejected:
    return DataRejected(
        id=f"{root} berisi lebih dari {MOST_FILES} berkas. Simpan di sana hanya formulir dan buktinya.",
        en=f"{root} holds more than {MOST_FILES} files. Keep only the form and its evidence there.",
    )


def _is_of_system(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _OF_SYSTEMS


def _question_of(name: str) -> Question | None:
    """The question whose folder holds a file: `10.3/4`, `10.3 Aduan/4 Pelatihan`, `10.3.4` or `10.3-4 Pelatihan`."""
    first, *others = name.split("/")
    clause = _CLAUSE.match(first)
    if clause is None or not others:
        return None
    theme = _THEME.match(first[clause.end() :]) or (_THEME.match(others[0]) if len(others) > 1 else None)
    return _BY_LABEL.get(f"{clause[1]}/{theme[1]}") if theme else None


def _alike(name: str) -> str:
    """A name as systems compare it that know no case and compose letters differently."""
    return unicodedata.normalize("NFC", name).casefold().strip()
