"""The session below the HTTP client: it connects to judged addresses only, ends with the deadline, bounds answers."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.addresses import ForbiddenAddress, resolve
from connectors.deadline import Deadline
from connectors.errors import DataRejected
from connectors.numerals import number

if TYPE_CHECKING:
    import requests

_AGENT = "tolok (+https://pypi.org/project/tolok)"


class Lines:
    """The deadline under which a session's connections stand just now."""

    def __init__(self) -> None:
        self._deadline: Deadline | None = None

    @contextmanager
    def under(self, deadline: Deadline) -> Iterator[None]:
        """Cut what is sent and read in this block when the deadline comes."""
        self._deadline = deadline
        try:
            yield
        finally:
            self._deadline = None
            deadline.release()

    def hold(self, sock: socket.socket) -> None:
        """Put a connection under the present deadline."""
        if self._deadline is not None:
            self._deadline.hold(sock)


def open_session(*, may_be_private: bool, lines: Lines) -> requests.Session:
    """A session without proxies, .netrc or redirects; `ForbiddenAddress` comes wrapped in what it raises."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError

    class _Checked(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            """Connect to an address that was judged, so that the name cannot lead elsewhere a moment later."""
            name, fault = self._dns_host, HTTPError(self._dns_host)
            for address in resolve(name.strip("[]"), self.port, may_be_private=may_be_private):
                self._dns_host = address
                try:
                    sock = super()._new_conn()
                except HTTPError as refused:
                    fault = refused
                    continue
                finally:
                    # TLS holds it against the certificate.
                    self._dns_host = name
                lines.hold(sock)
                return sock
            raise fault

        def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 urllib3's own
            if self.sock is not None:
                lines.hold(self.sock)
            super().request(*args, **kwargs)

    class _Secured(_Checked, HTTPSConnection):
        """The same over TLS."""

    pools = {
        "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": _Checked}),
        "https": type("_SecuredPool", (HTTPSConnectionPool,), {"ConnectionCls": _Secured}),
    }

    class _Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 requests' own
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

    class _Unled(requests.Session):
        # requests reads a redirect's whole body and parses its target even when told not to follow it.
        def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 requests' own
            return None

    # At DEBUG it would write whole addresses, with secrets in path and parameters.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    session = _Unled()
    session.trust_env = False
    session.headers["User-Agent"] = _AGENT
    # Nothing but gzip, which tells its own end, so that half an answer is never taken for a whole one.
    session.headers["Accept-Encoding"] = "gzip"
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    return session


def bound_answers(session: requests.Session, *, most_bytes: int, name: str) -> None:
    """Make a session that a vendor's own client reads end an answer of more bytes with `DataRejected`."""

    def bound(answer: requests.Response, *_: object, **__: object) -> None:
        answer.raw = _Bounded(answer.raw, most_bytes, name)

    session.hooks["response"].append(bound)


class _Bounded:
    """A raw answer from which no more than so many bytes come, unzipped."""

    def __init__(self, raw: Any, most_bytes: int, name: str) -> None:  # noqa: ANN401 urllib3's own
        self._raw, self._most_bytes, self._name = raw, most_bytes, name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 urllib3's own
        return getattr(self._raw, name)

    def stream(self, size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """The parts of the answer."""
        left = self._most_bytes
        for part in self._raw.stream(size, decode_content=decode_content):
            left -= len(part)
            if left < 0:
                self._raw.close()
                raise DataRejected(
                    id=f"'{self._name}': jawaban lebih dari {number(self._most_bytes)} bita; ini bukan jawaban sistem "
                    "yang dimaksud. Periksa alamat koneksinya.",
                    en=f"'{self._name}': the answer exceeds {self._most_bytes:,} bytes; it is none of the system "
                    "meant. Check the connection's address.",
                )
            yield part


def forbidden_within(fault: BaseException | None) -> ForbiddenAddress | None:
    """The forbidden address that is at the bottom of what a session raised, if it is."""
    while fault is not None and not isinstance(fault, ForbiddenAddress):
        fault = fault.__cause__ or fault.__context__
    return fault
