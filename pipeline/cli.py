"""`tolok`: the same steps by hand, in two languages, with an exit code that says what to do next."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import click

from connectors.connection import ALLOWANCES
from connectors.errors import ConfigError, DataRejected, TolokError
from pipeline.indicators.definition import definitions
from pipeline.nearest import did_you_mean, nearest
from pipeline.periods import Period, nearest_periods, span
from pipeline.settings import CITY_ID, Settings, city_ids, is_province
from pipeline.tables import TABLES

if TYPE_CHECKING:
    from pipeline.backfill import Backfill, Ended, Filled
    from pipeline.conditions import Condition
    from pipeline.language.language import Code
    from pipeline.progress import Progress
    from pipeline.report.text import Told
    from pipeline.reporting import Reporting

# Almost all that a command makes are modules and tables that live to its end: looking for cycles among them is vain.
_FEW_PASSES = (200_000, 20, 20)
_OLDER = " (lebih tua dari nilainya / older than the values: tolok report)"
_SHOWN_HINTS = 3
BENCHED = ("access_log", "tickets", "incidents", "annual")


def main() -> None:
    """Run the command line; a person's mistake ends with a message and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.set_threshold(*_FEW_PASSES)
    try:
        _commands(standalone_mode=False)
    except TolokError as error:
        _fail(error)
    except click.exceptions.Abort:
        _end(
            "Dihentikan. Yang sudah selesai tersimpan; perintah yang sama melanjutkan dari sana.\n"
            "Stopped. What is finished is kept; the same command goes on from there.",
            1,
        )
    except click.ClickException as error:
        _end(f"Perintah salah. / Wrong usage.\n{_said(error)}\n{_usage(error)}", 2)
    except Exception as error:
        from pipeline.failures import actionable

        if os.environ.get("TOLOK_DEBUG"):
            raise
        if isinstance(told := actionable(error), TolokError):
            _fail(told)
        _end(
            f"Kesalahan tak terduga ({type(error).__name__}). Jalankan lagi dengan TOLOK_DEBUG=1 dan laporkan.\n"
            f"Unexpected fault ({type(error).__name__}). Run again with TOLOK_DEBUG=1 and report it.",
            1,
        )


class _Indicator(click.ParamType[str]):
    """An indicator by its id, or by the number of its clause."""

    name = "indicator"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401, ARG002
        """The id; `ConfigError` with the nearest name when there is none."""
        by_name = {name: known.id for known in definitions().values() for name in (known.clause, known.id)}
        found = by_name.get(str(value).strip().lower())
        if found is None:
            near_id, near_en = did_you_mean(str(value), by_name)
            known = ", ".join(f"{one.clause} {one.id}" for one in definitions().values())
            raise ConfigError(
                id=f"Indikator '{value}' tidak dikenal.{near_id} Yang ada: {known}.",
                en=f"Indicator '{value}' is not known.{near_en} There are: {known}.",
            )
        return found


class _Command(click.Command):
    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 click would end it before the English
        """The command's first line, in both languages."""
        return (self.help or "").partition("\n")[0]


class _Commands(click.Group):
    command_class = _Command


@click.group(name="tolok", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def _commands() -> None:
    """Tolok ukur pemerintahan digital kota (SNI ISO 37122:2019). / A city's digital-government yardstick."""


@_commands.command()
@click.argument("city")
def init(city: str) -> None:
    """Tulis YAML kota yang dikomentari. / Write a commented YAML for a city."""
    if not re.fullmatch(CITY_ID, city):
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
    template = (Path(__file__).parent / "city_template.yaml").read_text("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(template.replace("CITY_ID", city), "utf-8")
    _say(f"{target}\nIsi berkas itu, lalu: tolok check {city}\nFill it in, then: tolok check {city}")


@_commands.command()
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
    _say(
        f"{path}\nIsi lembar Data, lalu tulis 'system: template_{table}' dan 'path' pada sumbernya di YAML kota.\n"
        f"Fill in the sheet Data, then write 'system: template_{table}' and 'path' in its source in the city's YAML."
    )


def _write_readiness_form(city: str | None, year: str | None, target: Path | None) -> None:
    from pipeline.readiness.command import write_empty_form, year_of

    path = write_empty_form(city, year=year_of(year) if year else None, target=target)
    command = f"tolok readiness {city or 'KOTA'} {year or 'TAHUN'}"
    _say(
        f"{path}\nIsi lembar Jawaban, simpan bukti di folder tiap pertanyaan di sampingnya, lalu: {command}\n"
        f"Fill in the sheet Jawaban, put evidence into the folder of each question beside it, then: {command}"
    )


@_commands.command()
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

        _say("\n".join(history_lines(history(words[0]))))
        return
    if len(words) != (1 if is_all else 2):
        raise click.UsageError("Write a city or province and a year, or --all and a year", click.get_current_context())
    year, names = year_of(words[-1]), regions(None if is_all else words[0])
    to = None if no_dossier else (folder or Settings.from_environment().home / "readiness" / str(year)).absolute()
    with _progress() as progress:
        ended = list(check_all(names, year, as_of=day_of_check(day), to=to, progress=progress))
    checked = [one for _, one in ended if not isinstance(one, TolokError)]
    if as_json:
        _say(_as_json([described(one) for one in checked]))
    elif checked:
        for line in lines(checked[0]) if len(names) == 1 else summary(checked):
            _say(line)
    faults = [(name, one) for name, one in ended if isinstance(one, TolokError)]
    if len(names) > 1:
        for name, fault in faults:
            _say(f"{name}: {fault.id}\n{name}: {fault.en}", err=True)
    if faults:
        if len(names) > 1:
            sys.exit(max(fault.exit_code for _, fault in faults))
        raise faults[0][1]


@_commands.command()
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
    _say(f"sources:\n{drafted.text}" if not write else add_to_city(cities, city, drafted))
    _say(
        f"{drafted.questions_count} pertanyaan (TANYA) menunggu jawaban di tempat '??'; lalu: tolok check {city}\n"
        f"{drafted.questions_count} questions (ASK) wait for an answer where '??' stands; then: tolok check {city}",
        err=True,
    )


@_commands.command()
@click.argument("city")
@click.argument("asked_for", metavar="[PERIOD]", required=False)
@click.option("--period", default=None, help="2024 atau / or 2024-03; bawaan: tahun lalu / default: last year.")
@click.option("--quick", is_flag=True, help="Hanya baris awal berkas. / Only the first rows of files.")
def check(city: str, asked_for: str | None, period: str | None, quick: bool) -> None:
    """Katakan apa yang akan dilakukan run, tanpa menyimpan. / Say what a run would do, keeping nothing."""
    from pipeline.check import check_city, fault_of
    from pipeline.config.load import load_city

    asked = _period(asked_for or period or str(datetime.now(UTC).year - 1))
    settings = Settings.from_environment()
    with _progress() as progress:
        findings = check_city(load_city(settings.cities, city), period=asked, is_quick=quick, progress=progress)
    for finding in findings:
        _say(finding.line)
        for detail in finding.details:
            _say(f"    {detail}")
    if (fault := fault_of(findings)) is not None:
        sys.exit(fault.exit_code)
    _say(f"Siap: tolok run {city} {asked.label} / Ready: tolok run {city} {asked.label}")


@_commands.command()
@click.argument("city")
@click.argument("period")
def run(city: str, period: str) -> None:
    """Hitung tahun, bulan, 2025-06-ytd, atau 2025-06-r12. / Compute a year, month, 2025-06-ytd or 2025-06-r12."""
    from pipeline import steps

    label = _period(period).label
    with _progress() as progress:
        stored = steps.run(city, label, progress=progress)
    for line in stored:
        _say(line)
    _print_results(_results(city, label))
    _say_where(city, {label})


@_commands.command()
@click.argument("words", metavar="[CITY] FIRST [LAST]", nargs=-1, required=True)
@click.option("--all", "is_all", is_flag=True, help="Semua kota. / All cities.")
@click.option("--again", is_flag=True, help="Hitung ulang yang sudah ada. / Compute again what is already there.")
@click.option("--airflow", is_flag=True, help="Lewat Airflow, di samping jadwal. / Through Airflow, beside its runs.")
def backfill(words: tuple[str, ...], is_all: bool, again: bool, airflow: bool) -> None:
    """Isi periode lalu, bulan sebelum tahun; boleh dihentikan dan dilanjutkan. / Fill past periods, resumable."""
    from pipeline.backfill import refuse_faults

    filled = []
    with _progress() as progress:
        for one in _filled(words, is_all, again, run=partial(_in_airflow if airflow else _here, progress=progress)):
            filled.append(one)
            if airflow and one.left_count:  # Airflow itself is at fault, and would be for any city.
                break
    computed_count, done_count = sum(one.computed_count for one in filled), sum(one.done_count for one in filled)
    _say(
        f"{computed_count} periode dihitung, {done_count} dilewati karena sudah ada dan tidak berubah "
        "(--again menghitung ulang).\n"
        f"{computed_count} periods computed, {done_count} skipped as already there and unchanged "
        "(--again computes them anew)."
    )
    if left_count := sum(one.left_count for one in filled):
        _say(
            f"Berhenti: {left_count} periode belum dicoba; perintah yang sama melanjutkan.\n"
            f"Stopped: {left_count} periods were not tried; the same command goes on."
        )
    refuse_faults([named for one in filled for named in one.faults])


def _filled(
    words: tuple[str, ...], is_all: bool, again: bool, *, run: Callable[[Backfill], Iterable[Ended]]
) -> Iterator[Filled]:
    """What becomes of one city, or of all, as they are filled; a range is two words, one, or `2017..2025`."""
    from pipeline.backfill import Backfill, Filled, fill_cities

    ends = [end for word in words[0 if is_all else 1 :] for end in word.split("..", 1)]
    if not 1 <= len(ends) <= 2:
        raise click.UsageError(
            "Tulis kota atau --all, lalu periode pertama dan terakhir.\n"
            "Write a city or --all, then the first and the last period.",
            click.get_current_context(),
        )
    first, last = ends[0], ends[-1]
    if not is_all:
        planned = Backfill.planned(words[0], first, last, again=again)
        yield Filled.by(planned, run(planned))
        return
    cities = Settings.from_environment().cities
    if not (names := city_ids(cities)):
        raise ConfigError(
            id=f"Belum ada kota di {cities}. Buat dengan: tolok init KOTA",
            en=f"There are no cities in {cities} yet. Make one with: tolok init CITY",
        )
    yield from fill_cities(names, first, last, again=again, run=run)


def _here(planned: Backfill, *, progress: Progress) -> Iterator[Ended]:
    return planned.run_here(progress)


def _in_airflow(planned: Backfill, *, progress: Progress) -> Iterator[Ended]:
    from connectors.airflow_api import AirflowApi
    from pipeline.backfill import RunFailed, in_airflow

    return planned.run(progress, one=partial(in_airflow, AirflowApi()), goes_on_after=RunFailed)


@_commands.command()
@click.argument("city", required=False)
@click.option("--tell", "is_told", is_flag=True, help="Kirim kepada yang ada di notify. / Send to those in notify.")
def watch(city: str | None, is_told: bool) -> None:
    """Tunjukkan yang perlu perhatian, satu atau semua kota. / Show what needs attention, of one or all cities."""
    from pipeline.watch import conditions, tell

    now, faults = datetime.now(UTC), []
    for city_id in [city] if city else city_ids(Settings.from_environment().cities):
        for one in conditions(city_id, now=now)[0]:
            _say(_watched(city_id, one))
        try:
            sent = tell(city_id, now=now) if is_told else []
        except TolokError as fault:
            faults.append(fault)
        else:
            for line in sent:
                _say(f"terkirim / sent: {line}")
    if faults:
        raise max(faults, key=lambda fault: fault.exit_code)


@_commands.command()
@click.argument("city")
@click.argument("period", required=False)
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
@click.option("--as-of", default=None, help="Keadaan pada waktu itu (ISO). / As it stood then (ISO).")
def show(city: str, period: str | None, as_json: bool, as_of: str | None) -> None:
    """Tampilkan hasil. / Show results."""
    label = _period(period).label if period else None
    rows = _results(city, label, as_of=as_of, is_whole=as_json)
    if as_json:
        from pipeline.report.text import described

        _say(_as_json([described(row) for row in rows]))
    else:
        _print_results(rows)
        _say_where(city, {row["period"] for row in rows})


@_commands.command()
@click.argument("city")
@click.argument("period")
@click.argument("indicator", type=_Indicator())
@click.option("--rows", "groups", multiple=True, metavar="NAME=MEMBER", help="Barisnya sebagai CSV. / Its rows as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
def explain(city: str, period: str, indicator: str, groups: tuple[str, ...], as_json: bool) -> None:
    """Uraikan satu angka (10.3 atau inquiry_response). / Take one number apart (10.3 or inquiry_response)."""
    from pipeline.report.text import explanation
    from pipeline.report.versions import described_version, version_lines

    label = _period(period).label
    row = next((row for row in _results(city, label, is_whole=as_json) if row["indicator"] == indicator), None)
    if row is None:
        raise _nothing_stored(city, label)
    if groups:
        _print_rows_behind(city, label, indicator, groups)
        return
    effects, note = _effects(row)
    warehouse = _warehouse()
    parts, told = warehouse.variant_parts(city, label, indicator), _versions(city, label, indicator, as_of=None)
    if as_json:
        from pipeline.report.text import explained

        versions = [described_version(one) for one in told]
        _say(_as_json([explained(row, parts=parts, effects=effects, note=note, versions=versions)]))
        return
    _say(
        explanation(
            row,
            parts=parts,
            breakdowns=warehouse.breakdowns(city, label, indicator) or _parts_of_province(row),
            effects=effects,
            note=note,
        )
    )
    _say("Versi / Versions:")
    for line in version_lines(told):
        _say(line)
    if row["version"] is not None:
        _say(_where_raw_files_lie(city, label, indicator))


def _effects(row: dict[str, Any]) -> tuple[dict[tuple[str, str], Told] | None, str]:
    """What each rule does to a value, or why that cannot be said here; a province has no rows of its own."""
    from pipeline import steps
    from pipeline.report.text import Told

    rules = [(outcome, rule) for outcome in ("excluded", "quarantined") for rule in row["rows"][outcome]]
    if row["version"] is None or not rules:
        return None, ""
    try:
        with _progress() as progress, progress.step("Hitung pengaruh / Compute effects"):
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


@_commands.command()
@click.argument("city")
@click.argument("asked_for", metavar="[PERIOD] [INDICATOR]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
@click.option("--as-of", default=None, help="Hanya versi sampai waktu itu (ISO). / Versions up to then (ISO).")
def history(city: str, asked_for: tuple[str, ...], as_json: bool, as_of: str | None) -> None:
    """Semua versi hasil, dengan sebab dan berkasnya. / Every version, with its reason and files."""
    from pipeline.report.versions import described_version, version_lines

    label, indicator = _period_and_indicator(asked_for)
    rows = _versions(city, label, indicator, as_of=_moment(as_of, city))
    if not rows:
        raise _nothing_stored(city, label, as_of=as_of)
    if as_json:
        _say(_as_json([described_version(row) for row in rows]))
    else:
        for line in version_lines(rows):
            _say(line)


def _versions(city: str, label: str | None, indicator: str | None, *, as_of: datetime | None) -> list[dict[str, Any]]:
    """Every version of the results of a city, or every change of a province's by those of its cities."""
    from pipeline.config.province import load_province
    from pipeline.province import versions

    cities, warehouse = Settings.from_environment().cities, _warehouse()
    if not is_province(cities, city):
        found: list[dict[str, Any]] = warehouse.history(city, indicator, period=label, as_of=as_of)
        return found
    told = {
        part: warehouse.history(part, indicator, period=label, as_of=as_of)
        for part in load_province(cities, city).parts
    }
    return versions(
        city,
        told,
        current=lambda part, period, at: warehouse.results(part, period=period, as_of=at),
        names=warehouse.city_names(),
    )


def _period(text: str) -> Period:
    """The period a person means; `2026-ytd` is the year up to the last month that is over."""
    match = re.fullmatch(r"\s*((?:19|20)\d{2})-ytd\s*", text)
    if match is None:
        return Period.parse(text)
    today = datetime.now(UTC).astimezone().date()
    months = [month for month in Period(int(match[1])).months if month.last_on < today]
    if not months:
        raise ConfigError(
            id=f"{text}: belum ada bulan tahun itu yang berakhir.", en=f"{text}: no month of that year is over yet."
        )
    return Period.parse(f"{months[-1].label}-ytd")


def _period_and_indicator(words: tuple[str, ...]) -> tuple[str | None, str | None]:
    """What a person asked for of both, in either order; `ConfigError` for a word that is neither."""
    label = indicator = None
    for word in words:
        if label is None and re.match(r"\d{4}", word):
            label = _period(word).label
        elif indicator is None:
            indicator = _Indicator().convert(word, None, None)
        else:
            raise click.UsageError(f"Got unexpected extra argument ({word})", click.get_current_context())
    return label, indicator


@_commands.command("close")
@click.argument("city")
@click.argument("year")
@click.option(
    "--by", default=None, help="Siapa yang menutup; bawaan: akun ini. / Who closes it; default: this account."
)
def close_year(city: str, year: str, by: str | None) -> None:
    """Tutup tahun yang final; hanya koreksi mengubahnya. / Close a final year; only a correction changes it."""
    from pipeline.closing import account, close

    was_open = close(city, year, by=by or account())
    _print_results(_results(city, year.strip()))
    if not was_open:
        _say(f"{city} {year} sudah ditutup sebelumnya. / {city} {year} was closed already.")


@_commands.command("correct")
@click.argument("city")
@click.argument("year")
@click.option("--reason", required=True, help="Mengapa angkanya berubah. / Why the number changes.")
@click.option("--by", default=None, help="Siapa; bawaan: akun ini. / Who; default: this account.")
def correct_year(city: str, year: str, reason: str, by: str | None) -> None:
    """Koreksi tahun yang sudah ditutup, dengan alasan. / Correct a closed year, with a reason."""
    from pipeline.closing import account, correct

    with _progress() as progress:
        stored = list(correct(city, year, by=by or account(), reason=reason, progress=progress))
    for line in stored:
        _say(line)
    _print_results(_results(city, year.strip()))


@_commands.command()
@click.argument("city", metavar="CITY|PROVINCE")
@click.argument("period")
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
def verify(city: str, period: str, as_json: bool) -> None:
    """Hitung ulang dari berkas mentah, bandingkan semua. / Recompute from the raw files and compare everything."""
    from pipeline.backfill import refuse_faults
    from pipeline.report.verification import lines
    from pipeline.verifying import verify as verified

    label = _period(period).label
    names = dict.fromkeys(row["city"] for row in _warehouse_rows(city, label))
    found, faults = [], list[tuple[str, TolokError]]()
    with _progress() as progress:
        for name in names:
            try:
                found.append(verified(name, label, progress=progress))
            except TolokError as fault:
                faults.append((f"{name} {label}", fault))
    if as_json:
        _say(_as_json([one.as_json for one in found]))
    for one in found:
        if not as_json:
            _say("\n".join([one.city_id] * (len(names) > 1) + list(lines(one))))
        try:
            one.refuse()
        except DataRejected as fault:
            faults.append((f"{one.city_id} {label}", fault))
    if len(faults) == 1:
        raise faults[0][1]
    refuse_faults(faults)


def _warehouse_rows(name: str, label: str) -> list[dict[str, Any]]:
    """The results of a city, or of the cities of a province; `ConfigError` for none."""
    cities = Settings.from_environment().cities
    if not is_province(cities, name):
        return _results(name, label)
    found = [row for part in _cities_of(name) for row in _warehouse().current(part, label)]
    if not found:
        raise _nothing_stored(name, label)
    return found


@_commands.command()
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
    written_count, faults, wanted = 0, list[tuple[str, TolokError]](), _range(labels)
    with _progress() as progress:
        for name in names:
            stored = [label for label in wanted if label in reporting.view(name).periods]
            if not stored and not is_all:
                raise _nothing_stored(name, wanted[0])
            with progress.step(f"Laporan / Reports {name}"):
                for label in stored:
                    try:
                        paths = list(_write_reports(reporting, name, label, formats=asked, languages=languages))
                    except TolokError as fault:
                        faults.append((f"{name} {label}", fault))
                    else:
                        written_count += len(paths)
                        _say("\n".join(paths))
    if is_all:
        _say(f"{written_count} berkas / files")
    if len(faults) == 1:
        raise faults[0][1]
    refuse_faults(faults)


def _range(labels: Sequence[str]) -> list[str]:
    """The periods from the first to the last told, all as long as the first."""
    first = _period(labels[0])
    if len(labels) == 1:
        return [first.label]
    return [period.label for period in span(*labels) if period.is_year is first.is_year]


def _write_reports(
    reporting: Reporting, name: str, label: str, *, formats: Sequence[str], languages: Sequence[Code]
) -> Iterator[str]:
    from pipeline import steps

    if not reporting.is_province(name):
        yield from steps.report(name, label, formats=formats, languages=languages or ("id",), reporting=reporting)
        return
    if "html" in formats:
        yield str(_write_page_of_province(Settings.from_environment(), name, label, _results(name, label)))
    for path in reporting.write(name, label, formats=formats, languages=languages or ("id",)):
        yield str(path)


def _write_page_of_province(settings: Settings, name: str, label: str, results: list[dict[str, Any]]) -> Path:
    from pipeline.config.province import load_province
    from pipeline.report.page import write_page

    province, names = load_province(settings.cities, name), _warehouse().city_names()
    return write_page(
        settings.home / "reports" / name / f"{label}.html",
        city_name=province.name,
        period=label,
        results=results,
        breakdowns={row["indicator"]: _parts_of_province(row) for row in results},
        verdicts=[],
        sources=[],
        parts={part: names.get(part, part) for part in province.parts},
    )


@_commands.command()
@click.argument("names", metavar="[CITY]...", nargs=-1)
@click.option("--lang", type=click.Choice(("id", "en")), default="id", show_default=True, help="Bahasa. / Language.")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=None, help="Map tujuan. / Folder to write to.")
def dashboard(names: tuple[str, ...], lang: Literal["id", "en"], folder: Path | None) -> None:
    """Tulis dasbor satu, beberapa, atau semua kota. / Write the dashboard of one, several or all cities."""
    from pipeline.dashboards import Dashboards, write_dashboards

    settings = Settings.from_environment()
    made = Dashboards(settings, folder.absolute()) if folder else Dashboards.of_machine(settings)
    for path in write_dashboards(made, names, [lang]):
        _say(str(path))


@_commands.command()
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
    settings, label = Settings.from_environment(), _period(period).label
    reporting = Reporting(settings)
    if not withdraw and label not in reporting.view(city).periods:
        raise _nothing_stored(city, label)
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
            _say(line)
        if is_same:
            _say("Tidak ada yang berubah. / Nothing changes.")
    else:
        for path in publishing.files(city, label) if target == "files" else publishing.ms_ind(city, label):
            _say(path)


@_commands.command()
@click.argument("city")
def status(city: str) -> None:
    """Periode, keadaannya, yang kurang, dan run berikutnya. / Periods, their state, what is missing, the next run."""
    from pipeline import steps
    from pipeline.report.status_page import status_lines

    for line in status_lines(steps.status(city, now=datetime.now(UTC))):
        _say(line)
    _say(f"Halaman / Page: {Settings.from_environment().home / 'reports' / city / 'status.html'}")


@_commands.command()
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


@contextmanager
def _progress() -> Iterator[Progress]:
    """Bars where somebody watches, else a line per step."""
    if sys.stderr.isatty():
        from rich.console import Console

        from pipeline.terminal_progress import terminal_progress

        with terminal_progress(Console(stderr=True)) as bars:
            yield bars
    else:
        from pipeline.progress import Lines

        yield Lines(lambda line: _say(line, err=True))


def _say_where(city: str, labels: set[str]) -> None:
    """Say where the warehouse and the periods' reports lie."""
    from pipeline.warehouse import Warehouse

    settings = Settings.from_environment()
    warehouse = Warehouse(settings.warehouse_url)
    _say(f"Gudang data / Warehouse: {warehouse.address}")
    for label in sorted(labels):
        folder = settings.home / "reports" / city
        page = folder / f"{label}.html"
        if page.is_file():
            _say(f"Halaman / Page: {page}")
        paths = sorted({*folder.glob(f"{label}.*"), *folder.glob(f"{label}-csv")} - {page})
        moments = [one.computed_at for one in warehouse.results(city, period=label) if one.computed_at] if paths else []
        stored_at = max(moments).timestamp() if moments else 0
        for path in paths:
            _say(f"Laporan / Report: {path}{_OLDER if path.stat().st_mtime < stored_at else ''}")


def _as_json(objects: list[dict[str, Any]]) -> str:
    from pipeline.report.unseen import visible_json

    return visible_json(json.dumps(objects, indent=2, ensure_ascii=False, default=datetime.isoformat))


def _print_results(rows: list[dict[str, Any]]) -> None:
    from pipeline.report.text import results_table

    results_table(rows)


def _watched(city_id: str, condition: Condition) -> str:
    from pipeline.notices import KINDS, label

    kind = KINDS[condition.kind]
    return f"{city_id}: {kind.id} / {kind.en}: {label(condition)}\n    {condition.id}\n    {condition.en}"


def _results(city: str, label: str | None, *, as_of: str | None = None, is_whole: bool = False) -> list[dict[str, Any]]:
    moment = _moment(as_of, city)
    cities = Settings.from_environment().cities
    if is_province(cities, city):
        rows = _of_province(cities, city, label, as_of=moment)
    else:
        rows = _warehouse().current(city, label, as_of=moment, is_whole=is_whole)
    if not rows:
        raise _nothing_stored(city, label, as_of=as_of)
    return rows


def _of_province(cities: Path, name: str, label: str | None, *, as_of: datetime | None) -> list[dict[str, Any]]:
    """The results of a province, made of its cities' as they stand now, or stood as of a moment."""
    from pipeline.config.province import load_province
    from pipeline.province import rolled_up
    from pipeline.warehouse.city_view import shown

    parts, warehouse = load_province(cities, name).parts, _warehouse()
    by_city = {city: warehouse.results(city, period=label, as_of=as_of) for city in parts}
    results = rolled_up(name, by_city, names=warehouse.city_names())
    return [shown(result, is_whole=True) for result in results]


def _parts_of_province(row: dict[str, Any]) -> list[dict[str, Any]]:
    of_row = {"dimension": "city", "city_id": row["city"], "period": row["period"], "unit": row["unit"]}
    parts = row.get("breakdowns", {}).get("city", ())
    names = _warehouse().city_names() if parts else {}
    return [of_row | part | {"member": names.get(part["member"], part["member"])} for part in parts]


def _warehouse() -> Any:  # noqa: ANN401 the class is imported where it is used, to keep start-up short
    from pipeline.warehouse import Warehouse

    warehouse = Warehouse(Settings.from_environment().warehouse_url)
    warehouse.migrate()
    return warehouse


def _nothing_stored(name: str, label: str | None, *, as_of: str | None = None) -> ConfigError:
    cities, warehouse = Settings.from_environment().cities, _warehouse()
    known = city_ids(cities)
    parts = _cities_of(name)
    closed = {one["period"] for part in parts for one in warehouse.closings(part) if one["action"] == "closed"}
    hint = " ; ".join(f"tolok run {part} {label or '2025'}" for part in parts[:_SHOWN_HINTS])
    if name not in known and not is_province(cities, name):
        near = nearest(name.lower(), known)
        hint = f"tolok run {near} {label or '2025'}" if near else f"tolok init {name}"
    elif label and label[:4] in closed and name in known:
        hint = f"tolok correct {name} {label[:4]} --reason '...'"
    what = f"{name} {label}" if label else name
    then_id, then_en = (f" pada {as_of}", f" as of {as_of}") if as_of else ("", "")
    near_id, near_en = did_you_mean(name, known) if name not in known else ("", "")
    if stored := {row["period"] for part in parts for row in warehouse.current(part)}:
        shown = nearest_periods(label, stored)
        left_count, told = len(stored) - len(shown), ", ".join(shown)
        near_id = f" Yang terdekat: {told}; {left_count} periode lain ada." if left_count else f" Yang ada: {told}."
        near_en = (
            f" The nearest: {told}; there are {left_count} more periods." if left_count else f" There are: {told}."
        )
    return ConfigError(
        id=f"Belum ada hasil untuk {what}{then_id}.{near_id} Jalankan: {hint}",
        en=f"There are no results yet for {what}{then_en}.{near_en} Run: {hint}",
    )


def _cities_of(name: str) -> Sequence[str]:
    """The cities of a province, or the city itself."""
    from pipeline.config.province import load_province

    cities = Settings.from_environment().cities
    return load_province(cities, name).parts if is_province(cities, name) else [name]


def _moment(text: str | None, city: str) -> datetime | None:
    """The moment a person means: one without a zone is on the city's clock, a day lasts to its end."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            id=f"Waktu '{text}' tidak dikenal. Tulis seperti 2025-01-31 atau 2025-01-31T17:00:00+07:00.",
            en=f"The moment '{text}' is not known. Write it like 2025-01-31 or 2025-01-31T17:00:00+07:00.",
        ) from None
    if len(text) <= len("2025-01-31"):
        moment = datetime.combine(moment, time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(_warehouse().zone_of(city) or "UTC"))


def _fail(error: TolokError) -> None:
    _end(f"{error.id}\n{error.en}", error.exit_code)


def _said(error: click.ClickException) -> str:
    """What is wrong with the words of a command, in both languages where they are click's own."""
    english, param = error.format_message(), getattr(error, "param", None)
    name = param.human_readable_name if param is not None else ""
    if isinstance(error, click.MissingParameter):
        return f"'{name}' belum ditulis.\n{english}"
    if isinstance(error, click.NoSuchOption):
        return f"Pilihan '{error.option_name}' tidak ada.\n{english}"
    if isinstance(error, click.BadParameter) and param is not None and isinstance(param.type, click.Choice):
        return f"'{name}' harus salah satu dari: {', '.join(map(str, param.type.choices))}.\n{english}"
    if english.startswith("No such command"):
        return f"Perintah itu tidak ada.\n{english}"
    if english.startswith("Got unexpected extra argument"):
        return f"Terlalu banyak kata di belakang perintah.\n{english}"
    return english


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return context.get_usage() if context else "tolok --help"


def _say(text: object, *, err: bool = False) -> None:
    """Print a text, in which no name of a file or an agency turns or hides what stands beside it."""
    from pipeline.report.unseen import visible

    click.echo(visible(str(text)), err=err)


def _end(text: str, exit_code: int) -> None:
    _say(text, err=True)
    sys.exit(exit_code)
