"""A suite's file that lost, misspelt or weakened anything is refused, with everything that is wrong in one message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigError
from pipeline import suites, validate

Content = dict[str, Any]


@pytest.fixture
def content() -> Content:
    return json.loads((suites.FOLDER / "outages.json").read_text("utf-8"))


def load(content: Content | str, folder: Path) -> suites.Suite:
    path = folder / "outages.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return validate.load_suite(path, required=suites.declared("outages"))


def refusal(content: Content | str, folder: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(content, folder)
    assert "expectations/outages.json" in caught.value.id
    assert "expectations/outages.json" in caught.value.en
    return caught.value


@pytest.mark.parametrize("name", suites.NAMES)
def test_every_committed_suite_loads(name: str) -> None:
    suite = validate.load_suite(suites.FOLDER / f"{name}.json", required=suites.declared(name))
    assert len(suite.expectations) >= len(suites.declared(name)) > 3


def test_an_added_rule_and_a_tightened_severity_are_kept(content: Content, tmp_path: Path) -> None:
    own = {"rule_id": "own.most_rows", "id": "Paling banyak 9.000 baris", "en": "At most 9,000 rows"}
    content["expectations"].append({"type": suites.ROW_COUNT, "kwargs": {"max_value": 9000}, "meta": own})
    assert load(content, tmp_path).expectations[-1].severity == "critical"


def test_a_misspelt_type_is_refused(content: Content, tmp_path: Path) -> None:
    content["expectations"][-1]["type"] = "expect_compound_columns_to_be_uniqe"
    fault = refusal(content, tmp_path)
    assert "'expect_compound_columns_to_be_uniqe' tidak dikenal" in fault.id
    assert "'expect_compound_columns_to_be_uniqe' is not known" in fault.en


def test_a_misspelt_setting_of_a_type_is_refused(content: Content, tmp_path: Path) -> None:
    own = {"rule_id": "own.most_rows", "id": "x", "en": "x"}
    content["expectations"].append({"type": suites.ROW_COUNT, "kwargs": {"max_valu": 9}, "meta": own})
    assert "max_valu" in refusal(content, tmp_path).en


def test_a_lost_rule_is_refused_by_name(content: Content, tmp_path: Path) -> None:
    lost = content["expectations"].pop()["meta"]["rule_id"]
    assert f"rule '{lost}' is lost" in refusal(content, tmp_path).en


@pytest.mark.parametrize("change", [{"severity": "warning"}, {"kwargs": {"min_value": -1}}])
def test_a_weakened_rule_is_refused(content: Content, tmp_path: Path, change: Content) -> None:
    content["expectations"][0] |= change
    assert "rule 'outages.row_count' differs" in refusal(content, tmp_path).en


@pytest.mark.parametrize("text", ["", "{", "[]", '{"table": "outages"}'])
def test_a_file_that_is_no_suite_is_refused(text: str, tmp_path: Path) -> None:
    refusal(text, tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expectations/outages\.json"):
        validate.load_suite(tmp_path / "outages.json", required=suites.declared("outages"))


def test_an_empty_suite_is_refused_even_when_nothing_is_required(tmp_path: Path) -> None:
    path = tmp_path / "outages.json"
    path.write_text('{"table": "outages", "expectations": []}', "utf-8")
    with pytest.raises(ConfigError, match="no rules at all"):
        validate.load_suite(path, required={})


def test_a_suite_must_start_with_the_row_count(content: Content, tmp_path: Path) -> None:
    content["expectations"].reverse()
    assert "the first rule must be" in refusal(content, tmp_path).en


def test_a_repeated_rule_id_is_refused(content: Content, tmp_path: Path) -> None:
    content["expectations"].append(content["expectations"][1])
    assert "'outages.columns' occurs 2 times" in refusal(content, tmp_path).en


@pytest.mark.parametrize("place", ["rule_id", "id", "en"])
def test_a_rule_without_id_or_explanation_is_refused(content: Content, tmp_path: Path, place: str) -> None:
    content["expectations"][1]["meta"][place] = ""
    assert f"expectations.1.meta.{place}" in refusal(content, tmp_path).id


def test_a_misspelt_key_is_refused(content: Content, tmp_path: Path) -> None:
    content["expectations"][1]["severty"] = "warning"
    assert "expectations.1.severty" in refusal(content, tmp_path).en


def test_a_suite_of_another_table_is_refused(content: Content, tmp_path: Path) -> None:
    assert "table must be 'outages'" in refusal(content | {"table": "visits"}, tmp_path).en


def test_all_faults_are_named_at_once(content: Content, tmp_path: Path) -> None:
    content["expectations"].pop()
    content["expectations"][-1]["type"] = "expect_nothing"
    fault = refusal(content | {"table": "visits"}, tmp_path)
    assert fault.en.count("\n- ") == 4


def test_what_great_expectations_drops_in_silence_is_refused(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.core import ExpectationSuite

    def forgetful(name: str, *, expectations: list[Any]) -> ExpectationSuite:
        return ExpectationSuite(name, expectations=expectations[1:])

    monkeypatch.setattr("great_expectations.core.ExpectationSuite", forgetful)
    assert "dropped" in refusal(content, tmp_path).en
