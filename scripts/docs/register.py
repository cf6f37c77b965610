"""The register of processing in the docs, written from the clean tables, the presets and what is kept of logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.personal_data import KINDS
from connectors.registry import preset, system_names
from pipeline.access_log.summaries import DAYS_KEPT
from pipeline.config.city import City
from pipeline.config.retention import Retention
from pipeline.indicators.definition import definitions
from pipeline.tables import TABLES, Column

PAGE = Path(__file__).resolve().parents[2] / "docs" / "register.md"

_HEAD = """# Register of processing

Written by `make generated` from `pipeline/tables.py`, `connectors/presets/` and the settings; do not edit. A draft for
the record that a controller keeps (UU PDP 27/2022, article 31): **legal basis and responsible unit are the city's to
fill in**, and so is how long raw files and clean rows are kept: Tolok deletes none without `retention` in its YAML.
What becomes of personal data in these columns, and how a person is erased, is in [privacy.md](privacy.md).

"""
_HEADING = (
    "| data | of whom | why it is read | legal basis | how long | what becomes of it |\n|---|---|---|---|---|---|\n"
)
_BASIS = "*to be filled in by the city*"
_ERASED = "until erased (`tolok erase`)"


def page() -> str:
    """The whole page: raw files, columns, logs, people in the settings, and what is never read."""
    return _HEAD + _HEADING + "".join(map(_line, _rows())) + _never_read()


def _rows() -> Iterator[Sequence[str]]:
    yield (
        "raw exports and answers, whole",
        "all persons that a source names",
        "each number can be computed anew (`tolok verify`)",
        _BASIS,
        f"as the rows of their table, {_ERASED}",
        "bytes by their hash in `landing/`, for the account of Tolok alone; nothing else reads unmapped columns",
    )
    for table in TABLES.values():
        why = ", ".join(
            f"{one.clause} {one.short_en}" for one in definitions().values() if table.name in _reads(one.id)
        )
        for column in table.columns:
            if column.names_group or (column.kind == "text" and column.name.endswith("_id")):
                yield (
                    f"`{table.name}.{column.name}`: {column.note}",
                    *_of(column),
                    why,
                    _BASIS,
                    _how_long(table.name),
                    _fate(column),
                )
    visits = definitions()["portal_visits"]
    yield (
        "client address and agent in access logs",
        "visitors of the portal",
        f"{visits.clause} {visits.short_en}: one visitor's requests are one visit",
        _BASIS,
        f"hashes until not used for {DAYS_KEPT} days; the key until it is deleted",
        "keyed hashes with the moments of visits, on the machine that read the log; only counts leave it",
    )
    yield (
        "names and numbers of signers, recipients of notices, who closes, corrects and answers for evidence",
        "staff of the city",
        "reports are signed, people are told, decisions are retraced",
        _BASIS,
        "as long as they stand in the YAML; acts on closed years as long as the warehouse",
        "signers in PDF reports, actors in the warehouse",
    )


def _how_long(table: str) -> str:
    months = Retention().months(table)
    usual = "for good" if months is None else f"{months} months after the end of a final period"
    return f"as `retention.{table}` declares (where it is used, {usual} by default), else {_ERASED}"


def _reads(indicator_id: str) -> tuple[str, ...]:
    definition = definitions()[indicator_id]
    return definition.table, *definition.also_reads


def _of(column: Column) -> tuple[str]:
    whom = "whoever a desk types into it" if column.names_group else "the person a number may belong to"
    return (whom,)


def _fate(column: Column) -> str:
    if not column.names_group:
        return "kept as the row's number; one that holds a name, e-mail or identity number is told by its row alone"
    sought = ", ".join(kind for kind in KINDS if kind not in column.may_hold)
    folded = any(column.name in one.folded for one in definitions().values())
    smallest = City.model_fields["smallest_group"].default
    told = f"; members of fewer than {smallest} rows are one where published" if folded else ""
    return f"looked through for {sought}; what is found is one stand-in before it is stored{told}"


def _never_read() -> str:
    """Columns that presets know to be about persons: their examples hold them, their settings map none."""
    told = {name: preset(name).get("example", {}).get("personal", ()) for name in system_names()}
    rows = "".join(
        f"| `{name}` | {', '.join(f'`{one}`' for one in fields)} |\n" for name, fields in told.items() if fields
    )
    return (
        "\n## Known and never mapped\n\nFields about persons that these systems give; they stay in the raw answers.\n\n"
        "| system | fields |\n|---|---|\n" + rows
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |\n"
