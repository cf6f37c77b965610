"""`tolok readiness` and its template: one region, a province, or all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.errors import ConfigError, TolokError
from pipeline.config.load import load_city
from pipeline.config.province import load_province
from pipeline.indicators.themes import THEMES
from pipeline.language import Language
from pipeline.progress import Progress
from pipeline.readiness.answers import State
from pipeline.readiness.check import Checked, check_readiness, year_folder
from pipeline.readiness.dossier import dossier_name
from pipeline.readiness.evidence import SHARED
from pipeline.readiness.form_template import write_form
from pipeline.readiness.questions import QUESTIONS
from pipeline.settings import Settings, city_ids, is_province
from pipeline.warehouse import ReadinessRecords

FORM = "formulir.xlsx"


def write_empty_form(city_id: str | None, *, year: int | None, target: Path | None) -> Path:
    """Write the form of a city and year where the check looks for it, or into a file; `ConfigError` as `write_form`."""
    if city_id is None:
        return write_form(target or Path("tolok-readiness.xlsx"), city_id="", city_name="", year=year)
    city = load_city(Settings.from_environment().cities, city_id)
    if target is None:
        target = year_folder(city, year) / FORM if year else Path(f"tolok-readiness-{city_id}.xlsx")
    if year and target == year_folder(city, year) / FORM and not target.exists():
        _make_folders(target.parent)  # Before the form, which is there once.
    return write_form(target, city_id=city.city, city_name=city.name, year=year)


def _make_folders(folder: Path) -> None:
    """A folder for the evidence of each question, and one for what several share."""
    for question in QUESTIONS:
        theme = f"{question.theme} {Language('id')(THEMES[question.theme])}"
        (folder / question.clause / theme).mkdir(parents=True, exist_ok=True)
    (folder / SHARED).mkdir(exist_ok=True)


def regions(name: str | None) -> list[str]:
    """The cities that a name means: itself, those of a province, or without a name all of them."""
    cities = Settings.from_environment().cities
    if name is None:
        return city_ids(cities)
    if is_province(cities, name):
        return list(load_province(cities, name).parts)
    return [name]


def history(city_id: str) -> list[tuple[int, date, Counter[State]]]:
    """How many questions of a city were in each state, by year and by each day on which that changed."""
    settings = Settings.from_environment()
    city = load_city(settings.cities, city_id)
    records = ReadinessRecords(settings.warehouse_url)
    found = [
        (year, day, Counter(answer.state for answer in records.current(city_id, year, as_of=day).values()))
        for year in records.years(city_id)
        for day in records.days(city_id, year)
    ]
    if not found:
        raise ConfigError(
            id=f"Kesiapan {city.name} belum pernah diperiksa. Jalankan: tolok readiness {city_id} 2025",
            en=f"The readiness of {city.name} was never checked. Run: tolok readiness {city_id} 2025",
        )
    return found


def year_of(text: str) -> int:
    """A year; `ConfigError` for anything else."""
    if not (text.isdecimal() and len(text) == 4 and 1990 <= int(text) <= 2100):
        raise ConfigError(
            id=f"'{text[:20]}' bukan tahun. Tulis misalnya: tolok readiness kota-contoh 2025",
            en=f"'{text[:20]}' is no year. Write for example: tolok readiness kota-contoh 2025",
        )
    return int(text)


def day_of_check(text: str | None) -> date | None:
    """The day as of which evidence is looked at; `ConfigError` for what is none."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            id=f"Tanggal '{text}' tidak dikenal. Tulis seperti 2025-12-31.",
            en=f"The day '{text}' is not known. Write it like 2025-12-31.",
        ) from None


def check_all(
    names: Sequence[str], year: int, *, as_of: date | None, to: Path | None, progress: Progress
) -> Iterator[tuple[str, Checked | TolokError]]:
    """Check each region and go on after one that cannot be checked; dossiers of the same name are refused before."""
    settings = Settings.from_environment()
    now, cities = datetime.now(UTC), []
    taken: dict[str, str] = {}
    for name in names:
        try:
            city = load_city(settings.cities, name)
        except TolokError as error:
            yield name, error
            continue
        other = taken.setdefault(dossier_name(city, year).casefold(), name)
        if other != name and to is not None:
            yield name, _same_name(name, other, dossier_name(city, year))
        else:
            cities.append(city)
    for city in cities:
        try:
            with progress.step(f"kesiapan / readiness {city.city}"):
                today = now.astimezone(city.zone_info).date()
                yield city.city, check_readiness(city, year, today=today, as_of=as_of, to=to)
        except TolokError as error:
            yield city.city, error


def _same_name(name: str, other: str, dossier: str) -> ConfigError:
    return ConfigError(
        id=f"{name}: dosirnya bernama {dossier}, sama dengan dosir {other}. Isi readiness.region di salah satu YAML.",
        en=f"{name}: its dossier is called {dossier}, as that of {other}. Set readiness.region in the YAML of one.",
    )
