"""Whether everything shown of a period is what its raw files and settings give, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from connectors.errors import SourceUnavailable, TolokError
from connectors.numerals import counted_en
from pipeline import steps
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.landing import manifests_of
from pipeline.periods import Period
from pipeline.progress import SILENT, Progress
from pipeline.raw_files import RawFiles, raw_files
from pipeline.readiness.check import stored_otherwise
from pipeline.report.verification import (
    DERIVED_FILE,
    MANIFEST,
    RAW_FILE,
    STORED_FILE,
    Checked,
    Finding,
    Kind,
    Verified,
)
from pipeline.settings import Settings
from pipeline.warehouse import Comparison, Difference, Warehouse
from pipeline.warehouse.deciding import Decided
from pipeline.work import Work

_OF_A_FILE = ("name", "owner", "licence")


def verify(city_id: str, period: str, *, progress: Progress = SILENT) -> Verified:
    """Compute a period anew from the landed bytes and compare all that is stored of it; nothing is written.

    Where landed bytes or their manifests are altered or gone nothing is computed. Raises `DataRejected` where sources
    were never fetched, `SourceUnavailable` where something differs and another run has stored results meanwhile.
    """
    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    runs_count = warehouse.runs_count(city_id)
    found = _verified(city_id, period, warehouse=warehouse, progress=progress)
    if found.findings and warehouse.runs_count(city_id) != runs_count:
        raise SourceUnavailable(
            id=f"{city_id} {period}: run lain menyimpan hasil sementara ini diperiksa, maka yang berbeda belum tentu "
            "salah. Jalankan tolok verify lagi.",
            en=f"{city_id} {period}: another run stored results while this was verified, so what differs need not be "
            "wrong. Run tolok verify again.",
        )
    return found


def _verified(city_id: str, period: str, *, warehouse: Warehouse, progress: Progress) -> Verified:
    settings = Settings.from_environment()
    city, asked = load_city(settings.cities, city_id), Period.parse(period)
    label = asked.label
    stored = {file.sha256: file for one in warehouse.results(city_id, period=label) for file in one.files}
    raw = raw_files(settings.home, city=city, period=asked, stored=stored.values(), progress=progress)
    of_files = list(_of_files(raw))
    if raw.altered or raw.manifests:
        return Verified(city_id, label, findings=tuple(of_files), files_count=raw.count)
    with steps.recomputed(city_id, label, progress=progress) as (results, request):
        compared = warehouse.compare(results, request=request)
    between = Work(city, asked, settings.home).damaged_files()
    of_files += _of_names(DERIVED_FILE, between)
    findings = [*of_files, *_of_results(compared), *_of_history(compared), *_beside(compared, city)]
    told = _told_of(request.decisions, _decided_on(warehouse, city))
    findings += _of_expired(compared)
    notes = [*_notes(compared), *_of_erased(compared, told), *_expired_notes(compared, told)]
    if Period.parse(label).is_year:
        try:
            otherwise = stored_otherwise(city, int(label), today=datetime.now(UTC).astimezone(city.zone_info).date())
        except TolokError as fault:
            otherwise = []
            notes.append(f"Kesiapan tidak diperiksa: {fault.id} / Readiness was not checked: {fault.en}")
        findings += [Finding("readiness", tuple(otherwise))] if otherwise else []
    checked = tuple(
        Checked(
            name,
            one.newest.number if one.newest else 0,
            _shown_value(one),
            is_same=one.is_same,
            erased_count=one.erased_count,
        )
        for name, one in compared.decided.items()
    )
    checked += tuple(
        Checked(name, one.number, one.result["value"] if one.result else None, is_same=False, is_expired=True)
        for name, one in compared.left_out.items()
    )
    return Verified(city_id, label, checked, tuple(findings), tuple(notes), raw.count, compared.is_closed)


def _shown_value(one: Decided) -> float | None:
    """The value computed anew; where rows were erased since, the one that is stored, which nothing gives again."""
    if one.erased_count and one.newest is not None and one.newest.result is not None:
        stored: float | None = one.newest.result["value"]
        return stored
    return one.result.headline.value


def _of_files(raw: RawFiles) -> Iterator[Finding]:
    places: dict[Kind, tuple[str, ...]] = {
        MANIFEST: raw.manifests,
        RAW_FILE: raw.altered,
        STORED_FILE: raw.altered_in_storage,
    }
    for place, names in places.items():
        yield from _of_names(place, names)


def _of_names(place: Kind, names: Sequence[str]) -> Iterator[Finding]:
    if names:
        yield Finding(place, tuple(Difference(place, {"file": name}, "sha256", None, None) for name in names))


def _of_results(compared: Comparison) -> Iterator[Finding]:
    for name, one in compared.decided.items():
        if not one.is_same and not one.erased_count:
            # Where the same files give something else, the differences say all there is.
            is_told = one.newest is not None and not one.stored.change
            yield Finding("result", one.differences, name, one.stored.change_reason if is_told else "")


def _decided_on(warehouse: Warehouse, city: City) -> dict[int, date]:
    """On which day on the city's clock each decision to erase was made."""
    return {row["decision"]: row["decided_at"].astimezone(city.zone_info).date() for row in warehouse.erasures()}


def _told_of(decisions: Mapping[str, Sequence[int]], decided_on: Mapping[int, date]) -> dict[str, tuple[str, str]]:
    """By indicator the decisions that took rows of its files, in both languages."""
    told = {name: [(number, decided_on.get(number, "?")) for number in numbers] for name, numbers in decisions.items()}
    return {
        name: (
            ", ".join(f"keputusan {number} pada {on}" for number, on in of),
            ", ".join(f"decision {number} on {on}" for number, on in of),
        )
        for name, of in told.items()
    }


def _of_erased(compared: Comparison, told: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for name, one in compared.decided.items():
        if count := one.erased_count:
            told_id, told_en = told[name]
            version = one.newest.number if one.newest else 0
            yield (
                f"{name}: v{version} tidak lagi dapat ditelusuri penuh: {count} baris dihapus oleh {told_id}; yang "
                f"tersimpan utuh menurut segelnya / no longer retraces whole: {counted_en(count, 'row', 'rows')} "
                f"erased by {told_en}; what is stored is whole by its seal"
            )


def _expired_notes(compared: Comparison, told: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for name, newest in compared.left_out.items():
        if newest.is_intact:
            told_id, told_en = told[name]
            yield (
                f"{name}: v{newest.number} tidak lagi dapat ditelusuri: masa simpannya habis ({told_id}); "
                f"yang tersimpan utuh menurut segelnya / no longer retraces: expired by retention ({told_en}); what is "
                "stored is whole by its seal"
            )


def _of_expired(compared: Comparison) -> list[Finding]:
    """Versions that nothing gives again and that are not those that were sealed."""
    return [
        Finding("history", (Difference("result_seal", {"version": one.number}, "rows_sha256", None, None),), name)
        for name, one in compared.left_out.items()
        if not one.is_intact
    ]


def _of_history(compared: Comparison) -> Iterator[Finding]:
    for name, altered in compared.alterations.items():
        found = [
            Difference("result", {"version": one.version}, None, None, {"version": one.version})
            if one.is_gone
            else Difference("result_seal", {"version": one.version}, "rows_sha256", None, None)
            for one in altered
            if not one.is_known
        ]
        if found:
            yield Finding("history", tuple(found), name)


def _beside(compared: Comparison, city: City) -> Iterator[Finding]:
    found = [one for one in compared.beside if not _is_of_another_period(one, city)]
    acts = tuple(one for one in found if one.table == "closing")
    others = tuple(one for one in found if one.table != "closing")
    if others:
        yield Finding("beside", others)
    if acts:
        yield Finding("history", acts)


def _is_of_another_period(one: Difference, city: City) -> bool:
    """Whether a file is told of as the manifest of another period tells of it: the same bytes may come twice."""
    if one.table != "source_file" or one.column not in _OF_A_FILE:
        return False
    source, sha256 = str(one.key["source"]), one.key["sha256"]
    manifests = manifests_of(Settings.from_environment().home, city.city, source)
    told = [(manifest, file) for manifest in manifests for file in manifest.files if file.sha256 == sha256]
    return any(
        one.stored in (getattr(manifest, str(one.column), None), getattr(file, str(one.column), None))
        for manifest, file in told
    )


def _notes(compared: Comparison) -> Iterator[str]:
    for name, one in compared.decided.items():
        if one.is_same and not one.has_same_files:
            yield (
                f"{name}: v{one.stored.version} dihitung dari berkas lain yang isinya sama / "
                "was computed from other files that say the same"
            )
        elif one.is_same and one.differences:
            yield f"{name}: v{one.stored.version} ditulis dengan kata-kata lain / was written in other words"
    for name, altered in compared.alterations.items():
        for known in (one for one in altered if one.is_known):
            yield (
                f"{name}: v{known.version} sudah diubah sebelum versi sesudahnya ditulis / "
                "had been altered before the version after it was written"
            )
    for name in compared.unknown:
        yield f"{name}: tidak dikenal Tolok ini, tidak diperiksa / not known to this Tolok, not checked"
