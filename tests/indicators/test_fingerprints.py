"""A fingerprint holds every term that another value would come from, and no other."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.coverage import Coverage
from pipeline.indicators.base import Fingerprint, Population, coverage_terms, measure
from pipeline.indicators.definition import definitions
from pipeline.indicators.registry import INDICATORS
from pipeline.tables import TABLES
from tests.indicators.frames import frame_of, terms_of

MAY = pd.Timestamp("2025-05-01", tz="UTC")
JUNE_ON = pd.Timestamp("2025-06-01")
ROWS: dict[str, dict[str, Any]] = {
    "portal_visits": {
        **{"visited_on": JUNE_ON, "days_count": 1, "visits_count": 7, "portal_id": "p"},
        **{"visit_definition": "v", "source_tool": "matomo", "variant": "headline"},
    },
    "online_services": {"service_id": "1", "is_accessible_online": True, "is_requestable_online": True},
    "inquiry_response": {"inquiry_id": "1", "received_at": MAY, "responded_at": MAY + pd.Timedelta(days=1)},
    "it_downtime": {"incident_id": "1", "component": "A", "started_at": MAY, "ended_at": MAY + pd.Timedelta(hours=1)},
}
OPEN = {"inquiry_response": {"responded_at": None}, "it_downtime": {"ended_at": None}}
PEOPLE = Population("bps:3100", 1_000_000, date(2025, 6, 30), "BPS")


def sha256(name: str, *, row: dict[str, Any] | None = None, label: str = "2025", **terms: Any) -> str:
    table = TABLES[definitions()[name].table]
    frame = frame_of(table, [ROWS[name] | (row or {})])
    return measure(INDICATORS[name], [frame], terms=terms_of(label, **terms)).inputs_sha256


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("portal_visits", {"population": PEOPLE}),
        ("portal_visits", {"population": None}),
        ("portal_visits", {"other_populations": (PEOPLE,)}),
        ("online_services", {"agencies_expected": ("A",)}),
        ("inquiry_response", {"holidays": (date(2025, 5, 2),)}),
        ("inquiry_response", {"follow_up_days": 6}),
        ("inquiry_response", {"zone": "Asia/Jayapura"}),
        ("inquiry_response", {"covers": None}),
        ("inquiry_response", {"covers": Coverage()}),
        ("it_downtime", {"longest_plausible_hours": 24}),
        ("it_downtime", {"zone": "Asia/Jayapura"}),
        ("it_downtime", {"covers": None}),
        ("it_downtime", {"covers": Coverage()}),
    ],
)
def test_another_term_is_another_fingerprint(name: str, term: dict[str, Any]) -> None:
    assert sha256(name, **term) != sha256(name)


TERMS_OF: dict[str, dict[str, object]] = {
    "portal_visits": {"population": asdict(PEOPLE), "others": [asdict(PEOPLE)], "provisional_for": ["coverage"]},
    "online_services": {"agencies": ["A"], "provisional_for": ["coverage"]},
    "inquiry_response": {
        **{"zone": "Asia/Jakarta", "covers": [["2025-01-01", "2025-12-31"]], "as_of": "2026-06-01T00:00:00+00:00"},
        **{"holidays": ["2025-05-02"], "follow_up_days": 5, "provisional_for": ["still_open"]},
    },
    "it_downtime": {
        **{"zone": "Asia/Jakarta", "covers": [["2025-01-01", "2025-12-31"]], "coverage": 100.0},
        **{"open_until": "2025-12-31T17:00:00+00:00", "longest_plausible_hours": 720},
        "provisional_for": ["open_dominates", "still_open"],
    },
}


@pytest.mark.parametrize("name", sorted(TERMS_OF))
def test_a_fingerprint_is_of_the_rows_and_these_terms_alone(name: str) -> None:
    """By other names for the same terms every result would be published anew, as a version that says nothing new."""
    row = ROWS[name] | OPEN.get(name, {})
    terms = {"population": PEOPLE, "other_populations": (PEOPLE,), "agencies_expected": ("A",)}
    found = sha256(name, row=OPEN.get(name), holidays=(date(2025, 5, 2),), **terms)
    rows = Fingerprint.of(frame_of(TABLES[definitions()[name].table], [row]))
    version = definitions()[name].method_version
    assert found == rows.sha256(terms=TERMS_OF[name] | {"period": "2025"}, method_version=version)


def test_a_fingerprint_is_the_hash_of_one_text() -> None:
    terms: dict[str, object] = {"zone": "Asia/Jakarta", "holidays": (date(2025, 5, 2),), "covers": []}
    text = '1.4\n{"covers": [], "holidays": ["2025-05-02"], "zone": "Asia/Jakarta"}\n3\n[1, 2]'
    found = Fingerprint((1, 2), 3).sha256(terms=terms, method_version="1.4")
    assert found == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("name", ["inquiry_response", "it_downtime"])
def test_coverage_of_no_day_is_not_undeclared_coverage(name: str) -> None:
    assert sha256(name, covers=Coverage()) != sha256(name, covers=None)


@pytest.mark.parametrize("name", sorted(OPEN))
def test_the_extraction_counts_only_while_something_is_open(name: str) -> None:
    extraction = {"as_of": datetime(2025, 7, 1, tzinfo=UTC)}
    assert sha256(name, **extraction) == sha256(name)
    assert sha256(name, row=OPEN[name], **extraction) != sha256(name, row=OPEN[name])


def test_an_outage_open_over_the_periods_end_has_one_fingerprint_whenever_it_was_extracted_after() -> None:
    later = [datetime(2026, month, 1, tzinfo=UTC) for month in (2, 5)]
    one, other = (sha256("it_downtime", row=OPEN["it_downtime"], as_of=as_of) for as_of in later)
    assert one == other


def test_undeclared_coverage_of_outages_is_in_their_fingerprint() -> None:
    one, other = (sha256("it_downtime", covers=None, as_of=datetime(2025, month, 1, tzinfo=UTC)) for month in (7, 8))
    assert one != other


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_quarantined_row_of_the_period_belongs_to_its_fingerprint(name: str) -> None:
    table = TABLES[definitions()[name].table]
    bad = ROWS[name] | {"quarantine_reason": "bad"}
    terms = terms_of("2025")
    one, other = (
        measure(INDICATORS[name], [frame_of(table, rows)], terms=terms).inputs_sha256
        for rows in ([ROWS[name]], [ROWS[name], bad])
    )
    assert one != other


def test_period_method_and_number_of_rows_are_in_a_fingerprint() -> None:
    assert sha256("online_services", label="2025") != sha256("online_services", label="2024")
    rows = Fingerprint((1, 2), 3)
    given = rows.sha256(terms={}, method_version="1.0")
    assert rows.sha256(terms={}, method_version="1.1") != given
    assert Fingerprint((1, 2), 4).sha256(terms={}, method_version="1.0") != given
    assert Fingerprint((1, 3), 3).sha256(terms={}, method_version="1.0") != given


def test_two_rows_that_add_up_as_two_others_differ_in_the_second_sum() -> None:
    of_numbers = [Fingerprint.of_hashes(pd.Series(pair, dtype="uint64").to_numpy()) for pair in ([1, 4], [2, 3])]
    assert of_numbers[0].sums[0] == of_numbers[1].sums[0]
    assert of_numbers[0].sums[1] != of_numbers[1].sums[1]


def test_where_a_row_came_from_is_in_no_fingerprint() -> None:
    rows = frame_of(TABLES["services"], [ROWS["online_services"]])
    assert Fingerprint.of(rows.assign(source_file_id="other", source_row=77)) == Fingerprint.of(rows)


def test_terms_in_another_order_are_the_same_terms() -> None:
    one, other = (dict.fromkeys(names, 1) for names in ("ab", "ba"))
    rows = Fingerprint((1, 2), 3)
    assert rows.sha256(terms=one, method_version="1") == rows.sha256(terms=other, method_version="1")


def test_sums_stay_within_64_bits_however_rows_are_split() -> None:
    most = Fingerprint(((1 << 64) - 1, (1 << 64) - 1), 1)
    assert most + most == Fingerprint(((1 << 64) - 2, (1 << 64) - 2), 2)


def test_a_fingerprint_counts_its_rows() -> None:
    rows = frame_of(TABLES["services"], [ROWS["online_services"]] * 3)
    assert Fingerprint.of(rows).rows_count == 3
    assert Fingerprint.of(rows, among=np.array([True, False, True])).rows_count == 2


def test_coverage_is_told_apart_from_none_and_from_that_of_no_day() -> None:
    days = ((date(2025, 1, 1), date(2025, 1, 31)),)
    assert coverage_terms(Coverage(days)) == list(days)
    assert coverage_terms(None) == []
    assert coverage_terms(Coverage()) == [(date.min, date.min)]
