"""The page: complete, self-contained, written the Indonesian way, and free of anything a value could smuggle in."""

from __future__ import annotations

from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.indicators.definition import definitions
from pipeline.report import page
from pipeline.report.words import label
from pipeline.tables import TABLES
from pipeline.validate import Outcome, Verdict

VOID = {"meta", "br", "link", "img", "input", "hr"}
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Reader(HTMLParser):
    """Collects attributes, tags and text, and insists that every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def result(indicator: str, **changes: Any) -> dict[str, Any]:
    return {
        "city": "kota-contoh",
        "indicator": indicator,
        "period": "2024",
        "version": 2,
        "value": 94696.9696,
        "numerator": 10_000_000.0,
        "denominator": 105.6,
        "unit": definitions()[indicator].unit,
        "status": "final",
        "reason": None,
        "coverage_pct": 100.0,
        "rows": {"read": 1_234, "used": 1_200, "excluded": {"duplicate": 30}, "quarantined": {"missing_visited_on": 4}},
        "variants": {"bots_included": 104_000.3},
        "statistics": {"median": 0.31, "p90": 1.8, "count": 20},
        "method_version": "1.0",
        "sources": [{"file": "visits.csv", "sha256": SHA256}],
    } | changes


def outcome(rule_id: str, **changes: Any) -> Outcome:
    fields: dict[str, Any] = {
        "rule_id": rule_id,
        "severity": "critical",
        "is_met": True,
        "observed": None,
        "checked_rows": 1_200,
        "unexpected_count": 0,
        "text_id": f"aturan {rule_id}",
        "text_en": f"rule {rule_id}",
    }
    return Outcome(**(fields | changes))


RESULTS = tuple(result(name) for name in reversed(definitions()))
VERDICTS = (
    Verdict("visits", "every row", (outcome("visits.row_count"), outcome("visits.key"))),
    Verdict("rows", "every row", (outcome("rows.adds_up"), outcome("rows.high", severity="warning", is_met=False))),
)
SOURCES = ({"source": "web", "file": "visits.csv", "sha256": SHA256, "size_bytes": 20_480},)


def written(folder: Path, **changes: Any) -> str:
    parts: dict[str, Any] = {"results": RESULTS, "verdicts": VERDICTS, "sources": SOURCES, "breakdowns": {}}
    path = page.write_page(folder / "2024.html", city_name="Kota Contoh", period="2024", **(parts | changes))
    return path.read_text("utf-8")


def test_the_page_is_well_formed_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    text = written(tmp_path)
    read = Reader(text)
    assert {"article", "table", "style"} <= read.tags
    assert not read.tags & {"script", "link", "img", "iframe", "object", "form"}
    links = [value for name, value in read.attributes if name in {"href", "src", "srcset", "action", "data"}]
    assert links
    # The page of the city's periods lies beside it.
    assert [link for link in links if not link.startswith("#")] == ["status.html"]
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    for foreign in ("http:", "https:", "//", "url(", "@import", "@font-face"):
        assert foreign not in text.removeprefix("<!DOCTYPE html>")


def test_every_link_leads_to_a_part_of_the_page(tmp_path: Path) -> None:
    attributes = Reader(written(tmp_path)).attributes
    targets = {value for name, value in attributes if name == "id"}
    links = {value for name, value in attributes if name == "href"} - {"status.html"}
    assert {link.removeprefix("#") for link in links} == targets == set(definitions())


def test_a_result_of_an_indicator_this_version_does_not_define_is_left_out(tmp_path: Path) -> None:
    unknown = RESULTS[0] | {"indicator": "zebra_crossings"}
    assert written(tmp_path, results=[unknown, *RESULTS]) == written(tmp_path)


def test_results_stand_in_the_order_of_their_clauses_in_both_languages(tmp_path: Path) -> None:
    text = Reader(written(tmp_path)).text
    for name in ("name_id", "name_en", "rule_id", "rule_en"):
        places = [text.index(getattr(definition, name)) for definition in definitions().values()]
        assert places == sorted(places)


@pytest.mark.parametrize(
    "shown",
    [
        "94.696,97",
        "10.000.000",
        "Pembilang : penyebut Numerator : denominator 10.000.000 : 105,6",
        "Dibaca Read 1.234",
        "Dipakai Used 1.200",
        "duplikat duplicate 30",
        "hari kunjungan kosong missing_visited_on 4",
        "termasuk bot bots_included 104.000,3",
        "persentil ke-90 p90 1,8",
        "Cakupan Coverage 100 %",
        "kunjungan visits 2 dari 2 terpenuhi met setiap baris every row",
        "1 dari 2 terpenuhi",
        "peringatan warning tidak terpenuhi unmet",
        "wajib critical terpenuhi met 0 / 1.200",
        "web 1 berkas files",
        f"visits.csv {SHA256} 20.480",
    ],
)
def test_the_page_shows(shown: str, tmp_path: Path) -> None:
    assert shown in Reader(written(tmp_path)).text


def test_a_result_that_cannot_be_computed_shows_its_reason_and_no_zero(tmp_path: Path) -> None:
    nothing = result("it_downtime", value=None, numerator=None, denominator=None, coverage_pct=None)
    nothing |= {"status": "not_computable", "reason": "tidak ada data / no data", "variants": {}, "statistics": {}}
    nothing["rows"] = {"read": 0, "used": 0, "excluded": {}, "quarantined": {}}
    nothing["reasons"] = [{"code": "coverage", "id": "0 %", "en": "0 %", "keeps_provisional": True}]
    text = Reader(written(tmp_path, results=[nothing])).text
    assert "Tanpa nilai karena No value because" in text
    assert "Tidak dapat dihitung Not computable" in text
    assert "tidak ada data / no data" in text
    assert "Nilai Value –" in text
    assert "Pembilang : penyebut Numerator : denominator – Nilai" in text
    assert "Cakupan tidak diketahui Coverage unknown" in text


def test_a_period_without_anything_says_so(tmp_path: Path) -> None:
    text = Reader(written(tmp_path, results=[], verdicts=[], sources=[])).text
    assert "Belum ada hasil" in text
    assert "Belum ada validasi" in text
    assert "Tidak ada berkas sumber" in text


def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    text = written(tmp_path, sources=[{"source": evil, "file": evil, "sha256": evil, "size_bytes": 1}])
    assert "<script" not in text
    assert evil in Reader(text).text


def test_verdicts_may_come_as_plain_mappings(tmp_path: Path) -> None:
    assert written(tmp_path, verdicts=[asdict(verdict) for verdict in VERDICTS]) == written(tmp_path)


def test_the_same_input_gives_the_same_bytes_and_no_draft_is_left(tmp_path: Path) -> None:
    assert written(tmp_path) == written(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["2024.html"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (94_696.96969, "94.696,97"),
        (0.5, "0,5"),
        (100.0, "100"),
        (0, "0"),
        (1_000_000, "1.000.000"),
        (0.000123456, "0,0001235"),
        (-1_234.5, "-1.234,5"),
        (None, "–"),
    ],
)
def test_numbers_are_written_the_indonesian_way(value: float | None, shown: str) -> None:
    assert page.number(value) == shown


def test_an_id_without_a_word_keeps_its_name() -> None:
    assert label("some_new_rule") == "some new rule"
    assert label("unknown_status") == "status di luar daftar"
    assert label("bad_some_column") == "some_column tidak terbaca"


def test_what_rows_are_said_to_lack_and_whom_services_are_for_has_words() -> None:
    columns = [column for table in TABLES.values() for column in table.columns]
    assert label("missing_received_at") == "waktu diterima kosong"
    needed = [column.name for column in columns if column.is_required or column.kind == "moment"]
    assert [name for name in needed if label(f"missing_{name}") == f"{name} kosong"] == []
    [audience] = [column for column in columns if column.name == "audience"]
    assert [name for name in audience.allowed or () if label(name) == name] == []


def part(dimension: str, member: str, numerator: float) -> dict[str, Any]:
    return {
        "dimension": dimension,
        "member": member,
        "numerator": numerator,
        "denominator": 2.0,
        "value": numerator / 2,
    }


def test_a_breakdown_shows_its_largest_members_first_and_says_how_many_it_leaves_out(tmp_path: Path) -> None:
    parts = [part("agency", f"Dinas {number:02}", float(number)) for number in range(20)]
    text = written(tmp_path, breakdowns={"inquiry_response": parts})
    assert text.index("Dinas 19") < text.index("Dinas 05")
    assert "Dinas 04" not in text
    assert "+ 5" in text


def test_what_stands_on_the_page_can_be_divided_again_by_hand(tmp_path: Path) -> None:
    visits = result("portal_visits", numerator=176_017.0, denominator=2.143, value=176_017 / 2.143)
    response = result("inquiry_response", numerator=5_264.97, denominator=154.0, value=5_264.97 / 154 / 24)
    member = part("agency", "Dinas A", 48.0) | {"value": 1.0}
    text = Reader(written(tmp_path, results=[visits, response], breakdowns={"inquiry_response": [member]})).text
    assert "176.017 : 2,143 " in text
    assert "5.264,97 : 154 : 24 " in text
    assert "Dinas A 48 : 2 : 24 1" in text


def test_the_page_says_what_each_tool_calls_a_visit(tmp_path: Path) -> None:
    counted_as = "awstats: one address, 60 idle minutes"
    assert counted_as in written(tmp_path, breakdowns={"portal_visits": [part("visit_definition", counted_as, 7.0)]})
