"""One log of 29 lines as its own visits, AWStats' data files and GoAccess' report: three tools, three numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.landing import land
from pipeline.periods import Period
from testing.cases import ZONE, Case, FakeFiles, Record
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite
from tests.conftest import REAL_DATA, needs_real_data

SERVERS = REAL_DATA / "servers"


def _frame(home: Path, source: dict[str, object], period: str) -> pd.DataFrame:
    city = City.model_validate(
        {
            "city": "kota-uji",
            "name": "Kota Uji",
            "zone": ZONE.key,
            "region_codes": {"kemendagri": "99.71"},
            "sources": with_presets({"portal": source}),
        }
    )
    manifest = land(home, city=city, source_name="portal", period=Period.parse(period))
    return clean_in_memory(home, city=city, table_name="visits", manifests=[manifest]).frame


def _by_day(frame: pd.DataFrame, variant: str = "headline") -> dict[str, int]:
    rows = frame[(frame["variant"] == variant) & frame["quarantine_reason"].isna()]
    return {f"{day:%Y-%m-%d}": int(count) for day, count in zip(rows["visited_on"], rows["visits_count"], strict=True)}


class AwStatsFiles(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        counts = pd.Series([f"{r.at:%Y%m%d}" for r in records], dtype=object).value_counts().sort_index()
        for month in sorted({day[:6] for day in counts.index} or {"202501"}):
            days = [f"{day} 9 12 35840 {count}" for day, count in counts.items() if day.startswith(month)]
            text = ["AWSTATS DATA FILE 7.8 (build 20200416)", "", f"BEGIN_DAY {len(days)}", *days, "END_DAY", ""]
            (folder / f"awstats{month[4:]}{month[:4]}.portal.txt").write_text("\n".join(text), "utf-8")


class TestAwStats(ConnectorSuite):
    CASE = Case("awstats", {"system": "awstats"}, AwStatsFiles())

    @pytest.mark.parametrize(
        "text",
        ['<?xml version="1.0"?><xml>', "AWSTATS DATA FILE 9.0\nBEGIN_DAYS 1\n20250101 1\n", "BEGIN_DAY 0\nEND_DAY"],
    )
    def test_a_file_of_another_version_or_kind_is_refused_by_name(self, home: Path, text: str) -> None:
        with pytest.raises(SourceChanged, match=r"awstats012025\.portal\.txt"):
            self._read(home, text)

    @pytest.mark.parametrize("days", ["20250101 9 12 1 3", "20250101 9 12 1 3\nEND_DAY"])
    def test_a_file_cut_short_is_refused(self, home: Path, days: str) -> None:
        with pytest.raises(DataRejected, match="cut short"):
            self._read(home, f"AWSTATS DATA FILE 7.8\nBEGIN_DAY 2\n{days}\n")

    def _read(self, home: Path, text: str) -> None:
        with self.reading(home, []) as read:
            (home.parent / "ekspor" / "awstats012025.portal.txt").write_text(text, "utf-8")
            read("2025-01")


class GoAccessReport(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        counts = pd.Series([f"{r.at:%Y%m%d}" for r in records], dtype=object).value_counts()
        days = [{"hits": {"count": 9}, "visitors": {"count": int(n)}, "data": day} for day, n in counts.items()]
        document = {"general": {"unique_visitors": len(records)}, "visitors": {"metadata": {}, "data": days}}
        (folder / "report.json").write_text(json.dumps(document), "utf-8")


class TestGoAccess(ConnectorSuite):
    CASE = Case("goaccess", {"system": "goaccess"}, GoAccessReport())


@needs_real_data
def test_awstats_counts_a_visit_over_the_turn_of_a_month_in_both(tmp_path: Path) -> None:
    path = str(SERVERS / "awstats{month}{year}.opendata.txt")
    december = _frame(tmp_path, {"system": "awstats", "path": path}, "2024-12")
    january = _frame(tmp_path, {"system": "awstats", "path": path}, "2025-01")
    assert (_by_day(december), _by_day(january)) == ({"2024-12-31": 3}, {"2025-01-01": 1})
    assert december["visit_definition"].str.contains("60 idle minutes").all()


@needs_real_data
def test_goaccess_counts_unique_visitors_a_day(tmp_path: Path) -> None:
    frame = _frame(tmp_path, {"system": "goaccess", "path": str(SERVERS / "goaccess17_report.json")}, "2024")
    assert _by_day(frame) == {"2024-12-31": 5, "2025-01-01": 1}
    assert frame["visit_definition"].str.contains("not visits").all()


@needs_real_data
def test_the_log_itself_has_five_visits_one_of_which_lasts_over_midnight(tmp_path: Path) -> None:
    path = str(SERVERS / "combined_access_29lines.log")
    frame = _frame(tmp_path, {"table": "visits", "format": "access_log", "path": path}, "2024")
    assert _by_day(frame, "no_midnight_break") == {"2024-12-31": 5, "2025-01-01": 0}
    assert _by_day(frame) == {"2024-12-31": 5, "2025-01-01": 1}
