"""How one clean column is read from raw ones, and which rows have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.config.strict import Strict, Texts, known_zone, sound
from pipeline.setting_faults import default_fault, format_fault, format_use_fault, value_fault
from pipeline.tables import Column

_SCALES = {"thousands": 1_000, "millions": 1_000_000}
SAME_MARKS = "'decimal' dan 'thousands' tidak boleh sama / must differ"


class RowFilter(Strict):
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
        if not all(text.strip() for text in (*self.values, *self.contains)):
            raise ValueError(
                "teks kosong di 'values' atau 'contains' / a blank text in 'values' or 'contains': "
                "'contains' akan cocok dengan semua baris / it would fit all rows"
            )
        return self


class ColumnMap(Strict):
    """How one clean column is read: from one raw column, several joined by a space, or a constant.

    A blank is the `default`, a clean value that is never translated, or nothing; a text goes through `values`, and
    one that is not among them is `otherwise`.
    `when` says which rows have it at all, such as the last change of a ticket as its closing when it is closed.
    With `after`, a moment, the raw column holds how long after that, in the `unit`; numbers may be in thousands.
    With `next_day_if_before`, a moment, one that comes before that on the same day is of the day after.
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
    next_day_if_before: str | None = None
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
        return sound(value, filter(None, map(format_fault, value)))

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        return sound(self, self._faults())

    def _faults(self) -> Iterator[str]:
        if not self.column and self.constant is None:
            yield "isi 'column' atau 'constant' / give 'column' or 'constant'"
        if self.column and self.constant is not None:
            yield "isi 'column' atau 'constant', jangan keduanya / give 'column' or 'constant', not both"
        if (self.after is None) != (self.unit is None or self.unit in _SCALES):
            yield "'after' dan 'unit' berpasangan / 'after' and 'unit' go together"
        if self.after is not None and self.next_day_if_before is not None:
            yield "isi 'after' atau 'next_day_if_before' / give 'after' or 'next_day_if_before'"
        if self.approximate and self.after is None:
            yield "'approximate' hanya untuk lama waktu ('after') / is for lengths of time ('after') only"
        if self.decimal is not None and self.decimal == self.thousands:
            yield SAME_MARKS
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


MappedColumn = Annotated[ColumnMap, BeforeValidator(_as_column_map)]
Columns = dict[str, MappedColumn]


def _as_filters(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Filters = Annotated[tuple[RowFilter, ...], BeforeValidator(_as_filters)]
