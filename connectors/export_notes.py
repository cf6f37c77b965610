"""What an export says of itself in lines above and below its table: how many rows there are, and which are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connectors.numerals import counted_en, number, number_en
from connectors.remarks import Remark

PART_OF_MORE = "part_of_more"

_MOST_LINES = 1000
_COUNT = r"\d[\d., ]*"
_SHOWN = re.compile(rf"\b(?:showing|displaying|menampilkan|ditampilkan)\b.*\b(?:of|dari)\s+(?P<all>{_COUNT})", re.I)
_PAGE = re.compile(r"\b(?:halaman|hal|page)\b\.?\s*(?P<page>\d+)\s*(?:of|dari|/)\s*(?P<all>\d+)", re.I)
_FILTER = re.compile(
    r"\b(?:filter|filtered by|saringan|disaring|tersaring)\b\s*:?\s*(?!\s*(?:-|:|semua|all|none|tidak|tanpa|$))\S", re.I
)
# A share of the visits, scaled up by the tool; a note that none was taken says so.
_SAMPLED = re.compile(
    r"\b(?:sampled|sampel|disampel)\b|\b\d[\d.,]*\s?% (?:of|dari) (?:all |the )?(?:sessions|visits|sesi|kunjungan)",
    re.I,
)
_WHOLE = re.compile(r"\b(?:not|no|tanpa|tidak)\b|\b100(?:[.,]0+)?\s?%", re.I)


@dataclass
class ExportNotes:
    """Lines around one table, by row number: those above its header, those below, and the counts of its total rows."""

    above: dict[int, str] = field(default_factory=dict)
    below: dict[int, str] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    def add_below(self, row_number: int, texts: Sequence[str]) -> None:
        """Note a row that is no record."""
        if len(self.below) < _MOST_LINES:
            self.below[row_number] = " ".join(filter(None, texts))

    def remarks(self, name: str, *, records_count: int) -> Iterator[Remark]:
        """What keeps a file with so many records from being whole, by its own words; never the words themselves."""
        lines = [*self.above.values(), *self.below.values()]
        shown = [_digits(found["all"]) for line in lines if (found := _SHOWN.search(line))]
        pages = [(int(found["page"]), int(found["all"])) for line in lines if (found := _PAGE.search(line))]
        missing = {page for _, count in pages for page in range(1, min(count, _MOST_LINES) + 1)} - {
            page for page, _ in pages
        }
        more = [count for count in shown if count > records_count]
        if more or missing:
            of_id = f"{number(max(more))} baris" if more else f"{len(missing)} halaman lain"
            of_en = f"{number_en(max(more))} rows" if more else counted_en(len(missing), "other page", "other pages")
            yield Remark(
                PART_OF_MORE,
                f"{name}: berisi {number(records_count)} baris, tetapi catatannya menyebut {of_id}. Ekspor semuanya.",
                f"{name}: has {counted_en(records_count, 'row', 'rows')}, but a note in it tells of {of_en}. Export "
                "all of them.",
            )
        if any(map(_FILTER.search, self.above.values())):
            yield Remark(
                "filtered_export",
                f"{name}: catatan di atas tabel menyebut saringan (filter). Ekspor tanpa saringan, atau hapus catatan "
                "itu bila yang tersaring memang tidak dihitung.",
                f"{name}: a note above the table tells of a filter. Export without it, or delete the note if what is "
                "filtered out does not count.",
            )
        if any(_SAMPLED.search(line) and not _WHOLE.search(line) for line in lines):
            yield Remark(
                "sampled_export",
                f"{name}: catatan di luar tabel menyebut bahwa angkanya dari sampel. Ekspor tanpa sampel, misalnya per "
                "bulan, atau hapus catatan itu bila tidak benar.",
                f"{name}: a note beside the table says that its numbers are from a sample. Export without sampling, "
                "such as month by month, or delete the note if it is wrong.",
            )
        for row_number, count in self.counts.items():
            if count != records_count:
                yield Remark(
                    "total_differs",
                    f"{name}: baris {row_number} menyebut jumlah {number(count)}, padahal ada {number(records_count)} "
                    "baris data. Lengkapi barisnya, atau hapus baris jumlah itu.",
                    f"{name}: row {row_number} counts {number_en(count)}, but there are {number_en(records_count)} "
                    "records. Complete them, or delete that total.",
                )


def _digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))
