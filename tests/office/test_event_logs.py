"""Event logs in XES, from the public command down: one row for each event, and unsafe or broken ones refused."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.files import read_rows
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.cli import main

CITY = """\
city: kota
name: Kota
zone: Asia/Jakarta
region_codes: {kemendagri: "12.75"}
sources:
  izin:
    table: inquiries
    path: izin.xes.gz
    format: xes
    extracted_at: 2026-01-10T08:00:00
    covers: [{first_on: 2025-01-01, last_on: 2025-12-31}]
    columns:
      inquiry_id: "case:concept:name"
      received_at: "time:timestamp"
      status: {constant: closed}
    combine: {by: inquiry_id, how: pair, state: "concept:name", down: [terima, cek], up: [jawab], ends: responded_at}
"""
OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">'
GLOBALS = (
    '<global scope="event"><string key="concept:name" value="x"/></global><string key="concept:name" value="log"/>'
)


def event(activity: str, moment: str, more: str = "") -> str:
    return (
        f'<event><string key="concept:name" value="{activity}"/><date key="time:timestamp" value="{moment}"/>'
        f'<string key="org:resource" value="a"><string key="concept:name" value="within"/></string>{more}</event>'
    )


def trace(case: str, *events: str, more: str = "") -> str:
    return f'<trace><string key="concept:name" value="{case}"/>{"".join(events)}{more}</trace>'


def read(folder: Path, text: str, columns: tuple[str, ...]) -> tuple[list[list[object]], list[str]]:
    (folder / "a.xes").write_text(text, "utf-8")
    remarks: list[Remark] = []
    file = RawFile(folder / "a.xes", "a.xes", on_remark=remarks.append)
    frames = read_rows(file, layout=Layout(format="xes"), columns=columns)
    rows = [row for frame in frames for row in frame.astype(object).fillna("").to_numpy().tolist()]
    return rows, [remark.code for remark in remarks]


def test_traces_become_tickets_by_the_public_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = [
        trace(
            f"I{n}",
            event("terima", f"2025-{n % 12 + 1:02d}-03T08:00:00.000+07:00"),
            event("cek", f"2025-{n % 12 + 1:02d}-04T01:00:00.000+00:00"),
            event("jawab", f"2025-{n % 12 + 1:02d}-0{4 + n % 2}T08:00:00.000+07:00"),
        )
        for n in range(24)
    ]
    (tmp_path / "izin.xes.gz").write_bytes(gzip.compress("".join([OPENING, GLOBALS, *traces, "</log>"]).encode()))
    (tmp_path / "kota.yaml").write_text(CITY, "utf-8")
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    for arguments in (["run", "kota", "2025"], ["show", "kota", "2025", "--json"]):
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["tolok", *arguments])
        with suppress(SystemExit):
            main()
    shown = json.loads(capsys.readouterr().out)
    result = next(one for one in shown if one["indicator"] == "inquiry_response")
    assert (result["value"], result["rows"]["used"]) == (1.5, 24)
    # The steps between are no changes that were sent again.
    assert "repeated_state" not in {reason["code"] for reason in result["reasons"]}


ROWS = ("concept:name", "case:concept:name", "case:kanal")
LATE = '<string key="kanal" value="web"/>'
FOUND: dict[str, tuple[str, list[list[object]], list[str]]] = {
    "a trace's attribute after its events": (
        trace("A", event("x", "2025"), event("y", "2025"), more=LATE),
        [[1, "", "x", "A", "web"], [2, "", "y", "A", "web"]],
        [],
    ),
    "an event outside a trace": (
        event("x", "2025") + trace("A", event("y", "2025"), more=LATE),
        [[1, "", "x", "", ""], [2, "", "y", "A", "web"]],
        [],
    ),
    "a trace without events": (
        trace("A") + trace("B", event("x", "2025"), more=LATE),
        [[1, "", "x", "B", "web"]],
        ["traces_without_events"],
    ),
    "a key twice": (
        trace("A", event("x", "2025", '<string key="concept:name" value="z"/>'), more=LATE),
        [[1, "repeated_key", "", "", ""]],
        [],
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_each_event_is_a_row_with_the_attributes_of_its_trace(case: str, tmp_path: Path) -> None:
    body, rows, codes = FOUND[case]
    assert read(tmp_path, f"{OPENING}{GLOBALS}{body}</log>", ROWS) == (rows, codes)


BOMB = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
WHOLE = trace("A", event("x", "2025"))
REFUSED = {
    "cut short": f"{OPENING}{WHOLE}",
    "a document type": f"{BOMB}<log>{WHOLE}</log>",
    "another document": f"<rows>{WHOLE}</rows>",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_whole_log_is_refused(case: str, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="no whole XES"):
        read(tmp_path, REFUSED[case], ROWS)


def test_a_key_that_no_event_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="no object has the keys: case:kanal"):
        read(tmp_path, f"{OPENING}{WHOLE}</log>", ROWS)
