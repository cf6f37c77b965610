"""What a seal tells: any altered value of a version, and any version before it that is altered, replaced or gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.indicators.base import Breakdown, Quotient
from pipeline.warehouse.model import RESULT
from pipeline.warehouse.seals import Version, alterations, altered_reason, former_of, seal_of, seal_row
from pipeline.warehouse.version_rows import Rows, version_rows
from tests.warehouse.test_warehouse import request, result

HOURS = Quotient(6.0, 3.0, "hours per incident", 2.0)
PARTS = tuple(Breakdown("component", name, HOURS) for name in ("Jaringan", "Server"))


def rows_of(number: int) -> Rows:
    one = result(str(number), read=number, breakdowns=PARTS)
    return version_rows(one, version=number, change_reason="kata / words", request=request(f"r{number}"))


def sealed(rows: Rows, before: list[Version]) -> Version:
    number = len(before) + 1
    seal = seal_row(("kota-uji", "it_downtime", "2025", number), rows, before)
    assert (seal["indicator_id"], seal["version"]) == ("it_downtime", number)
    return Version(number, rows, seal["rows_sha256"], seal["former_sha256"])


def chain(count: int) -> list[Version]:
    versions: list[Version] = []
    for number in range(1, count + 1):
        versions.append(sealed(rows_of(number), versions))
    return versions


def altered(version: Version) -> Version:
    return replace(version, rows=version.rows | {RESULT.name: rows_of(9)[RESULT.name]})  # type: ignore[operator]


def test_a_seal_is_of_every_value_in_any_order_of_rows_and_of_what_came_before() -> None:
    rows = rows_of(1)
    seal = seal_of(rows, "")
    backwards = {name: list(reversed(of_table)) for name, of_table in rows.items()}
    assert seal_of(backwards, "") == seal
    assert seal_of(rows, "x") != seal
    for name, of_table in rows.items():
        for place, value in enumerate(of_table[0] if of_table else ()):
            other = (*of_table[0][:place], "x" if value is None else None, *of_table[0][place + 1 :])
            assert seal_of({**rows, name: [other, *of_table[1:]]}, "") != seal, (name, place)
        assert not of_table or seal_of({**rows, name: of_table[1:]}, "") != seal


def test_what_was_sealed_once_stays_sealed_for_the_same_rows() -> None:
    first, second = chain(2)
    assert first.seal == "a46ecfec5922c160694c1bc34136320bb4bc7b2ba7655db2d07bad92fc2e7533"
    assert (second.seal, second.former) == (
        "164698e3f1519efd7d4d480296c82f42b95c4491712e3eebd3dc50a716dcbc90",
        "5a9af1cb83b9a94eb4b391063a263536413f60a805bc38ae83d776401da80b7c",
    )


def test_versions_as_they_were_written_are_intact() -> None:
    versions = chain(3)
    assert all(one.is_intact for one in versions)
    assert list(alterations(versions)) == list(alterations(versions[:1])) == []
    assert [one.former for one in versions] == ["", former_of(versions[:1]), former_of(versions[:2])]
    assert not replace(versions[0], seal=None).is_intact
    assert (versions[1].sources, versions[1].result and versions[1].result["rows_read"]) == ({"gangguan"}, 2)
    assert Version(1, {}).result is None


@pytest.mark.parametrize(("place", "number"), [(0, 1), (1, 2)])
def test_an_older_version_that_is_altered_or_gone_is_told_until_a_newer_one_says_so(place: int, number: int) -> None:
    versions = chain(3)
    for kept, is_gone in (([altered(versions[place])], False), ([], True), ([Version(number, {}, "x", "")], True)):
        found = [*versions[:place], *kept, *versions[place + 1 :]]
        assert [(a.version, a.is_gone, a.is_known) for a in alterations(found)] == [(number, is_gone, False)]
        rows = rows_of(4)
        newest = Version(4, rows, seal_of(rows, former_of(found)), former_of(found))
        assert [(a.version, a.is_gone, a.is_known) for a in alterations([*found, newest])] == [(number, is_gone, True)]


def test_an_older_version_altered_with_its_seal_is_told_by_the_one_after() -> None:
    first, second, third = chain(3)
    rows = altered(first).rows
    forged = replace(first, rows=rows, seal=seal_of(rows, ""))
    assert forged.is_intact
    told = [(1, False, False), (2, False, False)]
    assert [(a.version, a.is_gone, a.is_known) for a in alterations([forged, second, third])] == told
    assert list(alterations([forged, second, altered(third)])) == []


def test_a_reason_says_what_became_of_a_version_and_what_mends_it() -> None:
    told = {(gone, new): altered_reason(is_gone=gone, is_newest=new) for gone in (True, False) for new in (True, False)}
    for (is_gone, is_newest), reason in told.items():
        in_id, in_en = reason.split(" / ")
        assert ("hilang dari gudang data" in in_id, "is gone from the warehouse" in in_en) == (is_gone, is_gone)
        assert ("tolok run" in in_id, "tolok run" in in_en) == (is_newest, is_newest)
        assert ("cadangan" in in_id, "a backup" in in_en) == (not is_newest, not is_newest)
