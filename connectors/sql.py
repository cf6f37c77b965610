"""Any SQL database by one read-only query, its rows kept as a CSV as they came."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field, model_validator

from connectors import sql_line
from connectors.base import Connector, Options, Retention, Window, Wire
from connectors.errors import DataRejected
from connectors.numerals import number
from connectors.records import number_text
from connectors.scratch import scratch_folder
from connectors.sql_line import reading

_READS = re.compile(r"\A\s*(?:select|with)\b", re.IGNORECASE)
# On one line, as all databases end it alike: what one takes for a comment may hold a quote, and for another a backslash
# before a quote goes on.
_QUOTED = re.compile(
    r"""'(?:[^'\n\\]|\\[^'"`\n])*'|"(?:[^"\n\\]|\\[^'"`\n])*"|`[^`\n\\]*`""",
)
# Beside a second statement what hides one; MariaDB's `into outfile` writes a file even in a read-only transaction.
_REFUSED = re.compile(r"""\binto\b|[;'"`]|/\*|\$\w*\$""", re.IGNORECASE)


class SqlOptions(Options):
    """The query, with `:start_at` and `:end_at` for the window, and how its database writes moments.

    `zone` is whose clock they are on (null = the city's); a query may name both as `:zone` and `:city_zone`.
    """

    query: str
    held_query: str | None = None
    moments: str = Field(default="naive", pattern="^(aware|naive|epoch|epoch_ms|.*%.*)$")
    zone: str | None = None

    @model_validator(mode="after")
    def _only_reads(self) -> Self:
        for text in (self.query, self.held_query or "select 1"):
            bare = _QUOTED.sub("", text).rstrip().rstrip(";")
            if not _READS.match(text) or "\0" in text or _REFUSED.search(bare):
                raise ValueError(
                    "satu SELECT saja, tanpa INTO, /* */ dan $$, dan teks berkutip tidak melewati baris / one SELECT "
                    "only, without INTO, /* */ and $$, and no quoted text over several lines"
                )
        return self


class Sql(Connector):
    """A database queried in a read-only transaction. Grain of `rows`: one row of the query.

    Moments with a zone are kept as ISO 8601 with it, those without as ISO 8601 without: the source's `zone` says
    whose clock they are.
    """

    OPTIONS = SqlOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """The query's rows for a window; `SourceUnavailable` when the database cannot be reached."""
        name = f"{window.start_at:%Y%m%d}-{window.end_at:%Y%m%d}.csv"
        request = f"{self.options.query}|{window.start_at.isoformat()}|{window.end_at.isoformat()}"
        if wire.recorder.recall(name, request) is not None:
            return
        bounds = {
            "start_at": self._moment(window.start_at),
            "end_at": self._moment(window.end_at),
            "zone": self.options.zone or self.zone.key,
            "city_zone": self.zone.key,
        }
        with scratch_folder() as folder, self._reading(wire) as database:
            path = folder / name
            query = sa.text(self.options.query)
            known = {key: value for key, value in bounds.items() if re.search(rf":{key}\b", self.options.query)}
            _write(database.execute(query, known), path)
            wire.recorder.keep(name, request, path, headers={})

    def held(self, wire: Wire) -> Retention:
        """The first moment `held_query` gives, read in the source's zone."""
        with self._reading(wire) as database:
            first = database.execute(sa.text(self.options.held_query or "select null")).scalar()
        return Retention() if first is None else Retention(self._first(first))

    def _reading(self, wire: Wire) -> AbstractContextManager[sa.Connection]:
        return reading(wire.connection, may_be_private="private_addresses" in wire.http.allow)

    def _moment(self, moment: datetime) -> object:
        local = moment.astimezone(ZoneInfo(self.options.zone) if self.options.zone else self.zone)
        form = self.options.moments
        if form in ("epoch", "epoch_ms"):
            return int(local.timestamp()) * (1000 if form == "epoch_ms" else 1)
        if form in ("aware", "naive"):
            return local if form == "aware" else local.replace(tzinfo=None)
        return local.strftime(form)

    def _first(self, value: Any) -> datetime:  # noqa: ANN401 what the driver gives
        if isinstance(value, (int, float, Decimal)):
            return datetime.fromtimestamp(float(value) / (1000 if self.options.moments == "epoch_ms" else 1), UTC)
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        zone = ZoneInfo(self.options.zone) if self.options.zone else self.zone
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _write(result: sa.CursorResult[Any], path: Path) -> None:
    names = list(result.keys())
    if len(set(names)) != len(names):
        raise DataRejected(
            id="Kueri memberi nama kolom ganda. Beri alias (AS) yang berbeda.",
            en="The query gives a column name twice. Give them different aliases (AS).",
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_text(value) for value in row] for row in _bounded(result))


def _bounded(result: sa.CursorResult[Any]) -> Iterator[sa.Row[Any]]:
    """The rows of a query; `DataRejected` when there are more than `LIMITS` allows."""
    most = sql_line.LIMITS.rows_count
    for count, row in enumerate(result, 1):
        if count > most:
            raise DataRejected(
                id=f"Kueri memberi lebih dari {number(most)} baris. Batasi dengan :start_at dan :end_at.",
                en=f"The query gives more than {most:,} rows. Bound it by :start_at and :end_at.",
            )
        yield row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return number_text(value) if isinstance(value, (float, Decimal)) else str(value)
