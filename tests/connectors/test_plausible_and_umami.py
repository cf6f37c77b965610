"""What the two declared web analytics say beyond the standard suite: absent days, warnings, days not over yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.errors import DataRejected
from pipeline.conformance import ZONE, Asked, ConnectorSuite, Record, Reply
from pipeline.stand_in import case_of


def _visit(text: str) -> Record:
    return Record(text, pd.Timestamp(text, tz=ZONE).to_pydatetime())


class _Days:
    """Tests both share; not collected by itself."""

    def test_a_day_that_is_not_over_is_not_asked_for(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        suite: Any = self
        monkeypatch.setattr("pipeline.conformance.NOW", pd.Timestamp("2025-01-20 09:00+07:00").to_pydatetime())
        with suite._server(home, [_visit("2025-01-19 08:00"), _visit("2025-01-20 08:00")]) as (_, read):
            assert read("2025-01") == {"2025-01-19": 1}

    def test_a_month_that_began_today_asks_for_nothing(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        suite: Any = self
        monkeypatch.setattr("pipeline.conformance.NOW", pd.Timestamp("2025-01-01 09:00+07:00").to_pydatetime())
        with suite._server(home, [_visit("2025-01-01 08:00")]) as (server, read):
            assert read("2025-01") == {}
        assert not server.asked


class TestPlausible(_Days, ConnectorSuite):
    CASE = case_of("plausible")

    def test_a_day_left_out_of_the_results_is_zero(self, home: Path) -> None:
        with self._server(home, [_visit("2025-01-10 08:00")]) as (_, read):
            read("2025-01")
        assert len(self.frame) == 31
        assert self.frame["visits_count"].sum() == 1
        assert not self.frame.duplicated(["source_file_id", "source_row"]).any()

    def test_imported_data_left_out_with_a_warning_refuse_the_answer(self, home: Path) -> None:
        def change(_: Asked, reply: Reply) -> Reply:
            warning = {"imports_skip_reason": "unsupported_query", "imports_warning": "Imported stats are not included"}
            return Reply({**reply.document, "meta": warning})  # type: ignore[dict-item]

        with self._server(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = change
            with pytest.raises(DataRejected, match="imports_warning"):
                read("2025-01")

    def test_a_site_that_never_imported_anything_is_not_refused(self, home: Path) -> None:
        def change(_: Asked, reply: Reply) -> Reply:
            return Reply({**reply.document, "meta": {"imports_skip_reason": "no_imported_data"}})  # type: ignore[dict-item]

        with self._server(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = change
            assert read("2025-01") == {"2025-01-10": 1}

    def test_the_question_carries_numbers_and_truth_values_as_such(self, home: Path) -> None:
        with self._server(home, []) as (server, read):
            read("2025-01")
        body = server.asked[0].document
        assert body["include"] == {"time_labels": True, "imports": True, "total_rows": True}
        assert body["pagination"] == {"limit": 10_000, "offset": 0}
        assert body["date_range"] == ["2025-01-01", "2025-01-31"]


class TestUmami(_Days, ConnectorSuite):
    CASE = case_of("umami")

    def test_each_day_is_asked_by_itself_on_the_citys_clock_and_visitors_never_are(self, home: Path) -> None:
        with self._server(home, [_visit("2025-01-10 08:00")] * 3) as (server, read):
            assert read("2025-01") == {"2025-01-10": 3}
        asked = [a for a in server.asked if a.path.endswith("/stats")]
        assert len(asked) == 31
        assert {a.params["timezone"] for a in asked} == {"Asia/Jakarta"}
        assert {int(a.params["endAt"]) - int(a.params["startAt"]) for a in asked} == {86_400_000 - 1}
        assert not [a for a in server.asked if "pageviews" in a.path]
