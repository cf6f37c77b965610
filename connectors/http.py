"""The one HTTP client: bounded in time, size and tries, at home on allowed addresses only, silent about secrets."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus

from connectors.connection import Connection
from connectors.deadline import Deadline
from connectors.documents import RepeatedKey, parse_json
from connectors.errors import ConfigError, DataRejected, SourceUnavailable
from connectors.http_answer import Again, Unzip, is_end_proved, refusal
from connectors.http_session import Lines, bound_answers, forbidden_within, open_session
from connectors.masking import masked, masked_content, unspoken
from connectors.numerals import number
from connectors.places import is_same_place, parts_of, shown_address, target_of

if TYPE_CHECKING:
    import requests
    import tenacity

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_SILENT_WAIT_SECONDS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How long, how often and how much; the defaults suit a city's own systems.

    `answer_seconds` is the one deadline of a question: every try, wait and redirect until its whole answer is there.
    """

    connect_seconds: float = 10
    read_seconds: float = 60
    answer_seconds: float = 600
    tries: int = 4
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 120
    answer_bytes: int = 256 * 1024**2


@dataclass(frozen=True)
class Request:
    """One question: address (whole, or below the connection's), parameters, headers, and a form or JSON body.

    `secret_*` hold what must not be shown or kept; they are sent, but are no part of `fingerprint`. Those of
    `secret_path` stand in the address as `{name}`.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: object = None
    secret_path: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_form: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_body: Mapping[str, object] = field(default_factory=dict, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def fingerprint(self) -> str:
        """The same for the same question, whoever asks."""
        asked = [self.method, self.url, dict(self.params), dict(self.headers), self.form, self.body]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def hidden(self) -> frozenset[str]:
        """What its answer may not repeat: each secret, and what follows the first word of one, such as `Bearer`."""
        places = (self.secret_path, self.secret_params, self.secret_headers, self.secret_form, self.secret_body)
        words = {str(secret) for place in places for secret in place.values()} | set((self.login or ("", ""))[1:])
        return frozenset({*words, *(word.partition(" ")[2] for word in words)} - {""})

    def shown(self, url: str) -> str:
        """An address of this request fit for a message: no user, no parameters, no secret of the path."""
        shown = shown_address(url)
        for name, secret in self.secret_path.items():
            for form in filter(None, {secret, quote(secret, safe="")}):
                shown = shown.replace(form, "{" + name + "}")
        return shown

    def filled(self, url: str) -> str:
        """The address to send to: the path's secrets in their places."""
        for name, secret in self.secret_path.items():
            url = url.replace("{" + name + "}", quote(secret, safe=""))
        return url

    def without_secret_params(self, url: str) -> str:
        """An address, such as that of a next page, without the parameters that are sent beside it."""
        place, mark, query = url.partition("?")
        kept = [one for one in query.split("&") if unquote_plus(one.partition("=")[0]) not in self.secret_params]
        return f"{place}{mark}{'&'.join(kept)}"


@dataclass(frozen=True)
class Answer:
    """A whole answer with a status below 300.

    `is_end_proved` is false when nothing tells where it ends but the closed connection, as it is after a break too.
    """

    content: bytes
    status: int
    headers: Mapping[str, str]
    where: str
    is_end_proved: bool = True

    def without(self, secrets: Iterable[str]) -> Answer:
        """The same where the system repeats none of these."""
        from requests.structures import CaseInsensitiveDict

        headers = CaseInsensitiveDict({key: masked(value, secrets) for key, value in self.headers.items()})
        content, where = masked_content(self.content, secrets), masked(self.where, secrets)
        return replace(self, content=content, headers=headers, where=where)

    def document(self, *, rows_path: str = "") -> Any:  # noqa: ANN401 any JSON
        """The JSON of the answer; `DataRejected` when it is a web page or anything else, or repeats a key."""
        start = self.content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith((b"<!doctype html", b"<html")):
            raise DataRejected(
                id=f"{self.where}: jawabannya halaman web (halaman masuk?), bukan data. Periksa alamat dan izin.",
                en=f"{self.where}: the answer is a web page (a login page?), not data. Check address and rights.",
            )
        try:
            return parse_json(self.content, rows_path=rows_path)
        except RepeatedKey as repeat:
            raise repeat.rejected(self.where) from None
        except ValueError:
            raise DataRejected(
                id=f"{self.where}: jawabannya bukan JSON yang sah ({number(len(self.content))} bita). "
                "Periksa alamatnya.",
                en=f"{self.where}: the answer is not valid JSON ({len(self.content):,} bytes). Check the address.",
            ) from None


class HttpClient:
    """Asks one connection's system; every fault is a `TolokError` without secrets.

    `allow` may hold `private_addresses` (loopback and private networks) and `plain_http`. Redirects are followed
    only within the same host, so that secrets never travel to another.
    """

    def __init__(self, connection: Connection, *, allow: tuple[str, ...] = (), limits: Limits | None = None) -> None:
        self._connection = connection
        self.allow = allow
        self._limits = limits or Limits()
        self._places: tuple[str, ...] = (connection.base_url,)
        self._session: requests.Session | None = None
        self._lines = Lines()

    def also_at(self, *places: str) -> HttpClient:
        """A client of the same connection that may ask these hosts too: those a connector's code names, such as the
        vendor's one token endpoint."""
        client = HttpClient(self._connection, allow=self.allow, limits=self._limits)
        client._places = (*self._places, *places)
        return client

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def session(self) -> requests.Session:
        """For one vendor's own client: connects to judged addresses only and bounds each answer.

        Raises `ConfigError` for a forbidden address.
        """
        self._address("")
        session = self._open()
        bound_answers(session, most_bytes=self._limits.answer_bytes, name=self._connection.name)
        return session

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """The deadline of one question for what a vendor's own client asks in this block."""
        with Deadline(self._limits.answer_seconds) as deadline, self._lines.under(deadline):
            yield

    def ask(self, request: Request) -> Answer:
        """Send, following redirects and trying again after what may pass: 408, 425, 429, 5xx, silence, a broken line.

        A wait that the system asks for is kept if it ends before the deadline; else it is not tried again.
        Raises `SourceUnavailable` when it does not pass, `ConfigError` for a refusal or a forbidden address, and
        `DataRejected` for an answer that is too large.
        """
        import tenacity

        limits = self._limits
        trying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(limits.tries) | tenacity.stop_before_delay(limits.answer_seconds),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(Again),
            before_sleep=_say_wait,
            reraise=True,
        )
        with unspoken({*self._connection.hidden, *request.hidden}):
            try:
                with Deadline(limits.answer_seconds) as deadline:
                    answer: Answer = trying(self._follow, request, deadline)
            except Again as again:
                raise again.fault from None
        return answer.without(request.hidden)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.wait_seconds if isinstance(fault, Again) else None
        backed_off = self._limits.first_wait_seconds * 2 ** (state.attempt_number - 1)
        return min(backed_off, self._limits.longest_wait_seconds) if asked is None else asked

    def _follow(self, request: Request, deadline: Deadline) -> Answer:
        url = request.without_secret_params(request.filled(self._address(request.url)))
        for _ in range(_MAX_REDIRECTS):
            answer = self._send(url, request, deadline)
            if answer.status not in _REDIRECTS:
                return answer
            target = target_of(url, answer.headers.get("Location", ""))
            if not is_same_place(url, target):
                shown = request.shown(target)
                raise ConfigError(
                    id=f"{answer.where} mengalihkan ke {shown}. Bila itu benar, tulis alamat itu di koneksi "
                    f"'{self._connection.name}'.",
                    en=f"{answer.where} redirects to {shown}. If that is right, write that address in the connection "
                    f"'{self._connection.name}'.",
                )
            url = target
        raise SourceUnavailable(
            id=f"{request.shown(url)}: pengalihan berputar-putar.",
            en=f"{request.shown(url)}: redirects without an end.",
        )

    def _address(self, url: str) -> str:
        base = self._connection.base_url
        whole = url if "://" in url else f"{base}/{url.lstrip('/')}"
        shown = shown_address(whole)
        if not any(is_same_place(place, whole) for place in self._places):
            name, there = self._connection.name, shown_address(base)
            raise ConfigError(
                id=f"{shown} bukan alamat koneksi '{name}' ({there}).",
                en=f"{shown} is not an address of the connection '{name}' ({there}).",
            )
        scheme = parts_of(whole).scheme
        if scheme not in ("http", "https") or (scheme == "http" and "plain_http" not in self.allow):
            raise ConfigError(
                id=f"{shown}: pakai https://. Bila sistemnya hanya http, tulis allow: [plain_http] di sumbernya.",
                en=f"{shown}: use https://. If the system has http only, write allow: [plain_http] in its source.",
            )
        return whole

    def _send(self, url: str, request: Request, deadline: Deadline) -> Answer:
        import requests
        import urllib3

        where = request.shown(url)
        try:
            with self._lines.under(deadline):
                return self._answer(url, request, deadline)
        except requests.exceptions.SSLError:
            if deadline.is_over:
                raise self._too_late(where) from None
            raise _untrusted(where) from None
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, ValueError):
            raise _unwritable(where) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
            if (forbidden := forbidden_within(fault)) is not None:
                raise forbidden.as_setting(where) from None
            if deadline.is_over:
                raise self._too_late(where) from None
            raise self._broken(where, fault) from None

    def _answer(self, url: str, request: Request, deadline: Deadline) -> Answer:
        from requests.auth import HTTPBasicAuth

        limits, left = self._limits, deadline.remaining_seconds
        where = request.shown(url)
        with self._open().request(
            request.method,
            url,
            params={**request.params, **request.secret_params},
            headers=_headers(request, where),
            data=None if request.form is None else {**request.form, **request.secret_form},
            json=_body(request),
            # As bytes, because requests would write them as Latin-1, which has no other script.
            auth=None if request.login is None else HTTPBasicAuth(*(part.encode() for part in request.login)),
            timeout=(min(limits.connect_seconds, left), min(limits.read_seconds, left)),
            stream=True,
            allow_redirects=False,
        ) as response:
            if response.status_code >= 400:
                raise refusal(response.status_code, response.headers, where)
            content, is_proved = self._read(response, where, deadline)
            return Answer(content, response.status_code, response.headers, where, is_end_proved=is_proved)

    def _read(self, response: requests.Response, where: str, deadline: Deadline) -> tuple[bytes, bool]:
        """The whole answer, unzipped, and whether its end is proved; a cut one is tried again."""
        parts, raw_size, size = [], 0, 0
        unzip = Unzip(response.headers.get("Content-Encoding", ""), where)
        # read1 gives what has come; iter_content would wait for a whole chunk, however slowly it drips.
        while not deadline.is_over and (raw := response.raw.read1(_CHUNK_BYTES, decode_content=False)):
            if part := unzip.add(raw):
                parts.append(part)
            raw_size, size = raw_size + len(raw), size + len(part)
            if max(raw_size, size) > self._limits.answer_bytes:
                raise DataRejected(
                    id=f"{where}: jawaban lebih dari {number(self._limits.answer_bytes)} bita. "
                    "Kecilkan halaman ('size').",
                    en=f"{where}: the answer exceeds {self._limits.answer_bytes:,} bytes. Make pages smaller ('size').",
                )
        # A line that the deadline has cut ends without a fault where nothing tells its length.
        if deadline.is_over:
            raise self._too_late(where)
        content = b"".join(parts)
        tells_length = response.raw.chunked or response.raw.headers.get("Content-Length") is not None
        return content, is_end_proved(content, tells_length=tells_length, unzip=unzip, where=where)

    def _too_late(self, where: str) -> SourceUnavailable:
        seconds = self._limits.answer_seconds
        return SourceUnavailable(
            id=f"{where}: jawaban belum selesai setelah {seconds:g} detik. Coba lagi nanti.",
            en=f"{where}: the answer was not complete after {seconds:g} seconds. Try again later.",
        )

    def _broken(self, where: str, fault: Exception) -> Again:
        """What passes, so it is tried again: silence, or a line that broke off."""
        import requests
        import urllib3

        if isinstance(fault, (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)):
            return Again(
                SourceUnavailable(
                    id=f"{where}: tidak menjawab dalam {self._limits.read_seconds:g} detik. Coba lagi nanti.",
                    en=f"{where}: no answer within {self._limits.read_seconds:g} seconds. Try again later.",
                )
            )
        return Again(
            SourceUnavailable(
                id=f"{where}: tidak terhubung, atau terputus di tengah jawaban. Periksa jaringan, lalu coba lagi.",
                en=f"{where}: no connection, or it broke off amid the answer. Check the network, then try again.",
            )
        )

    def _open(self) -> requests.Session:
        if self._session is None:
            self._session = open_session(may_be_private="private_addresses" in self.allow, lines=self._lines)
            self._session.verify = self._connection.extra.get("ca_file") or True
        return self._session


def _say_wait(state: tenacity.RetryCallState) -> None:
    """Log what is wrong and how long it is waited, once it is longer than a person takes for working."""
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, Again) and state.upcoming_sleep >= _SILENT_WAIT_SECONDS:
        seconds = round(state.upcoming_sleep)
        _log.warning("%s (%s detik)\n%s (%s seconds)", fault.fault.id, seconds, fault.fault.en, seconds)


def _headers(request: Request, where: str) -> dict[str, str]:
    """The headers to send; `ConfigError` for one that HTTP cannot carry, without its value."""
    headers = {**request.headers, **request.secret_headers}
    for name, value in headers.items():
        if re.search(r"[^\t\x20-\x7e\xa0-\xff]", value) or value != value.strip():
            raise ConfigError(
                id=f"{where}: header '{name}' memuat karakter yang tidak dapat dikirim lewat HTTP (bukan Latin, atau "
                "baris baru). Periksa token atau sandi di koneksi.",
                en=f"{where}: the header '{name}' holds characters that HTTP does not carry (not Latin, or a line "
                "break). Check the connection's token or password.",
            )
    return headers


def _untrusted(where: str) -> ConfigError:
    return ConfigError(
        id=f"{where}: sertifikat TLS tidak dapat dipercaya. Pasang sertifikat yang sah, atau tulis 'ca_file' pada "
        "extra koneksinya.",
        en=f"{where}: its TLS certificate cannot be trusted. Install a valid one, or give 'ca_file' in the "
        "connection's extra.",
    )


def _unwritable(where: str) -> ConfigError:
    return ConfigError(
        id=f"{where}: permintaan ini tidak dapat ditulis sebagai HTTP. Periksa alamat dan isi koneksinya, serta "
        "'options' sumbernya.",
        en=f"{where}: this request cannot be written as HTTP. Check the connection's address and contents, and the "
        "source's 'options'.",
    )


def _body(request: Request) -> Any:  # noqa: ANN401 any JSON
    if not request.secret_body:
        return request.body
    return {**(request.body if isinstance(request.body, dict) else {}), **request.secret_body}
