"""Values of category-like columns that hold a person's phone, identity number or e-mail: masked and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from connectors.numerals import number, number_en
from connectors.remarks import Remark
from pipeline.clean.first_reason import Flags
from pipeline.clean.text_bytes import arrow_of
from pipeline.tables import Column, Table

MASKED = "(data pribadi / personal data)"
_PHONE = r"(?:^|[^\d])(?:\+?62|0)[ .-]?8\d{1,2}[ .-]?\d{3,4}[ .-]?\d{2,6}(?:[^\d]|$)"
_IDENTITY_NUMBER = r"(?:^|\D)\d{4}[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{4}(?:\D|$)"
_EMAIL = r"[^\s@]@[\w-]+\.\w"
_SHAPES = f"{_PHONE}|{_IDENTITY_NUMBER}|{_EMAIL}"
# A mailbox of an office is a channel and no person's.
_OFFICE_EMAIL = r"(?i)[^\s@]+@[\w.-]+\.(?:go|desa)\.id\b"


def masked(texts: pd.Series, column: Column) -> tuple[pd.Series, Flags | None]:
    """The texts, those that look personal replaced by one label, and which those are; null where there are none."""
    if column.kind != "text" or column.allowed or column.name.endswith("_id"):
        return texts, None
    others = pc.replace_substring_regex(arrow_of(texts.astype("str")), _OFFICE_EMAIL, "")
    found = pc.fill_null(pc.match_substring_regex(others, _SHAPES), fill_value=False)
    is_personal = found.to_numpy(zero_copy_only=False)
    return (texts.mask(is_personal, MASKED), is_personal) if is_personal.any() else (texts, None)


@dataclass
class PersonalTexts:
    """Counts of rows with a masked value, by clean column."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, column: str, rows: Flags) -> None:
        """Count the rows of a block too."""
        self.counts[column] += int(np.count_nonzero(rows))

    def remarks(self, name: str, *, table: Table) -> list[Remark]:
        """One for each column of a source, by its name; what tells things apart keeps provisional."""
        return [
            Remark(
                "personal_values",
                f"{name}: {column}: {number(count)} baris memuat telepon, NIK atau surel dan ditampilkan sebagai "
                f"'{MASKED}'. Bersihkan kolom itu, petakan kolom lain, atau tulis 'values' untuknya",
                f"{name}: {column}: {number_en(count)} rows hold a phone, an identity number or an e-mail, and are "
                f"shown as '{MASKED}'. Clean that column, map another, or write 'values' for it",
                keeps_provisional=column in table.key,
            )
            for column, count in sorted(self.counts.items())
        ]
