"""Google Analytics 4 sessions a day by runReport, with the period's own total beside them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from connectors.base import Connector, Options, Window, Wire, frame_of
from connectors.connection import Connection
from connectors.documents import dig
from connectors.errors import ConfigError, DataRejected, SourceChanged
from connectors.http import Answer, Request
from connectors.numerals import counted_en, number
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

_SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_TOKEN_SECONDS = 3600
_TOTAL_MARK = "-total.json"
_DIFFERENCE_PCT = 2
_MAX_PAGES = 10_000

Lack = Literal["thresholding", "other_row", "sampling"]


class Ga4ApiOptions(Options):
    """Which property, and which of Google's reservations about its own data the city accepts."""

    property: str = Field(pattern=r"^\d+$")
    accept: tuple[Lack, ...] = ()
    may_differ_in_zone: bool = False
    page_size: int = Field(default=10_000, ge=1, le=250_000)


@dataclass(frozen=True)
class _Report:
    """What one answer of runReport says."""

    rows_count: int
    total_count: int
    sessions_count: int
    zone: str
    lacks: tuple[Lack, ...]


class Ga4Api(Connector):
    """The Data API of one property. Grain of `rows`: one day, as `date` (YYYYMMDD) and `sessions`.

    A day that Google gives no row for is unknown, and has none here. Days summed need not equal the period's total,
    which is asked for as well and kept; a difference above 2 % is noted.
    """

    OPTIONS = Ga4ApiOptions
    ALSO_AT: ClassVar[tuple[str, ...]] = ("https://oauth2.googleapis.com",)

    def pull(self, wire: Wire, window: Window) -> None:
        """The whole days of the window, page by page, and their total.

        Raises `ConfigError` for a service account that is refused or a property on another clock than the city's,
        `DataRejected` when Google says that days are thresholded, lumped or sampled and the city does not accept it.
        """
        days = window.whole_days
        if not days:
            return
        token = _token(wire, self.ALSO_AT)
        name = f"{days[0]:%Y%m%d}-{days[-1]:%Y%m%d}"
        sessions_count = offset = rows_count = 0
        for page in range(1, _MAX_PAGES):
            request = self._request(days, token, dimension="date", offset=offset)
            report = wire.ask(f"{name}-{page:05d}.json", request, read=_report)
            if page == 1:
                self._check(wire, report, window)
            sessions_count += report.sessions_count
            rows_count += report.rows_count
            offset += self.options.page_size
            if offset >= report.total_count:
                break
        total = wire.ask(name + _TOTAL_MARK, self._request(days, token), read=_report)
        _note_missing(wire, report.total_count, rows_count)
        _note_difference(wire, sessions_count, total.sessions_count)

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """A frame for each page of days; the totals are for the pull's own comparison."""
        for file in files:
            if not file.name.endswith(_TOTAL_MARK):
                document = Answer(file.path.read_bytes(), 200, {}, file.name).document()
                yield file, frame_of(_records(document), columns=columns)

    def _request(self, days: Sequence[date], token: str, *, dimension: str = "", offset: int = 0) -> Request:
        body: dict[str, Any] = {
            "dateRanges": [{"startDate": days[0].isoformat(), "endDate": days[-1].isoformat()}],
            "dimensions": [{"name": dimension}] if dimension else [],
            "metrics": [{"name": "sessions"}],
            "keepEmptyRows": True,
            "limit": str(self.options.page_size),
            "offset": str(offset),
        }
        if dimension:
            body["orderBys"] = [{"dimension": {"dimensionName": dimension}}]
        return Request(
            url=f"v1beta/properties/{self.options.property}:runReport",
            method="POST",
            body=body,
            secret_headers={"Authorization": f"Bearer {token}"},
        )

    def _check(self, wire: Wire, report: _Report, window: Window) -> None:
        where = f"GA4 '{wire.connection.name}'"
        lacks = [lack for lack in report.lacks if lack not in self.options.accept]
        if lacks:
            raise DataRejected(
                id=f"{where}: Google menyatakan datanya tidak utuh ({', '.join(lacks)}). Pakai BigQuery atau periode "
                f"lebih pendek; bila diterima apa adanya, tulis accept: [{', '.join(lacks)}] di options.",
                en=f"{where}: Google says that its data are not whole ({', '.join(lacks)}). Use BigQuery or a shorter "
                f"period; to take them as they are, write accept: [{', '.join(lacks)}] in options.",
            )
        for lack in report.lacks:
            wire.recorder.note(id=f"GA4: datanya tidak utuh ({lack})", en=f"GA4: its data are not whole ({lack})")
        if report.zone and not _is_same_clock(report.zone, window):
            self._tell_of_zone(wire, report.zone, window.zone.key)

    def _tell_of_zone(self, wire: Wire, zone: str, city_zone: str) -> None:
        if not self.options.may_differ_in_zone:
            raise ConfigError(
                id=f"GA4 '{wire.connection.name}': properti memakai jam {zone}, kota memakai {city_zone}; harinya "
                "tidak sama. Ubah zona properti, atau tulis may_differ_in_zone: true di options.",
                en=f"GA4 '{wire.connection.name}': the property is on the clock of {zone}, the city on {city_zone}; "
                "their days differ. Change the property's zone, or write may_differ_in_zone: true in options.",
            )
        wire.recorder.note(
            id=f"GA4 memakai jam {zone}, bukan {city_zone}: batas harinya bergeser",
            en=f"GA4 is on the clock of {zone}, not {city_zone}: its days are shifted",
        )


def _token(wire: Wire, places: Sequence[str]) -> str:
    """An access token for the service account; neither it nor what it was asked with is kept."""
    extra = wire.connection.extra
    missing = [name for name in ("client_email", "private_key", "token_uri") if not extra.get(name)]
    if missing:
        raise ConfigError(
            id=f"Koneksi '{wire.connection.name}': extra belum berisi {', '.join(missing)}. Salin isi berkas JSON akun "
            "layanan Google ke extra koneksi.",
            en=f"Connection '{wire.connection.name}': its extra lacks {', '.join(missing)}. Copy what is in the JSON "
            "file of the Google service account to the connection's extra.",
        )
    form = {"grant_type": _GRANT}
    request = Request(
        url=extra["token_uri"], method="POST", form=form, secret_form={"assertion": _assertion(wire.connection)}
    )
    with wire.http.also_at(*places) as client:
        answer = client.ask(request)
    token = dig(answer.document(), "access_token")
    if not isinstance(token, str) or not token:
        raise ConfigError(
            id=f"{answer.where}: tidak ada access_token. Periksa akun layanan di koneksi '{wire.connection.name}'.",
            en=f"{answer.where}: no access_token. Check the service account of connection '{wire.connection.name}'.",
        )
    return token


def _assertion(connection: Connection) -> str:
    """The service account's signed claim to be itself."""
    import jwt

    extra = connection.extra
    issued_at = int(time.time())
    claims = {
        "iss": extra["client_email"],
        "scope": _SCOPE,
        "aud": extra["token_uri"],
        "iat": issued_at,
        "exp": issued_at + _TOKEN_SECONDS,
    }
    try:
        # A key pasted into one line keeps its line ends as the two characters \n.
        return jwt.encode(claims, extra["private_key"].replace("\\n", "\n"), algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ConfigError(
            id=f"Koneksi '{connection.name}': private_key di extra tidak terbaca. Salin utuh dari berkas JSON akun "
            "layanan, dari BEGIN sampai END.",
            en=f"Connection '{connection.name}': the private_key in its extra cannot be read. Copy it whole from the "
            "JSON file of the service account, from BEGIN to END.",
        ) from None


def _report(answer: Answer) -> _Report:
    document = answer.document()
    try:
        rows, metadata = document.get("rows", []), document.get("metadata", {})
        found: dict[Lack, object] = {
            "thresholding": metadata.get("subjectToThresholding"),
            "other_row": metadata.get("dataLossFromOtherRow"),
            "sampling": metadata.get("samplingMetadatas"),
        }
        return _Report(
            rows_count=len(rows),
            total_count=int(document.get("rowCount", len(rows))),
            sessions_count=sum(int(row["metricValues"][0]["value"]) for row in rows),
            zone=str(metadata.get("timeZone", "")),
            lacks=tuple(lack for lack, value in found.items() if value),
        )
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise SourceChanged(
            id=f"{answer.where}: jawaban runReport tidak berbentuk rows, rowCount, metadata. Periksa alamat koneksi.",
            en=f"{answer.where}: runReport's answer is not of the form rows, rowCount, metadata. Check the address.",
        ) from None


def _records(document: Mapping[str, Any]) -> Iterator[Mapping[str, str | None]]:
    for row in document.get("rows", ()):
        day, sessions = dig(row, "dimensionValues.0.value"), dig(row, "metricValues.0.value")
        yield {"date": None if day is None else str(day), "sessions": None if sessions is None else str(sessions)}


def _is_same_clock(zone: str, window: Window) -> bool:
    try:
        other = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return False
    moments = (window.start_at, window.end_at - timedelta(seconds=1))
    return all(moment.astimezone(other).utcoffset() == moment.utcoffset() for moment in moments)


def _note_missing(wire: Wire, total_count: int, rows_count: int) -> None:
    if rows_count < total_count:
        wire.recorder.doubt(
            id=f"GA4 menyebut {number(total_count)} baris, yang dapat dibaca {number(rows_count)}",
            en=f"GA4 tells of {counted_en(total_count, 'row', 'rows')}, {rows_count:,} could be read",
        )


def _note_difference(wire: Wire, days_count: int, total_count: int) -> None:
    if 100 * abs(days_count - total_count) > _DIFFERENCE_PCT * max(total_count, 1):
        wire.recorder.note(
            id=f"GA4: jumlah sesi per hari {number(days_count)}, total periode {number(total_count)}; bedanya "
            f"lebih dari {_DIFFERENCE_PCT} %",
            en=f"GA4: sessions by day add up to {days_count:,}, the period's total is {total_count:,}; they differ by "
            f"more than {_DIFFERENCE_PCT} %",
        )
