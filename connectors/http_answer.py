"""What an HTTP answer tells besides its content: whether it is whole, and what its status asks to do next."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.errors import ConfigError, DataRejected, RequestRefused, SourceUnavailable, TolokError
from connectors.numerals import number


class Again(Exception):
    """A try that may be repeated, and what to raise when no more tries are left."""

    def __init__(self, fault: TolokError, wait_seconds: float | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.wait_seconds = wait_seconds


class Unzip:
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
        """The plain bytes of some more raw ones; damage raises `Again`."""
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


def is_end_proved(content: bytes, *, tells_length: bool, unzip: Unzip, where: str) -> bool:
    """Whether the answer's own length, its gzip or its JSON tells that all of it has come; `Again` if it has not."""
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
    except RecursionError:
        return False
    return True


def _broken_off(where: str) -> Again:
    return Again(
        SourceUnavailable(
            id=f"{where}: jawaban terputus sebelum selesai. Coba lagi nanti; bila selalu begitu, periksa perantara "
            "(proxy) di depan sistemnya.",
            en=f"{where}: the answer broke off before its end. Try again later; if it always does, check the proxy in "
            "front of the system.",
        )
    )


def refusal(status: int, headers: Mapping[str, str], where: str) -> Exception:
    """What a status of 400 or more means: `Again` where it may pass, else what to mend."""
    if status in (401, 403):
        return ConfigError(
            id=f"{where}: ditolak ({status}). Periksa token atau sandi di koneksi, dan hak bacanya.",
            en=f"{where}: refused ({status}). Check the connection's token or password, and its right to read.",
        )
    if status in (408, 425, 429) or status >= 500:
        seconds = _asked_wait(headers.get("Retry-After"))
        asked_id = f" Sistemnya minta ditunggu {number(round(seconds))} detik." if seconds else ""
        asked_en = f" It asks to wait for {round(seconds):,} seconds." if seconds else ""
        fault = SourceUnavailable(
            id=f"{where}: sedang tidak dapat melayani ({status}). Coba lagi nanti.{asked_id}",
            en=f"{where}: cannot serve just now ({status}). Try again later.{asked_en}",
        )
        return Again(fault, seconds)
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
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
