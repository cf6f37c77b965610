"""Questions to a system that leave out rows without a fault: by the day of closing, or a day short."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.test_bad_input import tolok

ALL = "select nomor, masuk, dijawab from tiket where masuk >= :start_at and masuk < :end_at"
MOMENT = "%Y-%m-%d %H:%M:%S"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (ALL, set()),
        (ALL.replace("masuk <", "dijawab <").replace("masuk >=", "dijawab >="), {"received_before_asked_pct"}),
        # What comes again is counted once: a question that looks at one end of the period alone has all.
        (ALL.replace(" and masuk < :end_at", ""), set()),
        (ALL.replace("masuk >= :start_at and ", ""), set()),
        (ALL.replace("masuk < :end_at", "masuk <= date(:end_at, '-1 day')"), {"edge_days_count"}),
        (f"{ALL} order by nomor limit 60", {"full_files_count"}),
    ],
)
def test_a_question_that_leaves_out_rows_keeps_the_year_provisional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, kept: set[str]
) -> None:
    starts = [datetime(2024, 11, 1, 8) + timedelta(hours=11 * n, minutes=7 * n) for n in range(1_000)]
    rows = [(f"T{n}", at, at + timedelta(hours=30 + n % 90, minutes=n % 53)) for n, at in enumerate(starts)]
    with closing(sqlite3.connect(tmp_path / "meja.sqlite")) as database, database:
        database.execute("create table tiket (nomor text, masuk text, dijawab text)")
        texts = [(name, f"{at:{MOMENT}}", f"{end:{MOMENT}}") for name, at, end in rows]
        database.executemany("insert into tiket values (?, ?, ?)", texts)
    moments = {
        name: {"column": raw, "format": MOMENT} for name, raw in (("received_at", "masuk"), ("responded_at", "dijawab"))
    }
    source = {
        "table": "inquiries",
        "connector": "sql",
        "format": "csv",
        "connection": "meja",
        "options": {"query": query, "moments": MOMENT},
        "columns": {"inquiry_id": "nomor", **moments},
    }
    labels = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
    (tmp_path / "kota.yaml").write_text(json.dumps({**labels, "sources": {"meja": source}}), "utf-8")
    monkeypatch.setenv("AIRFLOW_CONN_MEJA", f"sqlite:///{tmp_path / 'meja.sqlite'}")
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    code, out, err = tolok(monkeypatch, "run", "kota", "2025")
    assert code == 0, out + err
    shown = json.loads(tolok(monkeypatch, "show", "kota", "2025", "--json")[1])
    (result,) = [row for row in shown if row["indicator"] == "inquiry_response"]
    assert {reason["code"] for reason in result["reasons"] if reason["keeps_provisional"]} == kept
    assert (result["denominator"] == sum(at.year == 2025 for at in starts)) is not bool(kept)
