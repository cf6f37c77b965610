"""The one HTTP client: bounded in time, size and tries, at home on allowed addresses only, silent about secrets."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from connectors.connection import Connection
from connectors.documents import RepeatedKey, parse_json
from connectors.errors import ConfigError, DataRejected, RequestRefused, SourceUnavailable, TolokError
from connectors.numerals import number

if TYPE_CHECKING:
    import requests
    import tenacity

_AGENT = "tolok (+https://pypi.org/project/tolok)"
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_SILENT_WAIT_SECONDS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How long, how often and how much; the defaults suit a city's own systems."""

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

    def shown(self, url: str) -> str:
        """An address of this request fit for a message: no user, no parameters, no secret of the path."""
        shown = _shown(url)
        for name, secret in self.secret_path.items():
            for form in filter(None, {secret, quote(secret, safe="")}):
                shown = shown.replace(form, "{" + name + "}")
        return shown

    def filled(self, url: str) -> str:
        """The address to send to: the path's secrets in their places."""
        for name, secret in self.secret_path.items():
            url = url.replace("{" + name + "}", quote(secret, safe=""))
        return url


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


class _Again(Exception):
    """A try that may be repeated, and what to raise when no more tries are left."""

    def __init__(self, fault: TolokError, wait_seconds: float | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.wait_seconds = wait_seconds


class HttpClient:
    """Asks one connection's system; every fault is a `TolokError` without secrets.

    `allow` may hold `private_addresses` (loopback and private networks) and `plain_http`. Redirects are followed
    only within the same host, so that secrets never travel to another.
    """

    def __init__(self, connection: Connection, *, allow: tuple[str, ...] = (), limits: Limits | None = None) -> None:
        self._connection = connection
        self._allow = allow
        self._limits = limits or Limits()
        self._places: tuple[str, ...] = (connection.base_url,)
        self._session: requests.Session | None = None

    def also_at(self, *places: str) -> HttpClient:
        """A client of the same connection that may ask these hosts too: those a connector's code names, such as the
        vendor's one token endpoint."""
        client = HttpClient(self._connection, allow=self._allow, limits=self._limits)
        client._places = (*self._places, *places)
        return client

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def session(self) -> requests.Session:
        """For a vendor's own client: checks the address each connection reaches. `ConfigError` for a forbidden one."""
        self._address("")
        return self._open()

    def ask(self, request: Request) -> Answer:
        """Send, following redirects and trying again after what may pass: 429, 5xx, silence, a broken line.

        Raises `SourceUnavailable` when it does not pass, `ConfigError` for a refusal or a forbidden address, and
        `DataRejected` for an answer that is too large.
        """
        import tenacity

        limits = self._limits
        trying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(limits.tries),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_Again),
            before_sleep=_say_wait,
            reraise=True,
        )
        try:
            return trying(self._follow, request)
        except _Again as again:
            raise again.fault from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = fault.wait_seconds if isinstance(fault, _Again) else None
        backed_off = self._limits.first_wait_seconds * 2 ** (state.attempt_number - 1)
        return min(backed_off if asked is None else asked, self._limits.longest_wait_seconds)

    def _follow(self, request: Request) -> Answer:
        url = request.filled(self._address(request.url))
        for _ in range(_MAX_REDIRECTS):
            answer = self._send(url, request)
            if answer.status not in _REDIRECTS:
                return answer
            target = urljoin(url, answer.headers.get("Location", ""))
            if not _is_same_place(url, target):
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
        if not any(_is_same_place(place, whole) for place in self._places):
            raise ConfigError(
                id=f"{_shown(whole)} bukan alamat koneksi '{self._connection.name}' ({_shown(base)}).",
                en=f"{_shown(whole)} is not an address of the connection '{self._connection.name}' ({_shown(base)}).",
            )
        scheme = urlsplit(whole).scheme
        if scheme not in ("http", "https") or (scheme == "http" and "plain_http" not in self._allow):
            raise ConfigError(
                id=f"{_shown(whole)}: pakai https://. Bila sistemnya memang hanya http, tulis allow: [plain_http] di "
                "sumbernya.",
                en=f"{_shown(whole)}: use https://. If the system has http only, write allow: [plain_http] in its "
                "source.",
            )
        return whole

    def _send(self, url: str, request: Request) -> Answer:
        import requests
        import urllib3

        where = request.shown(url)
        is_absolute = bool(urlsplit(request.url).query)
        try:
            with self._open().request(
                request.method,
                url,
                params=None if is_absolute and not request.params else {**request.params, **request.secret_params},
                headers={**request.headers, **request.secret_headers},
                data=None if request.form is None else {**request.form, **request.secret_form},
                json=_body(request),
                auth=request.login,
                timeout=(self._limits.connect_seconds, self._limits.read_seconds),
                stream=True,
                allow_redirects=False,
            ) as response:
                if response.status_code >= 400:
                    raise _refusal(response.status_code, response.headers, where)
                content, is_proved = self._read(response, where)
                return Answer(content, response.status_code, response.headers, where, is_end_proved=is_proved)
        except _ForbiddenAddress as forbidden:
            raise _forbidden(where, str(forbidden)) from None
        except requests.exceptions.SSLError:
            raise ConfigError(
                id=f"{where}: sertifikat TLS tidak dapat dipercaya. Pasang sertifikat yang sah, atau tulis 'ca_file' "
                "pada extra koneksinya.",
                en=f"{where}: its TLS certificate cannot be trusted. Install a valid one, or give 'ca_file' in the "
                "connection's extra.",
            ) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            raise _Again(
                SourceUnavailable(
                    id=f"{where}: tidak menjawab dalam {self._limits.read_seconds:g} detik. Coba lagi nanti.",
                    en=f"{where}: no answer within {self._limits.read_seconds:g} seconds. Try again later.",
                )
            ) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
            if (found := _forbidden_within(fault)) is not None:
                raise _forbidden(where, found) from None
            raise _Again(
                SourceUnavailable(
                    id=f"{where}: tidak terhubung, atau terputus di tengah jawaban. Periksa jaringan, lalu coba lagi.",
                    en=f"{where}: no connection, or it broke off amid the answer. Check the network, then try again.",
                )
            ) from None

    def _read(self, response: requests.Response, where: str) -> tuple[bytes, bool]:
        """The whole answer, unzipped, and whether its end is proved; a cut one is tried again."""
        parts, size = [], 0
        ends_at = time.monotonic() + self._limits.answer_seconds
        unzip = _Unzip(response.headers.get("Content-Encoding", ""), where)
        # read1 gives what has come; iter_content would wait for a whole chunk, however slowly it drips.
        while raw := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            part = unzip.add(raw)
            parts.append(part)
            size += len(part)
            if size > self._limits.answer_bytes:
                raise DataRejected(
                    id=f"{where}: jawaban lebih dari {number(self._limits.answer_bytes)} bita. "
                    "Kecilkan halaman ('size').",
                    en=f"{where}: the answer exceeds {self._limits.answer_bytes:,} bytes. Make pages smaller ('size').",
                )
            if time.monotonic() > ends_at:
                raise SourceUnavailable(
                    id=f"{where}: jawaban belum selesai setelah {self._limits.answer_seconds:g} detik.",
                    en=f"{where}: the answer was not complete after {self._limits.answer_seconds:g} seconds.",
                )
        content = b"".join(parts)
        tells_length = response.raw.chunked or response.raw.headers.get("Content-Length") is not None
        return content, _is_end_proved(content, tells_length=tells_length, unzip=unzip, where=where)

    def _open(self) -> requests.Session:
        if self._session is None:
            self._session = _session(may_be_private="private_addresses" in self._allow)
            self._session.verify = self._connection.extra.get("ca_file") or True
        return self._session


def _say_wait(state: tenacity.RetryCallState) -> None:
    """Log what is wrong and how long it is waited, once it is longer than a person takes for working."""
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, _Again) and state.upcoming_sleep >= _SILENT_WAIT_SECONDS:
        seconds = round(state.upcoming_sleep)
        _log.warning("%s (%s detik)\n%s (%s seconds)", fault.fault.id, seconds, fault.fault.en, seconds)


class _Unzip:
    """An answer's bytes without the gzip they may have come in, and whether that has come to its end."""

    def __init__(self, encoding: str, where: str) -> None:
        self.is_used = encoding.strip().casefold() in ("gzip", "x-gzip")
        self._where = where
        self._stream = zlib.decompressobj(wbits=31)
        self._has_begun = False
        if not self.is_used and encoding.strip().casefold() not in ("", "identity"):
            raise DataRejected(
                id=f"{where}: jawaban dikemas dengan cara yang tidak diminta. Minta pengelolanya memakai gzip.",
                en=f"{where}: the answer is encoded in a way not asked for. Ask its administrator for gzip.",
            )

    def add(self, raw: bytes) -> bytes:
        """The plain bytes of some more raw ones; damage raises `_Again`."""
        if not self.is_used:
            return raw
        plain = []
        try:
            while raw:
                if self._stream.eof:
                    self._stream = zlib.decompressobj(wbits=31)
                plain.append(self._stream.decompress(raw))
                self._has_begun, raw = True, self._stream.unused_data
        except zlib.error:
            raise _broken_off(self._where) from None
        return b"".join(plain)

    @property
    def is_at_end(self) -> bool:
        """Whether the last byte of what was zipped has come; an answer without any byte holds nothing zipped."""
        return self._stream.eof or not self._has_begun


def _is_end_proved(content: bytes, *, tells_length: bool, unzip: _Unzip, where: str) -> bool:
    """Whether the answer's own length, its gzip or its JSON tells that all of it has come; `_Again` if it has not."""
    if unzip.is_used and not unzip.is_at_end:
        raise _broken_off(where)
    if tells_length or unzip.is_used:
        return True
    if not content.lstrip().startswith((b"{", b"[")):
        return False
    try:
        json.loads(content)
    except ValueError:
        raise _broken_off(where) from None
    return True


def _broken_off(where: str) -> _Again:
    return _Again(
        SourceUnavailable(
            id=f"{where}: jawaban terputus sebelum selesai. Coba lagi nanti; bila selalu begitu, periksa perantara "
            "(proxy) di depan sistemnya.",
            en=f"{where}: the answer broke off before its end. Try again later; if it always does, check the proxy in "
            "front of the system.",
        )
    )


class _ForbiddenAddress(OSError):
    """The name leads to an address inside the house."""


def _session(*, may_be_private: bool) -> requests.Session:
    """A session without proxies or .netrc whose connections check the address they really reached."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    # Checking the peer, not the name, leaves a name that changes its address between check and use no gap.
    class _Plain(HTTPConnection):
        def _new_conn(self) -> Any:  # noqa: ANN401 urllib3's own
            return _checked_peer(super()._new_conn(), may_be_private)

    class _Secured(HTTPSConnection):
        def _new_conn(self) -> Any:  # noqa: ANN401 urllib3's own
            return _checked_peer(super()._new_conn(), may_be_private)

    pools = {
        "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": _Plain}),
        "https": type("_SecuredPool", (HTTPSConnectionPool,), {"ConnectionCls": _Secured}),
    }

    class _Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 requests' own
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

    # At DEBUG it would write whole addresses, with secrets in path and parameters.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = _AGENT
    # Nothing but gzip, which tells its own end, so that half an answer is never taken for a whole one.
    session.headers["Accept-Encoding"] = "gzip"
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    return session


def _checked_peer(sock: Any, may_be_private: bool) -> Any:  # noqa: ANN401 a socket, as urllib3 has it
    address = ipaddress.ip_address(sock.getpeername()[0].split("%")[0])
    if not (address.is_global or may_be_private) or address.is_multicast:
        sock.close()
        raise _ForbiddenAddress(str(address))
    return sock


def _forbidden_within(fault: BaseException | None) -> str | None:
    while fault is not None:
        if isinstance(fault, _ForbiddenAddress):
            return str(fault)
        inner = [part for part in (*fault.args, getattr(fault, "reason", None)) if isinstance(part, BaseException)]
        fault = inner[0] if inner else fault.__cause__ or fault.__context__
    return None


def _forbidden(where: str, address: str) -> ConfigError:
    return ConfigError(
        id=f"{where} berada di jaringan dalam ({address}). Bila memang itu sistemnya, tulis allow: [private_addresses] "
        "di sumbernya.",
        en=f"{where} lies on an internal network ({address}). If that is the system meant, write "
        "allow: [private_addresses] in its source.",
    )


def _refusal(status: int, headers: Mapping[str, str], where: str) -> Exception:
    if status in (401, 403):
        return ConfigError(
            id=f"{where}: ditolak ({status}). Periksa token atau sandi di koneksi, dan hak bacanya.",
            en=f"{where}: refused ({status}). Check the connection's token or password, and its right to read.",
        )
    if status in (408, 425, 429) or status >= 500:
        wait_seconds = _asked_wait(headers.get("Retry-After"))
        fault = SourceUnavailable(
            id=f"{where}: sedang tidak dapat melayani ({status}). Coba lagi nanti.",
            en=f"{where}: cannot serve just now ({status}). Try again later.",
        )
        return _Again(fault, wait_seconds)
    text_id = "alamat tidak ada" if status in (404, 410) else "permintaan tidak diterima"
    text_en = "no such address" if status in (404, 410) else "the request was not accepted"
    return RequestRefused(
        id=f"{where}: {text_id} ({status}). Periksa alamat koneksi dan 'options' sumbernya.",
        en=f"{where}: {text_en} ({status}). Check the connection's address and the source's 'options'.",
    )


def _asked_wait(text: str | None) -> float | None:
    """Seconds a `Retry-After` asks for, given as seconds or as a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _body(request: Request) -> Any:  # noqa: ANN401 any JSON
    if not request.secret_body:
        return request.body
    return {**(request.body if isinstance(request.body, dict) else {}), **request.secret_body}


def _is_same_place(one: str, other: str) -> bool:
    """Same host and port; going from http to https on a host is going home."""
    a, b = urlsplit(one), urlsplit(other)
    is_secured = (a.scheme, b.scheme) == ("http", "https")
    return a.hostname == b.hostname and (is_secured or (a.scheme, _port(one)) == (b.scheme, _port(other)))


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _shown(url: str) -> str:
    """An address fit for a message: no user, no parameters."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
