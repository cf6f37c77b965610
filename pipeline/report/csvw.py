"""Tables as CSV with their description, after W3C's CSV on the Web: `csv-metadata.json` beside them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from pipeline.language import Language
from pipeline.report.document import Document
from pipeline.report.sheets import COLUMNS, Kind, Sheet, sheets
from pipeline.report.unseen import visible

METADATA = "csv-metadata.json"
# What a spreadsheet would take for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TYPES: dict[Kind, str] = {
    "text": "string",
    "count": "integer",
    "number": "double",
    "day": "date",
    "moment": "datetime",
    "flag": "boolean",
}
NEUTRAL = (
    "A text that begins like a formula has an apostrophe before it; a character that cannot be seen, or that turns the "
    "direction of text, is written as its code point."
)


def csvw(document: Document) -> Iterator[tuple[str, bytes]]:
    """Each table of a document as `name.csv`, and last their description; the same input gives the same bytes.

    UTF-8, commas, a point before decimals, moments with their offset; an empty cell is one that is not known.
    """
    tables = sheets(document)
    for table in tables:
        yield f"{table.name}.csv", csv_of(table.columns, table.rows).encode()
    yield METADATA, json.dumps(_described(document, tables), ensure_ascii=False, indent=1).encode()


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it where one might."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_of(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV below their headings; what is not known is empty, and no text is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_text(cell) for cell in row] for row in rows)
    return file.getvalue()


def _text(cell: Any) -> str:  # noqa: ANN401 a cell of a sheet, or one of a row behind a value
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return neutral(visible(cell)) if isinstance(cell, str) else repr(cell)


def _described(document: Document, tables: tuple[Sheet, ...]) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": document.language.code}],
        "dc:title": document.title,
        "dc:language": document.language.code,
        **({"dc:modified": document.made_at.isoformat(timespec="seconds")} if document.made_at else {}),
        "dc:description": document.language(NEUTRAL),
        "tables": [_table(table, document.language) for table in tables],
    }


def _table(table: Sheet, language: Language) -> dict[str, Any]:
    key = {"primaryKey": list(table.key)} if table.key else {}
    return {
        "url": f"{table.name}.csv",
        "dc:description": language(table.about),
        "tableSchema": {"columns": [_column(name, language, table.key) for name in table.columns], **key},
    }


def _column(name: str, language: Language, key: tuple[str, ...]) -> dict[str, Any]:
    kind, heading, meaning = COLUMNS[name]
    return {
        "name": name,
        "titles": {"und": [name], language.code: [language(heading)]},
        "dc:description": language(meaning),
        "datatype": _TYPES[kind],
        "required": name in key,
    }
