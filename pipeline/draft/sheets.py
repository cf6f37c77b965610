"""The sheets of a workbook as a person sees them: name, visible or hidden, first and last rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from connectors.layout import Layout
from connectors.records import RawFile
from connectors.sheet_marks import SheetMarks
from connectors.sheets import sheet_texts
from connectors.workbooks import open_workbook
from pipeline.draft.headers import HEAD_ROWS, header_place

_LAST_ROWS = 30


@dataclass(frozen=True)
class Sheet:
    """One sheet: its first and last rows as text, and the place of its header among the first ones, if any.

    `uncomputed` is the first cell whose formula was never computed; such cells read as blanks.
    """

    name: str
    is_visible: bool
    rows: Sequence[Sequence[str]]
    last_rows: Sequence[Sequence[str]]
    rows_count: int
    place: int | None
    uncomputed: str | None = None


def read_sheets(file: RawFile) -> list[Sheet]:
    """Every sheet of a workbook that may be read, in order; `DataRejected` when it is none or damaged, or has none."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    workbook = open_workbook(file)
    marks = workbook.marks or {}
    sheets = [one for one in workbook.book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    return [
        _sheet(file, one.name, marks.get(one.name), is_visible=one.visible == SheetVisibleEnum.Visible)
        for one in [one for one in sheets if not workbook.bounds_of(one.name)] or sheets
    ]


def _sheet(file: RawFile, name: str, marks: SheetMarks | None, *, is_visible: bool) -> Sheet:
    rows = (cells for _, cells in sheet_texts(file, Layout(format="xlsx", sheet=name)))
    head = list(islice(rows, HEAD_ROWS))
    last, count = deque(head, maxlen=_LAST_ROWS), len(head)
    for cells in rows:
        last.append(cells)
        count += 1
    return Sheet(
        name, is_visible, head, list(last), count, header_place(head), marks.first_uncomputed if marks else None
    )
