"""Where and under which terms a city's results are published."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from pipeline.config.strict import Strict, as_list, sound
from pipeline.setting_faults import name_fault

# Each licence by what CKAN calls it, and its text.
LICENCES = {
    "CC0-1.0": ("cc-zero", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-4.0": ("cc-by", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("cc-by-sa", "https://creativecommons.org/licenses/by-sa/4.0/"),
}


class Publication(Strict):
    """Who publishes, under which licence, on which portal.

    `portal` is the portal's public address, which names the data set; `connection` and `organization` are needed to
    write into a CKAN. `allow` is what its client refuses otherwise.
    """

    publisher: str = Field(min_length=3)
    licence: Literal["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"]
    portal: str
    contact: str | None = None
    connection: str | None = None
    organization: str | None = None
    allow: Annotated[tuple[Literal["private_addresses", "plain_http"], ...], BeforeValidator(as_list)] = ()

    @field_validator("portal")
    @classmethod
    def _an_address(cls, value: str) -> str:
        is_one = re.fullmatch(r"https?://[^\s@?#<>\"{}|\\^`]+", value)
        said = "tulis alamat portal, misalnya https://data.kota.go.id / write the portal's address"
        return sound(value.rstrip("/"), [] if is_one else [said])

    @field_validator("contact")
    @classmethod
    def _an_office(cls, value: str | None) -> str | None:
        is_one = value is None or re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+", value)
        said = "tulis alamat surel kantor / write the office's e-mail address"
        return sound(value, [] if is_one else [said])

    @field_validator("connection")
    @classmethod
    def _a_name(cls, value: str | None) -> str | None:
        fault = name_fault(value) if value else None
        return sound(value, [fault] if fault else [])
