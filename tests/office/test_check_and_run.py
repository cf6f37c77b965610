"""What check says is what run does: the same verdict, exit code, and counts by source, reason and indicator."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline import steps
from pipeline.cli import main
from pipeline.config.load import load_city
from pipeline.landing import read_manifest
from pipeline.periods import Period
from pipeline.settings import Settings
from pipeline.tables import ACCESS_LOG, TABLES
from tests.acceptance import test_bad_input
from tests.acceptance.exports import write_city
from tests.conftest import REAL_DATA, ROOT
from tests.office import test_judgement
from tests.office.offices import write_office

CITY = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {{kemendagri: "12.75", bps: "1275"}}
{more}
sources:
  meja:
    table: inquiries
    path: tiket.{format}
    format: {format}
    extracted_at: 2026-01-10T08:00:00
    covers: [{{first_on: 2025-01-01, last_on: 2025-12-31}}]
    columns:
      inquiry_id: id
      status: {{column: status, values: {{Selesai: closed}}}}
      received_at: {{column: masuk, format: "%Y-%m-%d %H:%M"}}
      responded_at: {{column: dijawab, format: "%Y-%m-%d %H:%M"}}
"""
CROSSWALK = "kode_bps,nama_bps,kode_dagri,nama_dagri\n1275,MEDAN,12.71,MEDAN\n1276,BINJAI,12.75,BINJAI\n"


def tickets(*, unknown: int = 0, bad: int = 0, good: int = 0) -> str:
    kinds = [("Ditunda", "08:00")] * unknown + [("Selesai", "pagi")] * bad + [("Selesai", "08:00")] * good
    rows = [f"{n},{status},2025-03-01 {clock},2025-03-01 10:00" for n, (status, clock) in enumerate(kinds)]
    return "\n".join(["id,status,masuk,dijawab", *rows, ""])


JSON_TYPO = '[{"id": 1, "status": "Selesai", "masuk": "2025-03-01 08:00", "jawab": "2025-03-01 10:00"}]'
JSON_TWICE = JSON_TYPO.replace('"jawab"', '"dijawab": "2025-03-01 09:00", "dijawab"')
# The file's form and content, more settings, the exit code of both, and what check says besides.
OFFICE: dict[str, tuple[str, str, str, int, str]] = {
    "all sound": ("csv", tickets(good=40), "", 0, "used: 40;"),
    "few unmapped": ("csv", tickets(good=39, unknown=1), "", 0, r"unknown_status: 1 \(2,5 %.*\n.*'Ditunda' 1"),
    "some unreadable": ("csv", tickets(good=30, bad=10), "", 0, r"bad_received_at: 10 \(25 %"),
    "most unmapped": ("csv", tickets(good=30, unknown=70), "", 3, "'Ditunda' 70"),
    "most unreadable": ("csv", tickets(good=30, bad=70), "", 3, "bad_received_at 70"),
    "a limit of one's own": ("csv", tickets(good=90, bad=10), "quarantine_limit_pct: 5", 3, "bad_received_at 10"),
    "a mapped key no object has": ("json", JSON_TYPO, "", 3, "dijawab"),
    "a key twice": ("json", JSON_TWICE, "", 3, "key 'dijawab'"),
    "codes of two places": ("csv", tickets(good=1), "crosswalk: x.csv", 2, "BINJAI"),
    "nothing in the file": ("csv", "", "", 3, "kosong"),
}
DESK = {"table": "inquiries", "columns": {"inquiry_id": "id", "channel": "kanal", "received_at": "masuk"}}
CALLS = ["id,kanal,masuk", *(f"{n},{'WA' if n % 3 else 'Web'},2025-{n:02}-05T08:00:0{n % 2}" for n in range(1, 13))]
CHANGES = {"table": "outages", "columns": {"component": "alat", "started_at": "waktu"}}
CHANGES |= {"combine": {"how": "pair", "by": "component", "state": "keadaan", "down": ["DOWN"], "up": ["UP"]}}
STATES = ["alat,waktu,keadaan", *(f"A,2025-03-0{n}T08:00:00,{'DOWN' if n % 2 else 'UP'}" for n in range(1, 9))]
# Sources that read the same lines, and what check says of each.
SHARED: dict[str, tuple[list[str], dict[str, dict[str, object]], str]] = {
    "two desks in one file": (
        [*CALLS, "13,Web,kapan"],
        {
            "web": {**DESK, "exclude": {"withdrawn": {"column": "kanal", "values": ["WA"]}}},
            "wa": {**DESK, "exclude": {"withdrawn": {"column": "kanal", "values": ["Web"]}}},
        },
        r"web \(inquiries\).*\n +dipakai / used: 4; dikecualikan / excluded: 8; karantina / quarantined: 1\n"
        r"(?s:.*)wa \(inquiries\).*\n +dipakai / used: 8; dikecualikan / excluded: 5; karantina / quarantined: 0\n",
    ),
    "changes of state": ([*STATES, "A,2025-04-01T08:00:00,?"], {"log": CHANGES}, r"unknown_state: 1 "),
}
# The year of which each city has data.
REAL = {"berlin-two-tools": 2019, "berlin": 2018, "boston": 2011, "bristol": 2018, "canada": 2018, "chicago": 2014}
REAL |= {"erddap-log": 2024, "github": 2023, "kota-bandung": 2023, "nyc-queens": 2023, "open-science-grid": 2019}
REAL |= {"semicomplete-log": 2015, "uci-servicenow": 2016, "university-log": 2018}
LOGS = ("haproxy-log", "iis-log", "proxied-log", "zipped-log")
CITIES = ROOT / "tests" / "cities"
RESULT = re.compile(r"[v!] (\w+): (final|provisional|not_computable)(?:: (.*))?")
Counts = dict[str, "Counter[str]"]
Case = tuple[Path | Callable[[Path], object], str, str]


def office(name: str) -> Callable[[Path], object]:
    form, content, more, _, _ = OFFICE[name]

    def write(cities: Path) -> None:
        cities.mkdir()
        (cities / "kota-uji.yaml").write_text(CITY.format(format=form, more=more), "utf-8")
        (cities / f"tiket.{form}").write_text(content, "utf-8")
        (cities / "x.csv").write_text(CROSSWALK, "utf-8")

    return write


def shared(name: str) -> Callable[[Path], object]:
    lines, sources, _ = SHARED[name]

    def write(cities: Path) -> None:
        cities.mkdir()
        write_office(cities, lines, *sources.values(), names=list(sources))

    return write


def changed(change: Callable[[Path], object]) -> Callable[[Path], object]:
    """The city of the worked examples with something wrong in its files or settings."""

    def write(cities: Path) -> None:
        write_city(cities)
        change(cities / "data")

    return write


def cases() -> dict[str, Case]:
    """By name, a folder of cities or what writes one, the city, and its period."""
    bad = {name: change for name, (change, *_) in test_bad_input.REFUSED.items()}
    bad |= {
        name: test_bad_input.inquiries(*test_bad_input.GOOD, row)
        for name, (row, _) in test_bad_input.QUARANTINED.items()
    }
    found: dict[str, Case] = {f"demo {label}": (ROOT / "cities", "kota-contoh", label) for label in ("2025-03", "2025")}
    found |= {f"office: {name}": (office(name), "kota-uji", "2025") for name in OFFICE}
    found |= {f"shared: {name}": (shared(name), "kota", "2025") for name in SHARED}
    found |= {f"{period} of 2024": (write_city, "kota-uji", period) for period in ("2023", "2024-05", "2031")}
    found |= {f"bad: {name}": (changed(change), "kota-uji", "2024") for name, change in bad.items()}
    found |= {
        f"sign: {name}": (changed(change), "kota-uji", "2024") for name, (_, change, _) in test_judgement.KEPT.items()
    }
    found |= {f"log: {city}": (CITIES, city, "2025-01") for city in LOGS}
    if REAL_DATA.is_dir():
        found |= {f"real: {city}": (CITIES, city, year) for city, year in REAL.items()}
        yamls = sorted((REAL_DATA / "office").glob("*/*.yaml"))
        found |= {f"real: {path.parent.name}": (path.parent, path.stem, "2025") for path in yamls}
    return found


CASES = cases()
SAYS = {f"office: {name}": (code, text) for name, (*_, code, text) in OFFICE.items()}
SAYS |= {f"shared: {name}": (0, text) for name, (*_, text) in SHARED.items()}


@pytest.mark.parametrize("name", CASES)
def test_check_says_what_run_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, city, period = CASES[name]
    cities = tmp_path / "cities"
    if isinstance(folder, Path):
        cities = folder
    else:
        folder(cities)
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(cities))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "")
    checked, foretold, refusal = tolok(capsys, "check", city, period)
    assert not list(tmp_path.glob("home/**/*")), "check keeps nothing"
    ran, _, said = tolok(capsys, "run", city, period)
    ends = [text for text in ("Siap: ", "Belum ada yang dapat dihitung") if text in foretold]
    assert (checked, len(ends)) == (ran, int(ran == 0)), foretold + said
    if ran:
        last = [line for line in said.splitlines() if line.strip()][-1]
        assert last in foretold + refusal
    else:
        rows = clean_rows(city, period)
        assert of_files(told_rows(foretold), rows) == rows
        assert told_results(foretold) == shown_results(tolok(capsys, "show", city, period, "--json")[1])
    code, text = SAYS.get(name, (ran, ""))
    assert ran == code
    assert re.search(text, foretold)


def tolok(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of one command."""
    code = 0
    with patch("sys.argv", ["tolok", *arguments]):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def blocks(foretold: str) -> Iterator[tuple[str, list[str]]]:
    """Each line of what check says, with the lines below it."""
    for part in re.split(r"\n(?=\S)", foretold.strip()):
        first, *below = part.split("\n")
        yield first, [line.strip() for line in below]


def number_of(text: str) -> int:
    return int(text.replace(".", ""))


def told_rows(foretold: str) -> Counts:
    """What check says of each source of files: its rows by what is to become of them and why."""
    found = {}
    for line, below in blocks(foretold):
        source = re.match(r"[v!] ([\w-]+) \(\w+\): ", line)
        if source:
            used = re.match(r"dipakai / used: ([\d.]+); ", below[0])
            assert used, below
            counts = Counter({"": number_of(used[1])})
            for match in filter(None, (re.fullmatch(r"([a-z]\w*): ([\d.]+)( \(.*)?", one) for one in below[1:])):
                counts[match[1]] += number_of(match[2])
            found[source[1]] = +counts
    return found


def told_results(foretold: str) -> dict[str, tuple[str, str | None, int, Counts, list[str]]]:
    """What check says of each indicator: status, reason, rows read, what is to become of them and why, and the rest."""
    found = {}
    for line, below in blocks(foretold):
        if result := RESULT.fullmatch(line):
            read = re.match(r"dibaca / read ([\d.]+)", below[0]) if below else None
            rest = [one for one in below if one.startswith("- ")]
            pairs = [pair.rsplit(" ", 1) for one in below[1:] if one not in rest for pair in one.split("; ")]
            counts = Counter({name: number_of(count) for name, count in pairs})
            found[result[1]] = (result[2], result[3], number_of(read[1]) if read else 0, counts, rest)
    return found


def of_files(told: Counts, names: Iterable[str]) -> Counts:
    """The rows of sources that share their files together."""
    return {together: sum((told[name] for name in together.split(", ")), Counter()) for together in names}


def clean_rows(city: str, period: str) -> Counts:
    """What a run made of the rows of each source, of those together that share a file or are access logs."""
    settings = Settings.from_environment()
    sources, found = load_city(settings.cities, city).sources, Counts()
    for table in TABLES:
        sharing: dict[str, list[str]] = {}
        for name in (name for name in steps.sources(city, period) if sources[name].table == table):
            manifest = read_manifest(settings.home, city_id=city, source_name=name, period=Period.parse(period))
            is_log = sources[name].format == ACCESS_LOG
            for file_id in {ACCESS_LOG if is_log else file.file_id for file in manifest.files}:
                sharing.setdefault(file_id, []).append(name)
        together = {file_id: ", ".join(names) for file_id, names in sharing.items()}
        found |= {names: Counter() for names in together.values()}
        dataset = steps.dataset(city, table, period)
        for row in dataset.frame.itertuples():
            if getattr(row, "source_tool", "") != ACCESS_LOG:
                found[together[row.source_file_id]][why(row.quarantine_reason) or why(row.excluded_by)] += 1
        for rule, count in (
            dataset.tally[["rule", "rows_count"]].itertuples(index=False) if ACCESS_LOG in together else ()
        ):
            found[together[ACCESS_LOG]][why(rule)] += count
    return found


def why(text: object) -> str:
    return text if isinstance(text, str) else ""


def shown_results(shown: str) -> dict[str, tuple[str, str | None, int, Counts, list[str]]]:
    """What a run stored of each indicator."""
    return {
        row["indicator"]: (
            row["status"],
            row["reason"],
            row["rows"]["read"],
            Counter(row["rows"]["excluded"] | row["rows"]["quarantined"]),
            [f"- {said['id']} / {said['en']}" for said in row["reasons"] if not said["keeps_provisional"]],
        )
        for row in json.loads(shown)
    }
