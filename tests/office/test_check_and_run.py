"""What check says is what run does: the same verdict, exit code, reasons and counts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline.cli import main

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
CASES: dict[str, tuple[str, str, str, int, str]] = {
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


def tolok(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = 0
    with patch("sys.argv", ["tolok", *arguments]):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize("name", CASES)
def test_check_says_what_run_does(name: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form, content, more, code, said = CASES[name]
    cities = home / "cities"
    (cities / "kota-uji.yaml").write_text(CITY.format(format=form, more=more), "utf-8")
    (cities / f"tiket.{form}").write_text(content, "utf-8")
    (cities / "x.csv").write_text(CROSSWALK, "utf-8")
    checked, foretold = tolok(capsys, "check", "kota-uji", "2025")
    assert not list((home / "home").rglob("*")), "check keeps nothing"
    ran, _ = tolok(capsys, "run", "kota-uji", "2025")
    assert (checked, ran) == (code, code)
    assert re.search(said, foretold)
    if code == 0:
        shown = json.loads(tolok(capsys, "show", "kota-uji", "2025", "--json")[1])
        status = next(result["status"] for result in shown if result["indicator"] == "inquiry_response")
        assert f"inquiry_response: {status}" in foretold
