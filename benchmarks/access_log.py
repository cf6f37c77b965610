"""Access log to visits against its peers: a seeded log, ratios of medians, and the same answer asserted in the same run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

_BOT_SHARE = 0.08
_MALFORMED_SHARE = 0.05
_ESCAPED_SHARE = 0.01
_VISITORS_PER_LINE = 0.05
_REQUESTS_PER_VISIT = 9
_DAYS = 365
_FIRST_DAY = datetime(2024, 12, 31, 17, tzinfo=UTC)
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
    """`lines` lines over one year in the order of time, about 270 bytes each."""
    rng = np.random.default_rng(seed)
    people = max(10, int(lines * _VISITORS_PER_LINE))
    askers, requests = _askers(people, seed=seed), _requests(seed)
    with path.open("wb", buffering=1 << 20) as file:
        for day in range(_DAYS):
            count = lines * (day + 1) // _DAYS - lines * day // _DAYS
            for line in _day(rng, day=day, count=count, texts=(askers, requests)):
                file.write(line)


def _day(
    rng: np.random.Generator, *, day: int, count: int, texts: tuple[list[tuple[bytes, bytes]], list[bytes]]
) -> Iterator[bytes]:
    askers, requests = texts
    visits = rng.geometric(1 / _REQUESTS_PER_VISIT, size=count)
    visits = visits[: int(np.searchsorted(np.cumsum(visits), count)) + 1]
    who = np.repeat((len(askers) * rng.random(len(visits)) ** 3).astype(int), visits)[:count]
    begins = np.repeat(rng.random(len(visits)) * 86_400, visits)[:count]
    seconds = np.sort((begins + rng.exponential(600, count)) % 86_400).astype(int)
    what = (len(requests) * rng.random(count) ** 2).astype(int)
    broken = rng.random(count) < _MALFORMED_SHARE
    stamp = (_FIRST_DAY + timedelta(days=day, hours=7)).strftime("%d/%b/%Y")
    clocks = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02} +0700".encode() for s in seconds.tolist()]
    head = f"[{stamp}:".encode()
    for asker, asked, clock, is_broken in zip(who.tolist(), what.tolist(), clocks, broken.tolist(), strict=True):
        if is_broken:
            yield _BROKEN[asked % len(_BROKEN)] + b"\n"
        else:
            address, agent = askers[asker]
            yield b'%b - - %b%b] "%b "%b"\n' % (address, head, clock, requests[asked], agent)


def _askers(people: int, *, seed: int) -> list[tuple[bytes, bytes]]:
    """Address and agent of every visitor, people and bots mixed."""
    rng = random.Random(seed)  # noqa: S311
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
    rng = random.Random(seed)  # noqa: S311
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
