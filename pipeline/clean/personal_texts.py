"""Values of category-like columns that tell of a person: one named stand-in, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from connectors.numerals import number, number_en
from connectors.personal_data import is_identity_number, personal_kind
from connectors.remarks import Remark
from pipeline.clean.first_reason import Flags
from pipeline.clean.text_bytes import arrow_of
from pipeline.tables import Column, Table

MASKED = "(data pribadi / personal data)"
# What numbers of tickets may look like.
_IN_IDS = ("address", "plate", "free text", "card or account")


def masked(texts: pd.Series, column: Column) -> tuple[pd.Series, Flags | None]:
    """The texts, those that tell of a person replaced by one label, and which those are; null where there are none."""
    if not column.names_group:
        return texts, None
    found = {text: personal_kind(text, but=column.may_hold) is not None for text in texts.dropna().unique()}
    if not any(found.values()):
        return texts, None
    is_personal = texts.map(found).fillna(False).to_numpy(bool)
    return texts.mask(is_personal, MASKED), is_personal


def masked_ids(ids: pd.Series, rows: pd.Series, column: Column, *, file_id: str) -> tuple[pd.Series, Flags | None]:
    """The ids, those that tell of a person replaced by the label with file and row, and which those are.

    Numbers alone are taken for ids, but for sound identity numbers of persons.
    """
    if column.names_group or not column.name.endswith("_id"):
        return ids, None
    may_tell = pc.match_substring_regex(arrow_of(ids.astype("str")), r"[@\s:]|^\d{16}$")
    is_personal = pc.fill_null(may_tell, fill_value=False).to_numpy(zero_copy_only=False)
    is_personal[is_personal] = ids[is_personal].map(_is_of_person).to_numpy(bool)
    if not is_personal.any():
        return ids, None
    label = " ".join(filter(None, (MASKED, file_id)))
    return ids.astype("str").mask(is_personal, f"{label} " + rows.astype("str")), is_personal


def _is_of_person(text: str) -> bool:
    return is_identity_number(text) if text.isdigit() else personal_kind(text, but=_IN_IDS) is not None


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
                f"{name}: {column}: {number(count)} baris memuat data pribadi (NIK, telepon, surel, nama, alamat, atau "
                f"kalimat warga) dan ditampilkan sebagai '{MASKED}'. Bersihkan kolom itu, petakan kolom lain, atau "
                "tulis 'values' untuknya",
                f"{name}: {column}: {number_en(count)} rows hold personal data (an identity number, phone, e-mail, "
                f"name, address or a citizen's own words), and are shown as '{MASKED}'. Clean that column, map "
                "another, or write 'values' for it",
                keeps_provisional=column in table.key,
            )
            for column, count in sorted(self.counts.items())
        ]
