"""What analysts read in place of ids: the indicators' guides, and rule names in Bahasa Indonesia."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guide:
    """How one indicator is named, where its data must come from and how to read it."""

    clause: str
    name_id: str
    name_en: str
    unit_id: str
    origin_id: str
    origin_en: str
    reading_id: str
    reading_en: str


GUIDES = {
    "portal_visits": Guide(
        clause="10.1",
        name_id="Jumlah kunjungan daring tahunan ke portal data terbuka kota per 100.000 penduduk",
        name_en="Annual online visits to the municipal open data portal per 100,000 population",
        unit_id="kunjungan per 100.000 penduduk",
        origin_id="Statistik situs dari penyedia hosting portal, melalui pengelola situs kota atau pengelola domain.",
        origin_en="Site statistics of the portal's hosting, from the city's web administrator or the domain host.",
        reading_id="Kunjungan yang banyak menunjukkan bahwa data yang diterbitkan diminati. Lonjakan perlu dijelaskan "
        "(kampanye, bot, alat ukur baru) sebelum dipuji.",
        reading_en="Many visits show that the published data attract people. A jump is to be explained (campaign, "
        "bots, a new tool) before it is praised.",
    ),
    "online_services": Guide(
        clause="10.2",
        name_id="Persentase layanan kota yang dapat diakses dan diminta secara daring",
        name_en="Share of city services that can be accessed and requested online",
        unit_id="%",
        origin_id="Perangkat daerah penyelenggara layanan, atau pengelola situs kota.",
        origin_en="The departments or agencies that provide the services, or the administrator of the city's website.",
        reading_id="Sasarannya bukan 100 %: sebagian layanan tidak dapat daring. Angka 67 % yang jujur dengan daftar "
        "layanan yang rapi lebih baik daripada 100 % dari daftar yang pendek.",
        reading_en="100 % is not the target: some services cannot be online. An honest 67 % with a clean register "
        "beats 100 % of a short list.",
    ),
    "inquiry_response": Guide(
        clause="10.3",
        name_id="Rata-rata waktu respons terhadap pertanyaan melalui sistem nondarurat kota",
        name_en="Average response time to inquiries made through the city's non-emergency inquiry system",
        unit_id="hari",
        origin_id="Catatan sistem nondarurat dan perangkat daerah yang menerima terusannya.",
        origin_en="The records of the non-emergency system and of the departments it forwards to.",
        reading_id="Masalah yang penyelesaiannya praktis, murah dan singkat dijawab lebih cepat, sehingga ragam "
        "kategori menggeser rata-rata.",
        reading_en="Problems with a practical, affordable, short-term solution are answered faster, so the mix of "
        "categories moves the mean.",
    ),
    "it_downtime": Guide(
        clause="10.4",
        name_id="Rata-rata waktu henti infrastruktur TI kota",
        name_en="Average downtime of the city's IT infrastructure",
        unit_id="jam per insiden",
        origin_id="Pemilik dan pengelola layanan TI pemerintah daerah, serta tanggapan kementerian.",
        origin_en="The owners and administrators of the local government's IT services, and the ministry's responses.",
        reading_id="Gangguan yang lebih sedikit berarti waktu henti yang lebih singkat. Rata-rata dapat naik ketika "
        "hanya insiden kecil yang hilang: baca bersama jumlah jam dan jumlah insiden.",
        reading_en="Fewer outages mean less downtime. The mean can rise when only the small incidents disappear: read "
        "it with total hours and count.",
    ),
}

_WORDS = {
    "asset": "berkas pendukung halaman",
    "blank_line": "baris kosong",
    "bots_included": "termasuk bot",
    "cancelled": "dibatalkan",
    "combined": "digabungkan ke baris lain",
    "count": "banyaknya",
    "critical": "wajib",
    "download": "unduhan",
    "duplicate": "duplikat",
    "duplicate_key": "kunci sama, isi berbeda",
    "duplicate_row": "baris sama persis",
    "emergency": "darurat",
    "end_before_start": "selesai sebelum mulai",
    "every row": "setiap baris",
    "grand_total": "baris jumlah",
    "inquiries": "pertanyaan",
    "internal": "layanan internal",
    "malformed_line": "baris log rusak",
    "median": "median",
    "method": "bukan permintaan GET",
    "no_midnight_break": "tanpa batas tengah malam",
    "no_outage": "tanpa gangguan",
    "not checked": "tidak dapat diperiksa",
    "not_city_infrastructure": "bukan infrastruktur kota",
    "not_city_responsibility": "bukan kewenangan kota",
    "not_city_service": "bukan layanan kota",
    "other_portal": "portal lain",
    "other_region": "wilayah lain",
    "outages": "gangguan",
    "own_network": "jaringan kota sendiri",
    "p90": "persentil ke-90",
    "population": "penduduk",
    "prank": "iseng",
    "results": "hasil",
    "rows": "jumlah baris",
    "sample of 50,000; row count and key: every row": "contoh 50.000 baris; jumlah baris dan kunci: setiap baris",
    "services": "layanan",
    "spam": "spam",
    "staff": "pegawai kota sendiri",
    "status": "permintaan tidak berhasil",
    "superseded": "digantikan berkas yang lebih baru",
    "test": "uji coba",
    "visits": "kunjungan",
    "warning": "peringatan",
    "withdrawn": "ditarik kembali",
}
_PREFIXES = {
    "after_extraction_": "sesudah data ditarik",
    "ambiguous_": "bermakna ganda",
    "bad_": "tidak terbaca",
    "missing_": "kosong",
    "sentinel_": "tanggal pengganti",
    "too_small_": "terlalu kecil",
    "unknown_": "di luar daftar",
}


def label(name: str) -> str:
    """An id in Bahasa Indonesia where there is a word for it, else the id with spaces."""
    if name in _WORDS:
        return _WORDS[name]
    for prefix, words in _PREFIXES.items():
        if name.startswith(prefix):
            return f"{name.removeprefix(prefix)} {words}"
    return name.replace("_", " ")
