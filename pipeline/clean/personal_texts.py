"""Values of category-like columns that tell of a person: one named stand-in, and counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from connectors.numerals import counted_en, number
from connectors.personal_data import personal_kind
from connectors.remarks import Remark
from pipeline.clean.first_reason import Flags
from pipeline.clean.personal_ids import IdNumbers, of_persons
from pipeline.tables import Column, Table

MASKED = "(data pribadi / personal data)"


def masked(texts: pd.Series, column: Column) -> tuple[pd.Series, Flags | None]:
    """The texts, those that tell of a person replaced by one label, and which those are; null where there are none."""
    if not column.names_group:
        return texts, None
    found = {text: personal_kind(text, but=column.may_hold) is not None for text in texts.dropna().unique()}
    if not any(found.values()):
        return texts, None
    is_personal = texts.map(found).fillna(False).to_numpy(bool)
    return texts.mask(is_personal, MASKED), is_personal


def masked_ids(
    ids: pd.Series, rows: pd.Series, column: Column, *, file_id: str, seen: IdNumbers
) -> tuple[pd.Series, Flags | None]:
    """The ids, those that tell of a person replaced by the label with file and row, and which those are.

    Numbers are held against those `seen` in the blocks before.
    """
    if column.names_group or not column.name.endswith("_id"):
        return ids, None
    is_personal = of_persons(ids, seen)
    if not is_personal.any():
        return ids, None
    label = " ".join(filter(None, (MASKED, file_id)))
    return ids.astype("str").mask(is_personal, f"{label} " + rows.astype("str")), is_personal


@dataclass
class PersonalTexts:
    """Counts of rows with a masked value, and what numbers their ids hold, by clean column."""

    counts: Counter[str] = field(default_factory=Counter)
    id_numbers: defaultdict[str, IdNumbers] = field(default_factory=lambda: defaultdict(IdNumbers))

    def add(self, column: str, rows: Flags) -> None:
        """Count the rows of a block too."""
        self.counts[column] += int(np.count_nonzero(rows))

    def remarks(self, name: str, *, table: Table) -> list[Remark]:
        """One for each column of a source, by its name; what tells things apart keeps provisional."""
        return [
            Remark(
                "personal_values",
                f"{name}: {column}: {number(count)} baris memuat data pribadi (NIK, telepon, surel, akun, nama, "
                f"alamat, atau kalimat warga) dan ditampilkan sebagai '{MASKED}'. Bersihkan kolom itu, petakan kolom "
                "lain, atau tulis 'values' untuknya",
                f"{name}: {column}: {counted_en(count, 'row holds', 'rows hold')} personal data (an identity number, "
                f"phone, e-mail, account, name, address or a citizen's own words), shown as '{MASKED}'. Clean that "
                "column, map another, or write 'values' for it",
                keeps_provisional=column in table.key,
            )
            for column, count in sorted(self.counts.items())
        ]
