"""The readiness check of one region and year: form, evidence, Tolok's own, and what changed since the year before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from connectors.errors import DataRejected, FileMissing
from pipeline.atomic import work_folder
from pipeline.config.city import City
from pipeline.readiness.answers import State
from pipeline.readiness.assessment import Assessment, Outcome, Proof, Terms, assess, resolve
from pipeline.readiness.attachments import prepare
from pipeline.readiness.changes import Change, changes
from pipeline.readiness.dossier import Dossier, dossier_name, write_dossier
from pipeline.readiness.evidence import document, find_files
from pipeline.readiness.form import FORMS, read_form
from pipeline.readiness.questions import QUESTIONS, Question
from pipeline.readiness.suggestions import suggestions
from pipeline.settings import Settings
from pipeline.store_request import city_record
from pipeline.warehouse import AnswerRecord, Difference, EvidenceRecord, ReadinessRecords

_OWN = "tolok"


@dataclass(frozen=True)
class Checked:
    """A region's readiness and what it is compared with: the year before, and the former check of the same year."""

    city_id: str
    city_name: str
    assessment: Assessment
    since_year_before: tuple[Change, ...] | None
    since_former_check: tuple[Change, ...] | None
    dossier: Dossier | None = None


def year_folder(city: City, year: int) -> Path:
    """Where form and evidence of a region's year lie."""
    folder = city.readiness.folder or f"../readiness/{city.city}"
    return (city.folder / folder / str(year)).resolve()


def check_readiness(
    city: City, year: int, *, today: date, as_of: date | None = None, to: Path | None = None
) -> Checked:
    """Check a region and keep its answers; a dossier is written into the folder `to` where one is given.

    Evidence is valid or expired as of the last day of the year or today, whichever is first, unless a day is given.
    Raises `FileMissing` without a form, `DataRejected` for one that cannot be read.
    """
    records = ReadinessRecords(Settings.from_environment().warehouse_url)
    with _work_folder(city) as work:
        assessment = _assessed(city, year, today=today, as_of=as_of, work=work)
        year_before = changes(_states(records.current(city.city, year - 1)), assessment)
        former = changes(_states(records.current(city.city, year)), assessment)
        dossier = None
        if to is not None:
            target = to / dossier_name(city, year)
            dossier = write_dossier(city, assessment, year_before, work=work, target=target)
    records.store(city_record(city), year, [_record(one) for one in assessment.outcomes], today=today)
    return Checked(city.city, city.name, assessment, year_before, former, dossier)


def stored_otherwise(city: City, year: int, *, today: date) -> list[Difference]:
    """Where answers and documents that are stored are not what form and folder hold; none for a year never checked.

    Tolok's own evidence is that of the day of the check and is left out. Raises what `check_readiness` does.
    """
    stored = ReadinessRecords(Settings.from_environment().warehouse_url).current(city.city, year)
    if not stored:
        return []
    with _work_folder(city) as work:
        assessment = _assessed(city, year, today=today, work=work)
    found = {one.key: one for one in map(_record, assessment.outcomes)}
    return [one for key, answer in sorted(found.items()) for one in _differences(key, stored.get(key), answer)]


def _differences(key: tuple[str, int], stored: AnswerRecord | None, found: AnswerRecord | None) -> Iterator[Difference]:
    named = dict(zip(("indicator_id", "theme"), key, strict=True))
    then, now = (_plain(one) for one in (stored, found))
    for table, place in sorted({*then, *now}):
        here = named | ({"sha256": place} if place else {})
        old, new = then.get((table, place)), now.get((table, place))
        if old is None or new is None:
            yield Difference(table, here, None, old, new)
        else:
            yield from (Difference(table, here, name, old[name], new[name]) for name in old if old[name] != new[name])


def _plain(answer: AnswerRecord | None) -> dict[tuple[str, str], dict[str, object]]:
    """An answer and its documents by table and hash."""
    if answer is None:
        return {}
    documents = {
        ("readiness_evidence", one.sha256): {
            name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(one).items()
        }
        for one in answer.evidence
        if one.kind != _OWN
    }
    return documents | {("readiness_answer", ""): {"state": answer.state, "responsible_unit": answer.responsible_unit}}


def _work_folder(city: City) -> AbstractContextManager[Path]:
    """Copies of evidence are personal: they lie in Tolok's own folder, where the next check finds what a kill left."""
    return work_folder(Settings.from_environment().home / "readiness" / city.city)


def _assessed(city: City, year: int, *, today: date, work: Path, as_of: date | None = None) -> Assessment:
    """What form and evidence of a year say; what is prepared of the evidence lies in `work`."""
    settings, folder = Settings.from_environment(), year_folder(city, year)
    terms = Terms(
        city.city,
        year,
        as_of or min(today, date(year, 12, 31)),
        today=today,
        most_pages=city.readiness.most_pages,
        expires_soon_days=city.readiness.expires_soon_days,
    )
    path = form_path(folder, city.city, year)
    form = read_form(path, city_id=city.city, city_name=city.name, year=year)
    records = ReadinessRecords(settings.warehouse_url)
    own = suggestions(
        records.own_results(city.city, year),
        city_id=city.city,
        page=settings.home / "reports" / city.city / f"{year}.html",
        zone=city.zone_info,
    )
    files = find_files(folder, but=path)
    documents = resolve(form, files, read=document)
    inspections = prepare(documents.values(), work=work, most_pages=terms.most_pages)
    return assess(form, files, documents=documents, inspections=inspections, suggestions=own, terms=terms)


def form_path(folder: Path, city_id: str, year: int) -> Path:
    """The one form of a folder; `FileMissing` without any, `DataRejected` for several."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    forms = [path for path in there if path.suffix.lower() in FORMS and not path.name.startswith((".", "~$"))]
    if not forms:
        command = f"tolok template readiness {city_id} --year {year}"
        raise FileMissing(
            id=f"{city_id} {year}: belum ada formulir di {folder}. Buat dengan: {command}",
            en=f"{city_id} {year}: there is no form in {folder}. Make one with: {command}",
        )
    if len(forms) > 1:
        names = ", ".join(path.name for path in forms)
        raise DataRejected(
            id=f"{folder} berisi beberapa formulir: {names}. Sisakan satu; bukti disimpan di folder pertanyaannya.",
            en=f"{folder} holds several forms: {names}. Keep one; evidence belongs into the folder of its question.",
        )
    return forms[0]


def _states(stored: Mapping[tuple[str, int], AnswerRecord]) -> dict[Question, State]:
    by_key = {(question.indicator_id, question.theme): question for question in QUESTIONS}
    return {by_key[key]: answer.state for key, answer in stored.items() if key in by_key}


def _record(outcome: Outcome) -> AnswerRecord:
    evidence = {one.sha256: one for one in map(_evidence, outcome.proofs) if one and one.sha256}
    question = outcome.question
    return AnswerRecord(
        question.indicator_id, question.theme, outcome.state, outcome.answer.unit, tuple(evidence.values())
    )


def _evidence(proof: Proof) -> EvidenceRecord | None:
    if proof.suggestion:
        return EvidenceRecord(proof.suggestion.sha256, proof.name, _OWN, proof.state, proof.dated_on)
    if proof.document is None:
        return None
    found = proof.document
    return EvidenceRecord(found.sha256, found.name, found.kind, proof.state, proof.dated_on, proof.valid_until_on)
