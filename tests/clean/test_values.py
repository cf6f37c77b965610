"""Texts become values only in their declared form."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.clean.reading import Reading
from pipeline.clean.values import Parsed, parse
from pipeline.tables import Kind

JAKARTA = ZoneInfo("Asia/Jakarta")


def read(texts: list[str | None], kind: Kind, **reading: object) -> Parsed:
    return parse(pd.Series(texts, dtype="str"), kind=kind, reading=Reading(**reading))  # type: ignore[arg-type]


def faults(parsed: Parsed) -> list[str]:
    flags = zip(parsed.is_bad.tolist(), parsed.is_ambiguous.tolist(), strict=True)
    return ["bad" * is_bad + "ambiguous" * is_ambiguous for is_bad, is_ambiguous in flags]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("3 Jan 2025", 1),
        ("3 Peb 2025", 2),
        ("03 Maret 2025", 3),
        ("3 Mei 2025", 5),
        ("3 Juli 2025", 7),
        ("3 Agu 2025", 8),
        ("3 Agt 2025", 8),
        ("3 Okt 2025", 10),
        ("3 Nop 2025", 11),
        ("3 Desember 2025", 12),
    ],
)
def test_indonesian_month_names_are_known_in_all_their_spellings(text: str, month: int) -> None:
    parsed = read([text], "day", formats=("%d %b %Y",), zone=JAKARTA)
    assert parsed.values[0] == pd.Timestamp(2025, month, 3)


def test_local_times_become_utc() -> None:
    parsed = read(["30/12/2025 22:10"], "moment", formats=("%d/%m/%Y %H:%M",), zone=JAKARTA)
    assert parsed.values[0] == pd.Timestamp("2025-12-30T15:10Z")


@pytest.mark.parametrize("text", ["31/02/2025", "2025/13/01", "13/13/2025", "besok", "03/04/25"])
def test_a_date_that_does_not_fit_its_format_is_bad_and_not_guessed(text: str) -> None:
    parsed = read([text], "day", formats=("%d/%m/%Y",))
    assert parsed.values.isna().all()
    assert faults(parsed) == ["bad"]


def test_a_date_that_fits_two_declared_formats_differently_is_ambiguous() -> None:
    parsed = read(["03/04/2025", "25/04/2025", "05/05/2025"], "day", formats=("%d/%m/%Y", "%m/%d/%Y"))
    assert faults(parsed) == ["ambiguous", "", ""]
    assert parsed.values[1] == pd.Timestamp(2025, 4, 25)


def test_a_declared_format_is_obeyed_but_by_typed_cells() -> None:
    parsed = read(["2025-04-03T10:00:00\x01", "03/04/2025", "2025-04-03T10:00:00"], "day", formats=("%d/%m/%Y",))
    assert list(parsed.values[:2]) == [pd.Timestamp(2025, 4, 3)] * 2
    assert faults(parsed) == ["", "", "bad"]


def test_a_z_that_a_format_declares_as_a_letter_is_on_the_local_clock() -> None:
    parsed = read(["2025-03-01T08:00:00Z"], "moment", formats=("%Y-%m-%dT%H:%M:%SZ",), zone=JAKARTA)
    assert parsed.values[0] == pd.Timestamp("2025-03-01T08:00+07:00")


@pytest.mark.parametrize(
    ("texts", "formats", "is_date"),
    [
        (["03/04/2025", "04/04/2025"], ("%d/%m/%Y",), [True, True]),
        (["03/04/2025 00:00", "04/04/2025"], ("%d/%m/%Y %H:%M", "%d/%m/%Y"), [False, True]),
        (["3 Mei 2025", "3 Mei 2025 08.00 AM"], ("%d %B %Y", "%d %B %Y %I.%M %p"), [True, False]),
        (["2025-04-03", "2025-04-03 00:00", "2025-04-03T00:00:00.5"], (), [True, False, False]),
        (["1735689600"], ("epoch",), [False]),
        (["2025-04-03T00:00:00\x01", "2025-04-04T00:00:00\x01"], ("%d/%m/%Y",), [True, True]),
        (["2025-04-03T00:00:00\x01", "2025-04-04T08:00:00.5\x01"], ("%d/%m/%Y",), [False, False]),
    ],
)
def test_a_moment_without_an_hour_is_known_for_a_date(
    texts: list[str | None], formats: tuple[str, ...], is_date: list[bool]
) -> None:
    parsed = read(texts, "moment", formats=formats)
    assert parsed.is_date is not None
    assert (faults(parsed), parsed.is_date.tolist()) == ([""] * len(texts), is_date)


def test_an_hour_that_comes_twice_is_the_first_and_one_that_never_comes_moves_forward() -> None:
    zone = ZoneInfo("America/New_York")
    parsed = read(["2011-11-06 01:30:00", "2011-03-13 02:30:00"], "moment", formats=("%Y-%m-%d %H:%M:%S",), zone=zone)
    assert list(parsed.values) == [pd.Timestamp("2011-11-06T05:30Z"), pd.Timestamp("2011-03-13T07:00Z")]


def test_serial_numbers_of_excel_are_dates_or_moments() -> None:
    parsed = read(["45719", "45719.354166666664e0", "1"], "moment", formats=("excel",), zone=JAKARTA)
    assert list(parsed.values[:2]) == [pd.Timestamp("2025-03-03T00:00+07:00"), pd.Timestamp("2025-03-03T08:30+07:00")]
    assert faults(parsed) == ["", "", "bad"]
    dates = read(["45719", "45720"], "moment", formats=("excel",))
    assert dates.is_date is not None
    assert dates.is_date.all()


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("03/03/2025 24:00", "%d/%m/%Y %H:%M", "2025-03-04T00:00+07:00"),
        ("2025-12-31T24:00:00Z", None, "2026-01-01T00:00Z"),
        ("2025-01-24T00:50:52Z", None, "2025-01-24T00:50:52Z"),
        ("Jan 24 2025 00:30", "%b %d %Y %H:%M", "2025-01-24T00:30+07:00"),
        ("Senin, 3 Maret 2025 pukul 08.30 WIB", "%d %B %Y %H.%M", "2025-03-03T08:30+07:00"),
        ("Jum\u2019at, 7 Agst 2025 08.30 WITA", "%A, %d %B %Y %H.%M", "2025-08-07T08:30+08:00"),
        ("3 Agus 2025 08.30 WIT", "%d %b %Y %H.%M", "2025-08-03T08:30+09:00"),
        ("3/3/2025 08.30 WIB", "%d/%m/%Y %H.%M WIB", "2025-03-03T08:30+07:00"),
        ("3/3/2025 pukul 8:05 PM", "%d/%m/%Y %I:%M %p", "2025-03-03T20:05+07:00"),
    ],
)
def test_what_offices_write_around_a_moment_is_read(text: str, form: str | None, moment: str) -> None:
    parsed = read([text, "31/12/2025"], "moment", formats=(form, "%d/%m/%Y") if form else (), zone=JAKARTA)
    assert (parsed.values[0], faults(parsed)[0]) == (pd.Timestamp(moment), "")


def test_epoch_seconds_and_milliseconds_are_utc() -> None:
    assert read(["1735689600"], "moment", formats=("epoch",)).values[0] == pd.Timestamp("2025-01-01T00:00Z")
    assert read(["1735689600000"], "moment", formats=("epoch_ms",)).values[0] == pd.Timestamp("2025-01-01T00:00Z")


@pytest.mark.parametrize(
    ("text", "count"), [("1.234", 1234), ("12.345.678", 12345678), ("987", 987), ("1,0", 1), ("1234", 1234)]
)
def test_declared_thousands_are_read(text: str, count: int) -> None:
    assert read([text], "count", thousands=".", decimal=",").values[0] == count


def test_a_grouped_looking_count_without_declared_thousands_is_ambiguous_not_1_234() -> None:
    parsed = read(["1.234", "1,234"], "count")
    assert parsed.values.isna().all()
    assert faults(parsed) == ["ambiguous", "ambiguous"]


@pytest.mark.parametrize("text", ["dua belas", "12 kodi", "1.5", "0x10", "1e3", "١٢"])
def test_what_is_no_whole_number_is_a_bad_count(text: str) -> None:
    assert faults(read([text], "count")) == ["bad"]


def test_a_typed_spreadsheet_number_is_not_taken_for_a_grouped_one() -> None:
    assert read(["1.5e0", "2"], "number", thousands=".", decimal=",").values.tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("text", "marks", "count"),
    [
        ("412.000 Jiwa", {"thousands": ".", "decimal": ","}, 412_000),
        ("412 ribu jiwa", {}, 412_000),
        ("412 ribu jiwa", {"scale": 1000}, 412_000),
        ("412 jiwa", {"scale": 1000}, 412_000),
        ("1,5 juta", {"decimal": ","}, 1_500_000),
        ("Rp 1.000.000,00", {"thousands": ".", "decimal": ","}, 1_000_000),
        ("12 layanan", {}, 12),
        ("412.345", {"decimal": ".", "scale": 1000, "thousands": ","}, None),
        ("412.3", {"scale": 1000}, 412_300),
        ("412.000 Jiwa", {}, None),
        ("12 kg", {}, None),
    ],
)
def test_words_around_a_count_are_read_and_its_marks_never_guessed(
    text: str, marks: dict[str, object], count: int | None
) -> None:
    found = read([text], "count", **marks).values[0]
    assert (None if pd.isna(found) else found) == count


@pytest.mark.parametrize(
    ("texts", "flags", "expected_faults"),
    [
        (["√", "✓", "v", "✔\ufe0f", None], [True, True, True, True, None], ["", "", "", "", ""]),
        (["x", "X", None], [True, True, None], ["", "", ""]),
        (["✓", "x", "✗"], [True, None, False], ["", "ambiguous", ""]),
    ],
)
def test_ticks_are_yes_and_a_cross_beside_them_is_unclear(
    texts: list[str | None], flags: list[bool | None], expected_faults: list[str]
) -> None:
    parsed = read(texts, "flag")
    assert [None if pd.isna(flag) else flag for flag in parsed.values] == flags
    assert faults(parsed) == expected_faults


def test_nulls_stay_null_without_a_fault() -> None:
    for kind in ("text", "count", "number", "moment", "day", "flag"):
        parsed = read([None], kind)  # type: ignore[arg-type]
        assert parsed.values.isna().all()
        assert not any(faults(parsed))


def test_a_flag_that_is_neither_yes_nor_no_is_bad() -> None:
    parsed = read(["Ya", "tidak", "mungkin"], "flag")
    assert parsed.values.tolist()[:2] == [True, False]
    assert faults(parsed) == ["", "", "bad"]
