"""Where Tolok itself is evidence: its results (5), their validation (7 and 8) and its dated report (9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.language import LANGUAGES, Language
from pipeline.readiness.assessment import Suggestion
from pipeline.readiness.questions import QUESTIONS, Question
from pipeline.warehouse import OwnResult

MESSAGES = {
    5: "Tolok manages this indicator: result {period}, version {version}, computed on {day}",
    7: "Tolok watches results and how they change: {rules} rules and signs, {unmet} of them broken, in the run of "
    "result {period}, version {version}",
    8: "Tolok validates the data: {rules} rules for them, {unmet} broken, in the run of result {period}, version "
    "{version}",
    9: "Tolok's report on {period}, dated {day}",
}


def suggestions(
    own: Mapping[str, OwnResult], *, city_id: str, page: Path, zone: ZoneInfo
) -> dict[Question, Suggestion]:
    """Tolok's evidence for each question that it has any for; `page` is the report, which theme 9 needs."""
    found = {}
    for question in QUESTIONS:
        result = own.get(question.indicator_id)
        if result is None or result.status in ("not_computable", "altered") or question.theme not in MESSAGES:
            continue
        rules, _ = _rules(result, question)
        has_it = {5: True, 7: rules > 0, 8: rules > 0, 9: page.is_file()}
        if has_it[question.theme]:
            day = result.computed_at.astimezone(zone).date()
            pointer = f"tolok explain {city_id} {result.period} {question.clause}"
            if question.theme == 9:
                pointer = f"reports/{city_id}/{page.name}"
            in_id, in_en = (_text(Language(code), question, result, day) for code in LANGUAGES)
            found[question] = Suggestion(in_id, in_en, pointer, result.inputs_sha256, day)
    return found


def _text(language: Language, question: Question, result: OwnResult, day: date) -> str:
    rules, unmet = _rules(result, question)
    return language(
        MESSAGES[question.theme],
        period=result.period,
        version=result.version,
        day=language.day(day),
        rules=rules,
        unmet=unmet,
    )


def _rules(result: OwnResult, question: Question) -> tuple[int, int]:
    """Rules that were validated and those broken: for the quality of data those of the indicator's own tables."""
    of_data = {question.definition.table, *question.definition.also_reads}
    counts = [count for subject, count in result.rules.items() if question.theme != 8 or subject in of_data]
    return sum(all_count for all_count, _ in counts), sum(unmet_count for _, unmet_count in counts)
