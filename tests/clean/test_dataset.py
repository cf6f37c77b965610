"""A clean table that lost a file, or bytes of one, is refused by name; nothing is computed from what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import DataRejected
from pipeline.clean.dataset import clean_table, dataset_path, read_dataset
from pipeline.config.city import City
from pipeline.landing import land
from pipeline.periods import Period
from pipeline.tables import TABLES

CITY = {
    "city": "kota-uji",
    "name": "Kota Uji",
    "zone": "Asia/Jakarta",
    "region_codes": {"kemendagri": "99.71"},
    "sources": {
        "upik": {
            "table": "inquiries",
            "format": "csv",
            "path": "upik.csv",
            "columns": {"inquiry_id": "id", "received_at": {"column": "at", "format": "%Y-%m-%d"}},
        }
    },
}


@pytest.mark.parametrize("left", [None, b"", 100])
def test_a_month_file_missing_or_cut_is_named(tmp_path: Path, left: bytes | int | None) -> None:
    (tmp_path / "upik.csv").write_text("id,at\na,2025-03-01\nb,2025-04-01\n")
    city = City.model_validate(CITY | {"folder": tmp_path})
    manifest = land(tmp_path, city=city, source_name="upik", period=Period.parse("2025"))
    name = clean_table(tmp_path, city=city, table_name="inquiries", manifests=[manifest])
    path = dataset_path(tmp_path, city, "inquiries", name)
    assert len(read_dataset(path, TABLES["inquiries"]).frame) == 2
    month = path / "2025-03.rows.parquet"
    content = month.read_bytes()
    month.unlink()
    if left is not None:
        month.write_bytes(content[:left] if isinstance(left, int) else left)
    with pytest.raises(DataRejected, match=r"2025-03\.rows\.parquet"):
        read_dataset(path, TABLES["inquiries"])
