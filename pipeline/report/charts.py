"""Trends as small inline pictures: Vega-Lite lays them out, and what is drawn takes its looks from the page's CSS."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from pipeline.language import Language

WIDTH, HEIGHT = 420, 200
_PADDING = {"left": 52, "right": 8, "top": 26, "bottom": 22}
_ROOM = {"width": WIDTH - 60, "height": HEIGHT - 48}
_MOVED = re.compile(r"translate\(([-\d.e]+),([-\d.e]+)\)")
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
# Vega writes coordinates only; these classes are given their looks in `dashboard.css`.
_DOTS = frozenset({"dot", "ring", "hole", "old"})
_LOCALES: Mapping[str, Mapping[str, object]] = {
    "id": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["Rp", ""]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
}


@dataclass(frozen=True)
class Point:
    """A value of one year or month: under it `place` on the axis, `mark` the class of what shows while it is chosen.

    `earlier` are the values of versions before; `text` is the value as it is written beside the point. `made_of` names
    the cities that a sum is made of: sums over other cities do not compare, and no line joins them.
    """

    place: str
    value: float | None
    is_final: bool = True
    target: float | None = None
    earlier: tuple[float, ...] = ()
    mark: str = ""
    text: str = ""
    made_of: frozenset[str] = frozenset()


@dataclass
class _Inks:
    """Stand-in colours, by which what Vega draws is told apart again."""

    classes: list[str] = field(default_factory=list)

    def of(self, name: str) -> str:
        if name not in self.classes:
            self.classes.append(name)
        return f"#{self.classes.index(name) + 1:06x}"

    def name(self, colour: str | None) -> str | None:
        if colour is None or not re.fullmatch("#[0-9a-f]{6}", colour):
            return None
        place = int(colour[1:], 16)
        return self.classes[place - 1] if 1 <= place <= len(self.classes) else None


def trend(
    points: Sequence[Point],
    *,
    unit: str,
    says: str,
    language: Language,
    before: Sequence[Point] = (),
    top: float | None = None,
) -> Markup:
    """Points in order with a line through them, as inline SVG that a screen reader reads as the one sentence `says`.

    A part of the line that touches a provisional value is dashed and its point hollow. `before` is a paler line for
    the same places, without what is made of other cities, `top` the highest value that the axis must hold. The same
    input gives the same bytes.
    """
    inks, before = _Inks(), _comparable(points, before)
    spec = {
        **_ROOM,
        "padding": _PADDING,
        "autosize": "none",
        "config": {"view": {"stroke": None}, "font": "sans-serif"},
        "layer": list(_layers(points, before, inks, unit=unit, top=top)),
    }
    return _slim(_svg(spec, language.code), inks, says=says)


def with_gaps(years: Sequence[Point]) -> list[Point]:
    """The points of years in order, with one without a value for each year between them that has none."""
    by_year = {int(point.place): point for point in years}
    every = range(min(by_year), max(by_year) + 1) if by_year else ()
    return [by_year.get(year, Point(str(year), None)) for year in every]


def provisional_text(points: Sequence[Point], language: Language) -> str:
    """Which points are provisional, to be added to the sentence that says what a picture shows; else nothing."""
    places = [point.place for point in points if point.value is not None and not point.is_final]
    return " " + language("Provisional: {places}.", places=", ".join(places)) if places else ""


def _layers(
    points: Sequence[Point], before: Sequence[Point], inks: _Inks, *, unit: str, top: float | None
) -> Iterator[dict[str, Any]]:
    axes = _axes(points, inks, unit=unit)
    everything = [point.value for point in (*points, *before)]
    everything += [one for point in points for one in (*point.earlier, point.target)]
    highest = max([top or 0, *(value for value in everything if value is not None)]) or 1
    lowest = min([0, *(value for value in everything if value is not None)])
    axes["y"]["scale"] = {"domain": [lowest, highest], "nice": True, "zero": True}
    for point in points:
        if point.mark:
            # The band reaches over the whole height, whatever the scale.
            yield _layer([{"x": point.place}], {"type": "bar", "fill": inks.of(f"b {point.mark}")}, axes, y=None)
    if not any(point.mark for point in points):
        yield _layer([{"x": point.place} for point in points], {"type": "bar", "opacity": 0}, axes, y=None)
    aims = [{"x": point.place, "y": point.target} for point in points if point.target is not None]
    yield from _ticks(aims, inks, axes)
    yield from _line(before, "past", inks, axes)
    yield from _line(points, "now", inks, axes)
    known = [point for point in points if point.value is not None]
    old = [{"x": point.place, "y": one} for point in known for one in point.earlier if one != point.value]
    yield from _dots(old, ("old",), inks, axes)
    for is_final, names in ((True, ("dot",)), (False, ("ring", "hole"))):
        chosen = [{"x": point.place, "y": point.value} for point in known if point.is_final is is_final]
        yield from _dots(chosen, names, inks, axes)
    for point in known:
        if point.text:
            mark = {"type": "text", "text": point.text, "dy": -11, "fill": inks.of(f"v {point.mark}")}
            yield _layer([{"x": point.place, "y": point.value}], mark, axes)


def _comparable(points: Sequence[Point], before: Sequence[Point]) -> list[Point]:
    """The earlier points that are made of the same cities as those of the same places now."""
    now = {point.place: point for point in points if point.value is not None}
    return [
        one if one.place not in now or one.made_of == now[one.place].made_of else replace(one, value=None)
        for one in before
    ]


def _axes(points: Sequence[Point], inks: _Inks, *, unit: str) -> dict[str, dict[str, Any]]:
    ax = {"labelColor": inks.of("ax"), "labelFontSize": 11, "ticks": False, "labelPadding": 6}
    scale = {"domain": [point.place for point in points], "padding": 0.1}
    return {
        "x": {
            "field": "x",
            "type": "nominal",
            "scale": {**scale, "type": "band"},
            "axis": {**ax, "labelAngle": 0, "title": None, "domain": False, "labelOverlap": "parity"},
        },
        "y": {
            "field": "y",
            "type": "quantitative",
            "axis": {
                **ax,
                "title": unit,
                "titleColor": inks.of("ax"),
                **{"titleAngle": 0, "titleAlign": "left", "titleX": -48, "titleY": -16, "titleFontWeight": "normal"},
                **{"domain": False, "gridColor": inks.of("grid"), "tickCount": 4, "format": ",~f"},
            },
        },
    }


def _layer(
    rows: Sequence[Mapping[str, object]],
    mark: Mapping[str, object],
    axes: Mapping[str, dict[str, Any]],
    **channels: object,
) -> dict[str, Any]:
    encoding = {**axes, **channels}
    kept = {name: channel for name, channel in encoding.items() if channel is not None}
    return {"data": {"values": list(rows)}, "mark": {**mark, "clip": False}, "encoding": kept}


def _ticks(
    rows: Sequence[Mapping[str, object]], inks: _Inks, axes: Mapping[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """A line over the whole width of each place, so that a target of a year alone is seen too."""
    if rows:
        x = {**axes["x"], "bandPosition": 0}
        yield _layer(rows, {"type": "rule", "stroke": inks.of("aim")}, axes, x=x, x2={"field": "x", "bandPosition": 1})


def _line(
    points: Sequence[Point], name: str, inks: _Inks, axes: Mapping[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """From each value to the next; a gap where one is missing, and between sums over other cities."""
    pairs = [
        (one, two)
        for one, two in itertools.pairwise(points)
        if one.value is not None and two.value is not None and one.made_of == two.made_of
    ]
    for is_solid, ink in ((True, name), (False, f"{name} open")):
        rows = [
            {"x": one.place, "y": one.value, "x2": two.place, "y2": two.value}
            for one, two in pairs
            if (one.is_final and two.is_final) is is_solid
        ]
        if rows:
            ends = {"x2": {"field": "x2", "bandPosition": 0.5}, "y2": {"field": "y2"}}
            x = {**axes["x"], "bandPosition": 0.5}
            yield _layer(rows, {"type": "rule", "stroke": inks.of(ink)}, axes, x=x, **ends)


def _dots(
    rows: Sequence[Mapping[str, object]], names: Sequence[str], inks: _Inks, axes: Mapping[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for name in names if rows else ():
        yield _layer(rows, {"type": "point", "stroke": inks.of(name)}, axes)


@cache
def _vega() -> Any:  # noqa: ANN401 loaded only where something is drawn
    import vl_convert

    return vl_convert


def _svg(spec: Mapping[str, object], code: str) -> str:
    return _svg_of(json.dumps(spec), code)


@lru_cache(maxsize=512)
def _svg_of(spec: str, code: str) -> str:
    """As Vega draws it; kept, for of the charts of a city few change with a month."""
    svg: str = _vega().vegalite_to_svg(spec, format_locale=_LOCALES[code], allowed_base_urls=[])
    return svg


def _slim(svg: str, inks: _Inks, *, says: str) -> Markup:
    """What is drawn, by class: all lines and dots of one as one path; nothing of what Vega says about it."""
    drawn: dict[str, str] = defaultdict(str)
    texts: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for shape, x, y in _shapes(ElementTree.fromstring(svg), 0, 0):  # noqa: S314 made by Vega from our own spec
        name = inks.name(shape.get("stroke")) or inks.name(shape.get("fill"))
        if name is None:
            continue
        if shape.tag.endswith("text"):
            texts[name, shape.get("text-anchor", "start"), f"{y:.0f}"].append((f"{x:.0f}", "".join(shape.itertext())))
        elif name in _DOTS:
            drawn[name] += f"M{x:.0f} {_short(y)}h0"
        elif shape.tag.endswith("line"):
            begin, right = f"{x:.0f} {_short(y)}", x + float(shape.get("x2", 0))
            end = f"L{right:.0f} {_short(y + float(shape.get('y2', 0)))}"
            drawn[name] += end if drawn[name].endswith(f"L{begin}") else f"M{begin}{end}"
        else:
            drawn[name] += _moved(shape.get("d", ""), x, y)
    picture = ElementTree.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": says})
    for name in sorted(drawn, key=inks.classes.index):
        ElementTree.SubElement(picture, "path", {"class": name, "d": drawn[name]})
    for (name, anchor, height), written in texts.items():
        looks = {"class": f"{name} {anchor}", "transform": f"translate(0 {height})"}
        group = ElementTree.SubElement(picture, "g", looks)
        for place, text in written:
            ElementTree.SubElement(group, "text", {"x": place}).text = text
    return Markup(ElementTree.tostring(picture, encoding="unicode"))  # noqa: S704 escaped by ElementTree


def _shapes(element: ElementTree.Element, x: float, y: float) -> Iterator[tuple[ElementTree.Element, float, float]]:
    """Each drawn element with where it lies in the whole picture."""
    moved = _MOVED.search(element.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    if element.tag.rpartition("}")[2] in {"line", "path", "text"}:
        yield element, x, y
    for child in element:
        yield from _shapes(child, x, y)


def _moved(path: str, x: float, y: float) -> str:
    """A path of Vega's rectangles with the way to it written into its first point, which is its only absolute one."""
    first = re.match(r"M([-\d.e]+),([-\d.e]+)", path)
    if first is None:
        return ""
    rest = _NUMBER.sub(lambda found: _short(float(found[0])), path[first.end() :])
    return f"M{_short(x + float(first[1]))} {_short(y + float(first[2]))}{rest}"


def _short(value: float) -> str:
    return f"{value + 0.0:.1f}".removesuffix(".0")
