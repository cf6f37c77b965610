"""One source of a city: where it lies, how it is reached and how it becomes rows of a clean table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from connectors.connection import ALLOWANCES
from connectors.errors import ConfigError
from connectors.log_format import formats_of
from connectors.registry import connector_class, system_names
from pipeline.config.columns import SAME_MARKS, Columns, Filters
from pipeline.config.population import Authority
from pipeline.config.problems import both, place
from pipeline.config.rows import Combine, FileSettings, Responses, Steps
from pipeline.config.strict import Strict, Texts, known_zone, sound
from pipeline.coverage import Coverage
from pipeline.setting_faults import days_faults, name_fault, network_fault, required_columns, unknown_names
from pipeline.tables import TABLES

if TYPE_CHECKING:
    from connectors.base import Connector
    from pipeline.periods import Period

    TableName = str
else:
    TableName = Literal[tuple(TABLES)]

COMMON_EXCLUSIONS = ("grand_total",)
# Of a table's cells, of which a log has none.
_NOT_OF_LOGS = frozenset(
    {
        *(
            "columns",
            "exclude",
            "combine",
            "steps",
            "responses",
            "nulls",
            "decimal",
            "thousands",
            "swapped_by_excel",
            "later_file_wins",
            "dates_suffice",
            "authority",
            "grain",
            "delimiter",
            "quote",
            "names",
            "skip_rows",
            "header_starts_with",
            "header_rows",
            "ends_at",
            "fill_down",
            "sheet",
            "rows_at",
            "group_rows",
            "years_in_header",
        ),
    }
)
_TOMORROW = timedelta(days=1)
# What gives a required clean column that no one maps.
_FILLED = {
    "visits": {
        "days_count": "grain",
        "portal_id": "portal_id",
        "visit_definition": "the source's name",
        "source_tool": "the source's name",
        "variant": "headline",
    },
    "services": {"is_online_applicable": "true"},
    "population": {"source": "the source's name"},
}


class LogFields(Strict):
    """Where the parts of a request stand in a JSON access log, when not at a known server's own names."""

    address: str | None = None
    time: str | None = None
    request: str | None = None
    method: str | None = None
    uri: str | None = None
    status: str | None = None
    agent: str | None = None
    host: str | None = None

    @model_validator(mode="after")
    def _tells_the_request_one_way(self) -> Self:
        if (self.method is None) != (self.uri is None) or (self.request is not None and self.method is not None):
            raise ValueError("isi 'request', atau 'method' dan 'uri' / give 'request', or 'method' and 'uri'")
        return self


class Days(Strict):
    """From the first to the last day, both included."""

    first_on: date
    last_on: date


class Source(FileSettings):
    """One outside system, by its exports or over a connection, and how it becomes rows of one clean table."""

    table: TableName
    system: str | None = None
    connector: str | None = None
    connection: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    allow: Texts = ()
    collect: Literal["monthly", "daily"] = "monthly"
    owner: str = ""
    licence: str = ""
    extracted_at: datetime | None = None
    covers: tuple[Days, ...] = ()
    opened_on: date | None = None
    closed_on: date | None = None
    zone: str | None = None
    nulls: Texts = ()
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    swapped_by_excel: bool | None = None
    columns: Columns = Field(default_factory=dict)
    exclude: dict[str, Filters] = Field(default_factory=dict)
    combine: Combine | None = None
    steps: Steps | None = None
    responses: Responses | None = None
    later_file_wins: bool = False
    dates_suffice: bool = False
    authority: Authority | None = None
    grain: Literal["day", "month"] = "day"
    portal_id: str = "portal"
    own_networks: Texts = ()
    hosts: Texts = ()
    fields: LogFields | None = None
    log_format: Texts = ()
    client: Literal["last"] | None = None
    trusted_proxies: Texts = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @field_validator("own_networks", "trusted_proxies")
    @classmethod
    def _known_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return sound(value, filter(None, map(network_fault, value)))

    @field_validator("connection")
    @classmethod
    def _well_formed_name(cls, value: str | None) -> str | None:
        return sound(value, filter(None, [None if value is None else name_fault(value)]))

    @field_validator("system")
    @classmethod
    def _known_system(cls, value: str | None) -> str | None:
        unknown = unknown_names([value] if value else [], system_names())
        return sound(value, [f"sistem tidak dikenal / unknown system: {unknown}"] if unknown else [])

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        faults = [*self._column_faults(), *self._rule_faults(), *self._table_faults(), *self._time_faults()]
        faults += [*self._combine_faults(), *self._log_faults()]
        return sound(self, [*faults, *self._way_in_faults()])

    def _column_faults(self) -> Iterator[str]:
        table = TABLES[self.table]
        unknown = unknown_names(self.columns, table.column_names)
        if unknown:
            yield (
                f"kolom bersih tidak dikenal / unknown clean columns: {unknown}; "
                f"{self.table}: {', '.join(table.column_names)}"
            )
        for name, column in self.columns.items():
            earlier = {"after": column.after, "next_day_if_before": column.next_day_if_before}
            for setting, moment in earlier.items():
                if moment is not None and moment not in self._moments_before(name):
                    yield (
                        f"columns.{name}.{setting}: '{moment}' harus kolom waktu yang diisi sebelum '{name}' / "
                        f"must be a moment filled in before '{name}'"
                    )
            if name in table.column_names:
                yield from (f"columns.{name}: {fault}" for fault in column.faults_for(table.column(name)))
        if self.columns and (absent := required_columns(self.table, self._filled, table.columns, self.columns)):
            yield absent

    @property
    def _filled(self) -> dict[str, str]:
        """The required columns that the source gives without a mapping, and from what."""
        steps = {"is_accessible_online": "steps", "is_requestable_online": "steps"} if self.steps else {}
        pair = {"incident_id": "combine"} if self.combine and self.combine.how == "pair" else {}
        return _FILLED.get(self.table, {}) | steps | pair

    def _rule_faults(self) -> Iterator[str]:
        rules = [*TABLES[self.table].exclusions, *COMMON_EXCLUSIONS]
        strange = unknown_names(self.exclude, rules)
        if strange:
            yield (
                f"aturan pengecualian tidak dikenal / unknown exclusion rules: {strange}; "
                f"yang ada / known: {', '.join(sorted(rules))}"
            )

    def _table_faults(self) -> Iterator[str]:
        if self.thousands is not None and self.thousands == self.decimal:
            yield SAME_MARKS
        if self.table == "population" and not self.authority:
            yield "sumber penduduk perlu 'authority' (kemendagri atau bps) / population needs 'authority'"
        if self.responses and self.table != "inquiries":
            yield "'responses' hanya untuk inquiries / 'responses' is for inquiries only"
        if self.steps and self.table != "services":
            yield "'steps' hanya untuk services / 'steps' is for services only"
        if self.format == "access_log" and self.table != "visits":
            yield "'access_log' hanya untuk visits / 'access_log' is for visits only"
        if self.format != "access_log" and self.fields:
            yield "'fields' hanya untuk access_log / 'fields' is for access_log only"
        if self.format != "access_log" and not self.columns:
            yield "'columns' belum diisi / 'columns' is missing"

    def _time_faults(self) -> Iterator[str]:
        now = datetime.now(UTC)
        yield from days_faults(((days.first_on, days.last_on) for days in self.covers), today=now.date() + _TOMORROW)
        yield from self._opening_faults(now.date() + _TOMORROW)
        if self.extracted_at is not None and self.extracted_at.replace(tzinfo=self.extracted_at.tzinfo or UTC) > (
            now + _TOMORROW
        ):
            yield f"extracted_at: {self.extracted_at.isoformat()} belum tiba / is still to come"

    def _opening_faults(self, today: date) -> Iterator[str]:
        """What is wrong with the days on which it began and ended its work."""
        first, last = self.opened_on, self.closed_on
        for name in ("opened_on", "closed_on"):
            if getattr(self, name) and TABLES[self.table].is_snapshot:
                yield (
                    f"{name}: {self.table} menyebut keadaan pada satu hari, tanpa hari buka atau tutup; hapus / tells "
                    "of one day, on which nothing opens or closes; delete it"
                )
            elif getattr(self, name) and getattr(self, name) > today:
                yield f"{name}: {getattr(self, name)} belum tiba / is still to come"
        if first and self.covers and first > max(days.last_on for days in self.covers):
            yield f"opened_on: {first} sesudah semua hari di 'covers' / comes after all days of 'covers'"
        if last and self.covers and last < min(days.first_on for days in self.covers):
            yield f"closed_on: {last} sebelum semua hari di 'covers' / comes before all days of 'covers'"
        if first and last and last < first:
            yield f"closed_on: {last} sebelum / comes before opened_on: {first}"

    def _log_faults(self) -> Iterator[str]:
        """What is wrong with the settings of an access log."""
        names = ("log_format", "client", "trusted_proxies", "own_networks", "hosts")
        declared = [name for name in names if getattr(self, name)]
        if self.format != "access_log" and declared:
            yield f"{', '.join(declared)}: hanya untuk access_log / for access_log only"
        if self.format == "access_log" and (idle := sorted(self.model_fields_set & _NOT_OF_LOGS)):
            yield (
                f"{', '.join(idle)}: tidak berlaku untuk access_log; situs lain dikeluarkan dengan 'hosts', jaringan "
                "kota dengan 'own_networks' / has no effect on access_log; other sites are left out by 'hosts', the "
                "city's networks by 'own_networks'"
            )
        yield from (
            f"hosts: '{host}': tulis nama situs saja, misalnya data.kota.go.id / write the site's name only"
            for host in self.hosts
            if not re.fullmatch(r"[\w.*?:-]+", host)
        )
        for text in self.log_format:
            try:
                formats_of(text)
            except ConfigError as error:
                yield f"{error.id} / {error.en}"
        if self.client and self.trusted_proxies:
            yield "isi 'client' atau 'trusted_proxies' / give 'client' or 'trusted_proxies'"

    def _combine_faults(self) -> Iterator[str]:
        """What is wrong with how rows are combined, or with state changes mapped as if each row were a window."""
        table, starts = TABLES[self.table], TABLES[self.table].month_by
        ends = {order.later for order in table.orders if order.earlier == starts}
        is_pair = self.combine is not None and self.combine.how == "pair"
        if self.combine is not None:
            strange = sorted(set(self.combine.by) - set(self.columns))
            if strange:
                yield f"combine.by: {', '.join(strange)} tidak dipetakan / is not mapped"
            if is_pair and (self.table not in ("outages", "inquiries") or starts not in self.columns):
                yield (
                    f"'how: pair' perlu outages atau inquiries, dan '{starts}' = waktu perubahan / needs outages or "
                    f"inquiries, and '{starts}' = the moment of each change"
                )
            elif is_pair and self.combine.ends is not None and self.combine.ends not in ends:
                yield f"combine.ends: {' | '.join(sorted(ends))}"
        pairing = {"outages": "by: component", "inquiries": "by: inquiry_id, ends: responded_at"}
        start = self.columns.get(starts)
        if start is None or start.when is None or is_pair or self.table not in pairing:
            return
        for name in sorted(ends & set(self.columns)):
            end = self.columns[name]
            if end.when and (end.column, end.when.column) == (start.column, start.when.column):
                state = end.when.column
                yield (
                    f"{starts} dan {name} dibaca dari kolom yang sama menurut '{state}': tiap baris perubahan keadaan, "
                    f"bukan jendela. Petakan {starts} saja, dan isi / are read from one column by '{state}': each row "
                    f"is a change of state, not a window. Map {starts} alone, and give "
                    f"combine: {{how: pair, {pairing[self.table]}, state: {state}, down: [...], up: [...]}}"
                )

    def _moments_before(self, name: str) -> list[str]:
        """The mapped moments of the table that come before a column which is one too."""
        moments = [column.name for column in TABLES[self.table].columns if column.kind == "moment"]
        place = moments.index(name) if name in moments else 0
        return [moment for moment in moments[:place] if moment in self.columns]

    @property
    def declared_coverage(self) -> Coverage | None:
        """The days it is declared to cover; null when nothing is declared."""
        return Coverage.of((days.first_on, days.last_on) for days in self.covers) if self.covers else None

    def open_days(self, period: Period) -> Coverage:
        """The days of a period on which the desk, portal or system worked: all, unless its settings say otherwise."""
        return Coverage.of([(self.opened_on or period.first_on, self.closed_on or period.last_on)]).within(period)

    def is_open_in(self, period: Period) -> bool:
        """Whether it worked on any day of a period."""
        return bool(self.open_days(period))

    @property
    def assumes_validity(self) -> bool:
        """Whether settings, and not the register, say from or until when a service is valid, or since when online."""
        names = ("valid_from_on", "valid_to_on", "online_from_on")
        told = [self.columns[name] for name in names if name in self.columns]
        return any(column.constant is not None or column.default is not None for column in told)

    def connector_in(self, zone: ZoneInfo) -> Connector:
        """Its connector, with its options and layout, for a city in this zone."""
        return connector_class(self.connector)(self.options, layout=self, zone=zone)

    def _way_in_faults(self) -> Iterator[str]:
        """What is wrong with how the system is reached: by files or by a connection, and with which options."""
        if bool(self.path) == bool(self.connection):
            yield "isi 'path' (berkas) atau 'connection' (sistem) / give 'path' (files) or 'connection'"
        if any(re.match("[A-Za-z][A-Za-z0-9+.-]+:/(?!/)", path) for path in self.path):
            yield "path: alamat penyimpanan ditulis s3://wadah/folder / a storage's address is s3://bucket/folder"
        if self.connection and not self.connector:
            yield "'connection' perlu 'system' atau 'connector' / needs 'system' or 'connector'"
        if self.format == "own" and not self.connector:
            yield "'format' belum diisi / 'format' is missing"
        strange = unknown_names(self.allow, ALLOWANCES)
        if strange:
            yield f"allow: {strange} tidak dikenal / unknown; private_addresses, plain_http"
        if self.connector:
            yield from self._option_faults()
        elif self.options:
            yield "'options' perlu 'system' atau 'connector' / needs 'system' or 'connector'"

    def _option_faults(self) -> Iterator[str]:
        try:
            connector_class(self.connector).OPTIONS.model_validate(self.options)
        except ConfigError as error:
            yield f"{error.id} / {error.en}"
        except ValidationError as error:
            yield from (f"options.{place(e['loc'])}: {both(e)}" for e in error.errors())
