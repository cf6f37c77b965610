"""What a declared API can be told about a system's own ways of asking, paging and saying that there is nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.api.options import ApiOptions
from connectors.api.progress import Progress
from connectors.api.requests import page_request
from connectors.base import Window
from connectors.connection import variable_of
from connectors.errors import DataRejected, TolokError
from pipeline import pulling
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.periods import Period
from testing.cases import NOW, ZONE, FakeSystem, ReceivedRequest, Record, Reply, local, spread
from testing.clean_tables import clean_in_memory
from testing.connector_suite import QUICK
from testing.fake_server import Server, serving


class ByMoment(FakeSystem):
    """Answers as told by the class's switches: a list of its records between `from` and `to`."""

    def __init__(self, *, is_exclusive: bool = False, most: int = 1_000, omits_list: bool = False) -> None:
        self._is_exclusive, self._most, self._omits_list = is_exclusive, most, omits_list

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:
        first, last = (datetime.fromisoformat(asked.params[name]) for name in ("from", "to"))
        inside = [r for r in records if (first < r.at if self._is_exclusive else first <= r.at) and r.at < last]
        rows = [self._row(r) for r in sorted(inside, key=lambda r: r.at)]
        start = int(asked.params.get("offset", 0))
        shown = rows[: self._most][start : start + int(asked.params.get("size", self._most))]
        answer: dict[str, Any] = {"total": len(rows)}
        return Reply(answer if self._omits_list and not shown else answer | {"rows": shown})

    def _row(self, record: Record) -> dict[str, str]:
        changed = record.ended_at or record.at
        state = "closed" if record.ended_at else "open"
        return {"id": record.record_id, "at": record.at.isoformat(), "changed": changed.isoformat(), "state": state}


def frame_from(
    home: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeSystem, records: Sequence[Record], **options: Any
) -> tuple[pd.DataFrame, Server]:
    """January 2025 of a made-up system, pulled and cleaned."""
    source = {
        "table": "inquiries",
        "connector": "api",
        "connection": "meja",
        "format": "json",
        "rows_at": "rows",
        "allow": ["private_addresses", "plain_http"],
        "options": {"url": "rows", "params": {"from": "{from}", "to": "{to}"}, **options},
        "columns": {
            "inquiry_id": "id",
            "received_at": "at",
            "closed_at": {"column": "changed", "when": {"column": "state", "values": ["closed"]}},
        },
    }
    city = City.model_validate(
        {"city": "k", "name": "K", "zone": ZONE.key, "region_codes": {"other": "k"}}
        | {"sources": with_presets({"meja": source})}
    )
    monkeypatch.setattr(pulling, "LIMITS", QUICK)
    with serving(Server(fake, list(records))) as server:
        monkeypatch.setenv(variable_of("meja"), json.dumps({"conn_type": "http", "host": server.url}))
        manifest = pulling.pull(home, city=city, source_name="meja", period=Period.parse("2025-01"), now=NOW)
    return clean_in_memory(home, city=city, table_name="inquiries", manifests=[manifest]).frame, server


def test_a_full_answer_without_pages_is_asked_again_by_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, server = frame_from(
        tmp_path, monkeypatch, ByMoment(most=10), spread(95), paging={"style": "none", "size": "10"}
    )
    assert sorted(frame["inquiry_id"]) == sorted(record.record_id for record in spread(95))
    assert frame["excluded_by"].isna().all()
    assert len(server.requests) > 10


def test_a_system_that_leaves_out_the_first_moment_is_asked_from_the_second_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [Record("1", local("2025-01-01 00:00")), Record("2", local("2024-12-31 23:59:59"))]
    frame, _ = frame_from(tmp_path, monkeypatch, ByMoment(is_exclusive=True), records, window={"first": "excluded"})
    assert list(frame["inquiry_id"]) == ["1"]


def test_an_answer_that_says_none_may_leave_out_its_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paging = {"style": "offset", "size": "5", "total_at": "total"}
    frame, _ = frame_from(tmp_path, monkeypatch, ByMoment(omits_list=True), [], paging=paging)
    assert frame.empty


def test_a_question_that_shows_no_more_rows_is_refused_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paging = {"style": "offset", "size": "5", "most": "20"}
    params = {"from": "{from}", "to": "{to}", "offset": "{offset}", "size": "{size}"}
    with pytest.raises(DataRejected, match=r"options\.window\.days"):
        frame_from(tmp_path, monkeypatch, ByMoment(most=20), spread(30), paging=paging, params=params)
    frame, _ = frame_from(
        tmp_path, monkeypatch, ByMoment(most=20), spread(30), paging=paging, params=params, window={"days": "7"}
    )
    assert len(frame) == 30


def test_the_last_change_is_the_closing_only_of_what_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        Record("1", local("2025-01-05 08:00"), local("2025-01-06 08:00")),
        Record("2", local("2025-01-07 08:00")),
    ]
    frame, _ = frame_from(tmp_path, monkeypatch, ByMoment(), records)
    closed = dict(zip(frame["inquiry_id"], frame["closed_at"], strict=True))
    assert closed["1"] == datetime(2025, 1, 6, 1, tzinfo=UTC)
    assert closed["2"] is pd.NaT


class Misbehaving(FakeSystem):
    """Gives the pages it was told to, the last one for ever."""

    def __init__(self, *pages: object) -> None:
        self._pages = list(pages)

    def answer(self, asked: ReceivedRequest, records: Sequence[Record]) -> Reply:  # noqa: ARG002 it has its own
        return Reply(self._pages.pop(0) if len(self._pages) > 1 else self._pages[0])


def page_of(*ids: int, **more: object) -> dict[str, object]:
    rows = [{"id": n, "at": f"2025-01-0{n}T08:00:00", "changed": "", "state": "open"} for n in ids]
    return {"rows": rows, **more}


UNPROVED = {
    "a full page for ever": ([page_of(1, 2)], "same page"),
    "two pages in turn": ([page_of(1, 2), page_of(3, 4), page_of(1, 2)], "same page"),
    "null for an answer": ([page_of(1, 2), None], "'rows'"),
    "null for the rows": ([page_of(1, 2), {"rows": None}], "'rows'"),
    "an object for the rows": ([page_of(1, 2), {"rows": {}}], "not even an empty list"),
    "an object for an answer": ([page_of(1, 2), {}], "'rows'"),
    "an end before its total": ([page_of(1, 2, total=5), page_of(3, total=5), page_of(total=5)], "tells of 5"),
    "a total that shrinks": ([page_of(1, 2, total=6), page_of(3, 4, total=4)], "changed from 6 to 4"),
    "a total that grows": ([page_of(1, 2, total=3), page_of(3, total=4)], "changed from 3 to 4"),
}


@pytest.mark.parametrize("name", UNPROVED)
def test_pages_without_a_proved_end_are_no_answer(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages, said = UNPROVED[name]
    paging = {"style": "offset", "size": "2", "total_at": "total"}
    with pytest.raises(TolokError, match=said):
        frame_from(tmp_path, monkeypatch, Misbehaving(*pages), [], paging=paging)


def test_a_last_page_given_again_is_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paging = {"style": "offset", "size": "2"}
    frame, _ = frame_from(tmp_path, monkeypatch, Misbehaving(page_of(1, 2), page_of(3)), [], paging=paging)
    assert sorted(frame["inquiry_id"]) == ["1", "2", "3"]


def test_a_pull_whose_pages_did_not_fit_asks_for_all_of_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paging = {"style": "offset", "size": "2", "total_at": "total"}
    with pytest.raises(TolokError, match="changed"):
        frame_from(tmp_path, monkeypatch, Misbehaving(page_of(1, 2, total=3), page_of(3, total=4)), [], paging=paging)
    pages = [page_of(1, 2, total=4), page_of(3, 4, total=4)]
    frame, _ = frame_from(tmp_path, monkeypatch, Misbehaving(*pages), [], paging=paging)
    assert len(frame) == 4


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://meja.go.id/kota/v1/rows?hal=2", "https://meja.go.id/kota/v1/rows?hal=2"),
        ("/kota/v1/rows?hal=2", "https://meja.go.id/kota/v1/rows?hal=2"),
        ("?hal=2", "https://meja.go.id/kota/v1/rows?hal=2"),
        ("rows?hal=2", "https://meja.go.id/kota/v1/rows?hal=2"),
        ("//lain.go.id/rows", "https://lain.go.id/rows"),
    ],
)
def test_a_link_to_the_next_page_is_one_from_the_first_pages_address(link: str, address: str) -> None:
    options = ApiOptions.model_validate({"url": "v1/rows", "paging": {"style": "link"}})
    progress = Progress(options.paging, "meja", next=link)
    window = Window(datetime(2025, 1, 1, tzinfo=ZONE), datetime(2025, 2, 1, tzinfo=ZONE))
    assert page_request(options, window, progress, base_url="https://meja.go.id/kota").url == address


PAGED = {"style": "page", "size": "2", "total_at": "total"}
CURSOR = {"style": "cursor", "next_at": "meta.nxt"}
NO_PAGES = {"style": "none"}

CONTRADICTED = {
    "a total of pages": (PAGED, [page_of(1, 2, total=2), page_of(3, 4, total=2)], "tells of 2 rows, but 4"),
    "a total of the page, no pages known": (PAGED, [page_of(1, 2, total=2)], "same page"),
    "a total of a capped page": ({**PAGED, "size": "5"}, [page_of(n, total=1) for n in (1, 2, 3)], "of 1 row, but 2"),
    "a total of none beside rows": (PAGED, [page_of(1, total=0)], "tells of 0 rows, but 1"),
    "copies that fill up the total": (
        {**PAGED, "size": "3"},
        [page_of(1, 2, 3, total=5), page_of(3, 4, total=5), page_of(total=5)],
        "tells of 5 rows, 4 came .and 1 copy",
    ),
    "a total in words": (PAGED, [page_of(1, total="10 baris")], "'total' holds '10 baris'"),
    "a total with a mark": (PAGED, [page_of(1, total="1.000")], "'total' holds '1.000'"),
    "a next place that no answer has": (CURSOR, [page_of(1, 2, meta={"next": "2"})], "no answer has 'meta.nxt'"),
    "links that no answer has": ({"style": "link", "size": "2"}, [page_of(1, 2)], "no answer has Link"),
    "pages not declared": (NO_PAGES, [page_of(1, total=2)], "'total' tells of other pages"),
    "pages not declared, deeper": (NO_PAGES, [page_of(1, meta={"last_page": 3})], "'meta.last_page' tells"),
    "a size that is full": (NO_PAGES, [page_of(1, 2, per_page=2)], "'per_page' tells"),
    "a next page not declared": (NO_PAGES, [page_of(1, _links={"next": {"href": "/2"}})], "'_links.next' tells"),
    "rows that are null": (PAGED, [{"rows": None}], "'rows' in the answer is null"),
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_answers_that_contradict_what_is_declared_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paging, pages, said = CONTRADICTED[name]
    with pytest.raises(TolokError, match=said):
        frame_from(tmp_path, monkeypatch, Misbehaving(*pages), [], paging=paging)


PROVED = {
    "a whole number with a point": (PAGED, [page_of(1, 2, total=3.0), page_of(3, total=3.0)]),
    "a number as text": (PAGED, [page_of(1, 2, total="3"), page_of(3, total="3")]),
    "an empty page behind the total": (PAGED, [page_of(1, 2, total=2), page_of(total=2)]),
    "no next page, as the answer says": ({**PAGED, "next_at": "next"}, [page_of(1, 2, total=2, next=None)]),
    "pages capped below the size": ({"style": "offset", "size": "9"}, [page_of(1, 2), page_of(3), page_of()]),
    "a cursor that ends": (
        CURSOR,
        [page_of(1, 2, meta={"nxt": "b"}), page_of(3, meta={"nxt": None})],
    ),
    "one short page without a cursor": ({**CURSOR, "size": "9"}, [page_of(1, 2)]),
    "a total of something else": ({"style": "none", "not_paging": ["total"]}, [page_of(1, total=900)]),
    "a full size of all there are": (NO_PAGES, [page_of(1, 2, per_page=2, total=2, next=None)]),
}


@pytest.mark.parametrize("name", PROVED)
def test_answers_that_prove_their_end_are_read_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paging, pages = PROVED[name]
    frame, _ = frame_from(tmp_path, monkeypatch, Misbehaving(*pages), [], paging=paging)
    assert sorted(frame["inquiry_id"]) == sorted(str(row["id"]) for page in pages for row in page["rows"])


def test_an_offset_follows_the_rows_that_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"from": "{from}", "to": "{to}", "offset": "{offset}", "size": "3"}
    frame, _ = frame_from(
        tmp_path, monkeypatch, ByMoment(), spread(20), paging={"style": "offset", "size": "6"}, params=params
    )
    assert len(frame) == 20
