"""Settings that cannot mean anything are refused when the YAML is read: where, why, in two languages, with exit 2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from connectors.errors import ConfigError
from pipeline.cli import main
from pipeline.config.load import load_city

GOOD = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "32.10"}
population: {source: penduduk}
holidays: {country: ID}
sources:
  meja:
    table: inquiries
    path: data.csv
    format: csv
    columns: {inquiry_id: Nomor, received_at: {column: Masuk, format: "%d/%m/%Y"}, status: {column: S, values: {A: open}}}
  layanan:
    table: services
    path: layanan.csv
    format: csv
    columns:
      service_id: Kode
      volume: Volume
      is_accessible_online: {column: Daring, values: {Ya: "true"}, otherwise: "false"}
      is_requestable_online: {column: Mohon, default: "false"}
  log:
    table: visits
    path: akses.log
    format: access_log
    own_networks: [203.0.113.0/24]
  penduduk:
    table: population
    path: penduduk.csv
    format: csv
    authority: kemendagri
    columns: {region_code: kode, population_count: jumlah, reference_on: {column: t, format: "%Y-%m-%d"}}
"""  # noqa: E501 as people write it
LATER = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}"
MEJA, LAYANAN = "sources.meja", "sources.layanan"
TABLE = "    table: inquiries\n"

# What is written instead of what, and the words of the message: the place first.
BAD: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "an unknown code of strptime": ("%d/%m/%Y", "%d/%m/%Q", (f"{MEJA}.columns.received_at.format", "%Q", "strptime")),
    "a format of a spreadsheet": ("%d/%m/%Y", "dd/mm/yyyy", ("received_at.format", "'%d/%m/%Y'")),
    "a spreadsheet's hours": ("%d/%m/%Y", "dd-mm-yyyy hh:mm", ("received_at.format", "'%d-%m-%Y %H:%M'")),
    "a per cent sign at the end": ("%d/%m/%Y", "%d/%m/%Y %", ("received_at.format", "strptime")),
    "a code twice": ("%d/%m/%Y", "%d/%d/%Y", ("received_at.format", "strptime")),
    "a format without a year": ("%d/%m/%Y", "%d/%m", ("columns.received_at", "%Y")),
    "a format of a text": ("inquiry_id: Nomor", 'inquiry_id: {column: N, format: "%Y"}', ("inquiry_id", "'format'")),
    "a network that is none": ("203.0.113.0/24", "203.0.113.0/33", ("sources.log.own_networks", "203.0.113.0/33")),
    "a network with bits set": ("203.0.113.0/24", "203.0.113.7/24", ("sources.log.own_networks", "203.0.113.7/24")),
    "a network in words": ("203.0.113.0/24", "kantor", ("sources.log.own_networks", "kantor")),
    "a reference day first": ("{source: penduduk}", '{reference: "31-12"}', ("population.reference", "12-31")),
    "a reference that never comes": ("{source: penduduk}", '{reference: "02-30"}', ("population.reference", "02-30")),
    "a reference in words": ("{source: penduduk}", "{reference: akhir}", ("population.reference",)),
    "an unknown country": ("country: ID", "country: Indonesia Raya", ("holidays.country", "Indonesia Raya")),
    "a country in small letters": ("country: ID", "country: xx", ("holidays.country", "xx")),
    "a holiday that is no day": ("country: ID", "extra: [31/12/2025]", ("holidays.extra.0", "2025-12-31")),
    "a pattern of headers that is none": (
        "    authority: kemendagri\n",
        "    authority: kemendagri\n    years_in_header: {pattern: '(20', period: Tahun, value: jumlah}\n",
        ("sources.penduduk.years_in_header", "not a valid pattern"),
    ),
    "a pattern of headers with two groups": (
        "    authority: kemendagri\n",
        "    authority: kemendagri\n    years_in_header: {pattern: '(20)(2.)', period: Tahun, value: jumlah}\n",
        ("sources.penduduk.years_in_header", "at most one group"),
    ),
    "groups in a log": (
        "    format: access_log\n",
        "    format: access_log\n    group_rows: Dinas\n",
        ("sources.log", "group_rows", "csv or xlsx"),
    ),
    "one name for period and value": (
        "    authority: kemendagri\n",
        "    authority: kemendagri\n    years_in_header: {pattern: '20..', period: jumlah, value: jumlah}\n",
        ("sources.penduduk.years_in_header", "must differ"),
    ),
    "years in the header of a log": (
        "    format: access_log\n",
        "    format: access_log\n    years_in_header: {pattern: '20..', period: Tahun, value: jumlah}\n",
        ("sources.log", "years_in_header", "csv or xlsx"),
    ),
    "years in the headers of several sheets": (
        "path: layanan.csv\n    format: csv\n",
        "path: a.xlsx\n    format: xlsx\n    sheet: '*'\n    years_in_header: {pattern: '2.', period: T, value: J}\n",
        ("sources.layanan", "years_in_header", "one sheet"),
    ),
    "an address where a connection is named": (
        "holidays: {country: ID}",
        "notify: [{connection: 'mailtos://akun:Sandi-1@smtp.kota.go.id'}]",
        ("notify.0.connection", "AIRFLOW_CONN_"),
    ),
    "an unknown kind of notice": (
        "holidays: {country: ID}",
        "notify: [{connection: surel, kinds: [run_late]}]",
        ("notify.0.kinds", "'run_failed'"),
    ),
    "an unknown language of notices": (
        "holidays: {country: ID}",
        "notify: [{connection: surel, language: jv}]",
        ("notify.0.language", "'id' or 'en'"),
    ),
    "a recipient twice": (
        "holidays: {country: ID}",
        "notify: [{connection: surel}, {connection: surel}]",
        ("notify", "surel"),
    ),
    "an unknown format of reports": (
        "holidays: {country: ID}",
        "reports: {formats: [html, docx]}",
        ("reports.formats", "'xlsx'"),
    ),
    "a short number of a civil servant": (
        "holidays: {country: ID}",
        "reports: {signature: {nip: '1970'}}",
        ("reports.signature.nip", "18 digits"),
    ),
    "a recipient that is no list": ("holidays: {country: ID}", "notify: {connection: surel}", ("notify",)),
    "covers backwards": (
        TABLE,
        TABLE + "    covers: [{first_on: 2025-12-31, last_on: 2025-01-01}]\n",
        (MEJA, "covers", "2025-12-31"),
    ),
    "covers that overlap": (
        TABLE,
        TABLE
        + "    covers: [{first_on: 2024-01-01, last_on: 2024-06-30}, {first_on: 2024-06-30, last_on: 2024-07-31}]\n",
        (MEJA, "covers", "2024-06-30"),
    ),
    "covers to come": (
        TABLE,
        TABLE + f"    covers: [{{first_on: 2025-01-01, last_on: {LATER}}}]\n",
        (MEJA, "covers", LATER),
    ),
    "covers without an end": (TABLE, TABLE + "    covers: [{first_on: 2025-01-01}]\n", (f"{MEJA}.covers.0.last_on",)),
    "extracted in the future": (TABLE, f"{TABLE}    extracted_at: {LATER}T00:00:00+07:00\n", (MEJA, "extracted_at")),
    "no moment of extraction": (TABLE, f"{TABLE}    extracted_at: kemarin\n", (f"{MEJA}.extracted_at",)),
    "a required column unmapped": ("inquiry_id: Nomor, ", "", (MEJA, "columns.inquiry_id")),
    "a required time unmapped": ("received_at: {column: Masuk", "closed_at: {column: Masuk", (MEJA, "received_at")),
    "a required flag unmapped": (
        '      is_requestable_online: {column: Mohon, default: "false"}\n',
        "",
        (LAYANAN, "columns.is_requestable_online"),
    ),
    "a required count unmapped": ("population_count: jumlah, ", "", ("sources.penduduk", "population_count")),
    "an unknown clean column": ("status:", "stats:", (MEJA, "stats", "did you mean 'status'")),
    "a target that is not allowed": ("values: {A: open}", "values: {A: opened}", (MEJA, "columns.status", "'open'")),
    "a target in another tongue": ("values: {A: open}", "values: {A: Selesai}", (MEJA, "columns.status", "Selesai")),
    "no truth value": ('values: {Ya: "true"}', "values: {Ya: ada}", (LAYANAN, "is_accessible_online", "ada")),
    "a default that is no truth value": ('default: "false"', 'default: "-"', (LAYANAN, "is_requestable_online", "'-'")),
    "a default that is not allowed": ("values: {A: open}", "default: buka", (MEJA, "columns.status", "buka")),
    "a constant that is not allowed": ("{column: S, values: {A: open}}", "{constant: x}", (MEJA, "columns.status")),
    "an otherwise that is none": (
        'otherwise: "false"',
        "otherwise: kosong",
        (LAYANAN, "is_accessible_online", "kosong"),
    ),
    "otherwise without values": ('default: "false"', 'otherwise: "false"', ("is_requestable_online", "'values'")),
    "a count in words": (
        "volume: Volume",
        "volume: {column: V, default: banyak}",
        (LAYANAN, "columns.volume", "banyak"),
    ),
    "a count below nothing": ("volume: Volume", 'volume: {constant: "-3"}', (LAYANAN, "columns.volume", "-3")),
    "a column and a constant": ("{column: S, values", "{column: S, constant: open, values", ("status", "'constant'")),
    "neither column nor constant": ("{column: S, values", "{values", ("status", "'constant'")),
    "after without a unit": ("volume: Volume", "volume: {column: V, after: x}", ("columns.volume", "'unit'")),
    "the same marks": (TABLE, TABLE + '    decimal: ","\n    thousands: ","\n', (MEJA, "'thousands'")),
    "the same marks of a column": (
        "volume: Volume",
        'volume: {column: V, decimal: ".", thousands: "."}',
        (f"{LAYANAN}.columns.volume", "'thousands'"),
    ),
    "a mark of another kind": (TABLE, TABLE + '    thousands: "_"\n', (f"{MEJA}.thousands",)),
    "an unknown zone": ("zone: Asia/Jakarta", "zone: Asia/Bandung", ("zone", "Asia/Bandung")),
    "a zone that leads away": ("zone: Asia/Jakarta", "zone: ../../etc/passwd", ("zone",)),
    "an unknown zone of a source": (TABLE, TABLE + "    zone: WIB\n", (f"{MEJA}.zone", "WIB")),
    "an unknown zone of a column": ("{column: Masuk,", "{column: Masuk, zone: GMT+25,", ("received_at.zone", "GMT+25")),
    "deep nesting": ("{source: penduduk}", "[" * 5000 + "]" * 5000, ("YAML", "nested too deep")),
    "nesting deeper than settings": ("{source: penduduk}", "{a: " * 60 + "b" + "}" * 60, ("nested too deep",)),
    "anchors that multiply": (
        "city: kota-uji",
        "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
        + "city: k",
        ("YAML", "multiply"),
    ),
    "an anchor within itself": ("city: kota-uji", "a: &a [*a]\ncity: kota-uji", ("YAML",)),
    "a key twice": ("name: Kota Uji", "name: Kota Uji\nname: Lagi", ("key written twice", "name")),
    "a source twice": ("  layanan:\n", "  meja: {}\n  layanan:\n", ("key written twice", "meja")),
    "a column twice": (
        "inquiry_id: Nomor",
        "inquiry_id: Nomor, inquiry_id: Tiket",
        ("key written twice", "inquiry_id"),
    ),
    "a list as a key": ("name: Kota Uji", "? [a, b]\n: c\nname: Kota Uji", ("YAML", "key must be text")),
    "a mapping as a key": ("name: Kota Uji", "{a: b}: c\nname: Kota Uji", ("YAML", "key must be text")),
    "an id of 300 letters": ("city: kota-uji", "city: " + "k" * 300, ("city",)),
    "a source of 300 letters": ("  meja:", "  " + "m" * 300 + ":", ("sources", "64")),
    "a source that leads away": ("  meja:", "  ../meja:", ("sources", "../meja")),
    "a source without a name": ("  meja:", '  "":', ("sources",)),
    "a connection that leads away": (
        "    path: data.csv\n",
        "    connection: ../lain\n    connector: api\n",
        (f"{MEJA}.connection", "../lain"),
    ),
    "a population of another table": ("{source: penduduk}", "{source: meja}", ("population.source", "inquiries")),
    "a population of no source": ("{source: penduduk}", "{source: pendudk}", ("did you mean 'penduduk'",)),
    "two figures for a year": (
        "{source: penduduk}",
        "{figures: [{year: 2025, count: 9, reference_on: 2025-12-31, source: a}, "
        "{year: 2025, count: 8, reference_on: 2025-06-30, source: b}]}",
        ("population.figures", "2025"),
    ),
    "nobody lives there": (
        "{source: penduduk}",
        "{figures: [{year: 2025, count: 0, reference_on: 2025-12-31, source: a}]}",
        ("population.figures.0.count",),
    ),
    "an unknown system": (TABLE, TABLE + "    system: zabix\n", (f"{MEJA}.system", "did you mean 'zabbix'")),
    "a system in a list": (TABLE, TABLE + "    system: [zabbix]\n", (f"{MEJA}.system",)),
    "an unknown connector": (TABLE, TABLE + "    connector: kabel\n", (MEJA, "kabel")),
    "an unknown rule": (TABLE, TABLE + "    exclude: {tes: {column: a, values: [b]}}\n", (MEJA, "did you mean 'test'")),
    "a rule of nothing": (TABLE, TABLE + "    exclude: {test: {column: a}}\n", (f"{MEJA}.exclude.test", "'values'")),
    "a combination of no column": (
        TABLE,
        TABLE + "    combine: {by: Nomor, how: sum}\n",
        (MEJA, "combine.by", "Nomor"),
    ),
    "steps of tickets": (
        TABLE,
        TABLE + "    steps: {columns: [a], online: [b], offline: [c]}\n",
        (MEJA, "'steps'"),
    ),
    "an unknown key": (
        "    format: csv\n    columns: {inq",
        "    formatt: csv\n    columns: {inq",
        (f"{MEJA}.formatt",),
    ),
    "the folder": ("name: Kota Uji", "name: Kota Uji\nfolder: /", ("folder",)),
    "a region code of the other": ('kemendagri: "32.10"', 'kemendagri: "3210"', ("region_codes", "3210")),
    "a limit above all": (
        "city: kota-uji",
        "city: kota-uji\nquarantine_limit_pct: 101",
        ("quarantine_limit_pct", "100"),
    ),
    "no sources": (GOOD[GOOD.index("sources:") :], "sources: {}\n", ("sources",)),
    "sources in a list": (GOOD[GOOD.index("sources:") :], "sources: [meja]\n", ("sources",)),
    "only a comment": (GOOD, "# nanti\n", ("kota-uji.yaml",)),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_setting_is_refused_where_it_stands(name: str, tmp_path: Path) -> None:
    old, new, words = BAD[name]
    assert old in GOOD
    (tmp_path / "kota-uji.yaml").write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_city(tmp_path, "kota-uji")
    for word in words:
        assert word in caught.value.id + caught.value.en
    assert caught.value.id.strip()
    assert caught.value.en.strip()


def test_what_the_bad_settings_are_made_from_is_good(tmp_path: Path) -> None:
    (tmp_path / "kota-uji.yaml").write_text(GOOD, "utf-8")
    assert set(load_city(tmp_path, "kota-uji").sources) == {"meja", "layanan", "log", "penduduk"}


@pytest.mark.parametrize(
    "name",
    ["an unknown code of strptime", "deep nesting", "a list as a key", "an unknown country", "a system in a list"],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_command_ends_with_the_message_and_exit_2(
    name: str, command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, words = BAD[name]
    (home / "cities" / "kota-uji.yaml").write_text(GOOD.replace(old, new, 1), "utf-8")
    argv = ["tolok", command, "kota-uji", *(["2024"] if command == "run" else [])]
    with patch("sys.argv", argv), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words)
    assert "Unexpected" not in said


def test_a_city_with_a_name_of_300_letters_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not in"):
        load_city(tmp_path, "k" * 300)
