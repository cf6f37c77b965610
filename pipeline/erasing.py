"""A decision to erase persons: what it would take away, then taking it away so that a broken-off one goes on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from connectors.errors import ConfigError, DataRejected, TolokError
from connectors.personal_data import personal_kind
from pipeline import erasure
from pipeline.config.city import City
from pipeline.config.load import load_city
from pipeline.landing import (
    ERASED_FOLDER,
    ErasedIds,
    LandedFile,
    Manifest,
    Rest,
    all_manifests,
    erased_ids,
    new_ids,
    remove_object,
    write_erased_ids,
)
from pipeline.leftovers import sweep_leftovers
from pipeline.mirror import names
from pipeline.settings import Settings
from pipeline.store_request import city_record
from pipeline.tables import TABLES
from pipeline.warehouse import Erasure, Warehouse
from pipeline.warehouse.locks import alone

# Raw files that are being fetched are named by no manifest yet.
_SECONDS_IN_FLIGHT = 3600
_LETTER_DIGITS = 3
_SCANNING = ErasedIds(b"scan")
Place = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """Who asks to erase which ids of a city's table, and on what ground; ids may name their source: `SOURCE:ID`."""

    city_id: str
    table: str
    ids: tuple[str, ...]
    by: str
    ground: str


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


@dataclass
class Erasing:
    """A request beside what this machine keeps."""

    request: Request
    settings: Settings = field(default_factory=Settings.from_environment)

    @property
    def home(self) -> Path:
        """Where raw files lie."""
        return self.settings.home

    @cached_property
    def city(self) -> City:
        """The city of the request."""
        return self._city(self.request.city_id)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, at this version."""
        warehouse = Warehouse(self.settings.warehouse_url)
        warehouse.migrate()
        return warehouse

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The city's sources of the table."""
        return tuple(name for name, source in self.city.sources.items() if source.table == self.request.table)

    def plan(self) -> Plan:
        """What would go, with nothing changed.

        Raises `ConfigError` for a request that is not whole, `DataRejected` for ids that no file holds or several
        sources do, and what readers raise for files that cannot be read.
        """
        self._refuse_unsound()
        manifests, wanted = all_manifests(self.home), {name: self._wanted_of(name) for name in self.sources}
        self._refuse_unnamed(manifests)
        rows, files, by_file = dict[tuple[str, str, str], int](), set[str](), dict[tuple[str, str], int]()
        found = {name: set[str]() for name in self.sources}
        for one in [one for one in manifests if (one.city, one.source) in self._places]:
            looked = self._look(one, wanted[one.source])
            found[one.source] |= _ids_of(looked, wanted[one.source])
            new_rows = {file_id: count for file_id, count in looked.new_rows.items() if count}
            if new_rows:
                files |= looked.hashes - set(one.rest.gone if one.rest else ())
                rows[one.city, one.source, one.period] = sum(new_rows.values())
                by_file |= {(one.source, file_id): count for file_id, count in new_rows.items()}
        old_files, unread_count = self._old_files(manifests, wanted, found)
        decided = self._decided(wanted)
        self._refuse_unclear(found, decided, manifests)
        ids = {(self.city.city, name): frozenset({*found[name], *decided[name]}) for name in self.sources}
        ids = {place: of for place, of in ids.items() if of}
        ids_count = sum(map(len, ids.values()))
        ids |= self._sharing(manifests, files, frozenset().union(*ids.values()))
        rows_count, begun = sum(by_file.values()), self._begun(decided)
        return Plan(
            self.request, ids, rows, rows_count, frozenset(files), frozenset(old_files), unread_count, begun, ids_count
        )

    def run(self, plan: Plan, *, now: datetime) -> int:
        """Take away what the plan names; gives the number of the decision.

        A decision that was broken off goes on under its number, with what it counted when it was made.
        """
        # What killed commands left may hold the person too.
        sweep_leftovers(self.home)
        number = plan.decision or self._next_number()
        for (city_id, source), ids in plan.ids.items():
            kept = erased_ids(self.home, city_id, source) or new_ids(self.home)
            write_erased_ids(self.home, city_id, source, kept.with_ids(ids, decision=number))
        self.warehouse.note_erasure(self._record(plan, number, now), city=city_record(self.city))
        self._take_away(plan)
        self.warehouse.finish_erasure(number, at=now)
        return number

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no run of the city is under way, and keep others waiting."""
        labels = {one.period for one in all_manifests(self.home) if one.city == self.city.city}
        with alone(self.settings.warehouse_url, *(f"{self.city.city} {label}" for label in labels), "tolok erase"):
            yield

    @property
    def _places(self) -> set[Place]:
        return {(self.city.city, name) for name in self.sources}

    def _city(self, city_id: str) -> City:
        return load_city(self.settings.cities, city_id)

    def _look(self, manifest: Manifest, wanted: Sequence[str]) -> erasure.Found:
        """The rows of wanted ids, each as by a decision of its own number below zero."""
        scanned = _SCANNING
        for place, one in enumerate(wanted, start=1):
            scanned = scanned.with_ids([one], decision=-place)
        return erasure.look(self.home, self.city, manifest, ids=scanned)

    def _wanted_of(self, source_name: str) -> tuple[str, ...]:
        """The ids asked for that a source may hold, without its name."""
        return tuple(one for name, one in map(self._parted, self.request.ids) if name in ("", source_name))

    def _parted(self, text: str) -> tuple[str, str]:
        """The source that an id names, and the id."""
        name, colon, rest = text.partition(":")
        return (name, rest.strip()) if colon and name in self.sources else ("", text)

    def _old_files(
        self, manifests: Sequence[Manifest], wanted: Mapping[str, Sequence[str]], found: Mapping[str, set[str]]
    ) -> tuple[set[str], int]:
        """Kept raw files that no manifest names any more and that hold a wanted id, or nobody can tell whether.

        Also how many of them nobody can tell of: those that no result was computed from, or that today's settings do
        not read.
        """
        named = {file.sha256 for one in manifests for file in (*one.files, *one.kept_files)}
        lineage = self.warehouse.lineage()
        objects = {path.name: path for path in names(self.home / "landing" / "objects", "*/*") if not path.suffix}
        gone, unread = set[str](), {name for name in objects if name not in named | {sha for _, _, sha in lineage}}
        unread = {name for name in unread if not _is_in_flight(objects[name])}
        for _, source, sha256 in sorted(one for one in lineage if one[:2] in self._places):
            if sha256 in named or sha256 not in objects:
                continue
            file = LandedFile(sha256[:16], "main", sha256, 0, "", "")
            try:
                looked = self._look(Manifest(self.city.city, source, "", "", "", (file,)), wanted[source])
            except TolokError:
                unread.add(sha256)
                continue
            found[source].update(_ids_of(looked, wanted[source]))
            gone |= looked.hashes
        return gone | unread, len(unread)

    def _decided(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
        """By source the ids that were erased before, with the number of the decision."""
        kept = {name: erased_ids(self.home, self.city.city, name) for name in wanted}
        told = {
            name: {one: kept[name].decision_of(one) if kept[name] else None for one in of}
            for name, of in wanted.items()
        }
        return {name: {one: number for one, number in of.items() if number is not None} for name, of in told.items()}

    def _begun(self, decided: Mapping[str, Mapping[str, int]]) -> int | None:
        """The decision that this request is, where it was made before; null for a new one."""
        numbers = {number for of in decided.values() for number in of.values()}
        known = {row["decision"] for row in self.warehouse.erasures()}
        is_whole = {one for of in decided.values() for one in of} >= {
            one for _, one in map(self._parted, self.request.ids)
        }
        return max(numbers - known or (numbers if is_whole else ()), default=None)

    def _next_number(self) -> int:
        """One more than any that is in the warehouse, or that was begun and did not get there."""
        begun = names(self.home / "landing" / ERASED_FOLDER, "*/*.json")
        noted = [erased_ids(self.home, path.parent.name, path.stem).decisions.values() for path in begun]
        return max([self.warehouse.next_erasure(), *(number + 1 for of in noted for number in of)])

    def _sharing(
        self, manifests: Sequence[Manifest], files: set[str], ids: frozenset[str]
    ) -> dict[Place, frozenset[str]]:
        """Other sources, of this city or another, that read a file of which rows go: theirs go too."""
        others = {
            (one.city, one.source)
            for one in manifests
            if files & {file.sha256 for file in one.files} and (one.city, one.source) not in self._places
        }
        for city_id, source in others:
            if source not in self._city(city_id).sources:
                raise _no_longer_named(city_id, [source])
            if not TABLES[self._city(city_id).sources[source].table].has_ids:
                raise DataRejected(
                    id=f"Berkas yang sama juga dibaca {city_id}, sumber '{source}', yang barisnya tidak bernomor. "
                    "Pisahkan ekspornya dahulu, lalu jalankan lagi.",
                    en=f"{city_id}, source '{source}', reads the same file, and its rows have no ids. Split the export "
                    "first, then run again.",
                )
        return dict.fromkeys(others, ids)

    def _take_away(self, plan: Plan) -> None:
        """Put what is left in place of each file that goes, then take the files away."""
        gone, left = set[str](), set[str]()
        todo = [one for one in all_manifests(self.home) if (one.city, one.source) in plan.ids]
        while todo:
            for one in todo:
                before = one.rest or Rest((), (), ())
                looked = erasure.look(self.home, self._city(one.city), one)
                gone |= looked.hashes
                is_read = gone & {file.sha256 for file in one.files} - set(before.gone)
                if is_read or set(looked.decisions) - set(before.decisions):
                    left |= erasure.keep_rest(self.home, looked, gone=gone)
            # Answers of a system go together, and another period may name some of them.
            todo = [one for one in all_manifests(self.home) if gone & {file.sha256 for file in one.kept_files}]
        tables = {(city_id, self._city(city_id).sources[source].table) for city_id, source in plan.ids}
        erasure.note_gone(self.home, sorted({*gone, *left, *plan.old_files}), sorted(tables))
        erasure.remove_gone(self.home, all_manifests(self.home), also=left)
        for sha256 in plan.old_files:
            remove_object(self.home, sha256)
        for city_id, table in sorted(tables):
            erasure.discard_clean(self.home, city_id, table)

    def _record(self, plan: Plan, number: int, now: datetime) -> Erasure:
        asked, files_count = self.request, len(plan.files) + len(plan.old_files)
        return Erasure(
            number,
            asked.city_id,
            "request",
            asked.table,
            now,
            asked.by,
            asked.ground,
            ids_count=plan.ids_count,
            rows_count=plan.rows_count,
            files_count=files_count,
        )

    def _refuse_unsound(self) -> None:
        asked = self.request
        if not self.sources:
            raise ConfigError(
                id=f"{asked.city_id} tidak punya sumber untuk tabel {asked.table}.",
                en=f"{asked.city_id} has no source for the table {asked.table}.",
            )
        if not asked.ids:
            raise ConfigError(
                id="Belum ada nomor: tulis satu per baris ke masukan standar, atau di berkas dengan --ids.",
                en="There are no ids: write one a line to standard input, or in a file with --ids.",
            )
        is_personal = personal_kind(asked.ground) is not None and personal_kind(asked.ground) != "free text"
        ids = [self._parted(one)[1] for one in asked.ids]
        if is_personal or any(_tells(f"{asked.ground} {asked.by}", one) for one in ids):
            raise ConfigError(
                id="--ground atau --by tampak memuat data orangnya. Tulis dasar dan nomor suratnya saja, dan siapa "
                "yang memutuskan; ini disimpan selamanya.",
                en="--ground or --by looks as if it held the person's data. Write the ground and the letter's number "
                "alone, and who decides; it is kept for good.",
            )

    def _refuse_unnamed(self, manifests: Sequence[Manifest]) -> None:
        """Raise `ConfigError` where the landing zone holds files of a source that the YAML no longer names."""
        left = {one.source for one in manifests if one.city == self.city.city} - set(self.city.sources)
        if left:
            raise _no_longer_named(self.city.city, sorted(left))

    def _alike_lines(self, lines: Sequence[int], manifests: Sequence[Manifest]) -> list[str]:
        """Those of the request's lines whose id some file holds in other capitals, or with other marks between."""
        wanted = {line: _folded(self._parted(self.request.ids[line - 1])[1]) for line in lines}
        alike = set[str]()
        for one in [one for one in manifests if (one.city, one.source) in self._places]:
            alike |= {_folded(text) for text in erasure.ids_in(erasure.look(self.home, self.city, one))}
        return [str(line) for line, folded in wanted.items() if folded and folded in alike]

    def _refuse_unclear(
        self,
        found: Mapping[str, set[str]],
        decided: Mapping[str, Mapping[str, int]],
        manifests: Sequence[Manifest],
    ) -> None:
        """Raise `DataRejected` that names lines of the request, never what stands in them."""
        absent, double = list[int](), list[str]()
        for line, (name, wanted) in enumerate(map(self._parted, self.request.ids), start=1):
            where = [
                one for one in self.sources if name in ("", one) and (wanted in found[one] or wanted in decided[one])
            ]
            if not where:
                absent.append(line)
            elif len(where) > 1:
                double.append(str(line))
        if absent:
            lines, known = ", ".join(map(str, absent)), ", ".join(self.sources)
            alike = ", ".join(self._alike_lines(absent, manifests))
            raise DataRejected(
                id=f"Tidak ada berkas yang memuat nomor di baris {lines}; belum ada yang dihapus. Tulis nomornya "
                f"seperti di ekspor, huruf besar dan kecil pun, atau SUMBER:NOMOR dengan sumber {known}; atau buang "
                "barisnya."
                + (f" Baris {alike}: ada yang hanya berbeda huruf besar, spasi, atau tanda." if alike else ""),
                en=f"No file holds the ids on lines {lines}; nothing was erased. Write them as they stand in the "
                f"export, capitals too, or SOURCE:ID with the source {known}; or leave these lines out."
                + (f" Lines {alike}: there is one that differs in capitals, spaces or marks alone." if alike else ""),
            )
        if double:
            lines, sources = ", ".join(double), ", ".join(self.sources)
            raise DataRejected(
                id=f"Nomor di baris {lines} ada di beberapa sumber; belum ada yang dihapus. Tulis SUMBER:NOMOR "
                f"({sources}), satu baris per sumber.",
                en=f"The ids on lines {lines} are in several sources; nothing was erased. Write SOURCE:ID ({sources}), "
                "a line for each source.",
            )


def _no_longer_named(city_id: str, sources: Sequence[str]) -> ConfigError:
    names, folders = ", ".join(sources), ", ".join(f"landing/{city_id}/{name}" for name in sources)
    return ConfigError(
        id=f"YAML {city_id} tidak lagi menyebut sumber yang berkasnya masih disimpan: {names}. Isinya tidak dapat "
        f"diperiksa, jadi belum ada yang dihapus. Tulis lagi sumber itu dengan nama lamanya, hapus orangnya, lalu "
        f"keluarkan sumber itu; atau hapus {folders}, yang hasilnya lalu tidak dapat ditelusuri lagi.",
        en=f"The YAML of {city_id} no longer names sources whose files are still kept: {names}. Nobody can tell what "
        f"they hold, so nothing was erased. Write the source again under its old name, erase the person, then take it "
        f"out; or delete {folders}, whose results then no longer retrace.",
    )


def _folded(id: str) -> str:
    return re.sub(r"[\W_]+", "", id).casefold()


def _tells(text: str, id: str) -> bool:
    """Whether an id stands in a text between other signs; a number of up to three digits may be a letter's own."""
    is_short = id.isdigit() and len(id) <= _LETTER_DIGITS
    found = re.search(rf"(?<!\w){re.escape(id.casefold())}(?!\w)", text.casefold())
    return found is not None and not is_short


def _ids_of(looked: erasure.Found, wanted: Sequence[str]) -> set[str]:
    return {wanted[-number - 1] for number in looked.decisions if number < 0}


def _is_in_flight(path: Path) -> bool:
    return path.is_file() and path.stat().st_mtime > time.time() - _SECONDS_IN_FLIGHT
