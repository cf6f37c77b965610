"""Which agents are people, probes or bots: by the package's own examples, on both ways of matching."""

from __future__ import annotations

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler

from pipeline.clean import bots
from pipeline.clean.bots import AgentRules

EXAMPLES = sorted({agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]})[::4]
PEOPLE = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Redmi Note 12) AppleWebKit/537.36 Chrome/125.0.0.0 Mobile Safari/537.36",
    "Monitor/1.0 \xff\x00",
]


@pytest.mark.parametrize("bytes_worth_compiling", [0, 1 << 30])
def test_agents_are_bots_just_where_the_package_says_so(
    monkeypatch: pytest.MonkeyPatch, bytes_worth_compiling: int
) -> None:
    monkeypatch.setattr(bots, "_BYTES_WORTH_COMPILING", bytes_worth_compiling)
    agents = [*EXAMPLES, *PEOPLE] if bytes_worth_compiling == 0 else [*EXAMPLES[:200], *PEOPLE]
    assert len(agents) > 200
    rules = AgentRules()([agent.encode("latin-1", "replace") for agent in agents])
    is_known = [is_crawler(agent.encode("latin-1", "replace").decode("latin-1")) for agent in agents]
    assert [rule == "bot" for rule in rules if rule != "probe"] == [
        known for rule, known in zip(rules, is_known, strict=True) if rule != "probe"
    ]
    assert rules[-len(PEOPLE) :] == [""] * len(PEOPLE)


def test_an_agent_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = AgentRules()
    assert judge([b"curl/8.0", b"-", b"curl/8.0"]) == ["bot", "empty_agent", "bot"]
    monkeypatch.setattr(bots, "_judge", lambda agents: pytest.fail("asked again") if agents else [])
    assert judge([b"-", b"curl/8.0"]) == ["empty_agent", "bot"]


def test_forgetting_agents_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots, "_AGENTS_KEPT", 1)
    judge = AgentRules()
    assert judge([b"curl/8.0", b"Firefox"]) == ["bot", ""]
    assert judge([b"Firefox", b"", b"curl/8.0"]) == ["", "empty_agent", "bot"]
