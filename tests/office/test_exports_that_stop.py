"""Exports that end at exactly so many rows as a page or a sheet holds: never final unsaid."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.office.test_signs_of_whole_files import kept

SOURCE = {
    "table": "inquiries",
    "columns": {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab"},
    "path": "aduan*.csv",
}


def write(folder: Path, names_and_counts: dict[str, int]) -> None:
    """Files of one register over the year, so many rows in each."""
    step, n = timedelta(days=350) / sum(names_and_counts.values()), 0
    for name, count in names_and_counts.items():
        lines = ["Nomor,Masuk,Jawab"]
        for _ in range(count):
            at = datetime(2025, 1, 3, 8) + n * step
            lines.append(f"A{n},{at:%Y-%m-%d %H:%M:%S},{at + timedelta(hours=36, minutes=n):%Y-%m-%d %H:%M:%S}")
            n += 1
        (folder / name).write_text("\n".join([*lines, ""]), "utf-8")


@pytest.mark.parametrize(
    ("files", "is_kept"),
    [
        ({"aduan.csv": 100}, True),
        ({"aduan.csv": 99}, False),
        ({"aduan-1.csv": 100, "aduan-2.csv": 100, "aduan-3.csv": 37}, False),
        ({"aduan-1.csv": 100, "aduan-2.csv": 100, "aduan-3.csv": 137}, True),
        ({"aduan-1.csv": 100, "aduan-2.csv": 100}, True),
        ({"aduan-2025-01.csv": 100, "aduan-2025-02.csv": 100, "aduan-2025-03.csv": 37}, True),
    ],
)
def test_a_file_of_exactly_a_page_is_not_final_unless_it_is_one_of_several_pages(
    tmp_path: Path, files: dict[str, int], is_kept: bool
) -> None:
    write(tmp_path, files)
    assert ("full_files_count" in kept(tmp_path, ["x"], SOURCE, "inquiry_response")) is is_kept


def test_a_whole_export_of_a_page_s_length_is_explained(tmp_path: Path) -> None:
    write(tmp_path, {"aduan.csv": 100})
    explained = {"2025": {"full_files_count": "tahun itu memang 100 pertanyaan"}}
    assert not kept(tmp_path, ["x"], SOURCE, "inquiry_response", judgement={"explained": explained})


def test_weeks_that_an_export_lacks_are_not_final_unless_the_desk_was_closed(tmp_path: Path) -> None:
    first = datetime(2025, 1, 1, 8)
    moments = [first + timedelta(days=day, minutes=37 * n + day) for day in range(365) for n in range(3)]
    lines = [
        f"A{n},{at:%Y-%m-%d %H:%M:%S},{at + timedelta(hours=25, minutes=7 * n % 240):%Y-%m-%d %H:%M:%S}"
        for n, at in enumerate(moments)
        if not (at.month == 3 and at.day < 21)
    ]
    source = {**SOURCE, "path": "data.csv"}
    assert kept(tmp_path, ["Nomor,Masuk,Jawab", *lines], source, "inquiry_response") == {"missing_days_count"}
    explained = {"2025": {"missing_days_count": "meja tutup karena banjir"}}
    judgement = {"explained": explained}
    assert not kept(tmp_path, ["Nomor,Masuk,Jawab", *lines], source, "inquiry_response", judgement=judgement)
