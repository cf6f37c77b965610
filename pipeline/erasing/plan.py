"""What a request would take away, with nothing changed: rows by period, raw files, ids by source."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import DataRejected, TolokError
from pipeline.erasing.refusals import no_longer_named, refuse_unclear, refuse_unnamed, refuse_unsound
from pipeline.erasing.request import Place, Request
from pipeline.erasing.rows import Found, look
from pipeline.landing import ErasedIds, LandedFile, Manifest, all_manifests, erased_ids
from pipeline.mirror import names
from pipeline.tables import TABLES

# Raw files that are being fetched are named by no manifest yet.
_SECONDS_IN_FLIGHT = 3600
_SCANNING = ErasedIds(b"scan")


@dataclass(frozen=True)
class Plan:
    """What a request takes away: ids by source, rows by source and period and in all, raw files and older ones.

    `decision` is the number under which it was made before, else null. Of `unread_count` older files nobody can tell
    what they hold.
    """

    request: Request
    ids: Mapping[Place, frozenset[str]]
    rows: Mapping[tuple[str, str, str], int]
    rows_count: int
    files: frozenset[str]
    old_files: frozenset[str]
    unread_count: int
    decision: int | None
    ids_count: int

    @property
    def periods(self) -> list[str]:
        """The periods of the city whose files hold such rows."""
        return sorted({period for city_id, _, period in self.rows if city_id == self.request.city_id})


def plan_for(request: Request) -> Plan:
    """What would go, with nothing changed.

    Raises `ConfigError` for a request that is not whole, `DataRejected` for ids that no file holds or several
    sources do, and what readers raise for files that cannot be read.
    """
    refuse_unsound(request)
    manifests, wanted = all_manifests(request.home), {name: request.wanted_of(name) for name in request.sources}
    refuse_unnamed(request, manifests)
    rows, files, by_file = dict[tuple[str, str, str], int](), set[str](), dict[tuple[str, str], int]()
    found = {name: set[str]() for name in request.sources}
    for one in [one for one in manifests if (one.city, one.source) in request.places]:
        looked = _look(request, one, wanted[one.source])
        found[one.source] |= _ids_of(looked, wanted[one.source])
        new_rows = {file_id: count for file_id, count in looked.new_rows.items() if count}
        if new_rows:
            files |= looked.hashes - set(one.rest.gone if one.rest else ())
            rows[one.city, one.source, one.period] = sum(new_rows.values())
            by_file |= {(one.source, file_id): count for file_id, count in new_rows.items()}
    old_files, unread_count = _old_files(request, manifests, wanted, found)
    decided = _decided(request, wanted)
    refuse_unclear(request, found, decided, manifests)
    ids = {(request.city.city, name): frozenset({*found[name], *decided[name]}) for name in request.sources}
    ids = {place: of for place, of in ids.items() if of}
    ids_count = sum(map(len, ids.values()))
    ids |= _sharing(request, manifests, files, frozenset().union(*ids.values()))
    rows_count, begun = sum(by_file.values()), _begun(request, decided)
    return Plan(request, ids, rows, rows_count, frozenset(files), frozenset(old_files), unread_count, begun, ids_count)


def _look(request: Request, manifest: Manifest, wanted: Sequence[str]) -> Found:
    """The rows of wanted ids, each as by a decision of its own number below zero."""
    scanned = _SCANNING
    for place, one in enumerate(wanted, start=1):
        scanned = scanned.with_ids([one], decision=-place)
    return look(request.home, request.city, manifest, ids=scanned)


def _old_files(
    request: Request, manifests: Sequence[Manifest], wanted: Mapping[str, Sequence[str]], found: Mapping[str, set[str]]
) -> tuple[set[str], int]:
    """Kept raw files that no manifest names any more and that hold a wanted id, or nobody can tell whether.

    Also how many of them nobody can tell of: those that no result was computed from, or that today's settings do
    not read.
    """
    named = {file.sha256 for one in manifests for file in (*one.files, *one.kept_files)}
    lineage = request.warehouse.lineage()
    objects = {path.name: path for path in names(request.home / "landing" / "objects", "*/*") if not path.suffix}
    gone, unread = set[str](), {name for name in objects if name not in named | {sha for _, _, sha in lineage}}
    unread = {name for name in unread if not _is_in_flight(objects[name])}
    for _, source, sha256 in sorted(one for one in lineage if one[:2] in request.places):
        if sha256 in named or sha256 not in objects:
            continue
        file = LandedFile(sha256[:16], "main", sha256, 0, "", "")
        try:
            looked = _look(request, Manifest(request.city.city, source, "", "", "", (file,)), wanted[source])
        except TolokError:
            unread.add(sha256)
            continue
        found[source].update(_ids_of(looked, wanted[source]))
        gone |= looked.hashes
    return gone | unread, len(unread)


def _decided(request: Request, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """By source the ids that were erased before, with the number of the decision."""
    kept = {name: erased_ids(request.home, request.city.city, name) for name in wanted}
    told = {
        name: {one: kept[name].decision_of(one) if kept[name] else None for one in of} for name, of in wanted.items()
    }
    return {name: {one: number for one, number in of.items() if number is not None} for name, of in told.items()}


def _begun(request: Request, decided: Mapping[str, Mapping[str, int]]) -> int | None:
    """The decision that this request is, where it was made before; null for a new one."""
    numbers = {number for of in decided.values() for number in of.values()}
    known = {row["decision"] for row in request.warehouse.erasures()}
    is_whole = {one for of in decided.values() for one in of} >= {one for _, one in map(request.parted, request.ids)}
    return max(numbers - known or (numbers if is_whole else ()), default=None)


def _sharing(
    request: Request, manifests: Sequence[Manifest], files: set[str], ids: frozenset[str]
) -> dict[Place, frozenset[str]]:
    """Other sources, of this city or another, that read a file of which rows go: theirs go too."""
    others = {
        (one.city, one.source)
        for one in manifests
        if files & {file.sha256 for file in one.files} and (one.city, one.source) not in request.places
    }
    for city_id, source in others:
        if source not in request.city_called(city_id).sources:
            raise no_longer_named(city_id, [source])
        if not TABLES[request.city_called(city_id).sources[source].table].has_ids:
            raise DataRejected(
                id=f"Berkas yang sama juga dibaca {city_id}, sumber '{source}', yang barisnya tidak bernomor. "
                "Pisahkan ekspornya dahulu, lalu jalankan lagi.",
                en=f"{city_id}, source '{source}', reads the same file, and its rows have no ids. Split the export "
                "first, then run again.",
            )
    return dict.fromkeys(others, ids)


def _ids_of(looked: Found, wanted: Sequence[str]) -> set[str]:
    return {wanted[-number - 1] for number in looked.decisions if number < 0}


def _is_in_flight(path: Path) -> bool:
    try:
        return path.stat().st_mtime > time.time() - _SECONDS_IN_FLIGHT
    except FileNotFoundError:
        return False
