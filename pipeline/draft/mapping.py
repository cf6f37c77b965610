"""The settings of each clean column of a draft, with the counts behind them and the questions left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.answers import UNANSWERED
from pipeline.draft.columns import Match, RawColumn
from pipeline.draft.questions import question
from pipeline.draft.value_maps import exclusions, value_map
from pipeline.draft.words import folded, known_words, tidy
from pipeline.tables import TABLES, Column

# Required columns that the cleaning of their table fills in.
FILLED_IN = {"days_count", "portal_id", "visit_definition", "source_tool", "variant", "source", "is_online_applicable"}
_SURE = 9.0


@dataclass
class Noted:
    """A setting with the comments that stand above it."""

    value: Any
    comments: list[str] = field(default_factory=list)


def column_settings(matches: Mapping[str, Match], *, table: str, city_name: str = "") -> dict[str, Noted]:
    """The mapping of every clean column that was found, and a question for each required one that was not."""
    settings: dict[str, Noted] = {}
    for column in TABLES[table].columns:
        if column.name in matches:
            settings[column.name] = _setting(matches[column.name], column, city_name)
        elif column.is_required and column.name not in FILLED_IN:
            settings[column.name] = Noted(UNANSWERED, [question("column", hint=meaning(column))])
        elif column.name == "is_online_applicable" and "is_requestable_online" in matches:
            applicable = _applicable(matches["is_requestable_online"])
            settings |= {column.name: applicable} if applicable else {}
    return settings


def exclusion_settings(
    matches: Mapping[str, Match], *, table: str, totals: Sequence[tuple[str, str]]
) -> dict[str, Noted]:
    """Named rules whose words stand among the values of a column, with their counts; rows of totals first."""
    found: dict[str, Noted] = {}
    for name in dict.fromkeys(name for name, _ in totals):
        beginnings = [text for column, text in totals if column == name]
        said = "baris jumlah / rows that add up others"
        found.setdefault("grand_total", Noted({"column": name, "values": beginnings}, [said]))
    for rule, raw, texts in exclusions(matches, allowed=TABLES[table].exclusions):
        counts = ", ".join(f"{text} {count}" for text, count in texts.items())
        found.setdefault(rule, Noted({"column": raw.name, "values": list(texts)}, [counts]))
    return found


def _setting(match: Match, column: Column, city_name: str) -> Noted:
    raw = match.raw
    if match.rivals:
        noted = _end_or_duration(match)
    elif column.is_time:
        noted = _duration(match) if match.is_duration else _time(match)
    elif column.kind == "count":
        noted = _count(match)
    elif column.name == "region_code":
        noted = _region(raw, city_name)
    else:
        noted = _text(match, column)
    if raw.nulls and noted.value != UNANSWERED:
        noted.value = {**_as_map(noted.value), "nulls": list(raw.nulls)}
        noted.comments.append(
            "dianggap kosong / taken as blank: " + ", ".join(f"{t} {n}" for t, n in raw.nulls.items())
        )
    why = f"{meaning(column)}; '{raw.name}'"
    why += f" + '{match.hour.name}'" if match.hour else ""
    why += f"; {raw.blank_count} dari / of {raw.rows_count} kosong / blank" if raw.blank_count else ""
    noted.comments.insert(0, why if match.score >= _SURE else f"{why}; periksa / check")
    return noted


def meaning(column: Column) -> str:
    """What a clean column holds, in both languages."""
    return " / ".join(filter(None, (known_words()["meanings"].get(column.name), column.note)))


def _as_map(value: Any) -> dict[str, Any]:  # noqa: ANN401 a setting of the YAML
    return dict(value) if isinstance(value, dict) else {"column": value}


def _time(match: Match) -> Noted:
    raw, dates = match.raw, match.raw.dates
    if dates is None:
        return Noted(raw.name)
    if match.hour is not None:
        return _day_and_hour(match)
    comments = list(dates.evidence)
    if dates.has_offset:
        comments.append(
            "jamnya membawa selisih (Z, +07:00); bila Z itu palsu, tulis Z sebagai huruf di 'format' / its times carry "
            "an offset; if the Z is false, write Z as a letter in 'format'"
        )
    if dates.grain == "year":
        return Noted({"column": raw.name, "suffix": UNANSWERED, "format": "%Y-%m-%d"}, [*comments, question("suffix")])
    if dates.is_open:
        choices = " | ".join(_listed(choice) for choice in dates.choices) or ", ".join(dates.formats)
        return Noted({"column": raw.name, "format": UNANSWERED}, [*comments, question("format", hint=choices)])
    if dates.may_be_swapped:
        value = {"column": raw.name, "format": _one_or_all(dates.formats), "swapped_by_excel": UNANSWERED}
        return Noted(value, [*comments, question("swapped_by_excel")])
    if dates.formats:
        return Noted({"column": raw.name, "format": _one_or_all(dates.formats)}, comments)
    return Noted(raw.name, comments)


def _day_and_hour(match: Match) -> Noted:
    """A day and an hour from two columns, as the reader joins them with a space."""
    day, hour = match.raw.dates, match.hour
    if day is None or hour is None:
        return Noted(match.raw.name)
    column = [match.raw.name, hour.name]
    if day.choices:
        comments = [*day.evidence, question("format", hint=" | ".join(_listed(choice) for choice in day.choices))]
        return Noted({"column": column, "format": UNANSWERED}, comments)
    days = [form.removesuffix("T%H:%M:%S") for form in day.formats] or ["%Y-%m-%d"]
    clocks = sorted({_clock_form(text) for text in hour.texts.head(1000)})
    forms = [f"{one} {clock}" for one in days for clock in clocks]
    return Noted({"column": column, "format": _one_or_all(forms)}, list(day.evidence))


def _clock_form(text: str) -> str:
    mark = "." if "." in text and ":" not in text else ":"
    return mark.join(["%H", "%M", "%S"][: text.count(mark) + 1])


def _duration(match: Match) -> Noted:
    said = set(tidy(match.raw.name).split())
    units = [unit for unit, words in known_words()["units"].items() if said & set(words)]
    value = {"column": match.raw.name, "after": "started_at", "unit": units[0] if len(units) == 1 else UNANSWERED}
    noted, numbers = Noted(value, [] if len(units) == 1 else [question("unit")]), match.raw.numbers
    if numbers is not None and numbers.is_open:
        value["thousands"] = UNANSWERED
        noted.comments += [*numbers.evidence, question("thousands")]
    elif numbers is not None:
        marks = {"thousands": numbers.thousands, "decimal": numbers.decimal}
        value |= {key: mark for key, mark in marks.items() if mark}
        noted.comments += numbers.evidence
    return noted


def _end_or_duration(match: Match) -> Noted:
    """A question where one column tells how long and others may tell until when."""
    by_length = _duration(match)
    length = ", ".join(f"{key}: {value}" for key, value in by_length.value.items())
    hint = " | ".join([*(raw.name for raw in match.rivals), f"{{{length}}}"])
    return Noted(UNANSWERED, [*by_length.comments, question("end", hint=hint)])


def _count(match: Match) -> Noted:
    raw, numbers = match.raw, match.raw.numbers
    if numbers is None:
        return Noted(raw.name)
    if numbers.is_open:
        return Noted({"column": raw.name, "thousands": UNANSWERED}, [*numbers.evidence, question("thousands")])
    marks = {"thousands": numbers.thousands, "decimal": numbers.decimal}
    given = {key: mark for key, mark in marks.items() if mark}
    return Noted({"column": raw.name, **given} if given else raw.name, list(numbers.evidence))


def _region(raw: RawColumn, city_name: str) -> Noted:
    """A code, or a name whose code only a person knows; the names of places are no personal values."""
    if raw.texts.str.fullmatch(r"[\d.]+").mean() > 0.5:
        dotted = int(raw.texts.str.contains(".", regex=False).sum())
        said = (
            f"{dotted} dari / of {len(raw.texts)} kode bertitik (cara Kemendagri) / codes have points (as Kemendagri)"
        )
        return Noted(raw.name, [said])
    own = [text for text in raw.texts.drop_duplicates() if city_name and folded(text) == folded(city_name)]
    hint = "kode wilayah untuk nama kota / the region code of the city's name"
    values = {own[0] if own else UNANSWERED: UNANSWERED}
    return Noted({"column": raw.name, "values": values, "otherwise": "other"}, [question("values", hint=hint)])


def _text(match: Match, column: Column) -> Noted:
    found = value_map(match, kind=column.kind)
    if found is None:
        return Noted(match.raw.name)
    known = {"true", "false"}
    if column.kind == "flag" and {folded(text) for text in found.values} <= known:
        return Noted(match.raw.name, [found.listed])
    noted = Noted({"column": match.raw.name, "values": {t: v or UNANSWERED for t, v in found.values.items()}})
    noted.comments.append(found.listed)
    if None in found.values.values():
        noted.comments.append(question("values", hint=", ".join(column.allowed) or "true, false"))
    if column.kind == "flag" and column.is_required and match.raw.blank_count:
        noted.value["default"] = UNANSWERED
        hint = f"default untuk {match.raw.blank_count} sel kosong / for the blank cells: true, false"
        noted.comments.append(question("values", hint=hint))
    return noted


def _applicable(requestable: Match) -> Noted | None:
    """Whether a service could be online at all, from the texts that say it is not applicable."""
    absent = known_words()["values"]["not_applicable"]
    texts = [text for text in requestable.raw.texts.drop_duplicates() if folded(text) in absent]
    if not texts:
        return None
    counts = ", ".join(f"{text} {int(requestable.raw.counts[folded(text)])}" for text in texts)
    value = {"column": requestable.raw.name, "values": dict.fromkeys(texts, "false"), "otherwise": "true"}
    return Noted(value, [f"tidak berlaku / not applicable: {counts}"])


def _listed(forms: Sequence[str]) -> str:
    return forms[0] if len(forms) == 1 else "[" + ", ".join(forms) + "]"


def _one_or_all(forms: Sequence[str]) -> str | list[str]:
    return forms[0] if len(forms) == 1 else list(forms)
