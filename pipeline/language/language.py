"""One language: its gettext catalogues, one `.po` file a room, and its ways to write dates, periods and numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal

from connectors.numerals import number, number_en
from pipeline.periods import Period

Code = Literal["id", "en"]
LANGUAGES: tuple[Code, ...] = ("id", "en")
CATALOGUES = Path(__file__).parent
# What the first part of an id says of the column it names, such as `bad_received_at`.
_ABOUT_A_COLUMN: Mapping[str, str] = {
    "after_extraction_": "after the extraction",
    "ambiguous_": "ambiguous",
    "bad_": "unreadable",
    "error_": "error cell",
    "missing_": "missing",
    "other_population_": "as the population's source",
    "sentinel_": "stand-in date",
    "too_small_": "too small",
    "unknown_": "not in the list",
}


@dataclass(frozen=True)
class Language:
    """A reader's language, `id` or `en`. Messages are written in English in the code and looked up in the catalogue."""

    code: Code

    def __call__(self, message: str, /, **values: object) -> str:
        """The message in this language, with `{name}` filled in; in English where the catalogue has none."""
        text = _translations(self.code).gettext(message)
        return text.format(**values) if values else text

    def either(self, in_id: str, in_en: str) -> str:
        """Of a text that is kept in both languages the one to show."""
        return in_id if self.code == "id" else in_en

    def of_both(self, text: str) -> str:
        """The half to show of a text written as `Bahasa Indonesia / English`; all of one that is not."""
        in_id, slash, in_en = text.partition(" / ")
        return self.either(in_id, in_en) if slash else text

    def label(self, name: str) -> str:
        """What an id of a rule, reason, variant, dimension or table is called."""
        translations = _translations(self.code)
        spaced = name.replace("_", " ")
        if (found := translations.gettext(spaced)) != spaced:
            return found
        for prefix, said in _ABOUT_A_COLUMN.items():
            if name.startswith(prefix):
                return self(f"{{column}} {said}", column=self._column(name.removeprefix(prefix)))
        return spaced

    def _column(self, name: str) -> str:
        """What a column of a clean table is called where there is a word for it, else its id."""
        message = f"column {name}"
        told = _translations(self.code).gettext(message)
        return name if told == message else told

    def number(self, value: float | None, *, decimals: int = 2) -> str:
        """A number such as `94.696,97` or `94,696.97`, without trailing zeros; a dash for none."""
        return (number if self.code == "id" else number_en)(value, decimals=decimals)

    def quotient(self, numerator: float | None, denominator: float | None, *, scale: float) -> str:
        """Both parts of a value to be divided again by hand, scale included, such as `33 : 60 × 100`."""
        parts = f"{self.number(numerator)} : {self.number(denominator, decimals=5)}"
        if scale > 1:
            return f"{parts} × {self.number(scale)}"
        return f"{parts} : {self.number(1 / scale)}" if scale < 1 else parts

    def percent(self, value: float | None) -> str:
        """A share with one decimal; a dash when it is not known."""
        return f"{self.number(value, decimals=1)} %" if value is not None else self.number(None)

    def day(self, day: date) -> str:
        """A day such as `17 Agustus 2025`."""
        from babel.dates import format_date

        return format_date(day, "d MMMM y", locale=self.code)

    def moment(self, moment: datetime) -> str:
        """A moment to the minute in its own zone, such as `17 Agustus 2025 10.15 WIB`."""
        from babel.dates import format_datetime

        clock = "HH.mm" if self.code == "id" else "HH:mm"
        # Indonesia's zones have short names in its own language only.
        zone = format_datetime(moment, "zzz", locale="id")
        return f"{format_datetime(moment, f'd MMMM y {clock}', locale=self.code)} {zone}"

    def period(self, label: str) -> str:
        """A period as people say it: `2025`, `Maret 2025`, `Januari–Juni 2025`."""
        from babel.dates import format_date

        period = Period.parse(label)
        if period.is_year:
            return label
        first, last = period.months[0], period.months[-1]
        ending = format_date(last.first_on, "MMMM y", locale=self.code)
        if first == last:
            return ending
        beginning = "MMMM" if first.year == last.year else "MMMM y"
        return f"{format_date(first.first_on, beginning, locale=self.code)}–{ending}"

    def month(self, month: int) -> str:
        """A month's short name, such as `Agu`."""
        from babel.dates import get_month_names

        return str(get_month_names("abbreviated", locale=self.code)[month])


@cache
def _translations(code: Code) -> NullTranslations:
    """All catalogues of a language as one."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    joined = Catalog(locale=code)
    for path in sorted((CATALOGUES / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if message.id:
                    joined.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, joined)
    return GNUTranslations(io.BytesIO(compiled.getvalue()))
