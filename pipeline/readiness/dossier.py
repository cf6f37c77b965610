"""The PDF of a region that is handed in: answers, score and gaps, and the evidence behind a page that names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.atomic import draft_file, publish
from pipeline.config.city import City
from pipeline.indicators.themes import THEMES
from pipeline.language import Language
from pipeline.readiness.answers import STATES
from pipeline.readiness.assessment import Assessment, Outcome, Proof
from pipeline.readiness.attachments import merge, prepared
from pipeline.readiness.changes import Change
from pipeline.readiness.problems import ACTIVE, fit_to_show, grouped
from pipeline.readiness.questions import Question
from pipeline.readiness.words import LABELS, PROOF_STATES, STATE_NAMES
from pipeline.report.typesetting import ROOT, printable, typst_fonts

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATE = Path(__file__).with_name("dossier.typ")
_ID, _EN = Language("id"), Language("en")
_STANDARD = "SNI ISO 37122:2019, klausul 10"
_LONGEST_NAME = 160


@dataclass(frozen=True)
class Dossier:
    """A dossier that was written."""

    path: Path
    pages_count: int
    size_bytes: int


@dataclass(frozen=True)
class Attachment:
    """A document that is appended once, with all the questions that it is evidence for."""

    number: int
    proofs: tuple[Proof, ...]

    @property
    def sha256(self) -> str:
        """Hash of the document."""
        return _sha256(self.proofs[0]) or ""

    @property
    def pages_count(self) -> int:
        """Pages that it brings."""
        inside = self.proofs[0].inspection
        return inside.pages_count if inside else 0


def dossier_name(city: City, year: int) -> str:
    """The file name by the city's pattern; nothing in it leads to another folder."""
    region = city.readiness.region or _region(city.name)
    safe = re.sub(r"[^\w.\-() ]+", "_", region.strip()).strip(". ")[:80] or city.city
    return city.readiness.dossier.replace("{region}", safe).replace("{year}", str(year))


def write_dossier(
    city: City, assessment: Assessment, changes: Sequence[Change] | None, *, work: Path, target: Path
) -> Dossier:
    """Write the dossier of a region in place of the former one; the same inputs give the same bytes.

    `work` holds the evidence made ready. The file is for its owner alone: evidence is personal. Raises `DataRejected`
    for evidence too large to be merged.
    """
    attachments = _attachments(assessment)
    data = _data(city, assessment, changes, attachments)
    base, behind = _own_pages(data, attachments, assessment)
    base_path, merged = work / "base.pdf", work / "merged.pdf"
    base_path.write_bytes(base)
    parts = {page: prepared(work, one.sha256) for page, one in zip(behind, attachments, strict=True)}
    merge(base_path, parts, target=merged)
    with draft_file(target) as draft:
        draft.write_bytes(merged.read_bytes())
        draft.chmod(0o600)
        publish(draft, target)
    pages_count = data["pages_count"]
    return Dossier(target, pages_count, target.stat().st_size)


def _own_pages(
    data: dict[str, Any], attachments: Sequence[Attachment], assessment: Assessment
) -> tuple[bytes, list[int]]:
    """Our pages as PDF, and behind which of them each attachment belongs.

    They are laid out twice: only then is it known on which page each attachment begins.
    """
    from typst import Compiler

    compiler = Compiler(TEMPLATE, root=ROOT, font_paths=typst_fonts(), ignore_system_fonts=True)
    behind, own_count = _places(compiler, data)
    before, first_pages = 0, {}
    for one, place in zip(attachments, behind, strict=True):
        first_pages[place] = place + before
        before += one.pages_count
    data["pages"] = {str(place): page for place, page in first_pages.items()}
    data["pages_count"] = own_count + before
    pages = {one.number: page for one, page in zip(attachments, first_pages.values(), strict=True)}
    _tell_pages(data, pages)
    moment = datetime.combine(assessment.as_of, datetime.min.time(), tzinfo=UTC)
    content = compiler.compile(sys_inputs=_inputs(data), format="pdf", timestamp=moment)
    if not isinstance(content, bytes):
        raise TypeError("typst gave several files")
    return content, behind


def _places(compiler: Compiler, data: Mapping[str, Any]) -> tuple[list[int], int]:
    """The last page of each page that announces an attachment, and how many pages there are without attachments."""
    compiler.compile(sys_inputs=_inputs(data), format="pdf")
    behind = json.loads(compiler.query("<behind>", field="value"))
    (count,) = json.loads(compiler.query("<own-pages>", field="value"))
    return behind, count


def _inputs(data: Mapping[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(printable(data))}


def _tell_pages(data: dict[str, Any], pages: Mapping[int, int]) -> None:
    """Write behind each proof on which page of the dossier it is."""
    for indicator in data["indicators"]:
        for answer in indicator["answers"]:
            for proof in answer["proofs"]:
                if (number := proof["number"]) is not None:
                    proof["place"] = f"{_ID('Attachment')} {number}, {_ID('p.')} {pages[number]}"


def _attachments(assessment: Assessment) -> list[Attachment]:
    by_hash: dict[str, list[Proof]] = {}
    for outcome in assessment.outcomes:
        for proof in outcome.proofs:
            if proof.is_appended and proof.document:
                by_hash.setdefault(proof.document.sha256, []).append(proof)
    return [Attachment(number, tuple(proofs)) for number, proofs in enumerate(by_hash.values(), start=1)]


def _data(
    city: City, one: Assessment, changes: Sequence[Change] | None, attachments: Sequence[Attachment]
) -> dict[str, Any]:
    numbers = {attachment.sha256: attachment.number for attachment in attachments}
    proofs = [proof for outcome in one.outcomes for proof in outcome.proofs]
    return {
        "title": f"{_ID('Readiness analysis')} {city.name} {one.year}",
        "labels": {name: _both(message) for name, message in (*LABELS.items(), *STATE_NAMES.items())},
        "standard": _STANDARD,
        "region": city.name,
        "year": one.year,
        "footer": f"{_ID('Readiness analysis')} {city.name} {one.year} · {_STANDARD}",
        "as_of": [language("As of {day}", day=language.day(one.as_of)) for language in (_ID, _EN)],
        "counts": {state: one.counts[state] for state in STATES},
        "questions_count": len(one.outcomes),
        "proven": f"{one.counts['proven']}/{len(one.outcomes)}",
        "proven_pct": _ID.percent(one.proven_pct),
        "themes": [_both(name) for name in THEMES.values()],
        "by_theme": [_proven(outcomes) for outcomes in one.by_theme.values()],
        "indicators": [_indicator(outcomes, numbers) for outcomes in one.by_indicator.values()],
        "gaps": [_asked(gap.question) | {"state": gap.state} for gap in one.gaps],
        "changes_title": [language("Changed since {year}", year=one.year - 1) for language in (_ID, _EN)],
        "changes": None if changes is None else [_change(change) for change in changes],
        "expiring": [_expiring(proof) for proof in one.expiring],
        "documents": list(_documents(proofs, numbers)),
        "problems": [
            {"label": ", ".join(labels) or "–", "text": [problem.text(_ID), problem.text(_EN)]}
            for problem, labels in grouped(one.problems)
        ],
        "own": [_own(proof) for proof in proofs if proof.suggestion],
        "attachments": [_attachment(attachment) for attachment in attachments],
        "pages": {},
        "pages_count": 0,
    }


def _indicator(outcomes: Sequence[Outcome], numbers: Mapping[str, int]) -> dict[str, Any]:
    definition = outcomes[0].question.definition
    return {
        "title": [f"{definition.clause} {definition.short_id}", definition.short_en],
        "states": [outcome.state for outcome in outcomes],
        "proven": f"{_proven(outcomes)}/{len(outcomes)}",
        "answers": [
            {
                "theme": outcome.question.theme,
                "theme_name": _both(THEMES[outcome.question.theme]),
                "asked": _asked(outcome.question)["asked"],
                "state": outcome.state,
                "note": fit_to_show(" ".join(outcome.answer.note.split()), longest=1500),
                "unit": fit_to_show(outcome.answer.unit, longest=200),
                "proofs": [_proof(proof, numbers) for proof in outcome.proofs],
            }
            for outcome in outcomes
        ],
    }


def _proof(proof: Proof, numbers: Mapping[str, int]) -> dict[str, Any]:
    number = numbers.get(_sha256(proof) or "") if proof.is_appended else None
    target = f"attachment-{number}" if number else "own-evidence" if proof.suggestion else None
    place = _ID("Tolok's own evidence") if proof.suggestion else None
    if proof.state == "sound" and not proof.is_appended and not proof.suggestion:
        place = _ID("listed, not appended")
    return {
        "name": _name(proof),
        "number": number,
        "target": target,
        "dates": " · ".join(_dates(proof)),
        "place": place,
        "fault": None if proof.state == "sound" else _ID(PROOF_STATES[proof.state]),
    }


def _documents(proofs: Sequence[Proof], numbers: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """One row for each document and each name without one, with all questions that name it."""
    by_name: dict[str, list[Proof]] = {}
    for proof in proofs:
        if proof.suggestion is None:
            by_name.setdefault(proof.name, []).append(proof)
    for several in by_name.values():
        first = several[0]
        number = numbers.get(_sha256(first) or "") if first.is_appended else None
        yield {
            "number": number,
            "name": _name(first),
            "facts": " · ".join(_facts(first)),
            "questions": ", ".join(dict.fromkeys(proof.question.label for proof in several)),
            "sha256": _sha256(first) or None,
            "state": _both(_proof_state(first)),
        }


def _proof_state(proof: Proof) -> str:
    if proof.state == "sound" and not proof.is_appended:
        return "listed, not appended"
    return PROOF_STATES[proof.state]


def _facts(proof: Proof) -> Iterator[str]:
    """Kind, size, pages, days, and what was left out."""
    found, inside = proof.document, proof.inspection
    if found:
        yield found.kind.upper() if found.kind != "other" else _ID("other file")
        yield f"{_ID.number(max(found.size_bytes / 1000, 0.1), decimals=1)} kB"
    if inside and inside.pages_count:
        yield _ID("{count} pages", count=inside.pages_count)
    yield from _dates(proof)
    if inside and inside.active:
        yield _ID("left out: {kinds}", kinds=", ".join(_ID(ACTIVE[kind]) for kind in inside.active))
    if inside and inside.is_signed:
        yield _ID("signed electronically")


def _dates(proof: Proof) -> Iterator[str]:
    yield _ID("dated {day}", day=_ID.day(proof.dated_on)) if proof.dated_on else _ID("date not stated")
    if proof.valid_until_on:
        yield _ID("valid until {day}", day=_ID.day(proof.valid_until_on))


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": _name(one.proofs[0]),
        "facts": " · ".join(_facts(one.proofs[0])),
        "questions": [_asked(question) for question in dict.fromkeys(proof.question for proof in one.proofs)],
        "sha256": one.sha256,
    }


def _own(proof: Proof) -> dict[str, Any]:
    offered = proof.suggestion
    if offered is None:
        return {}
    title = [offered.title_id, offered.title_en]
    return {"label": proof.question.label, "title": title, "pointer": offered.pointer, "sha256": offered.sha256}


def _expiring(proof: Proof) -> dict[str, Any]:
    until: date | None = proof.valid_until_on
    return {"label": proof.question.label, "name": _name(proof), "until": _ID.day(until) if until else "–"}


def _change(change: Change) -> dict[str, Any]:
    asked = change.question.asked(_ID)
    return {"label": change.question.label, "asked": asked, "before": change.before, "after": change.after}


def _asked(question: Question) -> dict[str, Any]:
    return {"label": question.label, "asked": [question.asked(_ID), question.asked(_EN)]}


def _name(proof: Proof) -> str:
    return fit_to_show(proof.name, longest=_LONGEST_NAME)


def _sha256(proof: Proof) -> str | None:
    return proof.document.sha256 if proof.document else None


def _proven(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.state == "proven" for outcome in outcomes)


def _both(message: str) -> list[str]:
    return [_ID(message), _EN(message)]


def _region(name: str) -> str:
    """`Kabupaten Bogor` as `Kab.Bogor`, `Kota Depok` as `Kota.Depok`."""
    for long, short in (("Kabupaten ", "Kab."), ("Kab. ", "Kab."), ("Kota ", "Kota.")):
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name
