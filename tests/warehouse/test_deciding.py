"""Why a result becomes a version of its own: what is told of files, rows, persons who were erased, and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from connectors.remarks import Found, Remark
from pipeline.indicators.base import Population, Result, RowCounts
from pipeline.warehouse import Correction, StoreRequest
from pipeline.warehouse.comparing import Difference
from pipeline.warehouse.deciding import decide
from pipeline.warehouse.records import InputChanges, RowChanges
from pipeline.warehouse.seals import Version, seal_of
from pipeline.warehouse.version_rows import version_rows
from tests.warehouse.test_warehouse import request, result


def stored(one: Result, asked: StoreRequest, number: int = 1) -> Version:
    rows = version_rows(one, version=number, change_reason="kata / words", request=asked)
    return Version(number, rows, seal_of(rows, ""), "")


def counted(read: int, excluded: Mapping[str, int], inputs: str = "b", **others: Any) -> Result:
    return result(inputs, read=read, excluded=excluded, **others)


FIRST, ASKED = counted(9, {"outside_period": 2, "erased": 1}, inputs="a"), request("r1")
OTHER_FILES = request("r2", sha256="e" * 64).sources


@pytest.mark.parametrize(
    ("computed", "changes", "reason"),
    [
        (counted(10, {"outside_period": 2, "erased": 1}), {}, ("1 baris susulan", "1 late row")),
        (counted(11, {"outside_period": 2, "erased": 1}), {}, ("2 baris susulan", "2 late rows")),
        (counted(8, {"outside_period": 2, "erased": 1}), {}, ("1 baris ditarik", "1 row withdrawn")),
        (counted(7, {"outside_period": 2, "erased": 1}), {}, ("2 baris ditarik", "2 rows withdrawn")),
        (
            counted(12, {"outside_period": 5, "erased": 1}),
            {"sources": OTHER_FILES},
            ("berkas dikoreksi", "corrected file"),
        ),
        (counted(9, {"outside_period": 2, "erased": 1}), {}, ("pengaturan berubah", "settings changed")),
        (counted(9, {"outside_period": 2, "erased": 1}), {"because": "dinilai / judged"}, ("dinilai", "judged")),
        (
            counted(9, {"outside_period": 2, "erased": 1}, method_version="1.1"),
            {"because": "dinilai / judged"},
            ("perubahan metode 1.0 -> 1.1", "method change 1.0 -> 1.1"),
        ),
        (
            counted(9, {"outside_period": 2, "erased": 2}),
            {"sources": OTHER_FILES},
            ("1 baris dihapus oleh keputusan 4, 7", "1 row erased by decision 4, 7"),
        ),
        (
            counted(9, {"outside_period": 2, "erased": 3}, inputs="a"),
            {"sources": OTHER_FILES},
            ("2 baris dihapus oleh keputusan 4, 7", "2 rows erased by decision 4, 7"),
        ),
        (
            counted(9, {"outside_period": 2, "erased": 2}),
            {"because": "dinilai / judged"},
            ("1 baris dihapus oleh keputusan 4, 7", "1 row erased by decision 4, 7"),
        ),
        (
            counted(11, {"outside_period": 2, "erased": 2}),
            {},
            ("2 baris susulan; 1 baris dihapus oleh keputusan 4, 7", "2 late rows; 1 row erased by decision 4, 7"),
        ),
        (
            counted(9, {"outside_period": 2, "erased": 1}),
            {"correction": Correction("Budi", "susulan")},
            (
                "koreksi oleh Budi: susulan (pengaturan berubah)",
                "correction by Budi: susulan (settings changed)",
            ),
        ),
    ],
)
def test_a_version_says_in_both_languages_why_it_came(
    computed: Result, changes: dict[str, Any], reason: tuple[str, str]
) -> None:
    asked = replace(ASKED, **({"decisions": {"it_downtime": (4, 7)}} | changes))
    found = decide(computed, [stored(FIRST, ASKED)], asked)
    assert (found.stored.outcome, found.stored.version, found.stored.change) == ("changed", 2, "")
    assert found.stored.change_reason == " / ".join(reason)
    assert (found.newest is not None, found.is_same) == (True, False)


def test_a_new_source_is_named_with_the_rows_that_it_brings() -> None:
    (file,) = ASKED.sources["it_downtime"]
    both = {"it_downtime": (file, replace(file, source="zabbix", sha256="e" * 64))}
    found = decide(
        counted(12, {"outside_period": 2, "erased": 1}), [stored(FIRST, ASKED)], replace(ASKED, sources=both)
    )
    assert found.stored.change_reason == "sumber baru zabbix: +3 baris / new source zabbix: +3 rows"
    assert not found.has_same_files


def test_what_stands_keeps_its_version_and_its_reason() -> None:
    found = decide(FIRST, [stored(FIRST, ASKED)], ASKED)
    assert (found.stored.outcome, found.stored.version, found.stored.change_reason) == ("unchanged", 1, "kata / words")
    assert (found.is_same, found.has_same_files, found.differences, found.erased_count) == (True, True, (), 0)


def test_a_version_that_an_older_tolok_wrote_without_what_its_signs_found_stands() -> None:
    remark = Remark("rows_lost_pct", "a", "b", keeps_provisional=False)
    now = replace(remark, found=Found("loket", 1.0, ("2025-06",), "ditarik"))
    then = stored(replace(FIRST, remarks=(remark,)), ASKED)
    found = decide(replace(FIRST, remarks=(now,)), [then], ASKED)
    columns = ["found_in", "found_value", "found_dates", "explanation"]
    assert (found.is_same, [one.column for one in found.differences]) == (True, columns)
    assert {one.stored for one in found.differences} == {None}


def test_a_value_that_nobody_computed_is_named_and_written_again() -> None:
    rows = version_rows(FIRST, version=1, change_reason="", request=ASKED)
    found = decide(FIRST, [Version(1, {**rows, "result_variant": ()}, seal_of(rows, ""), "")], ASKED)
    assert (found.stored.version, found.stored.change) == (2, "result_variant")
    assert found.stored.change_reason.endswith("/ the stored values differed from those computed from the same files")
    sealed_otherwise = decide(FIRST, [Version(1, rows, "x", "")], ASKED)
    ((place, was, own),) = ((one.place, one.stored, one.recomputed) for one in sealed_otherwise.differences)
    assert (place, was, own) == ("result_seal.rows_sha256", "x", seal_of(rows, ""))


def test_the_first_version_has_the_number_after_all_that_were_ever_known() -> None:
    first = decide(FIRST, [], ASKED)
    assert (first.stored.outcome, first.stored.version, first.newest) == ("new", 1, None)
    assert first.stored.change_reason == "perhitungan pertama / first computation"
    assert [(one.place, one.stored) for one in first.differences] == [("result", None)]
    lost = decide(FIRST, [], replace(ASKED, known_versions={"it_downtime": 3}))
    assert (lost.stored.version, "up to v3 were stored" in lost.stored.change_reason) == (4, True)
    key = {"city_id": "kota-uji", "indicator_id": "it_downtime", "period": "2025"}
    gone = [Difference("result", key | {"version": n}, None, None, {"version": n}) for n in (1, 2, 3)]
    assert list(lost.differences[1:]) == gone
    after = decide(FIRST, [stored(FIRST, ASKED)], replace(ASKED, known_versions={"it_downtime": 3}))
    assert (after.stored.version, [one.key["version"] for one in after.differences]) == (4, [2, 3])


@pytest.mark.parametrize(
    ("computed", "count"),
    [
        (replace(FIRST, rows=RowCounts(9, 4, {"outside_period": 2, "erased": 3}), inputs_sha256="b"), 2),
        (replace(FIRST, rows=RowCounts(9, 7, {"outside_period": 2, "erased": 0}), inputs_sha256="b"), 0),
        (replace(FIRST, rows=RowCounts(10, 5, {"outside_period": 2, "erased": 3}), inputs_sha256="b"), 0),
        (counted(9, {"outside_period": 2, "erased": 3}, method_version="1.1"), 0),
    ],
)
def test_rows_erased_since_are_counted_of_the_same_files_and_method_alone(computed: Result, count: int) -> None:
    assert decide(computed, [stored(FIRST, ASKED)], ASKED).erased_count == count
    assert decide(computed, [stored(FIRST, ASKED)], replace(ASKED, sources=OTHER_FILES)).erased_count == 0
    altered = replace(stored(FIRST, ASKED), seal="x")
    assert decide(computed, [altered], ASKED).erased_count == 0


@pytest.mark.parametrize(
    ("sources", "read", "reason"),
    [
        ([("lapor", "f"), ("upik", "e")], 12, "sumber baru upik: +3 baris / new source upik: +3 rows"),
        (
            [("upik", "e")],
            5,
            "sumber baru upik, sumber gangguan tidak dibaca lagi: -4 baris / "
            "new source upik, source gangguan no longer read: -4 rows",
        ),
        ([], 2, "sumber gangguan tidak dibaca lagi: -7 baris / source gangguan no longer read: -7 rows"),
        (
            [("upik", "e"), ("gangguan", "f"), ("call", "d")],
            12,
            "sumber baru call, upik: +3 baris / new source call, upik: +3 rows",
        ),
        ([("lapor", "f")], 10, "1 baris susulan / 1 late row"),
    ],
)
def test_a_source_that_goes_is_named_and_one_under_another_name_is_not_new(
    sources: list[tuple[str, str]], read: int, reason: str
) -> None:
    (file,) = ASKED.sources["it_downtime"]
    now = {"it_downtime": tuple(replace(file, source=name, sha256=letter * 64) for name, letter in sources)}
    computed = counted(read, {"outside_period": 2, "erased": 1} if read > 2 else {"outside_period": 2})
    found = decide(computed, [stored(FIRST, ASKED)], replace(ASKED, sources=now))
    assert found.stored.change_reason == reason


MORE = counted(10, {"outside_period": 2, "erased": 1})


@pytest.mark.parametrize(
    ("rows", "settings", "reason"),
    [
        (
            RowChanges(1, 2, 3),
            (),
            "1 baris susulan; 2 baris ditarik; 3 baris berubah / 1 late row; 2 rows withdrawn; 3 rows changed",
        ),
        (
            RowChanges(2, 1, 1),
            (),
            "2 baris susulan; 1 baris ditarik; 1 baris berubah / 2 late rows; 1 row withdrawn; 1 row changed",
        ),
        (RowChanges(0, 0, 0), ("a",), "pengaturan berubah: a / settings changed: a"),
        (None, ("a",), "1 baris susulan; pengaturan berubah: a / 1 late row; settings changed: a"),
        (
            RowChanges(0, 0, 0),
            tuple("abcde"),
            "pengaturan berubah: a, b, c, d, e / settings changed: a, b, c, d, e",
        ),
        (
            RowChanges(0, 0, 0),
            tuple("abcdefg"),
            "pengaturan berubah: a, b, c, d, e dan 2 lagi / settings changed: a, b, c, d, e and 2 more",
        ),
        (RowChanges(0, 0, 0), (), "dinilai / judged"),
    ],
)
def test_rows_and_settings_that_changed_are_told_in_that_order_and_else_what_was_asked_for(
    rows: RowChanges | None, settings: tuple[str, ...], reason: str
) -> None:
    asked = replace(ASKED, what_changed=lambda *_: InputChanges(rows, settings), because="dinilai / judged")
    assert decide(MORE, [stored(FIRST, ASKED)], asked).stored.change_reason == reason


def test_what_changed_is_asked_by_the_version_that_stands_and_the_remarks_of_then_and_now() -> None:
    asked: list[tuple[str, int, list[str]]] = []

    def what_changed(indicator_id: str, version: int, codes: tuple[str, ...]) -> None:
        asked.append((indicator_id, version, sorted(codes)))

    then, now = (replace(one, remarks=(Remark(code, "x", "x"),)) for one, code in ((FIRST, "old"), (MORE, "new")))
    found = decide(now, [stored(then, ASKED, number=4)], replace(ASKED, what_changed=what_changed))
    assert asked == [("it_downtime", 4, ["new", "old"])]
    assert found.stored.change_reason == "1 baris susulan / 1 late row"


FIGURE = Population("kemendagri:31", 400_000, date(2025, 12, 31), "dukcapil")


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        (
            FIGURE,
            replace(FIGURE, population_count=420_000),
            "1 late row; population 400,000 -> 420,000; settings changed: zone",
        ),
        (
            FIGURE,
            replace(FIGURE, source="BPS"),
            "1 late row; the population figure is now of BPS 2025-12-31; settings changed: zone",
        ),
        (
            FIGURE,
            replace(FIGURE, reference_on=date(2025, 6, 30)),
            "1 late row; the population figure is now of dukcapil 2025-06-30; settings changed: zone",
        ),
        (FIGURE, FIGURE, "1 late row; settings changed: population.figures.2025, zone"),
        (None, FIGURE, "1 late row; settings changed: population.figures.2025, zone"),
        (FIGURE, None, "1 late row; settings changed: population.figures.2025, zone"),
    ],
)
def test_another_figure_of_population_is_told_in_place_of_its_setting(
    then: Population | None, now: Population | None, reason: str
) -> None:
    told = InputChanges(RowChanges(1, 0, 0), ("population.figures.2025", "zone"))
    before = stored(replace(FIRST, population=then), ASKED)
    found = decide(replace(MORE, population=now), [before], replace(ASKED, what_changed=lambda *_: told))
    said_id, said_en = found.stored.change_reason.split(" / ")
    assert said_en == reason
    assert said_id.count(";") == said_en.count(";")


def test_another_figure_of_population_is_told_in_bahasa_indonesia_too() -> None:
    before = stored(replace(FIRST, population=FIGURE), ASKED)
    for now, said in (
        (replace(FIGURE, population_count=420_000), "penduduk 400.000 -> 420.000"),
        (replace(FIGURE, source="BPS"), "angka penduduk kini dari BPS 2025-12-31"),
    ):
        computed = replace(counted(9, {"outside_period": 2, "erased": 1}), population=now)
        assert decide(computed, [before], ASKED).stored.change_reason.split(" / ")[0] == said


def test_rows_of_a_source_that_comes_are_told_with_it_alone() -> None:
    (file,) = ASKED.sources["it_downtime"]
    both = {"it_downtime": (file, replace(file, source="zabbix", sha256="e" * 64))}
    told = InputChanges(RowChanges(1, 2, 3), ("sources.zabbix",))
    found = decide(MORE, [stored(FIRST, ASKED)], replace(ASKED, sources=both, what_changed=lambda *_: told))
    assert found.stored.change_reason == (
        "sumber baru zabbix: +1 baris; pengaturan berubah: sources.zabbix / "
        "new source zabbix: +1 row; settings changed: sources.zabbix"
    )
