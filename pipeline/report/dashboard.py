"""A city's dashboard: one page that answers what a mayor asks of each value, in a year that the reader chooses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.indicators.definition import Definition, definitions
from pipeline.indicators.themes import THEMES
from pipeline.language import Language
from pipeline.language.language import CATALOGUES
from pipeline.periods import Period
from pipeline.report import charts
from pipeline.report.answers import (
    Answer,
    Progress,
    answers,
    cities_of,
    difference_text,
    is_whole,
    member_text,
    progress,
    quotient_text,
    rows_of_period,
    value_text,
    with_unit,
)
from pipeline.report.unseen import drawn
from pipeline.warehouse import CityView, Part, ResultView

TEMPLATE, STYLE, SCRIPT = "dashboard.html.j2", "dashboard.css.j2", "dashboard.js"
SHOWN_MEMBERS, SHOWN_FILES, SHOWN_CITIES = 5, 6, 7
_ROOM = Path(__file__).parent
# Breakdowns that another panel shows.
_SHOWN_ELSEWHERE = frozenset({"month"})


@dataclass(frozen=True)
class Choice:
    """A calendar year that can be chosen, by the period that stands for it: itself, else the latest part of it."""

    mark: str
    year: int
    period: str
    is_first_shown: bool = False


@dataclass(frozen=True)
class Row:
    """A line of a table: a name, a value as it is written, how long its bar is in percent, and what else there is."""

    name: str
    value: str
    width: int | None = None
    share: str = ""
    note: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class Breakdown:
    """Members of a dimension by what they add to the value, beside the whole, whose place on the bars is `whole_at`."""

    dimension: str
    rows: tuple[Row, ...]
    whole_at: int | None
    has_shares: bool


@dataclass(frozen=True)
class Month:
    """A month of a chosen year: a result of its own, or, with no version, a member of the year's breakdown."""

    period: Period
    value: float | None
    status: str
    version: int | None = None
    target: float | None = None
    made_of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Panel:
    """An indicator in one chosen period."""

    choice: Choice
    result: ResultView
    answers: tuple[Answer, ...]
    progress: Progress
    months: tuple[Month, ...] = ()
    month_chart: Markup | None = None
    variants: tuple[Row, ...] = ()
    unknown_variants: tuple[tuple[str, tuple[str, ...]], ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    beside: tuple[Row, ...] = ()
    audit: str | None = None


@dataclass(frozen=True)
class Chapter:
    """An indicator with its trend over the years and a panel for each chosen period that has a result."""

    definition: Definition
    unit: str
    years: tuple[ResultView, ...]
    trend: Markup | None
    panels: tuple[Panel, ...]

    @property
    def has_picture(self) -> bool:
        """Whether there is a chart of any kind."""
        return self.trend is not None or any(panel.month_chart for panel in self.panels)


@dataclass(frozen=True)
class Dashboard:
    """What a page shows of a city, or of a province of cities, beside others, in one language.

    `audit` are the periods that have a page of results, in `audit_folder`; `links` lead to other pages beside this one.
    """

    view: CityView
    language: Language
    others: tuple[CityView, ...] = ()
    audit: frozenset[str] = frozenset()
    audit_folder: str = ""
    links: tuple[tuple[str, str], ...] = ()

    def html(self) -> str:
        """The page: self-contained, the same bytes for the same input."""
        return rendered(
            TEMPLATE,
            language=self.language,
            choices=self.choices,
            inputs=self.inputs,
            title=self.language("{city}: how our digital government is doing", city=self.view.city.name),
            heading=self.view.city.name,
            subtitle=self._subtitle(),
            links=[(self.language(text), href) for text, href in self.links],
            view=self.view,
            chapters=self.chapters,
            others=self.others,
            local=self._local,
            quotient=quotient_text,
            readiness={check.year: check for check in self.view.readiness},
        )

    def _subtitle(self) -> str:
        """When it was computed, and of a province of how many cities it is made."""
        told = []
        if self.view.parts:
            told.append(self.language("A sum of {count} cities.", count=len(self.view.parts)))
        if computed := [one.computed_at for one in self.view.results if one.computed_at]:
            moment = self.language.moment(self._local(max(computed)))
            told.append(self.language("Last computed {moment}.", moment=moment))
        return " ".join(told)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.view.city.zone))

    @cached_property
    def inputs(self) -> str:
        """A hash of everything the page is made of; two pages of the same hash are the same."""
        shown = {choice.period for choice in self.choices}
        beside = [
            (other.city.name, [(one.key, one.value, one.status) for one in other.results if one.period in shown])
            for other in self.others
        ]
        links = sorted(self.audit), self.audit_folder, self.links
        told = (self.view, beside, links, self.language.code, own_hash())
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The years that can be chosen, the latest first."""
        return choices(self.view.periods)

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """The indicators that this version defines and that have a result, in the order of their clauses."""
        known = {result.indicator_id for result in self.view.results}
        return tuple(self._chapter(one) for one in definitions().values() if one.id in known)

    def _chapter(self, definition: Definition) -> Chapter:
        found = [(one, self.view.result(definition.id, one.period)) for one in self.choices]
        years = tuple(result for choice, result in reversed(found) if result and Period.parse(choice.period).is_year)
        months = {choice.year: tuple(self._months(definition, choice)) for choice in self.choices}
        top = max((month.value or 0 for of_year in months.values() for month in of_year), default=0)
        panels = [self._panel(choice, result, months, top=top) for choice, result in found if result]
        unit = self.language(definition.unit)
        return Chapter(definition, unit, years, self._trend(definition, years, unit), tuple(panels))

    def _trend(self, definition: Definition, years: Sequence[ResultView], unit: str) -> Markup | None:
        marks = {choice.period: choice.mark for choice in self.choices}
        points = [
            charts.Point(
                place=one.period,
                value=one.value,
                is_final=one.status == "final",
                target=one.target.target_value if one.target else None,
                earlier=tuple(v.value for v in one.versions[:-1] if v.value is not None),
                mark=marks[one.period],
                text=self.language.number(one.value),
                made_of=cities_of(one),
            )
            for one in years
        ]
        known = [point for point in points if point.value is not None]
        if len(known) < 2:
            return None
        says = self.language(
            "{name} by year, {first} to {last}: from {from_value} to {to_value} {unit}. The table has every value.",
            name=self._name(definition),
            first=known[0].place,
            last=known[-1].place,
            from_value=known[0].text,
            to_value=known[-1].text,
            unit=unit,
        ) + charts.provisional_text(points, self.language)
        return charts.trend(charts.with_gaps(points), unit=unit, says=says, language=self.language)

    def _panel(
        self, choice: Choice, result: ResultView, months: Mapping[int, tuple[Month, ...]], *, top: float
    ) -> Panel:
        beside = _peers(self.others, result)
        return Panel(
            choice=choice,
            result=result,
            answers=answers(self.view, result, language=self.language, others=beside),
            progress=progress(self.view, result),
            months=months[choice.year],
            month_chart=self._month_chart(result, months, choice=choice, top=top),
            variants=tuple(_variants(result, self.language)),
            unknown_variants=tuple(_unknown_variants(result, self.language).items()),
            breakdowns=tuple(_breakdowns(result, self.language, self.view.parts)),
            beside=tuple(_ranked(self.view.city.name, result, beside, self.language)),
            audit=f"{self.audit_folder}{result.period}.html" if result.period in self.audit else None,
        )

    def _months(self, definition: Definition, choice: Choice) -> Iterator[Month]:
        year = self.view.result(definition.id, choice.period)
        members = {part.name: part for part in year.breakdowns.get("month", ())} if year else {}
        for month in Period(choice.year).months:
            one, part = self.view.result(definition.id, month.label), members.get(month.label)
            if one is not None:
                target = one.target.target_value if one.target else None
                yield Month(month, one.value, one.status, one.version, target, cities_of(one))
            elif year is not None and part is not None:
                yield Month(month, part.value, year.status)

    def _month_chart(
        self, result: ResultView, months: Mapping[int, tuple[Month, ...]], *, choice: Choice, top: float
    ) -> Markup | None:
        known = [month for month in months[choice.year] if month.value is not None]
        if result.definition is None or len(known) < 2:
            return None
        points, before = (
            [self._month_point(place, months.get(year, ())) for place in range(1, 13)]
            for year in (choice.year, choice.year - 1)
        )
        highest, lowest = (pick(known, key=lambda month: month.value or 0) for pick in (max, min))
        says = self.language(
            "{name} by month of {year}: highest in {highest} with {high}, lowest in {lowest} with {low}. "
            "The table has every value.",
            name=self._name(result.definition),
            year=choice.year,
            highest=self.language.period(highest.period.label),
            high=value_text(highest.value, result, self.language),
            lowest=self.language.period(lowest.period.label),
            low=value_text(lowest.value, result, self.language),
        ) + charts.provisional_text(points, self.language)
        unit = self.language(result.unit)
        return charts.trend(points, unit=unit, says=says, language=self.language, before=before, top=top)

    def _month_point(self, place: int, months: Sequence[Month]) -> charts.Point:
        month = next((one for one in months if one.period.month == place), None)
        name = self.language.month(place)
        if month is None:
            return charts.Point(name, None)
        is_final = month.status == "final"
        return charts.Point(name, month.value, is_final=is_final, target=month.target, made_of=month.made_of)

    def _name(self, definition: Definition) -> str:
        return f"{definition.clause} {self.language.either(definition.short_id, definition.short_en)}"


def choices(periods: Sequence[str]) -> tuple[Choice, ...]:
    """The years of some periods, the latest first; one without a result of its own by its longest run from January.

    The latest that is whole is shown first.
    """
    best: dict[int, Period] = {}
    for period in map(Period.parse, periods):
        if period.months[0].year == period.year:
            best[period.year] = max(best.get(period.year, period), period, key=_standing)
    ordered = sorted(best, reverse=True)
    shown = next((year for year in ordered if best[year].is_year), ordered[0] if ordered else None)
    return tuple(Choice(f"y{place}", year, best[year].label, year == shown) for place, year in enumerate(ordered))


def _standing(period: Period) -> tuple[int, int, int]:
    """A year before the year to date before a month, the latest of each."""
    is_to_date = period.months[0].month == 1
    return len(period.months) if is_to_date else 1, int(is_to_date and not period.is_month), period.month or 12


def rendered(template: str, *, language: Language, choices: Sequence[Choice], **values: object) -> str:
    """A page of this room with its style and script inside, which its policy names by hash."""
    environment = _environment()
    style = environment.get_template(STYLE).render(choices=choices).strip()
    script = (_ROOM / SCRIPT).read_text("utf-8").strip()
    return environment.get_template(template).render(
        t=language,
        choices=choices,
        style=Markup(style),  # noqa: S704 our own files
        script=Markup(script),  # noqa: S704
        style_hash=_source_hash(style),
        script_hash=_source_hash(script),
        value_text=value_text,
        member_text=member_text,
        cities_of=cities_of,
        rows_of_period=rows_of_period,
        shown_files=SHOWN_FILES,
        definitions=list(definitions().values()),
        themes=THEMES,
        **values,
    )


@cache
def own_hash() -> str:
    """A hash of everything of Tolok's own that a page is made of."""
    room = sorted(path for path in _ROOM.iterdir() if path.suffix in {".py", ".j2", ".js"})
    files = [*room, *sorted(CATALOGUES.glob("*.py")), *sorted(CATALOGUES.glob("*/*.po"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ROOM),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=drawn,
    )


def _source_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _peers(others: Sequence[CityView], result: ResultView) -> dict[str, ResultView]:
    """The same result of each other city by its name."""
    found = ((one.city.name, one.result(result.indicator_id, result.period)) for one in others)
    return {name: peer for name, peer in found if peer is not None}


def _variants(result: ResultView, t: Language) -> Iterator[Row]:
    """Each variant beside the value; those of another unit say their value only."""
    for part in sorted(result.variants, key=lambda one: one.unit != result.unit):
        name = _variant_name(result, part.name, t)
        if part.value is not None and part.unit == result.unit:
            yield Row(name, t.number(part.value), note=_moved(part.value, result, t))
        elif part.value is not None:
            yield Row(name, with_unit(part.value, part.unit, t))


def _unknown_variants(result: ResultView, t: Language) -> dict[str, tuple[str, ...]]:
    """The variants that the records do not tell, by the reason why."""
    found: dict[str, tuple[str, ...]] = {}
    for part in result.variants:
        if part.value is None:
            why = t.of_both(part.reason or "?")
            found[why] = (*found.get(why, ()), _variant_name(result, part.name, t))
    return found


def _variant_name(result: ResultView, name: str, t: Language) -> str:
    """How a variant differs from the headline; those of a kind are told of by their common beginning and a star."""
    known = result.definition.variants if result.definition else {}
    kind = name if name in known else next((k for k in known if k.endswith("*") and name.startswith(k[:-1])), name)
    return t.either(*known[kind]) if kind in known else t.label(name)


def _moved(value: float | None, result: ResultView, t: Language) -> str:
    """How far a variant is from the value, in percent of it; of a share in percentage points."""
    if value is None or not result.value:
        return ""
    pct = 100 * (value - result.value) / result.value
    if abs(pct) < 0.05:
        return t("the same")
    if result.unit == "%":
        return difference_text(value - result.value, result, t)
    return f"{'+' if pct > 0 else '−'}{t.percent(abs(pct))}"


def _breakdowns(result: ResultView, t: Language, cities: Mapping[str, str]) -> Iterator[Breakdown]:
    for dimension in _ordered(result):
        members = result.breakdowns[dimension]
        has_shares = is_whole(result, members)
        ordered = sorted(members, key=lambda one: (one.value is None, -(one.numerator or 0), one.name))
        shown = list(ordered[:SHOWN_MEMBERS]) if len(ordered) > SHOWN_MEMBERS + 1 else ordered
        parts = [(member_text(dimension, one.name, t, cities), one) for one in shown]
        valued = [one for one in ordered[len(shown) :] if one.value is not None]
        if len(valued) == 1:
            parts.append((member_text(dimension, valued[0].name, t, cities), valued[0]))
        elif valued:
            parts.append((t("{count} others", count=t.number(len(valued))), _together(valued, result)))
        if count := len(ordered) - len(shown) - len(valued):
            parts.append((t("{count} without a value", count=t.number(count)), Part("", None)))
        longest = max([result.value or 0, *(one.value or 0 for _, one in parts)], default=0)
        rows = tuple(
            Row(
                name=name,
                value=t.number(one.value),
                width=share(one.value, longest),
                share=t.percent(100 * (one.numerator or 0) / result.numerator)
                if has_shares and result.numerator and one.value is not None
                else "",
                note=t.label(one.status) if one.status not in (None, "final") else "",
            )
            for name, one in parts
        )
        yield Breakdown(dimension, rows, share(result.value, longest), has_shares)


def _ordered(result: ResultView) -> Iterator[str]:
    """Dimensions that tell something, those that explain the value first."""
    first = result.definition.explained_by if result.definition else ()
    told = sorted(result.breakdowns, key=lambda one: (first.index(one) if one in first else len(first), one))
    return (one for one in told if one not in _SHOWN_ELSEWHERE and len(result.breakdowns[one]) > 1)


def _together(parts: Sequence[Part], result: ResultView) -> Part:
    """Members as one: of a sum over the whole's denominator, else over their own."""
    numerator = sum(one.numerator or 0 for one in parts)
    definition = result.definition
    is_sum = definition is not None and definition.is_sum
    denominator = result.denominator if is_sum else sum(one.denominator or 0 for one in parts)
    value = numerator / denominator * (definition.scale if definition else 1) if denominator else None
    return Part("", value, numerator, denominator, result.unit)


def _ranked(own: str, result: ResultView, others: Mapping[str, ResultView], t: Language) -> Iterator[Row]:
    """Cities by their values, the best first: all of a few, else the best, those around the city, and the last."""
    known = {name: one.value for name, one in others.items() if one.value is not None}
    if result.value is None or not known or result.definition is None:
        return
    every = [*((name, one, False) for name, one in known.items()), (own, result.value, True)]
    sign = -1 if result.definition.better == "higher" else 1
    every.sort(key=lambda one: (sign * (one[1] or 0), one[0]))
    place = next(place for place, one in enumerate(every) if one[2])
    shown = _few(len(every), place)
    longest = max(one or 0 for _, one, _ in every)
    statuses = {name: one.status for name, one in others.items()} | {own: result.status}
    for at in shown:
        name, value, is_own = every[at]
        yield Row(
            name=f"{at + 1}. {name}",
            value=t.number(value),
            width=share(value, longest),
            note=t("provisional") if statuses[name] == "provisional" else "",
            is_own=is_own,
        )


def _few(count: int, place: int) -> list[int]:
    if count <= SHOWN_CITIES:
        return list(range(count))
    return sorted({0, 1, 2, count - 1, *range(max(0, place - 1), min(count, place + 2))})


def share(part: float | None, whole: float | None) -> int | None:
    """Even percent of the longest bar; null where there is nothing to draw."""
    return min(100, max(0, 2 * round(50 * part / whole))) if part is not None and whole else None


def sealed_page(html: str) -> str:
    """A page with the hash of its text at its end."""
    return f"{html}<!-- {hashlib.sha256(html.encode()).hexdigest()} -->\n"


def inputs_of(path: Path) -> str | None:
    """The hash of the inputs that a page in a file says it was made from; null for none, or one that is not whole."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    html, _, _ = text.rpartition("<!-- ")
    _, _, after = html[:400].partition('name="inputs" content="')
    return after[:64] if after and text == sealed_page(html) else None
