"""What one answer of an API says: its rows, and whether it says itself that they are not all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from connectors.api.options import ApiOptions, Paging
from connectors.api.progress import Page
from connectors.api_pages import has_place, pages_by_header, paging_sign, total_of
from connectors.documents import ABSENT, dig, find, rows_at
from connectors.errors import DataRejected, SourceChanged
from connectors.http import Answer
from connectors.layout import Layout
from connectors.numerals import counted_en, number

_NOTHING: tuple[object, ...] = (None, "", False, [], {})


class Overfull(Exception):
    """An answer cut off at the API's limit: the window must be made smaller."""


def read_page(answer: Answer, options: ApiOptions, layout: Layout) -> Page:
    """The answer's rows, total and next place.

    Raises `Overfull` at the limit of an API without pages, `DataRejected` when the answer tells of an error or of
    pages that are not declared, `SourceChanged` when it has no place for rows.
    """
    paging = options.paging
    if layout.format == "csv":
        document: object = None
        rows = _csv_rows(answer, layout)
    else:
        document = answer.document(rows_path=layout.rows_at)
        _refuse_error(answer, document, options)
        rows = () if _is_empty(document, paging, layout) else rows_of(answer, document, layout)
    if paging.style == "none" and len(rows) >= (paging.size or len(rows) + 1) and not paging.newest_at:
        raise Overfull
    _refuse_hidden_pages(answer, document, len(rows), paging, layout)
    at = paging.total_at
    total = total_of(find(document, at), at, answer.where) if at else _counted(answer, paging.total_header)
    following = dig(document, paging.next_at) if paging.next_at else _next_link(answer)
    is_cut = bool(paging.more_at) and dig(document, paging.more_at) in (True, "true")
    return Page(rows, total, str(following or ""), is_cut, has_place(answer, document, paging.next_at))


def rows_of(answer: Answer, document: object, layout: Layout) -> Sequence[object]:
    """The list of rows of a document; raises `SourceChanged` where there is none."""
    path = layout.rows_at
    if path and find(document, path) is None:
        raise SourceChanged(
            id=f"{answer.where}: '{path}' dalam jawaban kosong (null), bukan daftar baris. Sistem gagal mengisinya "
            "atau rows_at salah; tanyakan pengelolanya.",
            en=f"{answer.where}: '{path}' in the answer is null, no list of rows. The system failed to fill it or "
            "rows_at is wrong; ask its administrator.",
        )
    if path and find(document, path) is ABSENT:
        there = ", ".join(sorted(map(str, document))[:20]) if isinstance(document, dict) else "-"
        raise SourceChanged(
            id=f"{answer.where}: tidak ada '{path}' dalam jawaban; yang ada: {there}. Perbaiki rows_at.",
            en=f"{answer.where}: there is no '{path}' in the answer; there are: {there}. Mend rows_at.",
        )
    if dig(document, path) in ({}, "") if path else document in (None, {}, ""):
        raise SourceChanged(
            id=f"{answer.where}: tempat baris-barisnya kosong, bukan pula daftar kosong. Periksa rows_at.",
            en=f"{answer.where}: nothing stands where the rows should be, not even an empty list. Check rows_at.",
        )
    return rows_at(document, path)


def _is_empty(document: object, paging: Paging, layout: Layout) -> bool:
    """Whether an answer tells of no rows at all; some systems then leave out the list itself."""
    has_none = not layout.rows_at or dig(document, layout.rows_at) in (None, [], {}, "")
    return (
        bool(paging.total_at)
        and str(dig(document, paging.total_at)) in ("0", "0.0")
        and has_none
        and bool(layout.rows_at or document)
    )


def _refuse_error(answer: Answer, document: object, options: ApiOptions) -> None:
    error_at = options.error_at
    if error_at and dig(document, error_at) not in _NOTHING:
        raise DataRejected(
            id=f"{answer.where}: sistem menjawab dengan kesalahan (di '{error_at}'). Periksa token, hak baca, dan "
            "'options'.",
            en=f"{answer.where}: the system answered with an error (at '{error_at}'). Check token, rights and "
            "'options'.",
        )
    warned = [path for path in options.warn_at if dig(document, path) not in _NOTHING]
    if warned:
        raise DataRejected(
            id=f"{answer.where}: sistem menyatakan datanya tidak lengkap ({', '.join(warned)}).",
            en=f"{answer.where}: the system says that its data are not complete ({', '.join(warned)}).",
        )


def _refuse_hidden_pages(answer: Answer, document: object, rows_count: int, paging: Paging, layout: Layout) -> None:
    """Raise when an answer declared to have no pages says itself that there are more."""
    if paging.style != "none" or paging.newest_at:
        return
    ignored = (*paging.not_paging, paging.total_at, layout.rows_at)
    sign = paging_sign(document, rows_count, ignored) or pages_by_header(answer.headers, rows_count, ignored)
    if sign:
        raise DataRejected(
            id=f"{answer.where}: jawaban berisi {number(rows_count)} baris dan '{sign}' menyebut halaman lain, "
            "padahal paging.style none. Tulis paging sistem itu (page, offset, cursor, atau link); bila artinya "
            f"lain, tulis paging.not_paging: [{sign}].",
            en=f"{answer.where}: the answer has {counted_en(rows_count, 'row', 'rows')} and its '{sign}' tells of "
            "other pages, but paging.style is none. Declare the system's paging (page, offset, cursor or link); if "
            f"it means something else, write paging.not_paging: [{sign}].",
        )


def _counted(answer: Answer, header: str) -> int | None:
    """A total in a header: a plain number, or what follows the stroke of a Content-Range."""
    text = next((value for key, value in answer.headers.items() if header and key.lower() == header.lower()), "")
    found = text.rsplit("/", 1)[-1].strip()
    return int(found) if found.isdigit() else None


def _next_link(answer: Answer) -> str:
    from requests.utils import parse_header_links

    links = next((value for key, value in answer.headers.items() if key.lower() == "link"), "")
    return next((link["url"] for link in parse_header_links(links) if link.get("rel") == "next"), "") if links else ""


def _csv_rows(answer: Answer, layout: Layout) -> Sequence[object]:
    try:
        text = io.StringIO(answer.content.decode(layout.encoding))
        return list(csv.reader(text, delimiter=layout.delimiter, strict=True))[1:]
    except (UnicodeDecodeError, csv.Error):
        raise DataRejected(
            id=f"{answer.where}: jawabannya bukan CSV {layout.encoding} yang utuh.",
            en=f"{answer.where}: the answer is not a whole {layout.encoding} CSV.",
        ) from None
