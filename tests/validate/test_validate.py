"""What the suites catch, what they let pass, and what a verdict never says."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from pydantic import TypeAdapter

from connectors.errors import DataRejected
from pipeline import suites, validate
from pipeline.indicators.base import Quotient, Result, RowCounts, Status
from pipeline.periods import Period
from pipeline.report.page import write_page
from pipeline.tables import DTYPES, OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES, Kind
from pipeline.validate import expectations
from testing.clean_tables import CleanTable

JAKARTA = ZoneInfo("Asia/Jakarta")
EARLIER = pd.Timestamp("2024-02-01", tz="UTC")
PERSON = "Siti Rahmawati 0812-3456-7890"
EXAMPLES: dict[str, Any] = {
    "text": "a",
    "count": 1,
    "number": 1.5,
    "moment": pd.Timestamp("2024-03-01 02:00", tz="UTC"),
    "day": pd.Timestamp("2024-03-01"),
    "flag": True,
}


def sound_frame(table_name: str, *, rows_count: int = 3) -> pd.DataFrame:
    """Rows that meet every rule: example values, allowed ones where declared, and a key that does not repeat."""
    table = TABLES[table_name]
    columns = (*table.columns, *SOURCE_COLUMNS, *OUTCOME_COLUMNS)
    frame = pd.DataFrame(
        {
            column.name: [column.allowed[0] if column.allowed else EXAMPLES[column.kind]] * rows_count
            for column in columns
        }
    )
    frame[table.key[0]] = [f"key {number}" for number in range(rows_count)]
    frame["source_row"] = range(1, rows_count + 1)
    frame[["quarantine_reason", "excluded_by"]] = None
    return frame.astype({column.name: DTYPES[column.kind] for column in columns})


def with_value(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """The frame with one cell, the first of `column`, replaced."""
    values = frame[column].copy()
    values.iloc[0] = value
    return frame.assign(**{column: values})


def verdict(frame: pd.DataFrame, name: str) -> validate.Verdict:
    suite = suites.Suite(table=name, expectations=tuple(suites.declared(name).values()))
    return held_against(frame, name, suite)


def held_against(frame: pd.DataFrame, subject: str, suite: suites.Suite) -> validate.Verdict:
    (found,) = validate.validate([validate.check_of_parts(lambda: iter([frame]), subject, suite=suite)])
    return found


def tables_held(period: Period, **datasets: Any) -> list[validate.Verdict]:
    checks, _ = validate.read_tables(datasets, period=period, zone=JAKARTA)
    return validate.validate(checks)


def unmet(found: validate.Verdict) -> dict[str, int]:
    return {outcome.rule_id: outcome.unexpected_count for outcome in found.outcomes if not outcome.is_met}


def one_rule(type: str, **kwargs: Any) -> suites.Suite:
    meta = suites.Explanation(rule_id="own.rule", id="aturan", en="rule")
    return suites.Suite(table="any", expectations=(suites.Rule(type=type, kwargs=kwargs, meta=meta),))


@pytest.mark.parametrize("name", TABLES)
def test_a_sound_frame_meets_every_rule_in_the_suites_order(name: str) -> None:
    found = verdict(sound_frame(name), name)
    assert unmet(found) == {}
    assert found.is_sound
    assert [outcome.rule_id for outcome in found.outcomes] == list(suites.declared(name))
    assert found.way == "every row"


@pytest.mark.parametrize("name", ["visits", "inquiries", "outages", "population"])
def test_a_table_without_rows_is_legal(name: str) -> None:
    assert unmet(verdict(sound_frame(name).iloc[:0], name)) == {}


def test_a_register_without_services_is_unsound() -> None:
    found = verdict(sound_frame("services").iloc[:0], "services")
    assert list(unmet(found)) == ["services.row_count"]
    assert found.outcomes[0].observed == "0"


@pytest.mark.parametrize(
    ("name", "column", "value", "rule_id"),
    [
        ("visits", "visited_on", None, "visits.visited_on.required"),
        ("visits", "visits_count", -1, "visits.visits_count.minimum"),
        ("services", "is_accessible_online", None, "services.is_accessible_online.required"),
        ("services", "audience", "tourists", "services.audience.allowed"),
        ("services", "valid_to_on", pd.Timestamp("2024-02-29"), "services.end_before_start"),
        ("inquiries", "received_at", None, "inquiries.received_at.required"),
        ("inquiries", "responded_at", EARLIER, "inquiries.response_before_receipt"),
        ("outages", "ended_at", EARLIER, "outages.end_before_start"),
        ("population", "population_count", 0, "population.population_count.minimum"),
        ("inquiries", "inquiry_id", "key 1", "inquiries.key"),
        ("outages", "incident_id", "key 1", "outages.key"),
    ],
)
def test_one_broken_cell_breaks_one_rule(name: str, column: str, value: object, rule_id: str) -> None:
    found = verdict(with_value(sound_frame(name), column, value), name)
    assert unmet(found) == {rule_id: 2 if rule_id.endswith(".key") else 1}
    assert not found.is_sound


def test_a_pair_with_one_moment_missing_is_no_wrong_order() -> None:
    assert unmet(verdict(with_value(sound_frame("outages"), "ended_at", None), "outages")) == {}


def test_a_missing_column_breaks_its_rules_and_the_order_of_columns() -> None:
    found = verdict(sound_frame("visits").drop(columns="visits_count"), "visits")
    assert set(unmet(found)) == {"visits.columns", "visits.visits_count.required", "visits.visits_count.minimum"}
    assert {o.observed for o in found.outcomes if "visits_count" in o.rule_id} == {"not checked"}


def test_columns_in_another_order_are_noticed() -> None:
    frame = sound_frame("population")
    assert list(unmet(verdict(frame[frame.columns[::-1]], "population"))) == ["population.columns"]


def test_a_rule_that_cannot_be_checked_is_unmet_and_critical_even_as_a_warning() -> None:
    suite = one_rule("expect_column_values_to_be_between", column="absent", min_value=0)
    rule = suite.expectations[0].model_copy(update={"severity": "warning"})
    found = held_against(sound_frame("visits"), "visits", suite.model_copy(update={"expectations": (rule,)}))
    assert not found.is_sound
    assert found.outcomes[0].observed == "not checked"


def test_an_unmet_warning_leaves_the_verdict_sound() -> None:
    accounts = suites.accounting(
        {"inquiries": {"read": 100, "used": 90, "excluded": 0, "quarantined": 10, "considered": 100}}
    )
    found = verdict(accounts, "rows")
    assert list(unmet(found)) == ["rows.quarantined_pct.high"]
    assert found.is_sound


@pytest.mark.parametrize(
    ("count", "rule_id"),
    [
        ({"read": 100, "used": 90, "excluded": 5, "quarantined": 4, "considered": 95}, "rows.adds_up"),
        ({"read": 100, "used": 40, "excluded": 0, "quarantined": 60, "considered": 100}, "rows.quarantined_pct.most"),
    ],
)
def test_accounts_that_are_wrong_are_unsound(count: dict[str, int], rule_id: str) -> None:
    found = verdict(suites.accounting({"outages": count}), "rows")
    assert rule_id in unmet(found)
    assert not found.is_sound


def test_rows_held_back_for_another_of_their_group_do_not_make_a_table_unsound() -> None:
    count = {"read": 3, "used": 1, "excluded": 0, "quarantined": 2, "held_with_group": 1, "considered": 3}
    assert verdict(suites.accounting({"outages": count}), "rows").is_sound


def test_a_table_all_of_whose_rows_are_excluded_is_sound() -> None:
    accounts = suites.accounting({"outages": {"read": 7, "used": 0, "excluded": 7, "quarantined": 0, "considered": 0}})
    assert unmet(verdict(accounts, "rows")) == {}


@pytest.mark.parametrize("kind", ["count", "number"])
def test_a_range_check_on_a_column_without_any_value_counts_the_rows(kind: Kind) -> None:
    frame = pd.DataFrame({"n": pd.array([None, None], dtype=DTYPES[kind])})
    suite = one_rule("expect_column_values_to_be_between", column="n", min_value=0)
    assert held_against(frame, "n", suite).outcomes[0].checked_rows == 2
    required = one_rule("expect_column_values_to_not_be_null", column="n")
    assert unmet(held_against(frame, "n", required)) == {"own.rule": 2}


def result(indicator_id: str, headline: Quotient, *, status: Status = "final") -> Result:
    rows = RowCounts(read=1, used=1)
    return Result(indicator_id, "2024", headline, status, 100.0, rows, method_version="1", inputs_sha256="0")


WORKED = (
    result("portal_visits", Quotient(10_000_000, 105.6, "visits per 100,000", 10_000_000 / 105.6)),
    result("online_services", Quotient(20, 30, "%", 20 / 30 * 100)),
    result("inquiry_response", Quotient(240, 20, "days", 240 / 20 / 24)),
    result("it_downtime", Quotient(None, None, "hours per incident", None, "no incident"), status="not_computable"),
)


def results_held(given: Sequence[Result]) -> validate.Verdict:
    (found,) = validate.validate([validate.check_of_results(given)])
    return found


def test_the_worked_examples_are_sound_results() -> None:
    assert unmet(results_held(WORKED)) == {}


@pytest.mark.parametrize(
    ("wrong", "rule_ids"),
    [
        (result("online_services", Quotient(31, 30, "%", 31 / 30 * 100)), {"results.online_services.maximum"}),
        (result("it_downtime", Quotient(6, 3, "hours", 2.5)), {"results.it_downtime.quotient"}),
        (result("it_downtime", Quotient(6, 3, "hours", None, "x")), {"results.value.present"}),
        (
            result("it_downtime", Quotient(6, 3, "hours", 2.0), status="not_computable"),
            {"results.value.absent", "results.reason.present"},
        ),
        (result("it_downtime", Quotient(-6, 3, "hours", -2)), {"results.value.minimum", "results.numerator.minimum"}),
        (replace(WORKED[0], coverage_pct=100.5), {"results.coverage_pct.maximum"}),
    ],
)
def test_a_result_that_contradicts_itself_is_unsound(wrong: Result, rule_ids: set[str]) -> None:
    assert set(unmet(results_held([wrong]))) == rule_ids


def test_one_context_serves_every_frame_and_keeps_none_of_them() -> None:
    broken, sound = with_value(sound_frame("visits"), "visits_count", -1), sound_frame("visits")
    assert [verdict(frame, "visits").is_sound for frame in (sound, broken, sound)] == [True, False, True]


def test_a_large_frame_is_sampled_but_counted_and_searched_for_repeated_keys_whole() -> None:
    frame = sound_frame("inquiries", rows_count=200_001)
    frame.loc[0, "inquiry_id"] = frame.loc[200_000, "inquiry_id"]
    frame["status"] = "nonsense"
    found = verdict(frame, "inquiries")
    assert found.way == "sample of 50,000; row count and key: every row"
    assert found.outcomes[0].observed == "200001"
    assert unmet(found) == {"inquiries.key": 2, "inquiries.status.allowed": 50_000}
    key = next(outcome for outcome in found.outcomes if outcome.rule_id == "inquiries.key")
    assert key.checked_rows == 200_001


def test_a_large_frame_without_its_key_is_not_taken_for_unique() -> None:
    frame = sound_frame("inquiries", rows_count=200_001).drop(columns="inquiry_id")
    found = {outcome.rule_id: outcome for outcome in verdict(frame, "inquiries").outcomes}
    assert (found["inquiries.key"].is_met, found["inquiries.key"].observed) == (False, "not checked")


def test_a_table_in_parts_has_the_verdict_of_the_whole() -> None:
    frame = sound_frame("inquiries", rows_count=200_500)
    frame.loc[[3, 200_400], "inquiry_id"] = "twice"
    frame.loc[[5, 9], "channel"] = frame["channel"].iloc[0]
    parts = [frame.iloc[begin : begin + 40_000].astype({"channel": "category"}) for begin in range(0, 200_500, 40_000)]
    suite = validate.load_suite(suites.FOLDER / "inquiries.json", required={})
    (found,) = validate.validate([validate.check_of_parts(lambda: iter(parts), "inquiries", suite=suite)])
    assert found == verdict(frame, "inquiries")
    assert unmet(found) == {"inquiries.key": 2}


def test_tables_are_checked_on_the_sound_rows_of_the_period_and_accounted_for_whole() -> None:
    frame = sound_frame("inquiries", rows_count=5)
    frame["received_at"] = pd.to_datetime(
        ["2023-12-31 16:59:59Z", "2023-12-31 17:00Z", "2024-06-01 00:00Z", "2024-12-31 16:59:59Z", "2024-12-31 17:00Z"],
        format="ISO8601",
    ).astype(DTYPES["moment"])
    frame[["responded_at", "closed_at"]] = frame[["received_at", "received_at"]].to_numpy()
    frame.loc[2, "quarantine_reason"] = "missing_inquiry_id"
    dataset = CleanTable(frame.astype(sound_frame("inquiries").dtypes), None, {})
    (inquiries, rows) = tables_held(Period(2024), inquiries=dataset)
    assert inquiries.outcomes[0].observed == "2"
    assert (inquiries.subject, rows.subject) == ("inquiries", "rows")
    assert unmet(rows) == {"rows.quarantined_pct.high": 1}


def test_a_row_both_quarantined_and_excluded_does_not_add_up() -> None:
    frame = with_value(sound_frame("outages", rows_count=40), "quarantine_reason", "bad_started_at")
    dataset = CleanTable(with_value(frame, "excluded_by", "test"), None, {})
    (*_, rows) = tables_held(Period(2024, 3), outages=dataset)
    assert "rows.adds_up" in unmet(rows)


def test_a_table_of_which_nothing_was_read_is_left_out() -> None:
    nothing = CleanTable(sound_frame("services").iloc[:0], None, {})
    assert validate.read_tables({"services": nothing}, period=Period(2024), zone=JAKARTA) == ([], {})


def test_log_lines_are_accounted_for_instead_of_the_days_made_of_them() -> None:
    visits = sound_frame("visits").assign(source_tool="access_log").astype({"source_tool": "str"})
    tally = pd.DataFrame(
        {
            "happened_on": pd.Series(pd.Timestamp("2024-03-01"), index=range(3), dtype=DTYPES["day"]),
            "outcome": ["used", "excluded", "quarantined"],
            "rule": ["", "asset", "malformed_line"],
            "rows_count": pd.array([10, 930, 60], dtype="Int64"),
        }
    )
    dataset = CleanTable(visits, tally, {})
    (*_, rows) = tables_held(Period(2024), visits=dataset)
    assert set(unmet(rows)) == {"rows.quarantined_pct.high"}
    assert rows.is_sound


def test_the_refusal_names_every_unmet_critical_rule_in_both_languages_with_counts() -> None:
    frame = with_value(with_value(sound_frame("outages"), "component", None), "ended_at", EARLIER)
    with pytest.raises(DataRejected) as caught:
        validate.refuse_unsound([verdict(frame, "outages")])
    for text in (caught.value.id, caught.value.en):
        assert "outages.component.required" in text
        assert "outages.end_before_start" in text
        assert "outages.key" not in text
    assert "1 dari 3 baris" in caught.value.id
    assert "1 of 3 rows" in caught.value.en


def test_an_unmet_warning_is_not_refused() -> None:
    accounts = suites.accounting(
        {"inquiries": {"read": 100, "used": 90, "excluded": 0, "quarantined": 10, "considered": 100}}
    )
    found = verdict(accounts, "rows")
    assert unmet(found)
    validate.refuse_unsound([found])


def test_no_cell_value_reaches_a_verdict_a_refusal_or_the_page(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = sound_frame("inquiries").assign(status=PERSON, inquiry_id=PERSON, response_basis=PERSON)
    frame = frame.astype(sound_frame("inquiries").dtypes)
    own = one_rule("expect_column_distinct_values_to_be_in_set", column="channel", value_set=["phone"])
    found = [
        verdict(frame, "inquiries"),
        verdict(frame.assign(source_row=PERSON), "inquiries"),
        held_against(frame.assign(channel=PERSON), "inquiries", own),
    ]
    with pytest.raises(DataRejected) as caught:
        validate.refuse_unsound(found)
    assert all(not one.is_sound for one in found)
    page = write_page(
        tmp_path / "p.html", city_name="Kota", period="2024", results=[], verdicts=found, sources=[], breakdowns={}
    )
    said = f"{found} {caught.value.id} {caught.value.en} {page.read_text('utf-8')} {capfd.readouterr()}"
    assert "Siti" not in said
    assert "0812" not in said


def test_a_verdict_survives_being_written_as_json() -> None:
    adapter = TypeAdapter(list[validate.Verdict])
    found = [verdict(sound_frame("visits"), "visits")]
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_a_verdict_can_be_read_without_loading_great_expectations(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    code = "import sys, pipeline.validate; sys.exit('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(root)}, cwd=tmp_path)
    assert done.returncode == 0


def test_checking_writes_no_file_where_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expectations.context.cache_clear()
    expectations.context()
    assert verdict(sound_frame("visits"), "visits").is_sound
    assert list(tmp_path.iterdir()) == []


def test_no_folder_is_made_for_pages_that_nobody_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed would leave it in the system's temporary folder."""
    asked = []
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda *_, **__: asked.append(1) or nullcontext(str(tmp_path)))
    expectations.context.cache_clear()
    assert expectations.context().config.data_docs_sites == {}
    assert asked == []


def test_the_frame_is_left_as_it_was() -> None:
    frame = sound_frame("outages").set_index(pd.Index([7, 7, 9]))
    before = frame.copy()
    verdict(frame, "outages")
    pd.testing.assert_frame_equal(frame, before)
