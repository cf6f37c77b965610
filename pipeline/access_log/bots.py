"""User agents that are not people: monitoring probes, empty agents and known bots."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from threading import Lock

from pipeline.access_log.hits import NO_AGENT

AGENT_RULES = ("probe", "empty_agent", "bot")

_PROBES = re.compile(
    rb"(?i)zabbix|uptime[- ]?kuma|check_http|check_curl|nagios|icinga|blackbox[- ]exporter|pingdom|uptimerobot"
    rb"|statuscake|site\d\dx\d|hetrixtools|nodeping|freshping|updown\.io|better ?(?:uptime|stack)|checkly|checkmk|prtg"
    rb"|kube-probe|googlehc/|elb-healthchecker|amazon-route\d\d-health|haproxy|gatus|newrelicpinger|datadog"
)
_MORE_BOTS = ("ckanapi",)
_WORD = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\\W)+")
_ESCAPED = re.compile(r"\\(\W)")
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_SHAPES_KEPT = 1 << 16


class AgentRules:
    """The rule that excludes each agent: `probe`, `empty_agent`, `bot` (tested in that order), or '' for people.

    Known bots are those of the package crawler-user-agents, matched as it does (case-sensitive), and `ckanapi`.
    Most patterns contain no digit, so agents that differ only in digits, as browser versions do, share one cache entry
    for them. In a log without agents everyone counts as people. Safe to call from several threads.
    """

    def __init__(self) -> None:
        self._by_shape: dict[bytes, str] = {}
        self._lock = Lock()

    def __call__(self, agents: list[bytes]) -> list[str]:
        """One rule per agent, in their order."""
        with self._lock:
            return self._judge(agents)

    def _judge(self, agents: list[bytes]) -> list[str]:
        if len(self._by_shape) > _SHAPES_KEPT:
            self._by_shape.clear()
        any_digits, named_digits = _bots()
        shapes = [agent.translate(_DIGITS_AS_ZERO) for agent in agents]
        if new := [*{*shapes} - self._by_shape.keys()]:
            self._by_shape.update(zip(new, map(_rule, new, any_digits.match(new)), strict=True))
        rules = [self._by_shape[shape] for shape in shapes]
        return [rule or "bot" * is_bot for rule, is_bot in zip(rules, named_digits.match(agents), strict=True)]


@cache
def agent_rules() -> AgentRules:
    """The process-wide instance, whose cache all threads share."""
    return AgentRules()


@dataclass(frozen=True)
class _Bots:
    """Patterns, divided into plain words, which are found faster, and regular expressions."""

    words: list[bytes]
    others: re.Pattern[bytes]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> _Bots:
        words: list[bytes] = []
        others = ["(?!)"]
        for pattern in patterns:
            if _WORD.fullmatch(pattern):
                words.append(_ESCAPED.sub(r"\1", pattern).encode())
            else:
                others.append(pattern)
        return cls(words, re.compile("|".join(others).encode()))

    def match(self, agents: list[bytes]) -> list[bool]:
        """Which agents contain any pattern; words that occur in none of them are ruled out together."""
        together = b"\n".join(agents)
        words = [word for word in self.words if word in together]
        return [any(word in agent for word in words) or self.others.search(agent) is not None for agent in agents]


def _rule(agent: bytes, is_bot: bool) -> str:
    if agent == NO_AGENT:
        return ""
    if _PROBES.search(agent):
        return "probe"
    if agent.strip() in (b"", b"-"):
        return "empty_agent"
    return "bot" if is_bot else ""


@cache
def _bots() -> tuple[_Bots, _Bots]:
    """Bots whose patterns contain no digit, and those whose patterns do."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    patterns = [*_MORE_BOTS, *(entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)]
    names_digit = re.compile("[0-9]").search
    return _Bots.of(p for p in patterns if not names_digit(p)), _Bots.of(p for p in patterns if names_digit(p))
