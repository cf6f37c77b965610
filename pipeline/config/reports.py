"""Which reports a city wants written after each run, and who signs them."""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import Field, field_validator

from pipeline.config.strict import Strict, sound

Format = Literal["html", "pdf", "xlsx", "csv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
NIP = r"\d{18}"


class Signature(Strict):
    """Who signs a report; what is not told stays a line to fill in by hand. `nip` is the number of a civil servant."""

    name: str | None = None
    nip: str | None = None
    position: str | None = None
    place: str | None = None

    @field_validator("nip")
    @classmethod
    def _eighteen_digits(cls, value: str | None) -> str | None:
        is_whole = value is None or re.fullmatch(NIP, value.replace(" ", ""))
        return sound(value, [] if is_whole else ["NIP terdiri atas 18 angka / a NIP has 18 digits"])


class Reports(Strict):
    """`formats` are written by the last task of each run, in each of `languages`; the page is in both in any case."""

    formats: tuple[Format, ...] = Field(default=("html",), min_length=1)
    languages: tuple[Literal["id", "en"], ...] = Field(default=("id",), min_length=1)
    signature: Signature = Signature()
