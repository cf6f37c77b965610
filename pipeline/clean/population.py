"""Population tables: every code carries its authority, so that the same digits never mean two places."""

from __future__ import annotations

import pandas as pd

from pipeline.config import CODE_SHAPES, City, Source


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
