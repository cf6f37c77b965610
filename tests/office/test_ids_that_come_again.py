"""One ticket, incident or service under two ids, or in two sources, is seen and keeps the result provisional."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import signs, steps
from tests.acceptance.test_bad_input import tolok
from tests.office.offices import write_office
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
def test_one_thing_under_two_ids_or_in_two_sources_is_beyond_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, lines: list[str], others: list[str], expected: set[str]
) -> None:
    source = {"table": table, "columns": TABLES[table][0]}
    names = ["berkas", "lain"] if others else ["berkas"]
    (tmp_path / "lain.csv").write_text("\n".join([HEADER, *others]) + "\n", "utf-8")
    given = [source, {**source, "path": "lain.csv"}][: len(names)]
    write_office(tmp_path, [HEADER, *lines], *given, names=names)
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    for name in names:
        steps.fetch("kota", name, "2025")
    shares = steps.dataset("kota", table, "2025").shares
    limits = {sign.name: sign.most for sign in signs.FRAMES["signs"]}
    assert {name for name, places in shares.items() for share, _ in places.values() if share > limits[name]} == expected


SIGNS = {"ids_alike_pct", "in_two_sources_pct"}


@pytest.mark.parametrize("explained", [{}, {"2025": {"in_two_sources_pct": "satu tiket, dua loket"}}])
def test_it_keeps_provisional_unless_the_city_explains_it(tmp_path: Path, explained: dict[str, Any]) -> None:
    columns, indicator = TABLES["inquiries"]
    lines, source = [HEADER, *rows(NUMBERED)], {"table": "inquiries", "columns": columns}
    codes = kept(tmp_path, lines, source, indicator, names=["satu", "dua"], judgement={"explained": explained})
    assert codes & SIGNS == (set() if explained else {"in_two_sources_pct"})


def test_rows_that_are_gone_since_an_earlier_version_keep_provisional_until_explained(tmp_path: Path) -> None:
    columns, indicator = TABLES["inquiries"]
    lines, source = [HEADER, *rows(NUMBERED)], {"table": "inquiries", "columns": columns}
    judgement = {"explained": {"2025": {"rows_lost_pct": "tiket uji dibuang"}}}
    copies = [HEADER, *rows(NUMBERED), *rows(NUMBERED[:20])]
    runs = [(copies, {}, False), (lines, {}, False), (lines[:-10], {}, True), (lines[:-10], {}, True)]
    runs += [(lines, {}, False), (lines[:-10], {"judgement": judgement}, False)]
    for place, (given, city, is_kept) in enumerate(runs):
        assert ("rows_lost_pct" in kept(tmp_path, given, source, indicator, **city)) is is_kept, place


def test_an_explanation_covers_what_was_found_when_it_was_given_and_little_more(tmp_path: Path) -> None:
    columns, indicator = TABLES["inquiries"]
    lines, source = [HEADER, *rows(NUMBERED)], {"table": "inquiries", "columns": columns}
    four, all_of_it = ({"explained": {"2025": {"rows_lost_pct": f"{what} tiket ditarik"}}} for what in ("4", "18"))
    runs = [(40, {}, False), (36, four, False), (36, four, False), (22, four, True), (22, four, True)]
    runs += [(22, all_of_it, False), (22, all_of_it, False), (36, four, False)]
    for place, (count, judgement, is_kept) in enumerate(runs):
        city = {"judgement": judgement} if judgement else {}
        codes = kept(tmp_path, lines[: count + 1], source, indicator, **city)
        assert ("rows_lost_pct" in codes) is is_kept, place


def test_a_refusal_of_rows_that_are_mostly_held_names_file_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [HEADER, *rows(["1", "2"] * 10)]
    write_office(tmp_path, lines, {"table": "inquiries", "columns": TABLES["inquiries"][0]})
    monkeypatch.setenv("TOLOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    code, _, err = tolok(monkeypatch, "run", "kota", "2025")
    assert code == 3
    told = "20 of 20 rows are faulty and were not counted (quarantined), most often for duplicate_key (20)"
    assert f"berkas (data.csv): {told}" in " ".join(err.split())
