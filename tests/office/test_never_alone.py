"""A number is shown with what it needs: reasons, population, whole breakdowns, names, and one form of numbers."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok
from tests.conftest import shared_home


@pytest.fixture(scope="module", autouse=True)
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a city whose year is stored; one row of its desk is not as it should be."""
    with shared_home(tmp_path_factory) as (folder, patch):
        write_city(folder / "cities")
        with (folder / "cities" / "data" / "pengaduan.csv").open("a", encoding="utf-8") as file:
            file.write("=1+1;Web;31 Feb 2024 08:00;;x\n")
        code, out, err = tolok(patch, "run", "kota-uji", "2024")
        assert code == 0, out + err
        yield folder / "home"


def test_json_holds_population_reasons_labels_and_every_member(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row["indicator"]: row for row in json.loads(tolok(monkeypatch, "show", "kota-uji", "--json")[1])}
    visits, inquiries = rows["portal_visits"], rows["inquiry_response"]
    assert visits["population"] == {
        "count": 10_560_000,
        "source": "penduduk",
        "reference_on": "2024-06-30",
        "region_code": "kemendagri:31",
    }
    assert (visits["value"], len(visits["breakdowns"]["month"])) == (10_000_000 / 105.6, 12)
    assert (visits["clause"], visits["breakdowns_view"]) == ("10.1", "indicator_breakdown_current")
    assert {"id", "en"} == set(visits["name"]) == set(inquiries["labels"]["bad_received_at"])
    assert inquiries["status"] == "provisional"
    assert "coverage" in {reason["code"] for reason in inquiries["reasons"]}
    kept = [reason["en"] for reason in inquiries["reasons"] if reason["keeps_provisional"]]
    assert [words for words in kept if words not in inquiries["reason"]] == []
    unknown = {name for name, value in inquiries["variants"].items() if value is None}
    assert inquiries["variant_reasons"].keys() == unknown != set()


@pytest.mark.parametrize("width", ["80", "160"])
def test_the_table_fits_the_terminal_and_has_the_reasons_below(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    code, out, _ = tolok(monkeypatch, "show", "kota-uji")
    table = [line for line in out.splitlines() if not line.startswith(("Gudang", "Halaman"))]
    assert (code, max(map(len, table)) <= int(width)) == (0, True)
    assert "94.696,97" in out
    assert "- data tidak mencakup seluruh periode" in out
    assert ("karantina" in out.split("2024 10.3")[0]) == (width == "160")


@pytest.mark.parametrize("name", ["10.3", "inquiry_response", "Inquiry_Response"])
def test_an_indicator_is_known_by_its_clause_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = tolok(monkeypatch, "explain", "kota-uji", "2024", name)
    assert code == 0
    assert "Sementara karena / Provisional because:" in out
    assert "bad_received_at (waktu diterima tidak terbaca / received_at unreadable): 1" in out
    code, out, _ = tolok(monkeypatch, "history", "kota-uji", name)
    assert (code, "hari / days" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "in_id", "in_en"),
    [
        (("run", "kota-uji"), "'PERIOD' belum ditulis", "Missing argument 'PERIOD'"),
        (("template", "gangguan"), "'TABLE' harus salah satu dari: visits", "is not one of"),
        (("hitung",), "Perintah itu tidak ada", "No such command"),
        (("run", "kota-uji", "2024", "10.3"), "Terlalu banyak kata", "extra argument"),
        (("run", "kota-uji", "2024", "--semua"), "'--semua' tidak ada", "--semua"),
    ],
)
def test_a_wrong_command_is_told_in_both_languages(
    arguments: tuple[str, ...], in_id: str, in_en: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = tolok(monkeypatch, *arguments)
    assert (code, in_id in err, in_en in err) == (2, True, True)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("explain", "kota-uji", "2024", "inquiry_respons"), "'inquiry_response'"),
        (("show", "kota-ujj"), "'kota-uji'"),
        (("run", "kota-ujj", "2024"), "'kota-uji'"),
        (("show", "kota-uji", "2024-3"), "'2024-03'"),
        (("run", "kota-uji", "03/2024"), "'2024-03'"),
        (("show", "kota-uji", "2023"), "2024"),
    ],
)
def test_the_name_somebody_meant_is_proposed(
    arguments: tuple[str, ...], meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = tolok(monkeypatch, *arguments)
    assert code == 2
    assert err.count(meant) == 2


def test_the_page_is_for_owner_and_group_and_shows_the_reasons(ran: Path) -> None:
    page = ran / "reports" / "kota-uji" / "2024.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    text = page.read_text("utf-8")
    assert 2 * text.count("Sementara karena") == text.count('class="badge provisional">Sementara') > 0
    assert "10.560.000" in text


def test_quarantined_cells_are_no_formulas(ran: Path) -> None:
    (path,) = (ran / "clean" / "kota-uji" / "inquiries").glob("*/quarantine.csv")
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["inquiry_id"] == "'=1+1"
