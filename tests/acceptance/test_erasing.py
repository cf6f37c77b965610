"""A person is erased everywhere, stays so whatever is fetched later, and every number still says what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock, patch

import pandas as pd
import pytest

from connectors.errors import SourceUnavailable
from connectors.numerals import number
from pipeline import steps
from pipeline.atomic import atomic_folder, discard
from pipeline.erasing.rows import Found, look
from pipeline.landing import Manifest, erased_ids, land
from pipeline.leftovers import sweep_leftovers
from pipeline.settings import Settings
from pipeline.warehouse import Warehouse
from tests.acceptance.exports import write_city
from tests.acceptance.test_bad_input import tolok
from tests.conftest import kept, restored, shared_home

CITY, YEAR = "kota-uji", "2024"
# The person: a ticket that no other text of the city looks like.
TICKET, NAME = "TKT-40417", "Sumiyati Rahardja"
# Of what runs beside the erasing: no test takes so long unless it hangs.
WAIT_SECONDS = 300
LOG = """    responses:
      path: data/tindak-lanjut.csv
      format: csv
      delimiter: ";"
      inquiry_id: Tiket
      kind: {column: Jenis, values: {Jawab: response}}
      at: {column: Waktu, format: "%d/%m/%Y %H:%M"}
"""


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose year and one month were run, with one person's ticket and an answer to it in a follow-up log."""
    with shared_home(tmp_path_factory) as (folder, _):
        cities = folder / "cities"
        write_city(cities)
        settings = cities / f"{CITY}.yaml"
        text = settings.read_text("utf-8").replace("  gangguan:\n", f"{LOG}  gangguan:\n")
        settings.write_text(text, "utf-8")
        export = cities / "data" / "pengaduan.csv"
        export.write_text(f"{export.read_text('utf-8')}{TICKET};Aplikasi;12 Mar 2024 08:00;;{NAME}\n", "utf-8")
        answers = f"Tiket;Jenis;Waktu\n{TICKET};Jawab;14/03/2024 08:00\n3;Jawab;9/05/2024 08:00\n"
        (cities / "data" / "tindak-lanjut.csv").write_text(answers, "utf-8")
        steps.run(CITY, YEAR)
        steps.run(CITY, "2024-03")
        return kept(folder)


@pytest.fixture
def ran(ran_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That city as it was run."""
    return restored(ran_once, monkeypatch)


def given(ids: str, encoding: str = "utf-8") -> TextIOWrapper:
    """Standard input that holds ids."""
    return TextIOWrapper(BytesIO(f"{ids}\n".encode(encoding)))


def erase(monkeypatch: pytest.MonkeyPatch, *words: str, ids: str = TICKET, ground: str = "surat 12/2026") -> str:
    with patch("sys.stdin", given(ids)):
        code, out, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--ground", ground, "--by", "Sekda", *words)
    assert code == 0, err
    return out


def holding(home: Path, *texts: str) -> list[str]:
    """The files in a home that hold a text, as bytes or in a column of a table."""
    found = []
    for path in sorted(one for one in home.rglob("*") if one.is_file()):
        content = path.read_bytes()
        if content.startswith(b"PAR1"):
            content += pd.read_parquet(path).to_csv().encode()
        if any(text.encode() in content for text in texts):
            found.append(str(path.relative_to(home)))
    return found


def versions() -> list[tuple[int, float, str]]:
    rows = Warehouse(Settings.from_environment().warehouse_url).history(CITY, "inquiry_response", period=YEAR)
    return [(row["version"], row["value"], row["change_reason"]) for row in rows]


def test_a_person_is_in_no_file_afterwards_and_the_published_value_stays(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, published = holding(ran / "home", TICKET, NAME), versions()
    assert len(before) == 3
    out = erase(monkeypatch)
    assert "1 nomor, 2 baris, 2 berkas mentah" in out
    assert TICKET not in out
    assert holding(ran / "home", TICKET, NAME) == []
    assert versions() == published
    assert [row["files"] for row in Warehouse(Settings.from_environment().warehouse_url).history(CITY, period=YEAR)]


@pytest.mark.usefixtures("ran")
def test_verify_names_the_decision_for_what_no_longer_retraces_and_vouches_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    erase(monkeypatch)
    code, out, _ = tolok(monkeypatch, "verify", CITY, YEAR)
    assert (code, out.count("sama / same"), out.count("rows erased\n")) == (0, 3, 1)
    assert "1 row erased by decision 1 on 20" in out
    ((_, stored, _),) = versions()
    (line,) = [one for one in out.splitlines() if one.split()[:1] == ["inquiry_response"] and " v1 " in one]
    assert number(stored) in line
    with patch("pipeline.warehouse.seals.Version.is_intact", False):
        assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 3


@pytest.mark.usefixtures("ran")
def test_the_next_run_names_the_decision_and_then_all_retraces(monkeypatch: pytest.MonkeyPatch) -> None:
    erase(monkeypatch)
    steps.run(CITY, YEAR)
    (_, first, _), (_, second, reason) = versions()
    assert reason == "1 baris dihapus oleh keputusan 1 / 1 row erased by decision 1"
    assert first != second == 0.5
    assert tolok(monkeypatch, "verify", CITY, YEAR)[1].count("sama / same") == 4
    shown = json.loads(tolok(monkeypatch, "show", CITY, YEAR, "--json")[1])
    (rows,) = [one["rows"] for one in shown if one["indicator"] == "inquiry_response"]
    assert (rows["read"], rows["excluded"]["erased"]) == (21, 1)


def test_a_source_that_still_holds_the_person_brings_nobody_back(
    ran: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    erase(monkeypatch)
    new_row(ran)
    steps.run(CITY, YEAR)
    assert holding(ran / "home", TICKET, NAME) == []
    assert "2 rows of erased persons are still in the source" in caplog.text
    assert versions()[-1][2].endswith(" / 1 late row; 1 row erased by decision 1")
    assert [version for version, _, _ in versions()] == [1, 2]
    steps.run(CITY, YEAR)
    assert [version for version, _, _ in versions()] == [1, 2]
    assert tolok(monkeypatch, "verify", CITY, YEAR)[0] == 0


def test_older_raw_files_that_nothing_reads_any_more_go_too(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ran / "cities" / "data" / "pengaduan.csv"
    export.write_text(export.read_text("utf-8").replace(f";;{NAME}", ";13 Mar 2024 08:00;Warga"), "utf-8")
    for label in (YEAR, "2024-03"):
        steps.run(CITY, label)
    assert holding(ran / "home", NAME)
    erase(monkeypatch)
    assert holding(ran / "home", TICKET, NAME) == []


def test_what_a_killed_run_left_goes_too(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = ran / "home" / "clean" / CITY / "inquiries" / ".draft-0123-abcd_123" / "2024-03.csv"
    left.parent.mkdir()
    left.write_text(TICKET, "utf-8")
    sweep_leftovers.cache_clear()
    erase(monkeypatch)
    assert holding(ran / "home", TICKET, NAME) == []


def test_trying_changes_nothing_and_asking_again_neither(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = holding(ran / "home", TICKET, NAME)
    assert "2 baris" in erase(monkeypatch, "--dry-run")
    assert holding(ran / "home", TICKET, NAME) == before
    assert not erased_ids(ran / "home", CITY, "meja")
    erase(monkeypatch)
    assert "Erased already by decision 1" in erase(monkeypatch)
    (decision,) = Warehouse(Settings.from_environment().warehouse_url).erasures(CITY)
    assert (decision["decision"], decision["rows_count"], decision["decided_by"]) == (1, 2, "Sekda")


def test_files_of_a_source_that_the_settings_no_longer_name_are_not_passed_over(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ran / "cities" / f"{CITY}.yaml"
    settings.write_text(settings.read_text("utf-8").replace("  meja:\n", "  loket:\n"), "utf-8")
    steps.run(CITY, "2024-04")
    before = holding(ran / "home", TICKET, NAME)
    with patch("sys.stdin", given(TICKET)):
        code, _, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--ground", "surat 12/2026")
    assert (code, holding(ran / "home", TICKET, NAME)) == (2, before)
    assert "no longer names sources whose files are still kept: meja" in err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_ids_may_come_from_a_spreadsheet_and_count_once(
    ran: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    ids = f"{TICKET}\nsha256:{sha256(TICKET.encode()).hexdigest()}"
    with patch("sys.stdin", given(ids, encoding)):
        code, out, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--ground", "surat 12/2026")
    assert (code, out.split()[0]) == (0, "1"), err
    assert holding(ran / "home", TICKET, NAME) == []


@pytest.mark.usefixtures("ran")
def test_an_id_with_and_without_its_source_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    out = erase(monkeypatch, "--dry-run", ids=f"{TICKET}\nmeja:{TICKET}").splitlines()
    assert out[0].startswith("1 nomor, 2 baris")
    assert "for each" in out[1]


@pytest.mark.usefixtures("ran")
def test_an_id_that_differs_in_capitals_or_marks_alone_is_told_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with patch("sys.stdin", given(f"{TICKET}\ntkt 40417\nTKT-1")):
        code, _, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--dry-run")
    assert (code, "lines 2, 3; nothing" in err, "Lines 2: there is one that differs" in err) == (3, True, True)


def test_a_run_reads_no_other_period_again_where_its_files_hold_nobody_who_was_erased(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(monkeypatch)
    export = ran / "cities" / "data" / "pengaduan.csv"
    for path in (export, export.with_name("tindak-lanjut.csv")):
        path.write_text("".join(line for line in path.open() if TICKET not in line), "utf-8")
    for label in (YEAR, "2024-03", "2024-04", "2024-05"):
        steps.run(CITY, label)
    with patch("pipeline.erasing.files.look", side_effect=look) as looking:
        steps.fetch(CITY, "meja", "2024-05")
    assert looking.call_count == 1


@pytest.mark.usefixtures("ran")
def test_what_an_erasing_takes_away_while_it_is_fetched_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    landing = Settings.from_environment().home / "landing" / "objects" / "ab"
    monkeypatch.setattr("pipeline.steps.fetching.land", Mock(side_effect=FileNotFoundError(2, "gone", str(landing))))
    with pytest.raises(SourceUnavailable, match="taken away meanwhile"):
        steps.fetch(CITY, "meja", YEAR)
    monkeypatch.setattr("pipeline.steps.fetching.land", Mock(side_effect=FileNotFoundError(2, "gone", "/elsewhere")))
    with pytest.raises(FileNotFoundError):
        steps.fetch(CITY, "meja", YEAR)


@pytest.mark.usefixtures("ran")
def test_an_id_on_the_command_line_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = tolok(monkeypatch, "erase", CITY, "--ids", TICKET, "--ground", "surat 12/2026")
    assert (code, TICKET in out + err, "--ids is no file" in err) == (2, False, True)


@pytest.mark.usefixtures("ran")
def test_ids_in_no_known_letters_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with patch("sys.stdin", TextIOWrapper(BytesIO(b"TKT\xff\n"))):
        code, _, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--ground", "surat 12/2026")
    assert (code, "no UTF-8 text" in err) == (2, True)


def test_an_id_may_be_given_as_its_hash(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    erase(monkeypatch, ids=f"sha256:{sha256(TICKET.encode()).hexdigest()}")
    assert holding(ran / "home", TICKET, NAME) == []


@pytest.mark.parametrize(
    ("ids", "ground", "code", "said"),
    [
        ("TKT-1", "surat 12/2026", 3, "lines 1;"),
        (f"{TICKET}\nTKT-1", "surat 12/2026", 3, "lines 2;"),
        (TICKET, "", 2, "needs a ground"),
        (TICKET, f"permohonan {TICKET}", 2, "person's data"),
        (TICKET, f"permohonan (tiket {TICKET.lower()}), 1/2026", 2, "person's data"),
        (TICKET, "permohonan Ibu Sumiyati, HP 081234567890", 2, "person's data"),
        ("", "surat 12/2026", 2, "no ids"),
    ],
)
def test_a_request_that_is_not_clear_erases_nothing_and_repeats_no_id(
    ran: Path, monkeypatch: pytest.MonkeyPatch, ids: str, ground: str, code: int, said: str
) -> None:
    before = holding(ran / "home", TICKET, NAME)
    with patch("sys.stdin", given(ids)):
        ended, out, err = tolok(monkeypatch, "erase", CITY, "--ids", "-", "--ground", ground)
    assert (ended, said in err) == (code, True), err
    assert "TKT" not in out + err
    assert holding(ran / "home", TICKET, NAME) == before


@pytest.mark.usefixtures("ran")
def test_a_closed_year_keeps_its_value_and_says_what_would_change(monkeypatch: pytest.MonkeyPatch) -> None:
    erase(monkeypatch)
    with patch("pipeline.warehouse.closings.is_closed", return_value=True):
        (held,) = [line for line in steps.run(CITY, YEAR) if line.startswith("inquiry_response")]
    assert "stands, its year is closed" in held
    assert "erased by decision 1" in held
    assert len(versions()) == 1


@pytest.mark.usefixtures("ran")
def test_the_results_of_other_periods_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    steps.run(CITY, "2024-05")
    erase(monkeypatch)
    assert all(line.endswith("unchanged") for line in steps.run(CITY, "2024-05"))
    assert tolok(monkeypatch, "verify", CITY, "2024-05")[1].count("sama / same") == 4


@pytest.mark.usefixtures("ran")
def test_what_was_computed_with_the_person_is_due_again_until_it_was_run(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [YEAR, "2024-03"]
    assert steps.periods_done(CITY, labels) == frozenset(labels)
    erase(monkeypatch)
    assert steps.periods_done(CITY, labels) == frozenset()
    steps.run(CITY, YEAR)
    assert steps.periods_done(CITY, labels) == frozenset({YEAR})


def new_row(ran: Path) -> None:
    """One more row in the export of the person's source."""
    export = ran / "cities" / "data" / "pengaduan.csv"
    export.write_text(f"{export.read_text('utf-8')}99;Web;3 Mei 2024 08:00;3 Mei 2024 20:00;Warga\n", "utf-8")


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """What runs beside the erasing."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_clean_table_half_made_when_a_person_is_erased_goes_and_says_so(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def erased_before_its_end(target: Path, *, last: str) -> Iterator[Path]:
        with atomic_folder(target, last=last) as draft:
            yield draft
            erase(monkeypatch)

    new_row(ran)
    steps.fetch(CITY, "meja", "2024-05")
    with (
        patch("pipeline.clean.dataset.atomic_folder", erased_before_its_end),
        pytest.raises(SourceUnavailable, match="a person was erased while this table was made"),
    ):
        steps.clean(CITY, "inquiries", "2024-05")
    assert holding(ran / "home", TICKET, NAME) == []


def test_a_clean_table_that_ends_between_the_listing_and_the_taking_away_does_not_keep_the_person(
    ran: Path, monkeypatch: pytest.MonkeyPatch, beside: ThreadPoolExecutor
) -> None:
    written, listed, ended = Event(), Event(), Event()

    @contextmanager
    def ending_once_listed(target: Path, *, last: str) -> Iterator[Path]:
        with atomic_folder(target, last=last) as draft:
            yield draft
            written.set()
            assert listed.wait(WAIT_SECONDS)
        ended.set()

    def discarded_once_ended(folder: Path, *, first: str) -> None:
        listed.set()
        assert ended.wait(WAIT_SECONDS)
        discard(folder, first=first)

    new_row(ran)
    steps.fetch(CITY, "meja", "2024-05")
    with (
        patch("pipeline.clean.dataset.atomic_folder", ending_once_listed),
        patch("pipeline.erasing.copies.discard", discarded_once_ended),
    ):
        cleaning = beside.submit(steps.clean, CITY, "inquiries", "2024-05")
        assert written.wait(WAIT_SECONDS)
        erase(monkeypatch)
        fault = cleaning.exception(WAIT_SECONDS)
    assert holding(ran / "home", TICKET, NAME) == []
    assert "a person was erased while this table was made" in str(fault)


def test_a_file_that_lands_between_the_listing_and_the_writing_does_not_keep_the_person(
    ran: Path, monkeypatch: pytest.MonkeyPatch, beside: ThreadPoolExecutor
) -> None:
    landed, erased, fetching = Event(), Event(), list[Future[str]]()

    def landed_before_its_end(*args: Any, **named: Any) -> Manifest:
        manifest = land(*args, **named)
        landed.set()
        assert erased.wait(WAIT_SECONDS)
        return manifest

    def looked_at_once_landed(*args: Any, **named: Any) -> Found:
        if not landed.is_set():
            fetching.append(beside.submit(steps.fetch, CITY, "meja", YEAR))
            assert landed.wait(WAIT_SECONDS)
        return look(*args, **named)

    new_row(ran)
    with (
        patch("pipeline.steps.fetching.land", landed_before_its_end),
        patch("pipeline.erasing.decision.look", looked_at_once_landed),
    ):
        erase(monkeypatch)
        erased.set()
        assert fetching[0].result(WAIT_SECONDS) == f"meja/{YEAR}"
    assert holding(ran / "home", TICKET, NAME) == []
    steps.run(CITY, YEAR)
    assert versions()[-1][2].endswith(" / 1 late row; 1 row erased by decision 1")
