"""Headers and titles that name another thing, unit or year than what is read, or what ought to be and is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from connectors.remarks import Remark
from pipeline.clean.mapping import raw_columns
from pipeline.config.columns import ColumnMap
from pipeline.config.source import Source

OTHER_MEANINGS = "other_meanings_count"
# By table, the sign of columns that tell which rows count, and that nothing reads.
UNREAD = {
    "services": "unread_states_count",
    "visits": "summed_pages_count",
    **dict.fromkeys(("inquiries", "outages"), "unread_deletions_count"),
}

# By clean column, the words of something else, and those that say that it is meant nevertheless.
_OTHER = {
    "visits_count": (
        r"hits?|page ?(views?|visits?)|views?|penayangan|tayangan|tampilan|kunjungan halaman|dilihat|impressions?"
        r"|klik|clicks?|pengunjung|visitors?|unik|unique|users?|pengguna|unduhan|diunduh|downloads?|bytes",
        r"kunjungan peng(guna|unjung)|(user|visitor) (visits|sessions)",
    ),
    "responded_at": (
        r"disposisi|diteruskan|penerusan|forward(ed)?|otomatis|auto\w*|terakhir|last|diubah|diperbarui|updated?"
        r"|tutup|ditutup|penutupan|closed|closing|verifikasi|diverifikasi|verified|perubahan|dibuka kembali|reopened"
        r"|tenggat|batas waktu|jatuh tempo|deadline|due|sla|target|estimasi|perkiraan|rencana|estimated|expected"
        r"|planned|status",
        r"(di)?jawab\w*|tanggapan|ditanggapi|respons?e?|responded|repl(y|ied)|answer(ed)?",
    ),
    "is_requestable_online": (
        r"informasi|info|profil|information|accessible|diakses",
        r"mohon|(per)?mohonan|dimohon|ajukan|diajukan|pengajuan|minta|diminta|permintaan|request\w*|daftar|pendaftaran"
        r"|apply|application|transaksi",
    ),
    "population_count": (
        r"kk|keluarga|rumah tangga|households?|famil(y|ies)|laki|pria|male|men|perempuan|wanita|female|women"
        r"|wajib ktp|pemilih|dpt|voters?|kepadatan|density",
        r"laki.*perempuan|pria.*wanita|\bmale.*female|\bmen.*women",
    ),
}
# Whatever else they say, such times are no answers of the city.
_NEVER = {
    "responded_at": r"disposisi|diteruskan|penerusan|forward(ed)?|otomatis|auto\w*"
    r"|tenggat|batas waktu|jatuh tempo|deadline|due|sla|target|estimasi|perkiraan|rencana|estimated|expected|planned"
}
_DELETED = (
    r"(is |was )?(soft )?deleted( (at|on|date|flag))?|(is |sudah )?(di|ter)hapus( pada)?"
    r"|(tanggal|tgl|waktu|status) ((di)?hapus|penghapusan)|(delete|deletion) (date|flag|status)"
)
# By table, the words of such columns.
_UNREAD = {
    **dict.fromkeys(("inquiries", "outages"), _DELETED),
    "services": r"(status|keaktifan)( (layanan|pelayanan|izin|perizinan|aktif|keaktifan|keberlakuan|operasional))?"
    r"|((is|masih|layanan|service) )?(aktif|active|nonaktif|inactive)|(service|layanan|active) (status|state)"
    r"|(status )?aktif (atau )?(tidak|non ?aktif)( aktif)?|(tidak|non) aktif|active (or )?inactive|masih berlaku"
    rf"|(is )?(retired|discontinued|dihentikan|dicabut)|{_DELETED}",
    "visits": r"halaman|page|url|uri|path|(judul|nama|jalur|alamat|lokasi|url|tautan) (halaman|laman)( (dan|atau) .*)?"
    r"|(full )?page (path|title|location|url|uri|name)( .*)?|(halaman|pages?) (dan|and) (layar|screens?)",
}
_UNITS = {
    "seconds": r"detik|dtk|seconds?|secs?",
    "minutes": r"menit|mnt|minutes?|mins?",
    "hours": r"jam|hours?|hrs",
    "days": r"hari|days?",
}
_SCALES = {1000: r"ribu(an)?|thousands?", 1_000_000: r"juta(an)?|millions?"}
_SCALE_OF_TABLE = re.compile(
    r"\b(?:dalam (?:ribu|juta)(?:an)?|(?:ribu|juta) (?:jiwa|orang|kunjungan)|in (?:thousand|million)s?)\b", re.I
)
_LAW = re.compile(r"\b(?:nomor|no\.?|nr\.?)\s*\S+\s*(?:tahun|/)\s*\d{4}", re.I)
_YEAR = re.compile(r"\b20\d\d\b")
_IN_BRACKETS = re.compile(r"[(\[](.*?)[)\]]")


def other_meanings(source: Source) -> dict[str, str]:
    """The header of each mapped column that names another thing or unit than it is read as, by clean column."""
    return {
        column: ", ".join(column_map.column)
        for column, column_map in source.columns.items()
        if any(_is_other(column, column_map, _words(header)) for header in column_map.column)
    }


def unread_headers(header: Iterable[str], source: Source) -> list[str]:
    """The headers of columns that tell which rows count, and that nothing reads: deleted rows, states of services.

    Where visits are summed, a page, of which a visit sees several; to leave some pages out does not mend that.
    """
    read, of_table = set(raw_columns(source)), _UNREAD.get(source.table, "")
    if source.table == "visits":
        read = {name for column in source.columns.values() for name in column.column}
        of_table = of_table if source.combine and source.combine.how == "sum" else ""
    words = {name: re.sub(r"\W+", " ", _words(name)).strip() for name in set(header) - read}
    return sorted(name for name, text in words.items() if text and re.fullmatch(of_table, text))


def title_remarks(titles: Sequence[str], source: Source, *, name: str, extracted_on: str) -> list[Remark]:
    """Remarks on lines above a header that name another scale, or, of a register of services, years long past."""
    remarks = []
    counts = [column_map for column, column_map in source.columns.items() if column.endswith("_count")]
    if any(map(_SCALE_OF_TABLE.search, titles)) and any(column_map.scale == 1 for column_map in counts):
        remarks.append(
            Remark(
                "scale_in_title",
                f"{name}: di atas tabel tertulis bahwa angkanya dalam ribuan atau jutaan. Tulis unit: thousands atau "
                "millions pada kolomnya, atau hapus catatan itu bila tidak benar.",
                f"{name}: a note above the table says that numbers are in thousands or millions. Write unit: thousands "
                "or millions in their column, or delete the note if it is wrong.",
            )
        )
    day = extracted_on[:10]
    years = sorted({int(year) for title in titles for year in _YEAR.findall(_LAW.sub("", title))})
    if source.table == "services" and years and extracted_on and years[-1] < int(extracted_on[:4]) - 1:
        remarks.append(
            Remark(
                "old_register",
                f"{name}: judul di atas tabel menyebut tahun {years[-1]}, padahal datanya ditarik {day}. "
                "Minta daftar terbaru, perbaiki extracted_at, atau hapus judul itu bila daftarnya memang terbaru.",
                f"{name}: a title above the table says {years[-1]}, but the data were extracted on {day}. "
                "Ask for the present register, mend extracted_at, or delete the title if the register is present.",
            )
        )
    return remarks


def _is_other(column: str, column_map: ColumnMap, words: str) -> bool:
    if column_map.after is not None:
        return _is_other_unit(str(column_map.unit), words)
    if column.endswith("_count") and any(column_map.scale != scale for scale in _scales(words)):
        return True
    other, meant = _OTHER.get(column, ("", ""))
    return bool(other) and _has(words, other) and (_has(words, _NEVER.get(column, "")) or not _has(words, meant))


def _scales(words: str) -> Iterator[int]:
    return (scale for scale, text in _SCALES.items() if _has(words, text))


def _is_other_unit(unit: str, words: str) -> bool:
    """Whether a header names a unit, and others than this; a clock has hours before its minutes."""
    bracketed = " ".join(_IN_BRACKETS.findall(words))
    named = _units(bracketed) or _units(words)
    if unit == "clock":
        return "minutes" in named and "hours" not in named
    return unit in _UNITS and bool(named) and named != {unit}


def _units(words: str) -> set[str]:
    return {unit for unit, text in _UNITS.items() if _has(words, text)}


def _words(header: str) -> str:
    """A header in small letters, its words apart: `firstResponse_at` as `first response at`."""
    return re.sub(r"[_.\-/\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)).casefold()


def _has(words: str, text: str) -> bool:
    return bool(text) and re.search(rf"\b(?:{text})\b", words) is not None
