"""What answers, or files made of them, say of themselves about pages: totals, the next page's place, other signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from connectors.documents import ABSENT, find
from connectors.errors import SourceChanged, harmless

if TYPE_CHECKING:
    from connectors.http import Answer

TOTALS = frozenset(
    re.findall(
        "[a-z]+",
        "total totalcount totalrows totalrecords totalitems totalresults totalelements totaldata totalhits count "
        "recordstotal rowcount recordcount jumlah jumlahdata jumlahsemua jumlahbaris totalbaris xtotalcount xwptotal",
    )
)
_NEXTS = frozenset(
    re.findall(
        "[a-z]+",
        "next nextpage nextpageurl nexturl nextlink nextcursor nextpagetoken nexttoken cursornext hasmore hasnext "
        "hasnextpage more moreresults exceededtransferlimit halamanberikutnya berikutnya",
    )
)
PAGES = frozenset(
    re.findall("[a-z]+", "totalpages totalpage pagecount pages lastpage numpages jumlahhalaman xwptotalpages")
)
_SIZES = frozenset(re.findall("[a-z]+", "perpage pagesize limit itemsperpage rowsperpage perhalaman"))


def total_of(found: object, place: str, where: str) -> int | None:
    """A count of rows: a whole number, also as text or with `.0`; null where there is none.

    Raises `SourceChanged` for anything else.
    """
    if found is ABSENT or found is None or found == "":
        return None
    text = str(found).strip()
    if not isinstance(found, bool) and re.fullmatch(r"\d+(?:\.0)?", text):
        return int(text.removesuffix(".0"))
    shown = harmless(text) if isinstance(found, (str, int, float)) else type(found).__name__
    raise SourceChanged(
        id=f"{where}: '{place}' berisi '{shown}', bukan jumlah baris (angka bulat tanpa tanda, misalnya 10). "
        "Tunjuk dengan total_at tempat jumlah semua baris, atau hapus total_at.",
        en=f"{where}: '{place}' holds '{shown}', no count of rows (a whole number without marks, such as 10). Point "
        "total_at to the count of all rows, or leave total_at out.",
    )


def has_place(answer: Answer, document: object, next_at: str) -> bool:
    """Whether an answer has the place of the next page, be it empty: a key, or a Link header."""
    if next_at:
        return find(document, next_at) is not ABSENT
    return any(key.lower() == "link" for key in answer.headers)


def paging_sign(document: object, rows_count: int, ignored: Collection[str]) -> str:
    """The key, beside an answer's rows, by which it says that there are more rows than these; empty if none does."""
    beside = [(key, value) for key, value in _beside_rows(document) if key not in ignored]
    is_whole = any(key_name(key) in TOTALS - {"count"} and str(value) == str(rows_count) for key, value in beside)
    return next((key for key, value in beside if _tells_more(key, value, rows_count, is_whole=is_whole)), "")


def pages_by_header(headers: Mapping[str, str], rows_count: int, ignored: Collection[str]) -> str:
    """The header that says so; empty if none does."""
    links = (key for key, value in headers.items() if key.lower() == "link" and 'rel="next"' in value)
    counts = (key for key, value in headers.items() if key.lower().startswith("x-"))
    told = (key for key in counts if _tells_more(key, headers[key], rows_count))
    return next((key for key in (*links, *told) if key not in ignored), "")


def _beside_rows(document: object) -> Iterator[tuple[str, object]]:
    """The values at the top of a document and in its objects, by dotted path; lists and deeper objects left out."""
    for key, value in document.items() if isinstance(document, dict) else ():
        within = value.items() if isinstance(value, dict) else ()
        for place, one in ((str(key), value), *((f"{key}.{inner}", one) for inner, one in within)):
            if not isinstance(one, (dict, list)) or key_name(place) in _NEXTS:
                yield place, one


def key_name(place: str) -> str:
    """The last name of a dotted path in small letters alone: `meta.Total_Rows` is `totalrows`."""
    return re.sub(r"[^a-z]", "", place.rsplit(".", 1)[-1].lower())


def _tells_more(place: str, value: object, rows_count: int, *, is_whole: bool = False) -> bool:
    name = key_name(place)
    if name in _NEXTS:
        return value not in (None, "", False, 0, "false", "0", [], {})
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        return False
    count = int(str(value))
    is_full = name in _SIZES and not is_whole and 0 < count <= rows_count
    return is_full or (name in TOTALS and count > rows_count) or (name in PAGES and count > 1)
