"""Zabbix: problems of triggers that bear on a window, with their recoveries and the maintenances of their hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from connectors.base import Connector, Options, Retention, Window, Wire, frame_of
from connectors.errors import ConfigError, DataRejected, SourceChanged, SourceUnavailable
from connectors.http import Answer, Request
from connectors.records import RawFile
from connectors.zabbix_maintenance import Span, bears_on_tags, effective_spans, overlaps

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["not_classified", "information", "warning", "average", "high", "disaster"]

_SEVERITIES: tuple[Severity, ...] = ("not_classified", "information", "warning", "average", "high", "disaster")
_STAMP = "%Y%m%dT%H%M%SZ"
_KEPT = re.compile(r"(\d{8}T\d{6}Z-(\d{8}T\d{6}Z))-(problems|recoveries|maintenances|groups)-\d+\.json")
_RIGHTS = re.compile(r"not authori[sz]ed|permission|login|password|token|session|blocked", re.IGNORECASE)
_WRONG_CALLS = {-32600, -32601, -32602}
_DURATION = re.compile(r"(\d+)([smhdw]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NONE = "0"
_ANY_EVENT = {"source": 0, "object": 0}
_PROBLEM = {**_ANY_EVENT, "value": [1]}


class ZabbixOptions(Options):
    """Which problems are outages and what they befall.

    `severities`: high and disaster, or all when `tags` says by tag and value which problems count, such as
    `scope: availability`. `component_tags`: the first of these tags a problem has names the component, else its host.
    `zone`: the clock of the Zabbix server, on which maintenances recur, if it is not the city's.
    """

    severities: tuple[Severity, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    component_tags: tuple[str, ...] = ("service", "layanan")
    zone: str = ""
    size: int = Field(default=1000, ge=1, le=10_000)

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key if value else ""
        except (ValueError, OSError, KeyError):
            raise ValueError(f"zona '{value}' tidak dikenal, contoh: Asia/Jakarta / unknown zone") from None


class Zabbix(Connector):
    """Grain of `rows`: one problem and component. Columns: eventid, component, severity, clock, r_clock (epoch
    seconds, null while open), cause_eventid (null without, and before 6.4) and is_planned.

    Planned is a problem that overlaps a time in which a maintenance of one of its hosts or host groups was in effect,
    with or without data collection, and meant for its tags; what Zabbix itself calls suppressed is forgotten with the
    maintenance's end. Names of problems and of people are never asked for.
    """

    OPTIONS = ZabbixOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The window's problems by their numbers, so that an answer that comes short is noticed, and what they need.

        Raises `ConfigError` for a refused account, `DataRejected` when the ends of problems cannot be read,
        `SourceChanged` for an answer of another form.
        """
        session = _log_in(wire)
        stem = f"{window.start_at.astimezone(UTC):{_STAMP}}-{window.end_at.astimezone(UTC):{_STAMP}}"
        listed = self._listed(session, window)
        found_count = self._ask_events(session, f"{stem}-problems", list(listed), more=session.problem_fields)
        wire.note_missing_rows(len(listed), found_count)
        ends = sorted(set(listed.values()) - {_NONE}, key=int)
        if self._ask_events(session, f"{stem}-recoveries", ends, more={"output": ["eventid", "clock"]}) < len(ends):
            raise DataRejected(
                id=f"'{wire.connection.name}': akhir sebagian masalah tidak dapat dibaca. Periksa hak baca akun API.",
                en=f"'{wire.connection.name}': the ends of some problems cannot be read. Check the account's rights.",
            )
        if listed:
            session.keep(f"{stem}-maintenances-00001.json", "maintenance.get", session.maintenance_fields)
            fields = {"output": ["groupid", "name"], "selectHosts": ["hostid"]}
            session.keep(f"{stem}-groups-00001.json", "hostgroup.get", fields)

    def held(self, wire: Wire) -> Retention:
        """The moment of the oldest event still there, and after how many days Zabbix deletes them, if it says so.

        Raises `ConfigError` when the account sees no event at all, because then it would see no outage either.
        """
        session = _log_in(wire)
        oldest = session.ask("event.get", {**_ANY_EVENT, "output": ["clock"], "sortfield": "clock", "limit": 1})
        if not oldest:
            raise ConfigError(
                id=f"'{wire.connection.name}': akun ini tidak melihat satu pun kejadian. Beri kelompok penggunanya hak "
                "baca (Read) atas grup host di Zabbix.",
                en=f"'{wire.connection.name}': this account sees no event at all. Give its user group the right to "
                "read the host groups in Zabbix.",
            )
        return Retention(datetime.fromtimestamp(int(oldest[0]["clock"]), UTC), _kept_days(session))

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The problems of kept answers, each completed from the answers of the same pull."""
        pulls: dict[str, _Pull] = {}
        problems: list[tuple[RawFile, str, list[Mapping[str, Any]]]] = []
        for file in files:
            named = _KEPT.fullmatch(file.name)
            if named is None:
                continue
            results = json.loads(file.path.read_bytes())["result"]
            end_at = datetime.strptime(named[2], _STAMP).replace(tzinfo=UTC)
            pulls.setdefault(named[1], _Pull(int(end_at.timestamp()))).add(named[3], results)
            if named[3] == "problems":
                problems.append((file, named[1], results))
        zone = ZoneInfo(self.options.zone) if self.options.zone else self.zone
        for file, stem, results in problems:
            plans = pulls[stem].plans(results, zone)
            records = (row for problem in results for row in self._rows(problem, pulls[stem], plans))
            yield file, frame_of(records, columns=columns)

    def _listed(self, session: _Session, window: Window) -> dict[str, str]:
        """The numbers of problems and of their recoveries (`_NONE` while open), in order."""
        found: dict[str, str] = {}
        asked = {
            **self._which(window),
            "output": ["eventid", "r_eventid"],
            "sortfield": "eventid",
            "sortorder": "ASC",
            "limit": self.options.size,
        }
        while True:
            known_count = len(found)
            page = session.ask("event.get", {**asked, "eventid_from": max(map(int, found), default=0) + 1})
            found |= {event["eventid"]: event["r_eventid"] for event in page}
            if len(page) < self.options.size or len(found) == known_count:
                return found

    def _which(self, window: Window) -> dict[str, Any]:
        names = self.options.severities or (_SEVERITIES if self.options.tags else ("high", "disaster"))
        tags = [{"tag": tag, "value": value, "operator": 1} for tag, value in self.options.tags.items()]
        return {
            **_PROBLEM,
            "problem_time_from": int(window.start_at.timestamp()),
            "problem_time_till": int(window.end_at.timestamp()) - 1,
            "severities": [_SEVERITIES.index(name) for name in names],
            **({"tags": tags} if tags else {}),
        }

    def _ask_events(self, session: _Session, stem: str, ids: Sequence[str], *, more: Mapping[str, Any]) -> int:
        """Keep the events of these numbers in answers of so many; gives how many there were."""
        found_count = 0
        for number, first in enumerate(range(0, len(ids), self.options.size), 1):
            part = ids[first : first + self.options.size]
            asked = {**_ANY_EVENT, **more, "eventids": part}
            found_count += len(session.keep(f"{stem}-{number:05d}.json", "event.get", asked))
        return found_count

    def _rows(
        self, problem: Mapping[str, Any], pull: _Pull, plans: Sequence[_Plan] | None
    ) -> Iterator[dict[str, str | None]]:
        ended = pull.recoveries.get(problem["r_eventid"])
        span = int(problem["clock"]), int(ended) if ended else pull.end
        planned = None if plans is None else str(any(plan.bears_on(problem, span) for plan in plans)).lower()
        cause = problem.get("cause_eventid")
        for component in self._components(problem):
            yield {
                "eventid": problem["eventid"],
                "component": component,
                "severity": problem["severity"],
                "clock": problem["clock"],
                "r_clock": ended,
                "cause_eventid": None if cause == _NONE else cause,
                "is_planned": planned,
            }

    def _components(self, problem: Mapping[str, Any]) -> list[str | None]:
        for name in self.options.component_tags:
            values = {tag["value"] for tag in problem["tags"] if tag["tag"] == name and tag["value"]}
            if values:
                return sorted(values)
        return sorted({host["name"] for host in problem["hosts"]}) or [None]


@dataclass(frozen=True)
class _Session:
    """A login at Zabbix: JSON-RPC calls as the version at the other end wants them."""

    wire: Wire
    version: tuple[int, int]
    token: str = field(repr=False)

    @property
    def problem_fields(self) -> dict[str, Any]:
        output = ["eventid", "clock", "r_eventid", "severity"]
        output += ["cause_eventid"] if self.version >= (6, 4) else []
        return {"output": output, "selectTags": ["tag", "value"], "selectHosts": ["hostid", "name"]}

    @property
    def maintenance_fields(self) -> dict[str, Any]:
        return {
            "output": ["maintenanceid", "active_since", "active_till", "tags_evaltype"],
            "selectHostGroups" if self.version >= (6, 2) else "selectGroups": ["groupid", "name"],
            "selectHosts": ["hostid"],
            "selectTimeperiods": "extend",
            "selectTags": "extend",
        }

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 any JSON
        """The result of a call, which is not kept."""
        return _result(self.wire.http.ask(self._request(method, params)), method)

    def keep(self, name: str, method: str, params: Mapping[str, Any]) -> list[Any]:
        """The list a call gives, its answer kept."""
        return self.wire.ask(name, self._request(method, params), read=lambda answer: _list(answer, method))

    def _request(self, method: str, params: Mapping[str, Any]) -> Request:
        if self.version >= (6, 4):
            return _call(method, params, secret_headers={"Authorization": f"Bearer {self.token}"})
        return _call(method, params, secret_body={"auth": self.token})


def _log_in(wire: Wire) -> _Session:
    """Ask for the version, which must be asked without a token, and log in where the connection has a login."""
    connection = wire.connection
    version = _version(wire.http.ask(_call("apiinfo.version", [])))
    if not connection.login:
        return _Session(wire, version, connection.password)
    names = "username" if version >= (5, 4) else "user"
    login = {"params": {names: connection.login, "password": connection.password}}
    token = _result(wire.http.ask(_call("user.login", {}, secret_body=login)), "user.login")
    return _Session(wire, version, str(token))


def _call(method: str, params: Mapping[str, Any] | Sequence[Any], **secrets: Any) -> Request:  # noqa: ANN401
    body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
    return Request("api_jsonrpc.php", method="POST", body=body, **secrets)


def _version(answer: Answer) -> tuple[int, int]:
    numbers = re.match(r"(\d+)\.(\d+)", str(_result(answer, "apiinfo.version")))
    if numbers is None:
        raise _foreign(answer)
    return int(numbers[1]), int(numbers[2])


def _list(answer: Answer, method: str) -> list[Any]:
    result = _result(answer, method)
    if not isinstance(result, list):
        raise _foreign(answer)
    return result


def _result(answer: Answer, method: str) -> Any:  # noqa: ANN401 any JSON
    """What a call gives; Zabbix answers errors with status 200."""
    document = answer.document()
    if isinstance(document, dict) and "result" in document:
        return document["result"]
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        raise _foreign(answer)
    if _RIGHTS.search(f"{error.get('message')} {error.get('data')}"):
        raise ConfigError(
            id=f"{answer.where}: Zabbix menolak {method}. Periksa token API (password koneksi) atau login dan "
            "sandinya, masa berlakunya, dan bahwa perannya boleh memanggil metode itu.",
            en=f"{answer.where}: Zabbix refuses {method}. Check the API token (password of the connection) or login "
            "and password, whether it has expired, and that its role may call that method.",
        )
    if error.get("code") in _WRONG_CALLS:
        raise SourceChanged(
            id=f"{answer.where}: Zabbix tidak mengenal cara {method} dipanggil. Periksa versinya (5.0 sampai 7.4).",
            en=f"{answer.where}: Zabbix does not know {method} called this way. Check its version (5.0 to 7.4).",
        )
    raise SourceUnavailable(
        id=f"{answer.where}: Zabbix gagal menjalankan {method}. Coba lagi nanti; lihat catatan Zabbix.",
        en=f"{answer.where}: Zabbix failed to carry out {method}. Try again later; look at Zabbix's own log.",
    )


def _foreign(answer: Answer) -> SourceChanged:
    return SourceChanged(
        id=f"{answer.where}: ini bukan jawaban API Zabbix. Alamat koneksi ialah alamat halaman Zabbix, tanpa "
        "api_jsonrpc.php.",
        en=f"{answer.where}: this is no answer of Zabbix's API. The connection's address is that of Zabbix's pages, "
        "without api_jsonrpc.php.",
    )


def _kept_days(session: _Session) -> int | None:
    """How many days trigger events are kept; null when they are never deleted, or the account may not ask."""
    try:
        settings = session.ask("housekeeping.get", {"output": ["hk_events_mode", "hk_events_trigger"]})
    except (ConfigError, SourceChanged):
        return None
    kept = _DURATION.fullmatch(settings["hk_events_trigger"])
    if settings["hk_events_mode"] == _NONE or kept is None:
        return None
    return timedelta(seconds=int(kept[1]) * _UNIT_SECONDS[kept[2]]).days


@dataclass(frozen=True)
class _Plan:
    """The times a maintenance was in effect, and for which hosts."""

    maintenance: Mapping[str, Any]
    host_ids: frozenset[str]
    spans: Sequence[Span]

    def bears_on(self, problem: Mapping[str, Any], span: Span) -> bool:
        return (
            any(host["hostid"] in self.host_ids for host in problem["hosts"])
            and any(overlaps(span, one) for one in self.spans)
            and bears_on_tags(self.maintenance, problem["tags"])
        )


@dataclass
class _Pull:
    """The answers of one pull besides its problems; `end` is when its window ends, in epoch seconds."""

    end: int
    recoveries: dict[str, str] = field(default_factory=dict)
    maintenances: list[Mapping[str, Any]] | None = None
    groups: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, kind: str, results: Sequence[Mapping[str, Any]]) -> None:
        if kind == "recoveries":
            self.recoveries |= {event["eventid"]: event["clock"] for event in results}
        elif kind == "maintenances":
            self.maintenances = [*(self.maintenances or ()), *results]
        elif kind == "groups":
            self.groups += results

    def plans(self, problems: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[_Plan] | None:
        """The maintenances that may bear on these problems; null when they were not asked for yet."""
        if self.maintenances is None:
            return None
        within = min((int(problem["clock"]) for problem in problems), default=self.end), self.end
        return [
            _Plan(one, self._host_ids(one), effective_spans(one, within=within, zone=zone)) for one in self.maintenances
        ]

    def _host_ids(self, maintenance: Mapping[str, Any]) -> frozenset[str]:
        """Its hosts and those of its groups, a group `A` being for `A/B` too."""
        names = [group["name"] for group in maintenance.get("hostgroups") or maintenance.get("groups") or ()]
        nested = [g for g in self.groups if any(f"{g['name']}/".startswith(f"{name}/") for name in names)]
        hosts = [*maintenance["hosts"], *(host for group in nested for host in group["hosts"])]
        return frozenset(host["hostid"] for host in hosts)
