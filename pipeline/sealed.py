"""Kept files that say whether they are whole: JSON under the hash of its own bytes, and what is said of mending."""

from __future__ import annotations

import hashlib
import logging
import re
from pathlib import Path

from connectors.errors import DataDamaged
from pipeline.atomic import write_atomically
from pipeline.mirror import pull

_log = logging.getLogger(__name__)
_SEALED = re.compile(rb'\{"sha256": "([0-9a-f]{64})", "content":\n(.*)\}\n', re.DOTALL)


def write_sealed(path: Path, content: str) -> None:
    """Put JSON in a file under its seal, old or new but never half."""
    write_atomically(path, sealed(content))


def sealed(content: str) -> bytes:
    """JSON beside the hash of its bytes."""
    encoded = content.encode()
    sha256 = hashlib.sha256(encoded).hexdigest().encode()
    return b'{"sha256": "%s", "content":\n%s}\n' % (sha256, encoded)


def read_sealed(path: Path, *, may_be_older: bool = False) -> bytes:
    """The JSON that was sealed; raises `FileNotFoundError` without it and `DataDamaged` where a byte is another.

    What `may_be_older` than seals is given as it is when it has none.
    """
    pull(path)
    kept = path.read_bytes()
    is_older = may_be_older and not kept.startswith(b'{"sha256"')
    return kept if is_older else unsealed(kept, of=path)


def unsealed(kept: bytes, *, of: Path) -> bytes:
    """The JSON that `sealed` gave bytes of; raises `DataDamaged` where one of them is another."""
    found = _SEALED.fullmatch(kept)
    if found is None or hashlib.sha256(found[2]).hexdigest().encode() != found[1]:
        raise damaged(of)
    return found[2]


def damaged(path: Path) -> DataDamaged:
    """The refusal of a kept file that is not what was written."""
    return DataDamaged(
        id=f"{path} rusak: isinya bukan lagi yang ditulis. Jalankan lagi periodenya: tolok run KOTA PERIODE.",
        en=f"{path} is damaged: it no longer holds what was written. Run its period again: tolok run CITY PERIOD.",
    )


def say_mended(*, id: str, en: str) -> None:
    """Tell whoever watches the run what was not whole and has been made anew."""
    _log.warning("Diperbaiki: %s / Mended: %s", id, en)
