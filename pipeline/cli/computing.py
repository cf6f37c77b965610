"""Commands that compute results, close and correct years, and verify what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from connectors.errors import ConfigError, DataRejected, TolokError
from connectors.numerals import counted_en
from pipeline.cli.asked import asked_period
from pipeline.cli.group import commands
from pipeline.cli.printing import json_text, print_results, say, say_where, shown_progress
from pipeline.cli.stored import cities_within, nothing_stored, open_warehouse, results_of
from pipeline.settings import Settings, city_ids, is_province

if TYPE_CHECKING:
    from pipeline.backfill import Backfill, Ended, Filled
    from pipeline.progress import Progress


@commands.command()
@click.argument("city")
@click.argument("period")
def run(city: str, period: str) -> None:
    """Hitung tahun, bulan, 2025-06-ytd, atau 2025-06-r12. / Compute a year, month, 2025-06-ytd or 2025-06-r12."""
    from pipeline import steps

    label = asked_period(period).label
    with shown_progress() as progress:
        stored = steps.run(city, label, progress=progress)
    for line in stored:
        say(line)
    print_results(results_of(city, label))
    say_where(city, {label})


@commands.command()
@click.argument("words", metavar="[CITY] FIRST [LAST]", nargs=-1, required=True)
@click.option("--all", "is_all", is_flag=True, help="Semua kota. / All cities.")
@click.option("--again", is_flag=True, help="Hitung ulang yang sudah ada. / Compute again what is already there.")
@click.option("--airflow", is_flag=True, help="Lewat Airflow, di samping jadwal. / Through Airflow, beside its runs.")
def backfill(words: tuple[str, ...], is_all: bool, again: bool, airflow: bool) -> None:
    """Isi periode lalu, bulan sebelum tahun; boleh dihentikan dan dilanjutkan. / Fill past periods, resumable."""
    from pipeline.backfill import refuse_faults

    filled = []
    with shown_progress() as progress:
        for one in _filled(words, is_all, again, run=partial(_in_airflow if airflow else _here, progress=progress)):
            filled.append(one)
            if airflow and one.left_count:  # Airflow itself is at fault, and would be for any city.
                break
    computed_count, done_count = sum(one.computed_count for one in filled), sum(one.done_count for one in filled)
    say(
        f"{computed_count} periode dihitung, {done_count} dilewati karena sudah ada dan tidak berubah "
        "(--again menghitung ulang).\n"
        f"{counted_en(computed_count, 'period', 'periods')} computed, {done_count} skipped as already there and "
        "unchanged (--again computes them anew)."
    )
    if left_count := sum(one.left_count for one in filled):
        say(
            f"Berhenti: {left_count} periode belum dicoba; perintah yang sama melanjutkan.\n"
            f"Stopped: {counted_en(left_count, 'period was', 'periods were')} not tried; the same command goes on."
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


@commands.command("close")
@click.argument("city")
@click.argument("year")
@click.option(
    "--by", default=None, help="Siapa yang menutup; bawaan: akun ini. / Who closes it; default: this account."
)
def close_year(city: str, year: str, by: str | None) -> None:
    """Tutup tahun yang final; hanya koreksi mengubahnya. / Close a final year; only a correction changes it."""
    from pipeline.closing import account, close

    was_open = close(city, year, by=by or account())
    print_results(results_of(city, year.strip()))
    if not was_open:
        say(f"{city} {year} sudah ditutup sebelumnya. / {city} {year} was closed already.")


@commands.command("correct")
@click.argument("city")
@click.argument("year")
@click.option("--reason", required=True, help="Mengapa angkanya berubah. / Why the number changes.")
@click.option("--by", default=None, help="Siapa; bawaan: akun ini. / Who; default: this account.")
def correct_year(city: str, year: str, reason: str, by: str | None) -> None:
    """Koreksi tahun yang sudah ditutup, dengan alasan. / Correct a closed year, with a reason."""
    from pipeline.closing import account, correct

    with shown_progress() as progress:
        stored = list(correct(city, year, by=by or account(), reason=reason, progress=progress))
    for line in stored:
        say(line)
    print_results(results_of(city, year.strip()))


@commands.command()
@click.argument("city", metavar="CITY|PROVINCE")
@click.argument("period")
@click.option("--json", "as_json", is_flag=True, help="Objek JSON. / JSON objects.")
def verify(city: str, period: str, as_json: bool) -> None:
    """Hitung ulang dari berkas mentah, bandingkan semua. / Recompute from the raw files and compare everything."""
    from pipeline.backfill import refuse_faults
    from pipeline.report.verification import lines
    from pipeline.verifying import verify as verified

    label = asked_period(period).label
    names = dict.fromkeys(row["city"] for row in _warehouse_rows(city, label))
    found, faults = [], list[tuple[str, TolokError]]()
    with shown_progress() as progress:
        for name in names:
            try:
                found.append(verified(name, label, progress=progress))
            except TolokError as fault:
                faults.append((f"{name} {label}", fault))
    if as_json:
        say(json_text([one.as_json for one in found]))
    for one in found:
        if not as_json:
            say("\n".join([one.city_id] * (len(names) > 1) + list(lines(one))))
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
        return results_of(name, label)
    found = [row for part in cities_within(name) for row in open_warehouse().current(part, label)]
    if not found:
        raise nothing_stored(name, label)
    return found
