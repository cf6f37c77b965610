"""What the two declared web analytics say beyond the standard suite: absent days, warnings, days not over yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from connectors.errors import DataRejected, SourceChanged
from pipeline import pulling
from testing.cases import NOW, ZONE, ReceivedRequest, Record, Reply, local
from testing.connector_suite import QUICK, ConnectorSuite
from testing.stand_in import case_of


@pytest.fixture
def suite_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ConnectorSuite]:
    """The standard suite's means for one preset, without running its tests a second time."""

    def make(name: str, now: datetime = NOW) -> ConnectorSuite:
        suite: ConnectorSuite = type("Suite", (ConnectorSuite,), {"CASE": case_of(name), "NOW": now})()
        suite.monkeypatch = monkeypatch
        monkeypatch.setattr(pulling, "LIMITS", QUICK)
        return suite

    return make


Suites = Callable[..., ConnectorSuite]


def _visit(text: str) -> Record:
    return Record(text, pd.Timestamp(text, tz=ZONE).to_pydatetime())


@pytest.mark.parametrize("name", ["plausible", "umami"])
def test_a_day_that_is_not_over_is_not_asked_for(name: str, tmp_path: Path, suite_of: Suites) -> None:
    now = local("2025-01-20 09:00")
    records = [_visit("2025-01-19 08:00"), _visit("2025-01-20 08:00")]
    with suite_of(name, now).served(tmp_path, records) as (_, read):
        assert read("2025-01") == {"2025-01-19": 1}


@pytest.mark.parametrize("name", ["plausible", "umami"])
def test_a_month_that_began_today_asks_for_nothing(name: str, tmp_path: Path, suite_of: Suites) -> None:
    now = local("2025-01-01 09:00")
    with suite_of(name, now).served(tmp_path, [_visit("2025-01-01 08:00")]) as (server, read):
        assert read("2025-01") == {}
    assert not [a for a in server.requests if a.path.endswith(("/stats", "/query"))]


def test_a_day_plausible_leaves_out_of_its_results_is_zero(tmp_path: Path, suite_of: Suites) -> None:
    suite = suite_of("plausible")
    with suite.served(tmp_path, [_visit("2025-01-10 08:00")]) as (_, read):
        read("2025-01")
    assert len(suite.frame) == 31
    assert suite.frame["visits_count"].sum() == 1
    assert not suite.frame.duplicated(["source_file_id", "source_row"]).any()


def test_imported_data_left_out_with_a_warning_refuse_the_answer(tmp_path: Path, suite_of: Suites) -> None:
    meta = {"imports_skip_reason": "unsupported_query", "imports_warning": "Imported stats are not included"}
    with suite_of("plausible").served(tmp_path, [_visit("2025-01-10 08:00")]) as (server, read):
        server.change = _with_meta(meta)
        with pytest.raises(DataRejected, match="imports_warning"):
            read("2025-01")


def test_a_site_that_never_imported_anything_is_not_refused(tmp_path: Path, suite_of: Suites) -> None:
    with suite_of("plausible").served(tmp_path, [_visit("2025-01-10 08:00")]) as (server, read):
        server.change = _with_meta({"imports_skip_reason": "no_imported_data"})
        assert read("2025-01") == {"2025-01-10": 1}


def test_the_question_carries_numbers_and_truth_values_as_such(tmp_path: Path, suite_of: Suites) -> None:
    with suite_of("plausible").served(tmp_path, []) as (server, read):
        read("2025-01")
    body = server.requests[0].document
    assert body["include"] == {"time_labels": True, "imports": True, "total_rows": True}
    assert body["pagination"] == {"limit": 10_000, "offset": 0}
    assert body["date_range"] == ["2025-01-01", "2025-01-31"]


def test_umami_is_asked_day_by_day_on_the_citys_clock_and_never_for_visitors(tmp_path: Path, suite_of: Suites) -> None:
    with suite_of("umami").served(tmp_path, [_visit("2025-01-10 08:00")] * 3) as (server, read):
        assert read("2025-01") == {"2025-01-10": 3}
    asked = [a for a in server.requests if a.path.endswith("/stats")]
    assert len(asked) == 31
    assert {tuple(a.params) for a in asked} == {("startAt", "endAt")}
    assert {int(a.params["endAt"]) - int(a.params["startAt"]) for a in asked} == {86_400_000 - 1}
    assert not [a for a in server.requests if "pageviews" in a.path]


@pytest.mark.parametrize("place", ["startDate", "mindate"])
def test_days_before_umami_ran_are_unknown_not_zero(tmp_path: Path, suite_of: Suites, place: str) -> None:
    suite = suite_of("umami")
    with suite.served(tmp_path, [_visit("2025-01-20 08:00")]) as (server, read):
        server.change = _with_range({place: "2025-01-09T18:00:00.000Z"})  # 10 January, one in the morning
        assert read("2025-01") == {"2025-01-20": 1}
    assert suite.frame["visited_on"].min() == pd.Timestamp("2025-01-10")
    assert suite.manifest.covers.texts == (("2025-01-11", "2025-01-31"),)


def test_a_range_umami_writes_otherwise_is_told(tmp_path: Path, suite_of: Suites) -> None:
    with suite_of("umami").served(tmp_path, []) as (server, read):
        server.change = _with_range({"startDate": "kemarin"})
        with pytest.raises(SourceChanged, match=r"options\.since"):
            read("2025-01")


def _with_range(document: dict[str, str]) -> Callable[[ReceivedRequest, Reply], Reply]:
    return lambda asked, reply: Reply(document) if asked.path.endswith("/daterange") else reply


def _with_meta(meta: dict[str, str]) -> Callable[[ReceivedRequest, Reply], Reply]:
    return lambda _, reply: Reply({**reply.document, "meta": meta})  # type: ignore[dict-item]
