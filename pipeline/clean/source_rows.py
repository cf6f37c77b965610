"""One source's landed files to judged rows of its clean table, in blocks, but for what needs all rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from connectors.errors import SourceChanged
from connectors.files import read_rows, remark_if_cut
from connectors.records import RawFile
from connectors.remarks import Remark
from pipeline.clean.asked_months import AskedMonths
from pipeline.clean.date_signs import DateSigns, other_clocks
from pipeline.clean.declared_days import DeclaredDays
from pipeline.clean.erased_rows import (
    ERASED_IN,
    RawBlock,
    blanked,
    blanked_answers,
    blocks_of_rests,
    left_out,
    said_of_rest,
)
from pipeline.clean.headers import title_remarks, unread_headers
from pipeline.clean.inquiries import (
    FollowUps,
    complete_inquiries,
    follow_up_columns,
    join_follow_ups,
    read_follow_ups,
    unknown_remarks,
)
from pipeline.clean.mapping import ColumnTerms, map_rows, raw_columns, with_plain_texts
from pipeline.clean.month_files import finished
from pipeline.clean.outages import complete_outages
from pipeline.clean.personal_texts import PersonalTexts
from pipeline.clean.place_names import other_places
from pipeline.clean.population import (
    complete_population,
    parts_that_differ,
    refuse_several_figures,
    unread_figures,
)
from pipeline.clean.prefetch import prefetch
from pipeline.clean.rules import FILE_ORDER, apply_row_rules, combine_rows, hold_doubtful, resolve_duplicates
from pipeline.clean.services import complete_services
from pipeline.clean.state_changes import pair_rows, pairing_remarks, with_incident_ids
from pipeline.clean.sums import total_among_parts, total_among_portals
from pipeline.clean.ticks import Ticks
from pipeline.clean.titled_periods import title_of_part
from pipeline.clean.unmapped import UnmappedTexts
from pipeline.clean.visits import complete_visits
from pipeline.config.city import City
from pipeline.config.rows import Responses
from pipeline.config.source import Source
from pipeline.indicators.base import RowCounts
from pipeline.landing import ErasedIds, LandedFile, Manifest, erased_ids, expired, landed_object
from pipeline.progress import Meter
from pipeline.tables import TABLES, Table

T = TypeVar("T")


@dataclass(frozen=True)
class Landed:
    """What one source of a city gave for a period; `remarks` fills up while its rows are read."""

    home: Path
    city: City
    manifest: Manifest
    meter: Meter = field(default_factory=Meter, compare=False)
    remarks: list[Remark] = field(default_factory=list, compare=False)
    date_signs: DateSigns = field(default_factory=DateSigns, compare=False)
    ticks: Ticks = field(default_factory=Ticks, compare=False)
    unmapped: UnmappedTexts = field(default_factory=UnmappedTexts, compare=False)
    personal: PersonalTexts = field(default_factory=PersonalTexts, compare=False)
    declared_days: DeclaredDays = field(default_factory=DeclaredDays, compare=False)
    asked_months: AskedMonths = field(default_factory=AskedMonths, compare=False)
    titles: list[str] = field(default_factory=list, compare=False)
    # Of columns that may tell which rows count, and that nothing reads; and those of rests, which did tell.
    headers: set[str] = field(default_factory=set, compare=False)
    told_headers: set[str] = field(default_factory=set, compare=False)
    # Of each file, whether the last row read so far could not be.
    ends_unread: dict[str, bool] = field(default_factory=dict, compare=False)
    # Ids that are about to be erased; without any, those that the home keeps.
    to_erase: ErasedIds | None = field(default=None, compare=False)

    @cached_property
    def erased(self) -> ErasedIds:
        """The ids whose rows are read as erased."""
        kept = erased_ids(self.home, self.city.city, self.manifest.source)
        return self.to_erase or kept

    def rests(self, role: str) -> list[Path]:
        """What stands in place of raw files of a role of which rows were erased; none where all are whole."""
        rows = self.manifest.rest.rows if self.manifest.rest else ()
        return [landed_object(self.home, sha256) for of_role, sha256 in rows if of_role == role]

    @property
    def unread_headers(self) -> list[str]:
        """The columns that tell which rows count, by not saying the same of all, and that nothing reads."""
        files = [RawFile(raw.path, raw.name) for _, raw in self.whole_files("main")]
        return sorted(self.told_headers | {name for name in self.headers if self._tells_apart(name, files)})

    def _tells_apart(self, header: str, files: Sequence[RawFile]) -> bool:
        connector, found = self.source.connector_in(self.city.zone_info), set[str]()
        for file in files:
            # Not every file needs to have a column that nothing reads.
            with suppress(SourceChanged):
                for _, raw in connector.rows([file], columns=[header]):
                    texts = raw.loc[raw["reader_problem"].isna(), header].fillna("").str.strip()
                    found.update(texts.mask(texts.isin(self.source.nulls), "").str.casefold())
                    if len(found) > 1:
                        return True
        return False

    @property
    def all_remarks(self) -> list[Remark]:
        """What is odd about the source, in order and each once, now that its rows were read."""
        name = self.manifest.source
        signs = [*self.date_signs.remarks(self.source, name=name), *self.declared_days.remarks(name)]
        signs += other_clocks(self.source, name=name, zone=self.city.zone_info)
        extracted_at = max((file.extracted_at for file, _ in self.files("main")), default="")
        signs += title_remarks(self.titles, self.source, name=name, extracted_on=extracted_at)
        signs += title_of_part(self.titles, self.source, files_count=len(self.files("main")), name=name)
        signs += self.personal.remarks(name, table=self.table)
        return sorted({*self.remarks, *signs, *self.ticks.remarks(name), *self._cut_remarks()})

    def _cut_remarks(self) -> list[Remark]:
        """Of text files whose last row could not be read."""
        found: list[Remark] = []
        for file, raw in self.whole_files("main"):
            if self.source.format == "csv" and self.ends_unread.get(file.file_id):
                remark_if_cut(replace(raw, on_remark=found.append))
        return found

    @cached_property
    def source(self) -> Source:
        """The source's settings."""
        return self.city.sources[self.manifest.source]

    @property
    def later_file_wins(self) -> bool:
        """Whether of two files that tell of one thing the later one is right: as declared, and of all answers."""
        # Something still open in one month's pull is whole in a later one.
        return self.source.later_file_wins or bool(self.source.connection)

    @cached_property
    def table(self) -> Table:
        """The clean table its rows go to."""
        return TABLES[self.source.table]

    def files(self, role: str) -> list[tuple[LandedFile, RawFile]]:
        """The files of a role, and where their bytes are."""
        chosen = [file for file in self.manifest.files if file.role == role]
        return [(file, self._raw(file)) for file in chosen]

    def whole_files(self, role: str) -> list[tuple[LandedFile, RawFile]]:
        """Of these, those that are kept as they came."""
        return [(file, self._raw(file)) for file in self.manifest.whole_files(role)]

    def _raw(self, file: LandedFile) -> RawFile:
        path = landed_object(self.home, file.sha256)
        return RawFile(path, file.name, self.meter.read, self.remarks.append, self.titles.append, self._note_header)

    def _note_header(self, header: Sequence[str]) -> None:
        self.headers.update(unread_headers(header, self.source))


def judged_rows(landed: Landed, *, then: Callable[[pd.DataFrame], T]) -> tuple[Iterator[T], RowCounts | None]:
    """What `then` makes of each block of rows with their outcomes, in order, and the fate of the follow-up log's rows.

    Duplicates are not resolved yet. Rows to be combined, or joined with a follow-up log, come as one block.
    """
    source = landed.source
    if source.table == "population":
        files, name = [raw for _, raw in landed.files("main")], landed.manifest.source
        landed.remarks.extend(other_places(files, source=source, source_name=name, city=landed.city))
    if source.responses is None and source.combine is None:
        return prefetch(raw_blocks(landed), lambda block: then(_judged(_mapped(block, landed), landed))), None
    parts = list(prefetch(raw_blocks(landed), lambda block: with_plain_texts(_mapped(block, landed))))
    frame, counts = pd.concat(parts or [finished(pd.DataFrame(), landed.table)], ignore_index=True), None
    if source.responses is not None:
        follow_ups = _follow_ups(landed, source.responses, known_ids=frame["inquiry_id"])
        landed.remarks.extend(unknown_remarks(frame, follow_ups, source_name=landed.manifest.source))
        frame, counts = join_follow_ups(frame, follow_ups), follow_ups.rows
    return iter([then(_combined(frame, landed))]), counts


def _combined(frame: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    """Judged rows, folded or paired where the source says so."""
    combine = landed.source.combine
    if combine is None:
        return _judged(frame, landed)
    if combine.how != "pair":
        frame, name = with_plain_texts(_judged(frame, landed)), landed.manifest.source
        landed.remarks.extend(total_among_parts(frame, table=landed.table, combine=combine, source_name=name))
        return combine_rows(frame, table=landed.table, combine=combine)
    frame = with_incident_ids(frame) if landed.table.name == "outages" else frame
    frame = pair_rows(with_plain_texts(_judged(frame, landed)), table=landed.table, combine=combine)
    landed.remarks.extend(pairing_remarks(frame, source_name=landed.manifest.source))
    return frame


def with_duplicates_resolved(frame: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    """Judged rows, at most one sound row left to each key; all rows of a key but quarantined ones must be there."""
    frame = resolve_duplicates(
        _in_file_order(frame, landed), table=landed.table, later_file_wins=landed.later_file_wins
    )
    if landed.table.name == "population":
        refuse_several_figures(frame, source_name=landed.manifest.source)
    return frame.drop(columns=FILE_ORDER)


def with_doubtful_held(frame: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    """Judged rows, those held back that a quarantined one may contradict; all rows of a thing must be there."""
    frame = _in_file_order(frame, landed)
    return hold_doubtful(frame, table=landed.table, later_file_wins=landed.later_file_wins).drop(columns=FILE_ORDER)


def _in_file_order(frame: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    order = {file.file_id: place for place, (file, _) in enumerate(landed.files("main"))}
    return frame.assign(**{FILE_ORDER: frame["source_file_id"].map(order).astype("Int64")})


def raw_blocks(landed: Landed) -> Iterator[RawBlock]:
    """The raw rows of a source's files with `ERASED_IN`, those of erased ids blank; from what is left of them, if so.

    Raises `DataRejected` where a decision left nothing of them.
    """
    if landed.manifest.is_expired:
        raise expired(landed.manifest)
    for file_id, raw in _read_blocks(landed):
        yield (
            file_id,
            blanked(raw, source=landed.source, table=landed.table, zone=landed.city.zone_info, erased=landed.erased),
        )


def _read_blocks(landed: Landed) -> Iterator[RawBlock]:
    files, rests = landed.whole_files("main"), landed.rests("main")
    for said in map(said_of_rest, rests):
        landed.remarks.extend(said.remarks)
        landed.titles.extend(said.titles)
        landed.told_headers.update(said.headers)
    yield from blocks_of_rests(rests, columns=raw_columns(landed.source), source_name=landed.manifest.source)
    if rests and not files:
        return
    ids = {raw.path: file.file_id for file, raw in files}
    connector = landed.source.connector_in(landed.city.zone_info)
    for file, raw in connector.rows([raw for _, raw in files], columns=raw_columns(landed.source)):
        yield ids[file.path], raw


def _mapped(block: RawBlock, landed: Landed) -> pd.DataFrame:
    file_id, raw = block
    frame = map_rows(
        raw,
        source=landed.source,
        table=landed.table,
        zone=landed.city.zone_info,
        date_signs=landed.date_signs,
        ticks=landed.ticks,
        unmapped=landed.unmapped,
        personal=landed.personal,
        file_id=file_id,
    )
    if len(frame):
        landed.ends_unread[file_id] = bool(pd.notna(frame["quarantine_reason"].iloc[-1]))
    file_ids = pd.Categorical.from_codes(np.zeros(len(frame), np.int8), pd.Index([file_id], dtype="str"))
    complete = left_out(_complete(frame, raw, landed), raw, table=landed.table, zone=landed.city.zone_info)
    return complete.assign(source_file_id=file_ids)


def _complete(frame: pd.DataFrame, raw: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    source, source_name = landed.source, landed.manifest.source
    if source.table == "inquiries":
        return frame
    frame = with_plain_texts(frame)
    if source.table == "visits":
        return complete_visits(frame, source=source, source_name=source_name)
    if source.table == "services":
        return complete_services(frame, source=source, raw=raw)
    if source.table == "outages":
        return complete_outages(frame)
    return complete_population(frame, source=source, source_name=source_name, city=landed.city)


def _judged(frame: pd.DataFrame, landed: Landed) -> pd.DataFrame:
    if landed.source.table == "inquiries":
        frame = complete_inquiries(frame, source=landed.source)
    extracted_at = {file.file_id: datetime.fromisoformat(file.extracted_at) for file, _ in landed.files("main")}
    frame = apply_row_rules(frame, table=landed.table, extracted_at=extracted_at)
    landed.declared_days.add(frame, source=landed.source, zone=landed.city.zone_info)
    names = {file.file_id: file.name for file, _ in landed.files("main")}
    landed.asked_months.add(frame, source=landed.source, names=names, zone=landed.city.zone_info)
    name = landed.manifest.source
    if landed.table.name == "visits":
        landed.remarks.extend(total_among_portals(frame, table=landed.table, source_name=name))
    if landed.table.name == "population":
        landed.remarks.extend(unread_figures(frame, source=landed.source, source_name=name, city=landed.city))
        landed.remarks.extend(parts_that_differ(frame, source=landed.source, source_name=name, city=landed.city))
    return frame


def raw_answers(landed: Landed, responses: Responses) -> Iterator[RawBlock]:
    """The raw rows of a source's follow-up logs with `ERASED_IN`, those of erased inquiries blank."""
    columns, files = follow_up_columns(responses), landed.whole_files("responses")
    kept = blocks_of_rests(landed.rests("responses"), columns=columns, source_name=landed.manifest.source)
    whole = ((one.file_id, raw) for one, file in files for raw in read_rows(file, layout=responses, columns=columns))
    for file_id, raw in chain(kept, whole):
        yield file_id, blanked_answers(raw, id_column=responses.inquiry_id, erased=landed.erased)


def _follow_ups(landed: Landed, responses: Responses, *, known_ids: pd.Series) -> FollowUps:
    raws = [raw for _, raw in raw_answers(landed, responses)]
    columns = [*follow_up_columns(responses), ERASED_IN]
    raw = pd.concat(raws, ignore_index=True) if raws else pd.DataFrame(columns=columns, dtype="str")
    zone, has_typed_cells = landed.city.zone_info, responses.format == "xlsx"
    terms = ColumnTerms(landed.source, zone, responses.nulls, has_typed_cells=has_typed_cells)
    signs = landed.date_signs
    return read_follow_ups(raw, responses=responses, terms=terms, known_ids=known_ids, date_signs=signs)
