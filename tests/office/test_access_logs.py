"""Access logs as offices have them, through the public command: other servers, proxies, packed and broken files."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.errors import TolokError
from pipeline import steps
from pipeline.check import check_city
from pipeline.config.load import load_city
from pipeline.indicators.base import Result
from pipeline.periods import Period

YAML = """
city: kota
name: Kota
zone: Asia/Jakarta
region_codes: {kemendagri: "31.71"}
population: {figures: [{year: 2025, count: 100000, reference_on: 2025-12-31, source: satu lakh}]}
sources:
  log: {table: visits, format: access_log, path: "log/*"%s}
"""
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36"
PLUS = AGENT.replace(" ", "+")
PERCENT = AGENT.replace(" ", "%20")
# Three people on each of four days, at nine in Jakarta: twelve visits.
VISITS = 12
YEAR = Period.parse("2025")
MOMENTS = [(day, f"203.0.113.{who}") for day in range(1, 5) for who in range(1, 4)]
STAMP = "0{day}/Jan/2025:09:00:00 +0700"
TAIL = f'[{STAMP}] "GET /data?x=1 HTTP/1.1" 200 5 "-" "{AGENT}"'
IIS = f"2025-01-0{{day}} 02:00:00 10.0.0.5 GET /data - 443 - {{who}} {PLUS} - 200 0 0 15"
IIS_HEAD = (
    "#Software: IIS\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"
)
CLOUDFRONT_HEAD = "#Version: 1.0\n#Fields: date time c-ip cs-method cs(Host) cs-uri-stem sc-status cs(User-Agent)"
CLOUDFRONT = f"2025-01-0{{day}}\t02:00:00\t{{who}}\tGET\td.net\t/data\t200\t{PERCENT}"
MOVED_HEAD = "#Fields: c-ip cs(User-Agent) sc-status cs-method cs-uri-stem date time"
MOVED = f"{{who}} {PLUS} 200 GET /data 2025-01-0{{day}} 02:10:00"
HAPROXY = (
    "{who}:3331 [0{day}/Jan/2025:09:00:00.655] web~ web/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {{a b|}} "
    '{{}} "GET /data HTTP/1.1"'
)
ALB = (
    "h2 2025-01-0{day}T02:00:00.186641Z app/kota/5 {who}:2817 10.0.0.66:9000 0.000 0.001 0.000 200 200 34 366 "
    f'"GET https://data.kota.go.id:443/data HTTP/2.0" "{AGENT}" ECDHE TLSv1.2 arn:aws "Root=1-5" "-" "-" 0'
)


def lines(template: str, *, head: str = "") -> str:
    text = "".join(template.format(day=day, who=who) + "\n" for day, who in MOMENTS)
    return f"{head}\n{text}" if head else text


def from_each_in_turn(*addresses: str) -> str:
    """A request at each moment, from addresses with a number of their own."""
    templates = [f"{addresses[nth % len(addresses)].format(nth + 1)} - - {TAIL}\n" for nth in range(len(MOMENTS))]
    return "".join(template.format(day=day) for template, (day, _) in zip(templates, MOMENTS, strict=True))


def docker(text: str) -> str:
    return "".join(json.dumps({"log": line + "\n", "stream": "stdout"}) + "\n" for line in text.splitlines())


def journal(text: str) -> str:
    return "".join(json.dumps({"_PID": "7", "MESSAGE": line}) + "\n" for line in text.splitlines())


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOME": tmp_path / "home", "CITIES": tmp_path}.items():
        monkeypatch.setenv(f"TOLOK_{name}", str(value))


def write(folder: Path, *, settings: str = "", **files: str | bytes) -> None:
    (folder / "log").mkdir(exist_ok=True)
    (folder / "kota.yaml").write_text(YAML % (f", {settings}" if settings else ""), "utf-8")
    for name, content in files.items():
        (folder / "log" / name).write_bytes(content.encode() if isinstance(content, str) else content)


def computed() -> Result:
    steps.fetch("kota", "log", "2025")
    steps.clean("kota", "visits", "2025")
    return next(result for result in steps.compute("kota", "2025") if result.indicator_id == "portal_visits")


def codes(result: Result) -> set[str]:
    return {remark.code for remark in result.remarks} - {"coverage", "period_not_over"}


@pytest.mark.parametrize(
    ("settings", "log"),
    [
        ("log_format: vhost_combined", lines(f"data.kota.go.id:443 {{who}} - - {TAIL}")),
        ("log_format: main", lines(f'{{who}} - - {TAIL} "-"')),
        (
            'log_format: \'$host $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
            '"$http_referer" "$http_user_agent" $request_time\'',
            lines(f"data.go.id {{who}} - - {TAIL} 0.003"),
        ),
        (
            'log_format: \'LogFormat "%v %{X-Forwarded-For}i %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" '
            '\\"%{User-Agent}i\\"" kota\'',
            lines(f"data.go.id 10.9.9.9, {{who}} - - {TAIL}"),
        ),
        (
            "log_format: '%a %{%Y-%m-%d %H:%M:%S}t %m %U%q %s', zone: UTC",
            lines("{who} 2025-01-0{day} 02:00:00 GET /d?a 200"),
        ),
        (
            "log_format: '$remote_addr $msec $status \"$request\"'",
            lines('{who} 17358{day}0000.123 200 "GET /d HTTP/1.1"'),
        ),
        ("log_format: haproxy, zone: Asia/Jakarta", lines("Jan  1 09:00:00 lb haproxy[77]: " + HAPROXY)),
        ("log_format: [docker, haproxy], zone: Asia/Jakarta", docker(lines(HAPROXY))),
        ("log_format: alb", lines(ALB)),
        ("log_format: docker", docker(lines(f"{{who}} - - {TAIL}"))),
        ("log_format: [journald, vhost_combined]", journal(lines(f"a.go.id:80 {{who}} - - {TAIL}"))),
        ("", lines(IIS, head=IIS_HEAD)),
        ("zone: Asia/Jakarta", lines(IIS.replace("02:00:00", "09:00:00"), head=IIS_HEAD)),
        ("", lines(CLOUDFRONT, head=CLOUDFRONT_HEAD)),
        # The columns change in the middle of the file.
        ("", lines(IIS, head=IIS_HEAD) + lines(MOVED, head=MOVED_HEAD)),
        ("client: last", lines(f'10.0.0.1 - - {TAIL} "198.51.100.9, {{who}}"')),
        ("trusted_proxies: [10.0.0.0/8]", lines(f'10.0.0.1 - - {TAIL} "198.51.100.9, {{who}}, 10.0.0.7"')),
    ],
)
def test_a_log_of_any_server_gives_the_same_visits(tmp_path: Path, settings: str, log: str) -> None:
    write(tmp_path, settings=settings, log=log)
    result = computed()
    assert (result.headline.numerator, dict(result.rows.quarantined)) == (VISITS, {})
    assert codes(result) <= {"no_agents"}


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


COMBINED = lines(f"{{who}} - - {TAIL}")
MASKED_LATELY = from_each_in_turn(*["203.0.113.{}"] * 5, "198.51.{}.0")


@pytest.mark.parametrize(
    "pack",
    [
        lambda text: gzip.compress(text.encode()),
        lambda text: bz2.compress(text.encode()),
        lambda text: lzma.compress(text.encode()),
        lambda text: pa.compress(text.encode(), codec="zstd", asbytes=True),
        lambda text: zipped(a=text),
        lambda text: zipped(**{"log/access.log.10": text[: len(text) // 2], "log/access.log.9": text, ".x": "x"}),
    ],
)
def test_a_packed_log_is_read_and_a_damaged_one_named(tmp_path: Path, pack: Callable[[str], bytes]) -> None:
    write(tmp_path, log=pack(COMBINED))
    assert computed().headline.numerator == VISITS
    write(tmp_path, log=pack(COMBINED)[:-40])
    with pytest.raises(TolokError, match="log"):
        computed()


@pytest.mark.parametrize(
    ("settings", "log", "code", "says"),
    [
        ("", lines(f'10.0.0.1 - - {TAIL} "{{who}}"'), "one_address", "one private address"),
        ("", lines(f"10.0.{{day}}.1 - - {TAIL}"), "private_addresses", "private addresses"),
        ("", lines(f"198.51.100.1 - - {TAIL}"), "one_address", "one public address"),
        ("", from_each_in_turn("198.51.{}.0"), "masked_addresses", "100 % of the pages"),
        ("", from_each_in_turn("198.51.{}.0", "198.51.{}.0", "203.0.113.{}"), "masked_addresses", "66 % of the pages"),
        ("", MASKED_LATELY * 17, "masked_addresses", "16 % of the pages"),
        ("", from_each_in_turn("198.51.{}.x"), "masked_addresses", "lasting pseudonym"),
        ("", from_each_in_turn("198.51.{}.xxx"), "masked_addresses", "lasting pseudonym"),
        ("", from_each_in_turn("2001:db8:{}::"), "masked_addresses", "lasting pseudonym"),
        ("own_networks: [203.0.113.0/24]", COMBINED, "rule_excludes_most", "own_networks"),
        ("", COMBINED.replace("200 5", "301 5"), "rule_excludes_most", "status"),
        ("", COMBINED + COMBINED.splitlines()[0][:60], "log_cut", "middle of a line"),
        ("log_format: haproxy", lines("lb haproxy[7]: " + HAPROXY), "clock_without_offset", "Asia/Jakarta"),
        ("", COMBINED + "rusak\n", "log_file_unread", "log: 1 / 13"),
        ("", f"{{who}} - - {TAIL}\n".format(who="198.51.100.1", day=5) * 200, "one_agent", "same agent"),
        (
            "",
            "".join(
                f"198.51.100.1 - - {TAIL}\n".replace("0{day}", f"{day:02}").replace("09:00", f"{hour:02}:00")
                for day in range(5, 12)
                for hour in range(24)
            ),
            "one_visitor",
            "one visitor's",
        ),
        (
            "",
            "".join(f"{n:032x} - - {TAIL}\n".replace("0{day}", f"{n % 28 + 1:02}") for n in range(1000)),
            "single_page_visits",
            "hashed anew",
        ),
    ],
)
def test_what_is_odd_keeps_the_result_from_being_final_and_names_no_address(
    tmp_path: Path, settings: str, log: str, code: str, says: str
) -> None:
    write(tmp_path, settings=settings, log=log)
    found = {remark.code: remark for remark in computed().remarks}
    assert code in found
    assert says in found[code].en
    assert found[code].keeps_provisional
    assert not re.search(r"203\.0\.113\.\d|198\.51|10\.0\.\d", str(found[code]))


@pytest.mark.parametrize("log", [COMBINED, from_each_in_turn("198.51.{}.0", "203.0.113.{}"), MASKED_LATELY * 16])
def test_a_sound_log_is_odd_in_nothing(tmp_path: Path, log: str) -> None:
    write(tmp_path, log=log)
    assert codes(computed()) == set()


def test_one_unreadable_file_of_three_is_refused_by_its_name(tmp_path: Path) -> None:
    vhost = lines(f"data.kota.go.id:443 {{who}} - - {TAIL}", head="")
    write(tmp_path, a=COMBINED, b=vhost[: len(vhost) // 6], c=COMBINED.replace("/data", "/other"))
    with pytest.raises(TolokError, match="b: its lines fit no log format") as refused:
        computed()
    assert "log_format: vhost_combined" in str(refused.value)
    (checked,) = [found for found in check_city(load_city(tmp_path, "kota"), period=YEAR) if found.error]
    assert str(checked.error) == str(refused.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("log_format: '$remote_addr $status'", "time"),
        ("log_format: '%t %r %s'", "address"),
        ("log_format: '$remote_addr$status [$time_local] $request'", "nothing between"),
        ("log_format: '%h %{%A}t %r %s'", "%A"),
        ("trusted_proxies: [10.0.0.1/8]", "bukan jaringan"),
        ("client: first", "last"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_it_is_read(tmp_path: Path, settings: str, says: str) -> None:
    write(tmp_path, settings=settings, log=COMBINED)
    with pytest.raises(TolokError, match=says):
        computed()


@pytest.mark.parametrize(
    ("settings", "address", "line"),
    [
        ("", "203.0.113.{who}:{port}", "{address} - - " + TAIL),
        ("", "[2001:db8::{who}]:{port}", "{address} - - " + TAIL),
        ("", "[2001:db8::{who}]", "{address} - - " + TAIL),
        ("", "::ffff:203.0.113.{who}:{port}", "{address} - - " + TAIL),
        ("log_format: main", "203.0.113.{who}:{port}", "{address} - - " + TAIL + ' "-"'),
        ("log_format: '%a:%{remote}p %t %m %U %s'", "2001:db8::{who}:{port}", f"{{address}} [{STAMP}] GET /d 200"),
        ("", "203.0.113.{who}:{port}", IIS_HEAD + "\n" + IIS.replace("{who}", "{address}")),
        (
            "fields: {address: who, time: at}",
            "[2001:db8::{who}]:{port}",
            '{{"who": "{address}", "at": "2025-01-01T09:00:00+07:00", "request": "GET /d HTTP/1.1", "status": 200}}',
        ),
    ],
)
def test_connections_of_one_address_are_one_visitor(tmp_path: Path, settings: str, address: str, line: str) -> None:
    found = [address.format(who=who, port=4000 + port) for who in (1, 2, 3) for port in range(4)]
    write(tmp_path, settings=settings, log="".join(line.format(address=one, day=1) + "\n" for one in found))
    assert computed().headline.numerator == 3


@pytest.mark.parametrize(("others", "is_held"), [(1, True), (0, False)])
def test_many_visits_by_agents_that_are_no_browsers_hold_the_result(tmp_path: Path, others: int, is_held: bool) -> None:
    odd = "".join(
        TAIL.format(day=day).replace(AGENT, "PeriksaTautan/2.1 (+budi)").join((f"203.0.114.{n} - - ", "\n"))
        for day in range(1, 5)
        for n in range(2 * others)
    )
    write(tmp_path, log=lines(f"{{who}} - - {TAIL}") + odd)
    said = [remark.en for remark in computed().remarks if remark.code == "unlisted_agents"]
    assert bool(said) == is_held
    assert all("PeriksaTautan" in text and "budi" not in text and "40 %" in text for text in said)


HOSTED = [
    ("log_format: vhost_combined", f"HOST:443 {{who}} - - {TAIL}"),
    (
        'log_format: \'$remote_addr $host [$time_local] "$request" $status "$http_user_agent"\'',
        f'{{who}} HOST [{STAMP}] "GET /d HTTP/1.1" 200 "{AGENT}"',
    ),
    ("log_format: alb", ALB.replace("data.kota.go.id", "HOST")),
    ("", IIS_HEAD.replace("s-ip", "cs-host") + "\n" + IIS.replace("10.0.0.5", "HOST")),
    (
        "",
        '{{"ts": 17357{day}0000, "request": {{"client_ip": "{who}", "host": "WWW.HOST:8443", "method": "GET", '
        '"uri": "/d"}}, "status": 200}}',
    ),
    (
        "fields: {host: situs}",
        '{{"time_iso8601": "2025-01-0{day}T09:00:00+07:00", "remote_addr": "{who}", "request": "GET /d HTTP/1.1", '
        '"status": 200, "situs": "HOST", "note": "\\u0041"}}',
    ),
]


def hosted(template: str, *hosts: str) -> str:
    """The same people's requests of each host."""
    return "".join(lines(template.replace("HOST", host)) for host in hosts)


@pytest.mark.parametrize(("settings", "template"), HOSTED)
def test_of_several_sites_in_a_log_the_portal_is_counted_once_hosts_name_it(
    tmp_path: Path, settings: str, template: str
) -> None:
    text = hosted(template, "data.kota.go.id", "mail.kota.go.id")
    write(tmp_path, settings=settings, log=text)
    (said,) = (remark.en for remark in computed().remarks if remark.code == "several_hosts")
    assert "data.kota.go.id 50 %" in said
    assert "mail.kota.go.id 50 %" in said
    write(tmp_path, settings=", ".join(filter(None, [settings, "hosts: ['DATA.*', opendata.kota.go.id]"])), log=text)
    result = computed()
    assert (result.headline.numerator, result.rows.excluded["other_portal"]) == (VISITS, VISITS)
    assert result.rows.read == 2 * VISITS + result.rows.excluded.get("header_line", 0)
    assert "several_hosts" not in codes(result)


def test_two_sites_of_one_iis_are_told_by_their_numbers(tmp_path: Path) -> None:
    head, line = IIS_HEAD.replace("s-ip", "s-sitename"), IIS.replace("10.0.0.5", "HOST")
    write(tmp_path, log=f"{head}\n{hosted(line, 'W3SVC1', 'W3SVC2')}")
    assert "several_hosts" in codes(computed())
    write(tmp_path, settings="hosts: [W3SVC2]", log=f"{head}\n{hosted(line, 'W3SVC1', 'W3SVC2')}")
    assert computed().rows.excluded["other_portal"] == VISITS


@pytest.mark.parametrize("hosts", [("data.kota.go.id",), ("www.data.kota.go.id", "DATA.kota.go.id.", "10.0.0.7")])
def test_one_site_by_other_names_is_one_site(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    write(tmp_path, settings=HOSTED[0][0], log=hosted(HOSTED[0][1], *hosts))
    assert "several_hosts" not in codes(computed())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("log_format: vhost_combined, hosts: [dta.kota.go.id]", "there are: data.kota.go.id"),
        ("log_format: [vhost_combined, combined], hosts: ['https://data.kota.go.id/']", "site's name only"),
        ("log_format: vhost_combined, exclude: {other_portal: {column: host, values: [a]}}", "exclude: .*no effect"),
        ("log_format: vhost_combined, grain: month, nulls: ['-']", "grain, nulls: .*no effect"),
    ],
)
def test_hosts_that_no_line_is_of_and_settings_without_effect_are_refused(
    tmp_path: Path, settings: str, says: str
) -> None:
    write(tmp_path, settings=settings, log=hosted(HOSTED[0][1], "data.kota.go.id"))
    with pytest.raises(TolokError, match=says):
        computed()


def test_hosts_are_refused_where_lines_tell_none(tmp_path: Path) -> None:
    write(tmp_path, settings="hosts: [data.kota.go.id]", log=lines(f"{{who}} - - {TAIL}"))
    with pytest.raises(TolokError, match="do not tell the site"):
        computed()


PROXIED = [
    (f'10.9.8.PROXY - - {TAIL} "{{who}}"', True),
    (f'198.51.100.PROXY - - {TAIL} "10.1.1.1, {{who}}" 0.004', True),
    (f'198.51.100.PROXY - - {TAIL} "-" "{{who}}:443" up="10.0.0.5:80"', True),
    (f"198.51.100.PROXY - - {TAIL} xff={{who}} rt=0.2", True),
    (f"{{who}},198.51.100.PROXY - - {TAIL}", True),
    (f'{{who}} - - {TAIL} "{{who}}" "10.0.0.5:80"', False),
    (f"{{who}} - - {TAIL}", False),
    (IIS_HEAD + "\n" + IIS, False),
]


@pytest.mark.parametrize(("template", "is_held"), PROXIED)
def test_few_addresses_beside_many_forwarded_ones_hold_the_result(tmp_path: Path, template: str, is_held: bool) -> None:
    text = "".join(lines(template.replace("PROXY", str(n % 3)).replace("{who}", f"203.0.{n}.1")) for n in range(12))
    write(tmp_path, log=text)
    result = computed()
    assert ("forwarded_addresses" in codes(result)) == is_held
    assert not re.search(r"203\.0\.|198\.51\.", str(result.remarks))


def test_json_lines_with_a_part_told_twice_are_malformed(tmp_path: Path) -> None:
    sound = (
        '{{"remote_addr": "{who}", "time_iso8601": "2025-01-0{day}T09:00:00+07:00", "note": "\\u0041 \\"status\\": 1", '
        '"request": "GET /d HTTP/1.1", "status": 200}}'
    )
    twice = sound.replace('"status": 200', '"status" : 404, "status": 200')
    write(tmp_path, log=lines(sound) * 20 + lines(twice))
    assert computed().rows.quarantined == {"malformed_line": VISITS}
    write(tmp_path, log=lines(twice))
    with pytest.raises(TolokError, match="have the name status twice"):
        computed()
