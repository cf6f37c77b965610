"""Matomo's visits a day by its reporting API, days without visits kept apart from days not tracked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from connectors.base import Connector, Options, Retention, Window, Wire, frame_of
from connectors.errors import ConfigError, DataRejected, SourceChanged
from connectors.http import Answer, Request
from connectors.numerals import counted_en
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

_MANUAL_OFFSET = re.compile(r"UTC([+-]\d{1,2}(?:\.\d+)?)?")
_SITE_FILE = re.compile(r"site-(\d+)\.json")
_VISITS_FILE = re.compile(r"\d{8}-\d{8}-site-(\d+)\.json")
_RIGHTS = re.compile(r"token|authenticat|access|permission", re.IGNORECASE)


class MatomoOptions(Options):
    """Which sites (idSite) stand for which portal, and whether a site on another clock than the city's will do."""

    sites: dict[str, str] = Field(min_length=1)
    may_differ_in_zone: bool = False

    @field_validator("sites")
    @classmethod
    def _are_numbers(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(site.isdigit() for site in value):
            raise ValueError('idSite berupa angka, misalnya sites: {"1": portal} / idSite is a number')
        return value


@dataclass(frozen=True)
class _Site:
    """What Matomo knows of a site: its clock and since when it is tracked."""

    zone: str
    created_at: datetime

    def offset(self, moment: datetime) -> timedelta | None:
        """How far the site's clock is from UTC at a moment; null for a clock nobody here knows."""
        manual = _MANUAL_OFFSET.fullmatch(self.zone)
        if manual:
            return timedelta(hours=float(manual[1] or 0))
        try:
            return moment.astimezone(ZoneInfo(self.zone)).utcoffset()
        except (ValueError, OSError, KeyError):
            return None

    @property
    def first_on(self) -> date:
        return (self.created_at + (self.offset(self.created_at) or timedelta())).date()


class Matomo(Connector):
    """`VisitsSummary.get` by day. Grain of `rows`: one site and day, with the metrics Matomo names and `portal_id`.

    Matomo answers `[]` for a day without data. That is 0 visits when the site was there and the same answer has other
    days with data; else nobody can tell it from a tracker that was not running, and the day has no row.
    """

    OPTIONS = MatomoOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The whole days of the window for each site.

        Raises `ConfigError` for a refused token or a site on another clock than the city's, `DataRejected` for any
        other error of Matomo's, `SourceChanged` for an answer of another form.
        """
        days = window.whole_days
        for site_id in self.options.sites if days else ():
            request = _request("SitesManager.getSiteFromId", wire, idSite=site_id)
            answer = wire.http.ask(request)
            self._check_zone(wire, site_id, _site(answer), window)
            empty = wire.ask(
                f"{days[0]:%Y%m%d}-{days[-1]:%Y%m%d}-site-{site_id}.json",
                _visits_request(wire, site_id, days),
                read=_empty_days,
            )
            wire.recorder.keep(f"site-{site_id}.json", request.fingerprint, answer.content, headers={})
            if empty:
                _note_empty(wire, site_id, empty)

    def held(self, wire: Wire) -> Retention:
        """Since when the oldest of the sites is tracked."""
        asked = (_request("SitesManager.getSiteFromId", wire, idSite=site_id) for site_id in self.options.sites)
        return Retention(from_at=min(_site(wire.http.ask(request)).created_at for request in asked))

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """A frame for each answer with visits; answers about sites say what an empty day means."""
        sites: dict[str, _Site] = {}
        for file in files:
            named = _SITE_FILE.fullmatch(file.name)
            if named:
                site = _site(Answer(file.path.read_bytes(), 200, {}, file.name))
                known = sites.setdefault(named[1], site)
                sites[named[1]] = min(known, site, key=lambda s: s.created_at)
        for file in files:
            named = _VISITS_FILE.fullmatch(file.name)
            if named:
                records = self._records(json.loads(file.path.read_bytes()), named[1], sites.get(named[1]))
                yield file, frame_of(records, columns=columns)

    def _records(self, days: Mapping[str, Any], site_id: str, site: _Site | None) -> Iterator[Mapping[str, str | None]]:
        is_tracked = any(days.values())
        shown = {"idSite": site_id, "portal_id": self.options.sites.get(site_id)}
        for day, metrics in days.items():
            if metrics:
                yield {"date": day, **shown, **{name: str(value) for name, value in metrics.items()}}
            elif is_tracked and site is not None and date.fromisoformat(day) >= site.first_on:
                yield {"date": day, **shown, "nb_visits": "0"}

    def _check_zone(self, wire: Wire, site_id: str, site: _Site, window: Window) -> None:
        moments = (window.start_at, window.end_at - timedelta(seconds=1))
        if all(site.offset(moment) == moment.utcoffset() for moment in moments):
            return
        zone = window.zone.key
        if not self.options.may_differ_in_zone:
            raise ConfigError(
                id=f"Matomo '{wire.connection.name}': situs {site_id} memakai jam {site.zone}, kota memakai {zone}; "
                "harinya tidak sama. Ubah zona situs di Matomo, atau tulis may_differ_in_zone: true di options.",
                en=f"Matomo '{wire.connection.name}': site {site_id} is on the clock of {site.zone}, the city on "
                f"{zone}; their days differ. Change the site's zone in Matomo, or write may_differ_in_zone: true in "
                "options.",
            )
        wire.recorder.note(
            id=f"situs Matomo {site_id} memakai jam {site.zone}, bukan {zone}: batas harinya bergeser",
            en=f"Matomo site {site_id} is on the clock of {site.zone}, not {zone}: its days are shifted",
        )


def _request(method: str, wire: Wire, **more: str) -> Request:
    """A POST, because tokens may be refused in an address, where logs would keep them."""
    form = {"module": "API", "method": method, "format": "json", **more}
    return Request(url="index.php", method="POST", form=form, secret_form={"token_auth": wire.connection.password})


def _visits_request(wire: Wire, site_id: str, days: Sequence[date]) -> Request:
    return _request(
        "VisitsSummary.get",
        wire,
        idSite=site_id,
        period="day",
        date=f"{days[0]},{days[-1]}",
        format_metrics="0",
        filter_limit="-1",
    )


def _checked(answer: Answer) -> Any:  # noqa: ANN401 any JSON
    """The answer's document; Matomo answers errors with status 200."""
    document = answer.document()
    if not isinstance(document, dict) or document.get("result") != "error":
        return document
    if _RIGHTS.search(str(document.get("message", ""))):
        raise ConfigError(
            id=f"{answer.where}: Matomo menolak token atau haknya. Periksa token (password koneksi) dan hak 'view' "
            "pada situsnya.",
            en=f"{answer.where}: Matomo refuses the token or its rights. Check the token (password of the connection) "
            "and its 'view' right on the site.",
        )
    raise DataRejected(
        id=f"{answer.where}: Matomo menjawab dengan kesalahan. Periksa idSite di options.sites dan catatan Matomo.",
        en=f"{answer.where}: Matomo answered with an error. Check the idSite in options.sites and Matomo's own log.",
    )


def _site(answer: Answer) -> _Site:
    """The site of an answer of `SitesManager.getSiteFromId`, which older versions put in a list."""
    document = _checked(answer)
    site = document[0] if isinstance(document, list) and document else document
    try:
        created_at = datetime.fromisoformat(site["ts_created"]).replace(tzinfo=UTC)
        return _Site(str(site["timezone"]), created_at)
    except (TypeError, KeyError, ValueError):
        raise _changed(answer, "timezone, ts_created") from None


def _empty_days(answer: Answer) -> list[str]:
    """The days of an answer of `VisitsSummary.get` that have no data."""
    document = _checked(answer)
    if not isinstance(document, dict):
        raise _changed(answer, '{"YYYY-MM-DD": {"nb_visits": ...}}')
    for day, metrics in document.items():
        is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)
        if not is_day or (metrics != [] and not (isinstance(metrics, dict) and "nb_visits" in metrics)):
            raise _changed(answer, '{"YYYY-MM-DD": {"nb_visits": ...}}')
    return [day for day, metrics in document.items() if not metrics]


def _changed(answer: Answer, expected: str) -> SourceChanged:
    return SourceChanged(
        id=f"{answer.where}: jawaban Matomo tidak berbentuk {expected}. Periksa versi Matomo dan plugin-nya.",
        en=f"{answer.where}: Matomo's answer is not of the form {expected}. Check Matomo's version and plugins.",
    )


def _note_empty(wire: Wire, site_id: str, days: Sequence[str]) -> None:
    wire.recorder.note(
        id=f"situs Matomo {site_id}: {len(days)} hari tanpa data sejak {days[0]}; pastikan pelacaknya berjalan",
        en=f"Matomo site {site_id}: {counted_en(len(days), 'day', 'days')} without data from {days[0]} on; make sure "
        "its tracker was running",
    )
