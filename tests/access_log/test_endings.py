"""The endings of assets and downloads that the documentation lists are those the rules know."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.access_log.rules import RULES, request_rule

ROOT = Path(__file__).resolve().parents[2]


def test_each_documented_ending_has_its_rule_and_no_other_has_one() -> None:
    text = (ROOT / "docs" / "city.md").read_text("utf-8")
    listed = re.search(r"Assets end in `([^`]*)`; downloads in `([^`]*)`", text)
    assert listed
    for rule, endings in zip(("asset", "download"), listed.groups(), strict=True):
        assert {RULES[request_rule(b"GET /a" + ending.encode())] for ending in endings.split()} == {rule}
    documented = {ending[1:].encode() for endings in listed.groups() for ending in endings.split()}
    source = (ROOT / "pipeline" / "access_log" / "rules.py").read_text("utf-8")
    known = {
        word for text in re.findall(r'^    b"([a-z0-9 ]+)"', source, re.MULTILINE) for word in text.encode().split()
    }
    assert documented == known
