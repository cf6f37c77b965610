"""One JSON access log line to a hit: the reference that says which names are known and what their values mean.

Caddy, Traefik and nginx (`log_format ... escape=json`) write one object a line; other names that administrators choose
are declared in a city's YAML. Behind a proxy the client is whom the log itself calls so: no other header is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from kernels.access_log import FIRST_YEAR, LAST_YEAR, LONGEST_LINE
from pipeline.access_log.formats.line import NO_AGENT, Hit, read_line, read_stamp

STATUSES = {written: status for status in range(1000) for written in (status, f"{status}", f"{status:03}")}
FIRST_SECOND, END_SECOND = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (FIRST_YEAR, LAST_YEAR + 1))

# Seconds, or thousandths, millionths or billionths of one; from 1990 to 2099 no two of them have as many digits.
_EPOCH = re.compile(r"(\d{9,10})(?:\d{3}){0,3}(?:\.\d+)?", re.ASCII)
_NEEDED = ({"address", "time", "status", "request"}, {"address", "time", "status", "method", "uri"})
_KINDS: Mapping[str, tuple[type, ...]] = {
    "address": (str,),
    "time": (str, int, float),
    "request": (str,),
    "method": (str,),
    "uri": (str,),
    "status": (str, int),
    "agent": (str, list),
}


@dataclass(frozen=True)
class JsonNames:
    """Where each part of a hit may stand, the first that is there first; dots lead into objects within objects.

    `request` is the whole first line of a request; without it `method` and `uri` tell the same.
    """

    address: tuple[str, ...] = ("remote_addr", "request.client_ip", "request.remote_ip", "ClientHost")
    time: tuple[str, ...] = ("time_iso8601", "msec", "time_local", "ts", "StartUTC")
    request: tuple[str, ...] = ("request",)
    method: tuple[str, ...] = ("request_method", "request.method", "RequestMethod")
    uri: tuple[str, ...] = ("request_uri", "request.uri", "RequestPath")
    status: tuple[str, ...] = ("status", "DownstreamStatus")
    agent: tuple[str, ...] = ("http_user_agent", "request.headers.User-Agent", "request_User-Agent")

    def declared(self, names: Mapping[str, str]) -> JsonNames:
        """These names, but where a part is declared, only what is declared."""
        own = {part: (path,) for part, path in names.items()}
        return replace(self, **({"request": ()} if "method" in own else {}) | own)


KNOWN_NAMES = JsonNames()


def read_any_line(line: bytes, *, names: JsonNames) -> Hit | str:
    """A line of any format: what begins with a brace is JSON."""
    return read_json_line(line, names=names) if line.startswith(b"{") else read_line(line)


def read_json_line(line: bytes, *, names: JsonNames) -> Hit | str:
    """The line's fields, or what is wrong with it: `malformed_line` or `bad_time`.

    Malformed is what is no JSON, or lacks a part other than the agent. An agent that is missing among logged headers is
    an empty agent; where no headers are logged it is `NO_AGENT`. Text is UTF-8, and bytes that are not are kept.
    """
    try:
        record = load(line)
        places = find_places(record, names=names)
        told = {part: value_at(record, place) for part, place in places.items()}
        asked = told["request"] if "request" in told else f"{told['method']} {told['uri']}"
        address, status, seconds = _encoded(told["address"]), STATUSES[told["status"]], read_time(told["time"])
        agent = first_agent(told["agent"]) if "agent" in told else ("" if "headers" in told else NO_AGENT.decode())
        hit = Hit(address, seconds or 0, _encoded(asked).partition(b"?")[0], status, _encoded(agent))
    except (ValueError, KeyError):
        return "malformed_line"
    if not address:
        return "malformed_line"
    return hit if seconds else "bad_time"


def load(line: bytes) -> object:
    """What a line says; `ValueError` when it is longer than any line may be, or no JSON."""
    if len(line) > LONGEST_LINE:
        raise ValueError
    try:
        return json.loads(line.decode("utf-8", "surrogateescape"), parse_constant=_refuse)
    except RecursionError:
        raise ValueError from None


def find_places(record: object, *, names: JsonNames) -> dict[str, str]:
    """Where each part stands that is there; `headers` is the object in which an agent is missing."""
    places: dict[str, str] = {}
    for part, paths in asdict(names).items():
        found = [path for path in paths if _fits(value_at(record, path), part)]
        places |= {part: found[0]} if found else {}
    holders = [path.rpartition(".")[0] for path in names.agent if "." in path]
    found = [path for path in holders if isinstance(value_at(record, path), dict)]
    return places if "agent" in places or not found else {**places, "headers": found[0]}


def read_places(line: bytes, *, names: JsonNames) -> tuple[object, dict[str, str]] | None:
    """What a line says, and where each part stands in it; null when it is no JSON."""
    try:
        record = load(line)
    except ValueError:
        return None
    return record, find_places(record, names=names)


def is_whole(places: Mapping[str, str]) -> bool:
    """Whether all parts are there that a hit needs."""
    return any(needed <= places.keys() for needed in _NEEDED)


def find_lack(line: bytes, *, names: JsonNames) -> tuple[list[str], list[str]] | None:
    """The parts of a hit that a JSON line does not tell, and the names it has; null for other lines."""
    if not line.startswith(b"{") or (read := read_places(line, names=names)) is None:
        return None
    record, places = read
    lacks = min((sorted(needed - places.keys()) for needed in _NEEDED), key=len)
    return (lacks, _paths(record)) if lacks else None


def read_time(told: str | float) -> int | None:
    """Seconds since 1970: of a count of them, an ISO 8601 moment with its offset, or a stamp as Apache writes it."""
    if epoch := _EPOCH.fullmatch(f"{told}"):
        seconds: int | None = int(epoch[1])
    elif isinstance(told, str):
        stamp = told.removeprefix("[").removesuffix("]").encode("utf-8", "surrogateescape")
        seconds = read_stamp(stamp) or _read_moment(told)
    else:
        seconds = None
    return seconds if seconds and FIRST_SECOND <= seconds < END_SECOND else None


def first_agent(agent: str | list[str]) -> str:
    """The agent, of which a log may hold a list."""
    return agent if isinstance(agent, str) else next(iter(agent), "")


def _read_moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _paths(record: object) -> list[str]:
    """Where anything stands, but what is in a list."""
    if not isinstance(record, dict):
        return [""]
    return [f"{key}.{path}".rstrip(".") for key, value in record.items() for path in _paths(value)]


def value_at(record: Any, path: str) -> Any:  # noqa: ANN401 JSON may hold anything
    """What stands at a place, dots leading into objects; null for nothing."""
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def _fits(value: object, part: str) -> bool:
    is_of_texts = not isinstance(value, list) or all(isinstance(text, str) for text in value)
    return type(value) in _KINDS[part] and is_of_texts


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
