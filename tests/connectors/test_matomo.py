"""Matomo by its API and by its CSV export: empty days, clocks, errors with status 200, UTF-16."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.errors import ConfigError, DataRejected, SourceChanged
from testing.cases import SECRET, ZONE, Case, FakeFiles, FakeSystem, ReceivedRequest, Record, Reply
from testing.connector_suite import ConnectorSuite

SITE = {"idsite": "7", "name": "Portal", "timezone": "Asia/Jakarta", "ts_created": "2023-05-01 20:00:00"}


class MatomoServer(FakeSystem):
    """Answers as Matomo 5 does: errors with status 200, `[]` for a day without data."""

    def __init__(self, site: Mapping[str, str] = SITE) -> None:
        self.site = dict(site)

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        form = asked.form
        if asked.method != "POST" or asked.params or form.get("token_auth") != SECRET:
            return Reply({"result": "error", "message": f"You can't access this resource ... token_auth={SECRET}"})
        if form["method"] == "SitesManager.getSiteFromId":
            return Reply({**self.site, "idsite": form["idSite"]})
        assert form.items() >= {"period": "day", "format_metrics": "0", "filter_limit": "-1"}.items()
        first, last = map(date.fromisoformat, form["date"].split(","))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        counts = pd.Series([record.at.astimezone(ZONE).date() for record in records], dtype=object).value_counts()
        return Reply({str(day): _metrics(int(counts.get(day, 0))) for day in days})


def _metrics(visits_count: int) -> object:
    return {"nb_uniq_visitors": 1, "nb_visits": visits_count, "bounce_rate": "45%"} if visits_count else []


class TestMatomo(ConnectorSuite):
    CASE = Case("matomo", {"system": "matomo", "options": {"sites": {"7": "portal"}}}, MatomoServer())

    def test_an_empty_day_is_zero_when_the_site_was_tracked(self, home: Path) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (_, read):
            assert read("2025-01") == {"2025-01-10": 1}
        assert len(self.frame) == 31
        assert self.frame["visits_count"].sum() == 1
        assert "30 days without data" in self.manifest.notes[0]

    def test_a_month_without_any_data_is_unknown_not_zero(self, home: Path) -> None:
        with self.served(home, []) as (_, read):
            read("2025-01")
        assert self.frame.empty

    def test_days_before_the_site_was_made_are_unknown_not_zero(self, home: Path) -> None:
        server = MatomoServer({**SITE, "ts_created": "2025-01-09 18:00:00"})  # 10 January on the site's clock
        with self._as(server), self.served(home, [_visit("2025-01-20 08:00")]) as (_, read):
            read("2025-01")
        assert self.frame["visited_on"].min() == pd.Timestamp("2025-01-10")
        assert len(self.frame) == 22
        assert self.manifest.covers.texts == (("2025-01-11", "2025-01-31"),)

    def test_only_complete_days_are_asked_for(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(self, "NOW", pd.Timestamp("2025-01-20 09:00+07:00").to_pydatetime())
        with self.served(home, [_visit("2025-01-19 08:00"), _visit("2025-01-20 08:00")]) as (_, read):
            assert read("2025-01") == {"2025-01-19": 1}

    def test_a_month_that_began_today_asks_for_nothing(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(self, "NOW", pd.Timestamp("2025-01-01 09:00+07:00").to_pydatetime())
        with self.served(home, [_visit("2025-01-01 08:00")]) as (_, read):
            assert read("2025-01") == {}

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Makassar", "UTC-3.5", "Mars/Olympus"])
    def test_a_site_on_another_clock_is_refused(self, home: Path, zone: str) -> None:
        server = MatomoServer({**SITE, "timezone": zone})
        visits = [_visit("2025-01-10 08:00")]
        refused = pytest.raises(ConfigError, match="may_differ_in_zone")
        with self._as(server), self.served(home, visits) as (_, read), refused:
            read("2025-01")

    @pytest.mark.parametrize("zone", ["Asia/Pontianak", "UTC+7"])
    def test_another_name_for_the_same_clock_will_do(self, home: Path, zone: str) -> None:
        server = MatomoServer({**SITE, "timezone": zone})
        with self._as(server), self.served(home, [_visit("2025-01-10 08:00")]) as (_, read):
            assert read("2025-01") == {"2025-01-10": 1}

    def test_a_site_allowed_to_be_on_another_clock_is_noted(self, home: Path) -> None:
        options = {"sites": {"7": "portal"}, "may_differ_in_zone": "true"}
        with (
            self._as(MatomoServer({**SITE, "timezone": "UTC"}), options=options),
            self.served(home, [_visit("2025-01-10 08:00")]) as (_, read),
        ):
            assert read("2025-01") == {"2025-01-10": 1}
        assert any("on the clock of UTC" in note for note in self.manifest.notes)

    def test_several_sites_are_several_portals(self, home: Path) -> None:
        options = {"sites": {"7": "portal", "8": "satu-peta"}}
        with (
            self._as(MatomoServer(), options=options),
            self.served(home, [_visit("2025-01-10 08:00")]) as (_, read),
        ):
            assert read("2025-01") == {"2025-01-10": 2}
        assert set(self.frame["portal_id"]) == {"portal", "satu-peta"}

    def test_an_older_version_puts_the_site_in_a_list(self, home: Path) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            server.change = lambda asked, reply: (
                Reply([reply.document]) if asked.form["method"] == "SitesManager.getSiteFromId" else reply
            )
            assert read("2025-01") == {"2025-01-10": 1}

    def test_a_refused_token_is_told_without_repeating_it(self, home: Path) -> None:
        with self.served(home, []) as (server, read):
            server.change = lambda *_: Reply({"result": "error", "message": f"invalid token_auth {SECRET}"})
            with pytest.raises(ConfigError) as caught:
                read("2025-01")
        assert SECRET not in str(caught.value)

    def test_another_error_with_status_200_is_refused(self, home: Path) -> None:
        with self.served(home, []) as (server, read):
            server.change = _only_visits(Reply({"result": "error", "message": "General error"}))
            with pytest.raises(DataRejected):
                read("2025-01")

    @pytest.mark.parametrize("document", [[], {"value": 3}, {"2025-01-01": {"visits": 3}}, {"2025-01-01": 3}])
    def test_an_answer_of_another_form_is_refused(self, home: Path, document: object) -> None:
        with self.served(home, []) as (server, read):
            server.change = _only_visits(Reply(document))
            with pytest.raises(SourceChanged):
                read("2025-01")

    def test_the_token_travels_in_the_body_and_is_not_kept(self, home: Path) -> None:
        with self.served(home, [_visit("2025-01-10 08:00")]) as (server, read):
            read("2025-01")
            assert all(SECRET not in json.dumps([a.path, dict(a.params)]) for a in server.requests)
        assert not [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]

    def _as(self, server: MatomoServer, options: Mapping[str, Any] | None = None) -> Any:
        settings = self.CASE.settings if options is None else {"system": "matomo", "options": options}
        patch = pytest.MonkeyPatch()
        patch.setattr(type(self), "CASE", replace(self.CASE, fake=server, settings=settings))
        return _Undoing(patch)


class _Undoing:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def _only_visits(reply: Reply) -> Any:
    return lambda asked, real: reply if asked.form["method"] == "VisitsSummary.get" else real


def _visit(text: str) -> Record:
    return Record(text, pd.Timestamp(text, tz=ZONE).to_pydatetime())


class MatomoExport(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        counts = pd.Series([str(record.at.date()) for record in records], dtype=object).value_counts().sort_index()
        lines = ["date,nb_visits,bounce_rate", *(f"{day},{count},45%" for day, count in counts.items())]
        content = "\r\n".join(lines).encode("utf-16-le")
        (folder / "export.csv").write_bytes(b"\xff\xfe" + content)


class TestMatomoCsv(ConnectorSuite):
    CASE = Case("matomo_csv", {"system": "matomo_csv"}, MatomoExport())

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
    def test_the_text_matomo_writes_for_an_empty_report_is_no_table(self, home: Path, encoding: str) -> None:
        with self.reading(home, []) as read:
            (home.parent / "ekspor" / "export.csv").write_text("No data available", encoding)
            with pytest.raises(DataRejected, match="No data available"):
                read("2025-01")
