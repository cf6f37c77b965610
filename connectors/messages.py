"""Messages to people by e-mail or chat, through Apprise, to the address that a connection keeps."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode
from apprise.plugins import NotifyBase

from connectors.connection import connection_from, connection_text, variable_of
from connectors.errors import ConfigError, SourceUnavailable
from connectors.masking import masked

_APPRISE_LOG = logging.getLogger("apprise")
_ASSET = AppriseAsset(
    app_id="Tolok", app_desc="Tolok", app_url="", async_mode=False, storage_mode=PersistentStoreMode.MEMORY
)
_SHORTEST_SECRET = 5


def send(name: str, *, subject: str, text: str) -> None:
    """Deliver a message to the address of a connection.

    Raises `ConfigError` without an address that Apprise knows, `SourceUnavailable` when it did not go through. Neither
    repeats the address.
    """
    # At DEBUG it logs the addresses it asks, and what these answer. Whoever sets up logging undoes what is set before.
    _APPRISE_LOG.propagate = False
    _APPRISE_LOG.setLevel(logging.INFO)
    address, said = _address(name), list[str]()
    service, sender = _service(name, address), Apprise(asset=_ASSET)
    sender.add(service)
    is_delivered = sender.notify(
        text, subject, body_format=NotifyFormat.TEXT, log_callback=lambda entry, _: said.append(str(entry.message))
    )
    if not is_delivered:
        cause = _masked(said[0] if said else "-", address, service)
        raise SourceUnavailable(
            id=f"Pesan lewat koneksi '{name}' tidak terkirim ({cause}). Periksa alamat, sandi, dan jaringannya.",
            en=f"The message over the connection '{name}' was not delivered ({cause}). Check its address, password "
            "and network.",
        )


def _address(name: str) -> str:
    """The text of the connection, or the password of one that is JSON, as those stored in Airflow are."""
    text = connection_text(name)
    return connection_from(name).password if text.startswith("{") else text


def _service(name: str, address: str) -> NotifyBase:
    # Apprise logs an address that it cannot read, with the password in it.
    _APPRISE_LOG.disabled = True
    service = Apprise.instantiate(address, asset=_ASSET) if len(address.split()) == 1 else None
    _APPRISE_LOG.disabled = False
    if service is None:
        raise ConfigError(
            id=f"Koneksi '{name}' tidak berisi satu alamat Apprise. Tulis di {variable_of(name)} atau kolom Password "
            "Connection Airflow, misalnya mailtos://akun:sandi@smtp.kota.go.id?from=tolok@kota.go.id&to=tim@kota.go.id.",
            en=f"The connection '{name}' does not hold one Apprise address. Write it in {variable_of(name)} or in the "
            "field Password of the Airflow Connection, such as "
            "mailtos://user:password@smtp.kota.go.id?from=tolok@kota.go.id&to=team@kota.go.id.",
        )
    return service


def _masked(cause: str, address: str, service: NotifyBase) -> str:
    """What went wrong, on one line, with no part of the address but its host."""
    parts = [unquote(part) for part in re.split(r"[/@:?&=,]+", address)]
    hidden = [part for part in parts if len(part) >= _SHORTEST_SECRET and part != service.host]
    return " ".join(masked(cause, hidden).split())[:200]
