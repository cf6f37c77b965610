"""Tolok's own workbook, for records no system keeps, filled in by hand: read only if it is still as it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from connectors.base import Connector, Options
from connectors.errors import SourceChanged, harmless
from connectors.files import header_of, read_rows
from connectors.layout import Layout
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

DATA_SHEET = "Data"
NOTES_SHEET = "Petunjuk"

_NOTES = Layout(format="xlsx", sheet=NOTES_SHEET)


class Heading(Options):
    """One column of the workbook: what may stand in it and what it means, in both languages."""

    kind: Literal["text", "count", "day", "moment"] = "text"
    is_required: bool = False
    choices: tuple[str, ...] = ()
    example: str = ""
    id: str
    en: str


class TemplateOptions(Options):
    """The declaration a workbook is written and read by; `mark` changes whenever the headings do."""

    mark: str
    title_id: str
    title_en: str
    headings: dict[str, Heading] = Field(min_length=1)


class Template(Connector):
    """A filled-in workbook. Grain of `rows`: one row of the sheet `Data`; `source_row` is its number there.

    Raises `SourceChanged` when it is another table's template, another version, or has a column more or less. A value
    that is not among a column's choices makes the row's problem `unknown_<heading>`; case and spaces do not matter.
    """

    OPTIONS = TemplateOptions

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The rows of each workbook, in the order of its sheet."""
        limited = {name: heading.choices for name, heading in self.options.headings.items() if heading.choices}
        wanted = tuple(dict.fromkeys(columns))
        for file in files:
            self._refuse_another(file)
            own = replace(file, own_sheets=(NOTES_SHEET,))
            for chunk in read_rows(own, layout=self.layout, columns=(*wanted, *limited)):
                problems = chunk["reader_problem"]
                for name, choices in limited.items():
                    problems = problems.mask(problems.isna() & _is_strange(chunk[name], choices), f"unknown_{name}")
                yield file, chunk.assign(reader_problem=problems)[["source_row", "reader_problem", *wanted]]

    def _refuse_another(self, file: RawFile) -> None:
        mark: str = self.options.mark
        found = header_of(file, layout=_NOTES)[0]
        if found != mark:
            raise SourceChanged(
                id=f"{file.name}: tanda templat di {NOTES_SHEET}!A1 adalah '{harmless(found)}', seharusnya '{mark}'. "
                f"Salin isinya ke templat yang sekarang: tolok template {_table(mark)}.",
                en=f"{file.name}: the template's mark in {NOTES_SHEET}!A1 is '{harmless(found)}', it should be "
                f"'{mark}'. Copy the rows into the present template: tolok template {_table(mark)}.",
            )
        header, expected = header_of(file, layout=self.layout), list(self.options.headings)
        missing = [name for name in expected if name not in header]
        added = [harmless(name) or "(tanpa judul / untitled)" for name in header if name not in expected]
        if missing or added:
            raise SourceChanged(
                id=f"{file.name}: kolom lembar {DATA_SHEET} tidak seperti templat; hilang: {_listed(missing)}; "
                f"tambahan: {_listed(added)}. Kembalikan judul kolomnya, atau salin isinya ke templat baru: tolok "
                f"template {_table(mark)}.",
                en=f"{file.name}: the columns of sheet {DATA_SHEET} are not the template's; missing: "
                f"{_listed(missing)}; added: {_listed(added)}. Restore the headings, or copy the rows into a new "
                f"template: tolok template {_table(mark)}.",
            )


def _is_strange(texts: pd.Series, choices: Sequence[str]) -> pd.Series:
    folded = texts.fillna("").str.split().str.join(" ").str.casefold()
    return (folded != "") & ~folded.isin([choice.casefold() for choice in choices])


def _table(mark: str) -> str:
    return mark.split("-")[1] if mark.count("-") > 1 else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "-"
