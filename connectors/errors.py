"""What can go wrong, typed by what to do next, each message in Bahasa Indonesia and English."""

from __future__ import annotations

import re
from collections.abc import Sequence


class TolokError(Exception):
    """A fault a person can act on: both texts say what, where, what would be right and what to do."""

    exit_code = 1

    def __init__(self, *, id: str, en: str) -> None:
        super().__init__(f"{id}\n{en}")
        self.id = id
        self.en = en


class ConfigError(TolokError):
    """Wrong usage or settings: mend the command or the city's YAML."""

    exit_code = 2


class RequestRefused(ConfigError):
    """A system does not accept a request or has no such address."""


class DataRejected(TolokError):
    """The data cannot be used as they are: a person must look."""

    exit_code = 3


class SourceChanged(DataRejected):
    """A source no longer looks as its mapping says: mend the file or the mapping."""

    def with_more(self, id: str, en: str) -> SourceChanged:
        """The same fault with another sentence at its end, if there is one."""
        return SourceChanged(id=f"{self.id} {id}".strip(), en=f"{self.en} {en}".strip())


class DataDamaged(DataRejected):
    """Kept files are no longer what was written and cannot be made anew here: fetch them again, or restore them."""


class SourceUnavailable(TolokError):
    """A source cannot be reached or is not there yet: try again."""

    exit_code = 4


class FileMissing(SourceUnavailable):
    """No file lies where a source's path points: a person must put it there, waiting alone brings none."""


class AnswersDiffer(SourceUnavailable):
    """The answers of one pull do not fit together, so that none of them is of use: ask for all of them again."""


def harmless(name: str) -> str:
    """A header cell or key fit for a message: what could be a value of a person is masked; a year alone is not."""
    from connectors.personal_data import personal_kind

    without_years = re.sub(r"\b(?:19|20)\d\d\b", "", name)
    is_plain = not re.search(r"\d{4}|@", name) or not re.search(r"\d|@", without_years)
    return name[:40] if is_plain and personal_kind(name) is None else "***"


def harmless_header(header: Sequence[str]) -> str:
    """The names of columns fit for a message; of a row that looks like data only the count of its cells, twice told.

    A date with an hour, a number that is no year, or what tells of a person is no name of a column.
    """
    if any(map(_is_value, header)):
        return f"({len(header)} sel yang tampak seperti data, bukan judul / {len(header)} cells that look like data)"
    return ", ".join(harmless(name) for name in header)


def _is_value(cell: str) -> bool:
    from connectors.personal_data import personal_kind

    is_number = re.fullmatch(r"[-+]?\d[\d.,]{2,}", cell) is not None and not re.fullmatch(r"(?:19|20)\d\d", cell)
    return is_number or re.search(r"\d[T ]\d{1,2}[:.]\d\d\b", cell) is not None or personal_kind(cell) is not None
