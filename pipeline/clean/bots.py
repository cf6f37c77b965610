"""Which agents of an access log are no people: monitoring probes, empty agents and known bots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

AGENT_RULES = ("probe", "empty_agent", "bot")

_PROBES = (
    r"(?i)zabbix|uptime[- ]?kuma|check_http|check_curl|nagios|icinga|blackbox[- ]exporter|pingdom|uptimerobot"
    r"|statuscake|site24x7|hetrixtools|nodeping|freshping|updown\.io|better ?(?:uptime|stack)|checkly|checkmk|prtg"
    r"|kube-probe|googlehc/|elb-healthchecker|amazon-route53-health|haproxy|gatus|newrelicpinger|datadog"
)
_MORE_BOTS = ("ckanapi",)
_PATTERNS_AT_ONCE = 100
_BYTES_WORTH_COMPILING = 1 << 12
_AGENTS_KEPT = 1 << 16


class AgentRules:
    """The rule that excludes each agent: `probe`, `empty_agent`, `bot` (tested in that order), or '' for people.

    Known bots are the patterns of the package crawler-user-agents, as it matches them (case counts), and
    `ckanapi`. An agent is judged once and remembered.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, str] = {}

    def __call__(self, agents: Sequence[bytes]) -> list[str]:
        new = list({agent for agent in agents if agent not in self._known})
        if len(self._known) + len(new) > _AGENTS_KEPT:
            self._known, new = {}, list(set(agents))
        self._known.update(zip(new, _judge(new), strict=True))
        return [self._known[agent] for agent in agents]


def _judge(agents: list[bytes]) -> list[str]:
    probes, bots = _match((_PROBES,), agents=agents), _match(_bot_patterns(), agents=agents)
    return [
        "probe" if is_probe else "empty_agent" if agent.strip() in (b"", b"-") else "bot" if is_bot else ""
        for agent, is_probe, is_bot in zip(agents, probes, bots, strict=True)
    ]


def _match(patterns: tuple[str, ...], *, agents: list[bytes]) -> list[bool]:
    """Whether any pattern occurs in each agent; for a handful of agents RE2 would only compile."""
    if sum(map(len, agents)) <= _BYTES_WORTH_COMPILING:
        return [any(found.search(agent) for found in _compile(patterns)) for agent in agents]
    column = pa.array(agents, pa.binary())
    matches = (pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False) for pattern in patterns)
    return cast(list[bool], np.logical_or.reduce(list(matches)).tolist())


@cache
def _compile(patterns: tuple[str, ...]) -> list[re.Pattern[bytes]]:
    return [re.compile(pattern.encode("latin-1")) for pattern in patterns]


@cache
def _bot_patterns() -> tuple[str, ...]:
    """The bot list as a few alternations: one of all 1,500 outgrows the automaton's memory and is 20 times slower."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    patterns = [*_MORE_BOTS, *(entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)]
    return tuple("|".join(patterns[at : at + _PATTERNS_AT_ONCE]) for at in range(0, len(patterns), _PATTERNS_AT_ONCE))
