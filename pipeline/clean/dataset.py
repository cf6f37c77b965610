"""A clean table on disk: made once from landed bytes, kept by month, named by everything it was made from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from connectors.errors import DataDamaged, DataRejected, SourceUnavailable
from connectors.numerals import counted_en, number
from connectors.remarks import Remark
from pipeline.atomic import atomic_folder, discard
from pipeline.clean.alike_ids import Pair, Shares, alike_count, has_lasting_ids, shared_hashes, shares
from pipeline.clean.asked_months import RECEIVED_BEFORE_ASKED
from pipeline.clean.first_reason import Flags
from pipeline.clean.headers import OTHER_MEANINGS, UNREAD, other_meanings
from pipeline.clean.month_files import Block, MonthFiles, finished, read_parts
from pipeline.clean.place_names import names_of_city
from pipeline.clean.readability import FULL_FILES, Readability
from pipeline.clean.repeated_keys import RepeatedKeys
from pipeline.clean.source_rows import Landed, judged_rows, with_doubtful_held, with_duplicates_resolved
from pipeline.clean.unmapped import Common
from pipeline.clean.wholeness import LIST, damaged_files, kept_files
from pipeline.config.city import City
from pipeline.indicators.base import RowCounts
from pipeline.indicators.row_hashes import Words
from pipeline.landing import Manifest, erased_ids, unaltered
from pipeline.mirror import pull_once, push
from pipeline.progress import Meter
from pipeline.sealed import say_mended, sealed, unsealed
from pipeline.shipped import code_sha256
from pipeline.tables import TABLES, VISITS, Table

if TYPE_CHECKING:
    from pipeline.access_log.count import LogCounts
    from pipeline.access_log.summaries import Summaries

_TALLY = "tally.parquet"
_NAMED = 5
_ROOMS = ("connectors", "kernels", "pipeline/access_log", "pipeline/clean")
_MADE_BY = (*(f"{room}/**/*.py" for room in _ROOMS), "pipeline/tables.py")


@dataclass(frozen=True)
class Dataset:
    """One clean table on disk, of which no more is read than is asked for: every row read, sound or not.

    `tally` counts the lines of access logs (null without any), `follow_ups` the rows of follow-up logs by source;
    `remarks` are what was found worth knowing while the sources were read, `unmapped` the commonest texts that a value
    map does not know, by source and clean column. `shares` are signs of ids and headers, by sign and place. `logs` says
    by source and day how many log files tell of it side by side, `hours` how many lines they have of each hour, others'
    than bots and then bots'.
    """

    path: Path
    table: Table
    tally: pd.DataFrame | None
    follow_ups: Mapping[str, RowCounts]
    remarks: tuple[Remark, ...] = ()
    unmapped: Mapping[str, Common] = field(default_factory=dict)
    shares: Shares = field(default_factory=dict)
    logs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The whole table in memory, with the declared columns and dtypes."""
        return pd.concat([finished(part, self.table) for part in self.parts], ignore_index=True)

    @property
    def parts(self) -> Iterable[pd.DataFrame]:
        """The table month by month, one part at a time; common texts may be categories."""
        return read_parts(self.path, self.table)


def dataset(
    home: Path, *, city: City, table_name: str, manifests: Sequence[Manifest], meter: Meter | None = None
) -> Dataset:
    """The clean table of some sources, made unless it is on disk and whole; raises what `clean_table` raises."""
    name = clean_table(home, city=city, table_name=table_name, manifests=manifests, meter=meter)
    return read_dataset(dataset_path(home, city, table_name, name), TABLES[table_name])


def clean_table(
    home: Path, *, city: City, table_name: str, manifests: Sequence[Manifest], meter: Meter | None = None
) -> str:
    """Make the clean table from landed files unless it is there already; gives the dataset's name.

    Raises `DataRejected` when the bytes are not what the city's YAML says, `SourceUnavailable` when somebody was erased
    meanwhile.
    """
    name = dataset_name(home, city, table_name=table_name, manifests=manifests)
    target = dataset_path(home, city, table_name, name)
    _discard_unless_whole(target, TABLES[table_name])
    try:
        if not target.is_dir():
            files = [file for manifest in manifests for file in manifest.kept_files]
            summaries = _summaries(home / "clean" / city.city / "log-summaries", table_name)
            with atomic_folder(target, last=LIST) as draft, unaltered(home, files):
                _write(draft, _landed(home, city, manifests, meter or Meter()), TABLES[table_name], summaries=summaries)
            if summaries:
                summaries.confirm()
        push(target, last=LIST, only_new=True)
    finally:
        # Whoever erases writes the ids before taking clean tables away: this one, half or whole, goes there or here.
        if dataset_name(home, city, table_name=table_name, manifests=manifests) != name:
            discard(target, first=LIST)
            raise _erased_meanwhile(city, table_name)
    return name


def _erased_meanwhile(city: City, table_name: str) -> SourceUnavailable:
    return SourceUnavailable(
        id=f"{city.city}, tabel {table_name}: ada orang yang dihapus sementara tabel ini dibuat. Jalankan lagi.",
        en=f"{city.city}, table {table_name}: a person was erased while this table was made. Run again.",
    )


def _discard_unless_whole(path: Path, table: Table) -> None:
    pull_once(path, last=LIST)
    try:
        if path.is_dir():
            read_dataset(path, table)
    except DataDamaged as fault:
        discard(path, first=LIST)
        say_mended(id=fault.id, en=fault.en)


def rebuild(
    home: Path,
    *,
    city: City,
    table_name: str,
    manifests: Sequence[Manifest],
    folder: Path,
    meter: Meter | None = None,
) -> Dataset:
    """The clean table made anew in a folder, whatever is there already elsewhere."""
    folder.mkdir(exist_ok=True)
    sources = _landed(home, city, manifests, meter or Meter())
    with TemporaryDirectory(dir=folder.parent) as name:
        _write(folder, sources, TABLES[table_name], summaries=_summaries(Path(name), table_name))
    return read_dataset(folder, TABLES[table_name])


def _summaries(folder: Path, table_name: str) -> Summaries | None:
    """What log files hold, kept in a folder; null for tables that no log fills."""
    if table_name != VISITS.name:
        return None
    from pipeline.access_log.summaries import Summaries

    return Summaries(folder)


def _landed(home: Path, city: City, manifests: Sequence[Manifest], meter: Meter) -> list[Landed]:
    meter.expect(sum(file.size_bytes for manifest in manifests for file in manifest.files))
    return [Landed(home, city, manifest, meter) for manifest in manifests]


def read_dataset(path: Path, table: Table) -> Dataset:
    """What `clean_table` wrote; raises `DataDamaged` where a file of it is missing or no longer what was written."""
    raw, damaged = _listed(path)
    if damaged:
        raise DataDamaged(
            id=f"tabel bersih {table.name} rusak ({', '.join(damaged)})",
            en=f"the clean table {table.name} is damaged ({', '.join(damaged)})",
        )
    tally = pd.read_parquet(path / _TALLY) if (path / _TALLY).is_file() else None
    follow_ups = {name: RowCounts(**rows) for name, rows in raw["follow_ups"].items()}
    remarks = tuple(Remark(**remark) for remark in raw["remarks"])
    told = {name: raw[name] for name in ("unmapped", "shares", "logs", "hours")}
    return Dataset(path, table, tally, follow_ups, remarks, **told)


def damage_of(path: Path) -> list[str]:
    """Names of the files in the folder of a clean dataset that are gone, were added or are not what was written."""
    return _listed(path)[1]


def _listed(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What the list in a folder tells, and the files there that are not as it says."""
    try:
        raw: dict[str, Any] = json.loads(unsealed((path / LIST).read_bytes(), of=path / LIST))
    except (FileNotFoundError, DataDamaged):
        return {}, [LIST]
    return raw, damaged_files(path, raw["files"])


def dataset_name(home: Path, city: City, *, table_name: str, manifests: Sequence[Manifest]) -> str:
    """A name that changes with the bytes, what was erased of them, the settings that read or code that cleans them."""
    made_from = {
        "code": code_sha256(*_MADE_BY),
        "zone": city.zone,
        "region_codes": city.region_codes,
        **({"names": names_of_city(city)} if table_name == "population" else {}),
        "sources": {
            m.source: [
                city.sources[m.source].model_dump(
                    mode="json", exclude={"path", "owner", "licence", "connection", "allow"}
                ),
                [(file.role, file.sha256, file.extracted_at) for file in m.files],
            ]
            for m in manifests
        },
        **_erased(home, city, manifests),
    }
    return hashlib.sha256(json.dumps([table_name, made_from], sort_keys=True).encode()).hexdigest()[:20]


def _erased(home: Path, city: City, manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Whose rows are erased of each source, and what is left of its files; nothing where nobody was erased."""
    digests = {m.source: erased_ids(home, city.city, m.source).digest for m in manifests}
    rest = {m.source: m.rest.rows for m in manifests if m.rest}
    told = {"erased": {name: digest for name, digest in digests.items() if digest}, "rest": rest}
    return {name: of for name, of in told.items() if of}


def dataset_path(home: Path, city: City, table_name: str, name: str) -> Path:
    """The folder of a clean dataset."""
    return table_folder(home, city.city, table_name) / name


def table_folder(home: Path, city_id: str, table_name: str) -> Path:
    """Where all clean datasets of a city's table lie."""
    return home / "clean" / city_id / table_name


@dataclass
class _Written:
    """What is remembered of a source whose rows are on disk; `told` is what another source may tell as well."""

    landed: Landed
    readability: Readability
    things: RepeatedKeys
    in_doubt: RepeatedKeys
    told: RepeatedKeys
    follow_ups: RowCounts | None
    usable_count: int

    @property
    def name(self) -> str:
        """The source's name."""
        return self.landed.manifest.source


def _write(folder: Path, sources: Sequence[Landed], table: Table, *, summaries: Summaries | None) -> None:
    """Rows as they come; once all are there, those whose keys come again are judged again.

    What logs hold is looked up and kept in `summaries`.
    """
    files, tallies, side_by_side, hours = MonthFiles(folder, table), [], {}, {}
    logs = [landed for landed in sources if landed.source.format == "access_log"]
    with ExitStack() as stack:
        stack.callback(files.let_go)

        def repeated() -> RepeatedKeys:
            return stack.enter_context(closing(RepeatedKeys(folder)))

        others = [landed for landed in sources if landed not in logs]
        written = [_write_source(one, files, among=sources, repeated=repeated) for one in others]
        for landed in logs:
            counts = _count_log(landed, summaries=summaries)
            files.add(Block.of(finished(counts.visits, table), table))
            tallies.append(counts.tally)
            side_by_side[landed.manifest.source] = counts.side_by_side
            hours[landed.manifest.source] = counts.hours
        _refuse_a_portal_twice(logs, side_by_side)
        alike = {source.name: _resolve_duplicates(source, files) for source in written}
        found = _shared_counts(written, files)
        files.close()
    if tallies:
        pd.concat(tallies, ignore_index=True).to_parquet(folder / _TALLY, index=False)
    follow_ups = {source.landed.manifest.source: asdict(source.follow_ups) for source in written if source.follow_ups}
    remarks = [asdict(remark) for landed in sources for remark in landed.all_remarks]
    unmapped = {landed.manifest.source: landed.unmapped.most_common for landed in sources}
    content = {"follow_ups": follow_ups, "remarks": remarks, "unmapped": unmapped, "files": kept_files(folder)}
    content |= {"logs": side_by_side, "hours": hours}
    of_ids = shares(alike, found, rows={one.name: one.usable_count for one in written}, table=table)
    content["shares"] = of_ids | _shares_of_files(written, table)
    (folder / LIST).write_bytes(sealed(json.dumps(content, sort_keys=True)))
    # What comes after has other columns in memory; arrow would keep the room of these.
    pa.default_memory_pool().release_unused()


def _refuse_a_portal_twice(logs: Sequence[Landed], side_by_side: Mapping[str, Mapping[str, int]]) -> None:
    """Raise `DataRejected` where two sources are logs of one portal on one day: who visits both servers visits once."""
    for one, other in combinations(logs, 2):
        names = one.manifest.source, other.manifest.source
        shared = side_by_side[names[0]].keys() & side_by_side[names[1]].keys()
        if shared and one.source.portal_id == other.source.portal_id:
            told, count = " dan ".join(names), len(shared)
            raise DataRejected(
                id=f"{told}: log satu portal ('{one.source.portal_id}') untuk {number(count)} hari yang sama, misalnya "
                f"{min(shared)}. Bila portal itu berjalan di beberapa server, sebut semua berkasnya di satu sumber "
                "(path: [..., ...]); bila portalnya berbeda, beri masing-masing portal_id.",
                en=f"{' and '.join(names)}: logs of one portal ('{one.source.portal_id}') for "
                f"{counted_en(count, 'day', 'days')} in common, such as {min(shared)}. If the portal runs on several "
                "servers, name all their files in one source (path: [..., ...]); if these are different portals, "
                "give each its portal_id.",
            )


def _shares_of_files(written: Sequence[_Written], table: Table) -> Shares:
    """Signs of headers, files and what was asked for: how many of each source give it, or what share, and which."""
    told: dict[str, tuple[str, Callable[[_Written], Sequence[str]]]] = {
        OTHER_MEANINGS: ("columns", lambda of: [f"{a}: {b}" for a, b in other_meanings(of.landed.source).items()]),
        FULL_FILES: ("path", lambda of: of.readability.full_files()),
    }
    if table.name in UNREAD:
        told[UNREAD[table.name]] = "header", lambda of: of.landed.unread_headers
    counts = {
        sign: {f"{of.name} {place}": (float(len(texts)), _named(texts)) for of in written if (texts := found(of))}
        for sign, (place, found) in told.items()
    }
    before = {of.name: of.landed.asked_months.before_pct for of in written}
    of_asked = {f"{name} options": (share, "") for name, share in before.items() if share is not None}
    return counts | {RECEIVED_BEFORE_ASKED: of_asked}


def _named(texts: Sequence[str]) -> str:
    """The first of them; what is told here stands in a sentence."""
    return "; ".join([*texts[:_NAMED], *(["..."] if len(texts) > _NAMED else [])])


def _write_source(
    landed: Landed,
    files: MonthFiles,
    *,
    among: Sequence[Landed],
    repeated: Callable[[], RepeatedKeys],
) -> _Written:
    """The rows of a source on disk."""
    carries_source = _carries_source(landed.table, among)

    def laid_out(frame: pd.DataFrame) -> tuple[Block, tuple[Words, Flags] | None]:
        block = Block.of(_with_source_in_ids(frame, landed, among=among), landed.table, ids_of=frame)
        return block, shared_hashes(frame, landed.table) if carries_source else None

    blocks, follow_ups = judged_rows(landed, then=laid_out)
    usable_count = 0
    readability = Readability(landed)
    things, in_doubt, told = repeated(), repeated(), repeated()
    for block, shared in blocks:
        landed.meter.make(len(block.things))
        places, is_telling, is_whole = files.add(block), block.is_usable, landed.source.combine is None
        usable_count += int(is_telling.sum())
        if shared is not None:
            words, is_told = shared
            told.add(words[is_telling & is_told], places=places[is_telling & is_told])
        if landed.later_file_wins and is_whole:
            is_telling |= block.is_excluded
        things.add(block.things[is_telling], places=places[is_telling])
        if is_whole:  # else combining has held back what is in doubt
            in_doubt.add(block.things[block.is_quarantined], places=places[block.is_quarantined])
        readability.add(block)
    return _Written(landed, readability, things, in_doubt, told, follow_ups, usable_count)


def _resolve_duplicates(source: _Written, files: MonthFiles) -> int:
    """Judge rows again of things that come again; gives how many rows have an id that others write otherwise."""
    landed, count = source.landed, 0
    for places in source.things.groups(doubted_by=source.in_doubt):
        rows = files.rows_at(places)
        count += alike_count(rows, table=landed.table, source_name=source.name)
        is_held = rows["quarantine_reason"].notna()
        resolved = with_duplicates_resolved(rows[~is_held], landed)
        rows = with_doubtful_held(pd.concat([resolved, rows[is_held]]).sort_index(), landed)
        block = Block.of(rows, landed.table)
        source.readability.leave_out(files.judge_again(block, places=places))
    landed.remarks.extend(source.readability.judge())
    return count


def _shared_counts(written: Sequence[_Written], files: MonthFiles) -> Counter[Pair]:
    """How many things two sources both tell of, by their names."""
    pairs = combinations(written, 2)
    return +Counter({(a.name, b.name): a.told.common_count(b.told, among=files.are_sound) for a, b in pairs})


def _count_log(landed: Landed, *, summaries: Summaries | None) -> LogCounts:
    from pipeline.access_log.count import LogFile, LogTerms, count_visits
    from pipeline.access_log.judgement import refuse_foreign_logs, refuse_unread_files

    files, terms = landed.files("main"), LogTerms.of(landed.city, landed.source)
    refuse_foreign_logs([raw for _, raw in files])
    logs = [LogFile(file.file_id, raw.path, name=raw.name, sha256=file.sha256) for file, raw in files]
    counts = count_visits(logs, terms=terms, summaries=summaries, meter=landed.meter)
    landed.remarks.extend(counts.remarks)
    landed.remarks.extend(refuse_unread_files(counts.files, city=landed.city, terms=terms))
    return counts


def _carries_source(table: Table, among: Sequence[Landed]) -> bool:
    return len(among) > 1 and has_lasting_ids(table)


def _with_source_in_ids(frame: pd.DataFrame, landed: Landed, *, among: Sequence[Landed]) -> pd.DataFrame:
    """Two desks may use the same number: where a table has several sources, ids carry theirs."""
    if not _carries_source(landed.table, among):
        return frame
    names = [name for name in ("inquiry_id", "incident_id", "parent_id", "service_id") if name in frame]
    return frame.assign(**{name: f"{landed.manifest.source}:" + frame[name] for name in names})
