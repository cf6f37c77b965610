"""The session below the HTTP client: each connection checks the address it reached and ends with the deadline."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.addresses import ForbiddenAddress, check_address
from connectors.deadline import Deadline

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

    # Checking the peer, not the name, leaves a name that changes its address between check and use no gap.
    class _Checked(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            try:
                check_address(sock.getpeername()[0], may_be_private=may_be_private)
            except OSError:
                sock.close()
                raise
            lines.hold(sock)
            return sock

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


def forbidden_within(fault: BaseException | None) -> ForbiddenAddress | None:
    """The forbidden address that is at the bottom of what a session raised, if it is."""
    while fault is not None and not isinstance(fault, ForbiddenAddress):
        inner = [part for part in (*fault.args, getattr(fault, "reason", None)) if isinstance(part, BaseException)]
        fault = inner[0] if inner else fault.__cause__ or fault.__context__
    return fault
