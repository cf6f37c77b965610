"""A result made from parts is the one made from the whole table, whatever the parts and however they hold texts."""

import random
from itertools import pairwise

import pandas as pd
import pytest

from pipeline.coverage import Coverage
from pipeline.indicators.base import Fingerprint
from pipeline.indicators.counting import spread, spread_of
from pipeline.indicators.inquiry_response import compute
from pipeline.indicators.row_hashes import row_hashes
from pipeline.periods import Period
from pipeline.tables import INQUIRIES
from tests.indicators.frames import frame_of, terms_of


def some_inquiries(rng: random.Random, count: int) -> pd.DataFrame:
    """Inquiries around 2025, answered, closed, open, excluded and quarantined ones."""
    rows = []
    for number in range(count):
        received = pd.Timestamp("2024-12-01", tz="UTC") + pd.Timedelta(seconds=rng.randrange(420 * 86_400))
        later = [received + pd.Timedelta(seconds=rng.randrange(40 * 86_400)) for _ in range(2)]
        rows.append(
            {
                "inquiry_id": str(number),
                "channel": rng.choice(["Web", "SMS", None]),
                "agency": rng.choice(["Dinas A", "Dinas B"]),
                "received_at": rng.choice([received, received, received, None]),
                "responded_at": rng.choice([later[0], None]),
                "closed_at": rng.choice([later[1], None]),
                "quarantine_reason": rng.choice([None, None, None, "bad_received_at"]),
                "excluded_by": rng.choice([None, None, None, "test"]),
            }
        )
    return frame_of(INQUIRIES, rows)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("covers", [None, Coverage.of_period(Period(2025))])
def test_parts_of_any_order_give_the_result_of_the_whole(seed: int, covers: Coverage | None) -> None:
    rng = random.Random(seed)  # noqa: S311 the same every time
    frame = some_inquiries(rng, 120)
    terms = terms_of("2025", covers=covers)
    cuts = [0, *sorted(rng.sample(range(1, 120), 4)), 120]
    parts = [frame.iloc[begin:end].reset_index(drop=True) for begin, end in pairwise(cuts)]
    parts = [part.astype({"channel": "category", "agency": "category", "excluded_by": "category"}) for part in parts]
    assert compute(reversed(parts), terms=terms) == compute(frame, terms=terms)


def test_a_row_has_one_number_however_its_columns_hold_it() -> None:
    frame = pd.DataFrame({"a": ["x", None, "", "x"], "b": ["long enough for two words", "é", "x", None]}, dtype="str")
    assert row_hashes(frame).tolist() == row_hashes(frame.astype("category")).tolist()
    assert row_hashes(frame.iloc[1:]).tolist() == row_hashes(frame)[1:].tolist()
    assert len({*row_hashes(frame).tolist()}) == 4


@pytest.mark.parametrize("changed", ["another row", "a row less", "a text", "a null", "a moment"])
def test_whatever_changes_in_the_rows_changes_the_fingerprint(changed: str) -> None:
    frame = some_inquiries(random.Random(1), 20)  # noqa: S311 the same every time
    other = frame.copy()
    if changed == "another row":
        other = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    elif changed == "a row less":
        other = frame.iloc[1:]
    else:
        column = {"a text": "agency", "a null": "inquiry_id", "a moment": "closed_at"}[changed]
        value = {"a text": "Dinas C", "a null": None, "a moment": pd.Timestamp("2025-06-01", tz="UTC")}[changed]
        other.loc[3, column] = value
    assert fingerprint(other) != fingerprint(frame)
    assert fingerprint(frame.sample(frac=1, random_state=1)) == fingerprint(frame)


def fingerprint(frame: pd.DataFrame) -> str:
    found = Fingerprint()
    found.add(frame)
    return found.sha256(terms={}, method_version="1.0")


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 101])
def test_the_spread_of_numbers_is_that_of_their_values_in_the_other_unit(count: int) -> None:
    numbers = pd.Series(random.Random(count).choices(range(10_000), k=count))  # noqa: S311 the same every time
    assert spread_of(numbers.to_numpy().copy(), unit=7) == spread(numbers / 7)
