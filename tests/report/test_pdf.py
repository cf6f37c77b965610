"""The PDF that a mayor signs: complete, in one language, true to its standards, and the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from pipeline.config.reports import Signature
from pipeline.indicators.definition import definitions
from pipeline.language import LANGUAGES, Language
from pipeline.report.answers import answers
from pipeline.report.document import Document
from pipeline.report.pdf import pdf
from pipeline.report.pdf_charts import trends
from pipeline.warehouse import Reason, ResultView
from tests.report.views import FILE, city_view

ROOT = Path(__file__).resolve().parents[2]
SIGNER = Signature(name="Dra. Sari", nip="19700101 199003 2 001", position="Wali Kota", place="Kota Uji")


@cache
def made(code: str) -> bytes:
    return pdf(Document(city_view(), "2025", Language(code), signature=SIGNER))  # type: ignore[arg-type]


@cache
def pages(code: str) -> list[str]:
    with pypdfium2.PdfDocument(made(code)) as document:
        return [_squeezed(page.get_textpage().get_text_range()) for page in document]


def _squeezed(text: str) -> str:
    """Text without its spaces, for lines break anywhere."""
    return "".join(text.replace("\ufffe", "-").split())


def holds(page: str, *texts: str) -> bool:
    missing = [text for text in texts if _squeezed(text) not in page]
    assert missing == []
    return True


@pytest.mark.parametrize("code", LANGUAGES)
def test_cover_a_page_for_each_indicator_and_the_files(code: str) -> None:
    language = Language(code)  # type: ignore[arg-type]
    found = pages(code)
    assert len(found) == 6
    for place, definition in enumerate(definitions().values(), start=1):
        assert code == "en" or holds(found[place], definition.reading_id, definition.limits_id, definition.rule_id)
        view = city_view()
        result = view.result(definition.id, "2025")
        assert result is not None
        assert holds(found[place], language.number(result.value))
        assert holds(found[place], *(answer.text for answer in answers(view, result, language=language)))
    assert holds(found[5], FILE.sha256)


@pytest.mark.parametrize(
    ("code", "said"),
    [("id", ("Sementara", "3 pertanyaan belum dijawab")), ("en", ("Provisional", "3 inquiries are open"))],
)
def test_a_provisional_value_has_its_mark_and_its_reason_wherever_it_stands(code: str, said: tuple[str, str]) -> None:
    assert holds(pages(code)[0], *said)
    assert holds(pages(code)[3], *said)
    assert said[0] not in pages(code)[2]


def test_a_value_that_is_missing_says_why_and_shows_no_zero() -> None:
    assert holds(pages("en")[4], "Not computable", "No value because – no data – 0 % is covered")
    assert _squeezed("A provisional value may still change") not in pages("en")[4]


def test_a_trend_is_drawn_with_its_sentence_and_its_table() -> None:
    picture = next(iter(trends(city_view(), *_years("inquiry_response"), Language("en"))))
    assert picture["says"] == "Over the years, 2024 to 2025: from 3 to 2.5 days. Provisional: 2025."
    # The provisional year alone is hollow, and is drawn though it is the only one.
    assert 'class="hole" d="M' in picture["svg"]
    assert "h0" not in picture["svg"]
    assert holds(pages("en")[3], "Over the years", "2024", "2025", "2.5*")


def _years(indicator_id: str) -> tuple[ResultView, list[ResultView]]:
    found = [city_view().result(indicator_id, year) for year in ("2024", "2025")]
    assert None not in found
    return found[-1], found  # type: ignore[return-value]


def test_who_signs_stands_on_the_cover() -> None:
    assert holds(pages("id")[0], "Dra. Sari", "19700101 199003 2 001", "Wali Kota", "Pengesahan")


def test_hostile_names_stay_texts_and_what_turns_their_direction_is_seen() -> None:
    assert holds(pages("id")[0], "Kota <b>Uji</b>")
    assert holds(pages("id")[5], "=laporan <x>.xlsx")
    text = _first_page(named("#set page(width: 1pt) \\u{41} *x* $1$ `a` \u202e\u4e2d"))
    assert holds(text, "#set page(width: 1pt) \\u{41} *x* $1$ `a` [U+202E][U+4E2D], 2025")


def named(name: str) -> Document:
    view = city_view()
    return Document(replace(view, city=replace(view.city, name=name)), "2025", Language("id"))


def _first_page(document: Document) -> str:
    with pypdfium2.PdfDocument(pdf(document)) as made:
        return _squeezed(made[0].get_textpage().get_text_range())


def test_it_is_tagged_archivable_and_has_nothing_that_runs() -> None:
    with pikepdf.open(io.BytesIO(made("id"))) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "id"
        assert "/OpenAction" not in document.Root
        assert "/AA" not in document.Root
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == (
                "2",
                "A",
                "1",
            )


def test_another_process_makes_the_same_bytes() -> None:
    script = "import hashlib; from tests.report.test_pdf import made; print(hashlib.sha256(made('id')).hexdigest())"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == hashlib.sha256(made("id")).hexdigest()


def test_no_text_can_stop_a_report() -> None:
    """What the fonts lack is written as a code point; everything else they draw."""
    everything = Reason("x", " ".join(map(chr, range(1, 0x3000))), "x", keeps_provisional=True)
    view = city_view()
    results = tuple(replace(one, reasons=(everything,)) for one in view.results if one.status == "provisional")
    assert pdf(Document(replace(view, results=results), "2025", Language("id")))
