"""The dashboard: five answers for each value, one chosen period, nothing that a name can smuggle in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from click.testing import CliRunner
from jinja2.ext import babel_extract

from pipeline import steps
from pipeline.cli import commands
from pipeline.dashboards import Dashboards
from pipeline.indicators.definition import definitions
from pipeline.language import LANGUAGES, Language
from pipeline.language.language import CATALOGUES
from pipeline.report import dashboard
from pipeline.report.answers import QUESTIONS
from pipeline.report.charts import Point, trend
from pipeline.report.dashboard import Dashboard, choices
from pipeline.report.dashboard_overview import Overview
from pipeline.settings import Settings
from pipeline.warehouse import CityRecord, CityView, Part, TargetRecord
from pipeline.warehouse.readiness import AnswerRecord, ReadinessRecords
from tests.report.ten_years import HOSTILE, fill
from tests.report.views import CITY, city_view, result

MOST_BYTES = 300_000
ROOM = Path(dashboard.__file__).parent


class Reader(HTMLParser):
    """Text, tags and attributes of a page, whose style and script it leaves out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"] and self.tags[-1:] != ["script"]:
            self.words.append(data)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with two cities, one with ten years and one with the last two, and a province of both."""
    folder = tmp_path_factory.mktemp("machine")
    url = f"sqlite:///{folder / 'warehouse.sqlite'}"
    fill(url, ["kota-uji"])
    fill(url, ["kota-dua"], years=(2024, 2025), months=False)
    for year, proven in ((2024, 3), (2025, 5)):
        check_readiness(url, "kota-dua", year, proven=proven)
    (folder / "cities" / "provinces").mkdir(parents=True)
    return folder


def check_readiness(url: str, city_id: str, year: int, *, proven: int) -> None:
    """Of each indicator the first themes are proven, the next is not, and the others are answered no."""
    states = [*["proven"] * proven, "unproven", *["no"] * 8][:9]
    answers = [
        AnswerRecord(name, theme, cast("Any", state), "Diskominfo")
        for name in definitions()
        for theme, state in enumerate(states, start=1)
    ]
    city = CityRecord(city_id, city_id, "Asia/Jakarta", "kemendagri:31")
    ReadinessRecords(url).store(city, year, answers, today=date(2026, 1, 5))


@pytest.fixture
def tolok(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The command line on that machine; gives what it prints."""
    monkeypatch.setenv("TOLOK_HOME", str(home))
    monkeypatch.setenv("TOLOK_CITIES", str(home / "cities"))
    monkeypatch.delenv("TOLOK_WAREHOUSE", raising=False)

    def run(*words: str) -> str:
        return CliRunner().invoke(commands, words, catch_exceptions=False).output

    return run


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, tolok: Callable[..., str], home: Path) -> tuple[Language, str]:
    """The page of the city with ten years to be mailed, in each language."""
    path = tolok("dashboard", "kota-uji", "--lang", request.param, "--to", str(home / "mail")).strip()
    return Language(request.param), Path(path).read_text("utf-8")


def test_the_five_questions_are_answered_for_every_indicator_and_year(page: tuple[Language, str]) -> None:
    language, text = page
    articles = re.findall(r"<article.*?</article>", text, re.S)
    assert len(articles) == len(definitions()) == 4
    for article in articles:
        for question in QUESTIONS:
            told = re.findall(rf"<dt>{re.escape(language(question))}<dd class=\w+>([^<]+)", article)
            assert len(told) == 10
            assert all(len(answer) > 10 for answer in told)
    assert language("Better: {before} in {period} ({change}).").split(":")[0] in Reader(text).text


def test_a_page_needs_nothing_from_outside_and_is_small_enough_to_mail(page: tuple[Language, str]) -> None:
    _, text = page
    read = Reader(text)
    assert len(text.encode()) < MOST_BYTES
    assert not {"link", "img", "iframe", "object", "form", "base"} & set(read.tags)
    assert [value for name, value in read.attributes if name in {"src", "srcset", "action", "data"}] == []
    assert {value[0] for name, value in read.attributes if name == "href"} == {"#"}
    assert [name for name, _ in read.attributes if name == "style" or name.startswith("on")] == []
    for foreign in ("http:", "https:", "url(", "@import", "@font-face"):
        assert foreign not in text.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in text


def test_names_stay_text(page: tuple[Language, str]) -> None:
    _, text = page
    assert HOSTILE.replace("\u202e", "[U+202E]") in "".join(Reader(text).words)
    assert text.count("<script>") == 1


def test_what_the_page_shows_is_for_the_chosen_year(page: tuple[Language, str]) -> None:
    language, text = page
    assert re.findall(r'<input type="radio" name="period" id="(y\d)"( checked)?>', text) == [
        (f"y{place}", " checked" if place == 0 else "") for place in range(10)
    ]
    for article in re.findall(r"<article.*?</article>", text, re.S):
        assert [int(one) for one in re.findall(r'<div class="flow of y(\d)">', article)] == list(range(10))
        assert article.count("<svg") == 11
    assert language("target not met") in Reader(text).text


def test_a_chart_is_one_picture_with_a_sentence_and_its_table_has_the_versions(page: tuple[Language, str]) -> None:
    _, text = page
    pictures = re.findall(r"<svg[^>]*>", text)
    assert len(pictures) == 44
    for picture in pictures:
        assert 'role="img"' in picture
        assert re.search(r'aria-label="[^"]{40,}"', picture)
    assert "aria-roledescription" not in text
    # The first year was computed twice; the values before stand beside those that count.
    assert text.count(">v1: ") == text.count("<br>v2: ") == text.count('<path class="old"') == 4


def test_the_same_inputs_are_the_same_bytes_in_another_process_and_are_not_made_again(
    tolok: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(tolok("dashboard", "kota-dua", "--to", str(tmp_path / "a")).strip())
    words = [sys.executable, "-c", "from pipeline.cli import main; main()", "dashboard", "kota-dua", "--to"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([*words, str(tmp_path / "b")], check=True, env=environment, capture_output=True)
    assert (tmp_path / "b" / here.name).read_bytes() == here.read_bytes()
    monkeypatch.setattr(Dashboard, "html", lambda _: pytest.fail("made again"))
    assert Path(tolok("dashboard", "kota-dua", "--to", str(tmp_path / "a")).strip()) == here


def links_of(path: str) -> set[str]:
    """The pages that a page in a file links to."""
    attributes = Reader(Path(path.strip()).read_text("utf-8")).attributes
    return {value for name, value in attributes if name == "href" and not value.startswith("#")}


def test_all_cities_stand_side_by_side_and_every_link_between_pages_leads_somewhere(tolok: Callable[..., str]) -> None:
    paths = [Path(line) for code in LANGUAGES for line in tolok("dashboard", "--lang", code).split()]
    assert [path.name for path in paths[:3]] == ["kota-dua.id.html", "kota-uji.id.html", "_overview.id.html"]
    for path in paths:
        links = [value for name, value in Reader(path.read_text("utf-8")).attributes if name == "href"]
        assert all((path.parent / link).is_file() for link in links if not link.startswith("#"))
    # The pages in the other language are there by now.
    tolok("dashboard")
    overview = Reader(paths[2].read_text("utf-8"))
    assert {"kota-dua.id.html", "kota-uji.id.html", "_overview.en.html"} <= links_of(str(paths[2]))
    # A table of both cities for each year, and one of the city whose readiness was checked.
    assert overview.tags.count("tr") == 10 * (1 + 2) + 10 * (1 + 1)


def test_a_page_links_to_no_page_that_nobody_wrote_yet(tolok: Callable[..., str], home: Path) -> None:
    shutil.rmtree(home / "reports" / "dashboards", ignore_errors=True)
    assert links_of(tolok("dashboard", "kota-uji")) == set()
    assert links_of(tolok("dashboard", "kota-uji", "--lang", "en")) == {"kota-uji.id.html"}
    assert links_of(tolok("dashboard", "kota-uji")) == {"kota-uji.en.html"}
    tolok("dashboard", "kota-uji", "kota-dua")
    assert links_of(tolok("dashboard", "kota-uji")) == {"kota-uji.en.html", "_overview.id.html"}


@pytest.mark.usefixtures("tolok")
def test_a_page_that_airflow_serves_links_to_pages_that_are_made_when_they_are_opened(home: Path) -> None:
    shutil.rmtree(home / "reports" / "dashboards", ignore_errors=True)
    served = Dashboards.of_machine(Settings.from_environment(), are_served=True)
    assert links_of(str(served.write("kota-uji", "id"))) == {"kota-uji.en.html", "_overview.id.html"}


@pytest.mark.usefixtures("tolok")
def test_what_a_run_writes_anew_is_also_the_page_in_another_language_that_is_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "sources: {web: {table: visits, path: a.csv, format: csv, columns: {visited_on: A, visits_count: B}}}"
    codes = 'region_codes: {kemendagri: "32.73"}'
    (tmp_path / "kota-dua.yaml").write_text(
        f"city: kota-dua\nname: Dua\nzone: Asia/Jakarta\n{codes}\n{source}\n", "utf-8"
    )
    monkeypatch.setenv("TOLOK_CITIES", str(tmp_path))
    folder = home / "reports" / "dashboards"
    shutil.rmtree(folder, ignore_errors=True)
    steps.write_overviews("kota-dua")
    assert [path.name for path in folder.iterdir()] == ["kota-dua.id.html"]
    (folder / "kota-dua.en.html").write_text("of the run before", "utf-8")
    steps.write_overviews("kota-dua")
    assert "of the run before" not in (folder / "kota-dua.en.html").read_text("utf-8")


@pytest.mark.parametrize("language", map(Language, LANGUAGES))
def test_readiness_is_shown_for_the_chosen_year_beside_the_year_before(
    language: Language, tolok: Callable[..., str], tmp_path: Path
) -> None:
    path = tolok("dashboard", "kota-dua", "--lang", language.code, "--to", str(tmp_path)).strip()
    section = re.findall(r'<section id="readiness">.*?</section>', Path(path).read_text("utf-8"), re.S)[0]
    of_2025, of_2024 = re.split(r'<div class="of y1">', section)
    assert language("{proven} in {year}", proven=12, year=2024) in Reader(of_2025).text
    assert language("{proven} of {all}", proven=20, all=36) in Reader(of_2025).text
    assert language("{proven} of {all}", proven=12, all=36) in Reader(of_2024).text
    labels = [value for name, value in Reader(of_2025).attributes if name == "aria-label"]
    counted = Counter(
        label for label in labels if label in {language("yes, proven"), language("yes, unproven"), language("no")}
    )
    assert list(counted.values()) == [20, 4, 12]


@pytest.mark.parametrize(
    ("periods", "chosen"),
    [
        (["2024", "2025", "2025-03"], ["2025", "2024"]),
        (["2024", "2025-01", "2025-02"], ["2025-02", "2024"]),
        (["2025-01..2025-03", "2025-04", "2024-07..2025-06"], ["2025-01..2025-03"]),
    ],
)
def test_a_year_without_a_result_is_stood_for_by_the_longest_part_of_it(periods: list[str], chosen: list[str]) -> None:
    assert [choice.period for choice in choices(periods)] == chosen


def test_a_variant_of_a_share_differs_by_percentage_points() -> None:
    now = result("online_services", "2025", 50.0, variants=(Part("accessible_only", 75.0, 75.0, 100.0, "%"),))
    text = Reader(Dashboard(CityView(CITY, (now,)), Language("en")).html()).text
    assert "75 +25 percentage points" in text


def test_years_without_a_result_keep_their_place_and_break_the_line() -> None:
    years = [result("inquiry_response", year, 3.0) for year in ("2019", "2021", "2022", "2025")]
    text = Dashboard(CityView(CITY, tuple(years)), Language("en")).html()
    [line] = re.findall(r'<path class="now" d="([^"]*)"', text)
    assert line.count("L") == 1
    [labels] = re.findall(r'<g class="ax middle"[^>]*>(.*?)</g>', text)
    assert re.findall(r">(\d{4})<", labels) == [str(year) for year in range(2019, 2026)]


@pytest.mark.parametrize(
    ("value", "said"), [(2.5, "target met so far ○ provisional"), (3.5, "target not met so far ○ provisional")]
)
def test_a_provisional_value_has_neither_met_nor_missed_its_target(value: float, said: str) -> None:
    goal = TargetRecord("inquiry_response", 2025, 3.0, "at_most", "RPJMD")
    now = result("inquiry_response", "2025", value, status="provisional", target=goal)
    view = CityView(CITY, (result("inquiry_response", "2024", 3.0), now))
    for page in (Dashboard(view, Language("en")).html(), Overview((view,), Language("en")).html()):
        assert (said in Reader(page).text, re.findall(r"[✓✗] target", page)) == (True, [])
    text = Dashboard(view, Language("en")).html()
    assert set(re.findall(r'<li class="(\w+)"><a href="#inquiry_response"', text)) == {"neutral"}
    assert " Provisional: 2025." in next(
        said for name, said in Reader(text).attributes if name == "aria-label" and "by year" in said
    )


def test_members_without_a_value_are_no_zero_and_names_stay_as_they_are() -> None:
    parts = (*(Part(f"kota {place}", 3.0, 72.0, 1.0, "days") for place in range(5)), Part("kota 5", None))
    now = result("inquiry_response", "2025", 3.0, numerator=360.0, denominator=5.0)
    rows = [
        replace(now, breakdowns={"agency": (*parts, *more)}) for more in ((), (Part("kota 6", None),), parts[:1] * 2)
    ]
    texts = [Reader(Dashboard(CityView(CITY, (one,)), Language("en")).html()).text for one in rows]
    assert "kota 4 3 20 % kota 5 – What" in texts[0]
    assert "kota 4 3 20 % 2 without a value – What" in texts[1]
    assert "others 3 1 without a value – What" in texts[2]


@pytest.mark.parametrize(("then", "has_past", "joined"), [("AB", True, True), ("A", False, False)])
def test_sums_over_other_cities_are_neither_joined_nor_set_beside_each_other(
    then: str, has_past: bool, joined: bool
) -> None:
    points = [Point("Jan", 1, made_of=frozenset("AB")), Point("Feb", 2, made_of=frozenset(then))]
    before = [Point(name, 3, made_of=frozenset(then)) for name in ("Jan", "Feb")]
    alone = trend(points, unit="", says="", language=Language("en"))
    beside = trend(
        [replace(one, made_of=frozenset("AB")) for one in points],
        unit="",
        says="",
        language=Language("en"),
        before=before,
    )
    assert ('class="now"' in alone, 'class="past"' in beside) == (joined, has_past)


def test_a_value_that_is_missing_is_not_called_provisional() -> None:
    text = Reader(Dashboard(city_view(), Language("en")).html()).text
    assert "No value because no data 0 % is covered" in text
    assert "There is no value to explain." in text


def test_a_city_without_results_is_named(tolok: Callable[..., str]) -> None:
    with pytest.raises(Exception, match="kota-tiga"):
        tolok("dashboard", "kota-tiga")


def test_every_text_of_the_page_is_in_the_catalogue() -> None:
    with (CATALOGUES / "id" / "dashboard.po").open("rb") as file:
        known = {message.id for message in read_po(file)}
    paths = sorted(CATALOGUES.glob("id/*.po"))
    shared = {message.id for path in paths for message in read_po(path.open("rb"))}
    used: set[str] = set()
    for template in ROOM.glob("dashboard*.html.j2"):
        with template.open("rb") as file:
            used |= {_one(found[2]) for found in babel_extract(file, ["t"], [], {"trim_blocks": "true"})}
    for module in ROOM.glob("dashboard*.py"):
        with module.open("rb") as file:
            used |= {_one(found[1]) for found in extract("python", file, keywords={"t": None, "language": None})}
    used.discard("None")  # What is no text but the name of one.
    assert len(used) > 50
    assert used - shared == set()
    # The link to all cities is named where the links are known.
    assert known - used - {"", "All cities"} == set()


def _one(message: object) -> str:
    return str(message[0] if isinstance(message, tuple) else message)
