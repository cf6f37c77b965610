"""What all settings share: unknown keys are refused, and faults are told together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

T = TypeVar("T")


class Strict(BaseModel):
    """Settings that never change and know no other keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_list(value: object) -> object:
    """A single text as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]


def sound(value: T, faults: Iterable[str]) -> T:
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
