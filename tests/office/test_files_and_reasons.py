"""One file of several that cannot be read is named, with what to do by reason; settings are asked by check and run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.clean.advice import advice
from pipeline.tables import TABLES
from tests.office.test_check_and_run import tolok

CITY = """
city: kota-uji
name: Kota Uji
zone: Asia/Jakarta
region_codes: {kemendagri: "12.75"}
sources:
  meja:
    table: inquiries
    path: tiket-*.csv
    format: csv
    extracted_at: 2026-01-10T08:00:00
    covers: [{first_on: 2025-01-01, last_on: 2025-12-31}]
    columns:
      inquiry_id: id
      status: {column: status, values: {Selesai: closed}}
      received_at: {column: masuk, format: "%Y-%m-%d %H:%M"}
      responded_at: {column: dijawab, format: "%Y-%m-%d %H:%M"}
"""
OLD = """  lama:
    table: inquiries
    path: tidak-ada.csv
    format: csv
    covers: [{first_on: 2019-01-01, last_on: 2019-12-31}]
    columns: {inquiry_id: id, received_at: masuk}
"""
COUNTS = (
    "{table: population, path: p.csv, format: csv, authority: kemendagri, "
    "columns: {region_code: k, population_count: n, reference_on: t}}"
)
PORTAL = "{table: visits, path: v.csv, format: csv, columns: {visited_on: t, visits_count: n}}"


def tickets(path: Path, *, first: int, day: str, status: str = "Selesai", count: int = 40) -> None:
    rows = [f"{n},{status},{day} 08:00,{day} {9 + n % 9:02}:{n:02}" for n in range(first, first + count)]
    path.write_text("\n".join(["id,status,masuk,dijawab", *rows, ""]), "utf-8")


def test_one_unreadable_file_of_three_is_named_by_check_run_and_show(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "cities" / "kota-uji.yaml").write_text(CITY + OLD, "utf-8")
    for name, first, day in (("a", 0, "2025-03-01"), ("b", 40, "01/04/2025"), ("c", 80, "2025-05-01")):
        tickets(home / "cities" / f"tiket-{name}.csv", first=first % 40, day=day)
        text = (home / "cities" / f"tiket-{name}.csv").read_text("utf-8")
        (home / "cities" / f"tiket-{name}.csv").write_text(text.replace("\n", f"\n{name}")[:-1], "utf-8")
    checked, foretold, _ = tolok(capsys, "check", "kota-uji", "2025")
    ran, *texts = tolok(capsys, "run", "kota-uji", "2025")
    said = "".join(texts)
    assert (checked, ran) == (0, 0), foretold + said
    (shown,) = (
        one
        for one in json.loads(tolok(capsys, "show", "kota-uji", "2025", "--json")[1])
        if one["indicator"] == "inquiry_response"
    )
    assert shown["status"] == "provisional"
    assert shown["reason"] in foretold
    assert all("tiket-b.csv: 40 / 40" in " ".join(text.split()) for text in (foretold, said, shown["reason"]))
    assert "sources.meja.columns.received_at.format" in shown["reason"]
    rows = shown["rows"]
    counted = f"read {rows['read']} = dipakai / used {rows['used']}"
    assert counted in foretold
    assert "tidak-ada" not in foretold + said


@pytest.mark.parametrize(
    ("last", "is_cut"),
    [
        ("99,Selesai,2025-06-01 08:00,2025-06-0", True),
        ("99,Selesai,2025-06-01 08:00,2025-06-0\n", False),
        ("99,Selesai,2025-06-01 08:00,2025-06-02 09:00", False),
    ],
)
def test_a_file_cut_within_its_last_cell_is_said(
    last: str, is_cut: bool, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "cities" / "kota-uji.yaml").write_text(CITY, "utf-8")
    path = home / "cities" / "tiket-a.csv"
    tickets(path, first=0, day="2025-03-01", count=80)
    path.write_text(path.read_text("utf-8") + last, "utf-8")
    tolok(capsys, "run", "kota-uji", "2025")
    results = json.loads(tolok(capsys, "show", "kota-uji", "2025", "--json")[1])
    (shown,) = (one for one in results if one["indicator"] == "inquiry_response")
    codes = {reason["code"] for reason in shown["reasons"]}
    assert ("file_cut" in codes) == is_cut


@pytest.mark.parametrize(
    ("sources", "code"),
    [(f"  p1: {COUNTS}\n  p2: {COUNTS}\n  v: {PORTAL}\n", 2), (f"  p1: {COUNTS}\n  v: {PORTAL}\n", 0)],
)
def test_a_population_nobody_chose_is_refused_by_check_as_by_run(
    sources: str, code: int, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "cities" / "kota-uji.yaml").write_text(CITY.split("sources:")[0] + "sources:\n" + sources, "utf-8")
    (home / "cities" / "p.csv").write_text("k,n,t\n12.75,300000,2025-12-31\n", "utf-8")
    (home / "cities" / "v.csv").write_text("t,n\n2025-01-01,5\n", "utf-8")
    assert [tolok(capsys, command, "kota-uji", "2025")[0] for command in ("check", "run")] == [code, code]


@pytest.mark.parametrize(
    ("table", "reason", "says"),
    [
        ("inquiries", "bad_received_at", "sources.x.columns.received_at.format"),
        ("visits", "bad_visits_count", "thousands"),
        ("visits", "ambiguous_visits_count", "thousands or decimal"),
        ("visits", "malformed_line", "sources.x.log_format"),
        ("inquiries", "unknown_status", "sources.x.columns.status.values"),
        ("population", "code_shape", "sources.x.authority"),
        ("population", "duplicate_key", "sources.x.combine"),
        ("outages", "end_before_start", "exchanged"),
        ("outages", "unknown_state", "combine.down"),
    ],
)
def test_what_to_do_follows_from_the_reason(table: str, reason: str, says: str) -> None:
    found = advice(reason, table=TABLES[table], source_name="x", format="csv")
    assert found is not None
    assert says in found[1]
