"""Ids of rows that tell of a person are masked, and numbers that a desk counts up are none."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from pipeline.clean.personal_ids import IdNumbers, of_persons


def identity_number(chance: random.Random) -> str:
    day = chance.randint(1, 28) + chance.choice([0, 40])
    born = f"{day:02}{chance.randint(1, 12):02}{chance.randint(0, 99):02}"
    return f"32730{chance.randint(1, 9)}{born}{chance.randint(1, 20):04}"


def found(ids: list[str | None], seen: IdNumbers | None = None) -> list[bool]:
    return of_persons(pd.Series(ids, dtype="str"), seen or IdNumbers()).tolist()


@pytest.mark.parametrize(
    "text",
    [
        "LAP/3273014507900002/2025",
        "ADU.3273014507900002.7",
        "adu_3273014507900002_jalan",
        "T-327301.450790.0002",
        "3273014507900002",
        "KTP3273014507900002",
        "LAP_budi_santoso_2025",
        "LAP-2025-Ibu-Siti-Aminah",
        "2025/Bapak Andi/17",
        "pengaduan.Ibu.Wati.003",
        "TK/an. Budi/2025",
        "TK/a.n.Budi/2025",
        "WA/Bpk.Slamet/0012",
        "tiket_081234567890",
        "chat-0812-3456-7890",
        "WA_6281234567890",
        "budi.santoso@gmail.com-2025",
    ],
)
def test_a_person_between_the_marks_of_an_id_is_found(text: str) -> None:
    assert found([text, None]) == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "LAP/2025/03/000123",
        "ADU-0000012345",
        "2025-0812-0000123",
        "TKT/2025/0812/00001234",
        "KTP/2025/03/17/0001",
        "KK-2025-0000000001",
        "R.JALAN-01",
        "A.N.I-2025-17",
        "INC0012345678",
        "0800000123",
        "2025031412000001",
        "440/123/Dinkes/2025",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "f47ac10b-58cc-4372-a567-081234567890",
        "0fb081234567890cd",
        "Dinas-Kesehatan-0012",
        "DISHUB_PARKIR_0001",
    ],
)
def test_numbers_of_tickets_stay(text: str) -> None:
    assert found([text]) == [False]


@pytest.mark.parametrize(
    "made",
    [
        "3273{year}{month:02}{day:02}{n:04}",  # the year stands where a person's day of birth is
        "327301{day:02}{month:02}25{n:04}",
        "LAP/327301{day:02}{month:02}25{n:04}",
        "08123{n:06}",
    ],
)
def test_a_desk_that_counts_up_is_told_from_persons_by_the_whole_column(made: str) -> None:
    chance = random.Random(1)  # noqa: S311 made-up numbers
    ids = [made.format(year=2025, month=n % 12 + 1, day=n % 28 + 1, n=n) for n in range(200)]
    assert not any(found([*ids]))
    persons = [identity_number(chance) for _ in range(20)]
    masked = found([*ids, *persons])
    assert sum(masked[:200]) == 0
    assert sum(masked[200:]) >= 19


def test_every_number_of_a_column_of_persons_is_found() -> None:
    chance = random.Random(2)  # noqa: S311 made-up numbers
    for _ in range(50):
        assert all(found([f"LAP-{identity_number(chance)}" for _ in range(chance.choice([1, 8, 9, 40]))]))
    assert all(found([f"wa-0{chance.randint(811_00000000, 899_99999999)}" for _ in range(40)]))


def test_a_short_last_block_is_judged_by_the_blocks_before_it() -> None:
    seen = IdNumbers()
    assert not any(found([f"327301{n % 28 + 1:02}0325{n:04}" for n in range(50)], seen))
    assert found(["3273010103250051", "3273014507900002"], seen) == [False, True]
