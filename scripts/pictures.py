"""The pictures of the README, taken anew from the demo province: `make demo`, then `python -m scripts.pictures`.

Needs a Chromium. Pictures have few colours, so that they stay small.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

CITY, YEAR = "kota-bahari", "2025"
WIDTH, HEIGHT = 1280, 1180
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def main(demo: Path) -> None:
    """Write both pictures from a filled demo folder."""
    dashboard(demo / "reports" / "dashboards" / f"{CITY}.id.html", IMAGES / "dashboard.png")
    pages(demo / "reports" / CITY / f"{YEAR}.pdf", IMAGES / "report.png")


def dashboard(path: Path, picture: Path) -> None:
    """The top of the page for a whole year."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        opened.goto(path.resolve().as_uri())
        opened.get_by_text(YEAR, exact=True).first.click()
        opened.screenshot(path=picture)
        browser.close()
    _reduce(Image.open(picture), picture)


def pages(path: Path, picture: Path, *, numbers: tuple[int, ...] = (0, 3)) -> None:
    """The cover of the report beside the page of 10.3."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    drawn = [document[number].render(scale=1.1).to_pil() for number in numbers]
    width, height = drawn[0].size
    both = Image.new("RGB", (width * len(drawn), height), "white")
    for place, one in enumerate(drawn):
        both.paste(one, (place * width, 0))
    _reduce(both, picture)


def _reduce(image: Image.Image, picture: Path) -> None:
    image.convert("RGB").quantize(200).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".tolok-demo"))
