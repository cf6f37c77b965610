"""One thing under two numbers, in two sources or two years' registers, and one mistyped year: never final unsaid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office

INDICATORS = {"inquiries": "inquiry_response", "outages": "it_downtime", "services": "online_services"}
COLUMNS: dict[str, dict[str, Any]] = {
    "inquiries": {"inquiry_id": "No", "agency": "OPD", "received_at": "Mulai", "responded_at": "Selesai"},
    "outages": {"incident_id": "No", "component": "Nama", "started_at": "Mulai", "ended_at": "Selesai"},
    "services": {
        "service_id": "No",
        "name": "Nama",
        "agency": "OPD",
        "is_accessible_online": "Daring",
        "is_requestable_online": "Daring",
    },
}
COUNT = 36


def row(n: int, *, number: str = "", name: str = "", agency: str = "", minutes: int = 0, hours: float = 0) -> str:
    """The nth thing of the year, or what another tells of it: so many minutes later, and lasting so long."""
    start = datetime(2025, 1, 2, 8) + timedelta(days=10 * n, minutes=7 * n + minutes)
    end = start + timedelta(hours=hours or 2 + n % 5, minutes=n)
    return f"{number or f'A{n}'},{name or f'Hal {n}'},{agency or 'Dinas'},{start},{end},{'ya' if n % 3 else 'tidak'}"


def codes_of(folder: Path, table: str, *files: Sequence[str]) -> set[str]:
    """What keeps the result of 2025 provisional, each file a source of its own."""
    header, names = "No,Nama,OPD,Mulai,Selesai,Daring", [f"meja{n}" for n in range(len(files))]
    for name, lines in zip(names, files, strict=True):
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    sources = [{"table": table, "columns": COLUMNS[table], "path": f"{name}.csv"} for name in names]
    write_office(folder, [header], *sources, names=names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder))
        code, out, err = tolok(patch, "run", "kota", "2025")
        assert code == 0, out + err
        shown = json.loads(tolok(patch, "show", "kota", "2025", "--json")[1])
    result = next(given for given in shown if given["indicator"] == INDICATORS[table])
    return {reason["code"] for reason in result["reasons"] if reason["keeps_provisional"]}


OWN = [row(n) for n in range(COUNT)]


def told_again(count: int, **how: Any) -> list[str]:
    """A second source: its own things at other times, after so many of the first under numbers of its own."""
    others = [row(n, number=f"B{n}", name=f"Lain {n}", minutes=900, hours=9) for n in range(count, COUNT)]
    return [row(n, number=f"SP4N-{n}", **how) for n in range(count)] + others


@pytest.mark.parametrize(
    ("table", "others", "is_kept"),
    [
        ("inquiries", told_again(12), True),
        ("inquiries", told_again(12, agency="Pusat"), True),
        ("inquiries", told_again(12, minutes=9), True),
        ("inquiries", told_again(12, minutes=11), False),
        ("inquiries", told_again(12, hours=90), True),
        ("inquiries", told_again(3), False),
        ("outages", told_again(12, name="nagios"), True),
        ("outages", told_again(12, name="nagios", minutes=9), True),
        ("outages", told_again(12, name="nagios", minutes=29), True),
        ("outages", told_again(12, name="nagios", minutes=31), False),
        ("outages", told_again(12, name="nagios", hours=8), False),
        ("services", told_again(12), True),
        ("services", told_again(12, agency="Badan"), False),
    ],
)
def test_what_two_sources_tell_under_other_ids_is_seen(
    tmp_path: Path, table: str, others: list[str], is_kept: bool
) -> None:
    assert ("alike_in_two_sources_pct" in codes_of(tmp_path, table, OWN, others)) is is_kept


@pytest.mark.parametrize(
    ("again", "times", "is_kept"), [(COUNT, 1, True), (COUNT, 2, True), (COUNT, 3, False), (12, 1, False)]
)
def test_registers_of_two_years_in_one_file_are_seen_by_their_names(
    tmp_path: Path, again: int, times: int, is_kept: bool
) -> None:
    named = [(year, n) for year in range(2024, 2024 - times, -1) for n in range(again)]
    older = [row(n, number=f"{year}-{n}", name=f"HAL {n}", agency=f"Badan {year}") for year, n in named]
    assert ("names_alike_pct" in codes_of(tmp_path, "services", [*OWN, *older])) is is_kept


@pytest.mark.parametrize(
    ("hours", "is_kept"), [(365 * 24, True), (366 * 24 + 5, True), (300 * 24, False), (400 * 24, False), (7, False)]
)
def test_a_row_that_lasts_a_year_more_than_others_has_a_mistyped_year(
    tmp_path: Path, hours: float, is_kept: bool
) -> None:
    rows = [row(0, hours=hours), *(row(n, hours=800) for n in range(1, COUNT))]
    codes = codes_of(tmp_path, "inquiries", rows)
    assert ("a_year_too_long_pct" in codes) is is_kept
