"""The YAML of settings as text, lists and mappings; no key twice, nothing nested or repeated beyond reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from connectors.errors import ConfigError

_NULLS = {"", "null", "~"}
_DEEPEST = 30
_MOST_NODES = 50_000
_MOST_LETTERS = 2_000_000


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a file, keys left empty dropped; raises `ConfigError` for what is no plain mapping."""
    try:
        with path.open(encoding="utf-8") as file:
            raw = _document(file.read(_MOST_LETTERS + 1))
    except RecursionError:
        raise _invalid(path, _TOO_DEEP) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            id=f"{path.name} tidak dapat dibuka: {reason}.", en=f"{path.name} cannot be opened: {reason}."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise _invalid(path, str(error)) from None
    if not isinstance(raw, dict):
        raise ConfigError(id=f"{path.name} kosong atau bukan pemetaan.", en=f"{path.name} is empty or not a mapping.")
    return _without_nulls(raw)


_TOO_DEEP = "bersarang terlalu dalam / nested too deep"


def _invalid(path: Path, reason: str) -> ConfigError:
    return ConfigError(id=f"{path.name} bukan YAML yang sah: {reason}", en=f"{path.name} is not valid YAML: {reason}")


def _document(text: str) -> object:
    if len(text) > _MOST_LETTERS:
        raise yaml.YAMLError("lebih dari 2 juta huruf / more than 2 million letters")
    loader = _TextLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _nodes_count(node, {}, depth=0) > _MOST_NODES:
            raise yaml.YAMLError("jangkar YAML berlipat ganda / YAML anchors that multiply")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _nodes_count(node: yaml.Node, known: dict[int, int], *, depth: int) -> int:
    """How many nodes there are once every alias is written out; a node within itself is too deep."""
    if depth > _DEEPEST:
        raise yaml.YAMLError(f"baris {node.start_mark.line + 1} / line {node.start_mark.line + 1}: {_TOO_DEEP}")
    if id(node) not in known:
        inner = node.value if isinstance(node, yaml.CollectionNode) else ()
        parts = [part for one in inner for part in (one if isinstance(one, tuple) else (one,))]
        known[id(node)] = 1 + sum(_nodes_count(part, known, depth=depth + 1) for part in parts)
    return known[id(node)]


class _TextLoader(yaml.BaseLoader):
    """Every scalar stays the text it is (32.10, No, 007), and a key written twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        line = node.start_mark.line + 1
        if any(not isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise yaml.YAMLError(f"baris {line}: kunci harus teks / line {line}: a key must be text")
        keys = [str(key.value) for key, _ in node.value]
        twice = {key for key, count in Counter(keys).items() if count > 1}
        if twice:
            names = ", ".join(sorted(twice))
            raise yaml.YAMLError(f"baris {line}: kunci ganda: {names} / line {line}: key written twice: {names}")
        return super().construct_mapping(node, deep)


def _without_nulls(raw: dict[str, Any]) -> dict[str, Any]:
    """Drop keys left empty, so that a commented-out template means 'not set'."""
    kept: dict[str, Any] = {}
    for key, value in raw.items():
        if isinstance(value, dict):
            kept[key] = _without_nulls(value)
        elif not (isinstance(value, str) and value in _NULLS):
            kept[key] = value
    return kept
