"""The first step: raw bytes of the city's sources into the landing zone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import SourceUnavailable
from pipeline.config.city import City
from pipeline.landing import Manifest, erased_ids, land, put_again, refuse_expired
from pipeline.periods import Period
from pipeline.preconditions import require_countable, sources_for
from pipeline.progress import SILENT, Meter, Progress
from pipeline.steps.environment import city_called, home

_log = logging.getLogger(__name__)


def sources(city_id: str, period: str) -> list[str]:
    """The city's sources for the period: all but those that declare to cover other days only.

    Raises what `pipeline.preconditions` raises when the city cannot be counted at all.
    """
    city, asked = city_called(city_id), Period.parse(period)
    require_countable(city, asked)
    return sources_for(city, asked)


def needs(city_id: str, source: str, period: str) -> bool:
    """Whether the period needs a source."""
    return source in sources_for(city_called(city_id), Period.parse(period))


def connection(city_id: str, source: str) -> str | None:
    """The name of the connection a source is pulled over; null for files of a folder."""
    return city_called(city_id).sources[source].connection


def connections(city_id: str) -> list[str]:
    """The names of the connections that all sources of a city are pulled over, each once."""
    return sorted({source.connection for source in city_called(city_id).sources.values() if source.connection})


def fetch(city_id: str, source: str, period: str, *, progress: Progress = SILENT) -> str:
    """Land the raw bytes of one source, from its folder or its system; gives the name of its manifest."""
    city, asked = city_called(city_id), Period.parse(period)
    refuse_expired(home(), city_id=city_id, source_name=source, period=asked)
    with progress.step(f"Ambil / Fetch {source}") as meter:
        # Erasing that took away what was being fetched does so once: the next time its persons are known.
        manifest = _landed(city, source, asked, meter) or _landed(city, source, asked, meter)
    if manifest is None:
        raise _taken_away(city_id, source)
    return f"{manifest.source}/{manifest.period}"


def _landed(city: City, source: str, period: Period, meter: Meter) -> Manifest | None:
    """What was landed, without erased persons; null where erasing took some of it away meanwhile."""
    try:
        if city.sources[source].connection:
            from pipeline.pulling import pull

            manifest = pull(home(), city=city, source_name=source, period=period, now=datetime.now(UTC))
        else:
            manifest = land(home(), city=city, source_name=source, period=period, meter=meter)
        manifest = _strip(city, manifest)
        put_again(home(), manifest.kept_files)
    except FileNotFoundError as fault:
        if not Path(fault.filename or "").is_relative_to(home() / "landing"):
            raise
        return None
    return manifest


def _taken_away(city_id: str, source: str) -> SourceUnavailable:
    return SourceUnavailable(
        id=f"{city_id}, sumber '{source}': berkas yang baru diambil dihapus sementara itu, misalnya oleh tolok erase. "
        "Jalankan lagi.",
        en=f"{city_id}, source '{source}': what was just fetched was taken away meanwhile, as by tolok erase. Run "
        "again.",
    )


def _strip(city: City, manifest: Manifest) -> Manifest:
    """Take rows of erased persons out of what was fetched, and say so: the source still holds them."""
    if not erased_ids(home(), city.city, manifest.source):
        return manifest
    from pipeline.erasing.files import strip

    stripped, count = strip(home(), city, manifest)
    if count:
        _log.warning(
            "%s %s: %d baris orang yang sudah dihapus masih ada di sumbernya; tidak disimpan. Minta pengelola sumber "
            "menghapusnya. / %d rows of erased persons are still in the source; they were not kept. Ask who runs the "
            "source to erase them.",
            manifest.source,
            manifest.period,
            count,
            count,
        )
    return stripped
