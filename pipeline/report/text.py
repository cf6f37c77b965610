"""Results for a terminal: a table of four, and one number taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.indicators.definition import definitions

SHOWN_MEMBERS = 15
STATUSES = {
    "final": "final",
    "provisional": "sementara / provisional",
    "not_computable": "tidak terhitung / not computable",
}


def results_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print one line per result: value, unit, parts, coverage, status and what became of the rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", title_justify="left", pad_edge=False)
    for heading, justify in (
        ("Periode\nPeriod", "left"),
        ("Indikator\nIndicator", "left"),
        ("Nilai\nValue", "right"),
        ("Satuan\nUnit", "left"),
        ("Pembilang : penyebut\nNumerator : denominator", "right"),
        ("Cakupan\nCoverage", "right"),
        ("Status", "left"),
        ("Dipakai / dikecualikan / karantina\nUsed / excluded / quarantined", "right"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*_cells(row))
    Console(width=max(150, Console().width)).print(table)
    for row in rows:
        if row["reason"]:
            Console(width=150).print(f"{row['period']} {_name(row)}: {row['reason']}", highlight=False)


def explanation(
    row: Mapping[str, Any], *, parts: Sequence[Mapping[str, Any]], breakdowns: Sequence[Mapping[str, Any]]
) -> str:
    """One result in plain lines: its parts, the fate of its rows, its variants, breakdowns and sources."""
    definition = definitions()[row["indicator"]]
    rows = row["rows"]
    lines = [
        f"{definition.clause} {definition.name_id} / {definition.name_en}",
        f"{row['city']} {row['period']}, v{row['version']}: {number(row['value'])} {row['unit']} "
        f"({STATUSES[row['status']]})",
        f"  = {number(row['numerator'])} : {number(row['denominator'])}",
        *([f"  {row['reason']}"] if row["reason"] else []),
        f"Aturan: {definition.rule_id}",
        f"Rule: {definition.rule_en}",
        f"Cakupan / Coverage: {percent(row['coverage_pct'])}",
        f"Baris / Rows: {rows['read']:,} dibaca/read = {rows['used']:,} dipakai/used"
        f" + {sum(rows['excluded'].values()):,} dikecualikan/excluded"
        f" + {sum(rows['quarantined'].values()):,} karantina/quarantined",
        *(f"  - {rule}: {count:,}" for rule, count in rows["excluded"].items()),
        *(f"  ! {reason}: {count:,}" for reason, count in rows["quarantined"].items()),
        "Varian / Variants:",
        *(
            f"  {part['variant']}: {number(part['value'])} {part['unit']} "
            f"= {number(part['numerator'])} : {number(part['denominator'])}"
            for part in parts
        ),
        *_breakdown_lines(breakdowns),
        f"Metode / Method: {row['method_version']}",
        "Sumber / Sources:",
        *(f"  {source['file']}  sha256 {source['sha256']}" for source in row["sources"]),
    ]
    return "\n".join(lines)


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


def _breakdown_lines(breakdowns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for dimension, members in by_dimension(breakdowns).items():
        yield f"Rincian / Breakdown {dimension}:"
        for part in members[:SHOWN_MEMBERS]:
            value = f"{number(part['value'])} {part['unit']}"
            yield f"  {part['member']}: {value} = {number(part['numerator'])} : {number(part['denominator'])}"
        if len(members) > SHOWN_MEMBERS:
            yield f"  ... +{len(members) - SHOWN_MEMBERS}"


def number(value: float | None) -> str:
    """A value fit to read: two decimals, or what it takes for a small one; `-` for none."""
    if value is None:
        return "-"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"


def percent(value: float | None) -> str:
    """A share with one decimal; `?` when it is not known."""
    return "?" if value is None else f"{value:.1f} %"


def _name(row: Mapping[str, Any]) -> str:
    """What the indicator is called; its id when another version of the code stored it."""
    indicator_id: str = row["indicator"]
    known = definitions().get(indicator_id)
    return known.title if known else indicator_id


def _cells(row: Mapping[str, Any]) -> list[str]:
    rows = row["rows"]
    fate = (rows["used"], sum(rows["excluded"].values()), sum(rows["quarantined"].values()))
    return [
        row["period"],
        _name(row),
        number(row["value"]),
        row["unit"],
        f"{number(row['numerator'])} : {number(row['denominator'])}",
        percent(row["coverage_pct"]),
        STATUSES[row["status"]],
        " / ".join(f"{count:,}" for count in fate),
    ]
