"""Every sign: what it says in both languages, its limit, and whether what breaks it keeps a result provisional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.signs.sign import Sign


def _sign(name: str, id: str, en: str, **limits: Any) -> Sign:  # noqa: ANN401 a limit or its effect
    return Sign(name, id, en, **limits)


OF_TABLES = (
    _sign(
        "days_up_to_12_pct",
        "Paling banyak {limit} % baris jatuh pada tanggal 1 sampai 12 (lebih dari itu: hari dan bulan tertukar?)",
        "At most {limit} % of the rows fall on days 1 to 12 (more: are day and month swapped?)",
        most=90,
        keeps_provisional=True,
    ),
    _sign(
        "first_of_month_pct",
        "Paling banyak {limit} % baris jatuh pada tanggal 1",
        "At most {limit} % of the rows fall on the first of a month",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "hours_up_to_12_pct",
        "Paling banyak {limit} % jam adalah 01 sampai 12, pagi buta pun terisi (lebih dari itu: AM/PM hilang?)",
        "At most {limit} % of the hours are 01 to 12, with those before dawn among them (more: is AM/PM lost?)",
        most=98,
        keeps_provisional=True,
    ),
    _sign(
        "night_receipts_pct",
        "Paling banyak {limit} % pertanyaan diterima pukul 01.00 sampai 04.59 (lebih dari itu: jamnya UTC atau zona "
        "lain? Tulis zone pada kolom received_at; bila memang diterima malam, jelaskan di judgement.explained)",
        "At most {limit} % of the inquiries are received from 01:00 to 04:59 (more: is the clock UTC or another "
        "zone's? Write zone at the column of received_at; if they do come at night, say so in judgement.explained)",
        most=25,
        keeps_provisional=True,
    ),
    _sign(
        "night_answers_pct",
        "Paling banyak {limit} % jawaban diberikan pukul 01.00 sampai 04.59 (lebih dari itu: jamnya UTC atau zona "
        "lain, atau ditulis mesin? Tulis zone pada kolom responded_at, atau petakan jawaban petugas; bila memang "
        "dijawab malam, jelaskan di judgement.explained)",
        "At most {limit} % of the answers are given from 01:00 to 04:59 (more: is the clock UTC or another zone's, or "
        "a machine's? Write zone at the column of responded_at, or map the answer of a person; if they are given at "
        "night, say so in judgement.explained)",
        most=25,
        keeps_provisional=True,
    ),
    _sign(
        "hours_of_minutes_pct",
        "Paling banyak {limit} % lama gangguan bulat dalam jam dan sehari atau lebih, atau kelipatan 5 jam, padahal "
        "mulainya tidak bulat (lebih dari itu: angkanya menit? Tulis unit: minutes; bila memang jam, jelaskan di "
        "judgement.explained)",
        "At most {limit} % of the lengths are whole hours of a day or more, or of fives of hours, while their starts "
        "are not (more: are the numbers minutes? Write unit: minutes; if they are hours, say so in "
        "judgement.explained)",
        most=30,
        keeps_provisional=True,
    ),
    _sign(
        "decimals_below_60_pct",
        "Paling banyak {limit} % jam desimal berakhir di bawah ,60 (lebih dari itu: 2,30 berarti 2 jam 30 menit? Tulis "
        "unit: clock setelah titik atau koma diganti titik dua)",
        "At most {limit} % of the decimal hours end below .60 (more: does 2.30 mean 2 hours 30 minutes? Write unit: "
        "clock after putting a colon in place of the mark)",
        most=98,
        keeps_provisional=True,
    ),
    _sign(
        "midnight_starts_pct",
        "Paling banyak {limit} % waktu mulai atau diterima tepat pukul 00.00 (lebih dari itu: jamnya tidak dicatat?)",
        "At most {limit} % of the starts or receipts are at 00:00 exactly (more: are hours not recorded?)",
        most=30,
        keeps_provisional=True,
    ),
    _sign(
        "midnight_ends_pct",
        "Paling banyak {limit} % waktu akhir atau jawaban tepat pukul 00.00 (lebih dari itu: jamnya tidak dicatat?)",
        "At most {limit} % of the ends or answers are at 00:00 exactly (more: are hours not recorded?)",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "equal_durations_pct",
        "Paling banyak {limit} % lama sama persis (lebih dari itu: diisi oleh sistem?)",
        "At most {limit} % of the durations are equal to the second (more: filled in by a system?)",
        most=50,
        keeps_provisional=True,
    ),
    _sign(
        "zero_durations_pct",
        "Paling banyak {limit} % lamanya nol (lebih dari itu: balasan otomatis, atau satu kolom dipakai dua kali?)",
        "At most {limit} % of the durations are zero (more: automatic replies, or one column used twice?)",
        most=20,
        keeps_provisional=True,
    ),
    _sign(
        "within_a_minute_pct",
        "Paling banyak {limit} % jawaban tiba dalam satu menit (lebih dari itu: balasan otomatis?)",
        "At most {limit} % of the answers come within a minute (more: automatic replies?)",
        most=20,
        keeps_provisional=True,
    ),
    _sign(
        "long_durations_pct",
        "Paling banyak {limit} % baris lebih lama dari yang masuk akal",
        "At most {limit} % of the rows last longer than is plausible",
        most=5,
    ),
    _sign(
        "long_durations_hours_pct",
        "Paling banyak {limit} % jam berasal dari baris yang lebih lama dari yang masuk akal",
        "At most {limit} % of the hours are of rows that last longer than is plausible",
        most=25,
        keeps_provisional=True,
    ),
    _sign(
        "a_year_too_long_pct",
        "Paling banyak {limit} % jam berasal dari baris yang lebih lama setahun daripada biasanya, padahal tidak ada "
        "yang berlangsung setengah sampai satu tahun (lebih dari itu: tahun salah satu tanggalnya salah ketik? "
        "Perbaiki tanggalnya; bila memang selama itu, jelaskan di judgement.explained)",
        "At most {limit} % of the hours are of rows that last a year longer than usual, while none lasts half a year "
        "to a year (more: is the year of one of its dates mistyped? Correct the date; if it did last so long, say so "
        "in judgement.explained)",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "without_end_pct",
        "Paling banyak {limit} % baris tanpa waktu akhir atau jawaban (lebih dari itu: kolomnya tidak terpetakan?)",
        "At most {limit} % of the rows have no end or answer (more: is its column not mapped?)",
        most=75,
        keeps_provisional=True,
    ),
    _sign(
        "empty_months_count",
        "Paling banyak {limit} bulan tanpa satu baris pun, padahal bulan lain berisi",
        "At most {limit} months without any row while other months have rows",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "missing_days_count",
        "Paling banyak {limit} hari tanpa baris, dua minggu berturut-turut atau lebih, padahal hari kerja di "
        "sekitarnya hampir selalu berisi (lebih dari itu: ekspornya terpotong, atau sebagian tidak ikut? Ekspor ulang; "
        "bila meja itu memang tutup, atau gangguan memang tidak ada, jelaskan di judgement.explained)",
        "At most {limit} days without a row, two weeks or more in a row, while the working days around them "
        "nearly always have some (more: is the export cut short, or a part of it left out? Export again; if the desk "
        "was closed, or there were no outages, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "edge_days_count",
        "Paling banyak {limit} bulan tanpa baris pada hari terakhirnya (atau pertamanya), padahal hari lain berisi "
        "(lebih dari itu: permintaan atau ekspornya berhenti sehari lebih awal, misalnya BETWEEN '2025-01-01' "
        "AND '2025-01-31' atas kolom berjam? Minta sampai awal bulan berikutnya; bila meja itu memang tutup pada hari "
        "itu, jelaskan di judgement.explained)",
        "At most {limit} months have no row on their last (or first) day, while other days have some (more: does the "
        "question or export stop a day early, such as BETWEEN '2025-01-01' AND '2025-01-31' on a column with hours? "
        "Ask up to the beginning of the next month; if the desk is closed on that day, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "received_before_asked_pct",
        "Paling banyak {limit} % baris jawaban sistem diterima sebelum bulan yang diminta (lebih dari itu: sistem "
        "menyaring menurut tanggal ditutup atau diubah, sehingga yang ditutup kemudian hilang? Minta menurut tanggal "
        "diterima; bila yang ditutup kemudian pun ikut, jelaskan di judgement.explained)",
        "At most {limit} % of the rows of a system's answers were received before the month that was asked for (more: "
        "does it select by closing or change, so that what is closed later is missing? Ask by the day of receipt; if "
        "what is closed later comes too, say so in judgement.explained)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "missing_month_files_count",
        "Paling banyak {limit} bulan tanpa berkas atau lembar, padahal yang lain satu untuk tiap bulan",
        "At most {limit} months without a file or sheet, while the others are one for each month",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "other_month_files_count",
        "Paling banyak {limit} berkas yang namanya menyebut bulan lain daripada kebanyakan barisnya, padahal nama "
        "berkas lain cocok",
        "At most {limit} files whose name tells another month than most of their rows, while other names fit",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "days_of_fewer_logs_count",
        "Paling banyak {limit} hari dengan berkas log lebih sedikit daripada hari lain (lebih dari itu: log salah satu "
        "server belum diminta? Letakkan berkasnya; bila servernya memang bertambah atau berkurang, jelaskan di "
        "judgement.explained)",
        "At most {limit} days with fewer log files than other days (more: is a server's log missing? Put its files "
        "there; if servers came or went, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "empty_hours_count",
        "Paling banyak {limit} jam yang hampir tiap hari tanpa satu baris log pun, padahal jam lain ramai (lebih dari "
        "itu: log sebagian hari hilang atau tertimpa, atau jamnya zona lain? Minta log yang utuh, atau tulis zone di "
        "sumber ini; bila server memang mati pada jam itu, jelaskan di judgement.explained)",
        "At most {limit} hours have no line of the log on nearly every day, while other hours are busy (more: is part "
        "of each day's log missing or overwritten, or is its clock another zone's? Ask for the whole log, or write "
        "zone of this source; if the server is off in these hours, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "missing_hours_pct",
        "Paling banyak {limit} % baris log hilang menurut jam-jam kosong, tiga atau lebih berturut-turut, yang pada "
        "hari yang sama di minggu lain berisi (lebih dari itu: log terpotong, tertimpa atau belum diminta? Letakkan "
        "berkas yang utuh; bila server memang mati saat itu, jelaskan di judgement.explained)",
        "At most {limit} % of the log's lines are missing by empty hours, three or more in a row, that have lines on "
        "the same day of other weeks (more: is the log cut, overwritten or not asked for? Put the whole files there; "
        "if the server was down then, say so in judgement.explained)",
        most=1,
        keeps_provisional=True,
    ),
    _sign(
        "zero_days_count",
        "Paling banyak {limit} hari tanpa kunjungan di portal yang biasanya dikunjungi",
        "At most {limit} days without a visit on a portal that is visited daily",
        most=3,
        keeps_provisional=True,
    ),
    _sign(
        "zero_months_count",
        "Paling banyak {limit} bulan dengan nol kunjungan di portal yang biasanya dikunjungi",
        "At most {limit} months with zero visits on a portal that is visited",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "climbing_pct",
        "Paling banyak {limit} % langkah dari baris ke baris naik (lebih dari itu: angkanya kumulatif?)",
        "At most {limit} % of the steps from row to row rise (more: is the count cumulative?)",
        most=95,
        keeps_provisional=True,
    ),
    _sign(
        "busiest_day_times",
        "Hari teramai paling banyak {limit} kali hari biasa",
        "The busiest day has at most {limit} times a usual day's visits",
        most=20,
    ),
    _sign(
        "same_answer_pct",
        "Paling banyak {limit} % layanan berjawaban sama pada kolom daring",
        "At most {limit} % of the services have the same answer in a column of what is online",
        most=99,
    ),
    _sign(
        "online_before_start_pct",
        "Paling banyak {limit} % layanan daring sebelum mulai berlaku (lebih dari itu: online_from_on atau "
        "valid_from_on dibaca dari kolom yang salah? Petakan kolom yang benar; bila tanggal mulainya tanggal "
        "perpanjangan, jelaskan di judgement.explained)",
        "At most {limit} % of the services are online before they begin (more: is online_from_on or valid_from_on read "
        "from a wrong column? Map the right one; if the starts are those of renewals, say so in judgement.explained)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "fewest_inhabitants",
        "Sekurang-kurangnya {limit} penduduk (kurang dari itu: dalam ribuan?)",
        "At least {limit} inhabitants (fewer: given in thousands?)",
        least=5_000,
        keeps_provisional=True,
        of="inhabitants",
    ),
    _sign(
        "most_inhabitants",
        "Paling banyak {limit} penduduk",
        "At most {limit} inhabitants",
        most=25_000_000,
        keeps_provisional=True,
        of="inhabitants",
    ),
    _sign(
        "copies_pct",
        "Paling banyak {limit} % baris salinan persis dari baris lain (lebih dari itu: nomor mulai lagi dari 1 di tiap "
        "berkas atau lembar? Jika berkas memang bertumpang tindih, tulis later_file_wins: true)",
        "At most {limit} % of the rows are exact copies of others (more: do numbers start again in each file or sheet? "
        "If files do overlap, write later_file_wins: true)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "ids_alike_pct",
        "Paling banyak {limit} % baris bernomor sama dengan baris lain kecuali huruf besar/kecil atau nol di depannya "
        "(lebih dari itu: satu hal terhitung dua kali? Samakan nomornya, atau buang baris yang berulang)",
        "At most {limit} % of the rows have the id of another but for the case of letters or leading zeros (more: is "
        "one thing counted twice? Write its id in one way, or leave out the rows that come again)",
        most=0.1,
        keeps_provisional=True,
    ),
    _sign(
        "rows_alike_pct",
        "Paling banyak {limit} % baris sama dengan baris lain kecuali nomornya atau bulannya (lebih dari itu: berkas "
        "atau bulan yang sama terhitung dua kali dengan nomor baru? Keluarkan salinannya dengan exclude)",
        "At most {limit} % of the rows are equal to another but for the id or the month (more: is one file or month "
        "counted twice under new numbers? Leave the copies out by exclude)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "received_alike_pct",
        "Paling banyak {limit} % pertanyaan diterima pada saat yang sama dengan satu atau dua lainnya untuk OPD dan "
        "kategori yang sama (lebih dari itu: satu pertanyaan bernomor dua, misalnya karena dibuka kembali? Keluarkan "
        "yang kedua dengan exclude: {duplicate: ...}; bila memang berbeda, jelaskan di judgement.explained)",
        "At most {limit} % of the inquiries are received at the moment of one or two others of the same agency and "
        "category (more: has one inquiry two numbers, such as one that was reopened? Leave the second out by exclude: "
        "{duplicate: ...}; if they do differ, say so in judgement.explained)",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "example_rows_pct",
        "Paling banyak {limit} % baris menyebut dirinya contoh atau uji coba pada nomor, nama, komponen atau kategori "
        "(lebih dari itu: hapus baris contoh dari berkas, atau keluarkan dengan exclude: {test: ...}; bila bukan uji "
        "coba, jelaskan di judgement.explained)",
        "At most {limit} % of the rows call themselves examples or tests in number, name, component or category (more: "
        "delete a template's example rows, or leave tests out by exclude: {test: ...}; if they are no tests, say so in "
        "judgement.explained)",
        most=0.5,
        keeps_provisional=True,
    ),
    _sign(
        "governments_count",
        "OPD paling banyak milik {limit} pemerintah daerah (lebih dari itu: berkas satu provinsi? Keluarkan yang bukan "
        "kewenangan kota dengan exclude: {not_city_responsibility: ...}; bila kota ini memang menjawab semuanya, "
        "jelaskan di judgement.explained)",
        "The agencies are of at most {limit} government (more: is it a province's file? Leave out by exclude: "
        "{not_city_responsibility: ...} what is not the city's; if the city does answer all, say so in "
        "judgement.explained)",
        most=1,
        keeps_provisional=True,
    ),
    _sign(
        "full_files_count",
        "Paling banyak {limit} berkas yang jumlah barisnya tepat batas suatu ekspor (100, 250, 1.000, 65.536, "
        "1.048.576 dan seterusnya; lebih dari itu: ekspor berhenti di situ? Ekspor lagi tanpa batas atau per halaman; "
        "bila memang lengkap, jelaskan di judgement.explained)",
        "At most {limit} files have exactly as many rows as an export stops at (100, 250, 1,000, 65,536, 1,048,576 and "
        "so on; more: did it stop there? Export again without a limit or page by page; if it is whole, say so in "
        "judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "names_alike_pct",
        "Paling banyak {limit} % layanan bernama sama dengan satu atau dua layanan lain, dari OPD mana pun (lebih dari "
        "itu: daftar dua tahun dalam satu berkas? Keluarkan tahun lain dengan exclude: {other_year: ...}; bila "
        "layanannya memang berbeda, jelaskan di judgement.explained)",
        "At most {limit} % of the services have the name of one or two others, of whatever agency (more: does the file "
        "hold the registers of two years? Leave the other year out by exclude: {other_year: ...}; if the services do "
        "differ, say so in judgement.explained)",
        most=30,
        keeps_provisional=True,
    ),
    _sign(
        "offered_apart_pct",
        "Paling banyak {limit} % layanan hanya berbeda dari layanan lain dalam kanal atau keadaan di akhir namanya "
        "(loket, web, aplikasi, lama), atau dalam unit sejenis (kelurahan, kecamatan, puskesmas; lebih dari itu: satu "
        "layanan terdaftar beberapa kali? Gabungkan dengan combine: {by: ..., how: any}, atau keluarkan dengan "
        "exclude: {duplicate: ...}; bila layanannya memang berbeda, jelaskan di judgement.explained)",
        "At most {limit} % of the services differ from another only in a channel or state at the end of the name "
        "(loket, web, aplikasi, lama), or in a unit of one kind (kelurahan, kecamatan, puskesmas; more: is one service "
        "listed several times? Make them one by combine: {by: ..., how: any}, or leave them out by exclude: "
        "{duplicate: ...}; if the services do differ, say so in judgement.explained)",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "other_meanings_count",
        "Paling banyak {limit} kolom dibaca dari judul yang menyebut hal atau satuan lain (misalnya hits atau "
        "pengunjung unik untuk kunjungan, disposisi atau penutupan untuk jawaban, menit untuk jam). Petakan kolom yang "
        "benar, atau perbaiki unit",
        "At most {limit} columns are read from a header that names another thing or unit (such as hits or unique "
        "visitors for visits, forwarding or closing for an answer, minutes for hours). Map the right column, or mend "
        "the unit",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "unread_states_count",
        "Paling banyak {limit} kolom keadaan layanan (misalnya Status atau Aktif) tidak dibaca (lebih dari itu: apakah "
        "layanan yang sudah tidak aktif ikut dihitung? Keluarkan dengan exclude: {not_offered: {column: Status, "
        "values: [Tidak Aktif]}}; bila kolom itu tidak menyebut layanan yang berhenti, jelaskan di "
        "judgement.explained)",
        "At most {limit} columns of a service's state (such as Status or Active) are not read (more: are services "
        "counted that are no longer offered? Leave them out by exclude: {not_offered: {column: Status, values: [Tidak "
        "Aktif]}}; if the column tells of no service that ended, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "unread_deletions_count",
        "Paling banyak {limit} kolom penghapusan (misalnya deleted_at atau dihapus) tidak dibaca, padahal isinya "
        "berbeda (lebih dari itu: apakah baris yang sudah dihapus ikut dihitung? Saring di kuerinya, atau keluarkan "
        'dengan exclude: {duplicate: {column: deleted_at, contains: ["20"]}}; bila kolom itu tidak menyebut baris yang '
        "dihapus, jelaskan di judgement.explained)",
        "At most {limit} columns of deletions (such as deleted_at) are not read, while they differ from row to row "
        "(more: are rows counted that were deleted? Leave them out in the query, or by exclude: {duplicate: {column: "
        'deleted_at, contains: ["20"]}}; if the column tells of no row that was deleted, say so in '
        "judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "summed_pages_count",
        "Paling banyak {limit} kolom halaman (misalnya Halaman, Page path atau URL) yang kunjungannya dijumlahkan "
        "dengan combine (lebih dari itu: apakah satu kunjungan yang melihat tiga halaman terhitung tiga kali? Ekspor "
        "kunjungan per hari tanpa rincian halaman, lalu hapus combine; bila tiap kunjungan hanya tercatat pada satu "
        "halaman, jelaskan di judgement.explained)",
        "At most {limit} columns of pages (such as Page, Page path or URL) whose visits are summed by combine (more: "
        "does a visit that saw three pages count three times? Export visits by day without pages, and delete combine; "
        "if each visit is noted on one page only, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "in_two_sources_pct",
        "Paling banyak {limit} % baris dua sumber bernomor sama dan waktu atau namanya sama (lebih dari itu: baris "
        "yang sama terhitung dua kali? Hapus salah satu sumber, atau keluarkan barisnya dengan exclude: "
        "{duplicate: ...})",
        "At most {limit} % of the rows of two sources have the same id and the same moment or name (more: are the same "
        "rows counted twice? Delete one of the sources, or leave the rows out by exclude: {duplicate: ...})",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "alike_in_two_sources_pct",
        "Paling banyak {limit} % baris dari sumber yang lebih kecil memuat hal yang sama dengan baris sumber lain "
        "walaupun nomornya berbeda: pertanyaan dengan kedua waktu yang sama atau diterima berselisih paling lama 10 "
        "menit, gangguan yang mulai dan selesainya berselisih paling lama 30 menit, melebihi yang kebetulan; layanan "
        "dengan nama dan OPD yang sama (lebih dari itu: terhitung dua kali? Hapus salah satu sumber, atau keluarkan "
        "barisnya dengan exclude: {duplicate: ...}; bila memang dua hal, jelaskan di judgement.explained)",
        "At most {limit} % of the smaller source's rows tell what a row of another source tells under another id: "
        "inquiries with both moments the same or received within 10 minutes of each other, outages that begin and end "
        "within 30 minutes of each other, beyond what chance explains; services of one name and agency (more: counted "
        "twice? Delete one of the sources, or leave the rows out by exclude: {duplicate: ...}; if they are two things "
        "indeed, say so in judgement.explained)",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "far_apart_incidents_count",
        "Paling banyak {limit} insiden berisi gangguan yang terpisah lebih dari 7 hari (lebih dari itu: nomor mulai "
        "lagi dari 1 tiap bulan, lembar atau OPD? Tambahkan kolom yang membedakannya, misalnya incident_id: {column: "
        '[Tanggal, No]} atau, per lembar, ["@sheet", No])',
        "At most {limit} incidents have outages more than 7 days apart (more: do numbers start again each month, sheet "
        "or agency? Add a column that tells them apart, such as incident_id: {column: [Tanggal, No]} or, by sheet, "
        '["@sheet", No])',
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "written_apart_count",
        "Paling banyak {limit} insiden terpisah hanya karena komponen atau nomornya ditulis berbeda (huruf "
        "besar/kecil, spasi, tanda hubung; lebih dari itu: satu gangguan terhitung dua kali? Samakan tulisannya, "
        "misalnya dengan values)",
        "At most {limit} incidents are apart only because their component or number is written in another way (case, "
        "spaces, hyphens; more: is one outage counted twice? Write it in one way, for instance by values)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "parted_at_midnight_count",
        "Paling banyak {limit} gangguan berakhir pada menit terakhir suatu hari dan berlanjut pada pukul 00.00 di "
        "komponen yang sama (lebih dari itu: satu gangguan tercatat pada beberapa baris? Beri baris-baris itu satu "
        "nomor, atau tulis akhirnya pukul 24:00; bila memang dua gangguan, jelaskan di judgement.explained)",
        "At most {limit} outages end in the last minute of a day and go on at 00:00 on the same component (more: is "
        "one outage noted on several rows? Give those rows one number, or write their end as 24:00; if they are two "
        "outages indeed, say so in judgement.explained)",
        most=0,
        keeps_provisional=True,
    ),
    _sign(
        "joined_by_component_pct",
        "Paling banyak {limit} % insiden menjadi satu dengan insiden lain hanya karena komponennya sama dan waktunya "
        "bertumpuk (lebih dari itu: komponennya terlalu kasar, misalnya Server untuk semua? Petakan component ke kolom "
        "yang menyebut layanan atau perangkatnya; tutup yang sudah pulih; bila memang satu gangguan, jelaskan di "
        "judgement.explained)",
        "At most {limit} % of the incidents become one with another only because their component is the same and their "
        "times overlap (more: is the component too coarse, such as Server for all? Map component to the column that "
        "names the service or device; end those that are over; if they are one outage indeed, say so in "
        "judgement.explained)",
        most=40,
        keeps_provisional=True,
    ),
    _sign(
        "same_moments_pct",
        "Paling banyak {limit} % insiden mulai dan selesai tepat pada saat yang sama dengan insiden lain (lebih dari "
        "itu: satu gangguan dicatat untuk tiap komponen? Beri baris-baris itu satu incident_id, atau parent_id; bila "
        "memang gangguan yang berbeda, jelaskan di judgement.explained)",
        "At most {limit} % of the incidents begin and end at the very moments of another (more: is one outage noted "
        "for each component? Give those rows one incident_id, or a parent_id; if they are different outages, say so in "
        "judgement.explained)",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "clustered_quarantine_pct",
        "Paling banyak {limit} % baris dikarantina karena satu alasan yang menumpuk pada satu bulan, OPD atau berkas",
        "At most {limit} % of the rows are quarantined for one reason that gathers in one month, agency or file",
        most=1,
        keeps_provisional=True,
    ),
)
OF_RESULTS = (
    _sign(
        "change_on_last_year_pct",
        "Berubah paling banyak {limit} % dari tahun lalu",
        "Changes by at most {limit} % on last year",
        most=50,
    ),
    _sign(
        "times_last_year",
        "Paling banyak {limit} kali, atau sekian kali lebih kecil dari, tahun lalu",
        "At most {limit} times last year's, or that many times smaller",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "change_on_month_before_pct",
        "Berubah paling banyak {limit} % dari bulan sebelumnya",
        "Changes by at most {limit} % on the month before",
        most=100,
    ),
    _sign(
        "times_between_months",
        "Dari bulan ke bulan paling banyak {limit} kali lipat (lebih dari itu: alat ukur atau berkasnya lain?)",
        "From month to month at most {limit} times (more: another tool or file?)",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "rows_lost_pct",
        "Paling banyak {limit} % baris hilang dibanding versi sebelumnya dari periode yang sama (lebih dari itu: "
        "berkasnya terpotong? Jika memang ditarik, jelaskan di judgement.explained)",
        "At most {limit} % of the rows are gone since an earlier version of the same period (more: is the file cut? If "
        "they were withdrawn, say why in judgement.explained)",
        most=2,
        keeps_provisional=True,
    ),
    _sign(
        "without_length_pct",
        "Paling banyak {limit} % gangguan tidak punya lama dan karena itu tidak dihitung (lebih dari itu: mulai dan "
        "selesainya dicatat tanpa jam, atau satu kolom dipakai dua kali? Petakan kolom jamnya; bila meja itu memang "
        "hanya mencatat tanggal, jelaskan di judgement.explained)",
        "At most {limit} % of the outages have no length and are left out for it (more: are start and end noted "
        "without hours, or is one column used twice? Map the column of the hour; if that desk notes dates only, say so "
        "in judgement.explained)",
        most=20,
        keeps_provisional=True,
    ),
    _sign(
        "register_shrinks_pct",
        "Daftar layanan menyusut paling banyak {limit} % dari tahun lalu",
        "The register of services shrinks by at most {limit} % on last year",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "beyond_plausible_times",
        "Jumlah penduduk paling banyak {limit} kali di luar yang mungkin untuk provinsi, kabupaten atau kota (lebih "
        "dari itu: dalam ribuan, atau daerah lain?)",
        "The population is at most {limit} times outside what a province, regency or city can have (more: given in "
        "thousands, or of another region?)",
        most=1,
        keeps_provisional=True,
    ),
    _sign(
        "population_change_pct",
        "Jumlah penduduk berubah paling banyak {limit} % dari tahun lalu",
        "The population changes by at most {limit} % on last year",
        most=5,
        keeps_provisional=True,
    ),
    _sign(
        "new_members_pct",
        "Paling banyak {limit} % berasal dari yang tidak ada tahun lalu",
        "At most {limit} % is of members that last year did not have",
        most=10,
    ),
    _sign(
        "gone_members_pct",
        "Yang tidak ada lagi paling banyak {limit} % dari tahun lalu",
        "Members that are gone made at most {limit} % of last year",
        most=10,
        keeps_provisional=True,
    ),
    _sign(
        "largest_member_pct",
        "Satu anggota rincian paling banyak {limit} %",
        "One member of a breakdown makes at most {limit} %",
        most=90,
    ),
)
FRAMES: Mapping[str, tuple[Sign, ...]] = {"signs": OF_TABLES, "changes": OF_RESULTS}
