"""Which population figure is the denominator, and how each authority writes a place's code."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from pipeline.config.strict import Strict, sound

Authority = Literal["kemendagri", "bps", "other"]

CODE_SHAPES: dict[str, str] = {
    "kemendagri": r"\d{2}(\.\d{2}){0,2}(\.\d{4})?",
    "bps": r"\d{2}(\d{2}){0,1}(\d{3}){0,2}",
    "other": r".+",
}


class Figure(Strict):
    """One population figure declared for one year."""

    year: int
    count: int = Field(gt=0)
    reference_on: date
    source: str


class PopulationSettings(Strict):
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
        return sound(value, (f"{year}: dua angka untuk satu tahun / two figures for one year" for year in twice))
