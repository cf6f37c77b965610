"""A desk that opened later: earlier periods stay, its own year is whole, and rows from before it count."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_bad_input import tolok

COLUMNS = {"inquiry_id": "Nomor", "received_at": "Masuk", "responded_at": "Jawab"}
WHOLE = [{"first_on": "2024-01-01", "last_on": "2025-12-31"}]
MAY = [{"first_on": "2025-05-05", "last_on": "2025-12-31"}]


def lines(first: datetime, *, until: datetime, name: str, hours: int) -> list[str]:
    """An inquiry each five days, each answered after so many hours and some minutes of its own."""
    moments = [first + n * timedelta(days=5, minutes=7) for n in range((until - first).days // 5)]
    answers = [at + timedelta(hours=hours, minutes=n % 50) for n, at in enumerate(moments)]
    rows = [f"{name}{n},{at:%F %T},{answer:%F %T}" for n, (at, answer) in enumerate(zip(moments, answers, strict=True))]
    return ["Nomor,Masuk,Jawab", *rows]


OLD = lines(datetime(2024, 1, 2, 8), until=datetime(2025, 12, 28), name="A", hours=10)
NEW = lines(datetime(2025, 5, 5, 8), until=datetime(2025, 12, 28), name="B", hours=40)


class Office:
    """A city with a desk of two years and, when told so, one that opened in May 2025."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder, patch
        patch.setenv("TOLOK_HOME", str(folder / "home"))
        patch.setenv("TOLOK_CITIES", str(folder))
        (folder / "lama.csv").write_text("\n".join(OLD) + "\n", "utf-8")

    def write(self, rows: list[str] | None = None, **new: Any) -> None:
        """The settings, with the second desk when it has rows."""
        common = {"table": "inquiries", "format": "csv", "columns": COLUMNS, "extracted_at": "2026-01-10T08:00:00"}
        sources = {"lama": {**common, "path": "lama.csv", "covers": WHOLE}}
        if rows is not None:
            (self.folder / "baru.csv").write_text("\n".join(rows) + "\n", "utf-8")
            sources["baru"] = {**common, "path": "baru.csv", **new}
        labels = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
        (self.folder / "kota.yaml").write_text(json.dumps({**labels, "sources": sources}), "utf-8")

    def run(self, year: str) -> dict[str, Any]:
        """10.3 of a year as `show` gives it, after a run."""
        code, out, err = tolok(self.patch, "run", "kota", year)
        assert code == 0, out + err
        shown = json.loads(tolok(self.patch, "show", "kota", year, "--json")[1])
        return next(row for row in shown if row["indicator"] == "inquiry_response")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


def codes(result: dict[str, Any], *, keeping: bool) -> set[str]:
    return {reason["code"] for reason in result["reasons"] if reason["keeps_provisional"] is keeping}


def test_a_desk_that_opened_later_leaves_the_year_before_as_it_is_and_makes_its_own_year_whole(office: Office) -> None:
    office.write()
    before = {year: office.run(year) for year in ("2024", "2025")}
    assert {result["status"] for result in before.values()} == {"final"}

    office.write(NEW, covers=MAY)
    undeclared = {year: office.run(year) for year in ("2024", "2025")}
    # The days before are missed of it, in its own year alone: the year before is none of its `covers`.
    assert undeclared["2025"]["status"] == "provisional"
    assert undeclared["2025"]["coverage_pct"] == pytest.approx(100 * 241 / 365)
    assert "may_have_opened" in codes(undeclared["2025"], keeping=False)
    assert undeclared["2024"]["coverage_pct"] == 0

    office.write(NEW, covers=MAY, opened_on="2025-05-05")
    declared = {year: office.run(year) for year in ("2024", "2025")}
    assert (declared["2025"]["status"], declared["2025"]["coverage_pct"]) == ("final", 100)
    assert declared["2025"]["denominator"] == before["2025"]["denominator"] + len(NEW) - 1
    assert codes(declared["2025"], keeping=False) >= {"opened_later"}
    assert (declared["2024"]["status"], declared["2024"]["coverage_pct"]) == ("final", 100)
    assert declared["2024"]["value"] == before["2024"]["value"]


def test_a_year_before_the_opening_gets_no_version_and_its_own_names_the_new_source(office: Office) -> None:
    office.write()
    before = {year: office.run(year)["version"] for year in ("2024", "2025")}
    office.write(NEW, covers=MAY, opened_on="2025-05-05")
    after = {year: office.run(year) for year in ("2024", "2025")}
    assert (after["2024"]["version"], after["2025"]["version"]) == (before["2024"], before["2025"] + 1)
    history = tolok(office.patch, "history", "kota", "2025", "10.3")[1]
    assert f"new source baru: +{len(NEW) - 1} rows" in history
    assert "late" not in history
    assert "opened on 2025-05-05" in tolok(office.patch, "explain", "kota", "2025", "10.3")[1]
    assert "by 'opened_on' it holds nothing of 2024" in tolok(office.patch, "check", "kota", "2024")[1]


def test_rows_from_before_the_opening_count_and_keep_the_result_provisional(office: Office) -> None:
    rows = [NEW[0], "B-0,2025-05-04 23:59:59,2025-05-05 08:00:00", *NEW[1:]]
    office.write(rows, covers=MAY, opened_on="2025-05-05")
    result = office.run("2025")
    assert codes(result, keeping=True) == {"before_opening"}
    assert result["denominator"] == sum(row.split(",")[1] >= "2025" for row in OLD[1:]) + len(rows) - 1


def test_days_before_any_desk_had_opened_are_not_covered(office: Office) -> None:
    (office.folder / "lama.csv").write_text("\n".join(OLD[:1]) + "\n", "utf-8")
    office.write(NEW, covers=MAY, opened_on="2025-05-05")
    text = (office.folder / "kota.yaml").read_text("utf-8")
    settings = json.loads(text)
    del settings["sources"]["lama"]
    (office.folder / "kota.yaml").write_text(json.dumps(settings), "utf-8")
    result = office.run("2025")
    assert result["coverage_pct"] == pytest.approx(100 * 241 / 365)
    assert "coverage" in codes(result, keeping=True)


def test_files_of_months_before_the_opening_are_not_missed(office: Office) -> None:
    office.write(NEW, covers=MAY, opened_on="2025-05-05", path="baru-{month}.csv")
    for month in range(5, 13):
        rows = [row for row in NEW[1:] if f"2025-{month:02}" in row.split(",")[1]]
        (office.folder / f"baru-{month:02}.csv").write_text("\n".join([NEW[0], *rows]) + "\n", "utf-8")
    result = office.run("2025")
    assert (result["status"], codes(result, keeping=True)) == ("final", set())


@pytest.mark.parametrize(
    ("table", "opened_on", "said"),
    [
        ("services", "2025-05-05", "opens; delete it"),
        ("inquiries", "2999-01-01", "is still to come"),
        ("inquiries", "2026-02-01", "comes after all days of 'covers'"),
    ],
)
def test_an_opening_that_cannot_be_is_refused(office: Office, table: str, opened_on: str, said: str) -> None:
    columns = {"service_id": "Nomor", "is_accessible_online": "Jawab", "is_requestable_online": "Jawab"}
    columns = columns if table == "services" else COLUMNS
    office.write(NEW, table=table, columns=columns, covers=MAY, opened_on=opened_on)
    code, out, err = tolok(office.patch, "check", "kota", "2025")
    assert code == 2
    assert said in out + err
