"""Reports as people's programs show them: the page on paper by Chromium, the workbook in LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from pipeline.language import Language
from pipeline.report.document import Document
from pipeline.report.unseen import visible
from pipeline.report.xlsx import SHEET_NAMES, xlsx
from tests.report.test_page import RESULTS, part, written
from tests.report.views import HOSTILE, city_view

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FEWEST_CHARACTERS = 1_000

pytestmark = pytest.mark.browser


@pytest.mark.skipif(not CHROMIUM.is_file(), reason="there is no Chromium here")
def test_the_printed_page_hides_nothing_and_has_no_page_nearly_empty(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    members = [part("agency", f"Dinas {number}", float(number)) for number in range(1, 15)]
    written(tmp_path, breakdowns={result["indicator"]: members for result in RESULTS})
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto((tmp_path / "2024.html").as_uri())
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
        browser.close()
    with pypdfium2.PdfDocument(tmp_path / "page.pdf") as printed:
        texts = [paper.get_textpage().get_text_range() for paper in printed]
    assert len(texts) <= 6
    assert min(map(len, texts[:-1])) > FEWEST_CHARACTERS
    whole = " ".join(texts)
    assert [member["member"] for member in members if member["member"] not in whole] == []
    assert "visits.row_count" in whole


@pytest.mark.skipif(shutil.which("soffice") is None, reason="there is no LibreOffice here")
def test_libreoffice_opens_and_keeps_the_workbook(tmp_path: Path) -> None:
    made, kept = tmp_path / "made.xlsx", tmp_path / "kept" / "made.xlsx"
    made.write_bytes(xlsx(Document(city_view(), "2025", Language("en"))))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, str(kept.parent), str(made)], check=True, timeout=120, capture_output=True)
    before, after = openpyxl.load_workbook(made), openpyxl.load_workbook(kept)
    assert after.sheetnames == before.sheetnames
    for sheet in before:
        # LibreOffice writes a truth as a call.
        told = [[_kept(cell.value) for cell in row] for row in sheet.iter_rows()]
        again = [[cell.value for cell in row] for row in after[sheet.title].iter_rows(max_col=sheet.max_column)]
        assert again[: len(told)] == told
    members = {row[5] for row in after[SHEET_NAMES["breakdowns"]].iter_rows(min_row=2, values_only=True)}
    assert members == {visible(name) for name in HOSTILE}


def _kept(value: object) -> object:
    return f"={str(value).upper()}()" if isinstance(value, bool) else value
