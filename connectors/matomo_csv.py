"""Matomo's CSV export of visits by day, in UTF-16 as Matomo writes it, an empty report named as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.base import Connector
from connectors.errors import DataRejected
from connectors.records import RawFile, open_bytes

if TYPE_CHECKING:
    import pandas as pd

_NO_DATA = "No data available"


class MatomoCsv(Connector):
    """The export's table. Grain of `rows`: one day."""

    def rows(self, files: Sequence[RawFile], *, columns: Sequence[str]) -> Iterator[tuple[RawFile, pd.DataFrame]]:
        """The files' rows; `DataRejected` for the text Matomo writes in place of a table without data."""
        for file in files:
            with open_bytes(file) as stream:
                head = stream.read(512)
            if any(_NO_DATA.encode(encoding) in head for encoding in ("utf-8", "utf-16-le", "utf-16-be")):
                raise DataRejected(
                    id=f"{file.name}: Matomo menulis '{_NO_DATA}', bukan tabel. Ekspor ulang dengan situs, rentang "
                    "tanggal, dan periode 'hari' yang benar; bila memang tidak ada data, keluarkan berkas ini.",
                    en=f"{file.name}: Matomo wrote '{_NO_DATA}' in place of a table. Export again with the right site, "
                    "range and period 'day'; if there are no data indeed, take this file out.",
                )
        yield from super().rows(files, columns=columns)
