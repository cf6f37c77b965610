"""Which agents are people, probes or bots: by the package's own examples, few or many at once."""

from __future__ import annotations

import random

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access_log import bots
from pipeline.access_log.bots import AgentRules

EXAMPLES = sorted({agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]})[::4]
PEOPLE = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Redmi Note 12) AppleWebKit/537.36 Chrome/125.0.0.0 Mobile Safari/537.36",
    "Monitor/1.0 \xff\x00",
]


@pytest.mark.parametrize("agents_at_once", [1, 50, 10_000])
def test_agents_are_bots_just_where_the_package_says_so(agents_at_once: int) -> None:
    agents = [*EXAMPLES, *PEOPLE]
    assert len(agents) > 500
    judge = AgentRules()
    rules: list[str] = []
    for at in range(0, len(agents), agents_at_once):
        rules += judge([agent.encode("latin-1", "replace") for agent in agents[at : at + agents_at_once]])
    is_known = [is_crawler(agent.encode("latin-1", "replace").decode("latin-1")) for agent in agents]
    assert [rule == "bot" for rule in rules if rule != "probe"] == [
        known for rule, known in zip(rules, is_known, strict=True) if rule != "probe"
    ]
    assert rules[-len(PEOPLE) :] == [""] * len(PEOPLE)


@given(st.sampled_from(EXAMPLES + PEOPLE), st.randoms(use_true_random=False))
def test_digits_are_told_apart_just_where_a_bot_is_known_by_them(agent: str, rng: random.Random) -> None:
    changed = "".join(rng.choice("0123456789") if letter.isdigit() else letter for letter in agent)
    both = [text.encode("latin-1", "replace") for text in (agent, changed)]
    is_known = [is_crawler(text.decode("latin-1")) for text in both]
    assert [rule in ("bot", "probe") for rule in AgentRules()(both)] == is_known


def test_forgetting_shapes_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots, "_SHAPES_KEPT", 1)
    judge = AgentRules()
    assert judge([b"curl/8.0", b"Firefox"]) == ["bot", ""]
    assert judge([b"Firefox", b"", b"curl/9.0"]) == ["", "empty_agent", "bot"]
