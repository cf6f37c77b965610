"""One data set: the results of a city or province and a period, as files with their checksums, described."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.language import Language
from pipeline.periods import Period
from pipeline.publish import dcat, ms_ind
from pipeline.publish.data_set import Package, Resource
from pipeline.report.answers import value_text
from pipeline.report.csvw import METADATA, csvw
from pipeline.report.document import STATUSES
from pipeline.report.export import export
from pipeline.report.xlsx import SHEET_NAMES

if TYPE_CHECKING:
    from pipeline.config.publication import Publication
    from pipeline.indicators.definition import Definition
    from pipeline.report.document import Document
    from pipeline.warehouse import ResultView

LANGUAGES = (Language("id"), Language("en"))
TITLES = {
    METADATA: "Description of the tables (CSV on the Web)",
    "results.json": "Results with versions, sources and answers",
    "report.pdf": "Report to read and print",
    "dcat.ttl": "Description of the data set (DCAT, Turtle)",
    "dcat.jsonld": "Description of the data set (DCAT, JSON-LD)",
    "ms-ind.json": "Metadata of the statistical indicators (MS-Ind, JSON)",
    "ms-ind.xlsx": "Metadata of the statistical indicators (MS-Ind, workbook)",
}


def dataset_name(name: str, period: str) -> str:
    """What a portal calls the data set of a city or province and a period."""
    return f"tolok-{name}-{period.replace('..', '_')}"


def package(document: Document, publication: Publication, *, pdf: bytes | None = None) -> Package:
    """The data set of a document in Bahasa Indonesia; the same input gives the same bytes.

    Its status is the least of its results': one provisional value makes it provisional.
    """
    period, results = Period.parse(document.period), document.results
    moments = [version.computed_at for one in results for version in one.versions]
    bare = Package(
        name=dataset_name(document.view.city.city_id, document.period),
        titles={t.code: _title(replace(document, language=t)) for t in LANGUAGES},
        notes={t.code: _notes(replace(document, language=t)) for t in LANGUAGES},
        status=_status(document),
        place=plain(document.view.city.name),
        region_code=document.view.city.region_code,
        first_on=period.first_on,
        last_on=period.last_on,
        issued_at=min(moments, default=None),
        modified_at=document.made_at,
        publication=publication,
        resources=tuple(_resources(document, pdf)),
    )
    return replace(bare, resources=(*bare.resources, *_dcat(bare)))


def plain(text: str) -> str:
    """A text on one line without characters that cannot be seen, such as those that turn the reading direction."""
    seen = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") else one for one in text)
    return " ".join(seen.split())


def _resources(document: Document, pdf: bytes | None) -> Iterator[Resource]:
    t = document.language
    for file, content in csvw(document):
        yield Resource(file, t(TITLES.get(file) or SHEET_NAMES[file.removesuffix(".csv")]), content)
    rest = {
        "results.json": export(document),
        "ms-ind.xlsx": ms_ind.workbook(document),
        "ms-ind.json": ms_ind.as_json(document),
        **({"report.pdf": pdf} if pdf else {}),
    }
    for file, content in rest.items():
        yield Resource(file, t(TITLES[file]), content)


def _dcat(bare: Package) -> Iterator[Resource]:
    for file, content in (("dcat.ttl", dcat.turtle(bare)), ("dcat.jsonld", dcat.jsonld(bare))):
        yield Resource(file, LANGUAGES[0](TITLES[file]), content)


def _status(document: Document) -> str:
    found = {one.status for one in document.results}
    if found & {"provisional", "altered"}:
        return "provisional"
    return "final" if "final" in found else "not_computable"


def _title(document: Document) -> str:
    t = document.language
    mark = {"provisional": t(" (PROVISIONAL)"), "not_computable": t(" (no values)")}.get(_status(document), "")
    return plain(document.title) + mark


def _notes(document: Document) -> str:
    """What the data set is, and of each value its status with its reasons; Markdown."""
    t = document.language
    lines = [
        t("The governance indicators of SNI ISO 37122:2019 (clause 10) of {city}.", city=_unmarked(document)),
        t("PROVISIONAL: values may still change and are not to be quoted as final.")
        if _status(document) == "provisional"
        else "",
        "",
        *(f"* {_told(document, one, one.definition)}" for one in document.results if one.definition),
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or number == 2)


def _told(document: Document, result: ResultView, definition: Definition) -> str:
    t = document.language
    name = t.either(definition.name_id, definition.name_en)
    value = value_text(result.value, result, t)
    told = f"{definition.clause} {name}: {value}. {t(STATUSES[result.status])}"
    reasons = [_escaped(plain(one)) for one in document.reasons(result)]
    if result.value is None and result.reason:
        reasons = [_escaped(plain(t.of_both(result.reason)))]
    return f"{told}: {'; '.join(reasons)}" if reasons else told


def _unmarked(document: Document) -> str:
    return _escaped(plain(document.view.city.name))


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~])", r"\\\1", text)
