"""The pack is whole: every file is listed, and each declared rule is in words and in a case that tells it apart."""

from __future__ import annotations

import hashlib
import re
from fnmatch import fnmatch

import pytest

from pipeline.indicators.registry import INDICATORS
from tests.conformance.agreement import agree
from tests.conformance.pack import PACK, cases, manifest, read_json, read_rows, rules_of

LISTED = [one["indicator"] for one in manifest()["indicators"]]


def test_the_manifest_lists_every_case_and_every_indicator() -> None:
    folders = {str(path.parent.relative_to(PACK)) for path in PACK.glob("cases/*/*/case.json")}
    assert folders
    assert {one["folder"] for one in manifest()["cases"]} == folders
    assert set(LISTED) == set(INDICATORS)
    assert manifest()["version"] == (PACK / "VERSION").read_text().strip()


def test_every_file_has_its_checksum() -> None:
    lines = (PACK / "SHA256SUMS").read_text().splitlines()
    told = {name.removeprefix("./"): digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {path for path in PACK.rglob("*") if path.is_file() and path.name != "SHA256SUMS"}
    assert told == {str(path.relative_to(PACK)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("indicator", LISTED)
def test_the_words_cover_exactly_the_declared_rules(indicator: str) -> None:
    assert set(rules_of(indicator)) == {"headline", *INDICATORS[indicator].DEFINITION.variants}


@pytest.mark.parametrize("indicator", LISTED)
def test_every_reason_is_in_words(indicator: str) -> None:
    named = set(read_json(PACK / "rules" / f"{indicator}.json")["reasons"])
    query = (PACK / "sql" / f"{indicator}.sql").read_text("utf-8")
    given = query.partition("CREATE TABLE reasons AS")[2].partition(";")[0]
    assert set(re.findall(r"SELECT '(\w+)'", given)) == named
    assert {reason for case in cases() if case.indicator == indicator for reason in case.answer["because"]} <= named


@pytest.mark.parametrize("indicator", LISTED)
def test_some_case_tells_each_rule_from_the_headline(indicator: str) -> None:
    told_apart = {
        rule
        for case in cases()
        if case.indicator == indicator
        for rule, told in case.answer["rules"].items()
        if told["value"] is not None and not agree(told["value"], case.answer["rules"]["headline"]["value"])
    }
    expected = set(rules_of(indicator)) - {"headline"}
    assert {rule for rule in expected if not any(fnmatch(name, rule) for name in told_apart)} == set()


def test_inputs_are_listed_and_their_counts_add_up() -> None:
    for case in cases():
        files = {path.name for path in case.folder.iterdir()}
        assert files == {"case.json", "answer.json", *case.told["inputs"]}, case.name
        rows = case.answer["rows"]
        assert rows["read"] == rows["used"] + sum(rows["excluded"].values()) + sum(rows["quarantined"].values()), (
            case.name
        )


def test_the_working_leads_to_the_value() -> None:
    for case in cases():
        for rule, told in case.answer["rules"].items():
            numerator, denominator, value = told["numerator"], told["denominator"], told["value"]
            if denominator is None and value is not None:
                assert numerator == value, (case.name, rule)
            elif denominator:
                assert agree(numerator / denominator * _scale(told["scale"]), value), (case.name, rule)
            else:
                assert (value, bool(told.get("reason"))) == (None, True), (case.name, rule)


def test_the_calendar_has_a_row_for_each_day() -> None:
    _, rows = read_rows(PACK / "calendar" / "days.csv")
    numbers = [int(number) for _, number, _ in rows]
    assert numbers == list(range(numbers[0], numbers[0] + len(rows)))
    assert ["2024-02-29", "19782", "4"] in rows


def _scale(scale: float | str) -> float:
    numerator, _, denominator = str(scale).partition("/")
    return float(numerator) / float(denominator or 1)
