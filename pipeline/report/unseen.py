"""Characters that a screen does not show, or that turn the direction of text, written as code points."""

from __future__ import annotations

import json
import re

# Control characters but tab and line breaks, soft hyphen, marks of direction and of joining, line separators, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The same text with such characters as `[U+202E]`; tabs and line breaks are kept."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def visible_json(text: str) -> str:
    """JSON of the same content, in which such characters are escaped."""
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def drawn(value: object) -> object:
    """What a template writes for a value: such characters of a text, but not of markup, as code points."""
    return visible(value) if type(value) is str else value
