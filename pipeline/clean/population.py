"""Population tables: every code carries its authority, so that the same digits never mean two places."""

from __future__ import annotations

import re

import pandas as pd

from connectors.errors import DataRejected
from connectors.numerals import counted_en, number, number_en
from connectors.remarks import Remark
from pipeline.config.city import City
from pipeline.config.population import CODE_SHAPES
from pipeline.config.source import Source
from pipeline.indicators.counting import is_sound

# What a district's code has after its city's.
_PARTS = {"kemendagri": r"\.\d{2}", "bps": r"\d{3}"}


def complete_population(frame: pd.DataFrame, *, source: Source, source_name: str, city: City) -> pd.DataFrame:
    """Give codes their authority, leave out other regions, and quarantine codes not shaped as the authority writes.

    A Kemendagri code is written `32.73`, a BPS code `3273`.
    """
    authority = str(source.authority)
    codes = frame["region_code"]
    own = city.region_codes[source.authority] if source.authority else ""
    is_misshapen = ~codes.fillna("").str.fullmatch(CODE_SHAPES[authority]) & (codes != "other")
    is_free = frame["excluded_by"].isna()
    reasons = frame["quarantine_reason"].mask(frame["quarantine_reason"].isna() & is_free & is_misshapen, "code_shape")
    is_other = is_free & ~is_misshapen & codes.notna() & (codes != own)
    return frame.assign(
        region_code=authority + ":" + codes,
        source=frame["source"].fillna(source_name),
        excluded_by=frame["excluded_by"].mask(is_other, "other_region"),
        quarantine_reason=reasons.mask(is_other),
    )


def unread_figures(frame: pd.DataFrame, *, source: Source, source_name: str, city: City) -> list[Remark]:
    """A remark for judged rows that cannot be read and may hold the city's figure: of its digits, or of no code."""
    own = city.region_codes[source.authority] if source.authority else ""
    digits = frame["region_code"].str.replace(r"\D", "", regex=True)
    may_be_own = digits.isna() | (digits == own.replace(".", "")) | (frame["quarantine_reason"] == "error_region_code")
    unread = frame[frame["quarantine_reason"].notna() & may_be_own]
    if unread.empty:
        return []
    counts = unread["quarantine_reason"].astype("str").value_counts().sort_index()
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts.items())
    first = int(unread["source_row"].min())
    return [
        Remark(
            "population_row_unread",
            f"{source_name}: {len(unread)} baris penduduk yang mungkin milik kota ini tidak terbaca ({reasons}), "
            f"mulai baris {first}; angka kota bisa lain. Perbaiki barisnya, atau keluarkan dengan exclude",
            f"{source_name}: {counted_en(len(unread), 'population row', 'population rows')} that may be this city's "
            f"cannot be read ({reasons}), from row {first}; the city's figure may be another. Mend the rows, or leave "
            "them out by exclude",
        )
    ]


def parts_that_differ(frame: pd.DataFrame, *, source: Source, source_name: str, city: City) -> list[Remark]:
    """A remark for each day on which the districts of the city, where they are in the same table, do not add up."""
    own = f"{source.authority}:{city.region_codes[source.authority] if source.authority else ''}"
    is_own = (frame["region_code"] == own) & is_sound(frame)
    codes = frame["region_code"].fillna("")
    is_part = codes.str.fullmatch(re.escape(own) + _PARTS[str(source.authority)])
    is_part &= frame["excluded_by"].eq("other_region").fillna(False).astype(bool)
    counts = frame["population_count"].astype("Float64")
    by_day = [counts[chosen].groupby(frame["reference_on"]).agg(["sum", "count"]) for chosen in (is_own, is_part)]
    both = by_day[0].join(by_day[1], lsuffix="_own", rsuffix="_parts", how="inner")
    both = both[(both["count_parts"] > 1) & (both["sum_own"] != both["sum_parts"])]
    return [
        Remark(
            "parts_differ",
            f"{source_name}: {day.date()}: {row['count_parts']:g} baris kecamatan berjumlah "
            f"{number(row['sum_parts'])}, padahal angka kota {number(row['sum_own'])}. Tanyakan kepada pemiliknya mana "
            "yang benar; bila kecamatan memang tidak lengkap, keluarkan barisnya dengan exclude: {duplicate: ...}",
            f"{source_name}: {day.date()}: {row['count_parts']:g} rows of districts add up to "
            f"{number_en(row['sum_parts'])}, but the city's figure is {number_en(row['sum_own'])}. Ask their owner "
            "which is right; where the districts are not complete, leave their rows out by exclude: {duplicate: ...}",
        )
        for day, row in both.iterrows()
    ]


def refuse_several_figures(frame: pd.DataFrame, *, source_name: str) -> None:
    """Raise `DataRejected` where a source has several figures of the city for one day: by sex, age or district.

    Figures that happen to be equal are as many as others, unless each is of a file of its own.
    """
    of_one_file = frame.duplicated(["region_code", "reference_on", "source", "source_file_id"], keep=False)
    is_copy = of_one_file & (frame["excluded_by"] == "duplicate_row")
    clashing = frame[(frame["quarantine_reason"] == "duplicate_key") | is_copy]
    if clashing.empty:
        return
    day, count = clashing["reference_on"].iloc[0].date(), len(clashing) + int(is_copy.any())
    raise DataRejected(
        id=f"Sumber '{source_name}': {count} baris penduduk untuk kota ini dan hari yang sama, misalnya {day} "
        "(duplicate_key). Jika terpilah menurut jenis kelamin, umur atau kecamatan, jumlahkan di YAML: "
        f"sources.{source_name}.combine: {{by: [region_code, reference_on], how: sum}}; jika ada baris jumlah, "
        "keluarkan dengan exclude: {grand_total: ...}.",
        en=f"Source '{source_name}': {count} population rows of this city and the same day, such as {day} "
        "(duplicate_key). If they are by sex, age or district, add them up in the YAML: "
        f"sources.{source_name}.combine: {{by: [region_code, reference_on], how: sum}}; where a row holds their sum, "
        "leave it out by exclude: {grand_total: ...}.",
    )
