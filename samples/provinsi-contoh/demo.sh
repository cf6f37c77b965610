#!/bin/sh
# Fill a warehouse of its own with the invented Provinsi Contoh, as a province's team would over the years.
# Run it again: what is done is skipped.
set -eu
samples=$(cd "$(dirname "$0")" && pwd)
demo=${1:-.tolok-demo}
mkdir -p "$demo"
cd "$demo"
export TOLOK_HOME="$PWD" TOLOK_CITIES="$PWD/cities" TOLOK_WAREHOUSE="sqlite:///$PWD/warehouse.sqlite"

cp -r "$samples/cities" .
cp -r "$samples/readiness" .
test -d exports || cp -r "$samples/exports" .

fill() {
  tolok backfill "$1" "$2" 2025
  tolok backfill "$1" 2026-01 2026-06
  tolok run "$1" 2025-06-ytd
  tolok run "$1" 2026-06-ytd
}
echo "Mengisi seratus periode tiga kota; kemajuannya / Filling a hundred periods of three cities; progress: tail -f $PWD/*.log"
fill kota-bahari 2023 >kota-bahari.log 2>&1 &
for city in kota-lembah kab-hulu; do
  tolok run "$city" 2023
  tolok run "$city" 2024
  fill "$city" 2025
done >others.log 2>&1
wait
tail -n 1 kota-bahari.log others.log

# The year 2023 is closed. Then a desk enters complaints of 2024 late, and the provider proves that an outage of 2023 was shorter.
tolok close kota-bahari 2023 --by "Kepala Diskominfo"
cp "$samples"/later/kota-bahari/* exports/kota-bahari/
tolok run kota-bahari 2024-11
tolok run kota-bahari 2024
tolok correct kota-bahari 2023 --by "Kepala Diskominfo" --reason "surat penyedia 17/2024: gangguan ketiga lebih singkat"
for year in 2024 2025; do tolok readiness kota-bahari "$year"; done
tolok report kota-bahari 2025 --to pdf --to xlsx
tolok dashboard provinsi-contoh
tolok show provinsi-contoh 2025

cat <<END
Lanjutkan dengan perintah tolok lain di wadah ini / Go on with other commands of tolok on this warehouse:
  export TOLOK_HOME="$TOLOK_HOME" TOLOK_CITIES="$TOLOK_CITIES" TOLOK_WAREHOUSE="$TOLOK_WAREHOUSE"
END
