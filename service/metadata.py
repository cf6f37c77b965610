"""How Airflow's database stands to the Airflow that is installed: told by names of files, without loading Airflow."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from connectors.errors import ConfigError, SourceUnavailable

_REVISION = re.compile(r'^revision\s*(?::\s*str\s*)?=\s*["\'](\w+)["\']', re.MULTILINE)


class Schema(Enum):
    """What a database of Airflow needs."""

    BEHIND = "to be brought to this version"
    CURRENT = "nothing"
    NEWER = "a newer Airflow"


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that the installed Airflow knows, oldest first."""
    found = find_spec("airflow")
    if found is None or found.origin is None:
        raise ConfigError(id="Airflow tidak terpasang.", en="Airflow is not installed.")
    files = sorted((Path(found.origin).parent / "migrations" / "versions").glob("[0-9]*.py"))
    return tuple(match[1] for file in files if (match := _REVISION.search(file.read_text(encoding="utf-8"))))


def schema(url: str) -> Schema:
    """The state of the database at `postgresql://...`; `SourceUnavailable` when it does not answer."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            table = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            query = "SELECT version_num FROM alembic_version"
            stored = connection.execute(query).fetchone() if table and table[0] else None
    except psycopg.OperationalError:
        raise SourceUnavailable(
            id="Basis data Airflow tidak dapat dihubungi. Periksa apakah PostgreSQL berjalan dan sandinya benar.",
            en="Airflow's database cannot be reached. See whether PostgreSQL runs and its password is right.",
        ) from None
    if stored is None:
        return Schema.BEHIND
    known = revisions()
    if stored[0] not in known:
        return Schema.NEWER
    return Schema.CURRENT if stored[0] == known[-1] else Schema.BEHIND


def refuse_newer(url: str) -> Schema:
    """The state of the database, unless a newer Airflow made it: `ConfigError`."""
    state = schema(url)
    if state is Schema.NEWER:
        raise ConfigError(
            id=f"Basis data Airflow dibuat versi yang lebih baru; versi ini mengenal sampai {revisions()[-1]}. "
            "Perbarui Tolok di sini, atau pulihkan cadangan dari versi ini (docs/service.md).",
            en=f"Airflow's database was made by a newer version; this one knows up to {revisions()[-1]}. Upgrade Tolok "
            "here, or restore a backup of this version (docs/service.md).",
        )
    return state


def migrate_metadata(url: str, environment: Mapping[str, str]) -> None:
    """Bring the database to this version, if it is not; `ConfigError` for a newer one."""
    if refuse_newer(url) is Schema.CURRENT:
        return
    done = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=dict(environment), check=False)
    if done.returncode:
        raise SourceUnavailable(
            id="Basis data Airflow tidak dapat dibawa ke versi ini; sebabnya tertulis di atas.",
            en="Airflow's database cannot be brought to this version; the reason stands above.",
        )
