"""Labelled texts about invented persons, in the spellings of desks, and sound names of groups that look alike.

Half of the labelled texts, chosen by their hash, was not looked at while the rules were written.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_GIVEN = (
    "Budi",
    "Siti",
    "Agus",
    "Dewi",
    "Eko",
    "Yohana",
    "Ketut",
    "Lukman",
    "Marlina",
    "Nanang",
    "Ojak",
    "Parlindungan",
    "Rosdiana",
    "Tigor",
    "Wiwik",
    "Zulkifli",
)
_LAST = (
    "Santoso",
    "Aminah",
    "Tampubolon",
    "Wardhani",
    "Pakpahan",
    "Nainggolan",
    "Suwandi",
    "Kurniasih",
    "Latuconsina",
    "Sirait",
    "Mandagi",
)
_AROUND = ("{}", "Jalan rusak, {}", "lampu mati ({})", "WA/{}", "{} - sampah", "Loket 2: {}", "kategori lain {}")
_MAILS = ("gmail.com", "yahoo.co.id", "ymail.com", "student.ub.ac.id", "outlook.com")
_STREETS = ("Melati", "Veteran", "Raya Bogor", "K.H. Wahid Hasyim", "Cempaka Putih Tengah")


@dataclass(frozen=True)
class Case:
    """A text that tells of a person, what of him it tells, and whether the rules were written without it."""

    kind: str
    text: str

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the half that was not looked at."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 1


def cases(*, of_each: int = 60, seed: int = 18) -> list[Case]:
    """Some of each way to write, each once; the same every time."""
    chance = random.Random(seed)  # noqa: S311 made-up persons
    found: dict[str, Case] = {}
    for kind, write in _WAYS:
        for _ in range(of_each):
            text = write(chance)
            around = "{}" if kind == "free text" else chance.choice(_AROUND)
            found.setdefault(around.format(text), Case(kind, around.format(text)))
    return list(found.values())


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _nik(chance: random.Random) -> str:
    day = chance.randint(1, 28) + chance.choice([0, 40])
    region = chance.choice(["3273", "3171", "1271", "5103", "6471", "7371", "9471", "3578"])
    born = f"{day:02}{chance.randint(1, 12):02}{chance.randint(0, 99):02}"
    return f"{region}{chance.randint(1, 30):02}{born}{chance.randint(1, 40):04}"


def _spaced(text: str, mark: str, size: int) -> str:
    return mark.join(text[begin : begin + size] for begin in range(0, len(text), size))


def _identity(chance: random.Random) -> str:
    nik = _nik(chance)
    return chance.choice(
        [
            nik,
            f"NIK {nik}",
            f"KTP: {nik}",
            _spaced(nik, " ", 4),
            _spaced(nik, "-", 4),
            _spaced(nik, ".", 4),
            f"{nik[:6]}.{nik[6:12]}.{nik[12:]}",
            f"{nik[:6]} {nik[6:12]} {nik[12:]}",
            f"no KK {nik}",
            f"nik{nik}",
            f"12 {nik}",
            nik.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        ]
    )


def _officer(chance: random.Random) -> str:
    nip = (
        f"19{chance.randint(60, 99)}0{chance.randint(1, 9)}{chance.randint(10, 28)}",
        f"20{chance.randint(10, 24)}0{chance.randint(1, 9)}",
    )
    return chance.choice(["NIP {} {} {} {}", "{}{}{}{}", "{} {} {} {}"]).format(
        *nip, chance.choice("12"), f"00{chance.randint(1, 9)}"
    )


def _phone(chance: random.Random) -> str:
    rest = chance.choice(["12", "13", "57", "77", "95", "38", "21"]) + _digits(chance, chance.choice([7, 8, 8, 8, 9]))
    begins = chance.choice(
        ["08", "+628", "628", "+62 8", "62-8", "(+62) 8", "+62-8", "0062 8", "(0)8", "0 8", "+62 (0)8", "O8"]
    )
    body = chance.choice(
        [
            rest,
            f"{rest[:2]}-{rest[2:6]}-{rest[6:]}",
            f"{rest[:2]} {rest[2:6]} {rest[6:]}",
            f"{rest[:2]}.{rest[2:6]}.{rest[6:]}",
            f"{rest[:3]} {rest[3:]}",
            f"{rest[:2]} - {rest[2:5]} - {rest[5:]}",
            _spaced(rest, " ", 1),
            f"{rest[:2]}/{rest[2:]}",
        ]
    )
    return chance.choice(["{}", "{}", "WA {}", "hp:{}", "Telp. {}"]).format(begins + body)


def _bare_phone(chance: random.Random) -> str:
    return (
        f"{chance.choice(['WA', 'hp', 'No HP', 'hubungi', 'Telp'])} {chance.choice(['', ': '])}8{_digits(chance, 10)}"
    )


def _mail(chance: random.Random) -> str:
    name, host = f"{chance.choice(_GIVEN)}.{chance.choice(_LAST)}".lower(), chance.choice(_MAILS)
    return chance.choice(
        [
            f"{name}@{host}",
            f"{name}{_digits(chance, 2)}@{host}",
            f"{name} @ {host}",
            f"{name}[at]{host}",
            f"{name} (at) {host}",
            f"{name}[at]{host.replace('.', '[dot]')}",
            f"<{name}@{host}>",
            f"mailto:{name}@{host}",
            f"{name.upper()}@{host.upper()}",
            f"{name} at gmail",
        ]
    )


def _handle(chance: random.Random) -> str:
    name = f"{chance.choice(_GIVEN)}{chance.choice('._')}{chance.choice(_LAST)}".lower()
    return chance.choice(
        [
            f"@{name}",
            f"Twitter @{name}{_digits(chance, 2)}",
            f"IG: @{name}",
            f"https://t.me/{name}",
            f"wa.me/628{_digits(chance, 10)}",
            f"facebook.com/{name}",
            f"tiktok.com/@{name}",
            f"＠{name}".translate(str.maketrans("aeo", "аео")),
        ]
    )


def _salutation(chance: random.Random) -> str:
    first, last = chance.choice(_GIVEN), chance.choice(_LAST)
    name = chance.choice([first, f"{first} {last}", f"{first} {last[0]}.", first.upper(), f"{first} {last}".upper()])
    title = chance.choice(
        [
            "Bpk",
            "Bpk.",
            "Bapak",
            "Pak",
            "Ibu",
            "Bu",
            "Sdr",
            "Sdr.",
            "Sdri.",
            "Saudara",
            "H.",
            "Hj.",
            "Hj",
            "an.",
            "a.n.",
            "a.n",
            "A.N.",
            "a/n",
            "atas nama",
            "Pelapor:",
            "Pelapor :",
            "Pemohon:",
            "Nama:",
            "Nama lengkap:",
            "Tn.",
            "Ny.",
            "Nn.",
            "bpk",
            "pak",
            "ibu",
            "bu",
            "IBU",
            "PAK",
            "Bpk.H.",
            "dr.",
            "Drs.",
            "Hj. Dra.",
            "Mbak",
            "Bapak H.",
            "KH.",
            "Ust.",
            "Pelapor =",
            "dari Ibu",
            "PIC:",
        ]
    )
    return f"{title} {name}" if chance.random() < 0.9 or not title.endswith((".", ":")) else f"{title}{name}"


def _address(chance: random.Random) -> str:
    street, number = chance.choice(_STREETS), chance.randint(1, 199)
    rt, rw = f"{chance.randint(1, 15):02}", f"{chance.randint(1, 15):02}"
    return chance.choice(
        [
            f"Jl. {street} No. {number}",
            f"Jln {street} No {number}",
            f"jalan {street} nomor {number}",
            f"Jl {street} no.{number} RT {rt} RW {rw}",
            f"RT {rt}/RW {rw}",
            f"RT.{rt} RW.{rw}",
            f"rt {rt} rw {rw}",
            f"RT{rt}/RW{rw}",
            f"RT {rt}/{rw} Kel. Sukamaju",
            f"Gg. {street} No. {number}",
            f"Perum Griya Asri Blok C No. {number}",
            f"Perumahan Indah Blok B{number}",
            f"Blok D2 No {number}",
            f"Jl. {street} {number}",
        ]
    )


def _plate(chance: random.Random) -> str:
    area = chance.choice(["B", "D", "AB", "AD", "BK", "DK", "KT", "L", "N", "F", "H", "DD"])
    number, end = (
        _digits(chance, 4).replace("0", "7"),
        "".join(chance.choices("ACEFHJLNPQRSUXYZ", k=chance.choice([2, 3]))),
    )
    return chance.choice(
        [
            f"{area} {number} {end}",
            f"{area}{number}{end}",
            f"{area}-{number}-{end}",
            f"nopol {area} {number[:2]} {end[:1]}",
            f"plat {area.lower()} {number} {end.lower()}",
        ]
    )


def _card(chance: random.Random) -> str:
    bare = chance.choice(["4", "51", "53", "62", "37"]) + _digits(chance, 14)
    bare = bare[:15]
    doubled = [2 * int(one) if place % 2 == 0 else int(one) for place, one in enumerate(reversed(bare))]
    card = bare + str(-sum(one - 9 * (one > 9) for one in doubled) % 10)
    return chance.choice(
        [
            card,
            _spaced(card, " ", 4),
            _spaced(card, "-", 4),
            f"kartu {card}",
            f"rek BCA {_digits(chance, 10)}",
            f"No. rekening: {_digits(chance, 12)}",
        ]
    )


def _own_words(chance: random.Random) -> str:
    what = chance.choice(["lampu jalan", "saluran air", "jalan berlubang", "sampah"])
    return chance.choice(
        [
            f"Tolong {what} di depan rumah saya sudah tiga minggu tidak diperbaiki",
            f"mohon {what} dekat sekolah anak kami segera ditangani, terima kasih",
            f"kenapa {what} di tempat tetangga sudah beres sedangkan punya saya belum",
            f"Selamat pagi, {what} di kampung kami rusak sejak hari Senin yang lalu",
            f"saya sdh lapor soal {what} minggu lalu tapi sampai sekarang blm ada jawaban",
            f"Dengan hormat, bersama ini disampaikan bahwa {what} di lingkungan tempat tinggal telah rusak sejak "
            "bulan Januari dan sampai sekarang belum juga mendapatkan penanganan",
        ]
    )


def _birth(chance: random.Random) -> str:
    said, place = (
        chance.choice(["lahir", "TTL:", "tgl lahir", "tanggal lahir"]),
        chance.choice(["Bandung, ", "", "Medan "]),
    )
    return f"{said} {place}{chance.randint(1, 28)}{chance.choice(['-05-', ' Mei ', '/05/'])}19{chance.randint(50, 99)}"


_WAYS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("identity number", _identity),
    ("identity number", _officer),
    ("phone", _phone),
    ("phone", _phone),
    ("phone", _bare_phone),
    ("e-mail", _mail),
    ("name", _salutation),
    ("name", _salutation),
    ("name", _salutation),
    ("address", _address),
    ("address", _birth),
    ("plate", _plate),
    ("card or account", _card),
    ("free text", _own_words),
    ("handle", _handle),
)

SOUND = """
Telepon|Aplikasi|Website|SMS 1708|Call Center 112|Datang langsung|Media sosial|Instagram|Twitter @pemkotcontoh
WhatsApp|Email|Surat|Lapor Pak Wali|Halo Bupati|Lapor Mas Wapres|Sapa Bunda|SP4N-LAPOR!|Facebook|Loket 3
Radio 97.7 FM|Hotline (021) 1500 164|Kanal 24 jam|lapor@kotacontoh.go.id|pengaduan@desa.desa.id|PPID|JAKI|Qlue
Tatap muka|Kotak saran|Formulir daring|Mal Pelayanan Publik|Bot Telegram|Dinas Kependudukan dan Pencatatan Sipil
Dinas Pekerjaan Umum dan Penataan Ruang|Badan Pendapatan Daerah|Sekretariat DPRD
Dinas Pemberdayaan Perempuan, Perlindungan Anak, Pengendalian Penduduk dan Keluarga Berencana|Kecamatan Ibu
Kelurahan Bapak Kulon|RSUD dr. Soetomo|RSUD Dr. Moewardi|Rumah Sakit Umum Daerah Prof. Dr. Margono Soekarjo
RSIA Ibu dan Anak|Puskesmas H. Adam Malik|Puskesmas Jagir|Stadion H. Agus Salim|Bandara H. Asan
Taman Ir. H. Djuanda|Jalan KH. Ahmad Dahlan|Jl. Prof. Soedarto|Gedung dr. Sutomo|Perumda Air Minum Tirta Raharja
PT PLN (Persero) UP3|PDAM Tirta Moedal|Polsek Sukolilo|UPTD Pasar Wilayah III|Bagian Hukum|Kesehatan ibu dan anak
Ibu hamil|Ibu menyusui|Ibu kota|Ibu rumah tangga|Bapak angkat|Kesehatan Ibu, Bayi dan Balita|Guru PAUD|Jalan rusak
Lampu penerangan jalan umum|Sampah|Banjir|Drainase|KTP elektronik|Kartu Keluarga|Akta kelahiran|Akta kematian
BPJS Kesehatan|Kartu Indonesia Sehat|Pajak Bumi dan Bangunan|Perizinan Berusaha|PBB-P2|SIM keliling|Parkir liar
Pedagang kaki lima|Pohon tumbang|Pelayanan KTP 2025|Perda 12/2019|Perda No. 5 Tahun 2024|UU No. 27 Tahun 2022
Kode 62-8123|Tahun 2024/2025|RT/RW|Ketua RT|Iuran RT 05|Jalan Nasional|Jalan Provinsi Km 12|Jalan Tol Ruas 3
Perbaikan jalan Perda No. 3|Jembatan 2|Pasar Blok A|Blok M|Terminal Blok B
Administrasi kependudukan pindah datang antarkabupaten/kota|Penerbitan Surat Keterangan Tempat Usaha
Legalisasi akta|Nama usaha|Pelayanan pemohon|Pelapor anonim|Pelapor: anonim|Pemohon: perorangan
Jenis pemohon: badan hukum|Nama layanan: KTP|Data pemilik: usaha|Izin Praktik Dokter|Izin praktik dr. umum
Surat Izin Praktik Bidan|Izin apotek|Layanan a.n. perusahaan|Santunan kematian|Server web 01|SRV-DB-2025-01
Portal data|Jaringan FO ruas 12|Router 10.20.30.40|VLAN 2025|core-sw-01.dc.kota.go.id|UPS 20 KVA|Genset|AP-LT3-012
Fiber 12 core|CCTV 0812|CCTV Simpang 4|Sistem SIMPEG|SIPD|e-Kinerja|Absensi|Backup 500 GB|Disk D 500 GB
RAM 2x 16 GB|Rack B 12|Aplikasi SIAK 7.3.4|Database Oracle 19c|Firewall FG-200F|https://layanan.kota.go.id
Ruang server lt. 2|Link ISP 2|Radio link 5,8 GHz|INC0001234|CHG-20250314-0001|2025-03-14 08:00
14/03/2025 08.00-10.00|Rp 1.500.000.000|0,8123|1234567890|BTS 4501|Tiket 7100174|Listrik padam|Kabel putus
Pemeliharaan terjadwal|Gangguan ISP|Human error|Serangan siber|Kesalahan konfigurasi|Pemutakhiran OS
Street Light Out|Pothole|Noise - Residential|Graffiti Removal|Illegal Parking|Request for Snow Plowing
Missed Trash/Recycling/Yard Waste|Department of Transportation|Citizens Connect App|Constituent Call|Self Service
Employee Generated|Needle Pickup|Building Inspection Request|Mas kawin|Logam mas|Bank DKI|Haji dan umrah
Jemaah haji|Wakaf|Bantuan sosial|Lansia|Difabel|Beasiswa|PKH|Posyandu|Karang Taruna|Linmas|Persewaan lapangan
Aula Pak Harto|Wisata|Kuliner|UMKM|Kerja sama|Hibah|Penelitian|KKN|Magang|Cuti|Kenaikan pangkat|Pensiun|Mutasi
Pelayanan Ibu Bersalin|Pelayanan Bapak dan Ibu Guru|Rumah Ibu Pertiwi|Dharma Wanita|Bu Camat|Pak Lurah
Ibu Wali Kota|Sdr. operator
"""


def sound_names() -> Iterator[str]:
    """Names of channels, agencies, categories, components and causes that tell of no person."""
    return (name for line in SOUND.strip().splitlines() for name in line.split("|"))
