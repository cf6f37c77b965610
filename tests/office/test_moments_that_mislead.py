"""Moments that could be read as others: names of zones in part, formats that ignore a part, zeros that were lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError
from tests.office.offices import computed_from

TICKETS = {
    "table": "inquiries",
    "columns": {
        "inquiry_id": "No",
        "received_at": {"column": "Masuk", "format": "%d/%m/%Y %H:%M"},
        "responded_at": {"column": "Jawab", "format": "%d/%m/%Y %H:%M"},
    },
}


def with_format(form: str, **settings: Any) -> dict[str, Any]:
    """The tickets' source with both moments in one format."""
    names = {"received_at": "Masuk", "responded_at": "Jawab"}
    moments = {name: {"column": column, "format": form} for name, column in names.items()}
    return {"table": "inquiries", "columns": {"inquiry_id": "No", **moments}, **settings}


def a_ticket_a_month(received: str, *answered: str) -> list[str]:
    """A CSV of twelve tickets; answers take turns, and `MM` is the month."""
    answers = [answered[month % len(answered)] for month in range(12)]
    rows = [f"{n},{received},{answer}".replace("MM", f"{n:02}") for n, answer in enumerate(answers, start=1)]
    return ["No,Masuk,Jawab", *rows]


@pytest.mark.parametrize(
    ("zone", "answered", "settings", "said"),
    [
        ("Asia/Makassar", ["20/MM/2025 10:00 WIB"], TICKETS, "responded_at memuat selisih waktu, Z atau nama zona"),
        ("Asia/Jayapura", ["20/MM/2025 10:00", "20/MM/2025 10:00 (WIT)"], TICKETS, "nama zona, received_at"),
        ("Asia/Jayapura", ["20/MM/2025 10:00", "20/MM/2025 pukul 10:00 wita"], TICKETS, "(WITA is not the city"),
        ("Asia/Jakarta", ["20/MM/2025 10:00", "20/MM/2025 10:00 UTC"], TICKETS, "(UTC bukan zona"),
        ("Asia/Makassar", ["20/MM/2025 10:00 WIB"], TICKETS | {"zone": "Asia/Makassar"}, None),
        ("Asia/Makassar", ["20/MM/2025 10:00"], TICKETS, None),
    ],
)
def test_names_of_zones_behind_some_moments_keep_a_result_provisional(
    zone: str, answered: list[str], settings: dict[str, Any], said: str | None, tmp_path: Path
) -> None:
    lines = a_ticket_a_month("18/MM/2025 10:00", *answered)
    result = computed_from(tmp_path, lines, settings, zone=zone)["inquiry_response"]
    assert result.status == ("final" if said is None else "provisional")
    assert said is None or any(said in f"{one.id} {one.en}" for one in result.remarks if one.code == "offsets_in_part")


@pytest.mark.parametrize(
    ("form", "received", "answered", "hours"),
    [
        ("%d/%m/%Y %H:%M %Z", "18/MM/2025 10:00 WIB", "18/MM/2025 13:00 WITA", 2),
        ("%d %B %Y pukul %H.%M %Z", "18 Mei 2025 pukul 10.00 WIB", "18 Mei 2025 pukul 06.00 UTC", 3),
        ("%d %B %Y %H.%M WIB", "18 Mei 2025 pukul 10.00 WIB", "18 Mei 2025 11.00 WIB", 1),
        ("%d/%m/%Y %H:%M%z", "18/MM/2025 10:00+0700", "18/MM/2025 04:00+0000", 1),
        ("%A %d %b %Y %I:%M %p %Z", "Senin 18 Agt 2025 10:00 PM WIB", "Selasa 19 Agt 2025 01:00 AM WIB", 3),
    ],
)
def test_a_zone_at_the_end_of_a_format_is_read_by_its_name(
    form: str, received: str, answered: str, hours: int, tmp_path: Path
) -> None:
    result = computed_from(tmp_path, a_ticket_a_month(received, answered), with_format(form), zone="Asia/Jayapura")
    headline = result["inquiry_response"].headline
    assert (headline.numerator, headline.denominator) == (12 * hours, 12)
    assert "offsets_in_part" not in {remark.code for remark in result["inquiry_response"].remarks}


def test_a_format_that_names_a_zone_takes_no_text_of_another_or_of_none(tmp_path: Path) -> None:
    answers = [f"18/MM/2025 13:00{zone}" for zone in (" WIB", " WITA", "")]
    lines = a_ticket_a_month("18/MM/2025 10:00 WIB", *answers)
    result = computed_from(tmp_path, lines, with_format("%d/%m/%Y %H:%M WIB"))["inquiry_response"]
    assert result.rows.quarantined == {"bad_responded_at": 8}


@pytest.mark.parametrize(
    "form",
    [
        *("%d/%m/%Y %H:%M %p", "%d/%m/%Y %I:%M", "%d/%M/%Y", "%d %b %Y %H:%m", "%Y-%m %H:%M", "%Y %H.%M"),
        *("%d/%Y", "%Y-%W", "%A %Y-%U", "%d/%m/%Y %H:%S", "%d/%m/%y %Y", "%Z %d/%m/%Y %H:%M", "%d/%m/%Y %H:%M%z %Z"),
    ],
)
def test_a_format_of_which_a_part_would_be_ignored_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        computed_from(tmp_path, ["No,Masuk,Jawab"], with_format(form))
    assert form in refused.value.id
    assert form in refused.value.en


@pytest.mark.parametrize(
    ("form", "whole", "short"),
    [
        ("%Y%m%d", "20250118", "2025118"),
        ("%d%m%Y", "01022025", "1022025"),
        ("%d/%m/%Y %H%M", "18/01/2025 0105", "18/01/2025 105"),
        ("%y%m%d %H:%M", "250118 10:00", "25118 10:00"),
        ("%Y-%m-%d %H%M%S", "2025-01-18 010203", "2025-01-18 10203"),
        ("%Y%j", "2025018", "202518"),
        ("%d%b%Y %I%M %p", "18Jan2025 0105 AM", "18Jan2025 105 AM"),
    ],
)
def test_digits_that_no_mark_parts_need_their_full_width(form: str, whole: str, short: str, tmp_path: Path) -> None:
    lines = ["No,Masuk,Jawab", f"1,{whole},{whole}", f"2,{short},{whole}"]
    rows = computed_from(tmp_path, lines, with_format(form))["inquiry_response"].rows
    assert (rows.used, rows.quarantined) == (1, {"bad_received_at": 1})


@pytest.mark.parametrize(
    ("form", "written", "covers", "is_held"),
    [
        ("%d-%m-%y %H:%M", "25-MM-18 10:00", {}, True),
        ("%y-%m-%d %H:%M", "25-MM-18 10:00", {}, False),
        ("%d-%m-%Y %H:%M", "18-MM-2024 10:00", {"covers": [{"first_on": "2024-12-10", "last_on": "2025-01-31"}]}, True),
        (
            "%d-%m-%Y %H:%M",
            "18-MM-2025 10:00",
            {"covers": [{"first_on": "2025-01-18", "last_on": "2025-12-18"}]},
            False,
        ),
    ],
)
def test_rows_that_mostly_fall_outside_the_declared_days_keep_a_result_provisional(
    form: str, written: str, covers: dict[str, Any], is_held: bool, tmp_path: Path
) -> None:
    lines = a_ticket_a_month(written, written.replace("10:00", "12:30"), written.replace("10:00", "11:00"))
    result = computed_from(tmp_path, lines, with_format(form, **covers))["inquiry_response"]
    assert ("outside_covers" in {remark.code for remark in result.remarks if remark.keeps_provisional}) == is_held


def test_a_missing_value_says_that_most_rows_are_quarantined(tmp_path: Path) -> None:
    lines = a_ticket_a_month("18/MM/2025", "x")
    reason = computed_from(tmp_path, lines, with_format("%d/%m/%Y %H:%M"))["inquiry_response"].reason
    assert reason is not None
    in_id, in_en = reason.split(" / ")
    assert "12 dari 12 baris dikarantina: bad_received_at 12" in in_id
    assert "12 of 12 rows are quarantined: bad_received_at 12" in in_en


@pytest.mark.parametrize(
    ("header", "form", "settings", "zone", "is_held"),
    [
        ("Jawab (WIB)", "%d/%m/%Y %H:%M", {}, "Asia/Makassar", True),
        ("Jawab UTC", "%d/%m/%Y %H:%M", {}, "Asia/Jakarta", True),
        ("Jawab (GMT+7)", "%d/%m/%Y %H:%M", {}, "Asia/Jayapura", True),
        ("Jawab (GMT+7)", "%d/%m/%Y %H:%M", {}, "Asia/Jakarta", False),
        ("Jawab (WIB)", "%d/%m/%Y %H:%M", {}, "Asia/Jakarta", False),
        ("Jawab (WIB)", "%d/%m/%Y %H:%M", {"zone": "Asia/Jakarta"}, "Asia/Makassar", False),
        ("Jawab", "%d/%m/%Y WIB %H:%M", {}, "Asia/Makassar", True),
        ("Jawab", "%d/%m/%Y UTC %H:%M", {}, "Asia/Jakarta", True),
        ("Jawab, Witan", "%d/%m/%Y %H:%M", {}, "Asia/Jakarta", False),
    ],
)
def test_a_header_or_format_that_names_another_clock_keeps_a_result_provisional(
    header: str, form: str, settings: dict[str, str], zone: str, is_held: bool, tmp_path: Path
) -> None:
    source = with_format("%d/%m/%Y %H:%M")
    source["columns"] |= {"responded_at": {"column": header, "format": form, **settings}}
    answer = form.replace("%d", "20").replace("%m", "MM").replace("%Y", "2025").replace("%H:%M", "10:00")
    lines = a_ticket_a_month("18/MM/2025 10:00", answer)
    lines[0] = f'No,Masuk,"{header}"'
    result = computed_from(tmp_path, lines, source, zone=zone)["inquiry_response"]
    assert result.headline.denominator == 12
    assert ("other_clock" in {one.code for one in result.remarks}, result.status) == (
        (True, "provisional") if is_held else (False, "final")
    )
