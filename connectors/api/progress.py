"""What the pages that came prove together: where the next one is, whether it was the last, and whether rows lack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.api.options import Paging
from connectors.base import NotKept
from connectors.errors import AnswersDiffer, DataRejected, SourceChanged
from connectors.numerals import counted_en, number


@dataclass(frozen=True)
class Page:
    """What one answer says: its rows, how many there are in all, where the next ones are, and whether it was cut."""

    rows: Sequence[object]
    total: int | None
    next: str
    is_cut: bool = False
    has_next_place: bool = False


@dataclass
class Progress:
    """Where a paged answer has got to; `name` is the connection's, for messages."""

    paging: Paging
    name: str
    page: int = field(init=False)
    number: int = 1
    offset: int = 0
    rows_count: int = 0
    copies_count: int = 0
    longest_count: int = 0
    empty_count: int = 0
    next: str = ""
    total: int | None = None
    seen: set[str] = field(default_factory=set)
    row_hashes: set[int] = field(default_factory=set)
    last_seen: str = ""
    last_count: int = 0
    is_repeated_at_once: bool = False
    has_next_place: bool = False

    def __post_init__(self) -> None:
        self.page = self.paging.first

    @property
    def distinct_count(self) -> int:
        """Rows that no earlier page had."""
        return self.rows_count - self.copies_count

    @property
    def is_complete(self) -> bool:
        """Whether as many rows came as the system tells of."""
        return self.total is not None and self.distinct_count == self.total

    def refuse_seen(self, rows: Sequence[object]) -> None:
        """Raise `NotKept` when a page with the very same rows came before."""
        seen = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest() if rows else ""
        if seen and seen in self.seen:
            self.is_repeated_at_once = seen == self.last_seen
            raise NotKept
        self.seen.add(seen)
        self.last_seen = seen

    def advance(self, page: Page) -> None:
        """Count a page in. Raises `AnswersDiffer` at another or too small a total, `DataRejected` at the most shown."""
        self._refuse_new_total(page)
        self.number += 1
        self.page += 1
        # The system may give less than was asked for: what comes next follows the rows that came; an empty page, which
        # rights can make, is as long as the longest before it.
        self.offset += len(page.rows) or self.longest_count or self.paging.size
        hashes = [hash(json.dumps(row, sort_keys=True, default=str)) for row in page.rows]
        self.copies_count += sum(one in self.row_hashes for one in hashes)
        self.row_hashes.update(hashes)
        self.longest_count = max(self.longest_count, len(page.rows))
        self.has_next_place |= page.has_next_place
        self.rows_count += len(page.rows)
        self.last_count = len(page.rows)
        self.empty_count = 0 if page.rows else self.empty_count + 1
        self.next = page.next
        self.total = page.total if page.total is not None else self.total
        self._refuse_cut_off()
        self._refuse_surplus()

    def is_last(self, page: Page) -> bool:
        """Pages end at an empty one, or at the total when the last page has room or says that there is no other.

        Without a total after two empty ones, because rights can empty a page.
        """
        paging = self.paging
        if paging.style == "none":
            return True
        if paging.style in ("cursor", "link"):
            return not page.next
        if paging.more_at:
            return not page.is_cut or self.empty_count > 1
        if self.is_complete:
            # A short page proves nothing before a full one was seen: the system may cap its pages below `size`.
            has_room = len(page.rows) < self.longest_count == paging.size
            is_told = bool(paging.next_at) and page.has_next_place and not page.next
            return not page.rows or has_room or is_told
        return self.empty_count > 1

    def refuse_unproved_end(self) -> None:
        """A page that came before is the end when all rows are there, or when a last page with room is given again."""
        self._refuse_missing_rows()
        is_short = self.is_repeated_at_once and 0 < self.last_count < self.paging.size
        # A system that knows no pages gives its first page again; a total then may be that page's own length.
        is_many = self.number > 2 or self.last_count < self.paging.size
        if not is_short and not (self.total is not None and is_many):
            raise AnswersDiffer(
                id=f"'{self.name}': sistem memberi halaman yang sama lagi (setelah {number(self.rows_count)} baris), "
                "jadi akhirnya tidak diketahui. Periksa 'paging' dan parameter halaman di options.params.",
                en=f"'{self.name}': the system gives the same page again (after "
                f"{counted_en(self.rows_count, 'row', 'rows')}), so its end "
                "is not known. Check 'paging' and the page's parameter in options.params.",
            )

    def refuse_doubtful_end(self) -> None:
        """Raise when the last page came and rows lack, or nothing ever told where a next page would be."""
        self._refuse_no_next_place()
        self._refuse_missing_rows()

    def _refuse_new_total(self, page: Page) -> None:
        if None not in (self.total, page.total) and self.total != page.total:
            raise AnswersDiffer(
                id=f"'{self.name}': jumlah baris menurut sistem berubah dari {number(self.total)} menjadi "
                f"{number(page.total)} di tengah penarikan. Tarik lagi; bila tetap begitu, total_at menunjuk jumlah "
                "lain (misalnya baris per halaman).",
                en=f"'{self.name}': the system's own count of rows changed from {self.total:,} to {page.total:,} amid "
                "the pull. Pull again; if it stays so, total_at names another count (such as the rows of one page).",
            )

    def _refuse_cut_off(self) -> None:
        most = self.paging.most
        if most and self.rows_count >= most:
            raise DataRejected(
                id=f"'{self.name}': sistem hanya menampilkan {number(most)} baris per pertanyaan. Kecilkan jendelanya "
                "dengan options.window.days.",
                en=f"'{self.name}': the system shows only {most:,} rows a question. Make the window smaller with "
                "options.window.days.",
            )

    def _refuse_no_next_place(self) -> None:
        """Raise when a single answer with rows had no place for the next page; one shorter than `size` needs none."""
        paging = self.paging
        is_one_page = 0 < self.longest_count < paging.size
        if paging.style not in ("cursor", "link") or self.has_next_place or not self.rows_count or is_one_page:
            return
        place = f"'{paging.next_at}'" if paging.next_at else "Link"
        raise SourceChanged(
            id=f"'{self.name}': tidak ada {place} (tempat halaman berikutnya) dalam satu pun jawaban, jadi tidak "
            f"diketahui apakah {number(self.rows_count)} baris itu semuanya. Perbaiki paging; bila sistem tidak "
            "menulisnya pada jawaban satu halaman, isi paging.size.",
            en=f"'{self.name}': no answer has {place} (the place of the next page), so nobody knows whether these "
            f"{self.rows_count:,} rows are all. Mend paging; if the system leaves it out of an answer of one page, "
            "fill in paging.size.",
        )

    def _refuse_missing_rows(self) -> None:
        if self.total is not None and self.distinct_count < self.total:
            copies_id = f" (dan {number(self.copies_count)} salinan)" if self.copies_count else ""
            copies_en = f" (and {counted_en(self.copies_count, 'copy', 'copies')})" if self.copies_count else ""
            raise AnswersDiffer(
                id=f"'{self.name}': sistem menyebut {number(self.total)} baris, yang datang "
                f"{number(self.distinct_count)}{copies_id}. Periksa hak baca akunnya dan 'paging', lalu tarik lagi.",
                en=f"'{self.name}': the system tells of {counted_en(self.total, 'row', 'rows')}, "
                f"{self.distinct_count:,} came{copies_en}. Check the account's right to read and 'paging', then pull "
                "again.",
            )

    def _refuse_surplus(self) -> None:
        if self.total is not None and self.distinct_count > self.total:
            raise AnswersDiffer(
                id=f"'{self.name}': sistem menyebut {number(self.total)} baris, tetapi sudah datang "
                f"{number(self.distinct_count)}. Tunjuk dengan total_at jumlah semua baris jendela itu (bukan jumlah "
                "halaman atau baris per halaman), atau hapus total_at.",
                en=f"'{self.name}': the system tells of {counted_en(self.total, 'row', 'rows')}, but "
                f"{self.distinct_count:,} came already. Point total_at to the count of all rows of the window (not of "
                "pages, nor of a page's rows), or leave total_at out.",
            )
