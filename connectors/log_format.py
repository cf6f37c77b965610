"""The format string of a web server's access log, as its administrator has it, to the places of a request's parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from connectors.errors import ConfigError

Ends = Literal["literal", "quote", "list", "blank", "line"]
Escape = Literal["", "plus", "percent"]

FIELDS_DIRECTIVE = "#Fields:"
# Formats that say themselves what their columns are, and formats that wrap lines of another one in JSON.
STANDARD = ("common", "combined", "json")
SELF_DESCRIBING = ("w3c", "iis", "cloudfront")
WRAPPERS = ("docker", "journald")
_COMBINED = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
_HAPROXY_HTTP = (
    "$client_and_port [$haproxy_time] $front $back/$server $timers $status $sent $request_cookie $response_cookie "
    '$ended $connections $queues "$request"'
)
_BALANCER = (
    "$time_iso8601 $balancer $client_and_port $target $taken_in $taken_by_target $taken_out $status $target_status "
    '$received $sent "$request" "$http_user_agent" $rest'
)
NAMED: dict[str, str] = {
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
    "main": f'{_COMBINED}"$http_user_agent" "$http_x_forwarded_for"',
    "haproxy": f"$process]: {_HAPROXY_HTTP}",
    "haproxy_bare": _HAPROXY_HTTP,
    "alb": f"$type {_BALANCER}",
    "elb": _BALANCER,
    "s3": '$owner $bucket [$time_local] $remote_addr $requester $id $operation $key "$request" $status $error $sent '
    '$size $total $turn_around "$http_referer" "$http_user_agent" $rest',
    "envoy": '[$time_iso8601] "$request" $status $flags $received $sent $duration $upstream "$http_x_forwarded_for" '
    '"$http_user_agent" "$request_id" "$host" $rest',
}
# HAProxy writes to syslog, whose line has a head of its own, or to a container's output.
_ALTERNATIVES = {"haproxy": ("haproxy", "haproxy_bare")}

_CLF = "%d/%b/%Y:%H:%M:%S %z"
_ISO = "%Y-%m-%dT%H:%M:%S%f%z"
_NGINX = {
    "remote_addr": "address",
    "http_x_forwarded_for": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",
    "http_x_real_ip": "forwarded",
    "http_true_client_ip": "forwarded",
    "http_cf_connecting_ip": "forwarded",
    "request": "request",
    "request_method": "method",
    "request_uri": "uri",
    "uri": "uri",
    "document_uri": "uri",
    "status": "status",
    "http_user_agent": "agent",
    "client_and_port": "address_and_port",
    "rest": "rest",
    **dict.fromkeys(("host", "http_host", "server_name"), "host"),
}
_NGINX_CLOCKS = {"time_local": _CLF, "time_iso8601": _ISO, "msec": "%s", "haproxy_time": "%d/%b/%Y:%H:%M:%S%f"}
_APACHE = {
    "v": "host",
    "V": "host",
    "h": "address",
    "a": "address",
    "r": "request",
    "m": "method",
    "U": "uri",
    "s": "status",
}
_APACHE_HEADERS = {
    "user-agent": "agent",
    "host": "host",
    "x-forwarded-for": "forwarded",
    "x-real-ip": "forwarded",
    "true-client-ip": "forwarded",
    "cf-connecting-ip": "forwarded",
}
_APACHE_EPOCHS = {"sec": "%s", "msec": "%L", "usec": "%N"}
_HAPROXY = {
    "ci": "address",
    "r": "request",
    "HM": "method",
    "HU": "uri",
    "HP": "uri",
    "HPO": "uri",
    "ST": "status",
    "client_and_port": "address_and_port",
}
_HAPROXY_CLOCKS = {
    **dict.fromkeys(("t", "tr"), "%d/%b/%Y:%H:%M:%S%f"),
    **dict.fromkeys(("T", "Tl", "trl", "trg"), _CLF),
    "Ts": "%s",
}
_W3C = {
    "c-ip": "address",
    "x-forwarded-for": "forwarded",
    "cs(x-forwarded-for)": "forwarded",
    "cs-method": "method",
    "cs-uri-stem": "uri",
    "cs-uri": "uri",
    "sc-status": "status",
    "cs(user-agent)": "agent",
    "cs-host": "host",
    "cs(host)": "host",
    "x-host-header": "host",
    "date": "time",
    "time": "time",
}
_W3C_CLOCKS = {"date": "%Y-%m-%d", "time": "%H:%M:%S%f"}
_NEEDED = {
    "address": "$remote_addr, %h, c-ip",
    "time": "$time_local, %t, date + time",
    "request": "$request, %r, cs-method + cs-uri-stem",
    "status": "$status, %>s, sc-status",
}
_CLOCK_PARTS = frozenset("YmdebHMSzfsLN%")
_LONGEST_LITERAL = 200
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_NGINX_FIELD = re.compile(r"\$\{?(\w+)\}?")
_APACHE_FIELD = re.compile(r"%(?:!?\d+(?:,\d+)*)?[<>]?(?:\{([^}]*)\})?(\^?t[io]|[a-zA-Z])|%(%)")
_HAPROXY_FIELD = re.compile(r"%(?:\{([^}]*)\})?(\[[^\]]*\]|[A-Za-z_]+)")
# An address before its path, and a query behind it, belong to the path.
_BEFORE_URI = re.compile(
    r"(?:\$\{?scheme\}?://)?\$\{?(?:http_host|host|server_name)\}?(?:(?=\$\{?(?:request_|document_)?uri\b)|:\$\{?server_port\}?(?=\$\{?(?:request_|document_)?uri\b))"
)
_BEHIND_URI = re.compile(
    r"(\$\{?(?:request_|document_)?uri\}?)(?:\$\{?is_args\}?)?(?:\??\$\{?(?:args|query_string)\}?)?"
)


@dataclass(frozen=True)
class LogField:
    """A part of a line: what it holds ('' for what nobody needs), how it ends, and a time's pattern.

    `ends`: at the literal that follows, at a quote not escaped by a backslash, at a literal that follows no comma, at a
    blank, or with the line. A pattern is strptime's, with `%f` for a fraction that may be absent and `%s`, `%L`, `%N`
    for seconds, thousandths and millionths since 1970.
    """

    role: str
    ends: Ends = "literal"
    clock: str = ""
    has_port: bool = False


@dataclass(frozen=True)
class LineFormat:
    """A line: the literals before each field and behind the last one, and how spaces in an agent are written."""

    literals: tuple[bytes, ...]
    fields: tuple[LogField, ...]
    agent_escape: Escape = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """What the fields hold, in their order."""
        return tuple(field.role for field in self.fields)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The parts that a request needs and the format does not have, each with what it is called."""
        has = {*self.roles} | ({"request"} if {"method", "uri"} <= {*self.roles} else set())
        has |= {"address"} & {"address" for role in has if role == "forwarded"}
        has -= {"time"} if not _tells_the_moment(self.fields) else set()
        return tuple(f"{part} ({names})" for part, names in _NEEDED.items() if part not in has)

    @property
    def has_offset(self) -> bool:
        """Whether its times say how far they are from UTC."""
        clocks = "".join(field.clock for field in self.fields)
        return any(part in clocks for part in ("%z", "%s", "%L", "%N"))


def formats_of(text: str) -> tuple[LineFormat, ...]:
    """The formats that a line may have by a known name or a format string; none for those the lines tell themselves.

    Takes nginx's `log_format` and Apache's `LogFormat`, the string alone or the whole statement, HAProxy's
    `log-format`, and a `#Fields:` line. Raises `ConfigError` for a string that lacks a needed part or that is
    ambiguous.
    """
    if text in (*STANDARD, *SELF_DESCRIBING, *WRAPPERS):
        return ()
    if text in NAMED:
        return tuple(_parse(NAMED[name]) for name in _ALTERNATIVES.get(text, (text,)))
    found = w3c_formats(text) if text.startswith(FIELDS_DIRECTIVE) else (_parse(_statement(text)),)
    if lacks := found[0].lacks:
        raise _unfit(text, id=f"tidak memuat {'; '.join(lacks)}", en=f"has no {'; '.join(lacks)}")
    return found


@lru_cache(64)
def w3c_formats(directive: str) -> tuple[LineFormat, ...]:
    """The formats that a `#Fields:` line allows: columns apart by spaces, with `+` for a space, or by tabs.

    Of a line that names none, as one that was cut, they lack everything.
    """
    names = directive.removeprefix(FIELDS_DIRECTIVE).split() or ["-"]
    # CloudFront's own name is the other one.
    is_told_twice = "x-host-header" in names
    roles = {**_W3C, "cs(host)": ""} if is_told_twice else _W3C
    if not any(roles.get(name.lower()) == "host" for name in names):
        roles = {**roles, "s-sitename": "host"}
    fields = [LogField(roles.get(name.lower(), ""), clock=_W3C_CLOCKS.get(name.lower(), "")) for name in names]
    return (
        replace(_laid_out(_between(fields, b" ")), agent_escape="plus"),
        replace(_laid_out(_between(fields, b"\t")), agent_escape="percent"),
    )


def _between(fields: Sequence[LogField], mark: bytes) -> list[bytes | LogField]:
    return [piece for field in fields for piece in (mark, field)][1:]


def _statement(text: str) -> str:
    """The format string in a statement of a server's configuration, or the text itself."""
    text = text.strip()
    if re.match(r"(?i)(log_?format|log-format)\s", text):
        pieces = [single or double for single, double in _QUOTED.findall(text)]
        text = ("" if text.startswith("log_format") else " ").join(pieces[: None if "log_format" in text else 1])
    return text.replace('\\"', '"').replace("\\'", "'").replace("\\t", "\t").replace("\\ ", " ")


def _parse(text: str) -> LineFormat:
    if _NGINX_FIELD.search(text):
        return _laid_out([*_nginx_pieces(text)])
    return _laid_out([*(_haproxy_pieces(text) if re.search(r"%ci\b|%ST\b", text) else _apache_pieces(text))])


def _nginx_pieces(text: str) -> Iterator[bytes | LogField]:
    text = _BEHIND_URI.sub(r"\1", _BEFORE_URI.sub("", text)).replace("$remote_addr:$remote_port", "$client_and_port")
    for literal, found in _split(_NGINX_FIELD, text):
        yield literal
        if found:
            clock = _NGINX_CLOCKS.get(found[1], "")
            yield _field("time" if clock else _NGINX.get(found[1], ""), clock=clock)


def _apache_pieces(text: str) -> Iterator[bytes | LogField]:
    text = re.sub(r"(%[<>]?U)%q", r"\1", text)
    text = re.sub(r"%[ah]:%\{remote\}p", "%{and_port}a", text)
    for literal, found in _split(_APACHE_FIELD, text):
        yield literal
        if found and found[3]:
            yield b"%"
        elif found:
            yield from _apache_field(found[1] or "", found[2])


def _apache_field(argument: str, name: str) -> list[bytes | LogField]:
    if name == "t":
        clock, epoch = argument.removeprefix("begin:").removeprefix("end:"), argument.rpartition(":")[2]
        if not argument:
            return [b"[", _field("time", clock=_CLF), b"]"]
        return [_field("time", clock=_APACHE_EPOCHS.get(epoch) or _checked_clock(clock))]
    if name == "i":
        return [_field(_APACHE_HEADERS.get(argument.lower(), ""))]
    if argument == "and_port":
        return [_field("address_and_port")]
    is_peer = name in "ha" and argument == "c"
    return [_field("" if is_peer else _APACHE.get(name, ""))]


def _haproxy_pieces(text: str) -> Iterator[bytes | LogField]:
    # Headers that nothing captures leave nothing, not even a space.
    text = re.sub(r" ?%h[rs]l?\b", "", text).replace("%ci:%cp", "%client_and_port")
    for literal, found in _split(_HAPROXY_FIELD, text):
        yield literal
        if found:
            quote = b'"' * ("Q" in (found[1] or ""))
            yield from (quote, _haproxy_field(found[2]), quote)


def _haproxy_field(name: str) -> LogField:
    clock, lowered = _HAPROXY_CLOCKS.get(name, ""), name.lower()
    if "user-agent" in lowered:
        return _field("agent")
    if "x-forwarded-for" in lowered:
        return _field("forwarded")
    if re.search(r"\bhost\b", lowered):
        return _field("host")
    return _field("time" if clock else _HAPROXY.get(name, ""), clock=clock)


def _split(pattern: re.Pattern[str], text: str) -> Iterator[tuple[bytes, re.Match[str] | None]]:
    """Each field with the literal before it, and the last literal."""
    at = 0
    for found in pattern.finditer(text):
        yield text[at : found.start()].encode(), found
        at = found.end()
    yield text[at:].encode(), None


def _field(role: str, *, clock: str = "") -> LogField:
    if role == "address_and_port":
        return LogField("address", has_port=True)
    return LogField(role, clock=clock)


def _checked_clock(pattern: str) -> str:
    pattern = pattern.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d").replace("%h", "%b")
    pattern = pattern.replace("msec_frac", "%f").replace("usec_frac", "%f")
    if strange := sorted({*re.findall(r"%(.)", pattern)} - _CLOCK_PARTS):
        known = "%Y %m %d %e %b %H %M %S %z %T %F"
        names = " ".join(f"%{name}" for name in strange)
        raise _unfit(
            f"%{{{pattern}}}t", id=f"{names} belum dikenal; yang ada: {known}", en=f"{names} is not known; {known}"
        )
    return pattern


def _laid_out(pieces: Sequence[bytes | LogField]) -> LineFormat:
    """The pieces as literals and fields, each field with the way it ends and each role once."""
    literals = [b""]
    fields: list[LogField] = []
    for piece in _with_times_apart(pieces):
        if isinstance(piece, bytes):
            literals[-1] += piece
            continue
        if fields and not literals[-1]:
            text = " ".join(field.role or "?" for field in (fields[-1], piece))
            raise _unfit(text, id="dua bagian tanpa pemisah", en="two parts with nothing between them")
        fields.append(piece)
        literals.append(b"")
    if not fields or max(map(len, literals)) > _LONGEST_LITERAL:
        raise _unfit("log_format", id="tidak memuat satu pun bagian yang dikenal", en="has no part that is known")
    around = zip(fields, literals, literals[1:], strict=False)
    ended = [replace(field, ends=_end_of(field, before=before, after=after)) for field, before, after in around]
    return LineFormat(tuple(literals), tuple(replace(field, role=field.role.replace("rest", "")) for field in ended))


def _with_times_apart(pieces: Sequence[bytes | LogField]) -> Iterator[bytes | LogField]:
    """The pieces with each role once, and times whose pattern has spaces as several fields."""
    known: list[LogField] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        is_again = piece.role in {field.role for field in known} and not _is_other_half(piece, known)
        field = replace(piece, role="", clock="") if is_again else piece
        known.append(field)
        for nth, clock in enumerate(field.clock.split(" ")):
            yield from (b" ",) * bool(nth)
            yield replace(field, clock=clock)


def _is_other_half(field: LogField, before: Sequence[LogField]) -> bool:
    """Whether a time field tells the day or the clock that those before it do not."""
    told = "".join(one.clock for one in before)
    return bool(field.clock) and not any(part in told for part in re.findall("%[YHsLN]", field.clock))


def _tells_the_moment(fields: Sequence[LogField]) -> bool:
    clocks = "".join(field.clock for field in fields)
    is_calendar = all(part in clocks for part in ("%Y", "%H", "%M")) and ("%m" in clocks or "%b" in clocks)
    return (is_calendar and ("%d" in clocks or "%e" in clocks)) or any(part in clocks for part in ("%s", "%L", "%N"))


def _end_of(field: LogField, *, before: bytes, after: bytes) -> Ends:
    if not after:
        return "line" if field.role in ("request", "agent", "forwarded", "rest") else "blank"
    if before.endswith(b'"') and after.startswith(b'"'):
        return "quote"
    return "list" if field.role == "forwarded" else "literal"


def _unfit(text: str, *, id: str, en: str) -> ConfigError:
    return ConfigError(
        id=f"log_format '{text[:80]}': {id}. Salin 'log_format' nginx atau 'LogFormat' Apache dari pengaturan server, "
        f"atau salah satu nama: {', '.join(KNOWN_NAMES)}.",
        en=f"log_format '{text[:80]}': {en}. Copy nginx's 'log_format' or Apache's 'LogFormat' from the server's "
        f"configuration, or give one of the names: {', '.join(KNOWN_NAMES)}.",
    )


KNOWN_NAMES = (*STANDARD, *(name for name in NAMED if name != "haproxy_bare"), *SELF_DESCRIBING, *WRAPPERS)
