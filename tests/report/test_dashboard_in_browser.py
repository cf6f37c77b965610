"""The dashboard in Chromium: wide, on a phone, dark, printed, by keyboard, without scripts and to a screen reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from click.testing import CliRunner

from pipeline.cli import commands
from tests.report.ten_years import fill

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AXE = Path(os.environ.get("TOLOK_AXE") or ".axe/package/axe.min.js")
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
FEWEST_CHARACTERS = 1_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason="there is no Chromium here"),
]
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of a city with four years, and of all cities, in English."""
    home = tmp_path_factory.mktemp("machine")
    fill(f"sqlite:///{home / 'warehouse.sqlite'}", ["kota-uji"], years=range(2022, 2026))
    fill(f"sqlite:///{home / 'warehouse.sqlite'}", ["kota-dua"], years=(2025,), months=False)
    environment = {"TOLOK_HOME": str(home), "TOLOK_CITIES": str(home / "cities"), "TOLOK_WAREHOUSE": ""}
    told = CliRunner(env=environment).invoke(commands, ["dashboard", "--lang", "en"], catch_exceptions=False).output
    return {Path(line).name.partition(".")[0]: Path(line) for line in told.split()}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, pages: dict[str, Path]) -> Iterator[Opened]:
    """Opens a page in a window of its own; whatever it says on the console or asks for from outside is a failure."""
    faults: list[str] = []
    contexts = []

    def heard(message: Any) -> None:
        if message.type in {"error", "warning"}:
            faults.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            faults.append(request.url)

    def open_page(name: str = "kota-uji", **settings: Any) -> Any:
        contexts.append(chromium.new_context(**{"viewport": WIDE, **settings}))
        page = contexts[-1].new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", asked)
        page.goto(pages[name].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_five_answers_stand_above_the_fold_of_each_indicator(opened: Opened, viewport: dict[str, int]) -> None:
    page = opened(viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    articles = page.locator("article")
    assert articles.count() == 4
    for place in range(4):
        article = articles.nth(place)
        last = article.locator("dl:visible dd").nth(4).bounding_box()
        assert last["y"] + last["height"] - article.bounding_box()["y"] <= viewport["height"] - 60


def test_a_year_chosen_by_keyboard_holds_for_every_part(opened: Opened) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("button").count() == 0
    page.keyboard.press("Tab")
    for _ in range(5):
        if page.locator("input:focus").count():
            break
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    chosen = page.locator("input:checked")
    assert chosen.get_attribute("id") == "y1"
    shown = page.locator(".of:visible")
    assert {"y1"} == {name for one in shown.all() for name in one.get_attribute("class").split() if name[0] == "y"}
    assert page.locator(".cards:visible .big").count() == 4
    assert page.locator("svg .v:visible").count() == 4


def test_everything_that_can_be_opened_is_reached_by_keyboard(opened: Opened) -> None:
    page = opened()
    wanted = page.locator("a:visible, summary:visible, button:visible").count()
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("[...document.querySelectorAll('a,summary,button')].indexOf(document.activeElement)"))
    assert len(reached - {-1}) == wanted > 20


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}])
@pytest.mark.parametrize("name", ["kota-uji", "_overview"])
def test_nothing_stands_in_the_way_of_a_screen_reader(opened: Opened, name: str, settings: dict[str, Any]) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is fetched by `make test-pages`")
    page = opened(name, bypass_csp=True, **settings)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 20


def test_a_chart_is_saved_as_a_picture(opened: Opened, tmp_path: Path) -> None:
    page = opened()
    with page.expect_download() as saved:
        page.locator("figure button:visible").first.click()
    saved.value.save_as(tmp_path / "picture.png")
    assert saved.value.suggested_filename == "10.1-Portal-visits-by-year.png"
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "picture.png").stat().st_size > 20_000


def test_on_paper_nothing_is_hidden_and_no_page_is_nearly_empty(opened: Opened, tmp_path: Path) -> None:
    opened().pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    with pypdfium2.PdfDocument(tmp_path / "page.pdf") as printed:
        texts = [paper.get_textpage().get_text_range() for paper in printed]
    assert len(texts) <= 6
    assert min(map(len, texts)) >= FEWEST_CHARACTERS
    whole = " ".join(" ".join(texts).split())
    assert whole.count("Table: months") == 4
    assert whole.count("v2: ") >= 4
    assert "2025" + "0" * 20 in whole.replace(" ", "")
