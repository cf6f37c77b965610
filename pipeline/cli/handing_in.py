"""Commands that write what is handed in or published: reports, dashboards, the readiness check, data sets."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from connectors.errors import TolokError
from connectors.numerals import counted_en
from pipeline.cli.asked import asked_period, asked_periods
from pipeline.cli.group import commands
from pipeline.cli.printing import json_text, say, shown_progress
from pipeline.cli.stored import members_of, nothing_stored, open_warehouse, views_of
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.language.language import Code
    from pipeline.reporting import Reporting


@commands.command()
@click.argument("words", metavar="[CITY|PROVINCE] [YEAR]", nargs=-1, required=True)
@click.option("--all", "is_all", is_flag=True, help="Semua kota. / All cities.")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=None, help="Folder dosir. / For dossiers.")
@click.option("--no-dossier", is_flag=True, help="Tanpa PDF. / Without the PDF.")
@click.option("--on", "day", default=None, help="Keadaan bukti per tanggal itu. / Evidence as of that day.")
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
def readiness(
    words: tuple[str, ...], is_all: bool, folder: Path | None, no_dossier: bool, day: str | None, as_json: bool
) -> None:
    """Periksa 36 jawaban dan buktinya, tulis dosir. / Check 36 answers and their evidence, write the dossier."""
    from pipeline.readiness.command import check_all, day_of_check, regions, year_of
    from pipeline.readiness.text import described, lines, summary

    if len(words) == 1 and not is_all and not words[0].isdecimal():
        from pipeline.readiness.command import history
        from pipeline.readiness.text import history_lines

        say("\n".join(history_lines(history(words[0]))))
        return
    if len(words) != (1 if is_all else 2):
        raise click.UsageError("Write a city or province and a year, or --all and a year", click.get_current_context())
    year, names = year_of(words[-1]), regions(None if is_all else words[0])
    to = None if no_dossier else (folder or Settings.from_environment().home / "readiness" / str(year)).absolute()
    with shown_progress() as progress:
        ended = list(check_all(names, year, as_of=day_of_check(day), to=to, progress=progress))
    checked = [one for _, one in ended if not isinstance(one, TolokError)]
    if as_json:
        say(json_text([described(one) for one in checked]))
    elif checked:
        for line in lines(checked[0]) if len(names) == 1 else summary(checked):
            say(line)
    faults = [(name, one) for name, one in ended if isinstance(one, TolokError)]
    if len(names) > 1:
        for name, fault in faults:
            say(f"{name}: {fault.id}\n{name}: {fault.en}", err=True)
    if faults:
        if len(names) > 1:
            sys.exit(max(fault.exit_code for _, fault in faults))
        raise faults[0][1]


@commands.command()
@click.argument("words", metavar="[CITY] PERIOD [LAST]", nargs=-1, required=True)
@click.option("--all", "is_all", is_flag=True, help="Semua kota dan provinsi. / All cities and provinces.")
@click.option("--to", "formats", multiple=True, help="html, pdf, xlsx, csv, json; bawaan / default: html.")
@click.option("--lang", "languages", multiple=True, type=click.Choice(("id", "en")), help="Bahasa. / Language.")
def report(words: tuple[str, ...], is_all: bool, formats: tuple[str, ...], languages: tuple[Code, ...]) -> None:
    """Tulis laporan satu periode, atau sampai LAST. / Write the reports of a period, or of those up to LAST."""
    from pipeline.backfill import refuse_faults
    from pipeline.reporting import Reporting, formats_of

    asked, reporting = formats_of(formats or ("html",)), Reporting(Settings.from_environment())
    names, labels = (reporting.names, words) if is_all else ([words[0]], words[1:])
    if not 1 <= len(labels) <= 2:
        said = f"Got unexpected extra argument ({labels[2]})" if labels else "Missing argument 'PERIOD'."
        raise click.UsageError(said)
    written_count, faults, wanted = 0, list[tuple[str, TolokError]](), asked_periods(labels)
    with shown_progress() as progress:
        for name in names:
            stored = [label for label in wanted if label in reporting.view(name).periods]
            if not stored and not is_all:
                raise nothing_stored(name, wanted[0])
            with progress.step(f"Laporan / Reports {name}"):
                for label in stored:
                    try:
                        paths = list(_write_reports(reporting, name, label, formats=asked, languages=languages))
                    except TolokError as fault:
                        faults.append((f"{name} {label}", fault))
                    else:
                        written_count += len(paths)
                        say("\n".join(paths))
    if is_all:
        say(f"{written_count} berkas / {counted_en(written_count, 'file', 'files')}")
    if len(faults) == 1:
        raise faults[0][1]
    refuse_faults(faults)


def _write_reports(
    reporting: Reporting, name: str, label: str, *, formats: Sequence[str], languages: Sequence[Code]
) -> Iterator[str]:
    from pipeline import steps

    if not reporting.is_province(name):
        yield from steps.report(name, label, formats=formats, languages=languages or ("id",), reporting=reporting)
        return
    if "html" in formats:
        yield str(_write_page_of_province(Settings.from_environment(), name, label))
    for path in reporting.write(name, label, formats=formats, languages=languages or ("id",)):
        yield str(path)


def _write_page_of_province(settings: Settings, name: str, label: str) -> Path:
    from pipeline.config.province import load_province
    from pipeline.report.page import write_page
    from pipeline.warehouse import shown

    views = views_of(name, label)
    province, names = load_province(settings.cities, name), open_warehouse().city_names()
    return write_page(
        settings.home / "reports" / name / f"{label}.html",
        city_name=province.name,
        period=label,
        results=[shown(view, is_whole=True) for view in views],
        breakdowns={view.indicator_id: members_of(view, names) for view in views},
        verdicts=[],
        sources=[],
        parts={part: names.get(part, part) for part in province.parts},
    )


@commands.command()
@click.argument("names", metavar="[CITY]...", nargs=-1)
@click.option("--lang", type=click.Choice(("id", "en")), default="id", show_default=True, help="Bahasa. / Language.")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=None, help="Map tujuan. / Folder to write to.")
def dashboard(names: tuple[str, ...], lang: Literal["id", "en"], folder: Path | None) -> None:
    """Tulis dasbor satu, beberapa, atau semua kota. / Write the dashboard of one, several or all cities."""
    from pipeline.dashboards import Dashboards, write_dashboards

    settings = Settings.from_environment()
    made = Dashboards(settings, folder.absolute()) if folder else Dashboards.of_machine(settings)
    for path in write_dashboards(made, names, [lang]):
        say(str(path))


@commands.command()
@click.argument("city")
@click.argument("period")
@click.option("--to", "target", type=click.Choice(("files", "ms-ind", "ckan")), required=True, help="docs/publish.md")
@click.option("--connection", default=None, help="Bawaan: publish.connection. / Default: publish.connection.")
@click.option("--public", "is_public", is_flag=True, help="Terbuka untuk umum; bawaan draf. / Public, not a draft.")
@click.option("--provisional", is_flag=True, help="Nilai sementara pun. / With values that are not final.")
@click.option("--withdraw", is_flag=True, help="Tarik dari portal. / Withdraw from the portal.")
@click.option("--dry-run", is_flag=True, help="Hanya katakan. / Only say what would be done.")
def publish(
    city: str,
    period: str,
    target: str,
    connection: str | None,
    is_public: bool,
    provisional: bool,
    withdraw: bool,
    dry_run: bool,
) -> None:
    """Terbitkan satu periode: berkas, MS-Ind, atau CKAN. / Publish a period: files, MS-Ind or CKAN."""
    from pipeline.publish.command import Publishing
    from pipeline.reporting import Reporting

    if target != "ckan" and (connection or is_public or provisional or withdraw or dry_run):
        raise click.UsageError("These options are for --to ckan only", click.get_current_context())
    settings, label = Settings.from_environment(), asked_period(period).label
    reporting = Reporting(settings)
    if not withdraw and label not in reporting.view(city).periods:
        raise nothing_stored(city, label)
    publishing = Publishing(settings, reporting)
    if target == "ckan":
        made = publishing.ckan(
            city,
            label,
            connection=connection,
            is_public=is_public,
            takes_provisional=provisional,
            is_withdrawn=withdraw,
            is_dry=dry_run,
        )
        is_same = True
        for line in made:
            is_same = False
            say(line)
        if is_same:
            say("Tidak ada yang berubah. / Nothing changes.")
    else:
        for path in publishing.files(city, label) if target == "files" else publishing.ms_ind(city, label):
            say(path)
