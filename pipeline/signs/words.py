"""Rows whose own words say that they are examples or tests, or that they are of another government."""

from __future__ import annotations

import pandas as pd

from pipeline.signs.sign import NAMED_MEMBERS, Signs, pct
from pipeline.tables import Table

_NAMED = {
    "services": ("service_id", "name"),
    "inquiries": ("inquiry_id", "category"),
    "outages": ("incident_id", "component"),
}
# A text that begins so; one that is nothing else, for there are services and complaints about tests.
_EXAMPLE = r"\W*(?:contoh|example|dummy|misalnya)\b"
_TEST = r"\W*(?:tes|test|testing|uji ?coba|coba|percobaan|trial)(?: (?:aplikasi|sistem|laporan|tiket|system))?\W*\d*\W*"
_GOVERNMENT = r"^((?:pemerintah(?: daerah)? (?:kota|kab\w*|prov\w*)|pemkot|pemkab|pemprov)\b[^,;>/|-]*)"
_COMMON, _FEWEST = 0.01, 5


def examples(rows: pd.DataFrame, table: Table, *, source_name: str) -> Signs:
    """The share of rows that call themselves examples or tests and are counted all the same."""
    is_example = pd.Series(False, index=rows.index)
    for name in _NAMED[table.name]:
        texts = rows[name].dropna().astype("str").str.removeprefix(f"{source_name}:").str.casefold()
        is_example[texts.index[texts.str.match(_EXAMPLE) | texts.str.fullmatch(_TEST)]] = True
    return {"example_rows_pct": pct(is_example, of_at_least=1)}


def governments(rows: pd.DataFrame) -> tuple[Signs, str]:
    """How many cities, regencies and provinces stand among the agencies, of those with a share of the rows."""
    agencies = rows["agency"].dropna().astype("str").str.casefold()
    counts = agencies.str.extract(_GOVERNMENT, expand=False).str.strip().value_counts()
    found = [str(name) for name in counts[counts >= max(_FEWEST, _COMMON * len(rows))].index]
    return {"governments_count": float(len(found))}, ", ".join(found[:NAMED_MEMBERS])
