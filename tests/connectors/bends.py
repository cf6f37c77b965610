"""One difference at a time between what asks and what is documented, to see that none of them passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.connectors.exchange import Exchange

_MARK = "bengkok"
_PLACES = ("params", "form", "body")


@dataclass(frozen=True)
class Bend:
    """A preset and an exchange that differ in one thing; `kind` is path, parameter, paging, auth, login or field."""

    kind: str
    label: str
    source: dict[str, Any]
    told: Exchange


def bends(source: dict[str, Any], told: Exchange) -> list[Bend]:
    """A declared preset is bent itself; of a connector with code of its own, the documentation is.

    Names in answers are bent in the documentation always: each that it says is read.
    """
    is_declared = source.get("connector") == "api"
    asking = _of_preset(source, told) if is_declared else _of_calls(source, told)
    return [*asking, *_of_answers(source, told)]


def _of_preset(source: dict[str, Any], told: Exchange) -> Iterator[Bend]:
    options = source["options"]

    def bent(kind: str, label: str, **changed: object) -> Bend:
        return Bend(kind, f"{kind}-{label}", {**source, "options": {**options, **changed}}, told)

    yield bent("path", "url", url=f"{_MARK}/{options['url']}")
    for place in _PLACES:
        given = options.get(place) or {}
        tree = json.loads(given) if isinstance(given, str) else given
        yield from (bent("parameter", key, **{place: _renamed(tree, key)}) for key in _keys(tree))
    auth, paging = options.get("auth", {}), options.get("paging", {})
    if auth:
        yield bent("auth", "header", auth={"style": "header", "name": f"X-{_MARK}"})
    for key in ("token_at", "header", "url", "value"):
        if "login" in options and key in options["login"]:
            yield bent("login", key, login={**options["login"], key: f"{_MARK}-{{token}}" if key == "value" else _MARK})
    if paging.get("style") in ("page", "offset"):
        yield bent("paging", "style", paging={**paging, "style": "none"})
        yield bent("paging", "other", paging={**paging, "style": "cursor", "next_at": _MARK})
    elif "page_size" in told:
        yield bent("paging", "size", paging={**paging, "size": "100"})
    for key in ("total_at", "total_header"):
        if key in paging:
            yield bent("paging", key, paging={**paging, key: _MARK})


def _of_calls(source: dict[str, Any], told: Exchange) -> Iterator[Bend]:
    requests = [call["request"] for call in told["calls"]]

    def bent(kind: str, label: str, changed: list[dict[str, Any]]) -> Bend:
        calls = [{**call, "request": request} for call, request in zip(told["calls"], changed, strict=True)]
        return Bend(kind, f"{kind}-{label}", source, {**told, "calls": calls})

    yield bent("path", "all", [{**request, "path": f"/{_MARK}{request['path']}"} for request in requests])
    for place in _PLACES:
        for key in sorted({key for request in requests for key in _keys(request.get(place, {}))}):
            changed = [{**r, place: _renamed(r[place], key)} if place in r else r for r in requests]
            yield bent("parameter", f"{place}.{key}", changed)
    if any("headers" in request for request in requests):
        changed = [{**r, "headers": {f"X-{k}": v for k, v in r.get("headers", {}).items()}} for r in requests]
        yield bent("auth", "headers", changed)


def _of_answers(source: dict[str, Any], told: Exchange) -> Iterator[Bend]:
    for key in told["read"]:
        calls = deepcopy(told["calls"])
        for call in calls:
            call["answer"]["body"] = _renamed(call["answer"]["body"], key)
        yield Bend("field", f"field-{key}", source, {**told, "calls": calls})


def _keys(tree: object) -> list[str]:
    if isinstance(tree, list):
        return list(dict.fromkeys(key for item in tree for key in _keys(item)))
    if not isinstance(tree, dict):
        return []
    return list(dict.fromkeys([*tree, *(key for value in tree.values() for key in _keys(value))]))


def _renamed(tree: Any, key: str) -> Any:
    """The tree with a key of another name, wherever it stands."""
    if isinstance(tree, list):
        return [_renamed(item, key) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {f"{name}_{_MARK}" if name == key else name: _renamed(value, key) for name, value in tree.items()}
