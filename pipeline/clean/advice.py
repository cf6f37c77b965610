"""What to do about rows that are quarantined: one table, by what is wrong and the kind of the column."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.tables import Table

Texts = tuple[str, str]

_BAD_TIME: Texts = (
    "tulis {place}.columns.{column}.format yang cocok dengan seluruh teks sel, jamnya pun; bila isinya lama waktu, "
    "tulis after, unit dan decimal; dua waktu dalam satu sel (08.00 - 10.30) pisahkan dahulu menjadi dua kolom",
    "write {place}.columns.{column}.format to fit the whole text of the cells, hours included; if they hold a length, "
    "write after, unit and decimal; part two moments in one cell (08.00 - 10.30) into two columns first",
)

# {place} is sources.<name>, {column} the clean column. A fault of one kind of column comes before the fault alone.
ADVICE: dict[str, Texts] = {
    "bad moment": _BAD_TIME,
    "bad day": _BAD_TIME,
    "bad flag": (
        'petakan teksnya ke "true" atau "false" di {place}.columns.{column}.values',
        'map its texts to "true" or "false" in {place}.columns.{column}.values',
    ),
    "bad": (
        "tulis tanda bilangannya di {place}.columns.{column} (thousands, decimal), atau nulls untuk teks tanpa angka",
        "write the marks of its numbers in {place}.columns.{column} (thousands, decimal), or nulls for texts that hold "
        "none",
    ),
    "ambiguous moment": (
        "dua urutan tanggal mungkin: tulis {place}.columns.{column}.format; bila kolom itu lama waktu, 1.500 dapat "
        "berarti seribu lima ratus atau satu setengah: tulis thousands atau decimal",
        "two orders of the date are possible: write {place}.columns.{column}.format; of a length, 1.500 "
        "may be fifteen hundred or one and a half: write thousands or decimal",
    ),
    "ambiguous": (
        "1.001 dapat berarti seribu satu atau satu lebih sedikit: tulis thousands atau decimal di {place}",
        "1.001 may be a thousand and one or a little more than one: write thousands or decimal in {place}",
    ),
    "unknown": (
        "petakan teksnya di {place}.columns.{column}.values, atau tulis otherwise",
        "map its texts in {place}.columns.{column}.values, or write otherwise",
    ),
    "error": (
        "perbaiki rumus di berkas; bila teks galat itu punya arti, petakan di {place}.columns.{column}.values",
        "mend the formula in the file; if the error's text means something, map it in {place}.columns.{column}.values",
    ),
    "error_exclude": (
        "sel galat di kolom yang dilihat {place}.exclude: perbaiki rumusnya, atau sebut teks galat itu di values",
        "an error cell in a column that {place}.exclude looks at: mend the formula, or name the error in values",
    ),
    "ambiguous_exclude": (
        "1.001 di kolom yang dilihat {place}.exclude dapat berarti seribu satu: tulis thousands atau decimal",
        "1.001 in a column that {place}.exclude looks at may be a thousand and one: write thousands or decimal",
    ),
    "missing": (
        "{column} wajib: periksa kolom yang dipetakan, isi sel gabungan dengan fill_down, atau keluarkan baris bukan "
        "data dengan {place}.exclude",
        "{column} is required: check which column is mapped, fill merged cells by fill_down, or leave rows that are no "
        "records out by {place}.exclude",
    ),
    "too_small": (
        "nilainya di bawah yang mungkin: periksa kolom yang dipetakan, tanda thousands dan unit di "
        "{place}.columns.{column}",
        "the value is below what is possible: check the mapped column, thousands and unit in {place}.columns.{column}",
    ),
    "sentinel": (
        "tanggal sebelum 1990 berarti tidak ada: tulis teks itu di {place}.columns.{column}.nulls",
        "a date before 1990 means none: write its text in {place}.columns.{column}.nulls",
    ),
    "after_extraction": (
        "sesudah saat ekspor: periksa {place}.extracted_at, zone, dan urutan hari-bulan di format",
        "after the export was made: check {place}.extracted_at, zone, and the order of day and month in format",
    ),
    "end_before_start outages": (
        "berakhir sebelum mulai: bila satu tanggal berlaku untuk kedua jam dan gangguan lewat tengah malam, tulis "
        "{place}.columns.ended_at.next_day_if_before: started_at; bila tidak, periksa apakah kedua kolom tertukar, "
        "urutan hari-bulan di format, dan zone",
        "the end comes before the start: if one date stands for both hours and an outage went past midnight, write "
        "{place}.columns.ended_at.next_day_if_before: started_at; else check whether the two columns are exchanged, "
        "the order of day and month in format, and zone",
    ),
    "response_before_receipt": (
        "periksa apakah kedua kolom tertukar, urutan hari-bulan di format, dan zone; bila satu tanggal berlaku untuk "
        "kedua jam, tulis next_day_if_before pada kolom yang kemudian",
        "check whether the two columns are exchanged, the order of day and month in format, and zone; if one date "
        "stands for both hours, write next_day_if_before on the later column",
    ),
    "wrong_field_count xlsx": (
        "ada isi di kanan tabel; lembar dan selnya disebut di bawah: hapus atau pindahkan, atau beri kolomnya judul",
        "something stands to the right of the table; sheet and cell are named below: delete or move it, or give its "
        "column a header",
    ),
    "wrong_field_count": (
        "jumlah sel tidak sama dengan judul kolom: periksa {place}.delimiter, quote dan ends_at",
        "not as many cells as the header has: check {place}.delimiter, quote and ends_at",
    ),
    "code_shape": (
        "kode tidak ditulis seperti otoritasnya (kemendagri 32.73, bps 3273): periksa {place}.authority, dan "
        "apakah titiknya hilang di Excel",
        "codes are not written as their authority does (kemendagri 32.73, bps 3273): check {place}.authority, and "
        "whether Excel lost the point",
    ),
    "duplicate_key": (
        "satu nomor, isi berbeda: bila nomor mulai lagi dari 1 tiap lembar, bulan atau OPD, tambahkan kolom yang "
        'membedakannya, seperti {{column: ["@sheet", No]}} atau {{column: [Tanggal, No]}}; bila satu hal memang '
        "beberapa baris, tulis {place}.combine, atau later_file_wins bila berkas yang lebih baru berlaku",
        "one number, different content: if numbers start again from 1 in each sheet, month or agency, add the column "
        'that tells them apart, such as {{column: ["@sheet", No]}} or {{column: [Tanggal, No]}}; if several rows are '
        "one thing, write {place}.combine, or later_file_wins where the later file holds",
    ),
    "unreadable_group": (
        "baris yang menentukan kelompoknya tidak terbaca: perbaiki baris itu dahulu",
        "the row that decides its group cannot be read: mend that row first",
    ),
    "unknown_state": (
        "tulis teks keadaan itu di {place}.combine.down atau up; keadaan yang bukan keduanya, seperti WARNING atau "
        "PENDING, keluarkan dengan {place}.exclude",
        "write the text of that state in {place}.combine.down or up; leave a state that is neither, such as WARNING or "
        "PENDING, out by {place}.exclude",
    ),
    "unknown_step": (
        "tulis teks itu di {place}.steps (online, offline, not_applicable)",
        "write the text in {place}.steps (online, offline, not_applicable)",
    ),
    "malformed_line": (
        "tulis format log server di {place}.log_format, atau fields untuk JSON",
        "write the server's log format in {place}.log_format, or fields for JSON",
    ),
    "bad_time": (
        "waktu di baris log tidak terbaca: tulis {place}.log_format",
        "the time in the log's lines cannot be read: write {place}.log_format",
    ),
}
_SAME = dict.fromkeys(("end_before_start", "closed_before_receipt"), "response_before_receipt")
_OF_COLUMN = ("bad", "ambiguous", "unknown", "error", "missing", "too_small", "sentinel", "after_extraction")


def advice(reason: str, *, table: Table, source_name: str, format: str) -> Texts | None:
    """What to do about rows of a file of some format that are quarantined for this reason, in both languages.

    Null for a reason nobody knows.
    """
    fault, column = _SAME.get(reason, reason), ""
    if fault not in ADVICE:
        fault = next((one for one in _OF_COLUMN if reason.startswith(f"{one}_")), "")
        column = reason.removeprefix(f"{fault}_")
    kind = next((one.kind for one in table.columns if one.name == column), "")
    own = ADVICE.get(f"{reason} {table.name}") or ADVICE.get(f"{reason} {format}")
    found = own or ADVICE.get(f"{fault} {kind}", ADVICE.get(fault))
    if found is None:
        return None
    in_id, in_en = (text.format(place=f"sources.{source_name}", column=column) for text in found)
    return in_id, in_en


def advices(reasons: Iterable[str], *, table: Table, source_name: str, format: str) -> Texts:
    """What to do about several reasons, each thing once, as one text in each language."""
    found = dict.fromkeys(
        filter(None, (advice(reason, table=table, source_name=source_name, format=format) for reason in reasons))
    )
    return "; ".join(text for text, _ in found), "; ".join(text for _, text in found)
