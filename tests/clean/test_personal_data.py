"""Texts that tell of a person are found in every spelling, and names of groups that look alike are left alone."""

from __future__ import annotations

import pandas as pd
import pytest

from connectors.personal_data import KINDS, personal_kind
from pipeline.clean.personal_ids import IdNumbers
from pipeline.clean.personal_texts import MASKED, masked_ids
from pipeline.tables import TABLES
from tests.clean.labelled import accounts_and_roles, accounts_and_roles_sound, personal, sound
from tests.clean.personal_cases import Case, cases, sound_names


@pytest.mark.parametrize("is_held_out", [False, True])
def test_at_least_99_percent_are_found_of_those_the_rules_were_written_with_and_of_the_others(
    is_held_out: bool,
) -> None:
    labelled = [case for case in cases() if case.is_held_out is is_held_out]
    missed = [case.text for case in labelled if personal_kind(case.text) is None]
    assert len(labelled) > 350
    assert len(missed) <= 0.01 * len(labelled), missed


def test_cells_of_desks_written_before_the_rules_are_found_and_sound_ones_left_alone() -> None:
    cells, names = personal(), sound()
    missed = [cell.text for cell in cells if personal_kind(cell.text) is None]
    wrong = [name for name in names if personal_kind(name) is not None]
    assert len(cells) > 600
    assert len(names) > 600
    assert len(missed) <= 0.01 * len(cells), missed
    assert len(wrong) <= 0.005 * len(names), wrong


def test_accounts_letters_of_other_scripts_and_callings_are_found_as_often_as_measured() -> None:
    cells, names = accounts_and_roles(), accounts_and_roles_sound()
    missed = [cell for cell in cells if personal_kind(cell) is None]
    wrong = [name for name in names if personal_kind(name) is not None]
    assert len(cells) == len(names) == 120
    assert len(missed) <= 9, missed
    assert len(wrong) <= 4, wrong


def test_every_kind_is_found_for_what_it_is() -> None:
    found = {case.kind for case in cases() if personal_kind(case.text) == case.kind}
    assert found == set(KINDS)


def test_at_most_2_percent_of_sound_names_are_taken_for_a_person() -> None:
    names = list(sound_names())
    wrong = [name for name in names if personal_kind(name) is not None]
    assert len(names) > 200
    assert len(wrong) <= 0.02 * len(names), wrong


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3273014512900001", "identity number"),  # a woman born on the 5th
        ("32.73.01.05.12.90.00.01", "identity number"),
        ("3273 0175 1290 0001", None),  # no 35th of a month, no number of a card
        ("0\u200b812-3456-7890", "phone"),
        ("nol delapan satu dua tiga empat lima enam tujuh", "phone"),
        ("pengaduan@kota.go.id", None),  # an office's mailbox
        ("lapor@pln.co.id", None),
        ("budi@kota.go.id", "e-mail"),  # an officer's
        ("08-03-2016 08:52", None),
        ("WA 0812–3456–7890", "phone"),
        ("Call Center 0800-1-000-112", None),
        ("Bapak: Andi", "name"),
        ("Santoso, Budi", "name"),
        ("Pelapor: OJAK", "name"),
        ("Loket 2: PIC: OJAK PAKPAHAN", "name"),
        ("Disposisi: DLH", None),
        ("Perlindungan Anak, Pengendalian Penduduk", None),
        ("Pemohon KTP", None),
        ("Jalan Nasional No 3", None),
        ("Kelurahan Dr. Soetomo", None),
        ("mobil b1234xyz", "plate"),
        ("Node B 1203 DG", None),
        ("Twitter @rina_wati", "handle"),
        ("Ｔwitter ＠rinа", "handle"),
        ("t.me/joko", "handle"),
        ("Twitter @pemkotsurabaya", None),
        ("t.me/dinkes_kota_bot", None),
        ("@disa", "handle"),
        ("Partners @international", None),
        ("hp 08I2-3456-78l0", "phone"),
        ("Satpam Rudianto", "name"),
        ("Kader Melati", None),
        ("Kader Taman Rudianto", None),
        ("Budi Santoso", "name"),
        ("Kesehatan ibu dan anak", None),
        ("RSUD dr. Soetomo", None),
        ("dr. Soetomo", "name"),
        ("x" * 3000 + " Bpk Budi", "name"),
    ],
)
def test_near_misses_are_told_apart(text: str, kind: str | None) -> None:
    assert personal_kind(text, but=["free text"]) == kind


def test_a_kind_that_is_right_in_a_column_is_passed_over() -> None:
    assert personal_kind("AP Jl. Melati No. 5", but=["address"]) is None
    assert personal_kind("AP Jl. Melati No. 5, Bpk Budi", but=["address"]) == "name"


def test_the_cases_are_the_same_every_time() -> None:
    assert cases() == cases()
    assert all(isinstance(case, Case) for case in cases())


def test_ids_that_tell_of_a_person_are_told_by_their_row_and_numbers_of_tickets_stay() -> None:
    ids = pd.Series(
        ["Ibu Siti 0812-3456-7890", "3273014512900001", "2025031412000001", "INC 08123456789", None], dtype="str"
    )
    column = TABLES["inquiries"].column("inquiry_id")
    shown, is_masked = masked_ids(ids, pd.Series([2, 3, 4, 5, 6]), column, file_id="0a1b", seen=IdNumbers())
    assert shown.isna().tolist() == [False] * 4 + [True]
    assert shown[:4].tolist() == [f"{MASKED} 0a1b 2", f"{MASKED} 0a1b 3", "2025031412000001", f"{MASKED} 0a1b 5"]
    assert is_masked is not None
    assert is_masked.tolist() == [True, True, False, True, False]
