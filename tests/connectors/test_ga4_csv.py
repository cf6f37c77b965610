"""Google Analytics 4 reports saved as CSV: comment lines, two languages, totals, and files that will not do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from connectors.layout import Layout
from connectors.records import RawFile
from connectors.registry import connector_class
from connectors.remarks import OnRemark, Remark
from pipeline.indicators.base import Population, Terms, measure
from pipeline.indicators.registry import INDICATORS
from pipeline.periods import Period
from testing.cases import NOW, ZONE, Case, FakeFiles, Record
from testing.connector_suite import ConnectorSuite
from tests.conftest import REAL_DATA, needs_real_data

COMMENTS = """# ----------------------------------------
# Portal - GA4
# Account: Kota Uji
# ----------------------------------------
#
# All Users
# Start date: {start}
# End date: {end}
"""


def report(days: dict[str, int], *, start: str, end: str, header: str = "Date,Sessions") -> str:
    lines = [f"{day},{count}" for day, count in days.items()]
    return "\n".join([COMMENTS.format(start=start, end=end) + header, f",{sum(days.values())},Grand total", *lines])


TERMS = Terms(
    period=Period.parse("2025-01"),
    zone=ZONE,
    as_of=NOW,
    population=Population("kemendagri:99.71", 100_000, date(2024, 12, 31), "uji"),
)


class Reports(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        counts = pd.Series([f"{r.at:%Y%m%d}" for r in records], dtype=object).value_counts().sort_index()
        text = report(dict(counts.items()), start="20240101", end="20261231")
        (folder / "data-export.csv").write_text(text, "utf-8-sig")


class TestGa4Csv(ConnectorSuite):
    CASE = Case("ga4_csv", {"system": "ga4_csv"}, Reports())

    def test_the_grand_total_is_excluded_by_its_rule(self, home: Path) -> None:
        frame = self._read(home, report({"20250105": 4, "20250106": 5}, start="20250101", end="20250131"))
        assert frame["visits_count"].sum() == 9
        assert list(frame["excluded_by"].dropna()) == ["grand_total"]

    def test_a_file_that_covers_part_of_a_month_does_not_look_like_the_month(self, home: Path) -> None:
        days = {f"202501{day:02d}": 100 for day in range(10, 21)}
        frame = self._read(home, report(days, start="20250110", end="20250120"))
        result = measure(INDICATORS["portal_visits"], [frame], terms=TERMS)
        assert (result.status, result.headline.numerator) == ("provisional", 1_100)
        assert result.coverage_pct == pytest.approx(100 * 11 / 31)

    @pytest.mark.parametrize(
        ("comment", "is_part"),
        [
            ("# All Users", False),
            ("# Semua Pengguna", False),
            ("#", False),
            ("# Mobile traffic", True),
            ("# All Users\n# Country exactly matches Indonesia", True),
        ],
    )
    def test_a_report_of_a_comparison_or_filter_may_be_a_part(self, comment: str, is_part: bool) -> None:
        remarks: list[Remark] = []
        text = report({"20250102": 4}, start="20250101", end="20250131").replace("# All Users", comment)
        assert _days(text, on_remark=remarks.append) == {"20250102": "4"}
        assert [(one.code, one.keeps_provisional) for one in remarks] == [("part_of_visits", True)] * is_part
        assert "Indonesia" not in str(remarks)

    def test_a_day_without_a_line_is_unknown_unless_the_city_says_that_it_is_zero(self) -> None:
        text = report({"20250102": 4}, start="20250101", end="20250103")
        assert _days(text) == {"20250102": "4"}
        assert _days(text, absent_days="zero") == {"20250102": "4", "20250101": "0", "20250103": "0"}

    def test_indonesian_headers_and_a_later_table_are_read_as_well(self) -> None:
        text = report({"20250102": 4}, start="20250101", end="20250131", header="Tanggal,Sesi")
        text = text.replace("Grand total", "Total keseluruhan")
        other = COMMENTS.format(start="20250101", end="20250131") + "Kota,Sesi\nBandung,3\n"
        assert _days(text + "\n\n" + other) == {"20250102": "4"}

    def test_the_nth_day_counts_from_the_start_of_the_range(self) -> None:
        text = report({"0000": 4, "0030": 5}, start="20250101", end="20250131", header="Nth day,Sessions")
        assert _days(text) == {"20250101": "4", "20250131": "5"}

    def test_a_row_of_other_days_is_refused(self) -> None:
        with pytest.raises(DataRejected, match=r"\(other\)"):
            _days(report({"20250102": 4, "(other)": 90}, start="20250101", end="20250131"))

    @pytest.mark.parametrize(("start", "end"), [("20250103", "20250131"), ("20250131", "20250101")])
    def test_a_day_outside_the_declared_range_is_refused(self, start: str, end: str) -> None:
        with pytest.raises(DataRejected, match="outside it"):
            _days(report({"20250102": 4}, start=start, end=end))

    def test_two_tables_by_day_are_refused_rather_than_one_chosen(self) -> None:
        text = report({"20250102": 4}, start="20250101", end="20250131")
        with pytest.raises(SourceChanged, match="there are 2"):
            _days(text + "\n\n" + text)

    def test_a_report_without_days_is_refused_by_its_headers(self) -> None:
        text = report({"Bandung": 4}, start="20250101", end="20250131", header="City,Sessions")
        with pytest.raises(SourceChanged, match="City, Sessions"):
            _days(text)

    def test_a_report_without_a_range_is_refused(self) -> None:
        with pytest.raises(SourceChanged, match="# Start date"):
            _days("Date,Sessions\n20250102,4\n")

    def test_a_line_of_another_width_is_quarantined(self, home: Path) -> None:
        text = report({f"202501{day:02d}": 4 for day in range(1, 7)}, start="20250101", end="20250131")
        frame = self._read(home, text + "\n20250107\n20250108,6,7\n20250109,x")
        reasons = frame["quarantine_reason"].dropna()
        assert list(reasons) == ["wrong_field_count", "wrong_field_count", "bad_visits_count"]
        assert len(frame) == 10

    def _read(self, home: Path, text: str) -> pd.DataFrame:
        with self.reading(home, []) as read:
            (home.parent / "ekspor" / "data-export.csv").write_text(text, "utf-8")
            read("2025-01")
        return self.frame


@needs_real_data
@pytest.mark.parametrize("name", ["usa_ga4_sites.csv", "usa_ga4_top_domains_30_days.csv"])
def test_a_real_report_by_domain_is_refused_with_what_is_missing(name: str) -> None:
    path = REAL_DATA / "visits" / name
    with pytest.raises(SourceChanged, match=r"# Start date.*domain, visits") as caught:
        list(_connector().rows([RawFile(path, name)], columns=["day", "sessions"]))
    assert "usps" not in str(caught.value)


def _connector(**options: str):  # noqa: ANN202
    return connector_class("ga4_csv")(options, layout=Layout(format="csv"), zone=ZONE)


def _days(text: str, *, on_remark: OnRemark | None = None, **options: str) -> dict[str, str]:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        path = Path(file.name)
        path.write_text(text, "utf-8")
        file = RawFile(path, "x.csv", on_remark=on_remark)
        frames = [f for _, f in _connector(**options).rows([file], columns=["day", "sessions"])]
    frame = frames[0].dropna(subset="day")
    return dict(zip(frame["day"], frame["sessions"], strict=True))
