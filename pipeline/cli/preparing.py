"""Commands before anything is computed: settings, templates, drafts, the check, and the speed of the machine."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors.connection import ALLOWANCES
from connectors.errors import ConfigError
from connectors.numerals import counted_en
from pipeline.atomic import write_atomically
from pipeline.cli.asked import asked_period
from pipeline.cli.group import commands
from pipeline.cli.printing import say, shown_progress
from pipeline.setting_faults import name_fault
from pipeline.settings import CITY_ID, Settings, is_province
from pipeline.tables import TABLES

BENCHED = ("access_log", "tickets", "incidents", "annual")


@commands.command()
@click.argument("city")
def init(city: str) -> None:
    """Tulis YAML kota yang dikomentari. / Write a commented YAML for a city."""
    if not re.fullmatch(CITY_ID, city) or name_fault(city):
        raise ConfigError(
            id=f"'{city}' bukan id kota. Tulis huruf kecil, angka, dan tanda hubung, misalnya kota-saya.",
            en=f"'{city}' is no city id. Write small letters, digits and hyphens, such as kota-saya.",
        )
    cities = Settings.from_environment().cities
    if is_province(cities, city):
        raise ConfigError(
            id=f"'{city}' sudah nama provinsi. Pilih id lain.", en=f"'{city}' is a province's name. Choose another id."
        )
    target = cities / f"{city}.yaml"
    if target.exists():
        raise ConfigError(
            id=f"{target} sudah ada dan tidak ditimpa.", en=f"{target} exists already and is not overwritten."
        )
    template = (Path(__file__).parent.parent / "city_template.yaml").read_text("utf-8")
    write_atomically(target, template.replace("CITY_ID", city), mode=0o644)
    say(f"{target}\nIsi berkas itu, lalu: tolok check {city}\nFill it in, then: tolok check {city}")


@commands.command()
@click.argument("table", type=click.Choice((*TABLES, "readiness")))
@click.argument("city", required=False)
@click.option("--year", default=None, help="Tahun formulir kesiapan. / Year of a readiness form.")
@click.option("--to", "target", type=click.Path(path_type=Path), default=None, help="Berkas tujuan. / File to write.")
def template(table: str, city: str | None, year: str | None, target: Path | None) -> None:
    """Tulis buku kerja kosong untuk diisi. / Write an empty workbook to fill in."""
    from pipeline.template import write_template

    if table == "readiness":
        _write_readiness_form(city, year, target)
        return
    if city or year:
        raise click.UsageError("CITY and --year are for readiness only", click.get_current_context())
    path = write_template(target or Path(f"tolok-{table}.xlsx"), table=table)
    say(
        f"{path}\nIsi lembar Data, lalu tulis 'system: template_{table}' dan 'path' pada sumbernya di YAML kota.\n"
        f"Fill in the sheet Data, then write 'system: template_{table}' and 'path' in its source in the city's YAML."
    )


def _write_readiness_form(city: str | None, year: str | None, target: Path | None) -> None:
    from pipeline.readiness.command import write_empty_form, year_of

    path = write_empty_form(city, year=year_of(year) if year else None, target=target)
    command = f"tolok readiness {city or 'KOTA'} {year or 'TAHUN'}"
    say(
        f"{path}\nIsi lembar Jawaban, simpan bukti di folder tiap pertanyaan di sampingnya, lalu: {command}\n"
        f"Fill in the sheet Jawaban, put evidence into the folder of each question beside it, then: {command}"
    )


@commands.command()
@click.argument("city")
@click.argument("file", metavar="FILE|PATH")
@click.option(
    "--table", type=click.Choice(tuple(TABLES)), default=None, help="Tabelnya, bila tidak pasti. / Its table."
)
@click.option("--source", "name", default=None, help="Nama sumber. / The source's name.")
@click.option("--write", is_flag=True, help="Tambahkan ke YAML kota. / Add it to the city's YAML.")
@click.option("--connection", default=None, help="Tanyakan PATH pada sistem ini. / Ask this system for PATH.")
@click.option("--header", default=None, help="'X-Api-Key: {password}', bila perlu. / where the system needs it.")
@click.option("--allow", multiple=True, type=click.Choice(ALLOWANCES), help="docs/connections.md")
def draft(
    city: str,
    file: str,
    table: str | None,
    name: str | None,
    write: bool,
    connection: str | None,
    header: str | None,
    allow: tuple[str, ...],
) -> None:
    """Rancang sumber dari berkas atau jawaban sistem. / Draft a source from a file or a system's answer."""
    from pipeline.draft.answers import Asked, draft_connection
    from pipeline.draft.command import add_to_city, draft_file

    cities = Settings.from_environment().cities
    if connection:
        key, _, value = (header or "").partition(":")
        asked = Asked(connection, file, (key.strip(), value.strip()) if header else None, allow)
        drafted = draft_connection(cities, city, asked, table=table, name=name)
    else:
        drafted = draft_file(cities, city, Path(file), table=table, name=name)
    say(f"sources:\n{drafted.text}" if not write else add_to_city(cities, city, drafted))
    say(
        f"{drafted.questions_count} pertanyaan (TANYA) menunggu jawaban di tempat '??'; lalu: tolok check {city}\n"
        f"{counted_en(drafted.questions_count, 'question (ASK) waits', 'questions (ASK) wait')} for an answer where "
        f"'??' stands; then: tolok check {city}",
        err=True,
    )


@commands.command()
@click.argument("city")
@click.argument("asked_for", metavar="[PERIOD]", required=False)
@click.option("--period", default=None, help="2024 atau / or 2024-03; bawaan: tahun lalu / default: last year.")
@click.option("--quick", is_flag=True, help="Hanya baris awal berkas. / Only the first rows of files.")
def check(city: str, asked_for: str | None, period: str | None, quick: bool) -> None:
    """Katakan apa yang akan dilakukan run, tanpa menyimpan. / Say what a run would do, keeping nothing."""
    from pipeline.check import check_city, fault_of
    from pipeline.config.load import load_city

    asked = asked_period(asked_for or period or str(datetime.now(UTC).year - 1))
    settings = Settings.from_environment()
    with shown_progress() as progress:
        findings = check_city(load_city(settings.cities, city), period=asked, is_quick=quick, progress=progress)
    for finding in findings:
        say(finding.line)
        for detail in finding.details:
            say(f"    {detail}")
    if (fault := fault_of(findings)) is not None:
        sys.exit(fault.exit_code)
    if {finding.status for finding in findings} - {""} == {"not_computable"}:
        say(
            f"Belum ada yang dapat dihitung untuk {asked.label}: perbaiki yang bertanda ! di atas / Nothing can be "
            f"computed of {asked.label} yet: mend what is marked ! above"
        )
    else:
        say(f"Siap: tolok run {city} {asked.label} / Ready: tolok run {city} {asked.label}")


@commands.command()
@click.option(
    "--size",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(min=1000),
    help="Baris masukan. / Lines or rows of input.",
)
@click.option("--only", multiple=True, type=click.Choice(BENCHED), help="Hanya pekerjaan ini. / Only this work.")
@click.option("--peers", is_flag=True, help="Juga alat lain yang terpasang. / Other tools too, where installed.")
def bench(size: int, only: tuple[str, ...], peers: bool) -> None:
    """Ukur kecepatan Tolok di mesin ini. / Measure how fast Tolok is on this machine."""
    from benchmarks.here import show as measure

    measure(only or BENCHED, size=size, peers=peers)
