"""Which files a source's paths should have found and did not, and which of those found are one and the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connectors.numerals import counted_en, number
from connectors.remarks import Remark
from pipeline.config.city import City
from pipeline.config.rows import FileSettings
from pipeline.periods import Period
from pipeline.tables import TABLES

_NAMED_FILES = 6
_COPY_MARKS = re.compile(r"\(\d+\)|\b(copy|copy of|salinan|salinan dari|duplikat)\b|[\s_-]+", re.IGNORECASE)


def months_by_pattern(settings: FileSettings, period: Period) -> dict[str, list[Period]]:
    """A source's paths with the months of a period filled in, each once, and for which months each stands."""
    patterns: dict[str, list[Period]] = {}
    for path in settings.path:
        for month in period.months:
            pattern = path.replace("{year}", f"{month.year}").replace("{month}", f"{month.month:02d}")
            patterns.setdefault(pattern, []).append(month)
    return patterns


def missing_files(
    settings: FileSettings, *, city: City, source_name: str, period: Period, is_there: Callable[[str], bool]
) -> Iterator[Remark]:
    """A remark on the paths of expected months that name no file; one with a wildcard alone may well find none.

    Expected are the months of the period that ended before the extraction, that the source covers and is open in, and
    that are not declared empty; of a register as it stands on a day, none.
    """
    if TABLES[city.sources[source_name].table].is_snapshot:
        return
    own = set(settings.path)
    absent = [
        pattern
        for pattern, months in months_by_pattern(settings, period).items()
        if (pattern not in own or not any(mark in pattern for mark in "*?["))
        and any(_is_expected(month, city, source_name) for month in months)
        and not is_there(pattern)
    ]
    if absent:
        names = ", ".join(absent[:_NAMED_FILES]) + (f" (+{len(absent) - _NAMED_FILES})" * (len(absent) > _NAMED_FILES))
        yield Remark(
            "file_missing",
            f"{source_name}: {number(len(absent))} berkas yang disebut 'path' tidak ada: {names}. Letakkan berkasnya; "
            "bila bulan itu memang kosong, letakkan berkas yang hanya berisi judul kolom, atau tulis bulannya di "
            "schedule.empty_months.",
            f"{source_name}: {counted_en(len(absent), 'file is', 'files are')} not there that 'path' names: {names}. "
            "Put them there; if the month is empty, put a file with the header alone, or name the month in "
            "schedule.empty_months.",
        )


def _is_expected(month: Period, city: City, source_name: str) -> bool:
    source = city.sources[source_name]
    until = (source.extracted_at or datetime.now(UTC)).date()
    covered = source.declared_coverage
    is_covered = covered is None or bool(covered.within(month))
    return (
        month.last_on < until
        and is_covered
        and source.is_open_in(month)
        and month.label not in city.schedule.empty_months
    )


def same_files(names: Mapping[str, Sequence[str]], *, source_name: str) -> Iterator[Remark]:
    """A remark on each content, by its hash, that lies under several names other than a copy's; it is read once."""
    for of_one in names.values():
        if len({_COPY_MARKS.sub("", name.rsplit(".", 1)[0]).casefold() for name in of_one}) > 1:
            listed = ", ".join(of_one[:_NAMED_FILES])
            yield Remark(
                "same_content",
                f"{source_name}: isi berkas-berkas ini sama persis dan dihitung sekali: {listed}. Salah satunya salah "
                "salin? Letakkan berkas yang benar, atau hapus yang berlebih.",
                f"{source_name}: these files have the same content, counted once: {listed}. Is one of them a wrong "
                "copy? Put the right file there, or delete the superfluous one.",
            )
