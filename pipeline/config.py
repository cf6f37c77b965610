"""A city's YAML, read strictly: every mistake is named, all in one message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.errors import ConfigError
from connectors.layout import Layout
from connectors.registry import connector_class, preset, system_names
from pipeline.coverage import Coverage
from pipeline.setting_faults import (
    days_faults,
    default_fault,
    format_fault,
    format_use_fault,
    name_fault,
    network_fault,
    required_columns,
    suggestion,
    unknown_names,
    value_fault,
)
from pipeline.settings import CITY_ID, city_ids
from pipeline.settings_yaml import read_settings
from pipeline.tables import TABLES, Column

if TYPE_CHECKING:
    from connectors.base import Connector

Authority = Literal["kemendagri", "bps", "other"]
if TYPE_CHECKING:
    TableName = str
else:
    TableName = Literal[tuple(TABLES)]

_SCALES = {"thousands": 1_000, "millions": 1_000_000}

CODE_SHAPES: dict[str, str] = {
    "kemendagri": r"\d{2}(\.\d{2}){0,2}(\.\d{4})?",
    "bps": r"\d{2}(\d{2}){0,1}(\d{3}){0,2}",
    "other": r".+",
}
COMMON_EXCLUSIONS = ("grand_total",)
_TOMORROW = timedelta(days=1)
_SAME_MARKS = "'decimal' dan 'thousands' tidak boleh sama / must differ"
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
T = TypeVar("T")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class RowFilter(_Strict):
    """Rows whose column equals one of `values`, contains one of `contains` or holds a number within the bounds.

    Texts are compared without regard to case; of the bounds, both included, one may be left out.
    """

    column: str
    values: Texts = ()
    contains: Texts = ()
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether it looks at numbers."""
        return self.at_least is not None or self.at_most is not None

    @model_validator(mode="after")
    def _filters_something(self) -> Self:
        if not self.values and not self.contains and not self.is_bounded:
            raise ValueError(
                "isi 'values', 'contains', 'at_least' atau 'at_most' / give 'values', 'contains', 'at_least' or "
                "'at_most'"
            )
        return self


class ColumnMap(_Strict):
    """How one clean column is read: from one raw column, several joined by a space, or a constant.

    A blank is the `default`, a clean value that is never translated, or nothing; a text goes through `values`, and
    one that is not among them is `otherwise`.
    `when` says which rows have it at all, such as the last change of a ticket as its closing when it is closed.
    With `after`, a moment, the raw column holds how long after that, in the `unit`; numbers may be in thousands.
    """

    column: Texts = ()
    constant: str | None = None
    prefix: str = ""
    suffix: str = ""
    format: Texts = ()
    values: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None
    default: str | None = None
    nulls: Texts = ()
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    zone: str | None = None
    when: RowFilter | None = None
    after: str | None = None
    unit: Literal["seconds", "minutes", "hours", "days", "clock", "words", "thousands", "millions"] | None = None
    approximate: bool = False
    swapped_by_excel: bool | None = None

    @property
    def scale(self) -> int:
        """What one of the numbers stands for."""
        return _SCALES.get(self.unit or "", 1)

    @field_validator("format")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _sound(value, filter(None, map(format_fault, value)))

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        return _sound(self, self._faults())

    def _faults(self) -> Iterator[str]:
        if not self.column and self.constant is None:
            yield "isi 'column' atau 'constant' / give 'column' or 'constant'"
        if self.column and self.constant is not None:
            yield "isi 'column' atau 'constant', jangan keduanya / give 'column' or 'constant', not both"
        if (self.after is None) != (self.unit is None or self.unit in _SCALES):
            yield "'after' dan 'unit' berpasangan / 'after' and 'unit' go together"
        if self.approximate and self.after is None:
            yield "'approximate' hanya untuk lama waktu ('after') / is for lengths of time ('after') only"
        if self.decimal is not None and self.decimal == self.thousands:
            yield _SAME_MARKS
        yield from self._blank_faults()

    def _blank_faults(self) -> Iterator[str]:
        if self.otherwise is not None and not self.values:
            yield (
                "'otherwise' tanpa 'values' tidak berarti apa-apa; petakan dahulu teks yang dikenal di 'values', dan "
                "sel kosong dengan 'default' / 'otherwise' means nothing without 'values'; map the known texts there, "
                "and blank cells with 'default'"
            )
        if self.values.get("", self.default) != self.default:
            yield (
                "sel kosong diisi oleh 'default', bukan oleh \"\" di 'values' / a blank cell is filled by 'default', "
                "not by \"\" in 'values'"
            )

    def faults_for(self, column: Column) -> Iterator[str]:
        """What of this map does not suit the clean column it is for."""
        targets = [*self.values.values(), *filter(None, [self.default])]
        targets += [self.otherwise] if self.otherwise not in (None, "keep") else []
        targets += [self.constant] if self.constant is not None and not self.values else []
        if self.scale != 1 and column.kind not in ("count", "number"):
            yield f"unit: {self.unit} hanya untuk bilangan / is for numbers only"
        if self.after is None and not (self.prefix or self.suffix):
            yield from filter(None, (value_fault(text, column) for text in dict.fromkeys(targets)))
            yield from filter(None, [default_fault(self.default, column)])
        if (fault := format_use_fault(self.format, column)) is not None:
            yield fault


def _as_column_map(value: object) -> object:
    return {"column": [value]} if isinstance(value, str) else value


Columns = dict[str, Annotated[ColumnMap, BeforeValidator(_as_column_map)]]


def _as_filters(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Filters = Annotated[tuple[RowFilter, ...], BeforeValidator(_as_filters)]


class Combine(_Strict):
    """Several raw rows that make one: summed, the last by an order column, or any of their flags."""

    by: Texts
    how: Literal["sum", "last", "any"]
    order_by: str | None = None

    @model_validator(mode="after")
    def _last_needs_an_order(self) -> Self:
        if self.how == "last" and not self.order_by:
            raise ValueError("'how: last' perlu 'order_by' / 'how: last' needs 'order_by'")
        return self


class Steps(_Strict):
    """The online steps of a service: which raw columns, which values mean online and not applicable."""

    columns: Texts
    online: Texts
    offline: Texts
    not_applicable: Texts = ()


class FileSettings(Layout):
    """Where files lie and how their rows are laid out."""

    path: Texts = ()


class Responses(FileSettings):
    """A follow-up log: which ticket, when, and whether the entry is a response, a closing or neither."""

    path: Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
    nulls: Texts = ()
    inquiry_id: str
    at: Annotated[ColumnMap, BeforeValidator(_as_column_map)]
    kind: Annotated[ColumnMap, BeforeValidator(_as_column_map)]

    @field_validator("kind")
    @classmethod
    def _known_kinds(cls, value: ColumnMap) -> ColumnMap:
        known = {"response", "closing", "other"}
        if not value.values or not set(value.values.values()) <= known:
            raise ValueError("petakan 'values' ke response, closing, other / map 'values' to response, closing, other")
        return value


class LogFields(_Strict):
    """Where the parts of a request stand in a JSON access log, when not at a known server's own names."""

    address: str | None = None
    time: str | None = None
    request: str | None = None
    method: str | None = None
    uri: str | None = None
    status: str | None = None
    agent: str | None = None

    @model_validator(mode="after")
    def _tells_the_request_one_way(self) -> Self:
        if (self.method is None) != (self.uri is None) or (self.request is not None and self.method is not None):
            raise ValueError("isi 'request', atau 'method' dan 'uri' / give 'request', or 'method' and 'uri'")
        return self


class Days(_Strict):
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
    fields: LogFields | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @field_validator("own_networks")
    @classmethod
    def _known_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _sound(value, filter(None, map(network_fault, value)))

    @field_validator("connection")
    @classmethod
    def _well_formed_name(cls, value: str | None) -> str | None:
        return _sound(value, filter(None, [None if value is None else name_fault(value)]))

    @field_validator("system")
    @classmethod
    def _known_system(cls, value: str | None) -> str | None:
        unknown = unknown_names([value] if value else [], system_names())
        return _sound(value, [f"sistem tidak dikenal / unknown system: {unknown}"] if unknown else [])

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        faults = [*self._column_faults(), *self._rule_faults(), *self._table_faults(), *self._time_faults()]
        return _sound(self, [*faults, *self._way_in_faults()])

    def _column_faults(self) -> Iterator[str]:
        table = TABLES[self.table]
        unknown = unknown_names(self.columns, table.column_names)
        if unknown:
            yield (
                f"kolom bersih tidak dikenal / unknown clean columns: {unknown}; "
                f"{self.table}: {', '.join(table.column_names)}"
            )
        for name, column in self.columns.items():
            if column.after is not None and column.after not in self._moments_before(name):
                yield (
                    f"columns.{name}.after: '{column.after}' harus kolom waktu yang diisi sebelum '{name}' / "
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
        return _FILLED.get(self.table, {}) | steps

    def _rule_faults(self) -> Iterator[str]:
        rules = [*TABLES[self.table].exclusions, *COMMON_EXCLUSIONS]
        strange = unknown_names(self.exclude, rules)
        if strange:
            yield (
                f"aturan pengecualian tidak dikenal / unknown exclusion rules: {strange}; "
                f"yang ada / known: {', '.join(sorted(rules))}"
            )
        if self.combine is not None:
            names = unknown_names(self.combine.by, TABLES[self.table].column_names)
            if names:
                yield f"combine.by: kolom bersih tidak dikenal / unknown clean columns: {names}"

    def _table_faults(self) -> Iterator[str]:
        if self.thousands is not None and self.thousands == self.decimal:
            yield _SAME_MARKS
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
        if self.extracted_at is not None and self.extracted_at.replace(tzinfo=self.extracted_at.tzinfo or UTC) > (
            now + _TOMORROW
        ):
            yield f"extracted_at: {self.extracted_at.isoformat()} belum tiba / is still to come"

    def _moments_before(self, name: str) -> list[str]:
        """The mapped moments of the table that come before a column which is one too."""
        moments = [column.name for column in TABLES[self.table].columns if column.kind == "moment"]
        place = moments.index(name) if name in moments else 0
        return [moment for moment in moments[:place] if moment in self.columns]

    @property
    def declared_coverage(self) -> Coverage | None:
        """The days it is declared to cover; null when nothing is declared."""
        return Coverage.of((days.first_on, days.last_on) for days in self.covers) if self.covers else None

    def connector_in(self, zone: ZoneInfo) -> Connector:
        """Its connector, with its options and layout, for a city in this zone."""
        return connector_class(self.connector)(self.options, layout=self, zone=zone)

    def _way_in_faults(self) -> Iterator[str]:
        """What is wrong with how the system is reached: by files or by a connection, and with which options."""
        if bool(self.path) == bool(self.connection):
            yield "isi 'path' (berkas) atau 'connection' (sistem) / give 'path' (files) or 'connection'"
        if self.connection and not self.connector:
            yield "'connection' perlu 'system' atau 'connector' / needs 'system' or 'connector'"
        if self.format == "own" and not self.connector:
            yield "'format' belum diisi / 'format' is missing"
        strange = unknown_names(self.allow, ("private_addresses", "plain_http"))
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
            yield from (f"options.{_place(e['loc'])}: {_both(e)}" for e in error.errors())


class Figure(_Strict):
    """One population figure declared for one year."""

    year: int
    count: int = Field(gt=0)
    reference_on: date
    source: str


class PopulationSettings(_Strict):
    """Which population is the denominator: declared figures first, then a source at its reference day."""

    source: str | None = None
    reference: str = Field(default="12-31", pattern=r"^\d{2}-\d{2}$")
    figures: tuple[Figure, ...] = ()

    @field_validator("reference")
    @classmethod
    def _a_day_of_a_year(cls, value: str) -> str:
        try:
            date.fromisoformat(f"2024-{value}")
        except ValueError:
            raise ValueError(
                f"'{value}' bukan bulan-tanggal; 31 Desember ditulis \"12-31\" / "
                'is no month and day; 31 December is written "12-31"'
            ) from None
        return value

    @field_validator("figures")
    @classmethod
    def _one_figure_a_year(cls, value: tuple[Figure, ...]) -> tuple[Figure, ...]:
        twice = sorted({f.year for f in value if [g.year for g in value].count(f.year) > 1})
        return _sound(value, (f"{year}: dua angka untuk satu tahun / two figures for one year" for year in twice))


class Holidays(_Strict):
    """National holidays of a country, plus the city's own list (such as *cuti bersama*)."""

    country: str | None = None
    extra: tuple[date, ...] = ()

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is None:
            return None
        from holidays.registry import COUNTRIES

        known = [code for entry in COUNTRIES.values() for code in entry[1:]]
        is_known = value in known
        return _sound(
            value, [] if is_known else [f"negara '{value[:40]}' tidak dikenal; Indonesia: ID / unknown country"]
        )


class Deadlines(_Strict):
    """Working days allowed to follow up an inquiry (SP4N-LAPOR!)."""

    follow_up_days: int = Field(default=5, ge=1)


class City(_Strict):
    """Everything a data team edits for one city."""

    city: str = Field(pattern=f"^{CITY_ID}$")
    name: str
    zone: str
    region_codes: dict[Authority, str] = Field(min_length=1)
    crosswalk: str | None = None
    population: PopulationSettings = PopulationSettings()
    holidays: Holidays = Holidays()
    deadlines: Deadlines = Deadlines()
    agencies_expected: tuple[str, ...] = ()
    longest_plausible_hours: int = Field(default=720, ge=1)
    quarantine_limit_pct: float = Field(default=50, gt=0, le=100)
    final_quarantine_pct: float = Field(default=2, ge=0, le=100)
    sources: dict[str, Source] = Field(min_length=1)
    folder: Path = Field(default=Path(), exclude=True)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("region_codes")
    @classmethod
    def _codes_are_shaped_as_their_authority_writes(cls, value: dict[Authority, str]) -> dict[Authority, str]:
        misshapen = [f"{a} '{code}'" for a, code in value.items() if not re.fullmatch(CODE_SHAPES[a], code)]
        if misshapen:
            raise ValueError(
                f"{', '.join(misshapen)}: Kemendagri menulis 32.73, BPS menulis 3273; angka yang sama dapat berarti "
                "tempat lain, jadi cari keduanya dan jangan diturunkan / Kemendagri writes 32.73, BPS writes 3273; the "
                "same digits can mean another place, so look both up and derive neither"
            )
        return value

    @field_validator("sources")
    @classmethod
    def _named_fit_for_a_folder(cls, value: dict[str, Source]) -> dict[str, Source]:
        return _sound(value, filter(None, map(name_fault, value)))

    @model_validator(mode="after")
    def _codes_have_the_authority_of_the_table(self) -> Self:
        for name, source in self.sources.items():
            if source.table == "population" and source.authority not in self.region_codes:
                raise ValueError(
                    f"sources.{name}: kode wilayahnya dari '{source.authority}', tetapi region_codes hanya berisi "
                    f"{', '.join(self.region_codes)}; kode tidak boleh diturunkan dari otoritas lain, isi "
                    f"region_codes.{source.authority} / its codes are of '{source.authority}', region_codes has only "
                    f"{', '.join(self.region_codes)}; never derive one from the other, "
                    f"fill in region_codes.{source.authority}"
                )
        chosen = self.population.source
        if chosen is not None and chosen not in self.sources:
            raise ValueError(
                f"population.source '{chosen}' tidak ada di sources / is not among the sources"
                f"{suggestion(chosen, self.sources)}"
            )
        if chosen is not None and self.sources[chosen].table != "population":
            raise ValueError(
                f"population.source '{chosen}' mengisi {self.sources[chosen].table}, bukan population / "
                f"feeds {self.sources[chosen].table}, not population"
            )
        return self

    @property
    def zone_info(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.zone)

    def sources_of(self, table: str) -> dict[str, Source]:
        """The sources that feed one table, by name."""
        return {name: source for name, source in self.sources.items() if source.table == table}

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables this city has a source for, in the order of `TABLES`."""
        return tuple(table for table in TABLES if self.sources_of(table))


def _sound(value: T, faults: Iterable[str]) -> T:
    """The value when there are no faults; raises `ValueError` with all of them."""
    if found := list(faults):
        raise ValueError("; ".join(found))
    return value


def known_zone(name: str) -> str:
    """`name` if it is an IANA time zone; raises `ValueError` when it is none."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"zona waktu '{name}' tidak dikenal, misalnya Asia/Jakarta, Asia/Makassar, Asia/Jayapura / "
            f"unknown time zone, for example Asia/Jakarta"
        ) from error
    return name


def load_city(cities: Path, city_id: str) -> City:
    """Read and check one city's YAML; every mistake in it is in the one `ConfigError` raised."""
    path = cities / f"{city_id}.yaml"
    if len(city_id) > _LONGEST_ID or not path.is_file():
        raise _no_such_city(cities, city_id)
    raw = read_settings(path)
    if "folder" in raw:
        raise ConfigError(id=f"{path.name}: folder: kunci tidak dikenal", en=f"{path.name}: folder: unknown key")
    try:
        city = City.model_validate({**raw, "sources": with_presets(raw.get("sources")), "folder": path.parent})
    except ValidationError as error:
        raise _explain(path, error) from None
    if city.city != city_id:
        raise ConfigError(
            id=f"{path.name}: 'city: {city.city}' harus sama dengan nama berkas ('{city_id}').",
            en=f"{path.name}: 'city: {city.city}' must equal the file's name ('{city_id}').",
        )
    return city


def _no_such_city(cities: Path, city_id: str) -> ConfigError:
    there, shown = city_ids(cities), city_id[:_LONGEST_ID]
    known, near = ", ".join(there) or "-", suggestion(shown, there)
    return ConfigError(
        id=f"Kota '{shown}' tidak ada di {cities}{near}. Yang ada: {known}. Buat dengan: tolok init {shown}",
        en=f"City '{shown}' is not in {cities}{near}. There are: {known}. Make it with: tolok init {shown}",
    )


_LONGEST_ID = 64
_MERGED = ("columns", "exclude", "options", "responses", "steps")


def with_presets(sources: object) -> object:
    """Each source that names a system starts from what is known of it; the city's own settings win."""
    if not isinstance(sources, dict):
        return sources
    return {
        name: _with_preset(source) if isinstance(source, dict) and source.get("system") in system_names() else source
        for name, source in sources.items()
    }


def _with_preset(own: dict[str, Any]) -> dict[str, Any]:
    known = preset(own["system"])["source"]
    merged = {**known, **own}
    for key in _MERGED:
        if isinstance(known.get(key), dict) and isinstance(own.get(key), dict):
            merged[key] = {**known[key], **own[key]}
    # A follow-up log is only there when the city has one; the preset knows just how it looks.
    if "responses" in known and "responses" not in own:
        del merged["responses"]
    return merged


# By pydantic's name of the mistake, filled in with what it says was expected; never with what was written there,
# which may be a secret in the wrong place.
_PROBLEMS = {
    "extra_forbidden": ("kunci tidak dikenal; periksa ejaan", "unknown key; check its spelling"),
    "missing": ("wajib diisi", "is required"),
    "string_type": ("harus satu teks, bukan daftar atau pemetaan", "must be one text, not a list or a mapping"),
    "tuple_type": ("harus daftar: baris-baris yang diawali '-'", "must be a list: lines that begin with '-'"),
    "list_type": ("harus daftar: baris-baris yang diawali '-'", "must be a list: lines that begin with '-'"),
    "dict_type": ("harus pemetaan 'kunci: nilai'", "must be a mapping 'key: value'"),
    "model_type": ("harus pemetaan 'kunci: nilai'", "must be a mapping 'key: value'"),
    "int_parsing": ("harus bilangan bulat", "must be a whole number"),
    "int_from_float": ("harus bilangan bulat", "must be a whole number"),
    "float_parsing": ("harus bilangan, dengan titik desimal", "must be a number, with a decimal point"),
    "bool_parsing": ("harus true atau false", "must be true or false"),
    "literal_error": ("harus salah satu dari: {expected}", "must be one of: {expected}"),
    "greater_than": ("harus lebih besar dari {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("harus paling kecil {ge}", "must be at least {ge}"),
    "less_than": ("harus lebih kecil dari {lt}", "must be less than {lt}"),
    "less_than_equal": ("harus paling besar {le}", "must be at most {le}"),
    "string_pattern_mismatch": ("harus berbentuk {pattern}", "must have the form {pattern}"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("harus tanggal seperti 2025-12-31", "must be a date such as 2025-12-31"),
    ),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"),
        ("harus saat seperti 2025-12-31T23:59:00+07:00", "must be a moment such as 2025-12-31T23:59:00+07:00"),
    ),
}


def _explain(path: Path, error: ValidationError) -> ConfigError:
    lines_id, lines_en = [], []
    for problem in error.errors():
        where = _place(problem["loc"]) or path.stem
        in_id, in_en = _texts(problem)
        lines_id.append(f"  {where}: {in_id}")
        lines_en.append(f"  {where}: {in_en}")
    count = len(lines_id)
    return ConfigError(
        id="\n".join([f"{path.name}: {count} kesalahan pengaturan", *lines_id]),
        en="\n".join([f"{path.name}: {count} mistakes in the settings", *lines_en]),
    )


def _place(parts: Sequence[object]) -> str:
    return ".".join(str(part) for part in parts if not str(part).startswith("function-"))


def _texts(problem: Mapping[str, Any]) -> tuple[str, str]:
    text = problem["msg"].removeprefix("Value error, ")
    in_id, in_en = _PROBLEMS.get(problem["type"], ("{text}", "{text}"))
    known = {**problem.get("ctx", {}), "text": text}
    return in_id.format_map(known), in_en.format_map(known)


def _both(problem: Mapping[str, Any]) -> str:
    in_id, in_en = _texts(problem)
    return in_id if in_id == in_en else f"{in_id} / {in_en}"
