"""What must hold of a city before anything of it is counted, asked alike by check, run and the DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.config.city import City

if TYPE_CHECKING:
    from connectors.crosswalk import Place


def place_of_city(city: City) -> Place | None:
    """The one place that all of the city's codes mean; null without a crosswalk.

    Raises `ConfigError` when they mean two places or one is not there, `DataRejected` for a file that is no crosswalk.
    """
    from connectors.crosswalk import place_of, read_crosswalk

    if not city.crosswalk:
        return None
    codes = {str(authority): code for authority, code in city.region_codes.items()}
    return place_of(read_crosswalk(city.folder / city.crosswalk), codes)
