"""Five short answers about a value: is it good, better than last year, why, compared with whom, can it be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isclose
from typing import TYPE_CHECKING, Literal

from pipeline.language import Language
from pipeline.periods import Period
from pipeline.report.words import counted_as, reason_text
from pipeline.tables import OUTSIDE

if TYPE_CHECKING:
    from pipeline.warehouse import CityView, Part, ResultView

Tone = Literal["good", "bad", "neutral"]
# How many times an even share the largest part of many must be.
_STANDS_OUT_TIMES = 1.3
_LONGEST_NAME = 100
QUESTIONS = ("Is it good?", "Better than last year?", "Why?", "Compared with whom?", "Can it be trusted?")


@dataclass(frozen=True)
class Progress:
    """A value beside the same period a year before and beside its target; null where there is nothing to compare.

    `change` is the value minus that of the year before, in the unit, `change_pct` in percent of it; `distance` is the
    value minus the target. `is_better` is null for no change. `is_same_method` tells whether both years were measured
    by the same written rule.
    """

    before: ResultView | None = None
    change: float | None = None
    change_pct: float | None = None
    is_better: bool | None = None
    is_same_method: bool = True
    distance: float | None = None
    is_good: bool | None = None


@dataclass(frozen=True)
class Answer:
    """A question and the sentence that answers it, in one language; `tone` says whether it is good news."""

    question: str
    text: str
    tone: Tone


@dataclass(frozen=True)
class Contribution:
    """How much a member of a breakdown adds to the value, or to its change since the year before, in the unit."""

    dimension: str
    member: Part
    amount: float
    is_of_change: bool
    members_count: int


def progress(view: CityView, result: ResultView) -> Progress:
    """The result beside the year before and its target."""
    definition = result.definition
    before = view.result(result.indicator_id, Period.parse(result.period).year_before.label)
    if before is not None and (before.value is None or cities_of(before) != cities_of(result)):
        before = None
    if result.value is None or definition is None:
        return Progress(before=before)
    change = None if before is None or before.value is None else difference(result.value, before.value)
    is_same = before is None or before.method_version == result.method_version
    return Progress(
        before=before,
        change=change,
        change_pct=100 * change / before.value if change is not None and before and before.value else None,
        is_better=(change > 0) == (definition.better == "higher") if change else None,
        is_same_method=is_same,
        distance=difference(result.value, result.target.target_value) if result.target else None,
        is_good=is_met(result),
    )


def contribution(view: CityView, result: ResultView) -> Contribution | None:
    """The member that explains most: of the change since the year before where that can be told, else of the value.

    Only a breakdown whose members add up to the whole tells; each adds its own numerator over the whole denominator.
    """
    before = progress(view, result).before
    dimensions = ("city",) if view.parts else result.definition.explained_by if result.definition else ()
    for dimension in dimensions:
        members = result.breakdowns.get(dimension, ())
        if len(members) < 2 or not is_whole(result, members):
            continue
        now = amounts(result, members)
        earlier = before.breakdowns.get(dimension, ()) if before else ()
        # A year's months have other names than those of the year before.
        is_alike = dimension != "month" and before is not None and is_whole(before, earlier)
        if before and is_alike and difference(result.value or 0, before.value or 0):
            then = amounts(before, earlier)
            changes = {name: now.get(name, 0) - then.get(name, 0) for name in {*now, *then}}
            sign = 1 if (result.value or 0) > (before.value or 0) else -1
            name = max(sorted(changes), key=lambda one: sign * changes[one])
            by_name = {part.name: part for part in (*earlier, *members)}
            return Contribution(dimension, by_name[name], changes[name], is_of_change=True, members_count=len(changes))
        largest = max(members, key=lambda part: now[part.name])
        return Contribution(dimension, largest, now[largest.name], is_of_change=False, members_count=len(members))
    return None


def answers(
    view: CityView, result: ResultView, *, language: Language, others: Mapping[str, ResultView] | None = None
) -> tuple[Answer, ...]:
    """What a mayor asks of a result, in the order of `QUESTIONS`, answered in plain sentences.

    `others` are the results of the same indicator and period of other cities, by the cities' names.
    """
    compared = progress(view, result)
    better = _is_better(view, result, compared, language)
    told: tuple[tuple[str, Tone], ...] = (
        _so_far(_is_good(result, compared, language), result, language),
        _so_far(better, result, language) if compared.change is not None else better,
        (_why(view, result, language), "neutral"),
        (_beside(view, result, others or {}, language), "neutral"),
        _trust(result, language),
    )
    return tuple(Answer(language(asked), *answer) for asked, answer in zip(QUESTIONS, told, strict=True))


def value_text(value: float | None, result: ResultView, language: Language) -> str:
    """A value with its unit."""
    return with_unit(value, result.unit, language)


def quotient_text(result: ResultView, language: Language) -> str:
    """Numerator and denominator to be divided again by hand, scale included, such as `33 : 60 × 100`."""
    scale = result.definition.scale if result.definition and result.value is not None else 1
    return language.quotient(result.numerator, result.denominator, scale=scale)


def change_text(compared: Progress, result: ResultView, language: Language) -> str:
    """The change since the year before in the unit, and in percent of it unless the value is a share itself."""
    if compared.change is None:
        return language.number(None)
    change = difference_text(compared.change, result, language)
    if result.unit == "%" or compared.change_pct is None:
        return change
    return f"{change}, {_sign(compared.change_pct)}{language.percent(abs(compared.change_pct))}"


def difference_text(amount: float, result: ResultView, language: Language) -> str:
    """A difference of two values with its sign and unit; of two shares in percentage points."""
    return _sign(amount) + with_unit(abs(amount), _unit_of_difference(result), language)


def with_unit(value: float | None, unit: str, language: Language) -> str:
    """A value with a unit, such as `2,28 hari`; a dash alone for none."""
    return f"{language.number(value)} {language(unit)}" if value is not None else language.number(None)


def _sign(amount: float) -> str:
    return "+" if amount > 0 else "−" if amount < 0 else ""


def _unit_of_difference(result: ResultView) -> str:
    return "percentage points" if result.unit == "%" else result.unit


def _so_far(answer: tuple[str, Tone], result: ResultView, t: Language) -> tuple[str, Tone]:
    """An answer as it is; of a provisional value neither good nor bad news yet, and said to be provisional."""
    if result.status != "provisional":
        return answer
    return t("Provisional. {told}", told=answer[0]), "neutral"


def _is_good(result: ResultView, compared: Progress, t: Language) -> tuple[str, Tone]:
    if result.value is None:
        return t("No value: {reason}.", reason=t.of_both(result.reason or "?")), "neutral"
    value, target = value_text(result.value, result, t), result.target
    if target is None:
        return t("{value}. No target is set for this period.", value=value), "neutral"
    said = {"value": value, "target": value_text(target.target_value, result, t), "source": target.source}
    gap = with_unit(abs(compared.distance or 0), _unit_of_difference(result), t)
    at_least = target.direction == "at_least"
    if compared.is_good:
        text = t("Yes: {value}; the target is at least {target} ({source}).", **said)
        return text if at_least else t("Yes: {value}; the target is at most {target} ({source}).", **said), "good"
    if at_least:
        return t("Not yet: {value}, {gap} below the target of {target} ({source}).", gap=gap, **said), "bad"
    return t("Not yet: {value}, {gap} above the target of {target} ({source}).", gap=gap, **said), "bad"


def _is_better(view: CityView, result: ResultView, compared: Progress, t: Language) -> tuple[str, Tone]:
    before = compared.before
    if result.value is None or before is None or compared.change is None:
        earlier = Period.parse(result.period).year_before.label
        if view.result(result.indicator_id, earlier) and cities_of(result):
            return t(
                "Not comparable: in {period} not the same cities had a value.", period=t.period(earlier)
            ), "neutral"
        return t("There is no value for {period} to compare with.", period=t.period(earlier)), "neutral"
    said = {
        "before": value_text(before.value, result, t),
        "period": t.period(before.period),
        "change": change_text(compared, result, t),
    }
    tone: Tone
    if compared.is_better is None:
        text, tone = t("The same: {before} in {period}.", **said), "neutral"
    elif compared.is_better:
        text, tone = t("Better: {before} in {period} ({change}).", **said), "good"
    else:
        text, tone = t("Worse: {before} in {period} ({change}).", **said), "bad"
    if not compared.is_same_method:
        text += " " + t(
            "The method changed from {then} to {now}: compare with care.",
            then=before.method_version,
            now=result.method_version,
        )
    if before.status == "provisional":
        text += " " + t("The earlier value is provisional.")
    return text, tone


def _why(view: CityView, result: ResultView, t: Language) -> str:
    if result.value is None:
        return t("There is no value to explain.")
    found = contribution(view, result)
    if found is None:
        return t("The records do not tell: there is no breakdown whose members add up to the value.")
    own = value_text(found.member.value, result, t)
    member = member_text(found.dimension, found.member.name, t, view.parts)
    named = member if found.dimension == "city" else f"{t.label(found.dimension)} {member}"
    if found.is_of_change:
        change = difference_text(found.amount, result, t)
        return t("Most of the change comes from {member}: {change}.", change=change, member=named)
    if not result.value:
        return t("The value is zero, so no part of it is the largest.")
    share = t.percent(100 * found.amount / result.value)
    if found.amount / result.value < _STANDS_OUT_TIMES / found.members_count:
        count = t.number(found.members_count)
        return t(
            "No {dimension} of {count} stands out; the largest, {member}, has {share}.",
            share=share,
            count=count,
            dimension=t.label(found.dimension),
            member=member,
        )
    if result.definition and result.definition.is_sum:
        return t("The largest part comes from {member}: {share} of the value.", share=share, member=named)
    return t(
        "The largest part comes from {member}: {share} of the value, {own} by itself.",
        share=share,
        own=own,
        member=named,
    )


def member_text(dimension: str, member: str, t: Language, cities: Mapping[str, str] | None = None) -> str:
    """What a member of a breakdown is called: a month or city by its name, a word of ours by its label; cut if long.

    `cities` are the names of a province's by id.
    """
    if dimension == "city":
        return (cities or {}).get(member, member)
    if dimension == "month":
        return t.period(member)
    if dimension == "visit_definition":
        member = counted_as(member, t)
    if dimension in {"audience", "planned", "visit_definition"}:
        return t.label(member)
    return member if len(member) <= _LONGEST_NAME else f"{member[: _LONGEST_NAME - 1]}…"


def _beside(view: CityView, result: ResultView, others: Mapping[str, ResultView], t: Language) -> str:
    known = {name: one for name, one in others.items() if one.value is not None}
    if view.parts:
        return _parts_compared(view, result, t)
    if result.value is None or not known or result.definition is None:
        return t("No other city has a value for this period here.")
    is_higher_better = result.definition.better == "higher"
    ranked = sorted(known.items(), key=lambda item: (item[1].value or 0, item[0]), reverse=is_higher_better)
    ahead = [one for _, one in ranked if _is_ahead(one.value, result.value, is_higher_better=is_higher_better)]
    name, best = ranked[0]
    return t(
        "Place {place} of {count} cities; the best of the others is {name} with {value}.",
        place=len(ahead) + 1,
        count=len(known) + 1,
        name=name,
        value=_marked(best.value, best.status, result, t),
    ) + _provisional_count([result.status, *(one.status for one in known.values())], t)


def _parts_compared(view: CityView, result: ResultView, t: Language) -> str:
    members = [part for part in result.breakdowns.get("city", ()) if part.value is not None]
    if not members or result.definition is None:
        return t("No city of it has a value for this period.")
    ordered = sorted(members, key=lambda part: (part.value or 0, part.name))
    best, last = (ordered[-1], ordered[0]) if result.definition.better == "higher" else (ordered[0], ordered[-1])
    return t(
        "Of its {count} cities the best is {best} with {value}, the last {last} with {other}.",
        count=len(members),
        best=view.parts.get(best.name, best.name),
        value=_marked(best.value, best.status, result, t),
        last=view.parts.get(last.name, last.name),
        other=_marked(last.value, last.status, result, t),
    ) + _provisional_count([one.status for one in members], t)


def _marked(value: float | None, status: str | None, result: ResultView, t: Language) -> str:
    """A value with its unit, and its mark while it is provisional."""
    mark = f" ({t('provisional')})" if status == "provisional" else ""
    return value_text(value, result, t) + mark


def _provisional_count(statuses: Sequence[str | None], t: Language) -> str:
    """How many of some values are provisional; nothing where none is."""
    count = statuses.count("provisional")
    return " " + t("Provisional: {count} of {all} values.", count=count, all=len(statuses)) if count else ""


def _trust(result: ResultView, t: Language) -> tuple[str, Tone]:
    if result.status in ("not_computable", "altered"):
        return t("There is no value to trust."), "neutral"
    said = {
        "coverage": t.percent(result.coverage_pct),
        "used": t.number(result.rows_used),
        "read": t.number(rows_of_period(result)),
        "files": t.number(len(result.files)),
    }
    if result.status == "final":
        return t("Final: {coverage} covered, {used} of {read} rows of the period used; files: {files}.", **said), "good"
    held = [reason for reason in result.reasons if reason.keeps_provisional]
    first = reason_text(held[0], result, t) if held else t.of_both(result.reason or "?")
    if len(held) > 1:
        return (
            t("Not final yet: {reason}, and {count} more.", reason=first, count=t.number(len(held) - 1)),
            "bad",
        )
    return t("Not final yet: {reason}.", reason=first), "bad"


def rows_of_period(result: ResultView) -> int:
    """The rows read that belong to the period, without those of other times that its files hold besides."""
    return result.rows_read - result.excluded.get(OUTSIDE, 0)


def cities_of(result: ResultView) -> frozenset[str]:
    """The cities that a province's figure is made of; sums over other cities do not compare."""
    return frozenset(part.name for part in result.breakdowns.get("city", ()) if part.value is not None)


def is_met(result: ResultView) -> bool | None:
    """Whether the value is on the good side of its target, or equals it; null without either."""
    if result.target is None or result.value is None:
        return None
    distance = difference(result.value, result.target.target_value)
    return distance >= 0 if result.target.direction == "at_least" else distance <= 0


def difference(value: float, other: float) -> float:
    """The value minus another, 0 where they differ by no more than rounding: 57 of 100 is 56.99999999999999 %."""
    return 0.0 if isclose(value, other, rel_tol=1e-9, abs_tol=1e-12) else value - other


def _is_ahead(value: float | None, own: float, *, is_higher_better: bool) -> bool:
    ahead = 0.0 if value is None else difference(value, own)
    return ahead > 0 if is_higher_better else ahead < 0


def is_whole(result: ResultView, members: Sequence[Part]) -> bool:
    """Whether the members' numerators add up to the result's, those without any left out."""
    if result.numerator is None or all(part.numerator is None for part in members):
        return False
    return isclose(fsum(part.numerator or 0 for part in members), result.numerator, rel_tol=1e-6, abs_tol=1e-9)


def amounts(result: ResultView, members: Sequence[Part]) -> dict[str, float]:
    """What each member adds to the value, in its unit; these add up to it."""
    scale = result.definition.scale if result.definition else 1
    whole = result.denominator or 1
    return {part.name: (part.numerator or 0) / whole * scale for part in members}
