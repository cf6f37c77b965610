"""Whether a result is the one that stands, by its inputs and by every value stored of it, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connectors.numerals import counted_en, number, number_en
from pipeline.tables import ERASED, OUTSIDE
from pipeline.warehouse.comparing import Difference, compare
from pipeline.warehouse.model import REMARK, RESULT, RESULT_POPULATION, RESULT_SOURCE, ROWS, SEAL, VARIANT
from pipeline.warehouse.records import RowChanges, Stored, StoreRequest
from pipeline.warehouse.seals import Alteration, Version, seal_of
from pipeline.warehouse.version_rows import PARTS, by_column, version_rows

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

# What no computation gives again: only the seal tells that they are altered.
ONLY_SEALED = ("run_id", "computed_at", "change_reason")
# What may differ for the same inputs when they come in other files: how many rows do not bear on the period.
_OF_FILES = {f"{RESULT.name}.{name}" for name in ("rows_read", "rows_excluded", "rows_quarantined")}
_TABLES_OF_FILES = {ROWS.name, RESULT_SOURCE.name, REMARK.name}
# What a newer Tolok may say in other words, and what an older one kept in words alone.
_OF_REMARKS = ("text_id", "text_en", "found_in", "found_value", "found_dates", "explanation")
_WORDS = {f"{RESULT.name}.reason", f"{VARIANT.name}.reason", *(f"{REMARK.name}.{name}" for name in _OF_REMARKS)}
_FIGURES = "population.figures"
# Settings that a reason names; of more it tells the number.
_NAMED = 5
_CORRECTED = ("berkas dikoreksi", "corrected file")
_MENDED = (
    "nilai tersimpan berbeda dari hasil hitungan berkas yang sama / "
    "the stored values differed from those computed from the same files"
)


@dataclass(frozen=True)
class Decided:
    """What is to be done with a result, the version it was held against, and where that differs from it.

    A version that stands may differ from what was computed in its files, or in the words of its remarks: the same
    inputs came in other files, or Tolok says it otherwise today.
    """

    result: Result
    stored: Stored
    newest: Version | None
    differences: tuple[Difference, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether the version stands."""
        return self.stored.outcome == "unchanged"

    @property
    def has_same_files(self) -> bool:
        """Whether the version that stands names the very files that the result was computed from."""
        return self.newest is not None and all(one.table != RESULT_SOURCE.name for one in self.differences)

    @property
    def erased_count(self) -> int:
        """Rows that were erased since the version was computed from the same files by the same method; else 0.

        Its own rows are whole by their seal then, and no computation gives it again.
        """
        if self.is_same or self.newest is None or not self.newest.is_intact or self.newest.result is None:
            return 0
        then, is_same = self.newest.result, self.has_same_files
        is_same &= then["rows_read"] == self.result.rows.read
        is_same &= then["method_version"] == self.result.method_version
        return max(0, _erased_since(self.result, self.newest)) if is_same else 0


@dataclass(frozen=True)
class Comparison:
    """A period as it is stored beside what was computed: each result as decided, what stands beside them, by
    indicator the older versions that were altered, and which indicators are stored that were not computed, `left_out`
    for want of raw files with their newest version."""

    decided: Mapping[str, Decided]
    beside: tuple[Difference, ...]
    alterations: Mapping[str, tuple[Alteration, ...]]
    unknown: tuple[str, ...]
    is_closed: bool
    left_out: Mapping[str, Version] = field(default_factory=dict)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All that is stored and should be otherwise."""
        of_results = (d for one in self.decided.values() if not one.is_same for d in one.differences)
        return (*of_results, *self.beside)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs, and no older version was altered without a newer one that says so."""
        altered = (one for of_result in self.alterations.values() for one in of_result if not one.is_known)
        return not self.differences and not any(True for _ in altered)


def decide(result: Result, versions: Sequence[Version], request: StoreRequest) -> Decided:
    """A new version for other inputs, another method, or where what is stored is not what was computed."""
    there, noted = versions[-1].number if versions else 0, request.known_versions.get(result.indicator_id, 0)
    newest, known = next((one for one in reversed(versions) if one.result), None), max(there, noted)
    lost = tuple(_lost(result, request, range((newest.number if newest else 0) + 1, known + 1)))
    next_version = known + 1
    if newest is None or newest.result is None:
        reason = _gone(known) if lost else "perhitungan pertama / first computation"
        stored = Stored(result.indicator_id, result.period, next_version, "new", reason)
        return Decided(result, stored, None, (_missing(result, request), *lost))
    found = (*_differences(result, newest, request), *lost)
    if newest.is_intact and _stands(found):
        version, reason = newest.number, str(newest.result["change_reason"])
        stored = Stored(result.indicator_id, result.period, version, "unchanged", reason)
        return Decided(result, stored, newest, found)
    reason = _gone(known) if lost else _change_reason(result, newest, request) or _MENDED
    places = ", ".join(dict.fromkeys(one.place for one in found)) if reason == _MENDED else ""
    if request.correction:
        reason = request.correction.told_with(reason)
    stored = Stored(result.indicator_id, result.period, next_version, "changed", reason, places)
    return Decided(result, stored, newest, found)


def _differences(result: Result, newest: Version, request: StoreRequest) -> Iterator[Difference]:
    """Every value of the version that is not what was computed; the seal, where nothing else tells of an alteration."""
    now = version_rows(result, version=newest.number, change_reason="", request=request)
    is_same = True
    for table in PARTS:
        but = ONLY_SEALED if table is RESULT else ()
        for one in compare(table, newest.rows.get(table.name, ()), now[table.name], but=but):
            is_same = False
            yield one
    if is_same and not newest.is_intact:
        (row,) = by_column(RESULT, newest.rows[RESULT.name])
        key = {column.name: row[column.name] for column in SEAL.primary_key.columns}
        own = seal_of(newest.rows, newest.former or "")
        yield Difference(SEAL.name, key, "rows_sha256", newest.seal, own)


def _lost(result: Result, request: StoreRequest, numbers: Iterable[int]) -> Iterator[Difference]:
    """Versions that were stored, as what is left of them or the data folder knows, and whose result is gone."""
    named = {"city_id": request.city.city_id, "indicator_id": result.indicator_id, "period": result.period}
    for version in numbers:
        yield Difference(RESULT.name, named | {"version": version}, None, None, {"version": version})


def _gone(known: int) -> str:
    return (
        f"versi sampai v{known} pernah disimpan dan hilang dari gudang data / "
        f"versions up to v{known} were stored and are gone from the warehouse"
    )


def _missing(result: Result, request: StoreRequest) -> Difference:
    alone = replace(result, breakdowns=(), variants={})
    rows = version_rows(alone, version=1, change_reason="", request=request)
    (one,) = compare(RESULT, [], rows[RESULT.name])
    return one


def _stands(found: Sequence[Difference]) -> bool:
    """Whether nothing differs but words, and what files that say the same may differ in, where the files differ."""
    is_of_other_files = any(one.table == RESULT_SOURCE.name for one in found)
    return all(
        one.place in _WORDS or (is_of_other_files and (one.table in _TABLES_OF_FILES or one.place in _OF_FILES))
        for one in found
    )


def _change_reason(result: Result, newest: Version, request: StoreRequest) -> str | None:
    """Why other inputs or another method gave another result; null when they are the same, or cannot be trusted."""
    latest = newest.result
    if latest is None or not newest.is_intact:
        return None
    why = _other_reason(result, newest, latest, request)
    erased_count, numbers = _erased_since(result, newest), request.decisions.get(result.indicator_id, ())
    if erased_count > 0:
        told = ", ".join(map(str, numbers))
        erased = (
            f"{erased_count} baris dihapus oleh keputusan {told}",
            f"{counted_en(erased_count, 'row', 'rows')} erased by decision {told}",
        )
        # Where rows were erased the files are other ones: that alone is no reason of its own.
        if why is None or why in (_CORRECTED, _because(request)):
            why = erased
        else:
            why = f"{why[0]}; {erased[0]}", f"{why[1]}; {erased[1]}"
    return " / ".join(why) if why else None


def _other_reason(
    result: Result, newest: Version, latest: Mapping[str, Any], request: StoreRequest
) -> tuple[str, str] | None:
    """Why a result differs besides persons who were erased, in both languages; null when nothing tells."""
    if latest["method_version"] != result.method_version:
        change = f"{latest['method_version']} -> {result.method_version}"
        return f"perubahan metode {change}", f"method change {change}"
    if latest["inputs_sha256"] == result.inputs_sha256:
        return None
    then = {(row["source"], row["sha256"]) for row in _rows_of(newest, RESULT_SOURCE)}
    now = {(file.source, file.sha256) for file in request.sources.get(result.indicator_id, ())}
    codes = tuple({row["code"] for row in _rows_of(newest, REMARK)} | {remark.code for remark in result.remarks})
    told = request.what_changed(result.indicator_id, newest.number, codes) if request.what_changed else None
    added = _bearing(result) - (latest["rows_read"] - _counted(newest, OUTSIDE))
    population = list(_of_population(result, newest))
    settings = [name for name in (told.settings if told else ()) if not (population and name.startswith(_FIGURES))]
    causes = [
        *(_of_sources(then, now, added) or _of_rows(told.rows if told else None, added)),
        *population,
        *_of_settings(settings),
    ]
    if not causes and {sha256 for _, sha256 in then} != {sha256 for _, sha256 in now}:
        return _CORRECTED
    if not causes:
        return _because(request)
    return "; ".join(said_id for said_id, _ in causes), "; ".join(said_en for _, said_en in causes)


def _of_sources(then: set[tuple[str, str]], now: set[tuple[str, str]], added: int) -> list[tuple[str, str]]:
    """Sources that came or went with the rows that they brought or took; one under another name is neither."""
    came, gone = (
        ", ".join(sorted(_names(one) - _names(other) - {source for source, sha256 in one if sha256 in _hashes(other)}))
        for one, other in ((now, then), (then, now))
    )
    if not then or not (came or gone):
        return []
    said_id = ", ".join([f"sumber baru {came}"] * bool(came) + [f"sumber {gone} tidak dibaca lagi"] * bool(gone))
    said_en = ", ".join([f"new source {came}"] * bool(came) + [f"source {gone} no longer read"] * bool(gone))
    return [(f"{said_id}: {added:+} baris", f"{said_en}: {added:+} {_rows(abs(added))}")]


def _names(files: set[tuple[str, str]]) -> set[str]:
    return {source for source, _ in files}


def _hashes(files: set[tuple[str, str]]) -> set[str]:
    return {sha256 for _, sha256 in files}


def _of_rows(changes: RowChanges | None, added: int) -> list[tuple[str, str]]:
    """Rows that came, went or changed; where the former are not kept, how many more or fewer there are."""
    known = changes or RowChanges(max(0, added), max(0, -added), 0)
    came, gone, changed = known.came_count, known.gone_count, known.changed_count
    found = [
        (came, f"{came} baris susulan", counted_en(came, "late row", "late rows")),
        (gone, f"{gone} baris ditarik", f"{counted_en(gone, 'row', 'rows')} withdrawn"),
        (changed, f"{changed} baris berubah", f"{counted_en(changed, 'row', 'rows')} changed"),
    ]
    return [(said_id, said_en) for count, said_id, said_en in found if count]


def _of_population(result: Result, newest: Version) -> Iterator[tuple[str, str]]:
    """The figure that was divided by, where it is another one."""
    then, now = next(iter(_rows_of(newest, RESULT_POPULATION)), None), result.population
    if then is None or now is None:
        return
    one, other = then["population_count"], now.population_count
    if one != other:
        yield f"penduduk {number(one)} -> {number(other)}", f"population {number_en(one)} -> {number_en(other)}"
    elif (then["source"], then["reference_on"]) != (now.source, now.reference_on):
        figure = f"{now.source} {now.reference_on}"
        yield f"angka penduduk kini dari {figure}", f"the population figure is now of {figure}"


def _of_settings(names: Sequence[str]) -> list[tuple[str, str]]:
    if not names:
        return []
    named, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    more_id, more_en = (f" dan {more} lagi", f" and {more} more") if more > 0 else ("", "")
    return [(f"pengaturan berubah: {named}{more_id}", f"settings changed: {named}{more_en}")]


def _rows_of(version: Version, table: sa.Table) -> list[dict[str, Any]]:
    return by_column(table, version.rows.get(table.name, ()))


def _because(request: StoreRequest) -> tuple[str, str]:
    said_id, _, said_en = (request.because or "pengaturan berubah / settings changed").partition(" / ")
    return said_id, said_en


def _erased_since(result: Result, newest: Version) -> int:
    """How many more rows of erased persons a result leaves out than a version did."""
    return result.rows.excluded.get(ERASED, 0) - _counted(newest, ERASED)


def _counted(version: Version, rule: str) -> int:
    """The rows of a version that a rule leaves out."""
    return sum(row["rows_count"] for row in _rows_of(version, ROWS) if row["rule"] == rule)


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _bearing(result: Result) -> int:
    """Rows that bear on the period, whatever became of them."""
    return result.rows.read - result.rows.excluded.get(OUTSIDE, 0)
