"""The clean tables: columns, kinds, units and keys; the one truth for readers, row rules and suites.

A clean frame holds every row that was read exactly once. Two provenance columns say where it came from
(`source_file_id`, `source_row`), two outcome columns what became of it: `quarantine_reason` (null = sound)
and `excluded_by` (the named rule that leaves a sound row out, null = none). Row rules are derived from
these declarations, and so are the suites in `expectations/`: neither is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from connectors.personal_data import Kind as PersonalKind

Kind = Literal["text", "count", "number", "moment", "day", "flag"]

DTYPES: dict[str, str] = {
    "text": "str",
    "count": "Int64",
    "number": "Float64",
    "moment": "datetime64[us, UTC]",
    "day": "datetime64[us]",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, and the row rules that follow from it; a count that is no share of a whole is not `added`.

    One that `flags` a moment says of it that it was noted as a date without an hour; it is not mapped but follows.
    `may_hold` are kinds of `connectors.personal_data` that tell of no person in this column.
    """

    name: str
    kind: Kind
    is_required: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    note: str = ""
    flags: str = ""
    is_added: bool = True
    may_hold: tuple[PersonalKind, ...] = ()

    @property
    def is_time(self) -> bool:
        """Whether it holds moments or days."""
        return self.kind in ("moment", "day")

    @property
    def names_group(self) -> bool:
        """Whether its texts, in words of the source, name more than one row: what people type there may tell of one."""
        return self.kind == "text" and not self.allowed and (not self.name.endswith("_id") or self.name == "portal_id")


@dataclass(frozen=True)
class Order:
    """Two moments or days of a row that must not come in the wrong order; `reason` is the row's when they do."""

    earlier: str
    later: str
    reason: str


@dataclass(frozen=True)
class Table:
    """One clean table: `key` tells its rows apart, `month_by` is the moment or day that places a row in a month.

    Rows with the same `thing`, columns of the key, tell of one thing: one that cannot be read leaves it in doubt.
    A snapshot is a list as it stands on a day: all its rows count for any period.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    thing: tuple[str, ...]
    month_by: str
    orders: tuple[Order, ...] = ()
    exclusions: tuple[str, ...] = ()
    is_snapshot: bool = False

    @property
    def has_ids(self) -> bool:
        """Whether its rows are told apart by a lasting id that the source gave them."""
        return self.thing[0].endswith("_id") and self.thing[0] != "portal_id"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns a source maps, in order."""
        return tuple(column.name for column in self.columns if not column.flags)

    @property
    def additive_names(self) -> tuple[str, ...]:
        """The names of the columns of which rows are added up."""
        return tuple(column.name for column in self.columns if column.kind in ("count", "number") and column.is_added)

    def flags_of(self, name: str) -> tuple[str, ...]:
        """The columns that say of a moment whether it was noted as a date."""
        return tuple(column.name for column in self.columns if column.flags == name)

    def column(self, name: str) -> Column:
        """The column of this name; raises `StopIteration` when there is none."""
        return next(column for column in self.columns if column.name == name)


def _moment(name: str, *, is_required: bool = False, note: str) -> tuple[Column, Column]:
    """A moment `<what>_at`, and the flag `<what>_is_date` that it was noted as a date without an hour."""
    moment = Column(name, "moment", is_required=is_required, note=note)
    flag = f"{name.removesuffix('_at')}_is_date"
    return moment, Column(flag, "flag", note=f"{name} was noted without an hour, as a whole local day", flags=name)


SOURCE_COLUMNS = (
    Column("source_file_id", "text", is_required=True, note="first 16 hex digits of the raw file's sha256"),
    Column("source_row", "count", is_required=True, minimum=1, note="row or line number in that file, from 1"),
)
OUTCOME_COLUMNS = (
    Column("quarantine_reason", "text", note="reason code; null for a sound row"),
    Column("excluded_by", "text", note="named rule that leaves a sound row out; null for none"),
)

# Words that stand in rows and results: the rule of rows that do not bear on a period, that of rows whose person was
# erased, the reason of sound rows that another of their group holds back, the tool that counts log lines.
OUTSIDE = "outside_period"
ERASED = "erased"
HELD_WITH_GROUP = "unreadable_group"
ACCESS_LOG = "access_log"
# What is noted of an earlier moment stands in for one that nobody knows.
EARLIEST_PLAUSIBLE = datetime(1990, 1, 1, tzinfo=UTC)
# Rules that leave out what is no record of its own.
NEVER_RECORDED = (
    "blank_row",
    "blank_cell",
    "group_row",
    "column_numbers",
    "below_table",
    "grand_total",
    "combined",
    "no_outage",
)

VISITS = Table(
    name="visits",
    grain="portal x day (or month) x variant of the count",
    columns=(
        Column("visited_on", "day", is_required=True, note="first local day covered"),
        Column("days_count", "count", is_required=True, minimum=1, is_added=False, note="1, or the days of the month"),
        Column("portal_id", "text", is_required=True, note="portal or site counted", may_hold=("address", "free text")),
        Column("visits_count", "count", is_required=True, minimum=0, note="visits (sessions) of those days"),
        Column("visit_definition", "text", is_required=True, note="what the tool calls a visit"),
        Column("source_tool", "text", is_required=True, note="tool that counted"),
        Column("variant", "text", is_required=True, note="'headline' or the variant these counts belong to"),
    ),
    key=("portal_id", "visited_on", "source_tool", "variant"),
    thing=("portal_id", "visited_on", "source_tool", "variant"),
    month_by="visited_on",
    exclusions=("grand_total", "duplicate", "other_portal"),
)

SERVICES = Table(
    name="services",
    grain="service x validity",
    columns=(
        Column("service_id", "text", is_required=True, note="the service's lasting code"),
        Column("name", "text", note="name of the service", may_hold=("free text",)),
        Column("agency", "text", note="agency that provides it"),
        Column("sector", "text", note="sector, such as health or permits"),
        Column("audience", "text", allowed=("citizens", "businesses", "both", "government"), note="whom it is for"),
        Column("is_accessible_online", "flag", is_required=True, note="its information is online"),
        Column("is_requestable_online", "flag", is_required=True, note="it can be requested online"),
        Column("is_online_applicable", "flag", is_required=True, note="it could be offered online at all"),
        Column("volume", "count", minimum=0, note="requests in the period, all channels"),
        Column("steps_count", "count", minimum=0, note="steps of the service"),
        Column("steps_applicable_count", "count", minimum=0, note="steps that could be online"),
        Column("steps_online_count", "count", minimum=0, note="steps that are online"),
        Column("valid_from_on", "day", note="first day of validity; null when not recorded"),
        Column("valid_to_on", "day", note="last day of validity; null while still offered"),
        Column("online_from_on", "day", note="first day on which it is online; null when not recorded"),
    ),
    key=("service_id", "valid_from_on"),
    thing=("service_id",),
    month_by="valid_from_on",
    orders=(Order("valid_from_on", "valid_to_on", "end_before_start"),),
    exclusions=("duplicate", "test", "internal", "not_city_service", "not_offered", "other_year"),
    is_snapshot=True,
)

INQUIRIES = Table(
    name="inquiries",
    grain="inquiry",
    columns=(
        Column("inquiry_id", "text", is_required=True, note="the inquiry's lasting number"),
        Column("channel", "text", note="how it came in, such as telephone or app"),
        Column("agency", "text", note="agency that answers"),
        Column("category", "text", note="subject, in words of the source"),
        Column(
            "status",
            "text",
            allowed=("open", "in_progress", "answered", "closed", "auto_closed", "archived"),
            note="state when the data were extracted",
        ),
        *_moment("received_at", is_required=True, note="when the city received it"),
        *_moment("responded_at", note="first substantive response by the city"),
        *_moment("closed_at", note="when it was closed"),
        Column(
            "response_basis", "text", allowed=("first_response", "closing", "none"), note="what responded_at rests on"
        ),
    ),
    key=("inquiry_id",),
    thing=("inquiry_id",),
    month_by="received_at",
    orders=(
        Order("received_at", "responded_at", "response_before_receipt"),
        Order("received_at", "closed_at", "closed_before_receipt"),
    ),
    exclusions=("duplicate", "test", "prank", "spam", "not_city_responsibility", "withdrawn", "staff", "emergency"),
)

OUTAGES = Table(
    name="outages",
    grain="incident x component",
    columns=(
        Column("incident_id", "text", is_required=True, note="the incident's lasting number"),
        Column("parent_id", "text", note="incident that caused this one"),
        Column(
            "component",
            "text",
            is_required=True,
            note="service or device that was down",
            may_hold=("address", "plate"),  # where a device stands, and what it is called
        ),
        Column("cause", "text", note="cause, in words of the source"),
        Column("is_planned", "flag", note="announced beforehand"),
        *_moment("started_at", is_required=True, note="when it went down"),
        *_moment("ended_at", note="null while still open"),
        Column("planned_basis", "text", note="how is_planned is known: declared, calendar, overlap"),
    ),
    key=("incident_id", "component"),
    thing=("incident_id",),
    month_by="started_at",
    orders=(Order("started_at", "ended_at", "end_before_start"),),
    exclusions=("duplicate", "test", "no_outage", "cancelled", "not_city_infrastructure"),
)

POPULATION = Table(
    name="population",
    grain="region x reference day",
    columns=(
        Column("region_code", "text", is_required=True, note="authority:code, e.g. kemendagri:32.73"),
        Column("population_count", "count", is_required=True, minimum=1, note="inhabitants"),
        Column("reference_on", "day", is_required=True, note="day the figure refers to"),
        Column("source", "text", is_required=True, note="who counted"),
    ),
    key=("region_code", "reference_on", "source"),
    thing=("region_code", "reference_on", "source"),
    month_by="reference_on",
    exclusions=("other_region", "duplicate"),
    is_snapshot=True,
)

TABLES: dict[str, Table] = {table.name: table for table in (VISITS, SERVICES, INQUIRIES, OUTAGES, POPULATION)}
