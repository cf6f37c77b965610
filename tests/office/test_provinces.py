"""A province is the sum of its cities' parts: never an average, and never final while a city lacks its figure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.province import rolled_up
from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city
from tests.conftest import kept, restored, shared_home
from tests.report.views import result

MONTH = "2025-02"
PROVINCE = "province: jawa-uji\nname: Jawa Uji\nparts: [kota-a, kota-b]\n"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of two cities, the second with far more inquiries of another length; only the first is computed."""
    with shared_home(tmp_path_factory) as (folder, patch):
        cities = folder / "cities"
        for city, zone in (("kota-a", "Asia/Jakarta"), ("kota-b", "Asia/Jayapura")):
            write_city(cities, city, zone=zone, first_month="2025-01")
        with (cities / "data" / "kota-b" / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
            for n in range(40):
                received, answered = (
                    f"{n % 20 + 1:02d} {8 + n % 9:02d}:{n:02d}",
                    f"{n % 20 + 4:02d} {8 + n % 7:02d}:{n + 9:02d}",
                )
                file.write(f"B{n},Aplikasi,2025-02-{received},2025-02-{answered}\n")
        (cities / "provinces").mkdir()
        (cities / "provinces" / "jawa-uji.yaml").write_text(PROVINCE, "utf-8")
        assert tolok(patch, "run", "kota-a", MONTH)[0] == 0
        return kept(folder)


@pytest.fixture
def cities(computed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of those cities, as that was computed."""
    return restored(computed, monkeypatch) / "cities"


def shown(patch: pytest.MonkeyPatch, name: str, *words: str) -> dict[str, dict[str, Any]]:
    code, out, err = tolok(patch, "show", name, MONTH, "--json", *words)
    assert code == 0, err
    return {row["indicator"]: row for row in json.loads(out)}


@pytest.mark.usefixtures("cities")
def test_parts_are_added_up_and_a_city_that_lacks_keeps_it_provisional(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = shown(monkeypatch, "jawa-uji")["inquiry_response"]
    assert alone["value"] == shown(monkeypatch, "kota-a")["inquiry_response"]["value"]
    assert (alone["status"], alone["coverage_pct"]) == ("provisional", 50)
    assert [reason["code"] for reason in alone["reasons"]] == ["part_missing"]
    assert "kota-b" in alone["reason"]
    assert tolok(monkeypatch, "run", "kota-b", MONTH)[0] == 0
    both = shown(monkeypatch, "jawa-uji")
    parts = [shown(monkeypatch, city) for city in ("kota-a", "kota-b")]
    for name, scale in (("inquiry_response", 1 / 24), ("portal_visits", 1)):
        sums = [sum(part[name][which] for part in parts) for which in ("numerator", "denominator")]
        assert [both[name][which] for which in ("numerator", "denominator")] == pytest.approx(sums)
        assert both[name]["value"] == pytest.approx(sums[0] / sums[1] * scale)
        assert (both[name]["reasons"], both[name]["status"], both[name]["coverage_pct"]) == ([], "final", 100)
    values = [part["inquiry_response"]["value"] for part in parts]
    assert abs(both["inquiry_response"]["value"] - sum(values) / 2) > 0.5
    assert both["online_services"]["status"] == "not_computable"
    code, out, _ = tolok(monkeypatch, "explain", "jawa-uji", MONTH, "10.3")
    assert (code, "kota-b: " in out) == (0, True)


def test_a_provisional_city_keeps_the_province_provisional(cities: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (cities / "data" / "kota-b" / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
        file.write("B99,Web,2025-02-03 08:00,\n")
    assert tolok(monkeypatch, "run", "kota-b", MONTH)[0] == 0
    result = shown(monkeypatch, "jawa-uji")["inquiry_response"]
    assert (result["status"], [reason["code"] for reason in result["reasons"]]) == (
        "provisional",
        ["part_provisional"],
    )


def test_the_page_of_a_province_names_its_cities_and_its_history_the_version_that_changed_it(
    cities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inquiries = cities / "data" / "kota-b" / "pengaduan-2025.csv"
    assert tolok(monkeypatch, "run", "kota-b", MONTH)[0] == 0
    inquiries.write_text(inquiries.read_text("utf-8") + "B99,Web,2025-02-03 08:00,2025-02-09 08:00\n", "utf-8")
    assert tolok(monkeypatch, "run", "kota-b", MONTH)[0] == 0
    code, out, err = tolok(monkeypatch, "report", "jawa-uji", MONTH)
    assert code == 0, err
    page = Path(out.strip()).read_text("utf-8")
    assert ("Jawa Uji, 2025-02" in page, 'href="../kota-b/2025-02.html"' in page, "None" in page) == (True, True, False)
    code, out, err = tolok(monkeypatch, "history", "jawa-uji", MONTH, "10.3", "--json")
    assert code == 0, err
    told = [(row["version"], row["status"], row["change_reason"].split(":")[0]) for row in json.loads(out)]
    assert told == [(1, "provisional", "kota-a v1"), (2, "final", "kota-b v1"), (3, "final", "kota-b v2")]
    now = shown(monkeypatch, "jawa-uji")["inquiry_response"]["value"]
    assert [row["value"] == now for row in json.loads(out)] == [False, False, True]
    assert "  v3  " in tolok(monkeypatch, "history", "jawa-uji", MONTH)[1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kota-b]", "kota-a]", "a city twice: kota-a"),
        ("kota-b]", "kota-c]", "'kota-c'"),
        ("jawa-uji\n", "jawa-lain\n", "'jawa-lain'"),
        ("parts", "part", "part"),
    ],
)
def test_a_province_with_faulty_settings_is_refused(
    old: str, new: str, told: str, cities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cities / "provinces" / "jawa-uji.yaml").write_text(PROVINCE.replace(old, new, 1), "utf-8")
    code, _, err = tolok(monkeypatch, "show", "jawa-uji", MONTH)
    assert (code, told in err) == (2, True), err


@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("status", "jawa-uji"),
            "is a province, and this command is for one city. Write one of its cities: kota-a, kota-b",
        ),
        (("run", "jawa-uji", MONTH), "Write one of its cities: kota-a, kota-b"),
        (("init", "jawa-uji"), "is a province's name"),
        (("show", "jawa-uji", "2024"), "There are: 2025-02. Run: tolok run kota-a 2024 ; tolok run kota-b 2024"),
    ],
)
def test_what_is_for_a_city_alone_says_so_of_a_province(
    words: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = tolok(monkeypatch, *words)
    assert (code, told in err) == (2, True), err


def test_a_city_without_a_figure_covers_nothing() -> None:
    whole, none = result("portal_visits", "2025", 9.0), result("portal_visits", "2025", None, status="not_computable")
    (one,) = rolled_up("jawa-uji", {"a": [replace(whole, city_id="a")], "b": [replace(none, city_id="b")], "c": []})
    assert (one.value, one.status, one.coverage_pct) == (9.0, "provisional", pytest.approx(100 / 3))
