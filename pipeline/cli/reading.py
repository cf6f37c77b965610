"""Commands that show what is stored: results, one number taken apart, versions, the state of periods."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from connectors.errors import ConfigError, TolokError
from pipeline.cli.asked import IndicatorName, asked_period, period_and_indicator
from pipeline.cli.group import commands
from pipeline.cli.printing import json_text, print_results, say, say_where, shown_progress
from pipeline.cli.stored import (
    failure_lines,
    members_of,
    moment_of,
    nothing_stored,
    open_warehouse,
    results_of,
    stale_lines,
    versions_of,
    views_of,
)
from pipeline.indicators.definition import definitions
from pipeline.settings import Settings, city_ids

if TYPE_CHECKING:
    from pipeline.conditions import Condition
    from pipeline.report.text import Told


@commands.command()
@click.argument("city", required=False)
@click.option("--tell", "is_told", is_flag=True, help="Kirim kepada yang ada di notify. / Send to those in notify.")
def watch(city: str | None, is_told: bool) -> None:
    """Tunjukkan yang perlu perhatian, satu atau semua kota. / Show what needs attention, of one or all cities."""
    from pipeline.watch import conditions, tell

    now, faults = datetime.now(UTC), []
    for city_id in [city] if city else city_ids(Settings.from_environment().cities):
        for one in conditions(city_id, now=now)[0]:
            say(_watched(city_id, one))
        try:
            sent = tell(city_id, now=now) if is_told else []
        except TolokError as fault:
            faults.append(fault)
        else:
            for line in sent:
                say(f"terkirim / sent: {line}")
    if faults:
        raise max(faults, key=lambda fault: fault.exit_code)


@commands.command()
@click.argument("city")
@click.argument("period", required=False)
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
@click.option("--as-of", default=None, help="Keadaan pada waktu itu (ISO). / As it stood then (ISO).")
def show(city: str, period: str | None, as_json: bool, as_of: str | None) -> None:
    """Tampilkan hasil. / Show results."""
    label = asked_period(period).label if period else None
    rows = results_of(city, label, as_of=as_of, is_whole=as_json)
    if as_json:
        from pipeline.report.text import described

        say(json_text([described(row) for row in rows]))
    else:
        print_results(rows)
        for line in () if as_of else failure_lines(city, {row["period"] for row in rows}):
            say(line)
        say_where(city, {row["period"] for row in rows})


@commands.command()
@click.argument("city")
@click.argument("period")
@click.argument("indicator", type=IndicatorName())
@click.option("--rows", "groups", multiple=True, metavar="NAME=MEMBER", help="Barisnya sebagai CSV. / Its rows as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
def explain(city: str, period: str, indicator: str, groups: tuple[str, ...], as_json: bool) -> None:
    """Uraikan satu angka (10.3 atau inquiry_response). / Take one number apart (10.3 or inquiry_response)."""
    from pipeline.report.text import explanation
    from pipeline.report.versions import described_version, version_lines
    from pipeline.warehouse import shown

    label = asked_period(period).label
    view = next((one for one in views_of(city, label, is_whole=True) if one.indicator_id == indicator), None)
    if view is None:
        raise nothing_stored(city, label)
    if groups:
        _print_rows_behind(city, label, indicator, groups)
        return
    row, parts = shown(view, is_whole=True), [asdict(part) | {"variant": part.name} for part in view.variants]
    effects, note = _effects(row)
    told = versions_of(city, label, indicator, as_of=None)
    if as_json:
        from pipeline.report.text import explained

        versions = [described_version(one) for one in told]
        say(json_text([explained(row, parts=parts, effects=effects, note=note, versions=versions)]))
        return
    members = members_of(view, open_warehouse().city_names())
    say(explanation(row, parts=parts, breakdowns=members, effects=effects, note=note))
    say("Versi / Versions:")
    for line in version_lines(told):
        say(line)
    if row["version"] is not None:
        say(_where_raw_files_lie(city, label, indicator))


def _effects(row: dict[str, Any]) -> tuple[dict[tuple[str, str], Told] | None, str]:
    """What each rule does to a value, or why that cannot be said here; a province has no rows of its own."""
    from pipeline import steps
    from pipeline.report.text import Told

    rules = [(outcome, rule) for outcome in ("excluded", "quarantined") for rule in row["rows"][outcome]]
    if row["version"] is None or not rules:
        return None, ""
    try:
        with shown_progress() as progress, progress.step("Hitung pengaruh / Compute effects"):
            found = steps.effects(row["city"], row["period"], row["indicator"], rules=rules)
    except TolokError as fault:
        return None, (
            f"Pengaruh tiap aturan tidak dapat dihitung di sini: {fault.id} / "
            f"The effect of each rule cannot be computed here: {fault.en}"
        )
    if found.value != row["value"]:
        return None, (
            "Berkas atau pengaturan berubah sejak nilai ini dihitung, maka pengaruh tiap aturan tidak ditunjukkan / "
            "Files or settings have changed since this value was computed, so the effect of each rule is not shown"
        )
    return {(one.outcome, one.rule): Told(one.value, one.known_count) for one in found.effects}, ""


def _print_rows_behind(city: str, label: str, indicator: str, groups: tuple[str, ...]) -> None:
    from pipeline import steps
    from pipeline.report.csvw import csv_of

    where = {}
    for group in groups:
        name, equals, member = group.partition("=")
        if not equals:
            raise ConfigError(
                id=f"--rows '{group}' belum lengkap. Tulis seperti --rows agency=\"Dinas A\".",
                en=f"--rows '{group}' is not whole. Write it like --rows agency=\"Dinas A\".",
            )
        where[name.strip()] = member.strip()
    rows = steps.rows_behind(city, label, indicator, where=where)
    plain = rows.astype(object).where(rows.notna(), None)
    click.echo(csv_of(list(plain.columns), plain.itertuples(index=False)), nl=False)


def _where_raw_files_lie(city: str, label: str, indicator: str) -> str:
    folder = Settings.from_environment().home / "landing" / "objects"
    return (
        f"Berkas mentah / Raw files: {folder}/<2 angka pertama sha256 / its first 2 digits>/<sha256>\n"
        f"Baris di balik angka / Rows behind it: tolok explain {city} {label} {definitions()[indicator].clause} "
        '--rows agency="Dinas A"'
    )


@commands.command()
@click.argument("city")
@click.argument("asked_for", metavar="[PERIOD] [INDICATOR]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
@click.option("--as-of", default=None, help="Hanya versi sampai waktu itu (ISO). / Versions up to then (ISO).")
def history(city: str, asked_for: tuple[str, ...], as_json: bool, as_of: str | None) -> None:
    """Semua versi hasil, dengan sebab dan berkasnya. / Every version, with its reason and files."""
    from pipeline.report.versions import described_version, version_lines

    label, indicator = period_and_indicator(asked_for)
    rows = versions_of(city, label, indicator, as_of=moment_of(as_of, city))
    if not rows:
        raise nothing_stored(city, label, as_of=as_of)
    if as_json:
        say(json_text([described_version(row) for row in rows]))
    else:
        for line in version_lines(rows):
            say(line)


@commands.command()
@click.argument("city")
def status(city: str) -> None:
    """Periode, keadaannya, yang kurang, dan run berikutnya. / Periods, their state, what is missing, the next run."""
    from pipeline import steps
    from pipeline.report.status_page import status_lines

    found = steps.status(city, now=datetime.now(UTC))
    for line in status_lines(found):
        say(line)
    open_ones = [one.period for one in reversed(found.periods) if one.statuses and one.state != "closed"]
    for line in stale_lines(city, open_ones):
        say(line)
    say(f"Halaman / Page: {Settings.from_environment().home / 'reports' / city / 'status.html'}")


def _watched(city_id: str, condition: Condition) -> str:
    from pipeline.notices import KINDS, label

    kind = KINDS[condition.kind]
    return f"{city_id}: {kind.id} / {kind.en}: {label(condition)}\n    {condition.id}\n    {condition.en}"
