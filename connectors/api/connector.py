"""The connector: windows asked page by page, and the kept pages read as rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.api.answers import Overfull, read_page, rows_of
from connectors.api.options import ApiOptions, Login, Paging, Since, WindowOptions
from connectors.api.progress import Page, Progress
from connectors.api.requests import authorised, filled, page_request
from connectors.base import NAMED_FILES, Connector, NotKept, Retention, Window, Wire, frame_of
from connectors.documents import dig, rows_at
from connectors.errors import ConfigError, RequestRefused, SourceChanged, SourceUnavailable
from connectors.files import read_rows
from connectors.http import Answer, Request
from connectors.numerals import number
from connectors.object_records import WantedKeys
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

WINDOW_COLUMNS = ("window_start_on", "window_end_on")

_MAX_PAGES = 100_000


class Api(Connector):
    """A declared API. Grain of `rows`: one record of the answer's list; nested values by dotted path.

    Two columns besides the answer's own: `window_start_on` and `window_end_on`, the first day asked for and the last.
    """

    OPTIONS = ApiOptions

    def pull(self, wire: Wire, window: Window) -> None:
        """Every page of every piece of the window.

        Raises `AnswersDiffer` when rows and promised total do not agree or windows get one and the same answer,
        `SourceChanged` when an answer has no place for rows or the next page, `DataRejected` when it says an error.
        """
        asked: WindowOptions = self.options.window
        if asked.whole_days:
            ended_at = window.end_at.replace(hour=0, minute=0, second=0, microsecond=0)
            if ended_at <= window.start_at:
                return
            window = Window(window.start_at, ended_at)
        token = self._token(wire)
        for piece in window.split(asked.days) if asked.days else [window]:
            self._pull_piece(wire, piece, token)

    def held(self, wire: Wire) -> Retention:
        """The days the system is declared to keep, or the first moment it tells of; null when nothing is known.

        Of a system that shows its newest rows only, that is the moment of the oldest of them.
        """
        from_at = self._oldest_shown(wire) if self.options.paging.newest_at else self._since(wire)
        return Retention(from_at, self.options.keeps_days)

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The records of kept pages; an empty page has none."""
        own = [column for column in columns if column not in WINDOW_COLUMNS]
        keys = WantedKeys(own)
        for file in files:
            for chunk in read_rows(file, layout=self.layout, columns=own, may_be_empty=True, wanted_keys=keys):
                yield file, self._with_window(chunk, file, columns)
            if self.options.fill is not None:
                yield from self._filled(file, columns)
        keys.refuse_absent(", ".join(file.name for file in files[:NAMED_FILES]))

    def _with_window(self, chunk: pd.DataFrame, file: RawFile, columns: Sequence[str]) -> pd.DataFrame:
        start, end = (file.name.split("-")[n] if file.name.count("-") > 1 else None for n in (0, 1))
        days = {WINDOW_COLUMNS[0]: start, WINDOW_COLUMNS[1]: end}
        return chunk.assign(**{name: day for name, day in days.items() if name in columns})

    def _filled(self, file: RawFile, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        fill = self.options.fill
        document = json.loads(file.path.read_bytes())
        rows = rows_at(document, self.layout.rows_at)
        present = {str(dig(row, fill.key)) for row in rows}
        labels = [str(label) for label in rows_at(document, fill.labels_at)]
        absent = [label for label in labels if label not in present]
        if absent:
            frame = frame_of(({fill.key: label, **fill.values} for label in absent), columns=columns)
            yield file, frame.assign(source_row=frame["source_row"] + len(rows))

    def _pull_piece(self, wire: Wire, window: Window, token: str) -> None:
        progress = Progress(self.options.paging, wire.connection.name)
        while progress.number <= _MAX_PAGES:
            name = f"{self._asked_for(window)}-{progress.number:05d}.{self.layout.format}"
            request = page_request(self.options, window, progress, base_url=wire.connection.base_url)
            request = self._authorised(wire, request, token)
            try:
                page = wire.ask(name, request, read=lambda answer: self._new_page(answer, progress))
            except NotKept:
                return progress.refuse_unproved_end()
            except RequestRefused:
                if progress.is_complete:  # Some systems refuse a page behind the last one.
                    return None
                raise
            except Overfull:
                return self._pull_halves(wire, window, token)
            progress.advance(page)
            if progress.is_last(page):
                return progress.refuse_doubtful_end()
        raise SourceUnavailable(
            id=f"'{wire.connection.name}': lebih dari {number(_MAX_PAGES)} halaman; periksa 'paging'.",
            en=f"'{wire.connection.name}': more than {_MAX_PAGES:,} pages; check 'paging'.",
        )

    def _new_page(self, answer: Answer, progress: Progress) -> Page:
        page = read_page(answer, self.options, self.layout)
        progress.refuse_seen(page.rows)
        return page

    def _pull_halves(self, wire: Wire, window: Window, token: str) -> None:
        halves = window.halved()
        if halves is None or not self._takes_window:
            size = self.options.paging.size
            raise SourceUnavailable(
                id=f"'{wire.connection.name}': jawaban terpotong pada {number(size)} baris dan jendelanya tidak dapat "
                "dipersempit. Pakai API yang berhalaman, atau ekspor berkas.",
                en=f"'{wire.connection.name}': answers are cut off at {size:,} rows and the window cannot be made "
                "smaller. Use an API with pages, or export files.",
            )
        for half in halves:
            self._pull_piece(wire, half, token)

    def _asked_for(self, window: Window) -> str:
        """The window as names of answers have it; the same for all windows when the API cannot be asked for one."""
        if not self._takes_window:
            return "all"
        return f"{window.start_at:%Y%m%dT%H%M%S}-{window.end_at - timedelta(microseconds=1):%Y%m%d}"

    @property
    def _takes_window(self) -> bool:
        return "{from}" in json.dumps(self.options.model_dump(mode="json"))

    def _oldest_shown(self, wire: Wire) -> datetime | None:
        paging: Paging = self.options.paging
        any_window = Window(datetime(2000, 1, 1, tzinfo=self.zone), datetime(2000, 1, 2, tzinfo=self.zone))
        progress = Progress(paging, wire.connection.name)
        request = page_request(self.options, any_window, progress, base_url=wire.connection.base_url)
        answer = wire.http.ask(self._authorised(wire, request, self._token(wire)))
        rows = rows_of(answer, answer.document(), self.layout)
        moments = [str(dig(row, paging.newest_at)) for row in rows]
        return datetime.fromisoformat(min(moments)) if len(rows) >= paging.size else None

    def _since(self, wire: Wire) -> datetime | None:
        since: Since | None = self.options.since
        if since is None:
            return None
        values = {**self.options.values, "zone": self.zone.key}
        request = Request(url=filled(since.url, values), headers=filled(self.options.headers, values))
        answer = wire.http.ask(self._authorised(wire, request, self._token(wire)))
        document = answer.document()
        text = next((text for place in since.at if (text := dig(document, place))), None)
        try:
            moment = None if text is None else datetime.fromisoformat(str(text))
        except ValueError:
            raise SourceChanged(
                id=f"{answer.where}: '{', '.join(since.at)}' bukan saat ISO 8601. Perbaiki options.since.",
                en=f"{answer.where}: '{', '.join(since.at)}' is no ISO 8601 moment. Mend options.since.",
            ) from None
        return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

    def _authorised(self, wire: Wire, request: Request, token: str) -> Request:
        return authorised(request, self.options, secrets={**wire.connection.secrets, "token": token})

    def _token(self, wire: Wire) -> str:
        login: Login | None = self.options.login
        if login is None:
            return ""
        secrets = wire.connection.secrets
        answer = wire.http.ask(
            Request(
                url=login.url,
                method=login.method,
                form={} if login.form else None,
                secret_headers=filled(login.headers, secrets),
                secret_form=filled(login.form, secrets),
                secret_body=filled(login.body, secrets),
            )
        )
        token = dig(answer.document(), login.token_at)
        if not isinstance(token, str) or not token:
            raise ConfigError(
                id=f"{answer.where}: jawaban masuk tidak berisi '{login.token_at}'. Periksa login dan sandi koneksi.",
                en=f"{answer.where}: the login's answer has no '{login.token_at}'. Check the connection's login.",
            )
        return token
