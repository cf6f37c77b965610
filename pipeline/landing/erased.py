"""Who was erased, as keyed hashes of ids by source, so that no fetch brings a person back."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.atomic import write_once
from pipeline.sealed import read_sealed, write_sealed

# No city is called so: ids of cities have no underscore.
ERASED_FOLDER = "_erased"
HASHED = "sha256:"


@dataclass(frozen=True)
class ErasedIds:
    """The erased ids of one source, each as a keyed hash with the number of the decision."""

    key: bytes = b""
    decisions: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.decisions)

    @property
    def digest(self) -> str:
        """What changes whenever an id is added; empty for none."""
        return hashlib.sha256(" ".join(sorted(self.decisions)).encode()).hexdigest() if self.decisions else ""

    def decision_of(self, id: str) -> int | None:
        """The decision by which an id was erased; null for any other. `sha256:` begins the hash of an id."""
        return self.decisions.get(self._keyed(id))

    def with_ids(self, ids: Iterable[str], *, decision: int) -> ErasedIds:
        """The same and more ids; what was decided before stays."""
        return replace(self, decisions={self._keyed(one): decision for one in ids} | dict(self.decisions))

    def _keyed(self, id: str) -> str:
        plain = id.removeprefix(HASHED).lower() if is_hashed(id) else hashlib.sha256(id.encode()).hexdigest()
        return hmac.new(self.key, plain.encode(), "sha256").hexdigest()


def is_hashed(id: str) -> bool:
    """Whether a text is `sha256:` with a hash and not an id itself."""
    digits = id.removeprefix(HASHED)
    return id.startswith(HASHED) and len(digits) == 64 and not set(digits.lower()) - set("0123456789abcdef")


def erased_ids(home: Path, city_id: str, source_name: str) -> ErasedIds:
    """The erased ids of a source; raises `DataDamaged` where nobody can tell them any more."""
    try:
        kept = json.loads(read_sealed(_path(home, city_id, source_name)))
    except FileNotFoundError:
        return ErasedIds()
    return ErasedIds(_key(home), kept)


def new_ids(home: Path) -> ErasedIds:
    """None yet, under the key of the home, which is made where there is none."""
    write_once(_key_path(home), secrets.token_hex(32).encode())
    return ErasedIds(_key(home))


def write_erased_ids(home: Path, city_id: str, source_name: str, ids: ErasedIds) -> None:
    """Keep the erased ids of a source, old or new but never half."""
    write_sealed(_path(home, city_id, source_name), json.dumps(dict(ids.decisions), indent=1, sort_keys=True))


def _path(home: Path, city_id: str, source_name: str) -> Path:
    return home / "landing" / ERASED_FOLDER / city_id / f"{source_name}.json"


def _key_path(home: Path) -> Path:
    return home / "landing" / ERASED_FOLDER / "key"


def _key(home: Path) -> bytes:
    from pipeline.mirror import pull

    pull(_key_path(home))
    return _key_path(home).read_bytes()
