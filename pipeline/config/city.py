"""One city: its places, its calendar, its limits and its sources."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from pipeline.config.judgement import Judgement
from pipeline.config.notify import Recipient
from pipeline.config.population import CODE_SHAPES, Authority, PopulationSettings
from pipeline.config.publication import Publication
from pipeline.config.readiness import Readiness
from pipeline.config.reports import Reports
from pipeline.config.retention import Retention
from pipeline.config.schedule import Schedule
from pipeline.config.source import Source
from pipeline.config.strict import Strict, known_zone, sound
from pipeline.config.targets import Targets
from pipeline.setting_faults import case_faults, name_fault, population_faults
from pipeline.settings import CITY_ID
from pipeline.tables import TABLES


class Holidays(Strict):
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
        return sound(
            value, [] if is_known else [f"negara '{value[:40]}' tidak dikenal; Indonesia: ID / unknown country"]
        )


class Deadlines(Strict):
    """Working days allowed to follow up an inquiry (SP4N-LAPOR!)."""

    follow_up_days: int = Field(default=5, ge=1)


class City(Strict):
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
    smallest_group: int = Field(default=5, ge=1)
    judgement: Judgement = Judgement()
    schedule: Schedule = Schedule()
    targets: Targets = Targets()
    readiness: Readiness = Readiness()
    reports: Reports = Reports()
    publish: Publication | None = None
    retention: Retention | None = None
    notify: tuple[Recipient, ...] = ()
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

    @field_validator("notify")
    @classmethod
    def _each_connection_once(cls, value: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        names = [recipient.connection for recipient in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        return sound(value, [f"disebut dua kali / is named twice: {', '.join(twice)}"] if twice else [])

    @field_validator("sources")
    @classmethod
    def _named_fit_for_a_folder(cls, value: dict[str, Source]) -> dict[str, Source]:
        return sound(value, [*filter(None, map(name_fault, value)), *case_faults(value)])

    @field_validator("city")
    @classmethod
    def _is_no_reserved_name(cls, value: str) -> str:
        return sound(value, filter(None, [name_fault(value)]))

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
        tables = {name: source.table for name, source in self.sources.items()}
        return sound(self, population_faults(self.population.source, tables))

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
