"""AWStats' monthly data files, read for their visits a day; history that nothing else holds any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.base import Connector, frame_of
from connectors.errors import DataRejected, SourceChanged
from connectors.file_kinds import refuse_foreign
from connectors.numerals import counted_en
from connectors.records import RawFile, open_bytes, read_whole

if TYPE_CHECKING:
    import pandas as pd

_FIRST_LINE = re.compile(rb"\xef?\xbb?\xbf?AWSTATS DATA FILE ([\d.]+)")
_NAME = re.compile(r"awstats(\d{2})(\d{4})\.(.+)\.txt")
_BEGIN = re.compile(rb"BEGIN_DAY (\d+)\s*")
_NAMES = ("day", "pages", "hits", "bandwidth", "visits")


class AwStats(Connector):
    """The day section of `awstatsMMYYYY.<config>.txt`. Grain of `rows`: one day, with `config` from the file's name.

    A visit here is another thing than elsewhere: one address, whatever its agent, until an hour without a page or
    midnight of the log's own clock (7.8 subtracts moments as numbers, and those of two days lie far apart).
    """

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """One frame per file; `SourceChanged` for a file without a day section, `DataRejected` for one cut short."""
        for file in files:
            yield file, frame_of(_days(file), columns=columns)


def _days(file: RawFile) -> Iterator[Mapping[str, str | None]]:
    refuse_foreign(file, "own")
    with open_bytes(file) as stream:
        lines = read_whole(file, stream).splitlines()
    if not lines or not _FIRST_LINE.match(lines[0]):
        raise SourceChanged(
            id=f"{file.name}: bukan berkas data AWStats (awstatsMMYYYY.<config>.txt; baris pertama 'AWSTATS DATA "
            "FILE'). Berkas XML dan halaman HTML AWStats tidak dibaca; salin berkas .txt dari DirData.",
            en=f"{file.name}: not an AWStats data file (awstatsMMYYYY.<config>.txt, its first line 'AWSTATS DATA "
            "FILE'). AWStats' XML files and HTML pages are not read; copy the .txt from DirData.",
        )
    begins = [(number, found) for number, line in enumerate(lines) if (found := _BEGIN.fullmatch(line))]
    if len(begins) != 1:
        version = _FIRST_LINE.match(lines[0])
        raise SourceChanged(
            id=f"{file.name}: tidak ada satu bagian BEGIN_DAY (versi {version[1].decode() if version else '?'}). "
            "Yang dikenal: AWStats 6 dan 7. Perbarui AWStats dan hitung ulang dari lognya, atau pakai log akses.",
            en=f"{file.name}: there is not one section BEGIN_DAY (version {version[1].decode() if version else '?'}). "
            "Known are AWStats 6 and 7. Update AWStats and count its logs again, or use the access logs.",
        )
    yield from _section(file, lines, *begins[0])


def _section(
    file: RawFile, lines: Sequence[bytes], begins_at: int, begin: re.Match[bytes]
) -> Iterator[Mapping[str, str | None]]:
    named = _NAME.fullmatch(file.name)
    days_count = int(begin[1])
    days = lines[begins_at + 1 : begins_at + 1 + days_count]
    if lines[begins_at + 1 + days_count : begins_at + 2 + days_count] != [b"END_DAY"]:
        raise DataRejected(
            id=f"{file.name}: bagian hari terpotong; dijanjikan {days_count} hari. Salin ulang berkasnya setelah "
            "pembaruan AWStats selesai.",
            en=f"{file.name}: its day section is cut short; {counted_en(days_count, 'day was', 'days were')} "
            "promised. Copy the file again when AWStats has finished updating.",
        )
    for line in days:
        cells = line.decode("ascii", "replace").split()
        yield {**dict(zip(_NAMES, cells, strict=False)), "config": named[3] if named else None}
