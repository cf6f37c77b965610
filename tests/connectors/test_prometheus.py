"""Prometheus as 2.42 answers: a limit of points, samples that are missing, and retention of days."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.connection import variable_of
from connectors.errors import ConfigError, DataRejected, SourceChanged, SourceUnavailable
from connectors.http import Answer
from connectors.layout import Layout
from connectors.prometheus import Prometheus, PulledSamples, add_samples
from connectors.records import RawFile
from connectors.registry import preset
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.coverage import Coverage
from pipeline.periods import Period
from testing.cases import PERSON, SECRET, ZONE, Case, FakeSystem, ReceivedRequest, Record, Reply, local, spread
from testing.clean_tables import clean_in_memory
from testing.connector_suite import ConnectorSuite
from testing.fake_server import Server, serving
from tests.conftest import REAL_DATA, needs_real_data

SERVERS = REAL_DATA / "servers"
COLUMNS = ("id", "component", "started_at", "ended_at")
FOR_EVER = datetime(2100, 1, 1, tzinfo=UTC)
LATER = datetime(2025, 6, 1, tzinfo=UTC)


class PrometheusServer(FakeSystem):
    """A series for each record, 0 while it lasts and else 1, from `since` on; no answer has more than 11,000 points."""

    def __init__(self, retention: str = "10y", since: datetime = FOR_EVER - timedelta(days=40_000)) -> None:
        self.retention = retention
        self.since = since
        self.gap = (FOR_EVER, FOR_EVER)
        self.more: Mapping[str, object] = {}

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        if asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Reply(status=401)
        if asked.path == "/api/v1/status/runtimeinfo":
            return Reply({"status": "success", "data": {"storageRetention": self.retention}})
        assert (asked.method, asked.path) == ("POST", "/api/v1/query_range")
        start, end, step = (int(asked.form[name]) for name in ("start", "end", "step"))
        if (end - start) // step + 1 > 11_000:
            error = "exceeded maximum resolution of 11,000 points per timeseries."
            return Reply({"status": "error", "errorType": "bad_data", "error": error}, 400)
        since, (gap_start, gap_end) = self.since.timestamp(), (moment.timestamp() for moment in self.gap)
        moments = [at for at in range(start, end + 1, step) if at >= since and not gap_start <= at < gap_end]
        series = [self._series(record, moments) for record in records] if moments else []
        return Reply({"status": "success", "data": {"resultType": "matrix", "result": series}, **self.more})

    def _series(self, record: Record, moments: Sequence[int]) -> dict[str, Any]:
        first, last = record.at.timestamp(), (record.ended_at or FOR_EVER).timestamp()
        labels = {"__name__": "up", "instance": record.record_id, "kontak": PERSON}
        return {"metric": labels, "values": [[at, "0" if first <= at < last else "1"] for at in moments]}


SETTINGS = {"system": "prometheus", "options": {"query": "up", "step_seconds": "300"}}


class TestPrometheus(ConnectorSuite):
    CASE = Case("prometheus", SETTINGS, PrometheusServer())

    def test_a_source_that_holds_less_says_so(self, home: Path) -> None:
        self.monkeypatch.setattr(
            type(self), "CASE", Case("prometheus", SETTINGS, PrometheusServer("15d"), keeps_days=15)
        )
        super().test_a_source_that_holds_less_says_so(home)


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pulls a month from a fake that can be changed; gives its manifest and its outages in local time."""
    fake = PrometheusServer()

    def ask(
        records: Sequence[Record], *, now: datetime = LATER, month: int = 1, **options: str
    ) -> tuple[Any, list[tuple[str, str, str | None]]]:
        with serving(Server(fake, list(records))) as server:
            monkeypatch.setenv(variable_of("pantau"), json.dumps({"host": server.url, "password": SECRET}))
            settings = {**SETTINGS, "options": {"query": "up", "step_seconds": "60", **options}}
            settings |= {"connection": "pantau", "allow": ["private_addresses", "plain_http"]}
            raw = {"city": "x", "name": "X", "zone": ZONE.key, "region_codes": {"bps": "9971"}}
            city = City.model_validate({**raw, "sources": with_presets({"pantau": settings})})
            period = Period(2025, month)
            manifest = pulling.pull(tmp_path, city=city, source_name="pantau", period=period, now=now)
            ask.asked = server.requests  # type: ignore[attr-defined]
        frame = clean_in_memory(tmp_path, city=city, table_name="outages", manifests=[manifest]).frame
        assert frame["quarantine_reason"].isna().all()
        rows = frame[frame["excluded_by"].isna()].sort_values("started_at")
        shown = [rows[name].dt.tz_convert(ZONE).dt.strftime("%m-%d %H:%M:%S") for name in ("started_at", "ended_at")]
        starts, ends = (series.astype(object).where(series.notna(), None) for series in shown)
        return manifest, list(zip(rows["component"], starts, ends, strict=True))

    ask.fake = fake  # type: ignore[attr-defined]
    return ask


def outage(first: str, last: str | None, name: str = "portal") -> Record:
    return Record(name, local(first), local(last) if last else None)


def test_an_outage_runs_from_the_first_sample_down_to_the_first_up(asking: Any) -> None:
    _, found = asking([outage("2025-01-05 08:00:30", "2025-01-05 09:10:10")])
    assert found == [("portal", "01-05 08:01:00", "01-05 09:11:00")]


@pytest.mark.parametrize("step", ["1", "7", "15", "60"])
def test_no_question_asks_for_more_points_than_the_server_allows(asking: Any, step: str) -> None:
    asking.fake.since = local("2025-01-30")
    manifest, found = asking([outage("2025-01-31 08:00", "2025-01-31 08:07")], step_seconds=step)
    assert len(found) == 1
    assert manifest.covers.texts == (("2025-01-30", "2025-01-31"),)


def test_an_outage_over_the_turn_of_the_month_keeps_its_start_and_its_end_on_both_sides(asking: Any) -> None:
    record = outage("2025-01-31 22:00", "2025-02-03 04:00")
    assert asking([record])[1] == [("portal", "01-31 22:00:00", "02-03 04:00:00")]
    # February knows that it began before, and counts no incident; its start is at the last moment before.
    assert asking([record], month=2)[1] == [("portal", "01-31 23:59:00", "02-03 04:00:00")]


def test_an_outage_that_does_not_end_is_open_and_is_not_asked_after_for_ever(asking: Any) -> None:
    assert asking([outage("2025-01-31 22:00", None)])[1] == [("portal", "01-31 22:00:00", None)]
    assert len(asking.asked) < 70


def test_without_a_sample_nothing_is_known_and_an_outage_goes_on(asking: Any) -> None:
    asking.fake.gap = (local("2025-01-05 08:30"), local("2025-01-07 12:00"))
    manifest, found = asking(
        [outage("2025-01-05 08:00", "2025-01-05 10:00"), outage("2025-01-06", "2025-01-06 05:00", "b")]
    )
    assert found == [("portal", "01-05 08:00:00", "01-07 12:00:00")]
    assert manifest.covers.texts == (("2025-01-01", "2025-01-04"), ("2025-01-08", "2025-01-31"))
    assert any("103.0 hours without samples over 2 series" in note for note in manifest.notes)


def test_a_longer_pause_within_a_day_leaves_it_uncovered(asking: Any) -> None:
    asking.fake.gap = (local("2025-01-05 08:00"), local("2025-01-05 11:00"))
    manifest, _ = asking([outage("2025-01-09", "2025-01-09 05:00")])
    assert manifest.covers.texts == (("2025-01-01", "2025-01-04"), ("2025-01-06", "2025-01-31"))


def test_a_pause_within_an_hour_leaves_the_day_covered_but_is_remarked_upon(asking: Any) -> None:
    asking.fake.gap = (local("2025-01-05 08:30"), local("2025-01-05 09:00"))
    manifest, _ = asking([outage("2025-01-09", "2025-01-09 05:00")])
    assert manifest.covers.texts == (("2025-01-01", "2025-01-31"),)
    assert any("0.5 hours" in note for note in manifest.notes)


def test_a_query_without_any_series_covers_no_day_and_says_so(asking: Any) -> None:
    manifest, found = asking([])
    assert (manifest.covers, found) == (Coverage(), [])
    assert any("not one series" in note for note in manifest.notes)


def test_whole_samples_leave_nothing_to_remark(asking: Any) -> None:
    manifest, _ = asking([outage("2025-01-09", "2025-01-09 05:00")])
    assert manifest.notes == ()


def test_daily_pulls_make_up_a_month_that_is_never_held_whole(asking: Any) -> None:
    asking.fake.retention = "5d"
    records = [outage("2025-01-02 08:00", "2025-01-02 09:00"), outage("2025-01-20 10:00", "2025-01-21 10:00", "b")]
    for day in (2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32):
        now = local("2025-01-01 02:00") + timedelta(days=day - 1)
        # What is older than the retention is gone from the server too.
        asking.fake.since = now - timedelta(days=5)
        manifest, found = asking(records, now=now)
    assert manifest.covers.texts == (("2025-01-01", "2025-01-31"),)
    assert found == [("portal", "01-02 08:00:00", "01-02 09:00:00"), ("b", "01-20 10:00:00", "01-21 10:00:00")]


def test_days_the_server_lost_early_stay_as_they_were_landed(asking: Any) -> None:
    records = [outage("2025-01-02 08:00", "2025-01-02 09:00")]
    asking(records, now=local("2025-01-09"))
    asking.fake.since = local("2025-01-07")
    manifest, found = asking(records, now=local("2025-01-12"))
    assert manifest.covers.texts == (("2025-01-01", "2025-01-11"),)
    assert found == [("portal", "01-02 08:00:00", "01-02 09:00:00")]


def test_the_component_is_the_chosen_label(asking: Any) -> None:
    assert asking([outage("2025-01-09", "2025-01-09 05:00")], label="__name__")[1][0][0] == "up"


def test_an_answer_that_may_not_be_whole_keeps_results_provisional(asking: Any) -> None:
    asking.fake.more = {"warnings": [PERSON]}
    manifest, _ = asking([outage("2025-01-09", "2025-01-09 05:00")])
    (remark,) = manifest.remarks
    assert (remark.code, remark.keeps_provisional) == ("answers_not_whole", True)
    assert PERSON not in str(manifest)


@pytest.mark.parametrize(
    ("retention", "days"),
    [
        ("15d", 15),
        ("2w", 14),
        ("1y", 365),
        ("1d12h", 2),
        ("6h", 1),
        ("30d or 512MiB", 30),
        ("512MiB", None),
        ("", None),
    ],
)
def test_how_long_it_keeps_samples_is_what_the_server_says(
    retention: str, days: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(PrometheusServer(retention), spread(1))) as server:
        monkeypatch.setenv(variable_of("pantau"), json.dumps({"host": server.url, "password": SECRET}))
        connection = pulling.connection_from("pantau")
        with pulling.HttpClient(connection, allow=("private_addresses", "plain_http")) as client:
            wire = pulling.Wire(connection, pulling.Unkept(), client)
            assert reader().held(wire).keeps_days == days
            assert reader(keeps_days=40).held(wire).keeps_days == 40


def test_it_is_collected_every_day_because_it_forgets() -> None:
    assert preset("prometheus")["source"]["collect"] == "daily"


def reader(**options: object) -> Prometheus:
    return Prometheus({"query": "up", **options}, layout=Layout(), zone=ZONE)


def sample(document: object) -> PulledSamples:
    pulled = PulledSamples()
    add_samples(Answer(json.dumps(document).encode(), 200, {}, "https://pantau.kota.go.id"), pulled)
    return pulled


@needs_real_data
def test_the_recorded_refusal_of_too_many_points_names_the_step() -> None:
    document = json.loads((SERVERS / "prometheus_error_11000_points.json").read_text())
    assert "11,000 points" in document["error"]
    with pytest.raises(ConfigError, match="step_seconds"):
        sample(document)


@pytest.mark.parametrize(("kind", "error"), [("bad_data", ConfigError), ("timeout", SourceUnavailable)])
def test_an_error_in_an_answer_is_told_by_what_to_do(kind: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        sample({"status": "error", "errorType": kind, "error": PERSON})
    assert PERSON not in str(caught.value)


@pytest.mark.parametrize("document", [{}, [], {"status": "success", "data": {"resultType": "vector", "result": []}}])
def test_an_address_that_is_no_prometheus_is_named(document: object) -> None:
    with pytest.raises(SourceChanged, match="pantau"):
        sample(document)


def test_values_that_are_neither_up_nor_down_are_refused() -> None:
    series = [{"metric": {}, "values": [[1, "1"], [2, "NaN"], [3, "0.5"]]}]
    with pytest.raises(DataRejected, match=r"0\.5"):
        sample({"status": "success", "data": {"resultType": "matrix", "result": series}})


@needs_real_data
def test_of_recorded_samples_the_portal_is_down_throughout_and_the_monitor_itself_never() -> None:
    path = SERVERS / "prometheus_targets_up_range.json"
    file = RawFile(path, path.name)
    ((_, frame),) = reader().rows([file], columns=COLUMNS)
    (row,) = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert (row["component"], row["started_at"], row["ended_at"]) == ("opendata", "1795457138", None)
    (first, last), *others = sorted(set(reader().covered_spans([file])))
    assert others == []
    assert (last - first) == timedelta(minutes=40)
    assert sample(json.loads(path.read_text())).samples_count == 80


@needs_real_data
def test_alerts_begin_later_than_the_outage_and_end_in_the_future_so_they_are_no_history() -> None:
    alerts = json.loads((SERVERS / "prometheus_alerts_range.json").read_text())["data"]["result"]
    targets = json.loads((SERVERS / "prometheus_targets_up_range.json").read_text())["data"]["result"]
    (firing,) = [series for series in alerts if series["metric"]["alertstate"] == "firing"]
    (down,) = [series for series in targets if series["metric"].get("layanan") == firing["metric"]["layanan"]]
    assert firing["values"][0][0] > down["values"][0][0]
    (alert,) = json.loads((SERVERS / "alertmanager_alerts.json").read_text())
    assert alert["status"]["state"] == "active"
    assert alert["endsAt"] > alert["updatedAt"] > alert["startsAt"]
