"""Data sets of a CKAN written by its own client: what is there, and what makes it as it should be."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from connectors.connection import Connection
from connectors.errors import ConfigError, DataRejected, SourceUnavailable
from connectors.http import HttpClient, Limits
from connectors.http_session import forbidden_within
from connectors.masking import masked

_SECONDS = 120
# Of one answer; what a CKAN says of a data set has some kilobytes.
MOST_BYTES = 16 << 20
_LONGEST_SAID = 300


class Ckan:
    """One CKAN, as the holder of the connection's token sees it; every fault is a `TolokError` without secrets."""

    def __init__(self, connection: Connection, *, allow: tuple[str, ...] = ()) -> None:
        from ckanapi import RemoteCKAN

        self._connection = connection
        self._http = HttpClient(connection, allow=allow, limits=Limits(answer_bytes=MOST_BYTES))
        self._remote = RemoteCKAN(
            connection.base_url, apikey=connection.password, user_agent="tolok", session=self._http.session()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remote.close()

    def data_set(self, name: str) -> dict[str, Any] | None:
        """The data set of a name with its files, a deleted one too; null where there never was one."""
        from ckanapi import NotFound

        try:
            with self._faults("package_show"):
                found = dict(self._call("package_show", {"id": name}))
                if not found.keys() >= {"state", "private", "resources"}:
                    raise ValueError(name)
                return found
        except NotFound:
            return None

    def write(self, fields: Mapping[str, Any], *, is_new: bool) -> None:
        """Make a data set, or change the fields of one."""
        self._call("package_create" if is_new else "package_patch", dict(fields))

    def delete(self, name: str) -> None:
        """Withdraw a data set: nobody finds it any more, and the portal's administrator can still bring it back."""
        self._call("package_delete", {"id": name})

    def write_file(self, fields: Mapping[str, str], content: bytes, *, is_new: bool) -> None:
        """Make a file of a data set, or put another in its place; `fields` name it."""
        upload = {"upload": (fields["name"], io.BytesIO(content), fields["mimetype"])}
        self._call("resource_create" if is_new else "resource_update", dict(fields), upload)

    def delete_file(self, file_id: str) -> None:
        """Take a file out of its data set."""
        self._call("resource_delete", {"id": file_id})

    def _call(self, action: str, fields: dict[str, Any], files: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        with self._faults(action), self._http.bounded():
            return self._remote.call_action(action, fields, files=files, requests_kwargs={"timeout": _SECONDS})

    @contextmanager
    def _faults(self, action: str) -> Iterator[None]:
        import requests
        from ckanapi import CKANAPIError, NotAuthorized, NotFound, ServerIncompatibleError, ValidationError

        name = self._connection.name
        try:
            yield
        except NotFound:
            raise
        except NotAuthorized:
            raise ConfigError(
                id=f"CKAN '{name}' menolak {action}. Periksa token di koneksi (password) dan hak editor akunnya di "
                "organisasi itu.",
                en=f"CKAN '{name}' refuses {action}. Check the token in the connection (password), and that its "
                "account is an editor of the organization.",
            ) from None
        except ValidationError as error:
            said = masked(_said(error.error_dict), self._connection.hidden)[:_LONGEST_SAID]
            raise DataRejected(
                id=f"CKAN '{name}' tidak menerima {action}: {said}",
                en=f"CKAN '{name}' does not accept {action}: {said}",
            ) from None
        except (
            *(requests.exceptions.RequestException, OSError, CKANAPIError, ServerIncompatibleError),
            # What its client and we meet in an answer without what CKAN always sends.
            *(KeyError, TypeError, ValueError),
        ) as fault:
            if (forbidden := forbidden_within(fault)) is not None:
                raise forbidden.as_setting(f"CKAN '{name}'") from None
            raise SourceUnavailable(
                id=f"CKAN '{name}' tidak menjawab {action} dengan benar. Periksa alamat di koneksi dan jaringannya, "
                "lalu jalankan lagi: yang sudah tertulis tidak ditulis dua kali.",
                en=f"CKAN '{name}' gives no sound answer to {action}. Check the connection's address and the network, "
                "then run again: what is written already is not written twice.",
            ) from None


def _said(errors: Mapping[str, Any]) -> str:
    """What CKAN says of each field, on one line."""
    told = (f"{field}: {said}" for field, said in sorted(errors.items()) if field != "__type")
    return " ".join("; ".join(told).split())
