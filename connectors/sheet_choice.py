"""Which sheets of a workbook are read, and what is said of the others."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING

from connectors.cell_texts import cell_texts
from connectors.errors import DataRejected, SourceChanged
from connectors.layout import Layout
from connectors.records import HEADER_SEARCH_ROWS, RawFile, header_cells, joined_header
from connectors.sheet_marks import SheetMarks
from connectors.workbooks import Workbook

if TYPE_CHECKING:
    from python_calamine import CalamineSheet


def chosen_sheets(workbook: Workbook, layout: Layout, *, columns: tuple[str, ...]) -> list[CalamineSheet]:
    """The sheets that `sheet` names, else the only visible one that holds data; others are remarked.

    A pattern leaves hidden and empty sheets out. Raises `DataRejected` for several without `sheet`, and for one that
    reaches beyond reason, `SourceChanged` for one that is not there.
    """
    sheets = _declared(workbook, layout) if layout.sheet else _only_one(workbook, layout, columns)
    _say_unread(workbook, layout, read={sheet.name for sheet in sheets}, columns=columns)
    return sheets


def _declared(workbook: Workbook, layout: Layout) -> list[CalamineSheet]:
    file, names, hidden = workbook.file, workbook.book.sheet_names, _hidden(workbook)
    found: list[str] = []
    for wanted in layout.sheets:
        fitting = [name for name in names if fnmatchcase(name, wanted) and name not in hidden]
        fitting = [wanted] if wanted in names else fitting
        found += fitting
        if not fitting:
            raise SourceChanged(
                id=f"{file.name}: lembar '{wanted}' tidak ada; yang ada: {', '.join(names)}. Perbaiki 'sheet'.",
                en=f"{file.name}: there is no sheet '{wanted}'; there are: {', '.join(names)}. Mend 'sheet'.",
            )
    chosen = [workbook.sheet(name) for name in names if name in found]
    return [sheet for sheet in chosen if sheet.height or sheet.name in layout.sheets]


def _only_one(workbook: Workbook, layout: Layout, columns: tuple[str, ...]) -> list[CalamineSheet]:
    file, hidden = workbook.file, _hidden(workbook)
    shown = [name for name in workbook.book.sheet_names if name not in hidden]
    filled, only = [], None
    for name in shown:
        sheet = None if workbook.bounds_of(name) else workbook.sheet(name)
        if sheet is None or sheet.height:
            filled.append(name)
            only = sheet if len(filled) == 1 else None
    if len(filled) > 1:
        names, (to_do_id, to_do_en) = ", ".join(filled), _which_to_write(workbook, filled, layout, columns)
        raise DataRejected(
            id=f"{file.name}: lebih dari satu lembar berisi data: {names}. {to_do_id}",
            en=f"{file.name}: more than one sheet holds data: {names}. {to_do_en}",
        )
    if not filled:
        raise DataRejected(
            id=f"{file.name}: tidak ada lembar terlihat yang berisi data; tersembunyi: {', '.join(hidden) or '-'}. "
            "Tulis namanya di 'sheet' bila itu datanya.",
            en=f"{file.name}: no visible sheet holds data; hidden: {', '.join(hidden) or '-'}. Write its name in "
            "'sheet' if that is the data.",
        )
    return [only or workbook.sheet(filled[0])]


def _which_to_write(
    workbook: Workbook, names: Sequence[str], layout: Layout, columns: tuple[str, ...]
) -> tuple[str, str]:
    """What to write for the sheets that have the columns asked for, in both languages; no sheet is guessed."""
    fitting = [name for name in names if _has_table(workbook, name, layout, columns)]
    if len(fitting) == 1:
        return (
            f'Kolom yang dipetakan hanya ada di satu lembar: tulis sheet: "{fitting[0]}".',
            f'One sheet alone has the mapped columns: write sheet: "{fitting[0]}".',
        )
    listed = ", ".join(f'"{name}"' for name in fitting or names)
    return (
        f'Tulis sheet: "..." untuk satu lembar, sheet: [{listed}] untuk beberapa, atau sheet: "*" untuk semua.',
        f'Write sheet: "..." for one, sheet: [{listed}] for several, or sheet: "*" for all.',
    )


def _hidden(workbook: Workbook) -> list[str]:
    from python_calamine import SheetVisibleEnum

    return [one.name for one in workbook.book.sheets_metadata if one.visible != SheetVisibleEnum.Visible]


def _say_unread(workbook: Workbook, layout: Layout, *, read: Container[str], columns: tuple[str, ...]) -> None:
    """Remark sheets not read; one with the same header keeps provisional unless all read are named one by one."""
    file = workbook.file
    unread = [name for name in workbook.book.sheet_names if name not in read and name not in file.own_sheets]
    is_by_name = bool(layout.sheets) and not any(mark in name for name in layout.sheets for mark in "*?[")
    same = [] if is_by_name else [name for name in unread if _has_table(workbook, name, layout, columns)]
    if same:
        listed = ", ".join(same)
        file.remark(
            "unread_tables",
            id=f"lembar dengan judul kolom yang sama tidak dibaca: {listed}. Bila isinya dihitung, perbaiki pola "
            "'sheet' atau tampilkan lembarnya; bila tidak, sebut semua lembar yang dibaca satu per satu di 'sheet'.",
            en=f"sheets with the same header are not read: {listed}. If they count, mend the pattern in 'sheet' or "
            "show the sheet; if not, name all sheets to read one by one in 'sheet'.",
        )
    # Of one that reaches too far it is said below that it was not looked into.
    others = [name for name in unread if name not in same and not workbook.bounds_of(name)]
    if others:
        told_id, told_en = _why_unread(workbook, others)
        file.remark(
            "unread_sheets",
            id=f"lembar tidak dibaca: {told_id}.",
            en=f"sheets not read: {told_en}.",
            keeps_provisional=False,
        )
    for name in unread:
        _say_cells_unread(workbook, name, is_by_name=is_by_name)


def _why_unread(workbook: Workbook, names: Sequence[str]) -> tuple[str, str]:
    """Sheets by why they are not read, in both languages."""
    hidden = _hidden(workbook)
    empty = [name for name in names if name not in hidden and not workbook.sheet(name).height]
    kinds = {
        ("tersembunyi", "hidden"): [name for name in names if name in hidden],
        ("kosong", "empty"): empty,
        ("tidak disebut di 'sheet'", "not named in 'sheet'"): [n for n in names if n not in hidden and n not in empty],
    }
    found = [(*kind, ", ".join(of_kind)) for kind, of_kind in kinds.items() if of_kind]
    return "; ".join(f"{listed} ({why})" for why, _, listed in found), "; ".join(
        f"{listed} ({why})" for _, why, listed in found
    )


def _say_cells_unread(workbook: Workbook, name: str, *, is_by_name: bool) -> None:
    """Remark a sheet that is not read, for a cell far outside or a formula never computed; what is on it is not known.

    One that reaches too far may hold the same table.
    """
    marks = (workbook.marks or {}).get(name, SheetMarks())
    if marks.beyond:
        cells = ", ".join(marks.beyond.cells)
        workbook.file.remark(
            "stray_cell_unread",
            id=f"lembar '{name}' tidak dibaca dan tidak diperiksa, karena ada sel jauh di luar tabelnya: {cells}. "
            "Hapus sel itu, atau sebut lembar yang dibaca di 'sheet'.",
            en=f"the sheet '{name}' is not read and was not looked into, for it has a cell far outside its table: "
            f"{cells}. Delete that cell, or name the sheets to read in 'sheet'.",
            keeps_provisional=not is_by_name,
        )
    elif marks.uncomputed:
        say_uncomputed(replace(workbook.file, name=f"{workbook.file.name} [{name}]"), marks)


def say_uncomputed(file: RawFile, marks: SheetMarks) -> None:
    """Remark the first formula never computed of a sheet none of which is read."""
    file.remark(
        "uncomputed_unread",
        id=f"sel {marks.first_uncomputed} berisi rumus yang belum dihitung, tetapi tidak dibaca.",
        en=f"cell {marks.first_uncomputed} holds a formula never computed, but is not read.",
        keeps_provisional=False,
    )


def _has_table(workbook: Workbook, name: str, layout: Layout, columns: tuple[str, ...]) -> bool:
    """Whether a sheet has a header with all of some columns, and rows below it."""
    if workbook.bounds_of(name):
        return False
    rows = [cell_texts(row) for row in islice(workbook.sheet(name).iter_rows(), HEADER_SEARCH_ROWS)]
    header_height = layout.header_rows
    for nth in range(len(rows) if columns else 0):
        header = reduce(joined_header, map(header_cells, rows[nth : nth + header_height]))
        if set(columns) <= set(header):
            return any(any(row) for row in rows[nth + header_height :])
    return False
