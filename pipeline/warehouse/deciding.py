"""Whether a result is the one that stands, by its inputs and by every value stored of it, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.tables import ERASED, OUTSIDE
from pipeline.warehouse.comparing import Difference, compare
from pipeline.warehouse.model import REMARK, RESULT, RESULT_SOURCE, ROWS, SEAL, VARIANT
from pipeline.warehouse.records import Stored, StoreRequest
from pipeline.warehouse.seals import Alteration, Version, seal_of
from pipeline.warehouse.version_rows import PARTS, by_column, version_rows

if TYPE_CHECKING:
    from pipeline.indicators.base import Result

# What no computation gives again: only the seal tells that they are altered.
ONLY_SEALED = ("run_id", "computed_at", "change_reason")
# What may differ for the same inputs when they come in other files: how many rows do not bear on the period.
_OF_FILES = {f"{RESULT.name}.{name}" for name in ("rows_read", "rows_excluded", "rows_quarantined")}
_TABLES_OF_FILES = {ROWS.name, RESULT_SOURCE.name, REMARK.name}
# What a newer Tolok may say in other words.
_WORDS = {f"{RESULT.name}.reason", f"{VARIANT.name}.reason", f"{REMARK.name}.text_id", f"{REMARK.name}.text_en"}
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
    for number in numbers:
        yield Difference(RESULT.name, named | {"version": number}, None, None, {"version": number})


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
            f"{erased_count} {_rows(erased_count)} erased by decision {told}",
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
    added = _bearing(result) - (latest["rows_read"] - _counted(newest, OUTSIDE))
    former = {row["source"] for row in by_column(RESULT_SOURCE, newest.rows.get(RESULT_SOURCE.name, ()))}
    sources = {file.source for file in request.sources.get(result.indicator_id, ())}
    if former and (named := ", ".join(sorted(sources - former))):
        return f"sumber baru {named}: {added:+} baris", f"new source {named}: {added:+} {_rows(abs(added))}"
    if added > 0:
        return f"{added} baris susulan", f"{added} late {_rows(added)}"
    if added < 0:
        return f"{-added} baris ditarik", f"{-added} {_rows(-added)} withdrawn"
    before = {row["sha256"] for row in by_column(RESULT_SOURCE, newest.rows.get(RESULT_SOURCE.name, ()))}
    if before != {file.sha256 for file in request.sources.get(result.indicator_id, ())}:
        return _CORRECTED
    return _because(request)


def _because(request: StoreRequest) -> tuple[str, str]:
    said_id, _, said_en = (request.because or "pengaturan berubah / settings changed").partition(" / ")
    return said_id, said_en


def _erased_since(result: Result, newest: Version) -> int:
    """How many more rows of erased persons a result leaves out than a version did."""
    return result.rows.excluded.get(ERASED, 0) - _counted(newest, ERASED)


def _counted(version: Version, rule: str) -> int:
    """The rows of a version that a rule leaves out."""
    return sum(row["rows_count"] for row in by_column(ROWS, version.rows.get(ROWS.name, ())) if row["rule"] == rule)


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _bearing(result: Result) -> int:
    """Rows that bear on the period, whatever became of them."""
    return result.rows.read - result.rows.excluded.get(OUTSIDE, 0)
