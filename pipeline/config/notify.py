"""Who is told when something is wrong with a city, of what, and in which language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, field_validator

from pipeline.config.strict import Strict, as_list, sound
from pipeline.setting_faults import name_fault

KINDS = (
    "run_failed",
    "settings_at_fault",
    "period_missing",
    "source_stale",
    "source_purges",
    "result_altered",
    "result_moved",
    "result_provisional",
)
if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[KINDS]


class Recipient(Strict):
    """Who is told: a connection that holds an address, the language (both when not set), the kinds (all)."""

    connection: str
    language: Literal["id", "en"] | None = None
    kinds: Annotated[tuple[Kind, ...], BeforeValidator(as_list)] = KINDS

    @field_validator("connection")
    @classmethod
    def _name_and_no_address(cls, value: str) -> str:
        return sound(value, _connection_faults(value))


def _connection_faults(name: str) -> Iterator[str]:
    """What is wrong with a connection's name; an address is not repeated, for it holds passwords."""
    if ":" in name or "@" in name:
        yield (
            "tulis nama koneksi saja; alamatnya disimpan di AIRFLOW_CONN_..., lihat docs/service.md / "
            "write the connection's name only; its address is kept in AIRFLOW_CONN_..., see docs/service.md"
        )
    elif fault := name_fault(name):
        yield fault
