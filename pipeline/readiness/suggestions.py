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
    7: "Tolok watches this indicator: {rules} rules were held against its data, {unmet} were broken; result {period}, "
    "version {version}",
    8: "Tolok validates the data: {rules} rules, {unmet} broken, in the run that computed result {period}, version "
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
        if result is None or question.theme not in MESSAGES:
            continue
        has_it = {7: result.rules_count > 0, 8: result.rules_count > 0, 9: page.is_file()}
        if has_it.get(question.theme, True):
            day = result.computed_at.astimezone(zone).date()
            pointer = f"tolok explain {city_id} {result.period} {question.clause}"
            if question.theme == 9:
                pointer = f"reports/{city_id}/{page.name}"
            in_id, in_en = (_text(Language(code), question.theme, result, day) for code in LANGUAGES)
            found[question] = Suggestion(in_id, in_en, pointer, result.inputs_sha256, day)
    return found


def _text(language: Language, theme: int, result: OwnResult, day: date) -> str:
    return language(
        MESSAGES[theme],
        period=result.period,
        version=result.version,
        day=language.day(day),
        rules=result.rules_count,
        unmet=result.unmet_count,
    )
