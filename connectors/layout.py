"""How the rows of an export are laid out, as a city's settings declare it; light enough for every command."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Format = Literal["csv", "xlsx", "json", "yaml", "access_log", "own"]


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
    members: str = "*"
    members_except: str | None = None

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
