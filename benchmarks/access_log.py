"""Access log to visits against its peers: a seeded log, ratios of medians, and the answer asserted in the same run."""

from __future__ import annotations

import gzip
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from benchmarks.measure import Contender, Target, Work
from pipeline.access_log import count as counting
from pipeline.access_log.bots import AgentRules
from pipeline.access_log.count import LogCounts, LogFile, LogTerms, count_visits
from pipeline.access_log.formats.line import read_line
from pipeline.access_log.hits import Hit
from pipeline.access_log.rules import RULES, request_rule
from pipeline.access_log.summaries import Summaries

_TERMS = LogTerms(ZoneInfo("Asia/Jakarta"), "portal", own_networks=("103.10.20.0/24",))
_REFERENCE_LINES = 200_000
_LINES_FOR_SLOW_PEERS = 2_000_000
_LINES_FOR_POLARS_EXACT = 10_000_000
_LINES_FOR_AWSTATS = 500_000
_BOT_SHARE = 0.08
_MALFORMED_SHARE = 0.05
_ESCAPED_SHARE = 0.01
_VISITORS_PER_LINE = 0.05
_REQUESTS_PER_VISIT = 9
_DAYS = 365
_FIRST_DAY = datetime(2024, 12, 31, 17, tzinfo=UTC)
_GOACCESS = (
    *("goaccess", "{path}", "--log-format=COMBINED", "--no-global-config", "--no-progress"),
    *("-o", "{folder}/goaccess.json"),
)
_AWSTATS_PROGRAM = "/usr/lib/cgi-bin/awstats.pl"
_AWSTATS = """
set -e
mkdir -p {folder}/awstats && rm -f {folder}/awstats/*
printf '%s\\n' LogFormat=1 DNSLookup=0 SiteDomain=portal DirData={folder}/awstats > {folder}/awstats/awstats.portal.conf
perl /usr/lib/cgi-bin/awstats.pl -config=portal -configdir={folder}/awstats -LogFile={path} -update
"""
_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_COMBINED = rf"^(\S+) \S+ \S+ \[([^\]]*)\] {_QUOTED} (\d{{3}}) (?:\d+|-) {_QUOTED} {_QUOTED}"
_BROKEN = (
    b"",
    b"\x16\x03\x01\x02",
    b'10.1.2.3 - - [01/Jan/2025:00:00:00 +0700] "GET / HTTP/1.1',
    b"-",
    b"garbage line",
)
_SITE = "https://data.kota-contoh.go.id"
_PAGES = ("/", "/dataset/", "/organization/", "/group/", "/about", "/user/login", "/dataset?q=penduduk&page=2")
_FILES = ("/base/css/main.css", "/base/js/app.min.js", "/uploads/logo.png", "/fonts/inter.woff2")
_DATA = ("/dataset/apbd/resource/7/download/apbd.csv", "/api/3/action/package_search", "/data/penduduk.xlsx")


def write_log(path: Path, *, lines: int, seed: int) -> None:
    """`lines` lines over one year in the order of time, about 270 bytes each.

    Beside it the same lines as twelve gzip files (`.00.gz` to `.11.gz`), and the same requests as JSON (`.json`).
    """
    rng = np.random.default_rng(seed)
    people = max(10, int(lines * _VISITORS_PER_LINE))
    askers, requests = _askers(people, seed=seed), _requests(seed)
    with ExitStack() as stack:
        plain, json = (stack.enter_context(Path(f"{path}{end}").open("wb", buffering=1 << 20)) for end in ("", ".json"))
        months = [stack.enter_context(gzip.open(month, "wb", compresslevel=6)) for month in _months(path)]
        for day in range(_DAYS):
            count = lines * (day + 1) // _DAYS - lines * day // _DAYS
            hits = [*_day(rng, day=day, count=count, texts=(askers, requests))]
            combined = b"".join(line for line, _ in hits)
            plain.write(combined)
            months[12 * day // _DAYS].write(combined)
            json.writelines(line for _, line in hits)


def _months(path: Path) -> list[Path]:
    return [Path(f"{path}.{month:02}.gz") for month in range(12)]


def _day(
    rng: np.random.Generator, *, day: int, count: int, texts: tuple[list[tuple[bytes, bytes]], list[bytes]]
) -> Iterator[tuple[bytes, bytes]]:
    """The day's lines, each in the combined format and as JSON."""
    askers, requests = texts
    visits = rng.geometric(1 / _REQUESTS_PER_VISIT, size=count)
    visits = visits[: int(np.searchsorted(np.cumsum(visits), count)) + 1]
    who = np.repeat((len(askers) * rng.random(len(visits)) ** 3).astype(int), visits)[:count]
    begins = np.repeat(rng.random(len(visits)) * 86_400, visits)[:count]
    seconds = np.sort((begins + rng.exponential(600, count)) % 86_400).astype(int)
    what = (len(requests) * rng.random(count) ** 2).astype(int)
    broken = rng.random(count) < _MALFORMED_SHARE
    date = _FIRST_DAY + timedelta(days=day, hours=7)
    clocks = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}".encode() for s in seconds.tolist()]
    stamp, iso = date.strftime("%d/%b/%Y").encode(), date.strftime("%Y-%m-%d").encode()
    for asker, asked, clock, is_broken in zip(who.tolist(), what.tolist(), clocks, broken.tolist(), strict=True):
        if is_broken:
            yield (_BROKEN[asked % len(_BROKEN)] + b"\n",) * 2
        else:
            address, agent = askers[asker]
            request, status, size, referrer = requests[asked].rsplit(b" ", 3)
            yield (
                b'%b - - [%b:%b +0700] "%b "%b"\n' % (address, stamp, clock, requests[asked], agent),
                b'{"time_iso8601":"%bT%b+07:00","remote_addr":"%b","request":"%b,"status":%b,"body_bytes_sent":%b,'
                b'"http_referer":%b,"http_user_agent":"%b"}\n'
                % (iso, clock, address, request, status, size, referrer, agent),
            )


def _askers(people: int, *, seed: int) -> list[tuple[bytes, bytes]]:
    """Address and agent of every visitor, people and bots mixed."""
    rng = random.Random(seed)
    bots = [instance for entry in CRAWLER_USER_AGENTS_DATA for instance in entry["instances"]]
    agents = [_agent(rng) for _ in range(min(10_000, people))]
    pool = [agent.encode("latin-1", "replace").replace(b'"', b'\\"') for agent in bots]
    return [
        (_address(rng), rng.choice(pool) if rng.random() < _BOT_SHARE else rng.choice(agents)) for _ in range(people)
    ]


def _address(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return b"2001:db8:%x:%x::%x" % (rng.randrange(1 << 16), rng.randrange(1 << 16), rng.randrange(1 << 16))
    return b"%d.%d.%d.%d" % (rng.randrange(1, 224), rng.randrange(256), rng.randrange(256), rng.randrange(256))


def _agent(rng: random.Random) -> bytes:
    system = rng.choice(
        ("Windows NT 10.0; Win64; x64", f"Linux; Android {rng.randrange(8, 15)}; SM-A{rng.randrange(999)}F")
    )
    browser = f"Chrome/{rng.randrange(80, 130)}.0.{rng.randrange(7000)}.{rng.randrange(200)}"
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {browser} Safari/537.36".encode()


def _requests(seed: int) -> list[bytes]:
    """From the quote after the stamp to the referrer: `GET /a HTTP/1.1" 200 512 "https://..."`."""
    rng = random.Random(seed)
    return [_request(rng) for _ in range(20_000)]


def _request(rng: random.Random) -> bytes:
    path = rng.choice(rng.choices((_PAGES, _FILES, _DATA), (5, 4, 1))[0])
    path += f"{rng.choice('abcdefgh')}-{rng.randrange(5000)}" if path.endswith("/") and path != "/" else ""
    path += f"?v={rng.randrange(99)}" if rng.random() < 0.2 and "?" not in path else ""
    path = path.replace("a", '\\"', 1) if rng.random() < _ESCAPED_SHARE else path
    method = rng.choices(("GET", "POST", "HEAD"), (95, 3, 2))[0]
    status = rng.choices((200, 304, 301, 302, 404, 500), (80, 8, 3, 2, 6, 1))[0]
    referrer = (
        f"{_SITE}/dataset/{'statistik-' * rng.randrange(1, 5)}{rng.randrange(9999)}" if rng.random() < 0.8 else "-"
    )
    return f'{method} {path} HTTP/1.1" {status} {rng.randrange(200, 90_000)} "{referrer}"'.encode()


def count(*paths: Path) -> LogCounts:
    """What the counter finds in log files, where parts are kept in a folder, as a run keeps them."""
    with TemporaryDirectory(dir=paths[0].parent) as folder:
        files = [LogFile(path.name, path) for path in paths]
        return count_visits(files, terms=_TERMS, summaries=Summaries(Path(folder)))


def ours(*paths: Path) -> int:
    """The headline visits of log files, counted on all cores."""
    visits = count(*paths).visits
    return int(visits.loc[visits["variant"] == "headline", "visits_count"].sum())


def ours_alone(*paths: Path) -> int:
    """The headline visits of log files, counted on one core."""
    counting.BYTES_WORTH_SHARING = sys.maxsize
    return ours(*paths)


def ours_gzip(path: Path) -> int:
    """The headline visits of the gzip files by month, on all cores."""
    return ours(*_months(path))


def ours_gzip_alone(path: Path) -> int:
    """The headline visits of the gzip files by month, on one core."""
    return ours_alone(*_months(path))


def ours_json(path: Path) -> int:
    """The headline visits of the same log as JSON lines."""
    return ours(Path(f"{path}.json"))


def reference(path: Path) -> int:
    """The headline by the per-line parser and a walk over each visitor's requests."""
    moments: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
    judge_agents = AgentRules()
    judge = cache(lambda agent: judge_agents([agent]) == [""])
    for line in path.read_bytes().split(b"\n"):
        hit = read_line(line)
        if not isinstance(hit, Hit) or not (200 <= hit.status < 300 or hit.status == 304):
            continue
        if RULES[request_rule(hit.request)] == "" and judge(hit.agent):
            moments[hit.address, hit.agent].append(hit.seconds + 7 * 3600)
    return sum(
        before is None or at - before > 1800 or at // 86_400 != before // 86_400
        for visitor in moments.values()
        for before, at in zip([None, *sorted(visitor)], sorted(visitor), strict=False)
    )


def duckdb(path: Path) -> int:
    """Tuned and inexact: the quote as delimiter, few bots, no escapes."""
    import duckdb

    columns = ", ".join(f"'c{nth}': 'VARCHAR'" for nth in range(7))
    found = duckdb.sql(f"""
        WITH hits AS (
            SELECT split_part(c0, ' ', 1) AS address, c5 AS agent,
                epoch(try_strptime(substr(c0, instr(c0, '[') + 1, 20), '%d/%b/%Y:%H:%M:%S')) AS moment
            FROM read_csv('{path}', delim='"', quote='', escape='', header=false, auto_detect=false,
                columns={{{columns}}}, null_padding=true, ignore_errors=true, strict_mode=false)
            WHERE c1 LIKE 'GET %' AND substr(c2, 2, 3) IN ('200', '204', '206', '304')
                AND NOT regexp_matches(c1, '\\.(css|js|png|woff2|csv|xlsx)[ ?]|^GET /api/')
                AND NOT regexp_matches(c5, '(?i)bot|crawl|spider'))
        SELECT count(*) FROM (
            SELECT moment - lag(moment) OVER (PARTITION BY address, agent ORDER BY moment) AS silence
            FROM hits WHERE moment IS NOT NULL)
        WHERE silence IS NULL OR silence > 1800""").fetchall()
    return int(found[0][0])


def duckdb_json(path: Path) -> int:
    """As `duckdb`, of the JSON twin."""
    import duckdb

    found = duckdb.sql(f"""
        WITH hits AS (
            SELECT remote_addr AS address, http_user_agent AS agent, epoch(time_iso8601) AS moment
            FROM read_ndjson('{path}.json', ignore_errors=true, columns={{time_iso8601: 'TIMESTAMPTZ',
                remote_addr: 'VARCHAR', request: 'VARCHAR', status: 'INTEGER', http_user_agent: 'VARCHAR'}})
            WHERE request LIKE 'GET %' AND status IN (200, 204, 206, 304)
                AND NOT regexp_matches(request, '\\.(css|js|png|woff2|csv|xlsx)[ ?]|^GET /api/')
                AND NOT regexp_matches(http_user_agent, '(?i)bot|crawl|spider'))
        SELECT count(*) FROM (
            SELECT moment - lag(moment) OVER (PARTITION BY address, agent ORDER BY moment) AS silence
            FROM hits WHERE moment IS NOT NULL)
        WHERE silence IS NULL OR silence > 1800""").fetchall()
    return int(found[0][0])


def polars(path: Path) -> int:
    """As `duckdb`."""
    import polars as pl

    names = [f"c{nth}" for nth in range(7)]
    lines = pl.scan_csv(
        path, separator='"', quote_char=None, has_header=False, schema=dict.fromkeys(names, pl.String),
        truncate_ragged_lines=True, ignore_errors=True, encoding="utf8-lossy",
    )  # fmt: skip
    hits = lines.filter(
        pl.col("c1").str.starts_with("GET ")
        & pl.col("c2").str.slice(1, 3).is_in(["200", "204", "206", "304"])
        & ~pl.col("c1").str.contains(r"\.(?:css|js|png|woff2|csv|xlsx)[ ?]|^GET /api/")
        & ~pl.col("c5").str.contains("(?i)bot|crawl|spider")
    ).select(
        pl.col("c0").str.split(" ").list.first().alias("address"),
        pl.col("c5").alias("agent"),
        pl.col("c0").str.extract(r"\[([^ ]{20})").str.to_datetime("%d/%b/%Y:%H:%M:%S", strict=False).alias("at"),
    )
    silence = pl.col("at").diff().over("address", "agent")
    ordered = hits.drop_nulls("at").sort("at")
    is_first = silence.is_null() | (silence > pl.duration(minutes=30))
    return int(ordered.select(is_first.sum()).collect(engine="streaming").item())


def polars_exact(path: Path) -> int:
    """Escapes understood by a regular expression, our rules asked once per request and agent, cut at midnight."""
    import polars as pl

    lines = pl.scan_csv(
        path, separator="\x1f", quote_char=None, has_header=False, schema={"line": pl.String},
        truncate_ragged_lines=True, encoding="utf8-lossy",
    )  # fmt: skip
    names = ("address", "stamp", "asked", "status", "referrer", "agent")
    fields = pl.col("line").str.extract_groups(_COMBINED).struct.rename_fields(names)
    answered = pl.col("status").str.starts_with("2") | (pl.col("status") == "304")
    hits = lines.select(fields.alias("hit")).unnest("hit").filter(answered).drop("referrer", "status").with_columns(
        pl.col("asked").str.split("?").list.first(),
        pl.col("stamp").str.to_datetime("%d/%b/%Y:%H:%M:%S %z").dt.convert_time_zone("Asia/Jakarta"),
    ).collect(engine="streaming")  # fmt: skip
    requests, agents = (hits[name].unique().to_list() for name in ("asked", "agent"))
    pages = [request for request in requests if RULES[request_rule(request.encode())] == ""]
    people = [agent for agent, rule in zip(agents, AgentRules()([a.encode() for a in agents]), strict=True) if not rule]
    visits = hits.filter(pl.col("asked").is_in(pages) & pl.col("agent").is_in(people)).sort("stamp")
    before = pl.col("stamp").shift().over("address", "agent")
    is_first = before.is_null() | (pl.col("stamp") - before > pl.duration(minutes=30))
    return int(visits.select((is_first | (before.dt.date() != pl.col("stamp").dt.date())).sum()).item())


def pandas(path: Path) -> int:
    """The way a notebook would: one regular expression over every line."""
    import pandas as pd

    lines = pd.Series(path.read_text("latin-1").split("\n"), dtype="str")
    pattern = r'^(\S+) \S+ \S+ \[([^\]]*)\] "GET ([^" ]*)[^"]*" (2\d\d|304) \S+ "[^"]*" "([^"]*)"'
    hits = lines.str.extract(pattern).dropna()
    hits = hits[~hits[2].str.contains(r"\.(?:css|js|png|woff2|csv|xlsx)(?:$|\?)|^/api/")]
    hits = hits[~hits[4].str.contains("bot|crawl|spider", case=False)]
    at = pd.to_datetime(hits[1], format="%d/%b/%Y:%H:%M:%S %z")
    silence = at.sort_values().groupby([hits[0], hits[4]]).diff()
    return int((silence.isna() | (silence > pd.Timedelta(minutes=30))).sum())


WORK = Work(
    name="access log",
    unit="lines",
    write=lambda path, lines: write_log(path, lines=lines, seed=1),
    contenders={
        "ours": Contender(ours),
        "ours_alone": Contender(ours_alone),
        "reference": Contender(reference, most=_REFERENCE_LINES),
        "duckdb": Contender(duckdb, needs=("duckdb",), is_exact=False),
        "polars": Contender(polars, needs=("polars",), is_exact=False),
        "pandas": Contender(pandas, is_exact=False, most=_LINES_FOR_SLOW_PEERS),
        "ours_gzip": Contender(ours_gzip),
        "ours_gzip_alone": Contender(ours_gzip_alone),
        "ours_json": Contender(ours_json),
        "duckdb_json": Contender(duckdb_json, needs=("duckdb",), is_exact=False),
        "polars_exact": Contender(polars_exact, needs=("polars",), most=_LINES_FOR_POLARS_EXACT),
        "goaccess": Contender(_GOACCESS, needs=("program:goaccess",), most=_LINES_FOR_SLOW_PEERS),
        "awstats": Contender(
            ("sh", "-c", _AWSTATS), needs=("program:perl", f"program:{_AWSTATS_PROGRAM}"), most=_LINES_FOR_AWSTATS
        ),
        "wc": Contender(("wc", "-l", "{path}")),
        "zcat_wc": Contender(("sh", "-c", "zcat {path}.*.gz | wc -l")),
    },
    targets=(
        Target(0.65, "duckdb"),
        Target(0.65, "polars"),
        Target(0.25, "polars_exact"),
        Target(1 / 12, "goaccess"),
        Target(11, "wc"),
        Target(0.6, "ours_alone"),
        Target(0.5, "zcat_wc", ours="ours_gzip"),
        Target(0.6, "ours_gzip_alone", ours="ours_gzip"),
        Target(0.65, "duckdb_json", ours="ours_json"),
        Target(220, by="peak"),
        Target(1.15, by="peak", grows=True),
    ),
)
