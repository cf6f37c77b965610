"""The report that a mayor signs: a cover with the values, a page for each indicator, and the files they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.language import Language
from pipeline.periods import Period
from pipeline.report.answers import answers, progress, quotient_text
from pipeline.report.document import STATUSES, Document
from pipeline.report.pdf_charts import trends
from pipeline.report.typesetting import typeset
from pipeline.warehouse import Part, ResultView, SourceFile, Version

TEMPLATE = Path(__file__).parent / "typst" / "report.typ"
MEMBERS = STATUSES | {"missing": "Missing"}
SHOWN_VERSIONS, SHOWN_YEARS, SHOWN_FILES = 5, 10, 4
SUMS_NOTE = "Sums over other cities are neither joined nor laid beside each other."
WORDS = {
    "standard": "SNI ISO 37122:2019, clause 10",
    "cover": "Four governance indicators of a smart city",
    "overview": "The values",
    "indicator": "Indicator",
    "value": "Value",
    "target": "Target",
    "before": "Year before",
    "status": "Status",
    "year": "Year",
    "chart_note": "Hollow points and dashed lines are provisional; the orange line is the target.",
    "means": "What it means",
    "limits": "What it does not tell",
    "method": "How it is computed",
    "sources": "Where it comes from",
    "held": "Provisional because",
    "missing": "No value because",
    "known": "Worth knowing",
    "versions": "Versions",
    "cities": "Its cities",
    "version": "Version",
    "computed": "Computed",
    "why": "Why",
    "files": "Source files",
    "file": "File",
    "source": "Source",
    "used_by": "Used by",
    "size": "Bytes",
    "signed": "Approval",
    "name": "Name",
    "nip": "NIP",
    "position": "Position",
    "place": "Place",
    "date": "Date",
    "signature": "Signature",
    "page": "Page",
    "reading": "A provisional value may still change; it carries its mark and its reasons wherever it stands.",
    "retrace": "Each file is kept under its checksum (SHA-256), by which anyone finds it; 'tolok explain' shows the "
    "rows of a value, 'tolok verify' computes all values again.",
}


def pdf(document: Document) -> bytes:
    """The PDF of a document; `TolokError` for a text that cannot be set."""
    return typeset(TEMPLATE, _Pages(document).told(), made_at=document.made_at)


class _Pages:
    """A document as the template takes it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.view, self.language = document.view, document.language

    def told(self) -> dict[str, Any]:
        t = self.language
        when = t.period(self._document.period)
        return {
            "lang": t.code,
            "title": self._document.title,
            "city": self.view.city.name,
            "period": when,
            "t": {name: t(message) for name, message in WORDS.items()} | self._chart_note(),
            "results": [self._told_of(result) for result in self._document.results],
            "cities": list(self._cities()),
            "files": list(_files(self._document.results, t)),
            "signature": self._document.signature.model_dump(),
        }

    def _chart_note(self) -> dict[str, str]:
        t, notes = self.language, [WORDS["chart_note"], *([SUMS_NOTE] if self.view.parts else [])]
        return {"chart_note": " ".join(map(t, notes))}

    def _told_of(self, result: ResultView) -> dict[str, Any]:
        t, definition = self.language, result.definition
        assert definition is not None  # noqa: S101 `of_period` gives those that are defined
        years = self._years(result)
        found = answers(self.view, result, language=t, others=self._document.beside(result))
        return {
            "clause": definition.clause,
            "name": t.either(definition.name_id, definition.name_en),
            "short": t.either(definition.short_id, definition.short_en),
            "status": result.status,
            "status_text": t(STATUSES[result.status]),
            "value": t.number(result.value),
            "unit": t(result.unit),
            "facts": [{"label": label, "text": text} for label, text in self._facts(result)],
            "target": _short_target(result, t),
            "before": self._before(result),
            "answers": [{"question": a.question, "text": a.text, "tone": a.tone} for a in found],
            "years": [self._year(one) for one in years],
            "charts": list(trends(self.view, result, years, t)),
            "means": t.either(definition.reading_id, definition.reading_en),
            "limits": t.either(definition.limits_id, definition.limits_en),
            "method": t.either(definition.rule_id, definition.rule_en),
            "method_version": t("Method {version}", version=result.method_version),
            "origin": list(self._origin(result)),
            "held": self._document.reasons(result),
            "known": self._document.reasons(result, keeps_provisional=False),
            "versions": [self._version(one) for one in result.versions[-SHOWN_VERSIONS:]],
            "earlier": self._earlier(result),
        }

    def _facts(self, result: ResultView) -> Iterator[tuple[str, str]]:
        t = self.language
        yield t("Target"), _target_text(result, t)
        yield t("Year before"), self._before(result)
        yield t("Numerator : denominator"), quotient_text(result, t)
        yield t("Coverage"), t.percent(result.coverage_pct)
        if result.version is not None:
            yield t("Version"), t.number(result.version)

    def _before(self, result: ResultView) -> str:
        t, before = self.language, progress(self.view, result).before
        if before is None:
            return t.number(None)
        mark = "" if before.status == "final" else f" ({t(STATUSES[before.status]).lower()})"
        return f"{t.number(before.value)}{mark}"

    def _years(self, result: ResultView) -> list[ResultView]:
        """The same period of each year up to that of the report, the latest last."""
        periods = [Period.parse(result.period)]
        while len(periods) < SHOWN_YEARS:
            periods.append(periods[-1].year_before)
        found = (self.view.result(result.indicator_id, period.label) for period in reversed(periods))
        return [one for one in found if one is not None]

    def _year(self, result: ResultView) -> dict[str, Any]:
        t = self.language
        return {
            "year": str(Period.parse(result.period).year),
            "value": t.number(result.value),
            "is_provisional": result.status == "provisional",
            "target": t.number(result.target.target_value if result.target else None),
        }

    def _origin(self, result: ResultView) -> Iterator[str]:
        """What a value rests on: the figure of inhabitants, the rows, the first files with their checksums."""
        t, rows = self.language, result
        if result.population:
            figure = result.population
            said = {"count": t.number(figure.population_count), "source": figure.source}
            yield t("{count} inhabitants ({source}, {day}).", day=t.day(figure.reference_on), **said)
        yield t(
            "{read} rows read: {used} used, {excluded} excluded by a rule, {quarantined} quarantined.",
            read=t.number(rows.rows_read),
            used=t.number(rows.rows_used),
            excluded=t.number(sum(rows.excluded.values())),
            quarantined=t.number(sum(rows.quarantined.values())),
        )
        for file in result.files[:SHOWN_FILES]:
            yield t("{file}, SHA-256 {sha256}…", file=file.name, sha256=file.sha256[:16])
        left_count = len(result.files) - SHOWN_FILES
        if left_count > 0:
            yield t("and {count} more, listed at the end.", count=t.number(left_count))

    def _earlier(self, result: ResultView) -> str | None:
        count = len(result.versions) - SHOWN_VERSIONS
        return self.language("and {count} earlier: 'tolok history'.", count=count) if count > 0 else None

    def _cities(self) -> Iterator[dict[str, Any]]:
        """The cities of a province by their names, each with its value of every indicator."""
        t = self.language
        for city_id, name in sorted(self.view.parts.items(), key=lambda part: part[1]):
            found = [
                next((one for one in result.breakdowns.get("city", ()) if one.name == city_id), None)
                for result in self._document.results
            ]
            yield {
                "name": name,
                "values": [{"value": t.number(one.value if one else None), "mark": _mark(one, t)} for one in found],
            }

    def _version(self, version: Version) -> dict[str, Any]:
        t, zone = self.language, ZoneInfo(self.view.city.zone)
        return {
            "version": t.number(version.version),
            "computed": t.moment(version.computed_at.astimezone(zone)),
            "value": t.number(version.value),
            "status": t(STATUSES[version.status]),
            "why": t.of_both(version.change_reason),
        }


def _mark(member: Part | None, t: Language) -> str:
    """What is said of a city's value that is not final."""
    status = (member.status if member else None) or "missing"
    return "" if status == "final" else t(MEMBERS[status])


def _target_text(result: ResultView, t: Language) -> str:
    if result.target is None:
        return t("none set")
    value = t.number(result.target.target_value)
    at_least = result.target.direction == "at_least"
    return t("at least {target}", target=value) if at_least else t("at most {target}", target=value)


def _short_target(result: ResultView, t: Language) -> str:
    if result.target is None:
        return t.number(None)
    return f"{'≥' if result.target.direction == 'at_least' else '≤'} {t.number(result.target.target_value)}"


def _files(results: Sequence[ResultView], t: Language) -> Iterator[dict[str, Any]]:
    """Each file once, with the clauses whose values rest on it."""
    clauses: dict[SourceFile, list[str]] = {}
    for result in results:
        for file in result.files:
            clauses.setdefault(file, []).append(result.definition.clause if result.definition else "")
    for file in sorted(clauses, key=lambda one: (one.source, one.name, one.sha256)):
        yield {
            "source": file.source,
            "file": file.name,
            "sha256": file.sha256,
            "size": t.number(file.size_bytes),
            "used_by": ", ".join(clauses[file]),
        }
