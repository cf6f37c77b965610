"""Lines of a declared format: what a format string means, and that the kernel reads as a regular expression does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.log_format import NAMED, LineFormat, LogField, formats_of
from pipeline.access_log.formats.reader import LineReader, LineTerms
from pipeline.access_log.hits import NO_AGENT, Hit, Hits
from tests.access_log.test_line import NASTY

JAKARTA = ZoneInfo("Asia/Jakarta")
AT = int(datetime(2025, 1, 1, 2, tzinfo=UTC).timestamp())
TRUSTED = ("10.0.0.0/8", "2001:db8::/32")
W3C = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status time-taken"
STRINGS = (
    *NAMED,
    W3C,
    '$http_x_forwarded_for - $remote_user [$time_local] "$request" $status "$http_user_agent"',
    "$msec $remote_addr $request_method $request_uri $status",
    '%{X-Forwarded-For}i %h %l %{%Y-%m-%d %T}t "%m %U%q %H" %>s "%{User-Agent}i"',
    "%ci:%cp [%trl] %ST %{+Q}[capture.req.hdr(0),User-Agent] %{+Q}r",
)
SAMPLES = {
    "address": ["203.0.113.7", "10.0.0.1", "2001:db8::1", "-", "", "[2001:db8::5]:443", " 203.0.113.9 "],
    "forwarded": [
        "203.0.113.8",
        "203.0.113.8, 10.0.0.2",
        "a,b,,",
        "-",
        "",
        "1.2.3.4:55, 10.1.1.1,10.2.2.2",
        ",",
        '"x"',
    ],
    "request": ["GET /a?b=c HTTP/1.1", "-", "", '\\" x', "GET http://h/a HTTP/2.0", "a\\\\"],
    "method": ["GET", "POST", ""],
    "uri": ["/a", "/a?q=1", "", "/%20"],
    "host": ["data.kota.go.id", "a.go.id:443", "-", ""],
    "status": ["200", "304", "-", "-1", "20", "2000", "x00", "007"],
    "agent": ["Mozilla/5.0 (X11)", "Mozilla/5.0+(X11)", "a%2520b%41", "-", "", 'say \\"hi\\"'],
    "": ["-", "", "x", "a b", "0/0/0", "é"],
}
CLOCKS = {
    "%d/%b/%Y:%H:%M:%S": [
        "01/Jan/2025:09:00:00",
        "31/Feb/2025:09:00:00",
        "29/Feb/2024:00:00:00",
        "1/Jan/2025:09:00:00",
    ],
    "%z": ["+0700", "-0330", "Z", "+07:00", "+9900", "0700", "+07:"],
    "%d/%b/%Y:%H:%M:%S%f": ["01/Jan/2025:09:00:00.123", "01/Jan/2025:09:00:60.1", "01/Jan/1970:00:00:00"],
    "%Y-%m-%dT%H:%M:%S%f%z": ["2025-01-01T02:00:00.5Z", "2025-01-01T09:00:00+07:00", "2025-13-01T02:00:00Z", "2025"],
    "%Y-%m-%d": ["2025-01-01", "2025-02-29", "2024-02-29", "25-01-01"],
    "%H:%M:%S": ["02:00:00", "24:00:00"],
    "%H:%M:%S%f": ["02:00:00", "24:00:00", "23:59:59.", "23:59:59,9"],
    "%s": ["1735696800.123", "1735696800", "12", "x", "9" * 20],
}


def terms(text: str, *, picks_client: bool = False, trusted: tuple[str, ...] = ()) -> LineTerms:
    return LineTerms(log_format=(text,), picks_client=picks_client, trusted_proxies=trusted, clock_zone=JAKARTA)


def read_one_by_one(lines: Sequence[bytes], *, terms: LineTerms) -> list[object]:
    """The twin of the kernel: one regular expression per format."""
    read = [(number, _read(line.rstrip(b"\r"), terms)) for number, line in enumerate(lines)]
    faults = sorted(fault for _, fault in read if isinstance(fault, str))
    return [*(row for row in read if isinstance(row[1], Hit)), *faults]


def _read(line: bytes, terms: LineTerms) -> Hit | str:
    for form in formats_of(terms.log_format[0]):
        found = _pattern(form).fullmatch(line)
        read = _hit(form, found.groups(), terms) if found else None
        if read is not None:
            return read
    return "malformed_line" if line.strip(b" \t\r") else "blank_line"


@cache
def _pattern(form: LineFormat) -> re.Pattern[bytes]:
    ways = {
        "quote": rb'([^"\\]*+(?:\\.[^"\\]*+)*+)',
        "literal": rb"((?:(?!%b).)*+)",
        "list": rb"((?:(?!(?<!,)%b).)*+)",
        "blank": rb"([^ \t]*+)",
        "line": rb"(.*)",
    }
    pattern = re.escape(form.literals[0])
    for field, literal in zip(form.fields, form.literals[1:], strict=True):
        way = ways[field.ends]
        if field.ends in ("list", "literal"):
            way %= re.escape(literal)
        pattern += way + re.escape(literal)
    return re.compile(pattern, re.DOTALL)


def _hit(form: LineFormat, texts: tuple[bytes, ...], terms: LineTerms) -> Hit | str | None:
    """The hit, `bad_time`, or null when another part is not as it must be."""
    told = {field.role: text for field, text in zip(form.fields, texts, strict=True) if field.role}
    request = told["request"] if "request" in told else told["method"] + b" " + told["uri"]
    status = (
        0
        if told["status"] in (b"-", b"-1")
        else int(told["status"])
        if re.fullmatch(rb"[0-9]{3}", told["status"])
        else -1
    )
    address = _client(form, told, terms)
    if status < 0 or not address:
        return None
    clocks = [(field, text) for field, text in zip(form.fields, texts, strict=True) if field.clock]
    seconds = _seconds(clocks, UTC if terms.log_format[0] == W3C else terms.clock_zone)
    agent = _agent(told["agent"], form) if "agent" in told else NO_AGENT
    asked = request.partition(b"?")[0]
    origin = re.match(rb"[^ ]* [^/:]*://([^/ ]*)", asked, re.DOTALL)
    host = told["host"] if "host" in told else origin[1] if origin else b""
    return Hit(address, seconds, asked, status, agent, host) if seconds else "bad_time"


def _agent(agent: bytes, form: LineFormat) -> bytes:
    if form.agent_escape == "percent":
        once = unquote_to_bytes(agent)
        return (unquote_to_bytes(once) if b"%20" in once else once).replace(b"\n", b" ")
    return agent.replace(b"+", b" ") if form.agent_escape else agent


def _client(form: LineFormat, told: dict[str, bytes], terms: LineTerms) -> bytes:
    peer, forwarded = told.get("address"), told.get("forwarded")
    if peer is not None and any(field.has_port for field in form.fields):
        peer = peer[: peer.rindex(b":")] if b":" in peer[1:] else peer
    if not terms.picks_client and peer is not None:
        return _trimmed(peer)
    if forwarded is None:
        forwarded, peer = peer or b"", None
    items = [_trimmed(item) for item in forwarded.split(b",")]
    chain = [*items, *([_trimmed(peer)] if peer is not None else [])]
    if not terms.trusted_proxies:
        return items[-1] or (_trimmed(peer) if peer is not None else b"")
    client = chain.pop()
    while chain and _is_trusted(client) and chain[-1]:
        client = chain.pop()
    return client


def _trimmed(address: bytes) -> bytes:
    address = address.strip(b' \t"')
    if address.startswith(b"["):
        return address[1:].rpartition(b"]")[0] if b"]" in address else address[1:]
    is_port = address.find(b":") == address.rfind(b":") > 0 or 0 < address.rfind(b".") < address.rfind(b":")
    address = address.rpartition(b":")[0] if is_port else address
    return b"" if address == b"-" else address


def _is_trusted(address: bytes) -> bool:
    try:
        return any(ip_address(address.decode("ascii")) in ip_network(network) for network in TRUSTED)
    except ValueError:
        return False


_CLOCK_PATTERNS = {
    "%d": "(?P<d>[0-9]{2})",
    "%b": "(?P<b>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
    "%Y": "(?P<Y>[0-9]{4})",
    "%m": "(?P<m>[0-9]{2})",
    "%H": "(?P<H>[0-9]{2})",
    "%M": "(?P<M>[0-9]{2})",
    "%S": "(?P<S>[0-9]{2})",
    "%f": "(?:[.,][0-9]+)?",
    "%z": "(?P<z>Z|[+-][01][0-9]:?[0-5][0-9])",
    "%s": r"(?P<s>[0-9]{1,18})(?:[.,][0-9]+)?",
}


def _seconds(clocks: list[tuple[LogField, bytes]], zone: object) -> int:
    told: dict[str, str] = {}
    for field, text in clocks:
        pattern = re.sub(r"%.", lambda found: _CLOCK_PATTERNS[found[0]], field.clock)
        found = re.fullmatch(pattern, text.decode("latin-1"))
        if found is None:
            return 0
        told |= found.groupdict()
    if "s" in told:
        seconds = int(told["s"])
        return seconds if 631152000 <= seconds < 4102444800 else 0
    month = told["m"] if "m" in told else f"{'JanFebMarAprMayJunJulAugSepOctNovDec'.index(told['b']) // 3 + 1:02}"
    offset = told.get("z", "").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{told['Y']}-{month}-{told['d']}T{told['H']}:{told['M']}:{told['S']}{offset}")
    except ValueError:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)  # type: ignore[arg-type]
    seconds = int(moment.timestamp())
    return seconds if moment.year >= 1990 and 631152000 <= seconds < 4102444800 else 0


@st.composite
def cases(draw: st.DrawFn) -> tuple[LineTerms, list[bytes]]:
    text = draw(st.sampled_from(STRINGS))
    form = draw(st.sampled_from(formats_of(text)))
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        line = form.literals[0]
        for field, literal in zip(form.fields, form.literals[1:], strict=True):
            values = CLOCKS[field.clock] if field.clock else SAMPLES[field.role]
            port = b":443" * (field.has_port and draw(st.booleans()))
            line += draw(st.sampled_from([*values[:1] * 6, *values])).encode() + port + literal
        at, junk = (
            draw(st.integers(0, len(line))),
            draw(st.one_of(*[st.just(b"")] * 4, NASTY, st.binary(max_size=4))),
        )
        line = (line[:at] + junk + line[at:]).replace(b"\n", b"").lstrip(b"#{")
        lines.append(line + b"\r" * draw(st.integers(0, 1)))
    trusted = draw(st.sampled_from([(), TRUSTED]))
    return terms(text, picks_client=bool(trusted) or draw(st.booleans()), trusted=trusted), lines


def rows_of(hits: Hits) -> list[object]:
    found = []
    for rows in hits.rows:
        told = (rows.addresses, rows.requests, rows.agents, rows.hosts)
        texts = (column.tolist() for column in told if column is not None)
        columns = zip(rows.lines.tolist(), rows.seconds.tolist(), rows.statuses.tolist(), *texts, strict=True)
        found += [
            (line, Hit(who, at, asked, status, agent, *host)) for line, at, status, who, asked, agent, *host in columns
        ]
    return [*sorted(found, key=lambda row: row[0]), *sorted(hits.faults.elements())]


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_kernel_reads_any_bytes_as_a_regular_expression_does(case: tuple[LineTerms, list[bytes]]) -> None:
    line_terms, lines = case
    hits = LineReader(line_terms).read(b"".join(line + b"\n" for line in lines))
    assert rows_of(hits) == read_one_by_one(lines, terms=line_terms)
