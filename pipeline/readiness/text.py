"""The readiness of regions in a terminal and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.indicators.themes import THEMES
from pipeline.language import Language
from pipeline.readiness.answers import STATES, State
from pipeline.readiness.assessment import Assessment, Outcome, Proof
from pipeline.readiness.changes import Change
from pipeline.readiness.check import Checked
from pipeline.readiness.problems import Problem, fit_to_show, grouped
from pipeline.readiness.words import STATE_NAMES

_SIGNS: Mapping[State, str] = {"proven": "●", "unproven": "○", "no": "–", "missing": "?"}
_ID, _EN = Language("id"), Language("en")


def lines(checked: Checked) -> Iterator[str]:
    """All that a person needs to know of one region."""
    one = checked.assessment
    name, day_id, day_en = fit_to_show(checked.city_name), _ID.day(one.as_of), _EN.day(one.as_of)
    yield f"{name}: kesiapan {one.year}, per {day_id} / readiness, as of {day_en}"
    yield ""
    yield from _table(one)
    yield ""
    for state in STATES:
        yield f"{_SIGNS[state]}  {one.counts[state]:>2}  {both(STATE_NAMES[state])}"
    yield f"{_ID.number(one.proven_pct, decimals=1)} % terbukti / proven ({one.counts['proven']}/{len(one.outcomes)})"
    yield from _section("Masalah / Problems", _problems(one, are_notes=False))
    yield from _section("Catatan / Notes", _problems(one, are_notes=True))
    yield from _section("Segera berakhir / Expires soon", map(_expiring, one.expiring))
    offered = "Saran: isi Terima pada 'Bukti Tolok' / Suggested: write Terima in 'Bukti Tolok'"
    yield from _section(offered, map(_offered, one.offered))
    if checked.since_year_before is not None:
        yield from _changed(f"Berubah sejak {one.year - 1} / Changed since {one.year - 1}", checked.since_year_before)
    if checked.since_former_check is not None:
        yield from _changed("Berubah sejak pemeriksaan lalu / Changed since the last check", checked.since_former_check)
    if checked.dossier:
        yield ""
        yield f"Dosir / Dossier: {checked.dossier.path} ({checked.dossier.pages_count} hlm. / pages)"


def summary(checked: Sequence[Checked]) -> Iterator[str]:
    """One line for each of several regions."""
    width = max(len("Wilayah / Region"), *(len(fit_to_show(one.city_name)) for one in checked))
    signs = "".join(f"{sign:>4}" for sign in _SIGNS.values())
    yield f"{'Wilayah / Region':<{width}}{signs}{'%':>7}  masalah / problems"
    for one in sorted(checked, key=lambda one: (-one.assessment.counts["proven"], one.city_name)):
        counts = "".join(f"{one.assessment.counts[state]:>4}" for state in STATES)
        problems = sum(not problem.is_note for problem in one.assessment.problems)
        share = _ID.number(one.assessment.proven_pct, decimals=1)
        yield f"{fit_to_show(one.city_name):<{width}}{counts}{share:>7}  {problems}"
    yield "  ".join(f"{_SIGNS[state]} {both(STATE_NAMES[state])}" for state in STATES)
    if folders := {str(one.dossier.path.parent) for one in checked if one.dossier}:
        yield f"Dosir / Dossiers: {', '.join(folders)}"


def history_lines(history: Sequence[tuple[int, date, Mapping[State, int]]]) -> Iterator[str]:
    """A line for each day on which the readiness of a year changed."""
    yield f"{'':<6}{'sejak / since':<20}{'  '.join(f'{_SIGNS[state]:>2}' for state in STATES)}"
    for year, day, counts in history:
        yield f"{year:<6}{_ID.day(day):<20}{'  '.join(f'{counts.get(state, 0):>2}' for state in STATES)}"
    yield "  ".join(f"{_SIGNS[state]} {both(STATE_NAMES[state])}" for state in STATES)


def both(message: str) -> str:
    """A message in both languages."""
    return f"{_ID(message)} / {_EN(message)}"


def described(checked: Checked) -> dict[str, Any]:
    """The same for machines, without notes of the form."""
    one = checked.assessment
    return {
        "city": checked.city_id,
        "year": one.year,
        "as_of": one.as_of.isoformat(),
        "counts": {state: one.counts[state] for state in STATES},
        "proven_pct": one.proven_pct,
        "by_indicator": {name: _proven(outcomes) for name, outcomes in one.by_indicator.items()},
        "by_theme": {str(theme): _proven(outcomes) for theme, outcomes in one.by_theme.items()},
        "answers": [_described_outcome(outcome) for outcome in one.outcomes],
        "problems": [_described_problem(problem) for problem in one.problems],
        "expires_soon": [_described_proof(proof) | {"question": proof.question.label} for proof in one.expiring],
        "changed_since_year_before": _described_changes(checked.since_year_before),
        "changed_since_former_check": _described_changes(checked.since_former_check),
        "dossier": str(checked.dossier.path) if checked.dossier else None,
    }


def _table(one: Assessment) -> Iterator[str]:
    width = max(len(outcomes[0].question.definition.title) for outcomes in one.by_indicator.values())
    yield f"{'':<{width}}  {' '.join(map(str, THEMES))}"
    for outcomes in one.by_indicator.values():
        signs = " ".join(_SIGNS[outcome.state] for outcome in outcomes)
        yield f"{outcomes[0].question.definition.title:<{width}}  {signs}  {_proven(outcomes)}/{len(outcomes)}"
    by_theme = " ".join(str(_proven(outcomes)) for outcomes in one.by_theme.values())
    yield f"{'terbukti dari 4 / proven of 4':<{width}}  {by_theme}"
    for theme, name in THEMES.items():
        yield f"  {theme} {both(name)}"


def _proven(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.state == "proven" for outcome in outcomes)


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    """A title with the count of its entries, or nothing without entries."""
    found = list(entries)
    if found:
        yield ""
        yield f"{title} ({len(found)})"
        yield from found


def _problems(one: Assessment, *, are_notes: bool) -> Iterator[str]:
    for problem, labels in grouped(problem for problem in one.problems if problem.is_note == are_notes):
        yield f"  {', '.join(labels) or '-'}\n      {problem.text(_ID)}\n      {problem.text(_EN)}"


def _expiring(proof: Proof) -> str:
    until = proof.valid_until_on
    return f"  {proof.question.label:<7} {fit_to_show(proof.name)}: {_ID.day(until) if until else ''}"


def _offered(outcome: Outcome) -> str:
    offered = outcome.suggestion
    label = f"  {outcome.question.label:<7} "
    return f"{label}{offered.title_id}\n          {offered.title_en}\n          {offered.pointer}" if offered else label


def _changed(title: str, changes: Sequence[Change]) -> Iterator[str]:
    """The questions that changed alike in one line."""
    labels: dict[tuple[State | None, State], list[str]] = {}
    for change in changes:
        labels.setdefault((change.before, change.after), []).append(change.question.label)
    yield ""
    yield f"{title} ({len(changes)})"
    for (before, after), questions in labels.items():
        was = both(STATE_NAMES[before]) if before else "-"
        yield f"  {was} → {both(STATE_NAMES[after])}\n      {', '.join(questions)}"


def _described_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "indicator": outcome.question.indicator_id,
        "clause": outcome.question.clause,
        "theme": outcome.question.theme,
        "state": outcome.state,
        "unit": outcome.answer.unit,
        "evidence": [_described_proof(proof) for proof in outcome.proofs],
    }


def _described_proof(proof: Proof) -> dict[str, Any]:
    found = proof.document
    return {
        "name": fit_to_show(proof.name, longest=300),
        "state": proof.state,
        "kind": "tolok" if proof.suggestion else found.kind if found else None,
        "sha256": proof.suggestion.sha256 if proof.suggestion else found.sha256 if found else None,
        "size_bytes": found.size_bytes if found else None,
        "pages": proof.inspection.pages_count if proof.inspection else None,
        "date": proof.dated_on.isoformat() if proof.dated_on else None,
        "valid_until": proof.valid_until_on.isoformat() if proof.valid_until_on else None,
        "is_appended": proof.is_appended,
    }


def _described_problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "question": problem.question.label if problem.question else None,
        "is_note": problem.is_note,
        "id": problem.text(_ID),
        "en": problem.text(_EN),
    }


def _described_changes(changes: Sequence[Change] | None) -> list[dict[str, Any]] | None:
    if changes is None:
        return None
    return [{"question": one.question.label, "before": one.before, "after": one.after} for one in changes]
