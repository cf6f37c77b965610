"""Zabbix as 6.0 answers (token in the body) and 7.2 does (token in a header): all strings, errors with status 200."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Window, Wire
from connectors.connection import Connection
from connectors.errors import ConfigError, DataRejected, SourceChanged, SourceUnavailable
from connectors.http import HttpClient
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.registry import preset
from connectors.zabbix import Zabbix
from pipeline.pulling import Unkept
from testing.cases import NOW, PERSON, SECRET, ZONE, Case, FakeSystem, ReceivedRequest, Record, Reply, local
from testing.connector_suite import ConnectorSuite
from testing.fake_server import Server, serving
from tests.conftest import REAL_DATA, needs_real_data

SERVERS = REAL_DATA / "servers"
STEM = "20261101T000000Z-20261201T000000Z"
COLUMNS = ("eventid", "component", "severity", "clock", "r_clock", "cause_eventid", "is_planned")
JANUARY = Window(local("2025-01-01 00:00"), local("2025-02-01 00:00"))
SESSION = "0424bd59b807674191e7d77572075f33"
EVENT_FILTERS = {"source", "object", "eventids", "eventid_from", "value", "severities", "tags"}
EVENT_FILTERS |= {"problem_time_from", "problem_time_till", "sortfield", "sortorder", "limit"}
EVENT_FIELDS = {"output", "selectTags", "selectHosts"}
HOST = {"hostid": "10559", "name": "Portal Data Terbuka"}
TAGS = [
    {"tag": "scope", "value": "availability"},
    {"tag": "service", "value": "portal"},
    {"tag": "kontak", "value": PERSON},
]
Event = dict[str, Any]


class ZabbixServer(FakeSystem):
    """What is used of Zabbix's API; a parameter it does not know breaks the line. Events are kept for good unless
    `kept` says for how long, and those in `hidden` are listed but cannot be read."""

    def __init__(self, version: str = "6.0.14", *, kept: str = "", hidden: Sequence[int] = ()) -> None:
        self.version = version
        self.kept = kept
        self.hidden = hidden
        self.is_bearer = tuple(map(int, version.split(".")[:2])) >= (6, 4)
        self.connection = {"password": SECRET, **({"login": "tolok"} if self.is_bearer else {})}

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        call = asked.document
        refusal = self._refusal(call, asked.headers.get("Authorization"))
        if refusal:
            return error(*refusal)
        events = [event for record in records for event in self._events(record)]
        result = getattr(self, "_" + call["method"].replace(".", "_"))(call["params"], events)
        return Reply({"jsonrpc": "2.0", "result": result, "id": call["id"]})

    def _refusal(self, call: Mapping[str, Any], header: str | None) -> tuple[int, str] | None:
        if self.is_bearer and "auth" in call:
            return -32600, 'Invalid parameter "/": unexpected parameter "auth".'
        given = header.removeprefix("Bearer ") if header and self.is_bearer else call.get("auth")
        if call["method"] in ("apiinfo.version", "user.login"):
            return (-32602, f'The "{call["method"]}" method must be called without authorization.') if given else None
        return None if given == (SESSION if self.is_bearer else SECRET) else (-32602, "Not authorized.")

    def _apiinfo_version(self, params: object, _: object) -> str:
        assert params == []
        return self.version

    def _user_login(self, params: object, _: object) -> str:
        assert params == {"username": "tolok", "password": SECRET}
        return SESSION

    def _housekeeping_get(self, params: Mapping[str, Any], _: object) -> dict[str, str]:
        settings = {"hk_events_mode": "1" if self.kept else "0", "hk_events_trigger": self.kept or "365d"}
        return {name: settings[name] for name in params["output"]}

    def _hostgroup_get(self, params: Mapping[str, Any], _: object) -> list[Any]:
        assert params["selectHosts"] == ["hostid"]
        return [{"groupid": "2", "name": "Kota/Web", "hosts": [{"hostid": HOST["hostid"]}]}]

    def _maintenance_get(self, params: Mapping[str, Any], _: object) -> list[Any]:
        assert ("selectHostGroups" if self.is_bearer else "selectGroups") in params
        return []

    def _events(self, record: Record) -> list[Event]:
        number = 2 * int(record.record_id)
        problem = {"eventid": number, "clock": int(record.at.timestamp()), "value": 1, "severity": 4, "r_eventid": 0}
        if record.ended_at is None:
            return [problem]
        recovery = {**problem, "eventid": number + 1, "clock": int(record.ended_at.timestamp()), "value": 0}
        return [problem | {"r_eventid": number + 1}, recovery]

    def _event_get(self, params: Mapping[str, Any], events: list[Event]) -> list[Any]:
        assert set(params) <= EVENT_FILTERS | EVENT_FIELDS
        clocks = {event["eventid"]: event["clock"] for event in events}
        found = [event for event in events if self._is_asked(event, params, clocks)]
        found.sort(key=lambda event: event[params.get("sortfield", "eventid")])
        return [self._shown(event, params) for event in found[: params.get("limit")]]

    def _is_asked(self, event: Event, params: Mapping[str, Any], clocks: Mapping[int, int]) -> bool:
        number = event["eventid"]
        return (
            str(number) in params.get("eventids", [str(number)])
            and not ("eventids" in params and number in self.hidden)
            and number >= params.get("eventid_from", 0)
            and event["value"] in params.get("value", [0, 1])
            and event["severity"] in params.get("severities", range(6))
            and all(any(tag.items() <= asked.items() for tag in TAGS) for asked in params.get("tags", []))
            and event["clock"] <= params.get("problem_time_till", math.inf)
            and clocks.get(event["r_eventid"], math.inf) >= params.get("problem_time_from", 0)
        )

    def _shown(self, event: Event, params: Mapping[str, Any]) -> Event:
        shown = {name: str(event.get(name, 0)) for name in params["output"]}
        shown |= {"tags": TAGS} if "selectTags" in params else {}
        return shown | ({"hosts": [HOST]} if "selectHosts" in params else {})


def error(code: int, data: str) -> Reply:
    names = {-32600: "Invalid request.", -32602: "Invalid params.", -32500: "Application error."}
    said = {"code": code, "message": names.get(code, ""), "data": data}
    return Reply({"jsonrpc": "2.0", "error": said, "id": 1})


def is_page(asked: ReceivedRequest) -> bool:
    """Whether problems themselves are asked for, not their numbers, their ends or what is known of their hosts."""
    return "selectTags" in asked.document["params"] and asked.document["method"] == "event.get"


class TestZabbix(ConnectorSuite):
    CASE = Case(
        "zabbix", {"system": "zabbix", "options": {"size": "20"}}, ZabbixServer(), page_size=20, is_page=is_page
    )


class TestZabbix72(ConnectorSuite):
    """The same by login, with the token in a header, smaller pages, and problems picked by a tag."""

    CASE = Case(
        "zabbix",
        {"system": "zabbix", "options": {"size": "7", "tags": {"scope": "availability"}}},
        ZabbixServer("7.2.0"),
        page_size=7,
        is_page=is_page,
    )


class Kept(Unkept):
    """Keeps answers in memory, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {}

    def keep(self, name: str, request: str, content: bytes | Path, *, headers: Mapping[str, str]) -> None:  # noqa: ARG002
        assert isinstance(content, bytes)
        self.answers[name] = json.loads(content)["result"]


@contextmanager
def asking(fake: ZabbixServer, *records: Record) -> Iterator[tuple[Wire, Kept, Server]]:
    with serving(Server(fake, list(records))) as server:
        login = fake.connection.get("login", "")
        connection = Connection("zabbix", host=server.url, login=str(login), password=SECRET)
        kept = Kept()
        with HttpClient(connection, allow=("private_addresses", "plain_http")) as client:
            yield Wire(connection, kept, client), kept, server


def connector(**options: object) -> Zabbix:
    return Zabbix(options, layout=Layout(), zone=ZONE)


def outage(number: int, start: str, end: str | None) -> Record:
    return Record(str(number), local(start), local(end) if end else None)


def rows_of(*paths: Path, **options: object) -> list[dict[str, Any]]:
    files = [RawFile(path, path.name) for path in paths]
    frames = [frame for _, frame in connector(**options).rows(files, columns=COLUMNS)]
    return [row for frame in frames for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]


def kept_as(folder: Path, **answers: Sequence[Any]) -> list[Path]:
    """Answers as a pull of November 2026 (UTC) would keep them."""
    paths = []
    for kind, result in answers.items():
        paths.append(folder / f"{STEM}-{kind}-00001.json")
        paths[-1].write_text(json.dumps({"jsonrpc": "2.0", "result": result, "id": 1}))
    return paths


def problem(clock: int, *tags: tuple[str, str], hosts: Sequence[tuple[str, str]] = (("1", "web"),)) -> Event:
    named = [{"tag": tag, "value": value} for tag, value in tags]
    of = [{"hostid": number, "name": name} for number, name in hosts]
    return {"eventid": "5", "clock": str(clock), "r_eventid": "6", "severity": "4", "tags": named, "hosts": of}


def maintenance(start: int, *, hosts: Sequence[str] = (), groups: Sequence[str] = (), **more: object) -> Event:
    """An hour of maintenance, once."""
    once = {"timeperiod_type": "0", "start_date": str(start), "period": "3600"}
    return {
        "active_since": str(start),
        "active_till": str(start + 3600),
        "hosts": [{"hostid": number} for number in hosts],
        "groups": [{"groupid": "9", "name": name} for name in groups],
        "timeperiods": [once],
        **more,
    }


def planned(folder: Path, one: Event, *, tags: Sequence[tuple[str, str]] = ()) -> list[str | None]:
    """Is a problem of host 1 (in the group Kota/Web) planned that lasts from 1,793,000,000 for a minute?"""
    at = 1_793_000_000
    paths = kept_as(
        folder,
        problems=[problem(at, *tags)],
        recoveries=[{"eventid": "6", "clock": str(at + 60)}],
        maintenances=[one],
        groups=[{"groupid": "2", "name": "Kota/Web", "hosts": [{"hostid": "1"}]}],
    )
    return [row["is_planned"] for row in rows_of(*paths)]


def test_only_what_is_needed_is_asked_for() -> None:
    with asking(ZabbixServer("7.2.0"), outage(1, "2025-01-05 08:00", "2025-01-05 09:00")) as (wire, _, server):
        connector().pull(wire, JANUARY)
    (asked,) = [one.document["params"] for one in server.requests if is_page(one)]
    assert asked["output"] == ["eventid", "clock", "r_eventid", "severity", "cause_eventid"]
    assert (asked["selectTags"], asked["selectHosts"]) == (["tag", "value"], ["hostid", "name"])
    assert all(one.document["params"].get("output") != "extend" for one in server.requests[2:])


def test_problems_that_bear_on_the_window_come_and_no_others() -> None:
    records = [
        outage(1, "2024-12-01 08:00", "2024-12-31 23:59"),
        outage(2, "2024-12-01 08:00", "2025-01-01 00:10"),
        outage(3, "2024-12-02 08:00", None),
        outage(4, "2025-01-31 23:59", "2025-02-03 08:00"),
        outage(5, "2025-02-01 00:00", "2025-02-01 08:00"),
    ]
    with asking(ZabbixServer(), *records) as (wire, kept, _):
        connector(size=2).pull(wire, JANUARY)
    problems = [event["eventid"] for name, events in kept.answers.items() if "problems" in name for event in events]
    ends = [event["eventid"] for name, events in kept.answers.items() if "recoveries" in name for event in events]
    assert problems == ["4", "6", "8"]
    assert ends == ["5", "9"]


def test_severities_are_high_and_disaster_unless_named_and_all_of_a_tag() -> None:
    def asked_of(**options: object) -> Any:
        with asking(ZabbixServer(), outage(1, "2025-01-05 08:00", None)) as (wire, _, server):
            connector(**options).pull(wire, JANUARY)
        params = server.requests[1].document["params"]
        return params["severities"], params.get("tags")

    tag = {"tag": "scope", "value": "availability", "operator": 1}
    assert asked_of() == ([4, 5], None)
    assert asked_of(severities=["average"]) == ([3], None)
    assert asked_of(tags={"scope": "availability"}) == ([0, 1, 2, 3, 4, 5], [tag])
    assert asked_of(tags={"scope": "availability"}, severities=["disaster"]) == ([5], [tag])


def test_problems_that_cannot_be_read_are_remarked_on() -> None:
    records = [outage(n, f"2025-01-0{n} 08:00", None) for n in (1, 2, 3)]
    with asking(ZabbixServer(hidden=[4]), *records) as (wire, kept, _):
        connector().pull(wire, JANUARY)
    (note,) = kept.notes
    assert "3 rows, 2 could be read" in note


def test_ends_that_cannot_be_read_are_no_open_outages() -> None:
    record = outage(1, "2025-01-05 08:00", "2025-01-05 09:00")
    with asking(ZabbixServer(hidden=[3]), record) as (wire, _, _), pytest.raises(DataRejected, match="ends of some"):
        connector().pull(wire, JANUARY)


@pytest.mark.parametrize(("kept", "days"), [("365d", 365), ("8760h", 365), ("52w", 364), ("31536000", 365), ("", None)])
def test_held_is_what_housekeeping_leaves_and_not_before_the_oldest_event(kept: str, days: int | None) -> None:
    oldest = local("2026-06-01 08:00")
    with asking(ZabbixServer(kept=kept), Record("1", oldest), outage(2, "2026-06-02 08:00", None)) as (wire, _, _):
        held = connector().held(wire)
    assert (held.from_at, held.keeps_days) == (oldest, days)
    assert held.as_of(NOW).from_at == oldest


def test_a_problem_open_for_years_does_not_show_that_the_years_are_held() -> None:
    with asking(ZabbixServer(kept="365d"), outage(1, "2021-06-02 08:00", None)) as (wire, _, _):
        held = connector().held(wire)
    assert str(held.as_of(NOW).from_at) == "2025-07-01 00:00:00+00:00"


def test_an_account_that_may_not_ask_for_housekeeping_learns_of_the_oldest_event() -> None:
    with asking(ZabbixServer(kept="365d"), outage(1, "2026-06-02 08:00", None)) as (wire, _, server):
        server.is_page = lambda asked: asked.document["method"] == "housekeeping.get"
        server.change = lambda _, __: error(-32500, 'No permissions to call "housekeeping.get".')
        held = connector().held(wire)
    assert (held.from_at, held.keeps_days) == (local("2026-06-02 08:00"), None)


def test_an_account_that_sees_nothing_is_told_so_instead_of_reporting_no_outage() -> None:
    with asking(ZabbixServer()) as (wire, _, _), pytest.raises(ConfigError, match="sees no event"):
        connector().held(wire)


def test_a_wrong_token_is_refused_without_repeating_it() -> None:
    with asking(ZabbixServer()) as (wire, _, _), pytest.raises(ConfigError, match=r"event\.get") as caught:
        connector().held(replace(wire, connection=replace(wire.connection, password="bukan-tokennya")))  # noqa: S106
    assert "bukan-tokennya" not in str(caught.value)


@contextmanager
def told_of_events(document: object) -> Iterator[Wire]:
    """A server that says one thing when it is asked for events."""
    with asking(ZabbixServer()) as (wire, _, server):
        server.is_page = lambda asked: asked.document["method"] == "event.get"
        server.change = lambda _, __: Reply(document)
        yield wire


@needs_real_data
def test_the_recorded_refusal_names_the_token_to_mend() -> None:
    recorded = (SERVERS / "zabbix6_error_bad_auth.json").read_bytes()
    with told_of_events(json.loads(recorded)) as wire, pytest.raises(ConfigError, match="API token"):
        connector().held(wire)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (error(-32500, 'No permissions to call "event.get".').document, ConfigError),
        (error(-32602, "API token expired.").document, ConfigError),
        (error(-32500, "Incorrect user name or password or account is temporarily blocked.").document, ConfigError),
        (error(-32602, 'Invalid parameter "/": unexpected parameter "selectGroups".').document, SourceChanged),
        (error(1, "Error connecting to database.").document, SourceUnavailable),
        ({"status": "ok"}, SourceChanged),
        (["6.0.14"], SourceChanged),
    ],
)
def test_faults_told_with_status_200_are_typed_by_what_to_do(document: object, fault: type[Exception]) -> None:
    with told_of_events(document) as wire, pytest.raises(fault):
        connector().held(wire)


@needs_real_data
def test_recorded_problems_have_their_ends_and_the_one_within_maintenance_is_planned(tmp_path: Path) -> None:
    kinds = {"event.get_problem": "problems", "event.get_recovery": "recoveries", "maintenance.get": "maintenances"}
    paths = [tmp_path / f"{STEM}-{kind}-00001.json" for kind in kinds.values()]
    for name, path in zip(kinds, paths, strict=True):
        shutil.copy(SERVERS / f"zabbix6_{name}.json", path)
    shown = [tuple(row[name] for name in COLUMNS) for row in rows_of(*paths)]
    # The maintenance is active until 1795457040; its period runs from 1795456380 for two hours.
    assert shown == [
        ("18", "portal-opendata", "4", "1795457036", "1795457044", None, "true"),
        ("20", "portal-opendata", "4", "1795457047", None, None, "false"),
        ("21", "Zabbix server", "3", "1795457186", None, None, "false"),
    ]


def test_a_maintenance_is_for_its_hosts_and_for_the_hosts_of_its_groups_and_groups_within_them(tmp_path: Path) -> None:
    at = 1_793_000_000
    assert planned(tmp_path, maintenance(at, hosts=["1"])) == ["true"]
    assert planned(tmp_path, maintenance(at, hosts=["2"])) == ["false"]
    assert planned(tmp_path, maintenance(at, groups=["Kota/Web"])) == ["true"]
    assert planned(tmp_path, maintenance(at, groups=["Kota"])) == ["true"]
    assert planned(tmp_path, maintenance(at, groups=["Kota/We"])) == ["false"]
    assert planned(tmp_path, maintenance(at, hostgroups=[{"groupid": "2", "name": "Kota/Web"}])) == ["true"]


def test_a_maintenance_that_ends_as_the_problem_starts_did_not_plan_it(tmp_path: Path) -> None:
    at = 1_793_000_000
    assert planned(tmp_path, maintenance(at - 3600, hosts=["1"])) == ["false"]
    assert planned(tmp_path, maintenance(at - 3599, hosts=["1"])) == ["true"]
    assert planned(tmp_path, maintenance(at + 59, hosts=["1"])) == ["true"]
    assert planned(tmp_path, maintenance(at + 60, hosts=["1"])) == ["false"]


def test_a_problem_still_open_is_planned_by_a_maintenance_before_the_window_ends(tmp_path: Path) -> None:
    end = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
    still_open = {**problem(1_793_000_000), "r_eventid": "0"}
    for start, is_planned in ((end - 1, "true"), (end, "false")):
        one = maintenance(start, hosts=["1"])
        (row,) = rows_of(*kept_as(tmp_path, problems=[still_open], maintenances=[one]))
        assert (row["r_clock"], row["is_planned"]) == (None, is_planned)


def test_a_maintenance_of_some_tags_plans_only_problems_with_them(tmp_path: Path) -> None:
    def asked(tag: str, value: str, operator: str = "0") -> dict[str, str]:
        return {"tag": tag, "operator": operator, "value": value}

    def is_planned(tags: Sequence[dict[str, str]], evaltype: str = "0") -> bool:
        one = maintenance(1_793_000_000, hosts=["1"], tags=tags, tags_evaltype=evaltype)
        return planned(tmp_path, one, tags=[("service", "portal"), ("scope", "availability")]) == ["true"]

    assert is_planned([])
    assert is_planned([asked("service", "portal")])
    assert not is_planned([asked("service", "port")])
    assert is_planned([asked("service", "port", operator="2")])
    assert is_planned([asked("service", "surat"), asked("service", "portal")])
    assert not is_planned([asked("service", "portal"), asked("scope", "capacity")])
    assert is_planned([asked("service", "portal"), asked("scope", "capacity")], evaltype="2")


def test_what_was_planned_is_unknown_until_maintenances_were_asked_for(tmp_path: Path) -> None:
    (row,) = rows_of(*kept_as(tmp_path, problems=[problem(1_793_000_000)]))
    assert row["is_planned"] is None


def test_the_component_is_the_first_tag_named_by_the_city_or_the_host(tmp_path: Path) -> None:
    def components(one: Event, **options: object) -> list[str]:
        return [row["component"] for row in rows_of(*kept_as(tmp_path, problems=[one]), **options)]

    tagged = problem(1_793_000_000, ("layanan", "surat"), ("app", "mail"), ("app", "imap"))
    assert components(tagged) == ["surat"]
    assert components(tagged, component_tags=["app", "layanan"]) == ["imap", "mail"]
    assert components(tagged, component_tags=[]) == ["web"]
    assert components(problem(1_793_000_000, hosts=[("1", "web"), ("2", "db")])) == ["db", "web"]
    assert components(problem(1_793_000_000, hosts=[])) == [None]


def test_a_cause_named_by_a_symptom_is_its_parent(tmp_path: Path) -> None:
    symptom = {**problem(1_793_000_000), "cause_eventid": "4"}
    alone = {**problem(1_793_000_000), "cause_eventid": "0"}
    rows = rows_of(*kept_as(tmp_path, problems=[symptom, alone]))
    assert [row["cause_eventid"] for row in rows] == ["4", None]
    assert preset("zabbix")["source"]["columns"]["parent_id"] == "cause_eventid"


def test_an_unknown_clock_of_the_server_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="Asia/Bandung"):
        connector(zone="Asia/Bandung")
