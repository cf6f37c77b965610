"""Every message that reports are written with has its translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from pipeline.language.language import CATALOGUES
from pipeline.report import csvw, pdf, pdf_charts, sheets, xlsx

ROOM = Path(pdf.__file__).parent
TRANSLATED = {
    str(message.id) for path in (CATALOGUES / "id").glob("*.po") for message in read_po(path.open("rb")) if message.id
}


@pytest.mark.parametrize("module", ["document.py", "pdf.py", "pdf_charts.py"])
def test_messages_in_code_are_in_the_catalogue(module: str) -> None:
    found = {str(message) for _, message, *_ in extract_from_file("python", ROOM / module, keywords={"t": None})}
    assert found
    assert found - TRANSLATED == set()


def test_messages_in_tables_are_in_the_catalogue() -> None:
    columns = {text for _, *texts in sheets.COLUMNS.values() for text in texts}
    tables = {one.about for one in sheets.SHEETS.values()} | {*xlsx.SHEET_NAMES.values(), xlsx.README, xlsx.DICTIONARY}
    others = {
        pdf_charts.SAYS,
        *pdf.WORDS.values(),
        *pdf.MEMBERS.values(),
        *xlsx.KINDS.values(),
        *xlsx.NOTES,
        *xlsx.HEADINGS,
    }
    assert (columns | tables | others | {csvw.NEUTRAL}) - TRANSLATED == set()


def test_templates_hold_no_words_of_their_own() -> None:
    """What typst shows as it stands would be in no catalogue."""
    used = (ROOM / "typst" / "report.typ").read_text("utf-8")
    assert {name for name in pdf.WORDS if f"t.{name}" not in used} == set()
