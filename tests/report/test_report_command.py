"""From the command line: reports in every format, and a number followed back to the row of the raw file it rests on."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from tests.acceptance.test_bad_input import tolok
from tests.acceptance.years_of_exports import write_city

MONTH = "2025-02"
# Two tests of the desk, the same row twice, one that cannot be dated, one answered before it came.
ODD_ROWS = (
    "T1,Uji coba,2025-02-05 08:00,2025-02-25 08:00",
    "T2,Uji coba,2025-02-05 09:00,2025-02-25 09:00",
    "D1,Telepon,2025-02-06 08:00,2025-02-08 08:00",
    "D1,Telepon,2025-02-06 08:00,2025-02-08 08:00",
    "Q1,Telepon,31 Februari,2025-02-08 08:00",
    "Q2,=Telepon\u202e,2025-02-07 08:00,2025-02-06 08:00",
)
EXCLUDED = "    exclude: {test: {column: Kanal, contains: [uji coba]}}\n"
REPORTS = "smallest_group: 1\nreports: {formats: [html, json], languages: [id, en], signature: {name: Sari}}\n"


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as made:
        yield made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    """Kota A with a computed month, kota B with none, and the province of both."""
    folder = tmp_path_factory.mktemp("reports")
    cities = folder / "cities"
    patch.setenv("TOLOK_HOME", str(folder / "home"))
    patch.setenv("TOLOK_CITIES", str(cities))
    patch.setenv("TOLOK_WAREHOUSE", "")
    for city in ("kota-a", "kota-b"):
        write_city(cities, city, zone="Asia/Jakarta", first_month="2025-01")
    yaml = cities / "kota-a.yaml"
    text = yaml.read_text("utf-8").replace("  penduduk:\n    table", f"{EXCLUDED}  penduduk:\n    table")
    yaml.write_text(f"{text}{REPORTS}", "utf-8")
    with (cities / "data" / "kota-a" / "pengaduan-2025.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in ODD_ROWS)
    (cities / "provinces").mkdir()
    (cities / "provinces" / "jawa-uji.yaml").write_text(
        "province: jawa-uji\nname: Jawa Uji\nparts: [kota-a, kota-b]\n", "utf-8"
    )
    code, _, err = tolok(patch, "run", "kota-a", MONTH)
    assert code == 0, err
    return folder


def report(patch: pytest.MonkeyPatch, *words: str) -> list[Path]:
    code, out, err = tolok(patch, "report", *words)
    assert code == 0, err
    return [Path(line) for line in out.splitlines() if line.startswith("/")]


def test_a_run_writes_what_the_city_declares_in_its_languages(home: Path) -> None:
    folder = home / "home" / "reports" / "kota-a"
    assert {"2025-02.html", "2025-02.json", "2025-02.en.json"} <= {path.name for path in folder.iterdir()}
    told = json.loads((folder / "2025-02.en.json").read_text("utf-8"))
    assert told["title"] == "kota-a, February 2025: governance indicators"


@pytest.mark.usefixtures("home")
def test_several_formats_at_once_tell_the_same_numbers_twice_in_the_same_bytes(patch: pytest.MonkeyPatch) -> None:
    paths = report(patch, "kota-a", MONTH, "--to", "pdf,xlsx", "--to", "json", "--to", "csv")
    assert [path.suffix for path in paths[:2]] == [".pdf", ".xlsx"]
    assert paths[-1].suffix == ".json"
    before = {path: path.read_bytes() for path in paths}
    assert report(patch, "kota-a", MONTH, "--to", "csv,json,xlsx,pdf") == paths
    assert {path: path.read_bytes() for path in paths} == before
    shown = {row["indicator"]: row["value"] for row in json.loads(tolok(patch, "show", "kota-a", MONTH, "--json")[1])}
    assert {row["indicator"]: row["value"] for row in json.loads(before[paths[-1]])["results"]} == shown
    sheet = openpyxl.load_workbook(paths[1])["Hasil"]
    # A workbook keeps sixteen digits.
    kept = {row[0]: row[5] for row in sheet.iter_rows(min_row=2, values_only=True) if row[5] is not None}
    assert kept == pytest.approx({name: value for name, value in shown.items() if value is not None}, rel=1e-15)


def test_a_report_of_a_former_version_is_told_and_never_published(home: Path, patch: pytest.MonkeyPatch) -> None:
    yaml = home / "cities" / "kota-a.yaml"
    terms = "publish: {publisher: Uji, licence: CC-BY-4.0, portal: https://data.uji.go.id}\n"
    yaml.write_text(yaml.read_text("utf-8") + terms, "utf-8")
    [path] = report(patch, "kota-a", MONTH, "--to", "pdf")
    now = path.read_bytes()
    assert f"{path}\n" in tolok(patch, "show", "kota-a", MONTH)[1]
    path.write_bytes(b"%PDF of a former version")
    os.utime(path, (0, 0))
    assert (
        f"{path} (lebih tua dari nilainya / older than the values: tolok report)\n"
        in tolok(patch, "show", "kota-a", MONTH)[1]
    )
    code, out, err = tolok(patch, "publish", "kota-a", MONTH, "--to", "files")
    assert code == 0, err
    assert next(Path(line) for line in out.splitlines() if line.endswith("report.pdf")).read_bytes() == now


def test_a_file_in_the_place_of_a_folder_is_named(home: Path, patch: pytest.MonkeyPatch) -> None:
    place = home / "here"
    place.write_text("x", "utf-8")
    code, _, err = tolok(patch, "dashboard", "kota-a", "--to", str(place))
    assert (code, str(place) in err, "It is a file already" in err) == (2, True, True), err


def test_all_cities_and_provinces_are_written_in_one_command(home: Path, patch: pytest.MonkeyPatch) -> None:
    paths = report(patch, "--all", "2025-01", "2025-03", "--to", "json")
    assert [path.parent.name for path in paths] == ["kota-a", "jawa-uji"]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o640}
    (verdicts,) = (home / "home" / "runs" / "kota-a" / MONTH).glob("*/verdicts-tables.json")
    verdicts.rename(home / "verdicts")
    code, out, err = tolok(patch, "report", "--all", MONTH, "--to", "html,json")
    # The city's page lacks its verdicts; the province is written all the same.
    assert (code, "First run: tolok run kota-a 2025-02" in err) == (3, True), err
    assert "reports/jawa-uji/2025-02.json" in out
    (home / "verdicts").rename(verdicts)
    # No year was computed, and months are not asked for.
    assert report(patch, "--all", "2025", "2025", "--to", "json") == []


@pytest.mark.usefixtures("home")
def test_the_pdf_of_a_province_names_its_cities_and_those_that_lack_a_value(patch: pytest.MonkeyPatch) -> None:
    [path] = report(patch, "jawa-uji", MONTH, "--to", "pdf", "--lang", "en")
    with pypdfium2.PdfDocument(path) as document:
        text, *_, files = (document[at].get_textpage().get_text_range() for at in range(1, len(document)))
    assert [name in text for name in ("Its cities", "kota-a", "kota-b", "Missing")] == [True] * 4
    assert re.search(r"kota.a:\s+\w+", files)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kota-a", MONTH, "--to", "pfd"), "'pdf'"),
        (("kota-a", "2024", "--to", "pdf"), "tolok run kota-a 2024"),
        (("kota-x", MONTH), "'kota-b'"),
        (("../kota-a", MONTH), "Did you mean 'kota-a'? Run: tolok run kota-a 2025-02"),
        (("kota-a",), "PERIOD"),
        (("kota-a", "2025-01", "2025-02", "2025-03"), "2025-03"),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_to_do(
    words: tuple[str, ...], said: str, patch: pytest.MonkeyPatch
) -> None:
    code, _, err = tolok(patch, "report", *words)
    assert (code, said in err) == (2, True), err


def test_each_rule_is_told_with_what_it_does_to_the_value(home: Path, patch: pytest.MonkeyPatch) -> None:
    code, out, err = tolok(patch, "explain", "kota-a", MONTH, "10.3")
    assert code == 0, err
    lines = {line.split()[1]: line for line in out.splitlines() if line[:4] in ("  - ", "  ! ")}
    answered = [(24 + (10 + 2 - 8) + (30 - day) / 60) / 24 for day in (3, 9, 17, 23)]
    with_test = (sum(answered) + 2 + 20 + 20) / 7
    plain = (sum(answered) + 2) / 5
    assert f"bila dihitung / if counted: {with_test:.2f}".replace(".", ",") in lines["test"]
    assert f"(+{with_test - plain:.4f}".rstrip("0").replace(".", ",") in lines["test"]
    for rule in ("bad_received_at", "response_before_receipt"):
        assert "its rows do not tell its effect" in lines[rule]
    assert "Versi / Versions:" in out
    assert str(home / "home" / "landing" / "objects") in out


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("indicator", ["10.1", "10.3"])
def test_every_value_of_explain_can_be_divided_again_by_hand(indicator: str, patch: pytest.MonkeyPatch) -> None:
    text = tolok(patch, "explain", "kota-a", MONTH, indicator)[1].replace(".", "").replace(",", ".")
    told = re.findall(r"([\d]+(?:[.]\d+)?) (\S[^\n=:]*?)(?: \([^\n]*)?\s+= ([\d.]+) : ([\d.]+)(?: ([:×]) (\d+))?", text)
    assert len(told) > 2
    for value, unit, numerator, denominator, sign, scale in told:
        plain = float(numerator) / float(denominator)
        again = plain * float(scale) if sign == "×" else plain / float(scale or 1)
        assert float(value) == pytest.approx(again, abs=0.006), (value, unit)
    assert not re.search(r"\d days|\d visits", text)


@pytest.mark.usefixtures("home")
def test_explain_tells_a_machine_all_that_it_tells_a_person(patch: pytest.MonkeyPatch) -> None:
    [told] = json.loads(tolok(patch, "explain", "kota-a", MONTH, "10.3", "--json")[1])
    assert {one["rule"]: one["known_count"] for one in told["effects"]}["test"] == 2
    assert [(one["version"], one["value"]) for one in told["versions"]] == [(1, told["value"])]
    assert {one["variant"]: one["value"] for one in told["variant_parts"]} == told["variants"]
    assert {one["member"] for one in told["breakdowns"]["channel"]} >= {"Telepon"}


def test_a_number_of_a_report_is_followed_to_the_row_of_its_raw_file_and_computed_again(
    home: Path, patch: pytest.MonkeyPatch
) -> None:
    [path] = report(patch, "kota-a", MONTH, "--to", "json")
    [result] = [row for row in json.loads(path.read_bytes())["results"] if row["indicator"] == "inquiry_response"]
    [member] = [one for one in result["breakdowns"]["channel"] if one["member"] == "Telepon"]
    code, out, err = tolok(patch, "explain", "kota-a", MONTH, "10.3", "--rows", "channel=Telepon")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    used = [row for row in rows if not row["excluded_by"] and not row["quarantine_reason"]]
    assert len(used) == member["denominator"] == 1
    assert {row["quarantine_reason"] for row in rows} >= {"bad_received_at"}
    [file] = [one for one in result["files"] if one["sha256"] == used[0]["sha256"]]
    raw = home / "home" / "landing" / "objects" / file["sha256"][:2] / file["sha256"]
    line = raw.read_text("utf-8").splitlines()[int(used[0]["source_row"]) - 1]
    assert line == ODD_ROWS[2]
    assert (used[0]["received_at"], used[0]["responded_at"]) == (
        "2025-02-06T08:00:00+07:00",
        "2025-02-08T08:00:00+07:00",
    )
    code, out, err = tolok(patch, "verify", "kota-a", MONTH)
    assert (code, "BERBEDA" in out) == (0, False), err


@pytest.mark.usefixtures("home")
def test_rows_of_a_reason_are_shown_and_none_is_a_formula(patch: pytest.MonkeyPatch) -> None:
    reason = "quarantine_reason=response_before_receipt"
    [row] = csv.DictReader(io.StringIO(tolok(patch, "explain", "kota-a", MONTH, "10.3", "--rows", reason)[1]))
    assert row["channel"] == "'=Telepon[U+202E]"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("group", "said"), [("chanel=Telepon", "'channel'"), ("channel=Telpon\u202e", "'Telpon[U+202E]'"), ("x", "agency=")]
)
def test_rows_of_a_group_that_is_not_there_are_refused(group: str, said: str, patch: pytest.MonkeyPatch) -> None:
    code, _, err = tolok(patch, "explain", "kota-a", MONTH, "10.3", "--rows", group)
    assert (code, said in err) == (2, True), err
