"""Random cities in the form of the conformance pack, and the same cities told otherwise: mixed, split, doubled."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.conformance.cities import LEFT_OUT, write_city
from tests.conformance.pack import PACK, Case, read_rows

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
CLOCKS = (*ZONES, "UTC")
PERIODS = (("2025", "2025-01-01", "2025-12-31"), ("2025-03", "2025-03-01", "2025-03-31"))
TABLE_OF = {
    "inquiry_response": "inquiries",
    "it_downtime": "outages",
    "online_services": "services",
    "portal_visits": "visits",
}
MOMENTS = ("received_at", "responded_at", "closed_at", "started_at", "ended_at", "requested_at")
_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML; like Gecko) Chrome/124.0 Safari/537.36"
_BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_CLIENTS = (
    *3 * (("203.0.113.{}", _BROWSER, "person"),),
    ("203.0.113.{}", _BOT, "bot"),
    ("203.0.113.{}", "-", "empty_agent"),
    ("203.0.113.{}", "Zabbix", "probe"),
    ("10.20.0.{}", _BROWSER, "own_network"),
)
_REQUESTS = (
    *4 * (("GET", "/dataset", "200"),),
    ("GET", "/cached", "304"),
    ("GET", "/old", "301"),
    ("GET", "/missing", "404"),
    ("POST", "/login", "200"),
    ("GET", "/app.css", "200"),
    ("GET", "/data.csv", "200"),
)

_NO_MOMENTS = ("", "1900-01-01 00:00:00", "2025-02-30 08:00:00")

Row = dict[str, str]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class RandomCity:
    """A city's settings and the rows of its tables, all as texts."""

    parameters: Row
    rows: Rows

    @classmethod
    def of(cls, seed: int) -> RandomCity:
        """The city of a seed: some rows sound, some of every fate, around the edges of its period."""
        chance = random.Random(seed)  # noqa: S311 no secret
        period, first_on, last_on = chance.choice(PERIODS)
        extracted_on = date.fromisoformat(last_on) + timedelta(days=chance.choice((-5, 1, 30, 300)))
        parameters = {
            "period": period,
            "zone": chance.choice(ZONES),
            "clock_zone": chance.choice(CLOCKS),
            "first_on": first_on,
            "last_on": last_on,
            "extracted_at": f"{extracted_on} 08:00:00",
            "covers_first_on": first_on,
            "covers_last_on": chance.choice((last_on, f"{last_on[:8]}20")),
            "follow_up_days": "5",
            "longest_plausible_hours": "720",
            "dates_suffice": chance.choice(("yes", "no")),
        }
        days = _Days(chance, date.fromisoformat(first_on), date.fromisoformat(last_on))
        has_log = chance.random() < 0.5
        rows = {
            "inquiries": [_inquiry(chance, days, nth) for nth in range(chance.randint(0, 25))],
            "outages": [_outage(chance, days, nth) for nth in range(chance.randint(0, 14))],
            "services": [_service(chance, days, nth) for nth in range(chance.randint(0, 25))],
            "visits": [] if has_log else [_count(chance, days) for _ in range(chance.randint(1, 25))],
            "requests": [_request(chance, days) for _ in range(chance.randint(1, 40))] if has_log else [],
            "population": _population(chance),
            "holidays": [{"day": days.any()[:10]} for _ in range(chance.randint(0, 5))],
        }
        return cls(parameters, rows)

    def write(self, folder: Path, *, city: str, cities: Path, parts: int = 1) -> list[Case]:
        """Write the city as cases of the pack and as a city of Tolok whose files come in some parts each."""
        cases = [self._write_case(folder, indicator) for indicator in TABLE_OF]
        write_city(cases, city=city, cities=cities)
        if parts > 1:
            _split(cities, city, cases, parts=parts)
        return cases

    def _write_case(self, folder: Path, indicator: str) -> Case:
        place = folder / indicator / f"{folder.name}-{indicator}"
        place.mkdir(parents=True)
        names = [TABLE_OF[indicator]]
        names += {"portal_visits": ["requests", "population"], "inquiry_response": ["holidays"]}.get(indicator, [])
        tables = {name: self.rows[name] for name in names} | {"parameters": [self.parameters]}
        for name, rows in tables.items():
            with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                columns = COLUMNS[name] if name in COLUMNS else list(self.parameters)
                writer = csv.DictWriter(file, ["row_no", *columns] if name in NUMBERED else columns)
                writer.writeheader()
                writer.writerows({"row_no": str(nth), **row} if name in NUMBERED else row for nth, row in _placed(rows))
        inputs = [f"{name}.csv" for name in tables]
        if indicator == "portal_visits" and self.rows["requests"]:
            inputs.append("access.log")
            (place / "access.log").write_text("".join(map(self._line, self.rows["requests"])), "utf-8")
        (place / "case.json").write_text(json.dumps({"inputs": inputs}), "utf-8")
        return Case(place)

    def _line(self, request: Row) -> str:
        at = datetime.fromisoformat(request["requested_at"]).replace(tzinfo=ZoneInfo(self.parameters["clock_zone"]))
        return (
            f'{request["address"]} - - [{at:%d/%b/%Y:%H:%M:%S %z}] "{request["method"]} {request["path"]} HTTP/1.1" '
            f'{request["status"]} 100 "-" "{request["agent"]}"\n'
        )


COLUMNS: dict[str, list[str]] = {
    "holidays": ["day"],
    **{
        name: read_rows(next((PACK / "cases").glob(f"*/*/{name}.csv")))[0][1:]
        for name in ("inquiries", "outages", "services", "visits", "requests", "population")
    },
}
NUMBERED = COLUMNS.keys() - {"holidays"}


@dataclass(frozen=True)
class _Days:
    chance: random.Random
    first_on: date
    last_on: date

    def any(self) -> str:
        """A moment within the period or some weeks of it, more often near its edges."""
        edge = self.chance.choice((self.first_on, self.last_on, None, None))
        span = (self.last_on - self.first_on).days
        day = edge or self.first_on + timedelta(days=self.chance.randint(-40, span + 30))
        return f"{day} {self.chance.randint(0, 23):02}:{self.chance.randint(0, 59):02}:{self.chance.randint(0, 59):02}"

    def noted(self, moment: str) -> str:
        """The moment as a desk may note it: mostly whole, else its day."""
        return self.chance.choice([*[moment] * 9, moment[:10]])

    def after(self, moment: str, *, hours: int) -> str:
        later = datetime.fromisoformat(moment) + timedelta(seconds=self.chance.randint(-3600, hours * 3600))
        return f"{later:%Y-%m-%d %H:%M:%S}"


def _soiled(chance: random.Random, row: Row, *, table: str, columns: tuple[str, ...]) -> Row:
    """The row, of four one with one thing wrong: left out by a rule, without what it needs, or not to be read."""
    if chance.random() < 0.75:
        return row
    column = chance.choice(["left_out", *columns])
    if column == "left_out":
        return row | {column: chance.choice(LEFT_OUT[table])}
    wrong = _NO_MOMENTS if column.endswith("_at") else ("", "#N/A", "barangkali") if column.startswith("is_") else ("",)
    return row | {column: chance.choice(wrong)}


def _inquiry(chance: random.Random, days: _Days, nth: int) -> Row:
    received = days.any()
    responded, closed = (days.noted(days.after(received, hours=chance.choice((2, 300)))) for _ in range(2))
    row = {
        "inquiry_id": f"T-{chance.choice([nth] * 20 + [0])}",
        "channel": chance.choice(("aplikasi", "telepon")),
        "agency": chance.choice(("Dinas A", "Dinas B")),
        "category": "jalan",
        "received_at": days.noted(received),
        "responded_at": chance.choice((responded, responded, "")),
        "closed_at": chance.choice((closed, "", "")),
        "left_out": "",
    }
    return _soiled(chance, row, table="inquiries", columns=("inquiry_id", "received_at", "responded_at", "closed_at"))


def _outage(chance: random.Random, days: _Days, nth: int) -> Row:
    started = days.any()
    ended = days.noted(days.after(started, hours=chance.choice((1, 50, 800))))
    row = {
        "incident_id": f"G-{chance.choice([nth] * 20 + [0])}",
        "parent_id": chance.choice(["", "", "", f"G-{nth - 1}", "G-0"]) if nth else "",
        "component": chance.choice(("jaringan", "jaringan", "server", "portal")),
        "cause": "perangkat",
        "is_planned": chance.choice(("yes", "no", "no")),
        "started_at": days.noted(started),
        "ended_at": chance.choice([ended] * 8 + [""]),
        "left_out": "",
    }
    return _soiled(chance, row, table="outages", columns=("incident_id", "component", "started_at", "ended_at"))


def _service(chance: random.Random, days: _Days, nth: int) -> Row:
    flags = ("is_accessible_online", "is_requestable_online", "is_online_applicable")
    steps, applicable, online = sorted((chance.randint(0, 6) for _ in range(3)), reverse=True)
    has_steps = chance.random() < 0.5
    row = {
        "service_id": f"L{chance.choice([nth] * 20 + [0])}",
        "name": f"Layanan {nth}",
        "agency": "Dinas A",
        "sector": "umum",
        "audience": chance.choice(("citizens", "businesses", "both", "")),
        **{name: chance.choice(("yes", "no")) for name in flags},
        "volume": chance.choice(("", str(chance.randint(0, 5000)))),
        "steps_count": str(steps) if has_steps else "",
        "steps_applicable_count": str(applicable) if has_steps else "",
        "steps_online_count": str(online) if has_steps else "",
        "valid_from_on": chance.choice(("", days.any()[:10])),
        "valid_to_on": chance.choice(("", "", days.any()[:10])),
        "online_from_on": chance.choice(("", days.any()[:10])),
        "left_out": "",
    }
    return _soiled(chance, row, table="services", columns=("service_id", *flags))


def _count(chance: random.Random, days: _Days) -> Row:
    counts = [str(chance.randint(0, 9000))] * 15 + ["", "-5"]
    return {
        "visited_on": days.any()[:10],
        "visits_count": chance.choice(counts),
        "left_out": chance.choice([""] * 9 + ["grand_total"]),
    }


def _request(chance: random.Random, days: _Days) -> Row:
    address, agent, client = chance.choice(_CLIENTS)
    method, path, status = chance.choice(_REQUESTS)
    around = datetime.fromisoformat(f"{days.first_on} 00:00:00") + timedelta(seconds=chance.randint(-4000, 40_000))
    return {
        "requested_at": f"{around:%Y-%m-%d %H:%M:%S}",
        "address": address.format(chance.randint(1, 3)),
        **{"agent": agent, "method": method, "path": path, "status": status, "client": client},
    }


def _population(chance: random.Random) -> list[Row]:
    counts = [("dukcapil", "2025-12-31"), ("bps", "2025-12-31"), ("dukcapil", "2024-12-31")]
    return [
        {"source": source, "reference_on": day, "population_count": str(chance.randint(10_000, 9_000_000))}
        for source, day in counts[: chance.randint(1, 3)]
    ]


def _placed(rows: list[Row]) -> list[tuple[int, Row]]:
    return list(enumerate(rows, start=1))


def _split(cities: Path, city: str, cases: list[Case], *, parts: int) -> None:
    """Cut each file of rows into parts that a pattern finds; a log by lines."""
    settings = json.loads((cities / f"{city}.yaml").read_text("utf-8"))
    for case in cases:
        for source in settings["sources"].values():
            path = cities / source["path"]
            if not source["path"].startswith(f"{case.name}/") or source["table"] == "population":
                continue
            lines = path.read_text("utf-8").splitlines(keepends=True)
            head = lines[:1] if path.suffix == ".csv" else []
            body = lines[len(head) :]
            for nth in range(parts):
                part = path.with_name(f"{path.stem}-part{nth}{path.suffix}")
                cut = body[nth * len(body) // parts : (nth + 1) * len(body) // parts]
                if head or cut:  # a log of one line has no two parts, and an empty one is refused
                    part.write_text("".join([*head, *cut]), "utf-8")
            source["path"] = f"{case.name}/{path.stem}-part*{path.suffix}"
    (cities / f"{city}.yaml").write_text(json.dumps(settings), "utf-8")


def mixed(city: RandomCity, chance: random.Random) -> RandomCity:
    """The same rows in another order."""
    return _with_rows(city, lambda _, rows: chance.sample(rows, len(rows)))


def doubled(city: RandomCity, chance: random.Random) -> RandomCity:
    """Some rows once more, as they are."""
    return _with_rows(city, lambda _, rows: rows + chance.sample(rows, len(rows) // 2))


def beside_another(city: RandomCity, chance: random.Random) -> RandomCity:
    """Rows of another city between, which a rule of the settings or the address leaves out."""
    other = RandomCity.of(chance.randrange(10**6, 10**9))
    rules = {
        "inquiries": "not_city_responsibility",
        "outages": "not_city_infrastructure",
        "services": "not_city_service",
        "visits": "grand_total",
    }

    def beside(name: str, rows: list[Row]) -> list[Row]:
        if name not in rules or (name == "visits" and not rows):
            return rows
        return rows + [row | {"left_out": rules[name]} for row in other.rows[name]]

    return _with_rows(city, beside)


def on_another_clock(city: RandomCity, chance: random.Random) -> RandomCity:
    """Every moment as another zone's clock shows it, and the zone declared; dates stay what they are."""
    here = ZoneInfo(city.parameters["clock_zone"])
    name = chance.choice([clock for clock in CLOCKS if clock != here.key])

    def shifted(row: Row) -> Row:
        return row | {of: _shown(row[of], here, ZoneInfo(name)) for of in MOMENTS if of in row}

    moved = _with_rows(city, lambda _, rows: [shifted(row) for row in rows])
    return replace(moved, parameters=city.parameters | {"clock_zone": name})


def _shown(text: str, here: ZoneInfo, there: ZoneInfo) -> str:
    if len(text) == len("2025-01-01") or text in _NO_MOMENTS:
        return text
    return f"{datetime.fromisoformat(text).replace(tzinfo=here).astimezone(there):%Y-%m-%d %H:%M:%S}"


def _with_rows(city: RandomCity, change: Callable[[str, list[Row]], list[Row]]) -> RandomCity:
    kept = {"population", "holidays"}
    return replace(city, rows={name: rows if name in kept else change(name, rows) for name, rows in city.rows.items()})


TOLD_OTHERWISE: Mapping[str, Callable[[RandomCity, random.Random], RandomCity]] = {
    "shuffled": mixed,
    "split": lambda city, _: city,
    "doubled": doubled,
    "beside another city": beside_another,
    "on another clock": on_another_clock,
}
