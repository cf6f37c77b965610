"""Any paginated JSON or CSV API by declaration: address, auth, paging, window and where the rows are."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from connectors.api_pages import has_place, pages_by_header, paging_sign, total_of
from connectors.base import NAMED_FILES, Connector, NotKept, Options, Retention, Window, Wire, frame_of
from connectors.documents import ABSENT, dig, find, rows_at
from connectors.errors import (
    AnswersDiffer,
    ConfigError,
    DataRejected,
    RequestRefused,
    SourceChanged,
    SourceUnavailable,
)
from connectors.files import read_rows
from connectors.http import Answer, Request
from connectors.numerals import number
from connectors.object_records import WantedKeys
from connectors.records import RawFile

if TYPE_CHECKING:
    import pandas as pd

WINDOW_COLUMNS = ("window_start_on", "window_end_on")

BEFORE_END = {
    "excluded": timedelta(0),
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "day": timedelta(days=1),
}

_MAX_PAGES = 100_000
_SECRET_PLACES = {
    "header": "secret_headers",
    "param": "secret_params",
    "form": "secret_form",
    "body": "secret_body",
}
_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_SECRET_NAME = re.compile(r"token|passw|sandi|secret|api.?key|authorization|credential", re.IGNORECASE)


class Auth(Options):
    """Where a request carries the connection's secrets: HTTP basic, a bearer token, or a field of one's own."""

    style: Literal["none", "basic", "bearer", "header", "param", "form", "body"] = "none"
    name: str = "Authorization"
    value: str = "{password}"
    more: dict[str, str] = Field(default_factory=dict)


class Login(Options):
    """A first call that gives a token for the others; neither it nor its answer is kept."""

    url: str
    method: Literal["GET", "POST"] = "POST"
    form: dict[str, str] = Field(default_factory=dict)
    body: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    token_at: str
    header: str = "Authorization"
    value: str = "Bearer {token}"


class Paging(Options):
    """How a long answer comes in parts; `none` with a `size` is an API that cuts off there without a next page.

    `most` is how many rows the API shows of one question, whatever the pages.
    `more_at` is where an API by offset says that it cut its answer, perhaps below the `size` asked for.
    `newest_at` is the moment of a row where the API shows only the newest `size` of all it has.
    `not_paging` are keys of answers without pages that look like paging but are not, such as a `total` of visits.
    """

    style: Literal["none", "page", "offset", "cursor", "link"] = "none"
    first: int = 1
    size: int = Field(default=0, ge=0)
    most: int = Field(default=0, ge=0)
    next_at: str = ""
    more_at: str = ""
    newest_at: str = ""
    total_at: str = ""
    total_header: str = ""
    not_paging: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.style in ("page", "offset") and not self.size:
            raise ValueError("paging perlu 'size' / needs 'size'")
        if self.more_at and self.style != "offset":
            raise ValueError("'more_at' hanya untuk paging offset / is for paging by offset only")
        if self.newest_at and (self.style != "none" or not self.size):
            raise ValueError("'newest_at' perlu style none dan size / needs style none and a size")
        if self.style == "cursor" and not self.next_at:
            raise ValueError("paging cursor perlu 'next_at' / needs 'next_at'")
        if self.not_paging and self.style != "none":
            raise ValueError("'not_paging' hanya untuk style none / is for style none only")
        return self


class WindowOptions(Options):
    """How a window is written in a request; `from`, `to` and `zone` (the city's) are placeholders wherever they belong.

    `first: excluded` is for a system that takes only what is later than `from`: it is asked from the second before.
    `whole_days` is for answers that are counts of days: a day that has not ended is not asked for.
    """

    format: str = "iso"
    zone: str | None = None
    first: Literal["included", "excluded"] = "included"
    last: Literal["excluded", "millisecond", "second", "day"] = "excluded"
    days: int | None = Field(default=None, ge=1)
    whole_days: bool = False


class Fill(Options):
    """Days that an answer lists (`labels_at`) but has no row for, and what they mean."""

    labels_at: str
    key: str
    values: dict[str, str]


class Since(Options):
    """A call that tells from when on the system holds data: the first of the places `at` that its answer has."""

    url: str
    at: tuple[str, ...] = Field(min_length=1)


class ApiOptions(Options):
    """The declaration of one API."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] | None = None
    body: Any = None
    values: dict[str, str] = Field(default_factory=dict)
    auth: Auth = Auth()
    login: Login | None = None
    window: WindowOptions = WindowOptions()
    paging: Paging = Paging()
    error_at: str = ""
    warn_at: tuple[str, ...] = ()
    fill: Fill | None = None
    keeps_days: int | None = None
    since: Since | None = None

    @field_validator("body", mode="before")
    @classmethod
    def _typed(cls, value: object) -> object:
        """A body written as JSON keeps its numbers and truth values, which YAML here reads as text."""
        return json.loads(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        places = {"params": self.params, "headers": self.headers, "form": self.form or {}}
        if isinstance(self.body, dict):
            places["body"] = {k: v for k, v in self.body.items() if isinstance(v, str)}
        found = [f"{where}.{key}" for where, pairs in places.items() for key in pairs if _SECRET_NAME.search(key)]
        if re.search(r"//[^/]*@", self.url):
            found.append("url")
        if self.auth.style != "none" and not any(_PLACE.search(v) for v in (self.auth.value, *self.auth.more.values())):
            found.append("auth.value")
        if found:
            raise ValueError(
                f"rahasia tidak ditulis di YAML ({', '.join(found)}); taruh di koneksi dan tulis auth dengan "
                "{password} / secrets are not written in YAML; put them in the connection and use auth with {password}"
            )
        return self


@dataclass
class _Progress:
    """Where a paged answer has got to."""

    page: int
    number: int = 1
    offset: int = 0
    rows_count: int = 0
    copies_count: int = 0
    longest_count: int = 0
    empty_count: int = 0
    next: str = ""
    total: int | None = None
    seen: set[str] = field(default_factory=set)
    row_hashes: set[int] = field(default_factory=set)
    last_seen: str = ""
    last_count: int = 0
    is_repeated_at_once: bool = False
    has_next_place: bool = False

    @property
    def distinct_count(self) -> int:
        """Rows that no earlier page had."""
        return self.rows_count - self.copies_count

    @property
    def is_complete(self) -> bool:
        """Whether as many rows came as the system tells of."""
        return self.total is not None and self.distinct_count == self.total


@dataclass(frozen=True)
class _Page:
    """What one answer says: its rows, how many there are in all, where the next ones are, and whether it was cut."""

    rows: Sequence[object]
    total: int | None
    next: str
    is_cut: bool = False
    has_next_place: bool = False


class _Overfull(Exception):
    """An answer cut off at the API's limit: the window must be made smaller."""


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

    def _oldest_shown(self, wire: Wire) -> datetime | None:
        paging: Paging = self.options.paging
        any_window = Window(datetime(2000, 1, 1, tzinfo=self.zone), datetime(2000, 1, 2, tzinfo=self.zone))
        answer = wire.http.ask(self._request(wire, any_window, _Progress(page=paging.first), self._token(wire)))
        rows = self._rows(answer, answer.document())
        moments = [str(dig(row, paging.newest_at)) for row in rows]
        return datetime.fromisoformat(min(moments)) if len(rows) >= paging.size else None

    def _since(self, wire: Wire) -> datetime | None:
        since: Since | None = self.options.since
        if since is None:
            return None
        values = {**self.options.values, "zone": self.zone.key}
        request = Request(url=_filled(since.url, values), headers=_filled(self.options.headers, values))
        secrets = {**wire.connection.secrets, "token": self._token(wire)}
        answer = wire.http.ask(authorised(request, self.options, secrets=secrets))
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
        paging: Paging = self.options.paging
        progress = _Progress(page=paging.first)
        while progress.number <= _MAX_PAGES:
            name = f"{self._asked_for(window)}-{progress.number:05d}.{self.layout.format}"
            try:
                page = wire.ask(
                    name, self._request(wire, window, progress, token), read=lambda a: self._read_page(a, progress)
                )
            except NotKept:
                return self._refuse_unproved_end(wire, progress)
            except RequestRefused:
                if progress.is_complete:  # Some systems refuse a page behind the last one.
                    return None
                raise
            except _Overfull:
                return self._pull_halves(wire, window, token)
            self._refuse_new_total(wire, progress, page)
            self._advance(progress, page)
            self._refuse_cut_off(wire, progress)
            _refuse_surplus(wire, progress)
            if self._is_last(progress, page):
                self._refuse_no_next_place(wire, progress)
                return _refuse_missing_rows(wire, progress)
        raise SourceUnavailable(
            id=f"'{wire.connection.name}': lebih dari {number(_MAX_PAGES)} halaman; periksa 'paging'.",
            en=f"'{wire.connection.name}': more than {_MAX_PAGES:,} pages; check 'paging'.",
        )

    def _refuse_unproved_end(self, wire: Wire, progress: _Progress) -> None:
        """A page that came before is the end when all rows are there, or when a last page with room is given again."""
        _refuse_missing_rows(wire, progress)
        is_short = progress.is_repeated_at_once and 0 < progress.last_count < self.options.paging.size
        # A system that knows no pages gives its first page again; a total then may be that page's own length.
        is_many = progress.number > 2 or progress.last_count < self.options.paging.size
        if not is_short and not (progress.total is not None and is_many):
            raise AnswersDiffer(
                id=f"'{wire.connection.name}': sistem memberi halaman yang sama lagi (setelah "
                f"{number(progress.rows_count)} baris), jadi akhirnya tidak diketahui. Periksa 'paging' dan parameter "
                "halaman di options.params.",
                en=f"'{wire.connection.name}': the system gives the same page again (after {progress.rows_count:,} "
                "rows), so its end is not known. Check 'paging' and the page's parameter in options.params.",
            )

    def _refuse_new_total(self, wire: Wire, progress: _Progress, page: _Page) -> None:
        if None not in (progress.total, page.total) and progress.total != page.total:
            raise AnswersDiffer(
                id=f"'{wire.connection.name}': jumlah baris menurut sistem berubah dari {number(progress.total)} "
                f"menjadi {number(page.total)} di tengah penarikan. Tarik lagi; bila tetap begitu, total_at menunjuk "
                "jumlah lain (misalnya baris per halaman).",
                en=f"'{wire.connection.name}': the system's own count of rows changed from {progress.total:,} to "
                f"{page.total:,} amid the pull. Pull again; if it stays so, total_at names another count (such as the "
                "rows of one page).",
            )

    def _refuse_no_next_place(self, wire: Wire, progress: _Progress) -> None:
        """Raise when a single answer with rows had no place for the next page; one shorter than `size` needs none."""
        paging: Paging = self.options.paging
        is_one_page = 0 < progress.longest_count < paging.size
        if paging.style not in ("cursor", "link") or progress.has_next_place or not progress.rows_count or is_one_page:
            return
        place = f"'{paging.next_at}'" if paging.next_at else "Link"
        raise SourceChanged(
            id=f"'{wire.connection.name}': tidak ada {place} (tempat halaman berikutnya) dalam satu pun jawaban, jadi "
            f"tidak diketahui apakah {number(progress.rows_count)} baris itu semuanya. Perbaiki paging; bila sistem "
            "tidak menulisnya pada jawaban satu halaman, isi paging.size.",
            en=f"'{wire.connection.name}': no answer has {place} (the place of the next page), so nobody knows whether "
            f"these {progress.rows_count:,} rows are all. Mend paging; if the system leaves it out of an answer of one "
            "page, fill in paging.size.",
        )

    def _asked_for(self, window: Window) -> str:
        """The window as names of answers have it; the same for all windows when the API cannot be asked for one."""
        if not self._takes_window:
            return "all"
        return f"{window.start_at:%Y%m%dT%H%M%S}-{_last_on(window)}"

    @property
    def _takes_window(self) -> bool:
        return "{from}" in json.dumps(self.options.model_dump(mode="json"))

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

    def _read_page(self, answer: Answer, progress: _Progress) -> _Page:
        paging: Paging = self.options.paging
        if self.layout.format == "csv":
            document: object = None
            rows: Sequence[object] = _csv_rows(answer, self.layout.encoding, self.layout.delimiter)
        else:
            document = answer.document(rows_path=self.layout.rows_at)
            self._refuse_error(answer, document)
            rows = () if self._is_empty(document) else self._rows(answer, document)
        if paging.style == "none" and len(rows) >= (paging.size or len(rows) + 1) and not paging.newest_at:
            raise _Overfull
        self._refuse_hidden_pages(answer, document, len(rows))
        seen = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest() if rows else ""
        if seen and seen in progress.seen:
            progress.is_repeated_at_once = seen == progress.last_seen
            raise NotKept
        progress.seen.add(seen)
        progress.last_seen = seen
        at = paging.total_at
        total = total_of(find(document, at), at, answer.where) if at else _counted(answer, paging.total_header)
        following = dig(document, paging.next_at) if paging.next_at else _next_link(answer)
        is_cut = bool(paging.more_at) and dig(document, paging.more_at) in (True, "true")
        return _Page(rows, total, str(following or ""), is_cut, has_place(answer, document, paging.next_at))

    def _refuse_hidden_pages(self, answer: Answer, document: object, rows_count: int) -> None:
        """Raise when an answer declared to have no pages says itself that there are more."""
        paging: Paging = self.options.paging
        if paging.style != "none" or paging.newest_at:
            return
        ignored = (*paging.not_paging, paging.total_at, self.layout.rows_at)
        sign = paging_sign(document, rows_count, ignored) or pages_by_header(answer.headers, rows_count, ignored)
        if sign:
            raise DataRejected(
                id=f"{answer.where}: jawaban berisi {number(rows_count)} baris dan '{sign}' menyebut halaman lain, "
                "padahal paging.style none. Tulis paging sistem itu (page, offset, cursor, atau link); bila artinya "
                f"lain, tulis paging.not_paging: [{sign}].",
                en=f"{answer.where}: the answer has {rows_count:,} rows and its '{sign}' tells of other pages, but "
                "paging.style is none. Declare the system's paging (page, offset, cursor or link); if it means "
                f"something else, write paging.not_paging: [{sign}].",
            )

    def _is_empty(self, document: object) -> bool:
        """Whether an answer tells of no rows at all; some systems then leave out the list itself."""
        total_at = self.options.paging.total_at
        has_none = not self.layout.rows_at or dig(document, self.layout.rows_at) in (None, [], {}, "")
        return (
            bool(total_at)
            and str(dig(document, total_at)) in ("0", "0.0")
            and has_none
            and bool(self.layout.rows_at or document)
        )

    def _rows(self, answer: Answer, document: object) -> Sequence[object]:
        path = self.layout.rows_at
        if path and find(document, path) is None:
            raise SourceChanged(
                id=f"{answer.where}: '{path}' dalam jawaban kosong (null), bukan daftar baris. Sistem gagal mengisinya "
                "atau rows_at salah; tanyakan pengelolanya.",
                en=f"{answer.where}: '{path}' in the answer is null, no list of rows. The system failed to fill it or "
                "rows_at is wrong; ask its administrator.",
            )
        if path and find(document, path) is ABSENT:
            there = ", ".join(sorted(map(str, document))[:20]) if isinstance(document, dict) else "-"
            raise SourceChanged(
                id=f"{answer.where}: tidak ada '{path}' dalam jawaban; yang ada: {there}. Perbaiki rows_at.",
                en=f"{answer.where}: there is no '{path}' in the answer; there are: {there}. Mend rows_at.",
            )
        if dig(document, path) in ({}, "") if path else document in (None, {}, ""):
            raise SourceChanged(
                id=f"{answer.where}: tempat baris-barisnya kosong, bukan pula daftar kosong. Periksa rows_at.",
                en=f"{answer.where}: nothing stands where the rows should be, not even an empty list. Check rows_at.",
            )
        return rows_at(document, path)

    def _refuse_error(self, answer: Answer, document: object) -> None:
        error_at = self.options.error_at
        if error_at and dig(document, error_at) not in (None, "", False, [], {}):
            raise DataRejected(
                id=f"{answer.where}: sistem menjawab dengan kesalahan (di '{error_at}'). Periksa token, hak baca, dan "
                "'options'.",
                en=f"{answer.where}: the system answered with an error (at '{error_at}'). Check token, rights and "
                "'options'.",
            )
        warned = [path for path in self.options.warn_at if dig(document, path) not in (None, "", False, [], {})]
        if warned:
            raise DataRejected(
                id=f"{answer.where}: sistem menyatakan datanya tidak lengkap ({', '.join(warned)}).",
                en=f"{answer.where}: the system says that its data are not complete ({', '.join(warned)}).",
            )

    def _advance(self, progress: _Progress, page: _Page) -> None:
        paging: Paging = self.options.paging
        progress.number += 1
        progress.page += 1
        # The system may give less than was asked for: what comes next follows the rows that came; an empty page, which
        # rights can make, is as long as the longest before it.
        progress.offset += len(page.rows) or progress.longest_count or paging.size
        hashes = [hash(json.dumps(row, sort_keys=True, default=str)) for row in page.rows]
        progress.copies_count += sum(one in progress.row_hashes for one in hashes)
        progress.row_hashes.update(hashes)
        progress.longest_count = max(progress.longest_count, len(page.rows))
        progress.has_next_place |= page.has_next_place
        progress.rows_count += len(page.rows)
        progress.last_count = len(page.rows)
        progress.empty_count = 0 if page.rows else progress.empty_count + 1
        progress.next = page.next
        progress.total = page.total if page.total is not None else progress.total

    def _refuse_cut_off(self, wire: Wire, progress: _Progress) -> None:
        most = self.options.paging.most
        if most and progress.rows_count >= most:
            raise DataRejected(
                id=f"'{wire.connection.name}': sistem hanya menampilkan {number(most)} baris per pertanyaan. Kecilkan "
                "jendelanya dengan options.window.days.",
                en=f"'{wire.connection.name}': the system shows only {most:,} rows a question. Make the window smaller "
                "with options.window.days.",
            )

    def _is_last(self, progress: _Progress, page: _Page) -> bool:
        """Pages end at an empty one, or at the total when the last page has room or says that there is no other.

        Without a total after two empty ones, because rights can empty a page.
        """
        paging: Paging = self.options.paging
        if paging.style == "none":
            return True
        if paging.style in ("cursor", "link"):
            return not page.next
        if paging.more_at:
            return not page.is_cut or progress.empty_count > 1
        if progress.is_complete and progress.total is not None:
            # A short page proves nothing before a full one was seen: the system may cap its pages below `size`.
            has_room = len(page.rows) < progress.longest_count == paging.size
            is_told = bool(paging.next_at) and page.has_next_place and not page.next
            return not page.rows or has_room or is_told
        return progress.empty_count > 1

    def _request(self, wire: Wire, window: Window, progress: _Progress, token: str) -> Request:
        options: ApiOptions = self.options
        values = {
            **options.values,
            **self._moments(window),
            "zone": window.zone.key,
            "page": str(progress.page),
            "offset": str(progress.offset),
            "last": str(progress.offset + max(options.paging.size, 1) - 1),
            "size": str(options.paging.size),
            "cursor": progress.next,
        }
        url = _filled(options.url, values)
        params = {key: str(text) for key, text in _filled(options.params, values).items() if text != ""}
        if options.paging.style == "link" and progress.next:
            url, params = progress.next, {}
        request = Request(
            url=url,
            method=options.method,
            params=params,
            headers=_filled(options.headers, values),
            form=_filled(options.form, values),
            body=_filled(options.body, values),
        )
        return authorised(request, options, secrets={**wire.connection.secrets, "token": token})

    def _moments(self, window: Window) -> dict[str, str]:
        asked: WindowOptions = self.options.window
        zone = ZoneInfo(asked.zone) if asked.zone else window.zone
        start_at = window.start_at - timedelta(seconds=1 if asked.first == "excluded" else 0)
        end_at = window.end_at - BEFORE_END[asked.last]
        return {"from": _written(start_at, asked.format, zone), "to": _written(end_at, asked.format, zone)}

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
                secret_headers=_filled(login.headers, secrets),
                secret_form=_filled(login.form, secrets),
                secret_body=_filled(login.body, secrets),
            )
        )
        token = dig(answer.document(), login.token_at)
        if not isinstance(token, str) or not token:
            raise ConfigError(
                id=f"{answer.where}: jawaban masuk tidak berisi '{login.token_at}'. Periksa login dan sandi koneksi.",
                en=f"{answer.where}: the login's answer has no '{login.token_at}'. Check the connection's login.",
            )
        return token


def _refuse_missing_rows(wire: Wire, progress: _Progress) -> None:
    if progress.total is not None and progress.distinct_count < progress.total:
        copies_id = f" (dan {number(progress.copies_count)} salinan)" if progress.copies_count else ""
        copies_en = f" (and {progress.copies_count:,} copies)" if progress.copies_count else ""
        raise AnswersDiffer(
            id=f"'{wire.connection.name}': sistem menyebut {number(progress.total)} baris, yang datang "
            f"{number(progress.distinct_count)}{copies_id}. Periksa hak baca akunnya dan 'paging', lalu tarik lagi.",
            en=f"'{wire.connection.name}': the system tells of {progress.total:,} rows, {progress.distinct_count:,} "
            f"came{copies_en}. Check the account's right to read and 'paging', then pull again.",
        )


def _refuse_surplus(wire: Wire, progress: _Progress) -> None:
    if progress.total is not None and progress.distinct_count > progress.total:
        raise AnswersDiffer(
            id=f"'{wire.connection.name}': sistem menyebut {number(progress.total)} baris, tetapi sudah datang "
            f"{number(progress.distinct_count)}. Tunjuk dengan total_at jumlah semua baris jendela itu (bukan jumlah "
            "halaman atau baris per halaman), atau hapus total_at.",
            en=f"'{wire.connection.name}': the system tells of {progress.total:,} rows, but "
            f"{progress.distinct_count:,} came already. Point total_at to the count of all rows of the window (not of "
            "pages, nor of a page's rows), or leave total_at out.",
        )


def authorised(request: Request, options: ApiOptions, *, secrets: Mapping[str, str]) -> Request:
    """The request with the connection's secrets where the declaration puts them."""
    auth, login = options.auth, options.login
    shown = {auth.name: auth.value, **auth.more}
    if auth.style == "basic":
        request = replace(request, login=(secrets["login"], secrets["password"]))
    elif auth.style == "bearer":
        request = replace(request, secret_headers={"Authorization": _filled("Bearer {password}", secrets)})
    elif auth.style != "none":
        request = replace(request, **{_SECRET_PLACES[auth.style]: _filled(shown, secrets)})
    if login is not None:
        headers = {**request.secret_headers, login.header: _filled(login.value, secrets)}
        request = replace(request, secret_headers=headers)
    return request


def _filled(tree: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 any JSON
    """A text, list or mapping with its placeholders filled in; a whole `{size}` in a body becomes a number."""
    if isinstance(tree, str):
        missing = sorted(set(_PLACE.findall(tree)) - set(values))
        if missing:
            raise ConfigError(
                id=f"Isi {', '.join(missing)}: di options.values bila bukan rahasia, di koneksi bila rahasia.",
                en=f"Fill in {', '.join(missing)}: in options.values if it is no secret, in the connection if it is.",
            )
        return _PLACE.sub(lambda place: values[place[1]], tree)
    if isinstance(tree, Mapping):
        return {key: _number(value, _filled(value, values)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, values) for value in tree]
    return tree


def _number(declared: object, text: object) -> object:
    is_count = declared in ("{size}", "{offset}", "{page}") and isinstance(text, str) and text.isdigit()
    return int(text) if is_count and isinstance(text, str) else text


def _written(moment: datetime, form: str, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    if form == "epoch":
        return str(int(local.timestamp()))
    if form == "epoch_ms":
        return str(round(local.timestamp() * 1000))
    if form == "iso":
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if zone.key == "UTC" else local.isoformat()
    return local.strftime(form)


def _last_on(window: Window) -> str:
    return f"{window.end_at - timedelta(microseconds=1):%Y%m%d}"


def _counted(answer: Answer, header: str) -> int | None:
    """A total in a header: a plain number, or what follows the stroke of a Content-Range."""
    text = next((value for key, value in answer.headers.items() if header and key.lower() == header.lower()), "")
    number = text.rsplit("/", 1)[-1].strip()
    return int(number) if number.isdigit() else None


def _next_link(answer: Answer) -> str:
    from requests.utils import parse_header_links

    links = next((value for key, value in answer.headers.items() if key.lower() == "link"), "")
    return next((link["url"] for link in parse_header_links(links) if link.get("rel") == "next"), "") if links else ""


def _csv_rows(answer: Answer, encoding: str, delimiter: str) -> Sequence[object]:
    try:
        rows = list(csv.reader(io.StringIO(answer.content.decode(encoding)), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise DataRejected(
            id=f"{answer.where}: jawabannya bukan CSV {encoding} yang utuh.",
            en=f"{answer.where}: the answer is not a whole {encoding} CSV.",
        ) from None
    return rows[1:]
