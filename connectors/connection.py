"""A named way into a system, from the environment as Airflow writes it; its secrets never show."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.errors import ConfigError

VARIABLE = "AIRFLOW_CONN_"
# What the client refuses unless a source allows it.
ALLOWANCES = ("private_addresses", "plain_http")
_HOST = re.compile(r"[^\s/@\\\x00-\x1f\x7f]{1,253}")


@dataclass(frozen=True)
class Connection:
    """One connection; `extra` holds what the system needs besides a login and a password."""

    name: str
    kind: str = ""
    host: str = field(default="", repr=False)
    port: int | None = None
    path: str = field(default="", repr=False)
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """The address of an HTTP system without a closing slash, user or password."""
        host = self.host.rstrip("/")
        if re.fullmatch(r"[0-9a-fA-F]*:[0-9a-fA-F:.]*", host):
            host = f"[{host}]"
        if "://" not in host:
            scheme = self.kind if self.kind in ("http", "https") else "https"
            host = f"{scheme}://{host}"
        port = f":{self.port}" if self.port else ""
        return f"{host}{port}{'/' + self.path.strip('/') if self.path.strip('/') else ''}"

    @property
    def secrets(self) -> dict[str, str]:
        """What may stand for a placeholder in a header, parameter or body, by name."""
        return {"login": self.login, "password": self.password, **self.extra}

    @property
    def hidden(self) -> tuple[str, ...]:
        """What no message may repeat."""
        return (self.password, *self.extra.values())


def variable_of(name: str) -> str:
    """The environment variable a connection is read from."""
    return VARIABLE + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def connection_from(name: str, environment: Mapping[str, str] | None = None) -> Connection:
    """Read a connection, a URI or JSON as Airflow takes them; `ConfigError` when it is not there or unreadable."""
    text, variable = connection_text(name, environment), variable_of(name)
    try:
        return _sound(_from_json(name, json.loads(text)) if text.startswith("{") else _from_uri(name, text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ConfigError(
            id=f"Koneksi '{name}' ({variable}) tidak terbaca. Contoh URI: https://login:sandi@alamat/jalur; karakter "
            'khusus dalam sandi ditulis %xx. Contoh JSON: {"host": "https://alamat", "password": "..."}.',
            en=f"The connection '{name}' ({variable}) cannot be read. A URI: https://login:password@host/path, special "
            'characters of a password as %xx. JSON: {"host": "https://host", "password": "..."}.',
        ) from None


def connection_text(name: str, environment: Mapping[str, str] | None = None) -> str:
    """What is kept of a connection: in its variable, else in the file of its name in the folder `TOLOK_SECRETS`.

    `ConfigError` where there is neither.
    """
    given, variable = os.environ if environment is None else environment, variable_of(name)
    text = given.get(variable, "").strip() or _secret_file(Path(given.get("TOLOK_SECRETS") or "/run/secrets") / name)
    if not text:
        raise ConfigError(
            id=f"Koneksi '{name}' belum ada. Isi variabel lingkungan {variable} (URI atau JSON), berkas '{name}' di "
            f"folder TOLOK_SECRETS, atau buat Connection '{name}' di Airflow.",
            en=f"The connection '{name}' is not there. Set the environment variable {variable} (a URI or JSON), a file "
            f"'{name}' in the folder TOLOK_SECRETS, or make a Connection '{name}' in Airflow.",
        )
    return text


def _secret_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _sound(connection: Connection) -> Connection:
    """The connection; raises `ValueError` for an address that is none, or that holds a login or password.

    A `/` in a password that is not written as %2F ends the host before it, and the rest of it would stand in paths.
    """
    if connection.kind == "sqlite":
        return connection
    parts = urlsplit(connection.base_url)
    is_cut_short = "@" in connection.path and not connection.login
    if "@" in parts.netloc or is_cut_short or parts.port == 0 or not _HOST.fullmatch(parts.hostname or "localhost"):
        raise ValueError("no sound address")
    return connection


def _from_json(name: str, raw: Mapping[str, Any]) -> Connection:
    extra = raw.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    host, schema = str(raw.get("host") or ""), str(raw.get("schema") or "")
    kind = str(raw.get("conn_type") or "")
    is_web = kind in ("http", "https", "") and not _is_scheme(host)
    if is_web and schema in ("http", "https"):
        kind, schema = schema, ""
    return Connection(
        name=name,
        kind=kind,
        host=host,
        port=int(raw["port"]) if raw.get("port") else None,
        path=schema,
        login=str(raw.get("login") or ""),
        password=str(raw.get("password") or ""),
        extra={str(key): str(value) for key, value in extra.items()},
    )


def _is_scheme(host: str) -> bool:
    return host.startswith(("http://", "https://"))


def _from_uri(name: str, text: str) -> Connection:
    parts = urlsplit(text)
    if not parts.scheme or not (parts.netloc or parts.path) or "@" in parts.fragment:
        raise ValueError("no scheme or host")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = json.loads(query.pop("__extra__")) if "__extra__" in query else {}
    return Connection(
        name=name,
        kind=parts.scheme.replace("-", "_"),
        host=unquote(parts.hostname or ""),
        port=parts.port,
        path=unquote(parts.path.removeprefix("/")),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        extra={str(key): str(value) for key, value in {**query, **extra}.items()},
    )
