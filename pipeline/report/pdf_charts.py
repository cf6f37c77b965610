"""The charts of a PDF: those of the dashboard, in the colours and type of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.language import Language
from pipeline.periods import Period
from pipeline.report import charts
from pipeline.report.answers import cities_of
from pipeline.report.charts import Point
from pipeline.warehouse import CityView, ResultView

# Classes of `charts.trend`; a PDF knows neither variables nor dark mode.
_STYLE = (
    "path{fill:none}text{font-family:'Libertinus Serif';font-size:12px}.middle{text-anchor:middle}.end{text-anchor:end}"
    ".grid{stroke:#d3dbdd}.base{stroke:#83919a}.ax{fill:#52626c}"
    ".now{stroke:#0b6675;stroke-width:2.2}.past{stroke:#a9b4ba;stroke-width:1.6}.open{stroke-dasharray:4 4}"
    ".aim{stroke:#b04a00;stroke-width:2}"
    ".dot,.ring{stroke:#0b6675;stroke-width:8;stroke-linecap:round}.ring{stroke-width:9}"
    ".hole{stroke:#ffffff;stroke-width:5;stroke-linecap:round}.old{stroke:#83919a;stroke-width:6;stroke-linecap:square}"
    ".b{fill:#e3eff0}.v{fill:#16242e;font-weight:bold}"
)
SAYS = "{name}, {first} to {last}: from {from_value} to {to_value} {unit}."
_FEWEST = 2
_NAMESPACE = "http://www.w3.org/2000/svg"
_NO_LENGTH = re.compile(r"h0(?=M|\")")


def trends(view: CityView, result: ResultView, years: Sequence[ResultView], t: Language) -> Iterator[dict[str, Any]]:
    """A picture of the period of each year and one of its months, with heading and sentence; none of one value."""
    of_years = charts.with_gaps([_point(one.period[:4], one, t, is_marked=one is result) for one in years])
    of_months = list(_months(view, result, t))
    for heading, points in ((t("Over the years"), of_years), (t("By month"), of_months)):
        known = [point for point in points if point.value is not None]
        if len(known) >= _FEWEST:
            says = t(
                SAYS,
                name=heading,
                first=known[0].place,
                last=known[-1].place,
                from_value=t.number(known[0].value),
                to_value=t.number(known[-1].value),
                unit=t(result.unit),
            ) + charts.provisional_text(points, t)
            svg = str(charts.trend(points, unit=t(result.unit), says=says, language=t))
            yield {"heading": heading, "says": says, "svg": _standalone(svg)}


def _standalone(svg: str) -> str:
    """An inline picture as a file of its own; typst does not draw what has no length, as a dot alone."""
    styled = svg.replace(">", f"><style>{_STYLE}</style>", 1).replace("<svg", f"<svg xmlns='{_NAMESPACE}'", 1)
    return _NO_LENGTH.sub("h.1", styled)


def _months(view: CityView, result: ResultView, t: Language) -> Iterator[Point]:
    """Each month's own result, else its part in the result; of a month the twelve up to it."""
    period = Period.parse(result.period)
    members = {part.name: part.value for part in result.breakdowns.get("month", ())}
    for month in Period.parse(f"{period.label}-r12").months if period.is_month else period.months:
        one, name = view.result(result.indicator_id, month.label), t.month(month.first_on.month)
        if one is not None:
            yield _point(name, one, t, is_marked=one is result)
        else:
            yield Point(name, members.get(month.label), is_final=result.status == "final")


def _point(place: str, result: ResultView, t: Language, *, is_marked: bool) -> Point:
    return Point(
        place,
        result.value,
        is_final=result.status == "final",
        target=result.target.target_value if result.target else None,
        mark="chosen" if is_marked else "",
        made_of=cities_of(result),
        text=t.number(result.value) if is_marked or Period.parse(result.period).is_year else "",
    )
