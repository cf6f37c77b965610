"""BPS's metadata of a statistical indicator (MS-Ind), each field filled from the definitions or said to be unknown."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING

from pipeline.report.xlsx import LONGEST_TEXT

if TYPE_CHECKING:
    from pipeline.report.document import Document
    from pipeline.warehouse import ResultView

FORM_NOTE = (
    "The fields are those that several public copies of the form agree on; the regulation's own form was not found. "
    "Hold it against the form of your Walidata or BPS before you hand it in."
)
UNKNOWN = "not known to Tolok; fill in by hand"
# Characters of a column, points of a line: not every program makes rows as high as the wrapped texts in them.
_NARROW, _WIDE, _LINE = 32, 48, 15
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def fields(document: Document, result: ResultView) -> list[tuple[str, str]]:
    """Each field of the form with what to write into it, in the form's order; none is empty."""
    t, d = document.language, result.definition
    if d is None:
        return []
    better = t("The higher, the better.") if d.better == "higher" else t("The lower, the better.")
    parts = [t.label(name) for name in dict.fromkeys((*d.explained_by, *sorted(result.breakdowns)))]
    name = t.either(d.short_id, d.short_en)
    owners = sorted({f"{file.source} ({file.owner})" for file in result.files})
    numerator, denominator = t.either(d.numerator_id, d.numerator_en), t.either(d.denominator_id, d.denominator_en)
    return [
        (t("Indicator name"), t.either(d.name_id, d.name_en)),
        (t("Concept"), t("{name}: governance, SNI ISO 37122:2019 clause {clause}", name=name, clause=d.clause)),
        (t("Definition"), t.either(d.rule_id, d.rule_en)),
        (t("Interpretation"), f"{t.either(d.reading_id, d.reading_en)} {better} {t.either(d.limits_id, d.limits_en)}"),
        (t("Method or formula"), _formula(numerator, denominator, scale=d.scale, document=document)),
        (t("Kind of measure"), t(d.measure)),
        (t("Unit of measurement"), t.either(d.unit_id, d.unit)),
        (t("Classification of presentation"), ", ".join(parts) or t(UNKNOWN)),
        (t("Composite indicator (1 yes / 2 no)"), "2"),
        (t("Component indicator: publication"), t("does not apply: not a composite indicator")),
        (t("Component indicator: name"), t("does not apply: not a composite indicator")),
        (t("Component variable: activity that produces it"), "; ".join(owners) or t(UNKNOWN)),
        (t("Component variable: code of the activity"), t(UNKNOWN)),
        (t("Component variable: name"), f"{numerator}; {denominator}"),
        (t("Level of estimation"), t("province") if document.view.parts else t("regency or city")),
        (t("Open to the public (1 yes / 2 no)"), t("{yes} once the data set is public, until then 2", yes="1")),
    ]


def as_json(document: Document) -> bytes:
    """The forms of all indicators of the document as JSON; the same input gives the same bytes."""
    told = {"note": document.language(FORM_NOTE), "indicators": [dict(one) for one in _forms(document)]}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def workbook(document: Document) -> bytes:
    """The same as a workbook, a row for each field and a column for each indicator; every cell is text."""
    from xlsxwriter import Workbook

    t, file, forms = document.language, io.BytesIO(), list(_forms(document))
    made_at = (document.made_at or datetime.fromtimestamp(0, UTC)).replace(microsecond=0, tzinfo=None)
    with Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": document.title, "created": made_at})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        bold = book.add_format({"text_wrap": True, "valign": "top", "bold": True})
        sheet = book.add_worksheet("MS-Ind")
        sheet.set_column(0, 0, 5, wrapped)
        sheet.set_column(1, 1, _NARROW, wrapped)
        sheet.set_column(2, 1 + max(1, len(forms)), _WIDE, wrapped)
        sheet.freeze_panes(1, 2)
        clauses = [one.definition.clause for one in document.results if one.definition]
        for column, heading in enumerate((t("No."), t("Field"), *clauses)):
            sheet.write_string(0, column, heading, bold)
        for row, (field, *_) in enumerate(forms[0] if forms else [], start=1):
            sheet.write_number(row, 0, row)
            sheet.write_string(row, 1, field, bold)
            told = [form[row - 1][1][:LONGEST_TEXT] for form in forms]
            sheet.set_row(row, _LINE * max(ceil(len(field) / _NARROW), *(ceil(len(text) / _WIDE) for text in told)))
            for column, text in enumerate(told, start=2):
                sheet.write_string(row, column, text, wrapped)
        last, note = 2 + len(forms[0] if forms else []), t(FORM_NOTE)
        sheet.set_row(last, _LINE * ceil(len(note) / _NARROW))
        sheet.write_string(last, 1, note, wrapped)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return file.getvalue()


def _forms(document: Document) -> Iterator[list[tuple[str, str]]]:
    for result in document.results:
        yield fields(document, result)


def _formula(numerator: str, denominator: str, *, scale: float, document: Document) -> str:
    t = document.language
    times = "" if scale == 1 else f" × {t.number(scale)}" if scale > 1 else f" : {t.number(1 / scale)}"
    return f"{numerator} : {denominator}{times}"
