"""How several raw rows, columns or a second file become one clean row."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from connectors.layout import Layout
from pipeline.config.columns import ColumnMap, MappedColumn
from pipeline.config.strict import Strict, Texts, as_list


class Combine(Strict):
    """Several raw rows that make one: summed, the last by an order column, any of their flags, or pairs.

    Pairs are made of state changes: the raw column `state` holds texts of `down` or `up`; the table's first moment is
    that of the change, and `ends` the clean column that the change to `up` fills in.
    """

    by: Texts
    how: Literal["sum", "last", "any", "pair"]
    order_by: str | None = None
    state: str | None = None
    down: Texts = ()
    up: Texts = ()
    ends: str | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if self.how == "last" and not self.order_by:
            raise ValueError("'how: last' perlu 'order_by' / 'how: last' needs 'order_by'")
        given = [bool(self.state), bool(self.down), bool(self.up)]
        if self.how == "pair" and not all(given):
            raise ValueError("'how: pair' perlu 'state', 'down' dan 'up' / 'how: pair' needs 'state', 'down' and 'up'")
        if self.how != "pair" and (any(given) or self.ends):
            raise ValueError(
                "'state', 'down', 'up' dan 'ends' hanya untuk 'how: pair' / 'state', 'down', 'up' and 'ends' are for "
                "'how: pair' only"
            )
        twice = {text.casefold() for text in self.down} & {text.casefold() for text in self.up}
        if twice:
            raise ValueError(f"'down' dan 'up' sama / are the same: {', '.join(sorted(twice))}")
        return self


class Steps(Strict):
    """The online steps of a service: which raw columns, which values mean online and not applicable."""

    columns: Texts
    online: Texts
    offline: Texts
    not_applicable: Texts = ()


class FileSettings(Layout):
    """Where files lie and how their rows are laid out.

    `outside_links` lets a link that a pattern of `path` matches lead out of the folder before its first `*`.
    """

    path: Texts = ()
    outside_links: bool = False


class Responses(FileSettings):
    """A follow-up log: which ticket, when, and whether the entry is a response, a closing or neither."""

    path: Annotated[tuple[str, ...], BeforeValidator(as_list), Field(min_length=1)]
    nulls: Texts = ()
    inquiry_id: str
    at: MappedColumn
    kind: MappedColumn

    @field_validator("kind")
    @classmethod
    def _known_kinds(cls, value: ColumnMap) -> ColumnMap:
        known = {"response", "closing", "other"}
        if not value.values or not set(value.values.values()) <= known:
            raise ValueError("petakan 'values' ke response, closing, other / map 'values' to response, closing, other")
        return value
