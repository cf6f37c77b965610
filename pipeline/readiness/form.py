"""A form that was filled in, from the rows of its sheet or its YAML: every answer, and every word that is not known."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.errors import ConfigError, DataRejected
from connectors.records import RawFile
from pipeline.readiness.answers import Answer, Cited, Form
from pipeline.readiness.form_days import day_of
from pipeline.readiness.problems import Problem, fit_to_show
from pipeline.readiness.questions import QUESTIONS, Question

FORMS = (".xlsx", ".xlsm", ".ods", ".yaml", ".yml")
SHEET = "Jawaban"
REGION, YEAR = "Wilayah / Region", "Tahun / Year"
HEADINGS = {
    "clause": "Klausul / Clause",
    "theme": "No.",
    "asked_id": "Pertanyaan",
    "asked_en": "Question",
    "typical": "Contoh bukti / Typical evidence",
    "answer": "Jawaban / Answer",
    "note": "Catatan / Note",
    "evidence": "Berkas bukti / Evidence files",
    "date": "Tanggal bukti / Date of evidence",
    "valid_until": "Berlaku sampai / Valid until",
    "unit": "Unit penanggung jawab / Responsible unit",
    "tolok": "Bukti Tolok / Tolok's evidence",
}
YES, NO, ACCEPT = "Ya", "Tidak", "Terima"
_WORDS = {**dict.fromkeys(("ya", "y", "yes", "true"), True), **dict.fromkeys(("tidak", "tdk", "t", "no", "n"), False)}
_ACCEPTING = ("terima", "accept")
_NEEDED = ("clause", "theme", "answer", "evidence")
_BY_QUESTION = {(question.clause, str(question.theme)): question for question in QUESTIONS}
_LARGEST_BYTES = 50_000_000
# A comma or semicolon may belong to a name; behind an ending such as .pdf it parts two of them.
_BETWEEN_FILES = re.compile(r"\n|(?:(?<=\.[A-Za-z]{3})|(?<=\.[A-Za-z]{4}))[,;]")
_BETWEEN_DAYS = re.compile(r"[\n,;]")


def read_form(path: Path, *, city_id: str, city_name: str, year: int) -> Form:
    """The answers in a form; `DataRejected` for one that cannot be read or is of another region or year."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        region, of_year, rows = _sheet_rows(path)
    else:
        region, of_year, rows = _yaml_rows(path)
    if region.casefold() not in (city_id.casefold(), city_name.casefold()) or of_year != str(year):
        has = f"'{fit_to_show(region)}' '{fit_to_show(of_year)}'"
        raise DataRejected(
            id=f"{path}: formulir ini untuk wilayah dan tahun {has}, bukan '{city_id}' '{year}'. Isi sel Wilayah dan "
            "Tahun, atau pindahkan berkasnya.",
            en=f"{path}: this form is of region and year {has}, not '{city_id}' '{year}'. Mend its cells of region and "
            "year, or move the file.",
        )
    return _form(rows)


def _form(rows: Sequence[Mapping[str, Any]]) -> Form:
    answers: dict[Question, Answer] = {}
    problems: list[Problem] = []
    for row in rows:
        clause, theme = _text(row.get("clause")), _text(row.get("theme")).removesuffix(".0")
        question = _BY_QUESTION.get((clause, theme))
        if question is None:
            problems.append(Problem("unknown_question", values={"row": f"{clause} {theme}"}))
        elif question in answers:
            problems.append(Problem("answered_twice", question))
        else:
            answers[question] = _answer(row, question, problems)
    return Form({question: answers.get(question, Answer()) for question in QUESTIONS}, tuple(problems))


def _answer(row: Mapping[str, Any], question: Question, problems: list[Problem]) -> Answer:
    word, accepts = _text(row.get("answer")), _text(row.get("tolok"))
    is_yes = _WORDS.get(word.casefold())
    if word and is_yes is None:
        problems.append(Problem("unknown_answer", question, {"word": fit_to_show(word)}))
    if accepts and accepts.casefold() not in _ACCEPTING:
        problems.append(Problem("unknown_suggestion_word", question, {"word": fit_to_show(accepts)}))
    return Answer(
        is_yes,
        note=_text(row.get("note")),
        cited=tuple(_cited(row, question, problems)),
        unit=_text(row.get("unit")),
        takes_suggestion=accepts.casefold() in _ACCEPTING,
    )


def _cited(row: Mapping[str, Any], question: Question, problems: list[Problem]) -> Iterator[Cited]:
    """The files of an answer; one day stands for all of them, else each line for the file of the same line."""
    names = _parts(row.get("evidence"), _BETWEEN_FILES)
    days = {}
    for name in ("date", "valid_until"):
        given = _days(row.get(name), question, problems)
        if len(given) not in (0, 1, len(names)):
            problems.append(Problem("dates_do_not_pair", question, {"files": len(names), "dates": len(given)}))
            given = []
        days[name] = given * len(names) if len(given) == 1 else given or [None] * len(names)
    for name, dated, until in zip(names, days["date"], days["valid_until"], strict=True):
        if dated and until and until < dated:
            told = {"file": name, "until": until, "dated": dated}
            problems.append(Problem("valid_until_before_date", question, told))
        yield Cited(name, dated, until)


def _days(cell: Any, question: Question, problems: list[Problem]) -> list[Any]:  # noqa: ANN401 whatever a cell holds
    """The days of a cell, null for a line that is a dash or is not known."""
    found = []
    for value in _parts(cell, _BETWEEN_DAYS) if isinstance(cell, str) else [] if cell is None else [cell]:
        day = day_of(value)
        if day is None and value != "-":
            problems.append(Problem("unreadable_date", question, {"word": fit_to_show(str(value))}))
        found.append(day)
    return found


def _parts(cell: Any, between: re.Pattern[str]) -> list[str]:  # noqa: ANN401 whatever a cell holds
    return [part for part in map(str.strip, between.split(_text(cell))) if part]


def _text(cell: Any) -> str:  # noqa: ANN401 whatever a cell holds
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _sheet_rows(path: Path) -> tuple[str, str, list[dict[str, Any]]]:
    """Region, year and the filled rows of a workbook."""
    cells = _cells(path)
    place = next((place for place, row in enumerate(cells) if HEADINGS["clause"] in map(_text, row)), None)
    titles = list(map(_text, cells[place])) if place is not None else []
    if place is None or any(HEADINGS[name] not in titles for name in _NEEDED):
        raise _unreadable(path, f"'{HEADINGS['clause']}'", f"'{HEADINGS['clause']}'")
    columns = {name: titles.index(title) for name, title in HEADINGS.items() if title in titles}
    rows = [{name: row[column] for name, column in columns.items()} for row in cells[place + 1 :]]
    above = cells[:place]
    return _beside(above, REGION), _beside(above, YEAR), [row for row in rows if _text(row["clause"] or row["theme"])]


def _cells(path: Path) -> list[list[Any]]:
    from python_calamine import CalamineError

    from connectors.workbooks import open_workbook, told, uncomputed

    file = RawFile(path, path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST_BYTES:
                raise _unreadable(path, "berkasnya terlalu besar", "the file is too large")
        workbook = open_workbook(file)
        sheet = workbook.sheet(SHEET)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError):
        raise _unreadable(path, f"lembar '{SHEET}' tidak terbaca", f"no readable sheet '{SHEET}'") from None
    marks = (workbook.marks or {}).get(SHEET)
    if marks and (cell := marks.first_uncomputed):
        raise uncomputed(file, cell)
    with told(file):
        return sheet.to_python(skip_empty_area=False)


def _beside(rows: Sequence[Sequence[Any]], title: str) -> str:
    """The first filled cell to the right of a title."""
    for row in rows:
        if title in map(_text, row):
            after = list(map(_text, row))[list(map(_text, row)).index(title) + 1 :]
            return next(filter(None, after), "")
    return ""


def _yaml_rows(path: Path) -> tuple[str, str, list[dict[str, Any]]]:
    """Region, year and an entry for each question of a YAML form."""
    from pydantic import ValidationError

    from pipeline.config.problems import explain
    from pipeline.readiness.form_yaml import YamlForm
    from pipeline.settings_yaml import read_settings

    try:
        form = YamlForm.model_validate(read_settings(path))
    except (ValidationError, ConfigError) as error:
        fault = explain(path, error) if isinstance(error, ValidationError) else error
        raise DataRejected(id=fault.id, en=fault.en) from None
    return form.region, form.year, list(form.rows())


def _unreadable(path: Path, wrong_id: str, wrong_en: str) -> DataRejected:
    return DataRejected(
        id=f"{path}: formulir tidak dapat dibaca ({wrong_id}). Salin jawabannya ke formulir baru dari: tolok template "
        "readiness",
        en=f"{path}: the form cannot be read ({wrong_en}). Copy its answers into a new one from: tolok template "
        "readiness",
    )
