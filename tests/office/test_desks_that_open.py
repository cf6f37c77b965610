"""Desks and portals that opened later or closed earlier: other periods stay, their own is whole, stray rows count."""

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

    def run(self, year: str, indicator: str = "inquiry_response") -> dict[str, Any]:
        """10.3, or another, of a year as `show` gives it, after a run."""
        code, out, err = tolok(self.patch, "run", "kota", year)
        assert code == 0, out + err
        shown = json.loads(tolok(self.patch, "show", "kota", year, "--json")[1])
        return next(row for row in shown if row["indicator"] == indicator)


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
    assert "by 'opened_on, closed_on' it holds nothing of 2024" in tolok(office.patch, "check", "kota", "2024")[1]


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


def test_a_month_without_a_row_of_one_of_two_desks_is_a_sign(office: Office) -> None:
    """The other desk's rows stood for those of June, and the year was final."""
    many = lines(datetime(2024, 1, 2, 8), until=datetime(2025, 12, 28), name="B", hours=40)
    often = [
        f"{number}-{n},{received[:8]}{1 + (int(received[8:10]) + n) % 28:02}{received[10:]},2026-01-05 08:00:00"
        for number, received, _ in (row.split(",") for row in many[1:])
        for n in (0, 9)
    ]
    without_june = [row for row in often if ",2025-06" not in row]
    office.write([NEW[0], *often], covers=WHOLE)
    assert "empty_months_count" not in codes(office.run("2025"), keeping=True)
    office.write([NEW[0], *without_june], covers=WHOLE)
    assert "empty_months_count" in codes(office.run("2025"), keeping=True)
    assert "found 1 (2025-06)" in tolok(office.patch, "explain", "kota", "2025", "10.3")[1]
    # Of a third of the rows a month without any may be chance.
    office.write([NEW[0], *without_june[::3]], covers=WHOLE)
    assert "empty_months_count" not in codes(office.run("2025"), keeping=True)
    # Of a desk that was closed then none are missed.
    early = [row for row in often if row.split(",")[1] < "2025-06"]
    office.write([NEW[0], *early], covers=[{"first_on": "2024-01-01", "last_on": "2025-05-31"}], closed_on="2025-05-31")
    assert "empty_months_count" not in codes(office.run("2025"), keeping=True)


def test_files_of_months_before_the_opening_are_not_missed(office: Office) -> None:
    office.write(NEW, covers=MAY, opened_on="2025-05-05", path="baru-{month}.csv")
    for month in range(5, 13):
        rows = [row for row in NEW[1:] if f"2025-{month:02}" in row.split(",")[1]]
        (office.folder / f"baru-{month:02}.csv").write_text("\n".join([NEW[0], *rows]) + "\n", "utf-8")
    result = office.run("2025")
    assert (result["status"], codes(result, keeping=True)) == ("final", set())


UNTIL_MAY = [{"first_on": "2024-01-01", "last_on": "2025-05-04"}]
CLOSING = lines(datetime(2024, 1, 2, 13), until=datetime(2025, 5, 4), name="T", hours=30)


def test_a_desk_that_closed_leaves_the_year_after_as_it_is_and_makes_its_own_year_whole(office: Office) -> None:
    rows = list(CLOSING)
    last = [{"first_on": "2024-01-01", "last_on": "2026-10-31"}]
    office.write(rows, covers=UNTIL_MAY, extracted_at="2025-05-05T08:00:00")
    assert office.run("2025")["coverage_pct"] == pytest.approx(100 * 124 / 365)

    office.write(rows, covers=UNTIL_MAY, extracted_at="2025-05-05T08:00:00", closed_on="2025-05-04")
    result = office.run("2025")
    assert (result["status"], result["coverage_pct"]) == ("final", 100)
    assert codes(result, keeping=False) >= {"closed_earlier"}
    assert "closed on 2025-05-04" in tolok(office.patch, "explain", "kota", "2025", "10.3")[1]
    assert "by 'opened_on, closed_on' it holds nothing of 2026" in tolok(office.patch, "check", "kota", "2026")[1]

    rows.append("T-0,2025-05-05 00:00:00,2025-05-05 08:00:00")
    office.write(rows, covers=last, closed_on="2025-05-04")
    assert codes(office.run("2025"), keeping=True) == {"after_closing"}


def test_of_two_portals_each_tells_of_its_own_days(office: Office) -> None:
    """A year of one and half a year of the other was final at half of the second's visits."""
    days = [datetime(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    for name, tells in (("data", days), ("geo", days[:181])):
        rows = [f"{day:%F},{1000 + (n * 7919) % 997}" for n, day in enumerate(tells)]
        (office.folder / f"{name}.csv").write_text("\n".join(["Tanggal,Kunjungan", *rows]) + "\n", "utf-8")

    def result(**geo: str) -> dict[str, Any]:
        common = {"table": "visits", "format": "csv", "columns": {"visited_on": "Tanggal", "visits_count": "Kunjungan"}}
        labels = {"city": "kota", "name": "Kota", "zone": "Asia/Jakarta", "region_codes": {"kemendagri": "99.71"}}
        figures = [{"year": 2025, "count": 1000000, "reference_on": "2025-12-31", "source": "Dukcapil"}]
        sources = {
            "data": {**common, "path": "data.csv", "portal_id": "data"},
            "geo": {**common, "path": "geo.csv", "portal_id": "geo", **geo},
        }
        settings = {**labels, "population": {"figures": figures}, "sources": sources}
        (office.folder / "kota.yaml").write_text(json.dumps(settings), "utf-8")
        return office.run("2025", "portal_visits")

    half = result()
    assert (half["status"], half["coverage_pct"]) == ("provisional", pytest.approx(100 * 181 / 365))
    assert codes(half, keeping=True) == {"coverage", "portal_days_missing"}
    closed = result(closed_on="2025-06-30")
    assert (closed["status"], closed["coverage_pct"], closed["value"]) == ("final", 100, half["value"])
    assert codes(result(closed_on="2025-06-29"), keeping=True) == {"after_closing"}


@pytest.mark.parametrize(
    ("table", "days", "said"),
    [
        ("services", {"opened_on": "2025-05-05"}, "opens or closes; delete it"),
        ("services", {"closed_on": "2025-05-05"}, "opens or closes; delete it"),
        ("inquiries", {"opened_on": "2999-01-01"}, "is still to come"),
        ("inquiries", {"closed_on": "2999-01-01"}, "is still to come"),
        ("inquiries", {"opened_on": "2026-02-01"}, "comes after all days of 'covers'"),
        ("inquiries", {"closed_on": "2025-05-04"}, "comes before all days of 'covers'"),
        ("inquiries", {"closed_on": "2025-06-01", "opened_on": "2025-06-02"}, "comes before opened_on: 2025-06-02"),
    ],
)
def test_days_of_work_that_cannot_be_are_refused(office: Office, table: str, days: dict[str, str], said: str) -> None:
    columns = {"service_id": "Nomor", "is_accessible_online": "Jawab", "is_requestable_online": "Jawab"}
    columns = columns if table == "services" else COLUMNS
    office.write(NEW, table=table, columns=columns, covers=MAY, **days)
    code, out, err = tolok(office.patch, "check", "kota", "2025")
    assert code == 2
    assert said in out + err
