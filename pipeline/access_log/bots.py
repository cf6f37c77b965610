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
_MORE_BOTS = ("ckanapi", "WindowsPowerShell", "QGIS/")
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
# Libraries, clients of interfaces, scanners, players and data tools, by the product their agents begin with: the
# package knows few of them.
_TOOLS = frozenset(
    b"""
    apache-httpclient jakarta java java-http-client google-http-java-client jersey unirest-java reactornetty
    akka-http scalaj-http okhttp dart go go-http-client go-resty fasthttp php php-curl-class php-soap guzzle
    guzzlehttp symfony restsharp python python-requests python-urllib python-urllib3 python-httpx python-httplib2
    aiohttp httpx scrapy ruby faraday typhoeus mechanize rest-client http.rb node node-fetch node-superagent undici
    deno bun got axios reqwest curl libcurl pycurl r r-curl httr wget aria2 libwww-perl lwp-request lwp-trivial
    lwp::simple perl mojolicious http-tiny libsoup libhttp winhttp winhttp.winhttprequest winhttp.winhttprequest.5
    cpprestsdk cpp-httplib powershell microsoft microsoft.data.mashup excel powerbi tableau knime qgis gdal grafana
    prometheus telegraf postmanruntime insomnia bruno-runtime hoppscotch soapui apidog httpie lavf vlc libvlc
    gstreamer ffmpeg applecoremedia nuclei nikto nmap masscan zgrab zgrab2 sqlmap wpscan gobuster dirbuster ffuf
    fuzz feroxbuster censysinspect shodan acunetix nessus openvas qualys apachebench jmeter k6 grafanak6 siege wrk
    locust gatling vegeta hey
    """.translate(_DIGITS_AS_ZERO).split()
)
_PRODUCT = re.compile(rb"(?:Mozilla/\d\.\d+ \(compatible; ?)?([A-Za-z][\w.:-]{0,39})")
_SAYS_BOT = re.compile(rb"(?i)(?:bot|crawler|spider|scraper)$")
_BROWSER = re.compile(rb"Mozilla/\d\.\d+ \((?!compatible;(?! ?(?:MSIE|Konqueror)))|Opera/\d")
_UNNAMED = "?"
_WORD = re.compile(r"(?:[^\\.^$*+?{}\[\]|()]|\\\W)+")
_ESCAPED = re.compile(r"\\(\W)")
SHAPES_KEPT = 1 << 16


class AgentRules:
    """The rule that excludes each agent: `probe`, `empty_agent`, `bot` (tested in that order), or '' for people.

    Known bots are those of the package crawler-user-agents, matched as it does (case-sensitive), agents whose first
    product is a tool or is called a bot, crawler or spider, in any case, and a few of `_MORE_BOTS`.
    Agents that differ only in digits, as browser versions do, share a cache entry: most patterns contain no digit, and
    few agents are of the shape of one that does. In a log without agents everyone counts as people. Safe to call from
    several threads.
    """

    def __init__(self) -> None:
        self._by_shape: dict[bytes, tuple[str, list[bytes]]] = {}
        self._lock = Lock()

    def __call__(self, agents: list[bytes]) -> list[str]:
        """One rule per agent, in their order."""
        with self._lock:
            return self._judge(agents)

    def _judge(self, agents: list[bytes]) -> list[str]:
        if len(self._by_shape) > SHAPES_KEPT:
            self._by_shape.clear()
        any_digits, named_digits = _bots()
        shapes = [agent.translate(_DIGITS_AS_ZERO) for agent in agents]
        if new := [*{*shapes} - self._by_shape.keys()]:
            judged = zip(map(_rule, new, any_digits.match(new)), map(named_digits.words_of_shape, new), strict=True)
            self._by_shape.update(zip(new, judged, strict=True))
        known = zip(agents, (self._by_shape[shape] for shape in shapes), strict=True)
        return [rule or "bot" * named_digits.is_in(agent, words) for agent, (rule, words) in known]


@cache
def agent_rules() -> AgentRules:
    """The process-wide instance, whose cache all threads share."""
    return AgentRules()


def unlisted_product(agent: bytes) -> str:
    """The product an agent that counts as a person names first, `?` for none; empty for a browser's and for no agent.

    Every browser since the nineties begins with `Mozilla/` or `Opera/` and a bracket. A name is told only with what
    follows it, such as a version; whole agents are not.
    """
    if agent == NO_AGENT or _BROWSER.match(agent):
        return ""
    found = _PRODUCT.match(agent)
    is_named = found and found.end() < len(agent) and agent[found.end()] in b"/ ;"
    return found[1].decode() if found and is_named else _UNNAMED


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
        return [self.is_in(agent, words) for agent in agents]

    def words_of_shape(self, shape: bytes) -> list[bytes]:
        """The words that an agent of this shape may contain."""
        return [word for word in self.words if word.translate(_DIGITS_AS_ZERO) in shape]

    def is_in(self, agent: bytes, words: list[bytes]) -> bool:
        """Whether an agent contains a pattern, of the plain words one of these."""
        return any(word in agent for word in words) or self.others.search(agent) is not None


def _rule(agent: bytes, is_bot: bool) -> str:
    if agent == NO_AGENT:
        return ""
    if _PROBES.search(agent):
        return "probe"
    if agent.strip() in (b"", b"-"):
        return "empty_agent"
    return "bot" if is_bot or _is_tool(agent) else ""


def _is_tool(agent: bytes) -> bool:
    found = _PRODUCT.match(agent)
    return found is not None and (found[1].lower() in _TOOLS or _SAYS_BOT.search(found[1]) is not None)


@cache
def _bots() -> tuple[_Bots, _Bots]:
    """Bots whose patterns contain no digit, and those whose patterns do."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    patterns = [*_MORE_BOTS, *(entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA)]
    names_digit = re.compile("[0-9]").search
    return _Bots.of(p for p in patterns if not names_digit(p)), _Bots.of(p for p in patterns if names_digit(p))
