"""Which agents are people, probes or bots: by the package's own examples, few or many at once."""

from __future__ import annotations

import random
import re

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access_log import bots
from pipeline.access_log.bots import AgentRules, unlisted_product

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
    is_left_out = [rule in ("bot", "probe") for rule in AgentRules()(both)]
    assert all(left_out or not known for left_out, known in zip(is_left_out, is_known, strict=True))
    if agent.startswith("Mozilla") and not re.search("(?i)bot|crawler|spider|scraper|nikto", agent):
        assert is_left_out == is_known


def test_forgetting_shapes_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots, "SHAPES_KEPT", 1)
    judge = AgentRules()
    assert judge([b"curl/8.0", b"Firefox"]) == ["bot", ""]
    assert judge([b"Firefox", b"", b"curl/9.0"]) == ["", "empty_agent", "bot"]


@pytest.mark.parametrize(
    "agent",
    [
        *("PostmanRuntime/7.36.0", "Java/17.0.1", "Java-http-client/17", "GuzzleHttp/7", "PHP/8.1", "libcurl/7.68"),
        *("nikto/2.5", "Nuclei - Open-source project", "Prometheus/2.45.0", "RestSharp/106.0", "Dart/3.0 (dart:io)"),
        *("Lavf/58.29.100", "Microsoft.Data.Mashup (https://go.microsoft.com)", "R (4.3.1 x86_64)", "python-urllib3/2"),
        *("Ruby", "k6/0.48", "YandexBot", "Mozilla/5.0 (compatible; KotaCrawler/1.0)", "Mozilla/5.0 (X) QGIS/3.34.0"),
    ],
)
def test_tools_and_what_calls_itself_a_bot_are_bots(agent: str) -> None:
    assert AgentRules()([agent.encode()]) == ["bot"]


@pytest.mark.parametrize(
    ("agent", "product"),
    [
        *((agent, "") for agent in PEOPLE[:3]),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.0) Presto/2.12", ""),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", ""),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36", ""),
        ("Javanese Reader/1.0", "Javanese"),
        ("Mozilla/5.0", "Mozilla"),
        ("Mozilla/5.0 (compatible; Periksa/1.0)", "Periksa"),
        ("budi@kota.go.id", "?"),
        ("10.1.2.3/x", "?"),
        ("Budi", "?"),
    ],
)
def test_agents_that_count_as_people_name_a_product_unless_they_are_browsers(agent: str, product: str) -> None:
    assert AgentRules()([agent.encode()]) == [""]
    assert unlisted_product(agent.encode()) == product
