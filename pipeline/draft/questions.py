"""What a file cannot tell, asked in both languages; each answer takes the place of the mark below its question."""

from __future__ import annotations

from collections.abc import Mapping

# By the setting the answer goes to.
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "owner": ("Siapa pemilik data ini?", "Who owns these data?"),
    "extracted_at": (
        "Kapan data ini diekspor, misalnya 2026-01-05T08:00:00?",
        "When were these data exported, such as 2026-01-05T08:00:00?",
    ),
    "covers": (
        'Hari apa saja yang dicakup ekspor ini seluruhnya, misalnya [{first_on: "2025-01-01", last_on: "2025-12-31"}]?',
        'Which days does the export hold whole, such as [{first_on: "2025-01-01", last_on: "2025-12-31"}]?',
    ),
    "zone": (
        "Jam siapa yang ditulis: Asia/Jakarta, Asia/Makassar, Asia/Jayapura, atau UTC?",
        "Whose clock is written: Asia/Jakarta, Asia/Makassar, Asia/Jayapura or UTC?",
    ),
    "authority": (
        "Kode wilayah siapa: kemendagri (32.73) atau bps (3273)? Angka yang sama dapat berarti tempat lain.",
        "Whose region codes: kemendagri (32.73) or bps (3273)? The same digits can mean another place.",
    ),
    "grain": (
        "Satu baris itu satu hari (day) atau satu bulan (month)?",
        "Is a row a day (day) or a month (month)?",
    ),
    "combine": (
        "Beberapa baris bernomor sama: apa artinya? {by: KUNCI, how: last, order_by: KOLOM} untuk riwayat, "
        "how: sum untuk bagian jumlah, how: pair untuk peristiwa atau perubahan keadaan (docs/city.md)",
        "Several rows have one key: what does that mean? {by: KEY, how: last, order_by: COLUMN} for a history, "
        "how: sum for parts of a sum, how: pair for events or changes of state (docs/city.md)",
    ),
    "names": (
        "Berkas tanpa judul kolom: sebutkan nama semua kolom berurutan, misalnya [kode, jumlah]",
        "There is no header: name all columns in order, such as [code, count]",
    ),
    "sheet": (
        'Lembar mana yang dibaca? Satu nama, daftar nama, atau "*" untuk semua',
        'Which sheet is to be read? One name, a list of names, or "*" for all',
    ),
    "own_networks": (
        "Jaringan kantor kota, misalnya [203.0.113.0/24]? [] bila tidak dikecualikan",
        "The city's own networks, such as [203.0.113.0/24]? [] to leave none out",
    ),
    "format": (
        "Hari atau bulan dahulu? Pilih:",
        "Day or month first? Choose:",
    ),
    "swapped_by_excel": (
        "Apakah Excel menukar hari dan bulan pada tanggal terketik (true atau false)? Bandingkan dengan aslinya",
        "Did Excel swap day and month of the typed dates (true), or not (false)? Compare with the original",
    ),
    "log_format": (
        "Baris 'log_format' nginx atau 'LogFormat' Apache dari pengelola server, atau nama servernya (docs/city.md)",
        "nginx's 'log_format' or Apache's 'LogFormat', from the administrator, or the server's name (docs/city.md)",
    ),
    "thousands": (
        "Tanda ribuan atau desimal? 1.001 dapat berarti seribu satu: tulis thousands, atau ganti dengan decimal",
        "Does the mark group thousands or begin decimals? 1.001 may be a thousand and one: thousands, or decimal",
    ),
    "unit": (
        "Satuan lamanya: seconds, minutes, hours, days, atau clock (2:30)?",
        "The unit of the duration: seconds, minutes, hours, days or clock (2:30)?",
    ),
    "end": (
        "Waktu selesai: dari kolom mana? Lama (durasi) dapat dibulatkan atau hanya jam kerja; jam tanpa tanggal "
        "ditulis {column: [Tanggal, Jam Selesai], format: ...} (docs/city.md). Pilih:",
        "The end: from which column? A length may be rounded or count working hours only; an hour without a date is "
        "written {column: [Date, Hour], format: ...} (docs/city.md). Choose:",
    ),
    "suffix": (
        "Keadaan hari apa dalam tahun itu: -06-30 atau -12-31?",
        "As of which day of the year: -06-30 or -12-31?",
    ),
    "values": (
        "Apa arti teks ini? Pilih:",
        "What does this text mean? Choose:",
    ),
    "paging": (
        "Bagaimana jawaban panjang dibagi? {style: none} bila selalu utuh; {style: page, size: 100} dengan {page} dan "
        "{size} di params; offset, cursor, link (docs/connect-unknown-api.md); total_at: tempat jumlah semua baris",
        "How does a long answer come in parts? {style: none} if it is always whole; {style: page, size: 100} with "
        "{page} and {size} in params; offset, cursor, link (docs/connect-unknown-api.md); total_at: where the total is",
    ),
    "window": (
        "Bagaimana satu bulan ditanyakan? Tulis {from} dan {to} pada params, dan di sini "
        '{format: "%Y-%m-%d", last: day}',
        'How is a month asked for? Write {from} and {to} in params, and here {format: "%Y-%m-%d", last: day}',
    ),
    "last": (
        "Apakah batas akhir ikut dihitung: day, second, atau millisecond bila ikut, excluded bila tidak?",
        "Is the last bound part of what is asked for: day, second or millisecond if it is, excluded if not?",
    ),
    "column": (
        "Kolom mana? Tulis judulnya, atau {constant: NILAI}.",
        "Which column? Write its header, or {constant: VALUE}.",
    ),
}


def question(key: str, *, hint: str = "") -> str:
    """The question of a setting in both languages, and what the file shows of the answer without proving it."""
    in_indonesian, in_english = QUESTIONS[key]
    return f"TANYA: {in_indonesian}\nASK: {in_english}" + (f"\n  {hint}" if hint else "")
