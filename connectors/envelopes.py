"""What JSON files say of their rows beside them: that there are more, or that the export failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.api_pages import PAGES, TOTALS, key_name, paging_sign
from connectors.documents import find
from connectors.errors import harmless
from connectors.numerals import number, number_en
from connectors.records import RawFile

_FAILED = re.compile(r"error|errors|failed|failure|fail|gagal|timeout|partial|incomplete", re.IGNORECASE)
_STATES = frozenset(("status", "state", "result"))
_FAULTS = frozenset(("error", "errors", "exception"))
_PARTS = frozenset(("truncated", "istruncated", "partial", "ispartial", "incomplete", "isincomplete"))
_SOUND = frozenset(("success", "ok", "issuccess", "complete", "iscomplete"))


@dataclass
class Envelopes:
    """The documents of one source; what the pages of one answer, saved each as a file, say together is not held."""

    rows_count: int = 0
    documents_count: int = 0
    _more: list[tuple[RawFile, str, str]] = field(default_factory=list)

    def add(self, file: RawFile, document: object, *, rows_count: int, rows_at: str) -> None:
        """Note one document of so many rows; what says that it is not sound is remarked at once."""
        self.rows_count += rows_count
        self.documents_count += 1
        if not isinstance(document, dict) or not rows_at:
            return
        sign = paging_sign(document, rows_count, (rows_at,))
        if sign:
            self._more.append((file, sign, str(find(document, sign))))
        failed = next((key for key, value in document.items() if _says_failed(key_name(key), value)), None)
        if failed is not None:
            file.remark(
                "says_failed",
                id=f"'{harmless(failed)}' di samping baris-barisnya menyatakan ekspor ini gagal atau tidak lengkap. "
                "Ekspor ulang.",
                en=f"'{harmless(failed)}' beside the rows says that this export failed or is a part. Export again.",
            )

    def remark(self) -> None:
        """Remark each document that tells of more rows than all documents together have."""
        for file, key, value in self._more:
            if self._is_whole(key, value):
                continue
            file.remark(
                "part_of_more",
                id=f"'{harmless(key)}' di samping baris-barisnya menyebut lebih dari {number(self.rows_count)} baris "
                "yang ada. Ekspor semuanya, atau taruh semua halamannya di 'path'.",
                en=f"'{harmless(key)}' beside the rows tells of more than the {number_en(self.rows_count)} rows there "
                "are. Export all of them, or name all pages in 'path'.",
            )

    def _is_whole(self, key: str, value: str) -> bool:
        if key_name(key) in TOTALS:
            return value == str(self.rows_count)
        if key_name(key) in PAGES:
            return value == str(self.documents_count)
        return len(self._more) < self.documents_count


def _says_failed(key: str, value: object) -> bool:
    if key in _FAULTS:
        return value not in (None, "", False, 0, [], {}, "false", "0")
    if key in _PARTS:
        return value in (True, "true", "1", 1)
    if key in _SOUND:
        return value in (False, "false")
    return key in _STATES and isinstance(value, str) and bool(_FAILED.fullmatch(value.strip()))
