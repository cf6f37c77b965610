"""What each DAG says of itself in Airflow, in Bahasa Indonesia and English."""

from __future__ import annotations

_BACKFILL = """
**Bahasa Indonesia: mengisi bulan lalu.** Pakai DAG `backfill` kota ini, atau `tolok backfill` di terminal. Dialog
*Backfill* milik Airflow tidak merusak (periode yang sudah selesai tidak mendapat versi baru, dan run satu kota saling
menunggu), tetapi tanggalnya berarti tanggal jadwal dalam bulan itu: tanggal akhir sebelum hari jadwal **meninggalkan
bulan terakhir**. Tulis selalu hari terakhir bulan itu, misalnya 2025-12-31.

**English: filling past months.** Use this city's `backfill` DAG, or `tolok backfill` in a terminal. Airflow's own
*Backfill* dialog harms nothing (a finished period gets no new version, and the runs of one city wait for one
another), but its dates mean the schedule's day within each month: an end date before that day **leaves the last month
out**. Always write the month's last day, such as 2025-12-31."""

MONTHLY = f"""
**Bahasa Indonesia.** Menghitung keempat indikator tata kelola SNI ISO 37122 kota ini untuk satu bulan kalender.
Berjalan sendiri setelah bulan berakhir, pada hari dan jam dalam `schedule` di YAML kota; bulan yang terlewat disusul.
Dengan tangan: isi `period` (misalnya `2024-03`). Bulan tanpa data gagal dengan alasannya, kecuali ada di
`schedule.empty_months`.

**English.** Computes the four SNI ISO 37122 governance indicators of this city for one calendar month. It runs by
itself after the month, on the day and hour of `schedule` in the city's YAML; months missed are caught up. By hand:
fill in `period` (such as `2024-03`). A month without data fails with the reason, unless it is in
`schedule.empty_months`.
{_BACKFILL}"""

ANNUAL = f"""
**Bahasa Indonesia.** Menghitung keempat indikator tata kelola SNI ISO 37122 kota ini untuk satu tahun kalender.
Setiap Januari sebuah run mulai dan menunggu (`wait`) sampai semua bulan tahun itu ada, paling lama
`schedule.year_waits_days` hari; catatannya menyebut bulan yang kurang. Koreksi satu bulan tidak mengulang tahunnya:
jalankan DAG ini lagi dengan `period` (misalnya `2024`); run seperti itu tidak menunggu bulan.

**English.** Computes the four SNI ISO 37122 governance indicators of this city for one calendar year. Each January a
run begins and waits (`wait`) until all months of the year are there, for `schedule.year_waits_days` days at most; its
log names the missing ones. Correcting a month does not run its year again: trigger this DAG with `period` (such as
`2024`); such a run does not wait for months.
{_BACKFILL}"""

BACKFILL = """
**Bahasa Indonesia.** Mengisi masa lalu kota ini: dua tahun (semua bulan dan tahunnya) atau dua bulan, bulan sebelum
tahun. Yang sudah ada dan tidak berubah dilewati. Boleh dihentikan (*Mark as failed*): isian yang sama melanjutkan
dari sana. Periode yang gagal tidak menghentikan yang lain; semuanya disebut di akhir.

**English.** Fills this city's past: two years (all their months and the years) or two months, months before years.
What is there and unchanged is skipped. It may be stopped (*Mark as failed*): the same form goes on from there. A
period that fails stops no other; all are named at the end.
"""

DAILY = """
**Bahasa Indonesia.** Menarik bulan berjalan dari sumber kota ini yang ditandai `collect: daily` (misalnya Prometheus,
yang hanya menyimpan 15 hari). Berjalan setiap hari pukul 02.00 waktu kota; tidak menghitung apa pun.

**English.** Pulls the running month from this city's sources marked `collect: daily` (such as Prometheus, which keeps
15 days only). It runs every day at 02:00 city time and computes nothing."""

RESTATE = """
**Bahasa Indonesia.** Menghitung lagi tahun lalu kota ini, bulan-bulannya lebih dahulu, untuk jawaban dan berkas yang
datang terlambat. Berjalan setiap bulan dari Februari selama `schedule.restate_months`, pada hari dan jam yang sama;
di luar waktu itu tidak berbuat apa pun. Yang tidak berubah tidak mendapat versi baru; tahun yang ditutup tidak berubah.
Dengan tangan: isi `period` dengan bulan sekarang; kapan saja: `tolok backfill KOTA TAHUN TAHUN --again`.

**English.** Computes this city's last year again, its months first, for answers and files that came late. It runs each
month from February on for `schedule.restate_months`, on the same day and hour; outside that time it does nothing. What
has not changed gets no new version; a closed year does not change. By hand: fill in the present month as `period`; at
any time: `tolok backfill CITY YEAR YEAR --again`.
"""
