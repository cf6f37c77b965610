"""A home in object storage whose server fails, or whose client is killed, at any request: the next run ends well."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from tests.cluster.cluster import storage_files, storage_server
from tests.hold import IS_FULL
from tests.hold.apart import end
from tests.hold.home import CITY, MONTH, city_at, history, tolok

pytestmark = pytest.mark.skipif(
    not IS_FULL or find_spec("s3fs") is None, reason="starts an S3 server, which `make test-hold` installs"
)
# At so many requests of the hundreds that a run makes.
MOMENTS = int(os.environ.get("TOLOK_MOMENTS", "10"))


def requesting(tell: Callable[[int, str], None], *words: str) -> tuple[int, Any]:
    """A command that tells of each HTTP request to the storage, `before` and `after` it; what that raises is raised."""
    from aiobotocore.httpsession import AIOHTTPSession

    send, count = AIOHTTPSession.send, 0

    async def told(session: AIOHTTPSession, request: Any) -> Any:
        nonlocal count
        count += 1
        nth = count
        tell(nth, "before")
        answer = await send(session, request)
        tell(nth, "after")
        return answer

    with patch.object(AIOHTTPSession, "send", told):
        code, said = tolok(*words)
    return code, (said, count)


def killing(at: int, when: str, nth: int, now: str) -> None:
    """Before the request, or when the storage has done it and the client is not told."""
    if (nth, now) == (at, when):
        os.kill(os.getpid(), signal.SIGKILL)


def failing(at: int, nth: int, now: str) -> None:
    """From a request on no storage answers."""
    from botocore.exceptions import EndpointConnectionError

    if nth >= at and now == "before":
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")


def test_a_run_broken_off_at_any_request_is_ended_by_the_next_on_another_machine(
    tmp_path: Path, postgres_url: str, row: Callable[[str, str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage_server(tmp_path / "storage") as keys:
        for name, value in keys.items():
            monkeypatch.setenv(name, value)

        def run(trial: str, machine: str, tell: Callable[[int, str], None] | None = None) -> tuple[int, Any]:
            told = {"TOLOK_HOME": f"s3://diskominfo/{trial}", "TOLOK_MIRROR": str(tmp_path / trial / machine)}
            with city_at(tmp_path / trial, **told, TOLOK_WAREHOUSE=postgres_url.removesuffix("postgres") + trial):
                return end("run", CITY, MONTH, run=partial(requesting, tell or (lambda *_: None)))

        def kept(trial: str) -> tuple[list[object], list[str]]:
            with city_at(tmp_path / trial, TOLOK_WAREHOUSE=postgres_url.removesuffix("postgres") + trial):
                found = history()
            files = storage_files(keys).find(f"diskominfo/{trial}")
            return [*found], sorted(Path(one).name for one in files if Path(one).suffix in (".html", ".json", ""))

        def begin(trial: str) -> str:
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {trial}")  # type: ignore[call-overload]
            return trial

        code, (said, count) = run(begin("wanted"), "a")
        assert (code, count > 100) == (0, True), said
        wanted = kept("wanted")
        moments = range(count // MOMENTS // 2, count, count // MOMENTS)
        for nth in moments:
            for when in ("before", "after", "failed"):
                trial = begin(f"{when}_{nth}")
                tell = partial(failing, nth) if when == "failed" else partial(killing, nth, when)
                code, said = run(trial, "a", tell)
                assert code == (4 if when == "failed" else -signal.SIGKILL), f"{trial} {said}"
                assert "tak terduga" not in str(said), f"{trial} {said}"
                code, said = run(trial, "a" if nth % 2 else "b")
                assert code == 0, f"{trial} {said}"
                results, files = kept(trial)
                assert results == wanted[0], trial
                assert len(files) == len(wanted[1]), trial
    row(
        "Crash",
        f"a run with its home in a storage, at {len(moments)} of its {count} requests: killed before and behind it, "
        "and no answer from there on",
        f"{3 * len(moments)} broken off; the next run, on this or another machine, ends with the same results",
    )
