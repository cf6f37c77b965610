"""One JSON access log line to a hit: the reference for which names are known and what their values mean.

Caddy, Traefik and nginx (`log_format ... escape=json`) write one object per line; a city's YAML declares other names.
Behind a proxy the client is the one the log names as such: forwarding headers are ignored.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NoReturn

from kernels.access_log import FIRST_YEAR, LAST_YEAR, LONGEST_LINE
from pipeline.access_log.formats.line import read_line, read_stamp
from pipeline.access_log.hits import NO_AGENT, Hit

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
    "host": (str,),
}


@dataclass(frozen=True)
class JsonNames:
    """The paths at which each part of a hit may be, the first one present counts; dots lead into nested objects.

    `request` is a request's whole first line; without it `method` and `uri` take its place.
    """

    address: tuple[str, ...] = ("remote_addr", "request.client_ip", "request.remote_ip", "ClientHost")
    time: tuple[str, ...] = ("time_iso8601", "msec", "time_local", "ts", "StartUTC")
    request: tuple[str, ...] = ("request",)
    method: tuple[str, ...] = ("request_method", "request.method", "RequestMethod")
    uri: tuple[str, ...] = ("request_uri", "request.uri", "RequestPath")
    status: tuple[str, ...] = ("status", "DownstreamStatus")
    agent: tuple[str, ...] = ("http_user_agent", "request.headers.User-Agent", "request_User-Agent")
    host: tuple[str, ...] = ("host", "http_host", "server_name", "request.host", "RequestHost")

    @cached_property
    def by_part(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of each part."""
        return asdict(self)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys on the way to any part."""
        return frozenset(key for paths in self.by_part.values() for path in paths for key in path.split("."))

    def declared(self, names: Mapping[str, str]) -> JsonNames:
        """These names, with only the declared path for each part that is declared."""
        own = {part: (path,) for part, path in names.items()}
        return replace(self, **({"request": ()} if "method" in own else {}) | own)


KNOWN_NAMES = JsonNames()


def read_any_line(line: bytes, *, names: JsonNames) -> Hit | str:
    """A line of any format: what begins with a brace is JSON."""
    return read_json_line(line, names=names) if line.startswith(b"{") else read_line(line)


def read_json_line(line: bytes, *, names: JsonNames) -> Hit | str:
    """The hit of a line, or its fault: `malformed_line` or `bad_time`.

    A line is malformed when it is no JSON, lacks a part other than agent and host, or has a part's key twice. An agent
    missing among logged headers is empty; where no headers are logged it is `NO_AGENT`. Text is UTF-8; invalid bytes
    are kept.
    """
    try:
        record = load(line, names=names)
        values = {part: value_at(record, path) for part, path in find_paths(record, names=names).items()}
        request = values["request"] if "request" in values else f"{values['method']} {values['uri']}"
        address, status, seconds = _encoded(values["address"]), STATUSES[values["status"]], read_time(values["time"])
        no_agent = "" if "headers" in values else NO_AGENT.decode()
        agent = first_agent(values["agent"]) if "agent" in values else no_agent
        asked, host = _encoded(request).partition(b"?")[0], _encoded(values.get("host", ""))
        hit = Hit(address, seconds or 0, asked, status, _encoded(agent), host)
    except (ValueError, KeyError):
        return "malformed_line"
    if not address:
        return "malformed_line"
    return hit if seconds else "bad_time"


def load(line: bytes, *, names: JsonNames) -> object:
    """The decoded line; raises `ValueError` when it is over 1 MiB, no JSON, or has a key of a part twice."""
    if len(line) > LONGEST_LINE:
        raise ValueError

    def as_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        counts = Counter(key for key, _ in pairs if key in names.keys)
        if any(count > 1 for count in counts.values()):
            raise ValueError
        return dict(pairs)

    try:
        text = line.decode("utf-8", "surrogateescape")
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=as_object)
    except RecursionError:
        raise ValueError from None


def find_paths(record: object, *, names: JsonNames) -> dict[str, str]:
    """The path of each part that is present; `headers` is that of the object in which an agent is missing."""
    present: dict[str, str] = {}
    for part, paths in names.by_part.items():
        found = [path for path in paths if _fits(value_at(record, path), part)]
        present |= {part: found[0]} if found else {}
    holders = [path.rpartition(".")[0] for path in names.agent if "." in path]
    found = [path for path in holders if isinstance(value_at(record, path), dict)]
    return present if "agent" in present or not found else {**present, "headers": found[0]}


def read_paths(line: bytes, *, names: JsonNames) -> tuple[object, dict[str, str]] | None:
    """The decoded line and the path of each part in it; null when it is no JSON."""
    try:
        record = load(line, names=names)
    except ValueError:
        return None
    return record, find_paths(record, names=names)


def is_whole(paths: Mapping[str, str]) -> bool:
    """Whether all parts that a hit needs are present."""
    return any(needed <= paths.keys() for needed in _NEEDED)


def find_missing_parts(line: bytes, *, names: JsonNames) -> tuple[list[str], list[str]] | None:
    """The parts of a hit that a JSON line lacks, and the paths it has; null when it lacks none or is no JSON."""
    if not line.startswith(b"{") or (read := read_paths(line, names=names)) is None:
        return None
    record, paths = read
    missing = min((sorted(needed - paths.keys()) for needed in _NEEDED), key=len)
    return (missing, _all_paths(record)) if missing else None


def find_repeated_key(line: bytes, *, names: JsonNames) -> str:
    """The first key of a part that an object in a JSON line has twice; empty when there is none."""
    repeated: list[str] = []

    def as_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs if key in names.keys]
        repeated.extend(key for key, count in Counter(keys).items() if count > 1)
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        json.loads(line.decode("utf-8", "surrogateescape"), object_pairs_hook=as_object)
    return repeated[0] if repeated else ""


def read_time(value: str | float) -> int | None:
    """Seconds since 1970 in UTC from an epoch, an ISO 8601 moment with offset or Apache's stamp; null for others."""
    if epoch := _EPOCH.fullmatch(f"{value}"):
        seconds: int | None = int(epoch[1])
    elif isinstance(value, str):
        stamp = value.removeprefix("[").removesuffix("]").encode("utf-8", "surrogateescape")
        seconds = read_stamp(stamp) or _read_moment(value)
    else:
        seconds = None
    return seconds if seconds and FIRST_SECOND <= seconds < END_SECOND else None


def first_agent(agent: str | list[str]) -> str:
    """The agent, or the first of a list of agents, empty for an empty list."""
    return agent if isinstance(agent, str) else next(iter(agent), "")


def _read_moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _all_paths(record: object) -> list[str]:
    """The paths of all values; lists count as values."""
    if not isinstance(record, dict):
        return [""]
    return [f"{key}.{path}".rstrip(".") for key, value in record.items() for path in _all_paths(value)]


def value_at(record: Any, path: str) -> Any:  # noqa: ANN401 JSON may hold anything
    """The value at a path, dots leading into nested objects; null when there is none."""
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
