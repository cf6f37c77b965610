"""What `tolok check` and a run say of a log by its first lines: classes, and names that JSON lines lack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError, SourceChanged
from pipeline.check import Finding, check_city
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.landing import land
from pipeline.periods import Period
from testing.clean_tables import clean_in_memory

YEAR = Period.parse("2025")
YAML = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "99.71"}
sources:
  log: {table: visits, format: access_log, path: log}
"""
OWN = {"klien": {"ip": "203.0.113.77"}, "waktu": 1740000000, "cara": "GET", "uri": "/a", "kode": 200, "agen": "Firefox"}
FIELDS = "{address: klien.ip, time: waktu, method: cara, uri: uri, status: kode, agent: agen}"
COMBINED = b'10.0.0.1 - - [17/May/2025:10:05:03 +0000] "GET /a HTTP/1.1" 200 5 "-" "Firefox"'


def city(folder: Path, *lines: bytes, fields: str = "") -> City:
    (folder / "log").write_bytes(b"".join(line + b"\n" for line in lines))
    text = YAML.replace("path: log}", f"path: log, fields: {fields}}}") if fields else YAML
    (folder / "kota-uji.yaml").write_text(text, "utf-8")
    return load_city(folder, "kota-uji")


def line_of(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def found(kota: City) -> Finding:
    return check_city(kota, period=YEAR, is_quick=True)[0]


def visits(folder: Path, kota: City) -> int:
    manifest = land(folder / "home", city=kota, source_name="log", period=YEAR)
    frame = clean_in_memory(folder / "home", city=kota, table_name="visits", manifests=[manifest]).frame
    return int(frame.loc[frame["variant"] == "headline", "visits_count"].sum())


def test_check_says_what_becomes_of_the_first_lines(tmp_path: Path) -> None:
    lines = [COMBINED, COMBINED.replace(b"Firefox", b"Zabbix"), b"garbage", line_of(OWN), COMBINED]
    said = found(city(tmp_path, *lines)).details
    assert said == ("log: baris awal / first lines: 2 halaman / pages; malformed_line 2, probe 1",)


def test_json_lines_of_unknown_names_are_refused_by_what_they_lack(tmp_path: Path) -> None:
    kota = city(tmp_path, line_of(OWN), line_of(OWN))
    error = found(kota).error
    assert isinstance(error, SourceChanged)
    for text in (error.id, error.en):
        assert "address, request, status, time" in text
        assert "klien.ip, waktu, cara, uri, kode, agen" in text
        assert "fields" in text
        assert "203.0.113" not in text
    with pytest.raises(SourceChanged):
        visits(tmp_path, kota)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"garbage 203.0.113.77", "aaaaaaa 000.0.000.00"),
        (b"data.kota.go.id:443 " + COMBINED, "vhost_combined"),
        (json.dumps({"log": COMBINED.decode() + "\n", "stream": "stdout"}).encode(), "docker"),
        (json.dumps({"MESSAGE": "a.go.id:80 " + COMBINED.decode()}).encode(), "[journald, vhost_combined]"),
        (b"#Fields: date time s-ip cs-method\n2025-05-17 10:05:03 10.0.0.5 GET", "cs-uri-stem"),
    ],
)
def test_a_log_of_another_format_is_refused_by_its_shape_or_by_the_name_that_fits(
    tmp_path: Path, line: bytes, told: str
) -> None:
    kota = city(tmp_path, line, line)
    error = found(kota).error
    assert error is not None
    for text in (error.id, error.en):
        assert told in text
        assert "203.0.113" not in text
    with pytest.raises(type(error)):
        visits(tmp_path, kota)


def test_declared_fields_are_read(tmp_path: Path) -> None:
    kota = city(tmp_path, line_of(OWN), COMBINED, fields=FIELDS)
    assert found(kota).details == ("log: baris awal / first lines: 2 halaman / pages; -",)
    assert visits(tmp_path, kota) == 2


def test_a_log_that_turns_to_json_in_mid_year_is_read_on(tmp_path: Path) -> None:
    nginx = {"remote_addr": "10.0.0.1", "time_iso8601": "2025-05-17T10:20:00Z", "request": "GET / HTTP/2.0"}
    lines = [COMBINED, line_of(nginx | {"status": 200, "http_user_agent": "Firefox"})]
    assert visits(tmp_path, city(tmp_path, *lines)) == 1


@pytest.mark.parametrize("fields", ["{method: m}", "{request: r, method: m, uri: u}", "{agen: a}"])
def test_fields_that_cannot_be_are_refused(tmp_path: Path, fields: str) -> None:
    with pytest.raises(ConfigError, match=r"sources\.log\.fields"):
        city(tmp_path, COMBINED, fields=fields)


def test_fields_belong_to_access_logs(tmp_path: Path) -> None:
    csv = YAML.replace("format: access_log", "format: csv, columns: {visits_count: n}, fields: {agent: a}")
    (tmp_path / "kota-uji.yaml").write_text(csv, "utf-8")
    with pytest.raises(ConfigError, match="for access_log only"):
        load_city(tmp_path, "kota-uji")
