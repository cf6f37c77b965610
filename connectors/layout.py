"""How the rows of an export are laid out, as a city's settings declare it; light enough for every command."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Format = Literal["csv", "xlsx", "json", "yaml", "xes", "access_log", "own"]


class YearsInHeader(BaseModel):
    """A wide table: which headers name a year or month, and the columns that then hold the period and the value.

    The period's text is what the pattern's group matches, or the whole header when it has none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str
    period: str = Field(min_length=1)
    value: str = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _one_group_at_most(cls, value: str) -> str:
        try:
            groups_count = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"bukan pola yang sah / not a valid pattern: {error}") from None
        if groups_count > 1:
            raise ValueError("paling banyak satu kelompok (...), lainnya (?:...) / at most one group, others (?:...)")
        return value

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if self.period == self.value:
            raise ValueError("'period' dan 'value' harus berbeda / must differ")
        return self


class Layout(BaseModel):
    """How the rows of a file are laid out; `own` is a form only the source's connector reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format = "own"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    names: tuple[str, ...] = ()
    skip_rows: int = Field(default=0, ge=0)
    header_starts_with: str | None = None
    header_rows: int = Field(default=1, ge=1, le=5)
    ends_at: str | None = None
    fill_down: tuple[str, ...] = ()
    sheet: str | tuple[str, ...] | None = None
    rows_at: str = ""
    group_rows: str | None = Field(default=None, min_length=1)
    years_in_header: YearsInHeader | None = None
    members: str = "*"
    members_except: str | None = None

    @model_validator(mode="after")
    def _groups_lie_below_a_header(self) -> Self:
        if self.group_rows and (self.format not in ("csv", "xlsx") or self.names):
            raise ValueError(
                "group_rows: hanya untuk csv atau xlsx dengan judul kolom / csv or xlsx with a header only"
            )
        return self

    @model_validator(mode="after")
    def _one_header_has_the_years(self) -> Self:
        if self.years_in_header is None:
            return self
        if self.format not in ("csv", "xlsx") or self.names:
            raise ValueError(
                "years_in_header: hanya untuk csv atau xlsx dengan judul kolom / for csv or xlsx with a header only"
            )
        if len(self.sheets) > 1 or any(mark in name for name in self.sheets for mark in "*?["):
            raise ValueError("years_in_header: sebut satu lembar di 'sheet' / name one sheet in 'sheet'")
        return self

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names and patterns of the sheets to read; none when not declared."""
        return (self.sheet,) if isinstance(self.sheet, str) else self.sheet or ()

    @field_validator("delimiter", "quote")
    @classmethod
    def _one_mark(cls, value: str) -> str:
        mark = {"tab": "\t", "\\t": "\t"}.get(value, value)
        if len(mark) != 1:
            raise ValueError("tanda pemisah dan kutip harus satu huruf / delimiter and quote are one character")
        return mark

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            raise ValueError(f"encoding '{value}' tidak dikenal, misalnya utf-8 / unknown, try utf-8, cp1252") from None
        return value
