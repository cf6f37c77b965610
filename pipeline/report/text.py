"""Results for a terminal: a table with the reasons under it, and one number taken apart."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any, Literal

from connectors.numerals import number, percent
from pipeline.indicators.definition import definitions
from pipeline.language import Language
from pipeline.report.unseen import visible
from pipeline.report.words import both, label, member_of
from pipeline.tables import ERASED, OUTSIDE

SHOWN_MEMBERS = 15
_ID = Language("id")
BREAKDOWN_VIEW = "indicator_breakdown_current"
STATUSES = {
    "final": "final",
    "provisional": "sementara / provisional",
    "not_computable": "tidak dapat dihitung / not computable",
    "altered": "diubah / altered",
}
_WITHOUT_VALUE = ("not_computable", "altered")
_Heading = tuple[str, Literal["left", "right"]]
_HEADINGS: tuple[_Heading, ...] = (
    ("Periode\nPeriod", "left"),
    ("Indikator\nIndicator", "left"),
    ("Nilai\nValue", "right"),
    ("Satuan\nUnit", "left"),
    ("Cakupan\nCoverage", "right"),
    ("Status", "left"),
)
_WIDE_HEADINGS: tuple[_Heading, ...] = (
    ("Pembilang : penyebut\nNumerator : denominator", "right"),
    ("Dipakai / dikecualikan / karantina\nUsed / excluded / quarantined", "right"),
)
_WIDE = 130
_UNBROKEN = 1_000
_UNKNOWN_REASON = (
    "alasannya belum disimpan ketika dihitung; hitung lagi dengan tolok run / "
    "its reasons were not kept when it was computed; compute it again with tolok run"
)


def results_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print results as wide as the terminal; below them why each is not final, and what else to know of it."""
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=False)
    is_wide = console.width >= _WIDE
    # What is piped into a file or another program is not broken where a screen would end.
    is_watched = console.is_terminal or "COLUMNS" in os.environ
    if not is_watched:
        console.width = _UNBROKEN
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", title_justify="left", pad_edge=False)
    for heading, justify in (*_HEADINGS, *(_WIDE_HEADINGS if is_wide else ())):
        table.add_column(heading, justify=justify)
    for row in rows:
        table.add_row(*_cells(row, is_wide=is_wide))
    console.print(table)
    for done in distinct_closings(rows):
        console.print(visible(closing_line(done)), markup=False)
    for row in rows:
        remarks = list(_below(row))
        if remarks:
            console.print(f"{row['period']} {name_of(row['indicator'])}:", markup=False)
        for remark in remarks:
            told = Text(visible(f"- {remark}"))
            console.print(
                Padding(told, (0, 0, 0, 2), expand=False) if is_watched else f"  {told}",
                soft_wrap=not is_watched,
                markup=False,
            )


def distinct_closings(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was done to the closed years of all rows, each once."""
    found: list[Mapping[str, Any]] = []
    for done in (done for row in rows for done in row.get("closings", ())):
        if done not in found:
            found.append(done)
    return found


def closing_line(done: Mapping[str, Any]) -> str:
    """What was done to a closed year, when, by whom and why."""
    did = {"closed": "ditutup / closed", "corrected": "dikoreksi / corrected"}[done["action"]]
    reason = f": {done['reason']}" if done["reason"] else ""
    return f"{done['period']} {did} {done['done_at']:%Y-%m-%d %H:%M}Z, {done['done_by']}{reason}"


def pending_line(pending: Mapping[str, Any]) -> str:
    """What the latest run of a closed period would have changed, and how to let it."""
    return (
        f"Menunggu koreksi / Waiting for a correction: {number(pending['value'])} ({STATUSES[pending['status']]}), "
        f"{pending['change_reason']}, {pending['found_at']:%Y-%m-%d %H:%M}Z; "
        f"tolok correct {pending['city_id']} {pending['period'][:4]} --reason ..."
    )


def described(row: Mapping[str, Any]) -> dict[str, Any]:
    """A result as `tolok show --json` prints it: with names in both languages, and where its breakdowns are."""
    known = definitions().get(row["indicator"])
    names = {"clause": known.clause, "name": {"id": known.name_id, "en": known.name_en}} if known else {}
    rows = row["rows"]
    ids = sorted({*rows["excluded"], *rows["quarantined"], *row["variants"], *row.get("breakdowns", ())})
    return {
        **row,
        **names,
        "labels": {one: dict(zip(("id", "en"), _named(row, one), strict=True)) for one in ids},
        "breakdowns_view": BREAKDOWN_VIEW,
    }


def explained(
    row: Mapping[str, Any],
    *,
    parts: Sequence[Mapping[str, Any]],
    effects: Mapping[tuple[str, str], Told] | None,
    note: str,
    versions: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """A result as `tolok explain --json` prints it: that of `show` with parts of variants, effects and versions."""
    kept = ("variant", "value", "numerator", "denominator", "unit", "reason")
    return {
        **described(row),
        "variant_parts": [{name: part[name] for name in kept} for part in parts],
        "effects": None
        if effects is None
        else [
            {"outcome": outcome, "rule": rule, "value": told.value, "known_count": told.known_count}
            for (outcome, rule), told in effects.items()
        ],
        "effects_note": note or None,
        "versions": versions,
    }


@dataclass(frozen=True)
class Told:
    """What of a rule is told beside the count of its rows: the value were they counted, of those that can be."""

    value: float | None
    known_count: int


def explanation(
    row: Mapping[str, Any],
    *,
    parts: Sequence[Mapping[str, Any]],
    breakdowns: Sequence[Mapping[str, Any]],
    effects: Mapping[tuple[str, str], Told] | None = None,
    note: str = "",
) -> str:
    """One result in plain lines, from the rows read to the value: why it is not final, variants and sources.

    `effects` tell of each outcome and rule what its rows would do to the value; `note` says why there are none.
    """
    definition = definitions()[row["indicator"]]
    rows = row["rows"]
    lines = [
        f"{definition.clause} {definition.name_id} / {definition.name_en}",
        f"{row['city']} {row['period']}{_version(row)}: {number(row['value'])} {unit_of(row)} "
        f"({STATUSES[row['status']]})",
        f"  = {divided(row, definition.scale)}",
        *map(closing_line, row["closings"]),
        *([pending_line(row["pending"])] if row["pending"] else []),
        *_reason_lines(row),
        *_population_lines(row),
        f"Aturan: {definition.rule_id}",
        f"Rule: {definition.rule_en}",
        f"Cakupan / Coverage: {percent(row['coverage_pct'])}",
        f"Baris / Rows: {number(rows['read'])} dibaca/read = {number(rows['used'])} dipakai/used"
        f" + {number(sum(rows['excluded'].values()))} dikecualikan/excluded"
        f" + {number(sum(rows['quarantined'].values()))} karantina/quarantined",
        *([note] if note else []),
        *_fate_lines(row, "excluded", "-", effects),
        *_fate_lines(row, "quarantined", "!", effects),
        *_spread_lines(row),
        "Varian / Variants:",
        *(f"  {_two(row, part['variant'])}: {_quotient(part, definition.scale)}" for part in parts),
        *_breakdown_lines(breakdowns, definition.scale),
        f"Metode / Method: {row['method_version']}",
        "Sumber / Sources:",
        *(f"  {source['file']}  sha256 {source['sha256']}" for source in row["sources"]),
    ]
    return "\n".join(lines)


def _fate_lines(
    row: Mapping[str, Any], outcome: str, mark: str, effects: Mapping[tuple[str, str], Told] | None
) -> Iterator[str]:
    """Each rule with the rows it took, and what the value would be with them."""
    for rule, count in row["rows"][outcome].items():
        told = f"  {mark} {_two(row, rule)}: {number(count)}"
        yield told if effects is None else f"{told}; {_effect(row, rule, count, effects.get((outcome, rule)))}"


def _effect(row: Mapping[str, Any], rule: str, count: int, told: Told | None) -> str:
    if rule == OUTSIDE:
        return "bukan bagian periode ini / no part of this period"
    if rule == ERASED:
        return (
            "atas permintaan orangnya; pengaruhnya tidak dapat diketahui lagi / at the person's request; their effect "
            "can no longer be known"
        )
    if told is None or told.value is None:
        return (
            "pengaruhnya tidak terbaca dari barisnya, lihat varian / its rows do not tell its effect, see the variants"
        )
    some = number(told.known_count)
    counted = (
        "bila dihitung / if counted"
        if told.known_count == count
        else f"bila {some} yang angkanya diketahui dihitung / if the {some} whose numbers are known were counted"
    )
    return f"{counted}: {number(told.value)} {unit_of(row)}{difference(told.value, row['value'])}"


def difference(value: float | None, before: float | None) -> str:
    """How much more a value is than another, in brackets; nothing where they do not differ."""
    if value is None or before is None or value == before:
        return ""
    return f" ({'+' if value > before else '−'}{number(abs(value - before), decimals=4)})"


def by_dimension(breakdowns: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Breakdowns by dimension, the members with the largest numerators first, months in their order."""
    ordered = sorted(breakdowns, key=lambda part: (part["dimension"], -(part["numerator"] or 0), part["member"]))
    found: dict[str, list[Mapping[str, Any]]] = {}
    for part in ordered:
        found.setdefault(part["dimension"], []).append(part)
    return {
        name: sorted(members, key=lambda part: part["member"]) if name == "month" else members
        for name, members in found.items()
    }


def _version(row: Mapping[str, Any]) -> str:
    """Nothing for the results of a province, which are made of its cities' and have no version of their own."""
    return "" if row["version"] is None else f", v{row['version']}"


def _below(row: Mapping[str, Any]) -> Iterator[str]:
    """What stands under the table: a provisional or missing value is never shown without its reasons."""
    if row.get("pending"):
        yield pending_line(row["pending"])
    remarks = [f"{remark['id']} / {remark['en']}" for remark in row["reasons"]]
    if row["status"] in _WITHOUT_VALUE and row["reason"]:
        remarks.insert(0, row["reason"])
    elif row["status"] == "provisional" and not row["reason"]:
        remarks.insert(0, _UNKNOWN_REASON)
    yield from remarks


def _reason_lines(row: Mapping[str, Any]) -> Iterator[str]:
    if row["status"] in _WITHOUT_VALUE and row["reason"]:
        yield f"  {row['reason']}"
    held, known = ([r for r in row["reasons"] if r["keeps_provisional"] is keeps] for keeps in (True, False))
    if row["status"] == "provisional":
        yield "Sementara karena / Provisional because:"
        yield from (f"  - {r['id']} / {r['en']}" for r in held) if held else (f"  - {_UNKNOWN_REASON}",)
    if known:
        yield "Perlu diketahui / Worth knowing:"
        yield from (f"  - {r['id']} / {r['en']}" for r in known)


def _population_lines(row: Mapping[str, Any]) -> Iterator[str]:
    if row.get("population"):
        figure = row["population"]
        yield (
            f"Penduduk / Population: {number(figure['count'])} ({figure['source']}, {figure['reference_on']}, "
            f"{figure['region_code']})"
        )


def _spread_lines(row: Mapping[str, Any]) -> Iterator[str]:
    spread = {name: value for name, value in row["statistics"].items() if value is not None}
    if spread:
        yield "Sebaran / Spread: " + "; ".join(f"{_two(row, name)} {number(value)}" for name, value in spread.items())


def _breakdown_lines(breakdowns: Sequence[Mapping[str, Any]], scale: float) -> Iterator[str]:
    for dimension, members in by_dimension(breakdowns).items():
        yield f"Rincian / Breakdown {label(dimension)} / {dimension}:"
        for part in members[:SHOWN_MEMBERS]:
            yield f"  {member_of(part)}: {_quotient(part, scale)}"
        if len(members) > SHOWN_MEMBERS:
            yield (
                f"  ... +{len(members) - SHOWN_MEMBERS}: tolok show {members[0]['city_id']} {members[0]['period']} "
                f"--json, view {BREAKDOWN_VIEW}"
            )


def _quotient(part: Mapping[str, Any], scale: float) -> str:
    """Value, unit and both parts; `scale` is that of the whole, which parts of another unit do not share."""
    if part["value"] is None and part.get("reason"):
        return f"– {part['reason']}"
    told = f"{number(part['value'])} {in_both(part['unit'])}"
    if part["denominator"] is None:
        return told
    return f"{told} = {divided(part, scale)}"


def divided(part: Mapping[str, Any], scale: float) -> str:
    """Both parts to be divided again by hand, the scale included; `scale` is that of the whole."""
    return _ID.quotient(part["numerator"], part["denominator"], scale=_scale(part, scale))


def _scale(part: Mapping[str, Any], of_whole: float) -> float:
    """What the quotient is multiplied by to give the value: of a share a hundred, of another unit what fits."""
    if part["value"] is None or not part["denominator"]:
        return of_whole
    plain = part["numerator"] / part["denominator"]
    return next((one for one in (of_whole, 1, 100, 1 / 24) if isclose(plain * one, part["value"], rel_tol=1e-9)), 1)


def in_both(unit: str) -> str:
    """A unit in both languages, once where they are the same."""
    return " / ".join(dict.fromkeys((_ID(unit), unit)))


def _two(row: Mapping[str, Any], name: str) -> str:
    """An id with what it is called in both languages."""
    in_id, in_en = _named(row, name)
    return f"{name} ({in_id} / {in_en})"


def _named(row: Mapping[str, Any], name: str) -> tuple[str, str]:
    """What a rule, reason, variant or dimension is called in both languages; of a variant how it differs."""
    known = definitions().get(row["indicator"])
    return known.variants[name] if known and name in known.variants else both(name)


def name_of(indicator_id: str) -> str:
    """What an indicator is called; its id when another version of the code stored it."""
    known = definitions().get(indicator_id)
    return known.title if known else indicator_id


def unit_of(row: Mapping[str, Any]) -> str:
    """The unit in both languages, once where they are the same."""
    known = definitions().get(row["indicator"])
    return " / ".join(dict.fromkeys([known.unit_id, row["unit"]])) if known else str(row["unit"])


def _cells(row: Mapping[str, Any], *, is_wide: bool) -> list[str]:
    rows = row["rows"]
    fate = (rows["used"], sum(rows["excluded"].values()), sum(rows["quarantined"].values()))
    cells = [
        row["period"],
        name_of(row["indicator"]),
        number(row["value"]),
        unit_of(row),
        percent(row["coverage_pct"]),
        STATUSES[row["status"]],
    ]
    known = definitions().get(row["indicator"])
    parts = _ID.quotient(row["numerator"], row["denominator"], scale=known.scale if known else 1)
    told = "–" if row["status"] == "altered" else " / ".join(map(number, fate))
    return [*cells, parts, told] if is_wide else cells
