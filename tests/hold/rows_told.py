"""What the tests of docs/robustness.md can tell, read from their code: a row in other words is of another day."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.hold.page import TESTS_COUNT, Told

_ROOT = Path(__file__).resolve().parents[2]
# What is worked out.
_ANYTHING = ".+"


def is_still_told(one: Told) -> bool:
    """Whether the file of a row's test tells rows in such words."""
    cells = (one.row, one.tried, one.figure)
    return any(
        all(re.fullmatch(pattern, cell) for pattern, cell in zip(told, cells, strict=True))
        for told in _told_in(one.test.partition("::")[0])
    )


@cache
def _told_in(file: str) -> list[list[str]]:
    """Of each row that a file tells, a pattern for each of its cells."""
    nodes = list(ast.walk(ast.parse((_ROOT / file).read_text("utf-8"))))
    assigned = [(name, node.value) for node in nodes if isinstance(node, ast.Assign) for name in node.targets]
    texts = {name.id: text for name, text in assigned if isinstance(name, ast.Name)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "row"]
    return [["".join(_patterns(cell, texts)) for cell in call.args] for call in calls]


def _patterns(cell: ast.expr, texts: Mapping[str, ast.expr]) -> Iterator[str]:
    match cell:
        case ast.Constant(value=str(text)):
            yield re.escape(text).replace(re.escape(TESTS_COUNT), r"\d+")
        case ast.JoinedStr(values=parts):
            for part in parts:
                yield from _patterns(part, texts)
        case ast.Name(id=name) if isinstance(texts.get(name), ast.JoinedStr):
            yield from _patterns(texts[name], {})
        case _:
            yield _ANYTHING
