"""One ticket, incident or service under two ids, or in two sources, is seen and keeps the result provisional."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.office.test_signs_of_whole_files import kept

HEADER = "Nomor,Nama,Masuk,Jawab,Daring"
TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "inquiries": ({"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab"}, "inquiry_response"),
    "outages": (
        {"incident_id": "Nomor", "component": "Nama", "started_at": "Masuk", "ended_at": "Jawab"},
        "it_downtime",
    ),
    "services": (
        {
            "service_id": "Nomor",
            "name": "Nama",
            "is_accessible_online": "Daring",
            "is_requestable_online": "Daring",
            "valid_from_on": {"constant": "2020-01-01"},
        },
        "online_services",
    ),
}


def rows(ids: Sequence[str], *, begin: int = 0, name: str = "Layanan") -> list[str]:
    """A row each six days and some minutes, of which each half is online."""
    starts = [datetime(2025, 1, 2, 8) + timedelta(days=6 * n, minutes=7 * n) for n in range(begin, begin + len(ids))]
    return [
        f"{one},{name} {n},{at:%Y-%m-%d %H:%M:%S},{at + timedelta(hours=2, minutes=n)},{'ya' if n % 2 else 'tidak'}"
        for n, (one, at) in enumerate(zip(ids, starts, strict=True), start=begin)
    ]


NUMBERED = [f"L{n}" for n in range(40)]
PADDED = [f"{n:03}" for n in range(1, 41)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("lines", "others", "expected"),
    [
        (rows(NUMBERED), [], set()),
        (rows(NUMBERED) + rows(["l7 "], begin=50), [], {"ids_alike_pct"}),
        (rows(NUMBERED) + rows(["L7\u00a0".lower()], begin=50), [], {"ids_alike_pct"}),
        (rows(PADDED) + rows(["7"], begin=6), [], {"ids_alike_pct"}),
        (rows(PADDED) + rows(["7"], begin=50), [], set()),
        (rows(NUMBERED), rows(NUMBERED, begin=7, name="Lain"), set()),
        (rows(NUMBERED), rows(NUMBERED[:12]), {"in_two_sources_pct"}),
        (rows(NUMBERED), rows([one.lower() for one in NUMBERED[:12]]), {"in_two_sources_pct"}),
        (rows(PADDED), rows([one.lstrip("0") for one in PADDED[:12]]), {"in_two_sources_pct"}),
    ],
    ids=["apart", "case", "hard space", "zeros, same", "zeros, other", "two desks", "twice", "case", "zeros"],
)
def test_one_thing_under_two_ids_or_in_two_sources_keeps_provisional(
    tmp_path: Path, table: str, lines: list[str], others: list[str], expected: set[str]
) -> None:
    columns, indicator = TABLES[table]
    more = {"lain": [HEADER, *others]} if others else {}
    source = {"table": table, "columns": columns}
    assert kept(tmp_path, [HEADER, *lines], source, indicator, others=more) & SIGNS == expected


SIGNS = {"ids_alike_pct", "in_two_sources_pct"}


def test_what_the_city_explains_keeps_nothing_provisional(tmp_path: Path) -> None:
    columns, indicator = TABLES["inquiries"]
    judgement = {"explained": {"2025": {"in_two_sources_pct": "satu tiket, dua loket"}}}
    more = {"lain": [HEADER, *rows(NUMBERED[:12])]}
    lines, source = [HEADER, *rows(NUMBERED)], {"table": "inquiries", "columns": columns}
    assert not kept(tmp_path, lines, source, indicator, others=more, judgement=judgement) & SIGNS
