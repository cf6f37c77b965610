"""Dates, numbers and labels in both languages."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from pipeline.language import Language
from pipeline.language.language import CATALOGUES

ID, EN = Language("id"), Language("en")
JAYAPURA = datetime(2025, 8, 17, 10, 15, tzinfo=ZoneInfo("Asia/Jayapura"))


def test_dates_periods_and_months_are_written_as_each_language_does() -> None:
    assert (ID.day(date(2025, 8, 17)), EN.day(date(2025, 8, 17))) == ("17 Agustus 2025", "17 August 2025")
    assert (ID.moment(JAYAPURA), EN.moment(JAYAPURA)) == ("17 Agustus 2025 10.15 WIT", "17 August 2025 10:15 WIT")
    assert [ID.period(label) for label in ("2025", "2025-03", "2025-06-ytd", "2025-06-r12")] == [
        *("2025", "Maret 2025", "Januari–Juni 2025", "Juli 2024–Juni 2025"),
    ]
    assert (ID.month(8), EN.month(8)) == ("Agu", "Aug")


@pytest.mark.parametrize("value", [0.0, 3.5, 77530.99, 1234567.891, -12.3])
def test_numbers_are_those_of_the_locale(value: float) -> None:
    for language in (ID, EN):
        assert language.number(value) == format_decimal(value, "#,##0.##", locale=language.code)


def test_an_id_is_called_by_its_word_and_a_column_by_what_is_wrong_with_it() -> None:
    assert (ID.label("not_city_service"), EN.label("not_city_service")) == ("bukan layanan kota", "not city service")
    assert (ID.label("bad_received_at"), EN.label("bad_received_at")) == (
        *("waktu diterima tidak terbaca", "received_at unreadable"),
    )


def test_of_a_text_in_both_languages_one_half_is_shown() -> None:
    assert (ID.of_both("berkas dikoreksi / corrected file"), EN.of_both("berkas dikoreksi / corrected file")) == (
        *("berkas dikoreksi", "corrected file"),
    )


def test_every_catalogue_is_whole_and_keeps_the_names_of_its_messages() -> None:
    paths = sorted(CATALOGUES.glob("*/*.po"))
    assert paths
    for path in paths:
        catalogue = read_po(path.open("rb"), locale=path.parent.name)
        assert [m.id for m in catalogue if m.id and (not m.string or m.fuzzy)] == []
        assert list(catalogue.obsolete) == []
        assert [m.id for m in catalogue if m.id and _fields(m.id) != _fields(m.string)] == []


def test_no_two_catalogues_say_a_message_differently() -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for path in CATALOGUES.glob("*/*.po"):
        for message in read_po(path.open("rb"), locale=path.parent.name):
            if message.id:
                said.setdefault((path.parent.name, message.id), set()).add(message.string)
    assert said
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


def _fields(text: str) -> set[str]:
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(text) if name}
