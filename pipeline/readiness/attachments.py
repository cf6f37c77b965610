"""Evidence made fit to be appended, in processes that end when a file takes too much time or memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.errors import DataRejected
from pipeline.readiness.assessment import Inspection
from pipeline.readiness.evidence import APPENDED, Document

_SECONDS_A_FILE = 30
_SECONDS_TO_MERGE = 180
_MEMORY_BYTES = 1_500_000_000
_LARGEST_BYTES = 200_000_000


def prepare(documents: Iterable[Document], *, work: Path, most_pages: int) -> dict[str, Inspection]:
    """What is inside each file that can be appended, by hash; `prepared(work, hash)` is then its inert PDF."""
    fit = {one.sha256: one for one in documents if one.kind in APPENDED and one.fault is None}
    found = {name: Inspection("beyond_limits") for name, one in fit.items() if one.size_bytes > _LARGEST_BYTES}
    waiting = [one for name, one in fit.items() if name not in found]
    while waiting:
        done = _prepared_until_the_end(waiting, work=work, most_pages=most_pages)
        if len(done) < len(waiting):
            # The process ended on the next one.
            done = [*done, Inspection("beyond_limits")]
        found |= {one.sha256: inspection for one, inspection in zip(waiting, done, strict=False)}
        waiting = waiting[len(done) :]
    return found


def prepared(work: Path, sha256: str) -> Path:
    """Where the inert PDF of a file lies."""
    return work / f"{sha256}.pdf"


def merge(base: Path, parts: Mapping[int, Path], *, target: Path) -> None:
    """Write the base with each part behind a page of it, counted from 1; `DataRejected` beyond time or memory."""
    job = {
        "do": "merge",
        "base": str(base),
        "target": str(target),
        "parts": [{"behind_page": page, "file": str(file)} for page, file in parts.items()],
    }
    _run(job, seconds=_SECONDS_TO_MERGE, at_most=_SECONDS_TO_MERGE + 30)
    if not target.is_file():
        raise DataRejected(
            id="Bukti terlalu besar untuk digabung menjadi satu PDF. Kecilkan berkas terbesar, lalu jalankan lagi.",
            en="The evidence is too large to be merged into one PDF. Make the largest files smaller and run again.",
        )


def _prepared_until_the_end(documents: Sequence[Document], *, work: Path, most_pages: int) -> list[Inspection]:
    """The inspections of the first files; fewer than there are when the process ended on one."""
    files = [{"source": str(o.path), "target": str(prepared(work, o.sha256)), "kind": o.kind} for o in documents]
    job = {"do": "prepare", "files": files, "most_pages": most_pages}
    lines = _run(job, seconds=_SECONDS_A_FILE, at_most=(_SECONDS_A_FILE + 1) * len(documents) + 30)
    return [_inspection(json.loads(line)) for line in lines if line.endswith(b"\n")]


def _run(job: Mapping[str, Any], *, seconds: int, at_most: int) -> list[bytes]:
    """The lines that the worker wrote until it or its limits ended it; `RuntimeError` where it failed by itself."""
    asked = json.dumps({**job, "seconds": seconds, "memory_bytes": _MEMORY_BYTES}).encode()
    command = [sys.executable, "-m", "pipeline.readiness.pdf_worker"]
    try:
        ended = subprocess.run(  # noqa: S603
            command, input=asked, capture_output=True, timeout=at_most, check=False, env=_without_secrets()
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").splitlines(keepends=True)
    if ended.returncode > 0:
        raise RuntimeError(ended.stderr.decode(errors="replace")[-2000:])
    return ended.stdout.splitlines(keepends=True)


def _without_secrets() -> dict[str, str]:
    """What Python needs to start; passwords of systems stand in the environment too."""
    needed = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in needed if name in os.environ}


def _inspection(told: dict[str, Any]) -> Inspection:
    return Inspection(
        told["state"],
        pages_count=told.get("pages_count", 0),
        active=tuple(told.get("active", ())),
        is_signed=told.get("is_signed", False),
        is_restricted=told.get("is_restricted", False),
    )
