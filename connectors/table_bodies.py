"""The rows below a header: which are records, and which number the columns, add others up, or are notes below them."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors import numerals
from connectors.numerals import counted_en
from connectors.records import (
    BELOW_TABLE,
    COLUMN_NUMBERS,
    GRAND_TOTAL,
    UNDECLARED_GROUP,
    RawFile,
    Record,
    RecordShape,
)

TAIL_ROWS = 1000
# A table with fewer columns has records with one filled cell.
GROUP_WIDTH = 3
# A row with so many filled cells says enough for a record.
_RECORD_CELLS = 3
# So many records before the end show what a record looks like, and are added up: more than a year of days.
_RECENT_ROWS = 400

_TOTAL = re.compile(
    r"((sub|grand)[ -]?)?(total|jumlah|rata-rata|average)( (keseluruhan|seluruhnya|semua|umum))?"
    r"( (aduan|pengaduan|laporan|tiket|layanan|gangguan|insiden|baris|data|tickets|services|outages|incidents|rows))?"
    r"\s*:?",
    re.I,
)
_MEAN, _SUB = re.compile(r"rata-rata|average", re.I), re.compile(r"sub", re.I)
_WHOLE = re.compile(r"\d+|\d{1,3}([.,' \u00a0\u202f]\d{3})+")
_NUMBERED = re.compile(r"\(?(\d{1,2})\)?")
# A count of rows, perhaps with its word: `1.204 layanan`.
_COUNT = re.compile(r"(\d{1,3}(?:[.,]\d{3})+|\d+)(?:\.0| [a-z]+)?", re.I)
_DIGITS, _CAPITALS, _SMALL = re.compile(r"\d+"), re.compile(r"[A-Z]+"), re.compile(r"[a-z]+")
# So many plain numbers 1, 2, 3 ... in a row are no record by chance.
_PLAIN_NUMBERS = 5
# Notes and signatures rarely have so many lines without a blank row.
_FEWEST_WORDS = 6

Row = tuple[int, list[str]]
_KeyForms = dict[int, set[str]]


@dataclass(frozen=True)
class TableBody:
    """A table's rows below its header; `record` gives a row as a record."""

    file: RawFile
    shape: RecordShape
    record: Callable[[int, list[str]], Record]

    def records(self, rows: Iterator[Row], *, ends_at: str | None) -> Iterator[Record]:
        """All rows, those that are no records marked; the table ends where declared, else by its rows' shape."""
        first = next(rows, None)
        if first is None:
            return
        if self.is_numbering(first[1]):
            yield self.shape.left_out(first[0], COLUMN_NUMBERS)
        else:
            rows = itertools.chain([first], rows)
        yield from self._until(ends_at, rows) if ends_at else self.without_tail(rows)

    def is_numbering(self, cells: list[str]) -> bool:
        """Whether a row numbers the columns: (1), (2), (3) ... and nothing else."""
        texts = [text for text in _stripped(cells) if text]
        found = [_NUMBERED.fullmatch(text) for text in texts]
        is_long = len(texts) >= (3 if "(" in "".join(texts[:1]) else _PLAIN_NUMBERS)
        return is_long and [match and int(match[1]) for match in found] == list(range(1, len(found) + 1))

    def without_tail(self, rows: Iterator[Row], *, is_whole: bool = True) -> Iterator[Record]:
        """The rows; a total, notes and signatures after the last record are left out by their shape and remarked.

        Totals are compared with the rows above where these are the whole table.
        """
        tail: list[Row] = []
        recent: deque[list[str]] = deque(maxlen=_RECENT_ROWS)
        count = 0
        for number, cells in rows:
            is_sparse = self.is_sparse(cells)
            if is_sparse and len(tail) < TAIL_ROWS and (tail or self._may_end(cells)):
                tail.append((number, cells))
                continue
            yield from (self.record(*row) for row in tail)
            count += len(tail) + 1
            tail.clear()
            recent.append(cells)
            yield self.record(number, cells)
        yield from self._left_out(tail, recent, is_whole=is_whole and count == len(recent))

    def is_sparse(self, cells: list[str]) -> bool:
        """Whether a row says too little for a record, or is a total."""
        filled = len(list(itertools.islice(self._filled(cells), _RECORD_CELLS)))
        return (filled < _RECORD_CELLS and 2 * filled <= len(self.shape.places)) or is_total(cells)

    def _until(self, ends_at: str, rows: Iterator[Row]) -> Iterator[Record]:
        """The rows; what stands below the declared end and may be records is remarked after the last."""
        recent: deque[list[str]] = deque(maxlen=_RECENT_ROWS)
        below: _Below | None = None
        for number, cells in rows:
            texts = _stripped(cells)
            is_end = first_text(texts).casefold().startswith(ends_at.casefold())
            if below is None and not is_end:
                recent.append(cells)
                yield self.record(number, cells)
                continue
            if below is None:
                below = _Below(self._key_forms(recent), fewest_words=max(_FEWEST_WORDS, len(recent) // 2))
            below.add(number, texts, filled=len(list(self._filled(cells))), is_end=is_end)
            yield self.shape.left_out(number, BELOW_TABLE)
        if below is not None and (found := below.may_be_records):
            self._say_records_below(ends_at, found)

    def _say_records_below(self, ends_at: str, found: Sequence[int]) -> None:
        self.file.remark(
            "records_below_end",
            id=f"{len(found)} baris di bawah akhir tabel (ends_at: '{ends_at}'), mulai baris {found[0]}, tampak "
            "seperti data dan tidak dibaca. Tulis ends_at yang hanya ada di akhir tabel, atau hapus baris itu bila "
            "bukan data.",
            en=f"{counted_en(len(found), 'row is', 'rows are')} not read below the end of the table (ends_at: "
            f"'{ends_at}'), from row {found[0]}, and like records. Write an ends_at that stands at the end of the "
            "table only, or delete those rows if they are no data.",
        )

    def _key_forms(self, records: Iterable[list[str]]) -> _KeyForms:
        """The forms of the texts in columns that each of some records fills with a word or number of its own."""
        rows = [texts for cells in records if len(texts := _stripped(cells)) >= self.shape.width]
        columns = zip(*[row for row in rows if len(list(filter(None, row))) > 1 and not is_total(row)], strict=False)
        return {
            place: set(map(_form, column))
            for place, column in enumerate(columns)
            if all(column) and len(set(column)) == len(column) and all(map(_may_be_key, column))
        }

    def _may_end(self, cells: list[str]) -> bool:
        """Whether a row can be the first below a table: a total or a blank one."""
        texts = _stripped(cells)
        return is_total(texts) or not any(texts)

    def _filled(self, cells: list[str]) -> Iterator[str]:
        """The cells asked for that are not blank."""
        return (cells[place] for place in self.shape.places if place < len(cells) and cells[place].strip())

    def _left_out(self, tail: Sequence[Row], records: Collection[list[str]], *, is_whole: bool) -> Iterator[Record]:
        """The rows of a tail; a total is none of the records where these are the whole table and add up to it."""
        totals, notes, may_be_records = 0, 0, 0
        keys = self._key_forms(records) if tail else {}
        for number, cells in tail:
            texts = _stripped(cells)
            if not any(texts):
                yield self.record(number, cells)
                continue
            adds_up, filled = is_total(texts), len(list(self._filled(cells)))
            totals, notes = totals + adds_up, notes + (not adds_up)
            self._note(number, texts, records, adds_up=adds_up)
            if adds_up:
                if is_whole and totals == 1 and not _SUB.match(first_text(texts)):
                    self._say_other_sums(number, texts, records)
                is_full = filled == len(self.shape.places)
                may_be_records += is_full and not (is_whole and self._is_sum(texts, records))
            else:
                may_be_records += filled > 1 or _has_key(texts, keys)
            yield self.shape.left_out(number, GRAND_TOTAL if adds_up else BELOW_TABLE)
        if totals or notes:
            self._remark(tail[0][0], totals, notes, may_be_records=may_be_records)

    def _is_sum(self, total: Sequence[str], records: Collection[list[str]]) -> bool:
        """Whether all whole numbers asked for in a row, one at least, are the sums of their columns, or the means."""
        stated = self._stated_sums(total, records)
        return bool(stated) and all(value == found for value, found in stated)

    def _stated_sums(self, total: Sequence[str], records: Collection[list[str]]) -> list[tuple[int, int]]:
        """The whole numbers asked for in a row, each beside the sum of its column (its mean, if near enough).

        Of columns that hold other texts, and of a row that states how many records there are, nothing is said.
        """
        found = []
        rows = [_stripped(cells) for cells in records] if len(records) > 1 else []
        for place in self.shape.places if rows else ():
            value = _whole(total, place)
            parts = [_whole(row, place) for row in rows if place < len(row) and row[place]]
            if value is None or not parts or None in parts or value == len(records):
                continue
            whole = sum(filter(None, parts))
            is_mean = _MEAN.match(first_text(total)) and abs(value - whole / len(parts)) <= 1
            found.append((value, value if is_mean else whole))
        return found

    def _say_other_sums(self, number: int, total: Sequence[str], records: Collection[list[str]]) -> None:
        for stated, found in self._stated_sums(total, records):
            if stated != found:
                self.file.remark(
                    "total_differs",
                    id=f"baris {number} menyebut jumlah {numerals.number(stated)}, padahal baris di atasnya berjumlah "
                    f"{numerals.number(found)}: ada baris yang kurang, ganda, atau salah ketik? Perbaiki berkasnya, "
                    "atau hapus baris jumlah itu.",
                    en=f"row {number} states the sum {numerals.number_en(stated)}, but the rows above add up to "
                    f"{numerals.number_en(found)}: is a row missing, there twice or mistyped? Mend the file, or delete "
                    "that row.",
                )

    def _note(self, row_number: int, texts: Sequence[str], recent: Iterable[list[str]], *, adds_up: bool) -> None:
        """Note a line below the records; the one number of a total is a count of them if it is in a column of words."""
        numbers = [(place, text) for place, text in enumerate(texts) if text and text != first_text(texts)]
        if not adds_up:
            self.shape.notes.add_below(row_number, texts)
        elif len(numbers) == 1 and (count := _COUNT.fullmatch(numbers[0][1])) and not _is_of_part(texts):
            column = [rows[numbers[0][0]] for rows in map(_stripped, recent) if numbers[0][0] < len(rows)]
            if any(column) and not any(map(_DIGITS.match, column)):
                self.shape.notes.counts[row_number] = int(count[1].replace(".", "").replace(",", ""))

    def _remark(self, first: int, totals: int, notes: int, *, may_be_records: int) -> None:
        self.file.remark(
            "below_table",
            id=f"di bawah tabel, mulai baris {first}, {totals} baris jumlah dan {notes} baris catatan atau tanda "
            f"tangan tidak dibaca; {may_be_records} di antaranya mungkin data. Tulis 'ends_at' bila tabel berakhir di "
            "tempat lain, dan hapus baris kosong di antara data.",
            en=f"below the table, from row {first}, {counted_en(totals, 'row', 'rows')} of totals and "
            f"{counted_en(notes, 'row', 'rows')} of notes or signatures are not read; {may_be_records} of them may be "
            "records. Write 'ends_at' if the table ends elsewhere, and delete blank rows between records.",
            keeps_provisional=may_be_records > 0,
        )


@dataclass
class _Below:
    """Takes the rows from a declared end on, and tells which of them may be records.

    Those are rows with a key or several filled cells, rows above a second end, and words that go on right below the
    end for as many rows as `fewest_words`.
    """

    keys: _KeyForms
    fewest_words: int
    _found: set[int] = field(default_factory=set)
    _since_end: list[int] = field(default_factory=list)
    _words: list[int] = field(default_factory=list)
    _is_past_blank: bool = False

    def add(self, number: int, texts: Sequence[str], *, filled: int, is_end: bool) -> None:
        """The next row; so many of its cells that are asked for are `filled`."""
        if is_end:
            self._found.update(self._since_end)
            self._since_end.clear()
        elif not any(texts):
            self._is_past_blank = True
        elif not is_total(texts):
            self._since_end.append(number)
            if not self._is_past_blank:
                self._words.append(number)
        # Of a row at an end, the text that says so may be the key itself.
        may_hold_key = texts[: list(map(bool, texts)).index(True) + 1] if is_end else texts
        if _has_key(may_hold_key, self.keys) or (filled > 1 and not is_end and not is_total(texts)):
            self._found.add(number)

    @property
    def may_be_records(self) -> list[int]:
        """Their numbers."""
        return sorted(self._found | set(self._words if len(self._words) >= self.fewest_words else ()))


def judge_row(shape: RecordShape, number: int, texts: Sequence[str]) -> Record:
    """What the shape makes of a row of stripped or raw texts; one that may name a group is marked."""
    record = shape.judge(number, texts)
    if record[1] is not None:
        shape.notes.add_below(number, texts)
    elif shape.width >= GROUP_WIDTH:
        filled = [text for text in map(str.strip, texts) if text]
        if len(filled) == 1 and not (filled[0][0].isdigit() or is_total(filled)):
            shape.notes.add_below(number, filled)
            return shape.left_out(number, UNDECLARED_GROUP)
    return record


def _stripped(cells: Iterable[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def say_groups(file: RawFile, rows: Sequence[object]) -> None:
    """Remark rows, by number, that may name a group, if there are any."""
    if rows:
        file.remark(
            UNDECLARED_GROUP,
            id=f"{len(rows)} baris hanya berisi satu sel, mulai baris {rows[0]}, dan dikarantina. Bila baris itu "
            'nama kelompok (misalnya OPD) bagi baris di bawahnya, tulis group_rows: "OPD".',
            en=f"{counted_en(len(rows), 'row is', 'rows are')} quarantined for having one filled cell only, from row "
            f"{rows[0]}. If they name "
            'the group (such as the agency) of the rows below them, write group_rows: "OPD".',
        )


def _whole(texts: Sequence[str], place: int) -> int | None:
    """The whole number in a cell, its thousands grouped or not; null for any other text."""
    text = texts[place].removesuffix("e0") if place < len(texts) else ""
    return int(re.sub(r"\D", "", text)) if _WHOLE.fullmatch(text) else None


def _form(text: str) -> str:
    """A text's shape: runs of digits, capitals and small letters as one character each."""
    return _SMALL.sub("a", _CAPITALS.sub("A", _DIGITS.sub("9", text)))


def _may_be_key(text: str) -> bool:
    """Whether a text may be a record's own: one word, or several with a number."""
    return " " not in text or _DIGITS.search(text) is not None


def _has_key(texts: Sequence[str], keys: _KeyForms) -> bool:
    return not is_total(texts) and any(
        place < len(texts) and _form(texts[place]) in forms for place, forms in keys.items()
    )


def is_total(texts: Sequence[str]) -> bool:
    """Whether the first text of a row says that it adds up others."""
    return _TOTAL.fullmatch(first_text(texts)) is not None


def _is_of_part(texts: Sequence[str]) -> bool:
    """Whether a row that adds up tells a mean, or the sum of a part."""
    return bool(_MEAN.match(first_text(texts)) or _SUB.match(first_text(texts)))


def first_text(texts: Sequence[str]) -> str:
    """The first text that is not blank, stripped, or an empty one."""
    return next(filter(None, map(str.strip, texts)), "")
