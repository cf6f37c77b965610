"""What must hold of a city before anything of it is counted, asked alike by check, run and the DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import ConfigError
from pipeline.config.city import City
from pipeline.periods import Period

if TYPE_CHECKING:
    from connectors.crosswalk import Place


def sources_for(city: City, period: Period) -> list[str]:
    """The city's sources for the period: all but those that declare to cover other days only or opened after it."""
    declared = {name: source.declared_coverage for name, source in city.sources.items() if source.is_open_in(period)}
    return [name for name, coverage in declared.items() if coverage is None or coverage.within(period)]


def require_countable(city: City, period: Period) -> None:
    """Raise what keeps a period of the city from being counted at all.

    `ConfigError` for codes of two places or of none, and for several population sources of which none is chosen;
    `DataRejected` for a crosswalk that is none.
    """
    place_of_city(city)
    _require_one_population(city, period)


def _require_one_population(city: City, period: Period) -> None:
    names = [name for name in sources_for(city, period) if city.sources[name].table == "population"]
    is_declared = any(figure.year == period.year for figure in city.population.figures)
    if len(names) < 2 or is_declared or city.population.source in names or not city.sources_of("visits"):
        return
    listed = ", ".join(names)
    raise ConfigError(
        id=f"{period.label}: penduduk dari beberapa sumber ({listed}), dan tidak satu pun dipilih. Tulis "
        f"population: {{source: {names[0]}}}; yang lain menjadi varian.",
        en=f"{period.label}: the population comes from several sources ({listed}) and none is chosen. Write "
        f"population: {{source: {names[0]}}}; the others become variants.",
    )


def place_of_city(city: City) -> Place | None:
    """The one place that all of the city's codes mean; null without a crosswalk.

    Raises `ConfigError` when they mean two places or one is not there, `DataRejected` for a file that is no crosswalk.
    """
    from connectors.crosswalk import place_of, read_crosswalk

    if not city.crosswalk:
        return None
    codes = {str(authority): code for authority, code in city.region_codes.items()}
    return place_of(read_crosswalk(city.folder / city.crosswalk), codes)
