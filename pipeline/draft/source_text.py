"""A draft as YAML with its comments, and its place in a city's YAML."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from connectors.errors import ConfigError
from pipeline.atomic import write_atomically
from pipeline.draft.draft import Draft
from pipeline.draft.mapping import Noted
from pipeline.settings_yaml import read_settings

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ ./*\u00c0-\u024f-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def source_text(name: str, draft: Draft, *, after: list[str]) -> str:
    """The source as lines of a city's YAML below `sources:`, `after` being comments below it."""
    lines = [*_comments(draft.head, 2), f"  {flow(name)}:"]
    for key, noted in draft.settings.items():
        lines += _setting(key, noted, 4)
    for key, part in (("columns", draft.columns), ("exclude", draft.exclude)):
        if part:
            lines.append(f"    {key}:")
            lines += [line for inner, noted in part.items() for line in _setting(inner, noted, 6)]
    return "\n".join([*lines, *_comments(after, 4)]) + "\n"


def flow(value: Any) -> str:  # noqa: ANN401 a setting of the YAML
    """A setting on one line; text that YAML or a reader could take for something else is quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS and text == text.strip()
    return text if is_plain or isinstance(value, int) else json.dumps(text, ensure_ascii=False)


def append_source(path: Path, name: str, text: str) -> None:
    """Add a source at the end of `sources:`, leaving every other line of a city's YAML as it is.

    Raises `ConfigError`, nothing being written, when there is such a source already or no place that keeps the rest.
    """
    before = path.read_text("utf-8")
    settings = read_settings(path)
    sources = settings.get("sources") or {}
    if name in sources:
        raise ConfigError(
            id=f"{path.name}: sumber '{name}' sudah ada. Pilih nama lain dengan --source.",
            en=f"{path.name}: there is a source '{name}' already. Choose another name with --source.",
        )
    after = _inserted(before, text)
    added = yaml.load(f"sources:\n{text}", Loader=yaml.BaseLoader)["sources"]  # noqa: S506 text only
    if _raw(after) != {**_raw(before), "sources": {**(_raw(before).get("sources") or {}), **added}}:
        raise ConfigError(
            id=f"{path.name}: 'sources:' tidak ditulis baris demi baris, jadi tidak ada yang ditulis. Tempel sendiri.",
            en=f"{path.name}: 'sources:' is not written line by line, so nothing was written. Paste it yourself.",
        )
    write_atomically(path, after)


def _inserted(before: str, text: str) -> str:
    """The YAML with a source after the last line of `sources:`, indented as its neighbours."""
    lines = before.splitlines()
    at = next((place for place, line in enumerate(lines) if re.fullmatch(r"sources:\s*(#.*)?", line)), None)
    if at is None:
        return before.rstrip("\n") + f"\n\nsources:\n{text}"
    below = [place for place in range(at + 1, len(lines)) if re.match(r"[^\s#]", lines[place])]
    end = below[0] if below else len(lines)
    inner = [place for place in range(at + 1, end) if re.match(r"\s+\S", lines[place])]
    keys = [line for line in (lines[place] for place in inner) if not line.lstrip().startswith("#")]
    indent = len(keys[0]) - len(keys[0].lstrip()) if keys else 2
    added = [" " * (indent - 2) + line if indent >= 2 else line[2 - indent :] for line in text.splitlines()]
    place = (inner[-1] if inner else at) + 1
    return "\n".join([*lines[:place], "", *added, *lines[place:]]) + "\n"


def _raw(text: str) -> dict[str, Any]:
    try:
        raw = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 text only
    except yaml.YAMLError:
        return {}
    return raw if isinstance(raw, dict) else {}


def _setting(key: str, noted: Noted, indent: int) -> list[str]:
    return [*_comments(noted.comments, indent), f"{' ' * indent}{flow(key)}: {flow(noted.value)}"]


def _comments(comments: list[str], indent: int) -> list[str]:
    """Comments, each of their lines marked as one whatever a header or a value in them holds."""
    lines = [line.rstrip() for comment in comments for line in comment.splitlines()]
    return [f"{' ' * indent}# {line}" for line in lines if line]
