"""What analysts read in place of ids: rules, variants and tables in Bahasa Indonesia and English."""

from __future__ import annotations

_WORDS = {
    "accessible_only": "hanya dapat diakses",
    "agency": "OPD",
    "all_requests": "semua permintaan",
    "any_step_online": "sekurang-kurangnya satu langkah daring",
    "as_recorded": "seperti tercatat",
    "as_recorded_plausible": "seperti tercatat, yang masuk akal",
    "asset": "berkas pendukung halaman",
    "audience": "pengguna",
    "below_table": "di bawah tabel",
    "blank_line": "baris kosong",
    "header_line": "baris judul log",
    "blank_row": "baris kosong",
    "blank_cell": "sel kosong",
    "group_row": "baris kelompok",
    "ambiguous_exclude": "bilangan bermakna ganda di kolom aturan",
    "bot": "bot",
    "bots_included": "termasuk bot",
    "businesses": "pelaku usaha",
    "by_date_answered": "menurut tanggal dijawab",
    "cancelled": "dibatalkan",
    "category": "kategori",
    "cause": "penyebab",
    "channel": "kanal",
    "citizens": "warga",
    "city_wide_union": "gabungan sekota",
    "closed_before_receipt": "ditutup sebelum diterima",
    "closed_without_response": "ditutup tanpa tanggapan",
    "code_shape": "bentuk kode salah",
    "column_numbers": "nomor kolom",
    "combined": "digabungkan ke baris lain",
    "component": "komponen",
    "count": "banyaknya",
    "critical": "wajib",
    "download": "unduhan",
    "duplicate": "duplikat",
    "duplicate_key": "kunci sama, isi berbeda",
    "duplicate_row": "baris sama persis",
    "emergency": "darurat",
    "empty_agent": "tanpa nama peramban",
    "end_before_start": "selesai sebelum mulai",
    "end_to_end": "daring dari awal sampai akhir",
    "end_to_end_of_applicable": "daring penuh, dari yang dapat daring",
    "error_exclude": "sel galat di kolom aturan",
    "every row": "setiap baris",
    "every_step_online": "setiap langkah daring",
    "grand_total": "baris jumlah",
    "inquiries": "pertanyaan",
    "internal": "layanan internal",
    "malformed_line": "baris log rusak",
    "median": "median",
    "method": "bukan permintaan GET",
    "month": "bulan",
    "no_midnight_break": "tanpa batas tengah malam",
    "no_outage": "tanpa gangguan",
    "not_a_response": "bukan tanggapan",
    "not_applicable_removed": "tanpa layanan yang tidak dapat daring",
    "not_city_infrastructure": "bukan infrastruktur kota",
    "not_city_responsibility": "bukan kewenangan kota",
    "not_city_service": "bukan layanan kota",
    "not_offered": "tidak ditawarkan",
    "open": "belum dijawab",
    "open_age_counted": "umur yang belum dijawab ikut dihitung",
    "open_inquiries": "banyaknya yang belum dijawab",
    "open_mean_age": "umur rata-rata yang belum dijawab",
    "other_portal": "portal lain",
    "other_region": "wilayah lain",
    "outages": "gangguan",
    "outside_period": "di luar periode",
    "own_network": "jaringan kota sendiri",
    "p90": "persentil ke-90",
    "population": "penduduk",
    "portal": "portal",
    "prank": "iseng",
    "probe": "pemantau",
    "redirects_counted": "pengalihan ikut dihitung",
    "response_before_receipt": "ditanggapi sebelum diterima",
    "results": "hasil",
    "rows": "jumlah baris",
    "sample of 50,000; row count and key: every row": "contoh 50.000 baris; jumlah baris dan kunci: setiap baris",
    "sector": "sektor",
    "services": "layanan",
    "spam": "spam",
    "staff": "pegawai kota sendiri",
    "status": "permintaan tidak berhasil",
    "strict_all_received": "jam dibagi semua yang diterima",
    "superseded": "digantikan yang lebih baru",
    "test": "uji coba",
    "time_to_closure": "sampai ditutup",
    "time_to_closure_as_recorded": "sampai ditutup, seperti tercatat",
    "time_to_closure_non_negative": "sampai ditutup, tanpa selisih negatif",
    "unique_visitors": "pengunjung unik",
    "unplanned_as_recorded": "tak terencana, seperti tercatat",
    "unplanned_as_recorded_plausible": "tak terencana, seperti tercatat, yang masuk akal",
    "unplanned_only": "hanya yang tak terencana",
    "visit_definition": "cara menghitung kunjungan",
    "visits": "kunjungan",
    "warning": "peringatan",
    "weighted_by_volume": "ditimbang menurut volume",
    "whole_duration_in_starting_period": "seluruh lama dihitung di periode mulai",
    "withdrawn": "ditarik kembali",
    "within_follow_up_deadline": "ditindaklanjuti dalam batas waktu (%)",
    "working_days": "hari kerja",
    "undeclared_group_row": "baris kelompok tidak dinyatakan",
    "wrong_field_count": "jumlah kolom salah",
    "zero_length": "lamanya nol",
}
_PREFIXES = {
    "after_extraction_": "sesudah data ditarik",
    "ambiguous_": "bermakna ganda",
    "bad_": "tidak terbaca",
    "error_": "sel galat",
    "missing_": "kosong",
    "other_population_": "sebagai sumber penduduk",
    "sentinel_": "tanggal pengganti",
    "too_small_": "terlalu kecil",
    "unknown_": "di luar daftar",
}


_PREFIXES_EN = {
    "after_extraction_": "after the extraction",
    "ambiguous_": "ambiguous",
    "bad_": "unreadable",
    "error_": "error cell",
    "missing_": "missing",
    "other_population_": "as the population's source",
    "sentinel_": "stand-in date",
    "too_small_": "too small",
    "unknown_": "not in the list",
}


def both(name: str) -> tuple[str, str]:
    """What an id is called in Bahasa Indonesia and English."""
    for prefix, words in _PREFIXES_EN.items():
        if name.startswith(prefix):
            return label(name), f"{name.removeprefix(prefix)} {words}"
    return label(name), name.replace("_", " ")


def label(name: str) -> str:
    """An id in Bahasa Indonesia where there is a word for it, else the id with spaces."""
    if name in _WORDS:
        return _WORDS[name]
    for prefix, words in _PREFIXES.items():
        if name.startswith(prefix):
            return f"{name.removeprefix(prefix)} {words}"
    return name.replace("_", " ")
