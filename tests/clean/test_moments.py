"""Arithmetic on the digits of dates gives what pandas gives, whatever the text, the formats and the zone."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clean import values
from pipeline.clean.moments import Shape
from pipeline.clean.reading import Reading
from pipeline.clean.values import Parsed, parse

FORMATS = (
    *("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y %H.%M.%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%H:%M"),
    *("%d %B %Y %H:%M", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%Y%m%d", "%d%m%Y %H%M", "%d/%m/%y", "%Y/%m/%dT%H:%M:%S"),
    *("%d/%m/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%d/%m/%Y pukul %H:%M", "epoch", "%d"),
)
SEEN = (
    *(
        "",
        "-",
        "besok",
        "31/02/2025 08:00",
        "29/02/2024",
        "3 Mei 2025",
        "03 Agt. 2025 09:05",
        "3  Jan 2025",
        "0/0/0000",
    ),
    *("0000-00-00 00:00:00", "0000-01-01", "2025-01-02 08:00:60", "2025-01-02T24:00", "2025-01-02T08:00:00Z"),
    *("2025-01-02T08:00:00.5+07:00", "1735689600", "1/2/2025 7:05", "01/ 2/2025 08:00", "١٢/01/2025", "2025-1-2"),
    *(
        "2011-03-13 02:30:00",
        "2011-11-06 01:30:00",
        "99/99/9999 99:99",
        "30-DES-2025",
        "2 Foo 2025",
        "2025-01-02T08:61",
    ),
)
ZONES = st.sampled_from([None, ZoneInfo("Asia/Jakarta"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])


@st.composite
def written(draw: st.DrawFn) -> str:
    """A moment in some format, perhaps with a letter gone, added or replaced."""
    form = draw(st.sampled_from([form for form in FORMATS if "%" in form]))
    text = draw(st.datetimes(datetime(1969, 1, 1), datetime(2101, 1, 1))).strftime(form)
    at = draw(st.integers(0, len(text)))
    return draw(
        st.sampled_from(
            [text, text, text[:at] + text[at + 1 :], f"{text[:at]}0{text[at:]}", f"{text[:at]} {text[at:]}"]
        )
    )


@settings(max_examples=500)
@given(
    texts=st.lists(st.one_of(written(), st.sampled_from(SEEN), st.none()), max_size=12),
    formats=st.lists(st.sampled_from(FORMATS), max_size=3, unique=True),
    zone=ZONES,
    is_day=st.booleans(),
)
@example(["2025315", "20250315"], ["%Y%m%d"], None, False)
@example(["01/01/0000", "00/00/0000"], ["%d/%m/%Y"], None, False)
@example(["00/05/2025", "01/00/2025", "32/01/2025", "01/13/2025"], ["%d/%m/%Y"], None, False)
def test_digits_say_what_pandas_says(
    texts: list[str | None], formats: list[str], zone: ZoneInfo | None, is_day: bool
) -> None:
    reading = Reading(formats=tuple(formats), zone=zone)
    found, expected = read(texts, reading, is_day=is_day), by_pandas(texts, reading, is_day=is_day)
    pd.testing.assert_series_equal(found.values, expected.values)
    assert (found.is_bad.tolist(), found.is_ambiguous.tolist()) == (
        expected.is_bad.tolist(),
        expected.is_ambiguous.tolist(),
    )


def read(texts: list[str | None], reading: Reading, *, is_day: bool) -> Parsed:
    return parse(pd.Series(texts, dtype="str"), kind="day" if is_day else "moment", reading=reading)


def by_pandas(texts: list[str | None], reading: Reading, *, is_day: bool) -> Parsed:
    def no_shapes(texts: pd.Series) -> Iterator[Shape]:  # noqa: ARG001 the same arguments
        return iter(())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "shapes_of", no_shapes)
        return read(texts, reading, is_day=is_day)


@pytest.mark.parametrize(
    ("formats", "form"),
    [
        (("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S"), "%d/%m/%Y %H:%M"),
        (("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S"), "%Y-%m-%d %H:%M:%S"),
        (("%d %B %Y %H:%M",), "%d %B %Y %H:%M"),
        ((), "%Y-%m-%dT%H:%M:%S"),
    ],
)
def test_common_forms_never_come_to_pandas(
    formats: tuple[str, ...], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_pandas(texts: pd.Series, reading: Reading) -> list[np.ndarray]:
        raise AssertionError(f"{len(texts)} texts left to pandas by {reading}")

    monkeypatch.setattr(values, "by_pandas", by_pandas)
    moments = pd.date_range("2024-01-31 06:07", periods=400, freq="25h")
    found = read([*moments.strftime(form), None], Reading(formats=formats, zone=ZoneInfo("UTC")), is_day=False)
    assert found.values[:400].tolist() == moments.tz_localize("UTC").tolist()


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
@pytest.mark.parametrize("first", ["2011-03-11", "2011-11-05", "2011-04-02", "2011-07-29", "1999-12-31", "2025-07-01"])
def test_many_clocks_of_few_days_are_told_as_one_by_one(zone: str, first: str) -> None:
    clocks = pd.Series(pd.date_range(first, periods=300, freq="17min")).sample(frac=1, random_state=1)
    clocks.iloc[7] = pd.NaT
    reading = Reading(formats=("%Y-%m-%d %H:%M:%S",), zone=ZoneInfo(zone))
    texts = clocks.dt.strftime("%Y-%m-%d %H:%M:%S").astype("str")
    alone = [parse(texts.iloc[[nth]], kind="moment", reading=reading).values for nth in range(len(texts))]
    pd.testing.assert_series_equal(parse(texts, kind="moment", reading=reading).values, pd.concat(alone))
