"""The readiness check through its commands: a form and a folder of evidence to states, problems and a dossier."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pikepdf
import pypdfium2
import pytest
from click.testing import CliRunner

from pipeline.cli import commands
from pipeline.indicators.base import Quotient, Result, RowCounts
from pipeline.language import Language
from pipeline.readiness import form_template, problems, questions, suggestions, words
from pipeline.warehouse import CityRecord, OwnResult, StoreRequest, Warehouse
from pipeline.warehouse.records import RuleOutcome
from tests.readiness.readiness_region import IDENTITY, add_city, answered, content, evidence, fill, pdf, put

Run = Callable[..., Any]


@pytest.fixture
def run(home: Path) -> Run:
    """A command of a home with one city; an exit code other than expected fails."""
    add_city(home / "cities")

    def ran(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(commands, list(arguments))
        found = result.exception.exit_code if hasattr(result.exception, "exit_code") else result.exit_code
        assert found == code, result.output + str(result.exception)
        return result.stdout + (str(result.exception) if result.exception else "")

    return ran


def checked(run: Run, *arguments: str) -> dict[str, Any]:
    (found,) = json.loads(run("readiness", "kab-bogor", "2025", "--json", *arguments))
    return dict(found)


def region(home: Path, run: Run, rows: Mapping[str, Mapping[str, Any]], *, year: int = 2025) -> Path:
    """The folder of a year with its form filled in."""
    run("template", "readiness", "kab-bogor", "--year", str(year))
    folder = home / "readiness" / "kab-bogor" / str(year)
    fill(folder / "formulir.xlsx", rows)
    return folder


def codes(found: Mapping[str, Any], label: str | None) -> set[str]:
    return {problem["code"] for problem in found["problems"] if problem["question"] == label}


def states(found: Mapping[str, Any]) -> dict[str, str]:
    return {f"{one['clause']}/{one['theme']}": one["state"] for one in found["answers"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[bytes]]:
    """The region with 25 files of every kind, checked twice in processes of their own: folder, findings, dossiers."""
    home = tmp_path_factory.mktemp("whole")
    add_city(home / "cities")
    environment = {**os.environ, "TOLOK_HOME": str(home / "home"), "TOLOK_CITIES": str(home / "cities")}
    environment["TOLOK_WAREHOUSE"] = ""

    def tolok(*arguments: str) -> str:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=home).stdout

    files = evidence()
    rows = answered(files)
    rows["10.3/6"]["Berlaku sampai"] = "30 Juni 2025"
    rows["10.1/3"] |= {"Berlaku sampai": "28/02/2026", "Catatan": "#sys.version *b* <b>"}
    rows["10.4/7"] = {"Jawaban": "Ya"}
    rows["10.4/8"] = {}
    tolok("template", "readiness", "kab-bogor", "--year", "2025")
    folder = home / "readiness" / "kab-bogor" / "2025"
    put(folder, files)
    fill(folder / "formulir.xlsx", rows)
    (found,) = json.loads(tolok("readiness", "kab-bogor", "2025", "--json"))
    first = Path(found["dossier"]).read_bytes()
    tolok("readiness", "kab-bogor", "2025", "--to", str(home / "again"))
    return home, found, [first, (home / "again" / "Tugas1_Kab.Bogor.pdf").read_bytes()]


@pytest.mark.parametrize(
    ("label", "code", "state"),
    [
        ("10.4/1", "encrypted", "unproven"),
        ("10.4/2", "broken", "unproven"),
        ("10.3/6", "expired", "unproven"),
        ("10.4/7", "no_evidence", "unproven"),
        ("10.4/8", "missing_answer", "missing"),
        ("10.2/4", "too_many_pages", "proven"),
        ("10.4/5", "active_content", "proven"),
        ("10.3/7", "cannot_append", "proven"),
        ("10.3/9", "cannot_append", "proven"),
    ],
)
def test_each_fault_of_evidence_is_named(
    label: str, code: str, state: str, whole: tuple[Path, dict[str, Any], list[bytes]]
) -> None:
    assert (code in codes(whole[1], label), states(whole[1])[label]) == (True, state)


def test_the_score_counts_only_what_is_proven(whole: tuple[Path, dict[str, Any], list[bytes]]) -> None:
    _, found, _ = whole
    assert found["counts"] == {"proven": 20, "unproven": 4, "no": 11, "missing": 1}
    assert found["by_indicator"] == {
        "portal_visits": 5,
        "online_services": 5,
        "inquiry_response": 7,
        "it_downtime": 3,
    }
    assert [one["question"] for one in found["expires_soon"]] == ["10.1/3"]
    assert {p["code"] for p in found["problems"] if p["question"] is None} == {"same_bytes"}


def test_the_same_inputs_give_the_same_bytes_in_another_process(
    whole: tuple[Path, dict[str, Any], list[bytes]],
) -> None:
    first, again = whole[2]
    assert first == again


def bookmarks(document: pypdfium2.PdfDocument) -> dict[str, int]:
    """The page of each attachment's bookmark, counted from 0, by the document's name."""
    titles = {one.get_title(): one.get_dest().get_index() for one in document.get_toc()}
    return {title.split(": ", 1)[1]: page for title, page in titles.items() if ": 10." in title}


def test_the_dossier_holds_each_document_once_behind_a_page_that_names_its_questions(
    whole: tuple[Path, dict[str, Any], list[bytes]],
) -> None:
    document = pypdfium2.PdfDocument(whole[2][0])
    pages = [page.get_textpage().get_text_range() for page in document]
    place = bookmarks(document)["10.1/6/SK pengelola.pdf"]
    assert "10.1/6" in pages[place]
    assert "10.2/6" in pages[place]
    assert [page.strip() for page in pages[place + 1 : place + 3]] == ["sama 1", "sama 2"]
    assert [sum(text in page for page in pages) for text in ("sama 1", "renstra 1", "rahasia 1", "lama 1")] == [
        1,
        0,
        0,
        1,
    ]
    assert sum("tugas 300" in page for page in pages) == 1
    filled = pages[bookmarks(document)["10.4/5/prosedur.pdf"] + 1]
    assert "Kepala Dinas" in filled
    assert any(f"hlm. {place + 1}" in page and "Formulir 2" in page for page in pages)
    assert "#sys.version *b* <b>" in "".join(pages)


def test_nothing_in_the_dossier_runs_and_pictures_lose_what_the_camera_noted(
    whole: tuple[Path, dict[str, Any], list[bytes]], tmp_path: Path
) -> None:
    (tmp_path / "dossier.pdf").write_bytes(whole[2][0])
    with pikepdf.open(tmp_path / "dossier.pdf") as opened:
        actions = {str(one.get("/S")) for one in opened.objects if isinstance(one, pikepdf.Dictionary)}
        assert actions & {"/JavaScript", "/Launch", "/SubmitForm"} == set()
        assert not {"/OpenAction", "/AcroForm"} & set(opened.Root.keys())
        assert len(opened.attachments) == 0
        photos = [one.read_raw_bytes() for one in opened.objects if isinstance(one, pikepdf.Stream)]
    assert not any(IDENTITY.encode() in photo for photo in photos)
    document = pypdfium2.PdfDocument(whole[2][0])
    upright = document[bookmarks(document)["10.3/4/foto.jpg"] + 1].render(scale=1).to_pil()
    assert upright.height > upright.width
    colours = [upright.getpixel((upright.width // 2, int(upright.height * part))) for part in (0.3, 0.7)]
    assert [red > 150 and green < 80 for red, green, _ in colours] == [True, False]


def test_evidence_stays_out_of_warehouse_and_messages(whole: tuple[Path, dict[str, Any], list[bytes]]) -> None:
    home, found, _ = whole
    assert IDENTITY not in json.dumps(found)
    assert IDENTITY.encode() not in (home / "home" / "warehouse.sqlite").read_bytes()
    assert (Path(found["dossier"]).stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize(
    ("row", "code", "state"),
    [
        ({"Jawaban": "Mungkin"}, "unknown_answer", "missing"),
        ({"Jawaban": "YA ", "Berkas bukti": "a.pdf"}, None, "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "A.PDF; b.pdf"}, None, "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "semua"}, None, "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "bersama/renja.pdf"}, None, "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "renja.pdf"}, None, "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "c.pdf"}, "file_missing", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "../../../x.pdf"}, "leads_outside", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "/etc/passwd"}, "leads_outside", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "link.pdf"}, "leads_outside", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "circle.pdf"}, "leads_outside", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "n" * 5000 + ".pdf"}, "file_missing", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "not a pdf.pdf"}, "broken", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "empty.docx"}, "broken", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "bomb.png"}, "beyond_limits", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "locked.pdf"}, "restricted", "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "signed.pdf"}, "signed", "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Tanggal bukti": "kemarin"}, "unreadable_date", "proven"),
        (
            {"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Tanggal bukti": "1/2/2025\n3/4/2025"},
            "dates_do_not_pair",
            "proven",
        ),
        ({"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Tanggal bukti": "1 Januari 2026"}, "dated_later", "proven"),
        ({"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Tanggal bukti": "1 Januari 2099"}, "not_yet_dated", "unproven"),
        (
            {"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Tanggal bukti": "1/2/2026", "Berlaku sampai": "2026-01-31"},
            "valid_until_before_date",
            "proven",
        ),
        ({"Jawaban": "Tidak", "Berkas bukti": "a.pdf"}, "evidence_for_no", "no"),
        ({"Jawaban": "Ya", "Bukti Tolok": "Terima"}, "no_suggestion", "unproven"),
        ({"Jawaban": "Ya", "Berkas bukti": "a.pdf", "Bukti Tolok": "Oke"}, "unknown_suggestion_word", "proven"),
    ],
)
def test_each_word_of_the_form_is_taken_or_named(
    row: dict[str, Any], code: str | None, state: str, home: Path, run: Run
) -> None:
    rows = answered({})
    folder = region(home, run, {**rows, "10.3/5": row})
    bomb = picture_too_large()
    put(folder, {"10.3/5 Sistem": {"a.pdf": content(pdf("a")), "b.pdf": content(pdf("b")), "not a pdf.pdf": b"<html>"}})
    put(folder, {"10.3/5 Sistem": {"empty.docx": b"", "bomb.png": bomb}, "bersama": {"renja.pdf": content(pdf("r"))}})
    locked = content(pdf("l"), encryption=pikepdf.Encryption(user="", owner="b"))
    put(folder, {"10.3/5 Sistem": {"locked.pdf": locked, "signed.pdf": content(signed_pdf())}})
    (home / "secret.pdf").write_bytes(content(pdf("secret")))
    (folder / "10.3" / "5 Sistem" / "link.pdf").symlink_to(home / "secret.pdf")
    (folder / "10.3" / "5 Sistem" / "circle.pdf").symlink_to("circle.pdf")
    found = checked(run, "--no-dossier")
    assert states(found)["10.3/5"] == state
    of_other_files = {"broken", "beyond_limits", "leads_outside", "restricted", "signed"}
    assert code in codes(found, "10.3/5") if code else codes(found, "10.3/5") <= of_other_files


def signed_pdf() -> pikepdf.Pdf:
    """A PDF that holds a signature, as those of an electronic office do."""
    made = pdf("s")
    signature = pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=b"abc")
    field = made.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="ttd", V=signature))
    made.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), SigFlags=3)
    return made


def picture_too_large() -> bytes:
    """A picture that says of itself that it is 60,000 pixels wide and high."""
    import struct
    import zlib

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 99)) + chunk(b"IEND", b"")
    )


def test_a_file_on_which_the_process_ends_costs_no_other(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"10.1/1": {name: content(pdf(name)) for name in ("a.pdf", "b.pdf", "c.pdf")}}
    put(region(home, run, answered(files)), files)
    started, really_run = [], subprocess.run

    def killed_on_the_second(*arguments: Any, **options: Any) -> Any:
        ended = really_run(*arguments, **options)
        started.append(ended.stdout)
        if len(started) == 1:
            ended.stdout, ended.returncode = ended.stdout.splitlines(keepends=True)[0], -9
        return ended

    monkeypatch.setattr(subprocess, "run", killed_on_the_second)
    evidence_of_it = checked(run, "--no-dossier")["answers"][0]["evidence"]
    assert [one["state"] for one in evidence_of_it] == ["sound", "beyond_limits", "sound"]


def test_copies_of_evidence_that_a_kill_left_go_with_the_next_check(home: Path, run: Run) -> None:
    files = {"10.1/1": {"a.pdf": content(pdf("a"))}}
    put(region(home, run, answered(files)), files)
    killed = "import os, pipeline.readiness.check as check; check.assess = lambda *a, **b: os._exit(9); "
    code = f"{killed}from pipeline.cli import commands; commands(['readiness', 'kab-bogor', '2025', '--no-dossier'])"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 9
    room = Path(os.environ["TOLOK_HOME"]) / "readiness"
    left = list(room.glob(".draft-*/*.pdf"))
    assert (len(left), [path.parent.stat().st_mode & 0o777 for path in left]) == (1, [0o700])
    checked(run, "--no-dossier")
    assert list(room.glob(".draft-*")) == []


@pytest.mark.parametrize(
    "name",
    [
        "=HYPERLINK(1).pdf",
        "<script>alert(1)</script>.pdf".replace("/", ""),
        "a\u202efdp.exe.pdf",
        "#let x = 1 $y$ *b*.pdf",
        "{file}.pdf",
    ],
)
def test_hostile_names_stay_text(name: str, home: Path, run: Run) -> None:
    folder = region(home, run, {**answered({}), "10.1/1": {"Jawaban": "Ya", "Berkas bukti": "semua"}})
    put(folder, {"10.1/1": {name: content(pdf("x"))}})
    found = checked(run)
    shown = name.replace("\u202e", "\\u202e")
    assert [one["name"] for one in found["answers"][0]["evidence"]] == [f"10.1/1/{shown}"]
    document = pypdfium2.PdfDocument(Path(found["dossier"]))
    assert f"Lampiran 1: 10.1/1/{shown}" in [one.get_title() for one in document.get_toc()]


def test_tolok_is_evidence_only_where_it_has_results_and_the_form_accepts_it(home: Path, run: Run) -> None:
    hours = Quotient(6.0, 3.0, "hours per incident", 2.0)
    given: dict[str, Any] = {"method_version": "1.0", "inputs_sha256": "c" * 64}
    result = Result("it_downtime", "2025", hours, "final", 100.0, RowCounts(3, 3, {}), **given)
    request = StoreRequest(
        CityRecord("kab-bogor", "Kabupaten Bogor", "Asia/Jakarta", "kemendagri:32.01"),
        period="2025",
        run_id="r1",
        computed_at=datetime(2026, 1, 31, 20, tzinfo=UTC),
        sources={},
        outcomes=tuple(
            RuleOutcome(subject, rule, "critical", rule != "c", "whole", 3, 0)
            for subject, rule in (("outages", "a"), ("outages", "c"), ("services", "b"))
        ),
    )
    warehouse = Warehouse(f"sqlite:///{home / 'home' / 'warehouse.sqlite'}")
    warehouse.migrate()
    warehouse.store([result], request=request)
    accepted = {"Jawaban": "Ya", "Bukti Tolok": "Terima"}
    rows = {"10.4/5": accepted, "10.4/7": {"Jawaban": "Ya"}, "10.4/8": accepted, "10.4/9": accepted, "10.3/5": accepted}
    region(home, run, answered({}) | rows)
    found = checked(run)
    assert {label: states(found)[label] for label in rows} == {
        "10.4/5": "proven",
        "10.4/7": "unproven",
        "10.4/8": "proven",
        "10.4/9": "unproven",
        "10.3/5": "unproven",
    }
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(Path(found["dossier"]))]
    (own,) = (page for page in pages if page.startswith("Bukti dari Tolok"))
    assert "versi 1, dihitung 1 Februari 2026" in own.replace("\r\n", " ")
    assert "2 aturan untuk data ini, 1 dilanggar" in own.replace("\r\n", " ")
    said = run("readiness", "kab-bogor", "2025", "--no-dossier")
    assert "3 aturan dan tanda, 1 di antaranya dilanggar" in said


def test_a_file_that_no_answer_names_is_told(home: Path, run: Run) -> None:
    folder = region(home, run, answered({}))
    put(folder, {"10.1/1": {"lupa.pdf": content(pdf("x")), "Thumbs.db": b"x", "~$lupa.docx": b"x"}})
    told = [p["id"] for p in checked(run, "--no-dossier")["problems"]]
    assert [text for text in told if "lupa" in text] == told
    assert len(told) == 1


def test_a_second_year_and_a_changed_answer_show_what_changed(home: Path, run: Run) -> None:
    files = {"10.1/1": {"a.pdf": content(pdf("a"))}}
    put(region(home, run, answered(files, year=2024), year=2024), files)
    run("readiness", "kab-bogor", "2024", "--no-dossier")
    folder = region(home, run, {**answered({}), "10.1/1": {"Jawaban": "Ya"}, "10.1/2": {}})
    expected = [
        {"question": "10.1/1", "before": "proven", "after": "unproven"},
        {"question": "10.1/2", "before": "no", "after": "missing"},
    ]
    found = checked(run)
    assert (found["changed_since_year_before"], found["changed_since_former_check"]) == (expected, None)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(Path(found["dossier"])))
    assert "Berubah sejak 2024" in text
    assert checked(run, "--no-dossier")["changed_since_former_check"] == []
    fill(folder / "formulir.xlsx", {"10.1/2": {"Jawaban": "Tidak"}})
    again = checked(run, "--no-dossier")
    assert again["changed_since_former_check"] == [{"question": "10.1/2", "before": "missing", "after": "no"}]
    assert [line.split()[:1] + line.split()[-4:] for line in run("readiness", "kab-bogor").splitlines()[1:3]] == [
        ["2024", "1", "0", "35", "0"],
        ["2025", "0", "1", "35", "0"],
    ]


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "tidak dapat dibaca"),
        (lambda path: path.write_text("Ya"), "tidak dapat dibaca"),
        (lambda path: path.with_name("salinan.xlsx").write_bytes(path.read_bytes()), "beberapa formulir"),
    ],
)
def test_a_form_that_cannot_be_read_ends_with_3(spoil: Callable[[Path], Any], text: str, home: Path, run: Run) -> None:
    spoil(region(home, run, {}) / "formulir.xlsx")
    assert text in run("readiness", "kab-bogor", "2025", code=3)


def test_a_yaml_form_asks_the_same_questions(home: Path, run: Run) -> None:
    folder = home / "readiness" / "kab-bogor" / "2025"
    run("template", "readiness", "kab-bogor", "--year", "2025", "--to", str(folder / "formulir.yaml"))
    assert checked(run, "--no-dossier")["counts"]["missing"] == 36
    assert "prosedur tertulis" in (folder / "formulir.yaml").read_text("utf-8")
    assert ".yaml" in run("template", "readiness", "kab-bogor", "--to", str(home / "form.docx"), code=2)


def test_a_form_of_another_year_or_region_is_refused(home: Path, run: Run) -> None:
    folder = region(home, run, {}, year=2024)
    folder.rename(folder.with_name("2025"))
    assert "'2024'" in run("readiness", "kab-bogor", "2025", code=3)
    assert "tolok template readiness kab-bogor --year 2023" in run("readiness", "kab-bogor", "2023", code=4)


def test_answers_in_yaml_are_the_same_as_in_a_workbook(home: Path, run: Run) -> None:
    folder = home / "readiness" / "kab-bogor" / "2025"
    put(folder, {"10.3/4": {"a.pdf": content(pdf("a")), "b.pdf": content(pdf("b"))}})
    (folder / "formulir.yaml").write_text("""
region: kab-bogor
year: 2025
answers:
  10.3:
    1: {answer: Tidak}
    4:
      answer: Ya
      unit: BKPSDM
      evidence: [a.pdf, {file: b.pdf, date: 2025-02-01, valid_until: 2025-06-30}]
""")
    found = checked(run, "--no-dossier")
    assert [one["state"] for one in found["answers"][18:22]] == ["no", "missing", "missing", "proven"]
    assert [(one["state"], one["date"]) for one in found["answers"][21]["evidence"]] == [
        ("sound", None),
        ("expired", "2025-02-01"),
    ]
    earlier = checked(run, "--no-dossier", "--on", "2025-05-01")["answers"][21]["evidence"]
    assert [one["state"] for one in earlier] == ["sound", "sound"]


def test_all_regions_are_checked_in_one_command_and_a_fault_of_one_stops_no_other(home: Path, run: Run) -> None:
    for city in ("kota-a", "kota-b"):
        add_city(home / "cities", city, f"Kota {city[-1].upper()}")
    (home / "cities" / "provinces").mkdir()
    (home / "cities" / "provinces" / "jabar.yaml").write_text(
        "province: jabar\nname: Jabar\nparts: [kota-a, kab-bogor]\n"
    )
    for city in ("kab-bogor", "kota-a"):
        run("template", "readiness", city, "--year", "2025")
    run("readiness", "2025", "--all", "--to", str(home / "dossiers"), code=4)
    assert sorted(path.name for path in (home / "dossiers").iterdir()) == ["Tugas1_Kab.Bogor.pdf", "Tugas1_Kota.A.pdf"]
    assert "Kota A" in run("readiness", "jabar", "2025", "--no-dossier")
    add_city(home / "cities", "kota-a2", "Kota A")
    run("template", "readiness", "kota-a2", "--year", "2025")
    run("readiness", "2025", "--all", "--to", str(home / "more"), code=4)
    assert len(list((home / "more").iterdir())) == 2


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("", "Tugas1_Kab.Bogor.pdf"),
        ("readiness: {region: Kel 3 Bogor, dossier: 'Kesiapan_{region}_{year}.pdf'}", "Kesiapan_Kel 3 Bogor_2025.pdf"),
        ("readiness: {region: ../../x}", "Tugas1__.._x.pdf"),
    ],
)
def test_the_dossier_is_named_by_the_pattern_of_the_city(setting: str, name: str, home: Path, run: Run) -> None:
    add_city(home / "cities", more=setting)
    region(home, run, {})
    assert Path(checked(run)["dossier"]).relative_to(home).as_posix() == f"home/readiness/2025/{name}"


def test_the_form_keeps_its_questions_and_offers_its_words(home: Path, run: Run) -> None:
    run("template", "readiness", "kab-bogor", "--year", "2025", "--to", str(home / "form.xlsx"))
    sheet = openpyxl.load_workbook(home / "form.xlsx")["Jawaban"]
    assert (sheet["C2"].value, sheet["C3"].value, sheet.protection.sheet) == ("kab-bogor", 2025, True)
    lists = {check.formula1: str(check.sqref) for check in sheet.data_validations.dataValidation}
    assert lists == {'"Ya,Tidak"': "F6:F41", '"Terima"': "L6:L41"}
    assert (sheet["F6"].protection.locked, sheet["C6"].protection.locked) == (False, True)
    procedure = {row[0].value: row for row in sheet.iter_rows(min_row=37, max_row=41, min_col=2, max_col=4)}[5]
    assert ("prosedur tertulis" in procedure[1].value, "written procedure" in procedure[2].value) == (True, True)


def test_every_text_has_its_translation() -> None:
    said = [
        *(value for table in (questions.THEMES, questions.SUBJECTS, questions.ASKED) for value in table.values()),
        *(
            value
            for table in (questions.ASKED_OF_ONE, questions.EVIDENCE, questions.EVIDENCE_OF_ONE)
            for value in table.values()
        ),
        *(value for table in (problems.MESSAGES, problems.ACTIVE, suggestions.MESSAGES) for value in table.values()),
        *(value for table in (words.STATE_NAMES, words.PROOF_STATES, words.LABELS) for value in table.values()),
        *form_template.RULES,
    ]
    same = {"No.", "SHA-256"}
    assert [text for text in said if Language("id")(text) == text and text not in same] == []


@pytest.mark.parametrize(("status", "themes"), [("final", [5, 7, 8, 9]), ("not_computable", [])])
def test_only_a_value_is_evidence(status: str, themes: list[int], tmp_path: Path) -> None:
    page = tmp_path / "2025.html"
    page.touch()
    rules = {"inquiries": (3, 0)}
    moment = datetime(2026, 1, 5, tzinfo=ZoneInfo("Asia/Jakarta"))
    own = OwnResult("inquiry_response", "2025", 1, status, moment, "ab" * 32, rules)
    found = suggestions.suggestions({"inquiry_response": own}, city_id="kota", page=page, zone=ZoneInfo("Asia/Jakarta"))
    assert [question.theme for question in found] == themes
