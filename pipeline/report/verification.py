"""What verifying a period found, in both languages: what differs, grouped, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Final, Literal

from connectors.errors import DataRejected
from connectors.numerals import counted_en, number
from pipeline.warehouse import Difference

Kind = Literal["manifest", "raw_file", "stored_file", "derived_file", "result", "beside", "history", "readiness"]
# Files are in no table; they are told of like rows of one.
MANIFEST: Final = "manifest"
RAW_FILE: Final = "raw_file"
STORED_FILE: Final = "stored_file"
DERIVED_FILE: Final = "derived_file"
_SHOWN = 3
_HEADINGS: Mapping[Kind, str] = {
    MANIFEST: "Catatan pendaratan rusak atau hilang / Manifests damaged or gone",
    RAW_FILE: "Berkas mentah hilang atau berubah / Raw files gone or altered",
    STORED_FILE: "Berkas mentah di penyimpanan / Raw files in the storage",
    DERIVED_FILE: "Berkas antara / Files between",
    "result": "Hasil / Results",
    "beside": "Di samping hasil / Beside the results",
    "history": "Riwayat / History",
    "readiness": "Kesiapan / Readiness",
}
_OF_FILES: Mapping[str, str] = {
    MANIFEST: "catatan sumber rusak atau hilang / manifest damaged or gone",
    RAW_FILE: "berkas mentah berubah atau hilang / raw file altered or gone",
    STORED_FILE: "berkas mentah berubah atau hilang di penyimpanan / raw file altered or gone in the storage",
    DERIVED_FILE: "bukan lagi yang ditulis / no longer what was written",
}
_ALTERED = "barisnya diubah sesudah ditulis / its rows were altered after they were written"
_ONLY_SEALED = f"{_ALTERED}: run_id, computed_at, change_reason, seal"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and of which result, if of one.

    `because` says in both languages which files, rows or settings are others since; empty where that is not it.
    """

    kind: Kind
    differences: tuple[Difference, ...]
    indicator_id: str | None = None
    because: str = ""


@dataclass(frozen=True)
class Checked:
    """A result that was computed anew, the version it was held against (0 for none) and whether both are the same.

    One that is not may be so because `erased_count` rows of it were erased since, or because its raw files are expired.
    """

    indicator_id: str
    version: int
    value: float | None
    is_same: bool
    erased_count: int = 0
    is_expired: bool = False


@dataclass(frozen=True)
class Verified:
    """All that verifying a period of a city found; `notes` are in both languages and keep nothing from being right."""

    city_id: str
    period: str
    results: tuple[Checked, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    files_count: int = 0
    is_closed: bool = False

    @property
    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**asdict(self), "is_same": not self.findings}

    def refuse(self) -> None:
        """`DataRejected` that says what to do, where anything differs."""
        if self.findings:
            places = ", ".join(dict.fromkeys(_named(d) for one in self.findings for d in one.differences))
            advice = list(_advice(self))
            what = f"{self.city_id} {self.period}"
            raise DataRejected(
                id="\n".join([f"{what} tidak cocok dengan yang tersimpan: {places}.", *(one for one, _ in advice)]),
                en="\n".join([f"{what} does not match what is stored: {places}.", *(other for _, other in advice)]),
            )


def lines(verified: Verified) -> Iterator[str]:
    """A line per result, then what differs by kind, then what else to know."""
    for one in verified.results:
        verdict = "sama / same" if one.is_same else "BERBEDA / DIFFERENT"
        verdict = "baris dihapus / rows erased" if one.erased_count else verdict
        verdict = "masa simpan habis / expired" if one.is_expired else verdict
        version = f"v{one.version}" if one.version else "-"
        yield f"{one.indicator_id:<18} {number(one.value):>14}  {version:<4} {verdict}"
    for kind, findings in groupby(sorted(verified.findings, key=_place), key=lambda one: one.kind):
        yield f"{_HEADINGS[kind]}:"
        for finding in findings:
            if finding.indicator_id:
                yield f"  {finding.indicator_id}"
            if finding.because:
                yield f"    sejak itu / since then: {finding.because}"
            yield from _differences(finding.differences)
    for note in verified.notes:
        yield f"Catatan / Note: {note}"
    if not verified.findings:
        count = number(verified.files_count)
        files, raw_files = (
            counted_en(verified.files_count, f"{kind} is", f"{kind}s are") for kind in ("file", "raw file")
        )
        if any(one.erased_count or one.is_expired for one in verified.results):
            yield f"Semua yang lain cocok, {count} berkas utuh. / All else matches, {files} whole."
            return
        yield f"Semua cocok, {count} berkas mentah utuh. / All matches, {raw_files} whole."


def _named(one: Difference) -> str:
    return str(one.key["file"]) if one.table in _OF_FILES else one.place


def _place(finding: Finding) -> int:
    return list(_HEADINGS).index(finding.kind)


def _differences(found: Sequence[Difference]) -> Iterator[str]:
    """Some lines of each column or table, and how many more there are."""
    by_place: dict[str, list[Difference]] = {}
    for one in found:
        by_place.setdefault(one.place, []).append(one)
    for of_place in by_place.values():
        yield from (f"    {_line(one)}" for one in of_place[:_SHOWN])
        more = len(of_place) - _SHOWN
        if more > 0:
            yield f"    {of_place[0].place}: {more} lagi (--json) / {more} more (--json)"


def _line(one: Difference) -> str:
    if one.table in _OF_FILES:
        return f"{_OF_FILES[one.table]}: {one.key['file']}"
    names = [f"{name} {value}" for name, value in one.key.items() if name not in ("city_id", "indicator_id", "period")]
    where = f"{one.place} ({', '.join(names)})"
    if one.table == "result_seal" and one.column:
        return f"{where}: {_ONLY_SEALED if one.recomputed else _ALTERED}"
    if one.column is None:
        is_missing = one.stored is None
        return f"{where}: " + ("hilang / missing" if is_missing else "tidak seharusnya ada / should not be there")
    stored, now = _text(one.stored), _text(one.recomputed)
    return f"{where}: tersimpan / stored {stored}; seharusnya / should be {now}"


def _text(value: object) -> str:
    text = "kosong / empty" if value is None else repr(value) if isinstance(value, float) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _advice(verified: Verified) -> Iterator[tuple[str, str]]:
    kinds = {one.kind for one in verified.findings}
    city, period = verified.city_id, verified.period
    run, correct = f"tolok run {city} {period}", f"tolok correct {city} {period[:4]} --reason '...'"
    if kinds & {MANIFEST, RAW_FILE}:
        yield (
            f"Berkas mentah: nilainya tidak dihitung ulang; ambil lagi dengan {run}. Bila sumbernya tidak lagi "
            f"memilikinya: {run} di mesin lain yang TOLOK_MIRROR-nya masih utuh, atau pulihkan cadangan folder data.",
            f"Raw files: nothing was recomputed; fetch them again with {run}. If their source has them no longer: "
            f"{run} on another machine whose TOLOK_MIRROR holds them, or restore a backup of the data folder.",
        )
    if STORED_FILE in kinds:
        yield (
            f"Penyimpanan: {run} di mesin ini menaruhnya lagi di sana dari salinan mesin ini.",
            f"Storage: {run} on this machine puts them there again from the copy of this machine.",
        )
    if DERIVED_FILE in kinds:
        yield (
            f"Berkas antara: tidak ada nilai yang dihitung darinya; {run} membuatnya lagi.",
            f"Files between: no value is computed from them; {run} makes them anew.",
        )
    if "result" in kinds and verified.is_closed:
        yield (
            f"Tahunnya ditutup, jadi hanya koreksi yang menulis: {correct}",
            f"Its year is closed, so only a correction writes: {correct}",
        )
    elif kinds & {"result", "beside"}:
        yield (
            f"Perbaiki dengan {run}: hasil ditulis sebagai versi baru, yang lain dibetulkan di tempatnya.",
            f"Mend it with {run}: results are written as a new version, the rest is put right in place.",
        )
    if "history" in kinds:
        yield (
            "Riwayat tidak dapat dihitung ulang: pulihkan cadangan gudang data (docs/service.md).",
            "History cannot be recomputed: restore a backup of the warehouse (docs/service.md).",
        )
    if "readiness" in kinds:
        command = f"tolok readiness {city} {period}"
        yield f"Kesiapan: periksa lagi dengan {command}", f"Readiness: check it again with {command}"
