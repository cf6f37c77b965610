"""The state of each of the 36 questions by its answer and its proofs, the score, the gaps, and what expires soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from pipeline.indicators.themes import THEMES
from pipeline.readiness.answers import Answer, Cited, Form, State
from pipeline.readiness.evidence import APPENDED, Document, Files, leads_outside
from pipeline.readiness.problems import Code, Problem
from pipeline.readiness.questions import QUESTIONS, Question

ProofState = Literal[
    "sound", "missing", "leads_outside", "encrypted", "broken", "beyond_limits", "expired", "not_yet_dated"
]
# Said of a proof that does not count, by the state it is in.
_SAID_OF: Mapping[ProofState, Code] = {
    "missing": "file_missing",
    "leads_outside": "leads_outside",
    "encrypted": "encrypted",
    "broken": "broken",
    "beyond_limits": "beyond_limits",
}


@dataclass(frozen=True)
class Inspection:
    """What was found inside a file that can be appended; `pages_count` is 0 where it could not be opened."""

    state: Literal["sound", "encrypted", "broken", "beyond_limits"]
    pages_count: int = 0
    active: tuple[str, ...] = ()
    is_signed: bool = False
    is_restricted: bool = False


@dataclass(frozen=True)
class Suggestion:
    """Tolok's own evidence for a question: where it is, and the hash of what it rests on."""

    title_id: str
    title_en: str
    pointer: str
    sha256: str
    dated_on: date


@dataclass(frozen=True)
class Proof:
    """One piece of evidence for a yes: a document, Tolok's own, or a name without a file."""

    question: Question
    name: str
    state: ProofState
    dated_on: date | None = None
    valid_until_on: date | None = None
    document: Document | None = None
    inspection: Inspection | None = None
    suggestion: Suggestion | None = None
    is_appended: bool = False


@dataclass(frozen=True)
class Outcome:
    """One question with its answer, its state, its proofs and what Tolok could add."""

    question: Question
    answer: Answer
    state: State
    proofs: tuple[Proof, ...] = ()
    suggestion: Suggestion | None = None


@dataclass(frozen=True)
class Assessment:
    """The readiness of a region in a year as of a day, in the order of questions."""

    year: int
    as_of: date
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...]
    expires_soon_days: int

    @cached_property
    def counts(self) -> Mapping[State, int]:
        """How many questions are in each state."""
        return Counter(outcome.state for outcome in self.outcomes)

    @property
    def proven_pct(self) -> float:
        """Questions with a proven yes, in percent of all."""
        return 100 * self.counts["proven"] / len(self.outcomes)

    @property
    def gaps(self) -> tuple[Outcome, ...]:
        """What is not proven."""
        return tuple(outcome for outcome in self.outcomes if outcome.state != "proven")

    @property
    def by_indicator(self) -> Mapping[str, tuple[Outcome, ...]]:
        """The nine outcomes of each indicator."""
        names = dict.fromkeys(question.indicator_id for question in QUESTIONS)
        return {name: tuple(o for o in self.outcomes if o.question.indicator_id == name) for name in names}

    @property
    def by_theme(self) -> Mapping[int, tuple[Outcome, ...]]:
        """The four outcomes of each theme."""
        return {theme: tuple(o for o in self.outcomes if o.question.theme == theme) for theme in THEMES}

    @property
    def expiring(self) -> tuple[Proof, ...]:
        """Proofs that count today and end soon, the first to end first."""
        last = self.as_of + timedelta(days=self.expires_soon_days)
        ending = (
            proof
            for outcome in self.outcomes
            for proof in outcome.proofs
            if proof.state == "sound" and proof.valid_until_on and proof.valid_until_on <= last
        )
        return tuple(sorted(ending, key=lambda proof: (proof.valid_until_on or last, proof.question)))

    @property
    def offered(self) -> tuple[Outcome, ...]:
        """Questions for which Tolok has evidence that was not accepted and that still lack a proof."""
        return tuple(o for o in self.outcomes if o.suggestion and not o.answer.takes_suggestion and o.state != "proven")


@dataclass(frozen=True)
class Terms:
    """What an assessment depends on besides form and files."""

    city_id: str
    year: int
    as_of: date
    today: date
    most_pages: int
    expires_soon_days: int


def resolve(form: Form, files: Files, *, read: Callable[[Files, str], Document]) -> dict[str, Document]:
    """Each file that a yes names, hashed once, by its path within the folder."""
    found: dict[str, Document] = {}
    for question, answer in form.answers.items():
        for cited in answer.cited if answer.is_yes else ():
            for name in _paths(files, cited, question):
                if name in files.by_name and name not in found:
                    found[name] = read(files, name)
    return found


def assess(
    form: Form,
    files: Files,
    *,
    documents: Mapping[str, Document],
    inspections: Mapping[str, Inspection],
    suggestions: Mapping[Question, Suggestion],
    terms: Terms,
) -> Assessment:
    """Hold each answer against its evidence; `inspections` are by hash."""
    outcomes = []
    problems = list(form.problems)
    for question, answer in form.answers.items():
        suggestion = suggestions.get(question)
        proofs = list(_proofs(question, answer, files, documents, inspections, terms)) if answer.is_yes else []
        if answer.is_yes and answer.takes_suggestion and suggestion:
            proofs.append(Proof(question, suggestion.title_id, "sound", suggestion.dated_on, suggestion=suggestion))
        state = _state(answer, proofs)
        outcomes.append(Outcome(question, answer, state, tuple(proofs), suggestion))
        problems += _problems(outcomes[-1], form, files, terms)
    problems += _same_bytes(documents)
    problems += _unnamed(form, files)
    return Assessment(terms.year, terms.as_of, tuple(outcomes), tuple(problems), terms.expires_soon_days)


def _paths(files: Files, cited: Cited, question: Question) -> tuple[str, ...]:
    return () if leads_outside(cited.name) else files.named(cited.name, question)


def _proofs(
    question: Question,
    answer: Answer,
    files: Files,
    documents: Mapping[str, Document],
    inspections: Mapping[str, Inspection],
    terms: Terms,
) -> Iterator[Proof]:
    for cited in answer.cited:
        paths = _paths(files, cited, question)
        proof = Proof(question, cited.name, "missing", cited.dated_on, cited.valid_until_on)
        if not paths:
            yield replace(proof, state="leads_outside") if leads_outside(cited.name) else proof
        for name in paths:
            if name in files.outside:
                yield replace(proof, name=name, state="leads_outside")
            else:
                found = documents[name]
                yield _proof_of(proof, found, inspections.get(found.sha256), terms)


def _proof_of(proof: Proof, found: Document, inspection: Inspection | None, terms: Terms) -> Proof:
    state: ProofState = found.fault or (inspection.state if inspection else "sound")
    if state == "sound" and proof.valid_until_on and proof.valid_until_on < terms.as_of:
        state = "expired"
    if state == "sound" and proof.dated_on and proof.dated_on > terms.today:
        state = "not_yet_dated"
    is_appended = state in ("sound", "expired", "not_yet_dated") and inspection is not None
    if inspection is not None and inspection.pages_count > terms.most_pages:
        is_appended = False
    return replace(proof, name=found.name, state=state, document=found, inspection=inspection, is_appended=is_appended)


def _state(answer: Answer, proofs: Sequence[Proof]) -> State:
    if answer.is_yes is None:
        return "missing"
    if not answer.is_yes:
        return "no"
    return "proven" if any(proof.state == "sound" for proof in proofs) else "unproven"


def _problems(outcome: Outcome, form: Form, files: Files, terms: Terms) -> Iterator[Problem]:
    question, answer = outcome.question, outcome.answer
    has_unknown_word = any(p.code == "unknown_answer" and p.question == question for p in form.problems)
    if outcome.state == "missing" and not has_unknown_word:
        yield Problem("missing_answer", question)
    if outcome.state == "no" and (answer.cited or answer.takes_suggestion):
        yield Problem("evidence_for_no", question)
    if answer.is_yes and answer.takes_suggestion and not outcome.suggestion:
        command = f"tolok run {terms.city_id} {terms.year}"
        yield Problem("no_suggestion", question, {"year": terms.year, "command": command})
    for proof in outcome.proofs:
        yield from _problems_of(proof, files, terms)
    if outcome.state == "unproven":
        yield Problem("no_evidence", question)


def _problems_of(proof: Proof, files: Files, terms: Terms) -> Iterator[Problem]:
    told: dict[str, object] = {"file": proof.name, "day": terms.as_of, "until": proof.valid_until_on}
    if (code := _SAID_OF.get(proof.state)) is not None:
        yield Problem(code, proof.question, {**told, "folder": str(files.folder_of(proof.question))})
    elif proof.state == "expired":
        yield Problem("expired", proof.question, told)
    if proof.dated_on and proof.dated_on > terms.as_of and proof.suggestion is None:
        when: Code = "not_yet_dated" if proof.state == "not_yet_dated" else "dated_later"
        yield Problem(when, proof.question, {**told, "dated": proof.dated_on})
    if proof.document and proof.state in ("sound", "expired", "not_yet_dated"):
        yield from _notes_of(proof, proof.document, told, terms)


def _notes_of(proof: Proof, found: Document, told: Mapping[str, object], terms: Terms) -> Iterator[Problem]:
    inside = proof.inspection
    if found.kind not in APPENDED:
        yield Problem("cannot_append", proof.question, told)
    if inside is None:
        return
    if inside.pages_count > terms.most_pages:
        pages = {"pages": inside.pages_count, "most": terms.most_pages}
        yield Problem("too_many_pages", proof.question, {**told, **pages})
    if inside.active:
        yield Problem("active_content", proof.question, {**told, "kinds": inside.active})
    if inside.is_signed:
        yield Problem("signed", proof.question, told)
    if inside.is_restricted:
        yield Problem("restricted", proof.question, told)


def _same_bytes(documents: Mapping[str, Document]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, found in documents.items():
        if found.sha256 in first:
            yield Problem("same_bytes", values={"file": name, "other": first[found.sha256]})
        first.setdefault(found.sha256, name)


def _unnamed(form: Form, files: Files) -> Iterator[Problem]:
    """Files that no answer names, whatever it says."""
    named = {
        path
        for question, answer in form.answers.items()
        for cited in answer.cited
        for path in _paths(files, cited, question)
    }
    for name in sorted(files.by_name.keys() - named):
        yield Problem("file_unnamed", values={"file": name})
    for name in sorted(files.outside - named):
        yield Problem("leads_outside", values={"file": name, "folder": str(files.folder)})
