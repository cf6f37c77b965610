"""Secrets taken out of what is told and kept, in whatever spelling a system or library repeats them."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from connectors.errors import TolokError

_MASK = "***"
# Of one or two characters nothing would be left to read.
_SHORTEST = 3
# A shorter one may as well be a word or a number of the data.
_SHORTEST_KEPT = 12
_SHORTEST_CODED = 6


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets: plain, percent-encoded, in base64, or quoted for JSON, HTML or Python."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = re.sub(_any_spelling(secret), _MASK, text)
    return text


def masked_content(content: bytes, secrets: Iterable[str]) -> bytes:
    """The bytes of an answer without these secrets, but for short ones, which could be its data."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        # A quick look first, for an answer may have hundreds of megabytes and hardly ever holds one.
        signs = [max(re.findall(r"\w*", secret, re.ASCII), key=len), *_in_base64(secret)]
        if len(secret) >= _SHORTEST_KEPT and any(sign.encode() in content for sign in signs):
            content = re.sub(_any_spelling(secret).encode(), _MASK.encode(), content)
    return content


@contextmanager
def unspoken(secrets: Iterable[str]) -> Iterator[None]:
    """Take these secrets out of the message of any `TolokError` that leaves the block."""
    try:
        yield
    except TolokError as fault:
        hidden = tuple(secrets)
        fault.id, fault.en = masked(fault.id, hidden), masked(fault.en, hidden)
        fault.args = (f"{fault.id}\n{fault.en}",)
        raise


def _any_spelling(secret: str) -> str:
    """A pattern that each spelling of a secret matches."""
    coded = _in_base64(secret) if len(secret) >= _SHORTEST_CODED else ()
    return "|".join(["".join(map(_spellings, secret)), *map(re.escape, coded)])


def _spellings(mark: str) -> str:
    """A pattern for one character: in an address, once or twice encoded, as an entity, or behind backslashes."""
    if mark.isascii() and mark.isalnum():
        return mark
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in mark.encode())
    entity = re.escape(html.escape(mark))
    number = f"&#(?:0*{ord(mark)}|(?i:x0*{ord(mark):x}));"
    escape = rf"\\+u(?i:{ord(mark):04x})" if ord(mark) < 1 << 16 else "(?!)"
    space = r"|\+" if mark == " " else ""
    return rf"(?:\\*{re.escape(mark)}|{percent}|{entity}|{number}|{escape}{space})"


def _in_base64(secret: str) -> list[str]:
    """What the base64 of a secret has for sure, wherever in a longer text it stands, such as behind a login."""
    raw, found = secret.encode(), set[str]()
    for before in range(3):
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            coded = code(b"\0" * before + raw).decode()
            found.add(coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6])
    return sorted(found)
