"""Access logs to visits a day: the clause's rules, the variants, the tally, and independence of order and splits."""

from __future__ import annotations

import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import ConfigError, DataRejected
from pipeline.access_log import parts, sessions
from pipeline.access_log.count import LogCounts, LogFile, LogTerms, count_visits
from pipeline.tables import DTYPES, SOURCE_COLUMNS, VISITS

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
JAKARTA = ZoneInfo("Asia/Jakarta")
PERSON = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (Linux; Android 13; SM-A155F) AppleWebKit/537.36 Chrome/125.0.0.0 Mobile Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOON = datetime(2024, 5, 20, 12, tzinfo=JAKARTA)

Count = Callable[..., LogCounts]


@dataclass(frozen=True)
class Request:
    """One request as a test imagines it; `rule` is the class it belongs to."""

    at: datetime
    address: str = "10.0.0.1"
    agent: str = PERSON
    request: str = "GET /dataset/penduduk HTTP/1.1"
    status: int = 200
    rule: str = ""

    @property
    def line(self) -> bytes:
        head = f'{self.address} - - [{self.at:%d/%b/%Y:%H:%M:%S %z}] "{self.request}"'
        return f'{head} {self.status} 512 "-" "{self.agent}"'.encode()


@pytest.fixture
def count(tmp_path: Path) -> Count:
    """Counts lines or requests, each argument one file."""

    def run(*files: Iterable[Request | bytes], zone: str = "Asia/Jakarta", own: tuple[str, ...] = ()) -> LogCounts:
        terms = LogTerms(ZoneInfo(zone), "portal", own_networks=own)
        return count_visits(_write(tmp_path, [_lines(file) for file in files]), terms=terms)

    return run


def test_a_visit_ends_after_thirty_idle_minutes(count: Count) -> None:
    assert _total(count(_after(0, 1800))) == 1
    assert _total(count(_after(0, 1801))) == 2


def test_a_request_between_two_keeps_the_visit_alive_whenever_it_is_read(count: Count) -> None:
    assert _total(count(_after(0, 3000, 1500))) == 1


def test_a_long_visit_covers_the_short_runs_of_it_in_other_files(count: Count) -> None:
    assert _total(count(_after(0, 1800, 3600, 5400), _after(600), _after(7000))) == 1


def test_a_visitor_is_address_and_agent(count: Count) -> None:
    others = [Request(NOON), Request(NOON, address="10.0.0.2"), Request(NOON, agent=PHONE)]
    assert _total(count(others + others)) == 3


def test_an_address_and_an_agent_that_change_places_are_another_visitor(count: Count) -> None:
    pairs = [("kota", "desa"), ("desa", "kota")]
    assert _total(count([Request(NOON, address=address, agent=agent) for address, agent in pairs])) == 2


def test_midnight_of_the_city_ends_a_visit_and_the_variant_without_that_rule_counts_its_first_day(count: Count) -> None:
    before = datetime(2024, 12, 31, 23, 50, tzinfo=JAKARTA)
    visits = count([Request(before), Request(before + timedelta(minutes=15))]).visits
    assert _by_day(visits, "headline") == {date(2024, 12, 31): 1, date(2025, 1, 1): 1}
    assert _by_day(visits, "no_midnight_break") == {date(2024, 12, 31): 1, date(2025, 1, 1): 0}
    assert _by_day(visits, "unique_visitors_month") == {date(2024, 12, 31): 1, date(2025, 1, 1): 1}
    assert _by_day(visits, "unique_visitors_year") == {date(2024, 12, 31): 1, date(2025, 1, 1): 1}


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("Asia/Jakarta", "2024-03-31T17:00:00"),
        ("Asia/Makassar", "2024-03-31T16:00:00"),
        ("Asia/Jayapura", "2024-03-31T15:00:00"),
        ("America/New_York", "2024-04-01T04:00:00"),
        ("America/New_York", "2024-11-04T05:00:00"),
    ],
)
def test_a_day_begins_at_midnight_of_the_zone_given(count: Count, zone: str, utc: str) -> None:
    midnight = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    visits = count([Request(midnight - timedelta(seconds=1)), Request(midnight)], zone=zone).visits
    today = midnight.astimezone(ZoneInfo(zone)).date()
    assert _by_day(visits, "headline") == {today - timedelta(days=1): 1, today: 1}


def test_clocks_going_back_neither_end_nor_join_a_visit(count: Count) -> None:
    ambiguous = datetime(2024, 11, 3, 1, 50, tzinfo=ZoneInfo("America/New_York"))
    repeated = [Request(ambiguous), Request(ambiguous.replace(minute=0, fold=1)), Request(ambiguous.replace(fold=1))]
    assert _total(count(repeated[:2], zone="America/New_York")) == 1
    assert _total(count([repeated[0], repeated[2]], zone="America/New_York")) == 2


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, ""),
        ({"status": 304}, ""),
        ({"status": 206}, ""),
        ({"request": "GET /dataset?format=csv&x=/a.css HTTP/1.1"}, ""),
        ({"request": "GET /a/b.html"}, ""),
        ({"request": "POST /login HTTP/1.1", "status": 404, "agent": "-"}, "method"),
        ({"request": "-", "status": 408, "agent": "-"}, "method"),
        ({"status": 404, "request": "GET /x.css HTTP/1.1"}, "status"),
        ({"status": 301}, "status"),
        ({"request": "GET /css/Main.CSS?v=3 HTTP/1.1", "agent": GOOGLEBOT}, "asset"),
        ({"request": "GET /data/apbd.xlsx HTTP/2.0"}, "download"),
        ({"request": "GET /dataset/1/resource/2/download HTTP/1.1"}, "download"),
        ({"request": "GET /datastore/dump/2?bom=True HTTP/1.1"}, "download"),
        ({"request": "GET /api/3/action/package_list HTTP/1.1"}, "download"),
        ({"request": "GET /id/api/3/action/package_list HTTP/1.1"}, "download"),
        ({"address": "103.10.20.9", "agent": GOOGLEBOT}, "own_network"),
        ({"address": "::ffff:103.10.20.9"}, "own_network"),
        ({"address": "2001:db8:1::7"}, "own_network"),
        ({"address": "103.10.21.9"}, ""),
        ({"address": "pc7.kota.go.id"}, ""),
        ({"agent": "Uptime-Kuma/1.23"}, "probe"),
        ({"agent": "check_http/v2.3 (monitoring-plugins 2.3)"}, "probe"),
        ({"agent": "Blackbox Exporter/0.24"}, "probe"),
        ({"agent": "Zabbix 6.0.14"}, "probe"),
        ({"agent": "Pingdom.com_bot_version_1.4"}, "probe"),
        ({"agent": "-"}, "empty_agent"),
        ({"agent": ""}, "empty_agent"),
        ({"agent": GOOGLEBOT}, "bot"),
        ({"agent": "ckanapi/1.0 (+https://github.com/ckan/ckanapi)"}, "bot"),
    ],
)
def test_every_line_is_in_one_class_tested_in_a_fixed_order(
    count: Count, changes: dict[str, object], rule: str
) -> None:
    counts = count([Request(NOON, **changes)], own=("103.10.20.0/24", "2001:db8:1::/48"))  # type: ignore[arg-type]
    assert counts.tally.to_dict("records") == [
        {
            "happened_on": pd.Timestamp("2024-05-20"),
            "outcome": "excluded" if rule else "used",
            "rule": rule,
            "rows_count": 1,
        }
    ]


def test_lines_are_counted_by_local_hour_those_of_bots_apart_whatever_they_ask_for(count: Count) -> None:
    def hours(*of_people: int, bots: tuple[int, ...] = ()) -> list[int]:
        return [of.count(hour) for of in (of_people, bots) for hour in range(24)]

    late = NOON + timedelta(hours=11, minutes=59)
    asset = Request(late, agent=GOOGLEBOT, request="GET /a.css HTTP/1.1")
    found = count([Request(NOON), Request(NOON, status=404), Request(late), asset, b"no log line"])
    assert found.hours == {"2024-05-20": hours(12, 12, 23, bots=(23,))}
    in_utc = count([Request(NOON), Request(NOON - timedelta(hours=6))], zone="UTC")
    assert in_utc.hours == {"2024-05-20": hours(5), "2024-05-19": hours(23)}
    # A day of 25 hours has two in its last.
    ends = [datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (20, 21, 22)]
    assert count(map(Request, ends), zone="Europe/Berlin").hours == {"2024-10-27": hours(22, 23, 23)}


def test_lines_that_cannot_be_read_are_counted_without_a_day_and_without_a_visit(count: Count) -> None:
    no_time = Request(NOON).line.replace(b"May", b"Mei")
    counts = count([b"", b"no log line", no_time, b"  \r"])
    assert counts.visits.empty
    assert counts.tally["happened_on"].isna().all()
    assert _tally(counts) == {
        ("excluded", "blank_line"): 2,
        ("quarantined", "malformed_line"): 1,
        ("quarantined", "bad_time"): 1,
    }


def test_no_agent_in_the_common_log_format_is_not_an_empty_one(count: Count) -> None:
    common = [Request(NOON).line.split(b' "-" ')[0], Request(NOON, agent="-").line]
    counts = count(common)
    assert _tally(counts) == {("used", ""): 1, ("excluded", "empty_agent"): 1}
    assert _total(counts, "headline") == 1
    assert counts.visits["visit_definition"].str.contains("agents are not logged").all()
    assert not count([Request(NOON).line]).visits["visit_definition"].str.contains("agents are not logged").any()


def test_variants_differ_by_the_lines_they_keep(count: Count) -> None:
    lines = [
        Request(NOON),
        Request(NOON + timedelta(hours=1)),
        Request(NOON, agent=GOOGLEBOT),
        Request(NOON, agent="-"),
        Request(NOON, agent="Zabbix"),
        Request(NOON, address="10.0.0.2", status=302),
        Request(NOON, address="10.0.0.3", status=307),
        Request(NOON, address="10.0.0.4", request="POST /login HTTP/1.1"),
        Request(NOON, address="103.10.20.9"),
        Request(NOON, address="10.0.0.5", status=302, request="GET /a.css HTTP/1.1"),
    ]
    counts = count(lines, own=("103.10.20.0/24",))
    assert {variant: _total(counts, variant) for variant in counts.visits["variant"].unique()} == {
        "headline": 2,
        "bots_included": 5,
        "no_midnight_break": 2,
        "unique_visitors_month": 1,
        "unique_visitors_year": 1,
        "redirects_counted": 3,
        "all_requests": 10,
    }


def test_a_day_with_bots_only_has_a_headline_of_zero(count: Count) -> None:
    assert _by_day(count([Request(NOON, agent=GOOGLEBOT)]).visits, "headline") == {date(2024, 5, 20): 0}


def test_unique_visitors_are_counted_on_their_first_day_of_the_month_and_of_the_year(count: Count) -> None:
    days = [datetime(2024, *month_day, 12, tzinfo=JAKARTA) for month_day in ((1, 5), (1, 6), (2, 1), (2, 9))]
    visits = count([Request(day) for day in reversed(days)]).visits
    assert [*_by_day(visits, "unique_visitors_month").values()] == [1, 0, 1, 0]
    assert [*_by_day(visits, "unique_visitors_year").values()] == [1, 0, 0, 0]


def test_a_visit_into_a_new_month_makes_its_visitor_known_there(count: Count) -> None:
    before = datetime(2024, 12, 31, 23, 50, tzinfo=JAKARTA)
    visits = count(
        [Request(before), Request(before + timedelta(minutes=15)), Request(before + timedelta(days=4))]
    ).visits
    assert [*_by_day(visits, "unique_visitors_month").values()] == [1, 1, 0]
    assert [*_by_day(visits, "unique_visitors_year").values()] == [1, 1, 0]


def test_visits_are_a_clean_frame_that_names_the_first_line_of_each_day(count: Count) -> None:
    visits = count([b"", Request(NOON)], [Request(NOON), Request(NOON + timedelta(days=1))]).visits
    columns = (*VISITS.columns, *SOURCE_COLUMNS)
    assert {name: str(dtype) for name, dtype in visits.dtypes.items()} == {c.name: DTYPES[c.kind] for c in columns}
    assert not visits.duplicated([*VISITS.key]).any()
    first_lines = visits.drop_duplicates("visited_on")[["source_file_id", "source_row"]]
    assert first_lines.to_numpy().tolist() == [["file0", 2], ["file1", 2]]


def test_no_files_give_empty_frames_of_the_same_columns(count: Count) -> None:
    some, none = count([Request(NOON)]), count()
    assert none.visits.dtypes.to_dict() == some.visits.dtypes.to_dict()
    assert none.tally.dtypes.to_dict() == some.tally.dtypes.to_dict()
    assert none.visits.empty
    assert none.tally.empty


def test_neither_addresses_nor_agents_leave_the_counts(count: Count) -> None:
    counts = count([Request(NOON, address="203.0.113.77", agent="Rahasia/1.0")])
    assert "203.0.113" not in counts.visits.to_csv() + counts.tally.to_csv()
    assert "Rahasia" not in counts.visits.to_csv() + counts.tally.to_csv()


@pytest.mark.parametrize("kept_share", [0.3, 0.9, 0.999])
def test_a_gzip_file_that_was_cut_off_is_rejected_by_its_number_and_shows_no_address(
    tmp_path: Path, kept_share: float
) -> None:
    rng = random.Random(1)  # noqa: S311
    lines = [Request(NOON, address=f"203.0.113.{rng.randrange(256)}", agent=f"{rng.random()}") for _ in range(2000)]
    files = _write(tmp_path, [[Request(NOON).line], _lines(lines)], zipped={1})
    whole = files[1].path.read_bytes()
    files[1].path.write_bytes(whole[: int(len(whole) * kept_share)])
    with pytest.raises(DataRejected, match=r"file number 2 \(file1\)") as caught:
        count_visits(files, terms=LogTerms(JAKARTA, "portal"))
    assert "203.0.113" not in str(caught.value)


def test_a_gzip_file_with_a_flipped_byte_is_rejected(tmp_path: Path) -> None:
    (file,) = _write(tmp_path, [_lines(_after(*range(500)))], zipped={0})
    broken = bytearray(file.path.read_bytes())
    broken[len(broken) // 2] ^= 0xFF
    file.path.write_bytes(broken)
    with pytest.raises(DataRejected):
        count_visits([file], terms=LogTerms(JAKARTA, "portal"))


@pytest.mark.parametrize(
    "terms",
    [LogTerms(JAKARTA, "p", own_networks=("10.0.0.0/33",)), LogTerms(JAKARTA, "p", own_networks=("10.0.0.1/8",)),
     LogTerms(JAKARTA, "p", idle_seconds=0), LogTerms(JAKARTA, "p", idle_seconds=86_400)],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused(terms: LogTerms) -> None:
    with pytest.raises(ConfigError):
        count_visits([], terms=terms)


def test_a_line_longer_than_a_mebibyte_is_one_malformed_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BLOCK_BYTES", 300_000)
    sound = Request(NOON).line
    lines = [sound, sound.replace(b"/dataset", b"/" + b"a" * 3_000_000), sound, sound + b" " * 2_000_000]
    (tmp_path / "log").write_bytes(b"\n".join(lines))
    counts = count_visits([LogFile("file0", tmp_path / "log")], terms=LogTerms(JAKARTA, "portal"))
    assert _tally(counts) == {("used", ""): 2, ("quarantined", "malformed_line"): 2}


def test_line_ends_and_a_missing_last_newline_change_nothing(tmp_path: Path) -> None:
    line = Request(NOON).line
    for ending, last in ((b"\n", b""), (b"\n", b"\n"), (b"\r\n", b"\r\n"), (b"\r\n", b"")):
        (tmp_path / "log").write_bytes(ending.join([line, line]) + last)
        counts = count_visits([LogFile("file0", tmp_path / "log")], terms=LogTerms(JAKARTA, "portal"))
        assert _tally(counts) == {("used", ""): 2}


ASKED = st.sampled_from(
    [
        {},
        {"request": "GET /b?x=1 HTTP/1.1"},
        {"request": 'GET /\\"c\\" HTTP/1.1'},
        {"status": 304},
        {"status": 301, "rule": "status"},
        {"status": 404, "rule": "status"},
        {"request": "POST /a HTTP/1.1", "rule": "method"},
        {"request": "GET /a.css HTTP/1.1", "rule": "asset"},
        {"request": "GET /a.csv HTTP/1.1", "rule": "download"},
    ]
)
ASKERS = st.sampled_from(
    [
        {},
        {"agent": PHONE},
        {"address": "2001:db8::1"},
        {"agent": GOOGLEBOT, "rule": "bot"},
        {"agent": "-", "rule": "empty_agent"},
        {"agent": "Zabbix", "rule": "probe"},
        {"address": "103.10.20.9", "rule": "own_network"},
    ]
)
MOMENTS = st.builds(
    lambda base, minutes, seconds: base + timedelta(minutes=minutes, seconds=seconds),
    st.sampled_from([datetime(2024, 11, 2, 22, tzinfo=UTC), datetime(2024, 12, 31, 16, tzinfo=UTC)]),
    st.integers(0, 700).map(lambda step: step * 10),
    st.sampled_from([0, 1, 59]),
)
REQUESTS = st.lists(
    st.builds(
        lambda at, request, client: Request(at, **{**client, **request}),  # type: ignore[arg-type]
        MOMENTS,
        ASKED,
        ASKERS,
    ),
    min_size=1,
    max_size=40,
)
ZONES = st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "America/New_York"])


@settings(max_examples=50)
@given(REQUESTS, ZONES, st.integers(1, 600), st.randoms(use_true_random=False))
def test_counts_equal_brute_force_whatever_the_order_split_and_duplicates(
    requests: list[Request], zone: str, block_bytes: int, rng: random.Random
) -> None:
    copies = requests + rng.sample(requests, len(requests) // 2)
    rng.shuffle(copies)
    files: list[list[bytes]] = [[] for _ in range(rng.randint(1, 4))]
    for request in copies:
        rng.choice(files).append(request.line)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "BLOCK_BYTES", block_bytes)
        patch.setattr(sessions, "PENDING_RUNS", 3)
        terms = LogTerms(ZoneInfo(zone), "portal", own_networks=("103.10.20.0/24",))
        counts = count_visits(_write(Path(folder), files, zipped={0, 2}), terms=terms)
    keyed = counts.visits.set_index(["variant", "visited_on"])["visits_count"]
    assert {(variant, day.date()): visits for (variant, day), visits in keyed.items()} == _brute_force(requests, zone)
    assert _tally(counts) == Counter(("excluded" if r.rule else "used", r.rule) for r in copies)


@pytest.mark.parametrize(
    ("pattern", "zone", "lines", "malformed", "all_requests", "redirects_counted"),
    [
        ("erddap_2024.access.log.*.gz", "UTC", 16_275, 5_796, 1_726, 325),
        ("semicomplete_2015.access.log.gz", "UTC", 10_000, 0, 3_224, 1_287),
        # Others counted 8,539: a thousand are of agents that are called bots, and that their list does not know.
        ("university_2005_2018.access.log.gz", "America/New_York", 105_177, 0, 48_303, 7_494),
    ],
)
def test_real_logs_give_the_visits_others_counted(
    pattern: str, zone: str, lines: int, malformed: int, all_requests: int, redirects_counted: int
) -> None:
    paths = sorted((DATA / "visits").glob(pattern))
    if not paths:
        pytest.skip("the real logs are not on this machine")
    counts = count_visits([LogFile(path.name, path) for path in paths], terms=LogTerms(ZoneInfo(zone), "portal"))
    assert counts.tally["rows_count"].sum() == lines
    assert _tally(counts).get(("quarantined", "malformed_line"), 0) == malformed
    assert _total(counts, "all_requests") == all_requests
    assert _total(counts, "redirects_counted") == pytest.approx(redirects_counted, rel=0.03)


def test_a_log_of_five_true_visits_has_five_and_a_sixth_by_the_break_at_midnight() -> None:
    path = DATA / "servers" / "combined_access_29lines.log"
    if not path.exists():
        pytest.skip("the real logs are not on this machine")
    counts = count_visits([LogFile("file0", path)], terms=LogTerms(JAKARTA, "portal"))
    assert _by_day(counts.visits, "no_midnight_break") == {date(2024, 12, 31): 5, date(2025, 1, 1): 0}
    assert _by_day(counts.visits, "headline") == {date(2024, 12, 31): 5, date(2025, 1, 1): 1}


def _brute_force(requests: Sequence[Request], zone: str) -> dict[tuple[str, date], int]:
    """Every variant's count on every day, by walking each visitor's requests one at a time."""

    def is_bot(request: Request) -> bool:
        return request.agent in (GOOGLEBOT, "-", "Zabbix")

    def is_redirect(request: Request) -> bool:
        return request.status == 301 and not is_bot(request) and request.address != "103.10.20.9"

    pages = [request for request in requests if not request.rule]
    with_bots = [r for r in requests if r.rule in ("", "bot", "empty_agent", "probe")]
    redirects = [r for r in requests if not r.rule or is_redirect(r)]
    zone_info = ZoneInfo(zone)
    days = {request.at.astimezone(zone_info).date() for request in requests}
    expected = {
        "headline": _walk(pages, zone_info, is_cut_at_midnight=True),
        "bots_included": _walk(with_bots, zone_info, is_cut_at_midnight=True),
        "no_midnight_break": _walk(pages, zone_info, is_cut_at_midnight=False),
        "unique_visitors_month": _first_days(pages, zone_info, "%Y-%m"),
        "unique_visitors_year": _first_days(pages, zone_info, "%Y"),
        "redirects_counted": _walk(redirects, zone_info, is_cut_at_midnight=False),
        "all_requests": _walk(requests, zone_info, is_cut_at_midnight=False),
    }
    return {(variant, day): counts[day] for variant, counts in expected.items() for day in days}


def _walk(requests: Sequence[Request], zone: ZoneInfo, *, is_cut_at_midnight: bool) -> Counter[date]:
    moments: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for request in requests:
        moments[request.address, request.agent].append(request.at.astimezone(UTC))
    started: Counter[date] = Counter()
    for visitor in moments.values():
        before = None
        for at in sorted(visitor):
            day = at.astimezone(zone).date()
            is_new_day = before is not None and is_cut_at_midnight and before.astimezone(zone).date() != day
            if before is None or is_new_day or (at - before).total_seconds() > 1800:
                started[day] += 1
            before = at
    return started


def _first_days(requests: Sequence[Request], zone: ZoneInfo, span: str) -> Counter[date]:
    firsts: dict[tuple[str, str, str], date] = {}
    for request in requests:
        day = request.at.astimezone(zone).date()
        key = (request.address, request.agent, day.strftime(span))
        firsts[key] = min(day, firsts.get(key, day))
    return Counter(firsts.values())


def _after(*seconds: int) -> list[Request]:
    return [Request(NOON + timedelta(seconds=second)) for second in seconds]


def _lines(file: Iterable[Request | bytes]) -> list[bytes]:
    return [entry.line if isinstance(entry, Request) else entry for entry in file]


def _write(
    folder: Path, files: Sequence[Sequence[bytes]], zipped: frozenset[int] | set[int] = frozenset()
) -> list[LogFile]:
    """The files on disk under names that do not tell which of them are gzip."""
    for number, lines in enumerate(files):
        content = b"".join(line + b"\n" for line in lines)
        (folder / f"log.{number}").write_bytes(gzip.compress(content) if number in zipped else content)
    return [LogFile(f"file{number}", folder / f"log.{number}") for number in range(len(files))]


def _total(counts: LogCounts, variant: str = "headline") -> int:
    return int(counts.visits.loc[counts.visits["variant"] == variant, "visits_count"].sum())


def _by_day(visits: pd.DataFrame, variant: str) -> dict[date, int]:
    kept = visits[visits["variant"] == variant]
    return {day.date(): int(count) for day, count in zip(kept["visited_on"], kept["visits_count"], strict=True)}


def _tally(counts: LogCounts) -> dict[tuple[str, str], int]:
    return counts.tally.groupby(["outcome", "rule"])["rows_count"].sum().to_dict()  # type: ignore[return-value]
