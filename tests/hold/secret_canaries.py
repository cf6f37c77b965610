"""Secrets that are canaries: what they are called in a connection, and every spelling they could come out in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote

NAMES = (
    *("basic", "bearer", "header", "param", "form", "body", "login", "session", "extra", "jwt"),
    *("database", "warehouse", "portal", "mail", "hook", "hook_path", "airflow", "storage", "storage_session", "loose"),
)
# What stands between the two halves of each is written otherwise in addresses, HTML and JSON; each half is a sign.
_BETWEEN = "&/@+:'%"


def _halves(name: str) -> tuple[str, str]:
    number = NAMES.index(name)
    return f"Zq{number:02}kunciAwal", f"Zq{number:02}kunciUjung"


SECRETS: Mapping[str, str] = {name: _BETWEEN.join(_halves(name)) for name in NAMES}


def quoted(name: str) -> str:
    """A secret as it stands in an address."""
    return quote(SECRETS[name], safe="")


def stored(name: str, **more: object) -> str:
    """A connection as JSON whose password is a secret."""
    return json.dumps({"conn_type": "http", "login": "petugas", "password": SECRETS[name], **more})


def found_in(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where a secret shows, in part or whole: each place with the secret's name."""
    signs = {sign.casefold(): name for name in NAMES for sign in _signs(name)}
    exact = {sign: name for name in NAMES for half in _halves(name) for sign in _in_base64(half)}
    found = set[tuple[str, str]]()
    for place, text in texts.items():
        folded = text.casefold()
        found |= {(place, name) for sign, name in signs.items() if sign in folded}
        found |= {(place, name) for sign, name in exact.items() if sign in text}
    return sorted(found)


def _signs(name: str) -> Iterator[str]:
    """The beginning of both halves, which no text has by chance, plain and in hex."""
    sign = _halves(name)[0][:8]
    yield sign
    yield sign.encode().hex()


def _in_base64(text: str) -> Iterator[str]:
    """What a text's base64 has for sure, wherever in a longer one it stands."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + text.encode()).decode()
        yield coded[-(-before * 8 // 6) : (before + len(text)) * 8 // 6]
