"""What a clean table holds and tells of its sources and files, when it is made anew, and how a damaged one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.errors import DataRejected
from pipeline.clean.dataset import Dataset, clean_table, dataset_name, dataset_path, read_dataset
from pipeline.config.city import City
from pipeline.landing import Manifest, land
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


UPIK: dict[str, Any] = CITY["sources"]["upik"]  # type: ignore[index]
INCIDENTS = {
    **{"table": "outages", "format": "csv"},
    "columns": {
        **{"incident_id": "no", "parent_id": "induk", "component": {"constant": "A"}},
        "started_at": {"column": "mulai", "format": "%Y-%m-%d %H:%M"},
    },
}
LOG_LINE = (
    '203.0.113.7 - - [{day:02}/Jan/2025:09:00:00 +0700] "GET /data HTTP/1.1" 200 5 "-" "Mozilla/5.0 Chrome/126.0"'
)


def city_of(folder: Path, sources: dict[str, Any]) -> City:
    return City.model_validate(CITY | {"folder": folder, "sources": sources})


def landed(folder: Path, sources: dict[str, Any]) -> list[Manifest]:
    city = city_of(folder, sources)
    return [land(folder / "home", city=city, source_name=name, period=Period.parse("2025")) for name in sources]


def cleaned(folder: Path, sources: dict[str, Any], files: dict[str, list[str]]) -> Dataset:
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    (table,) = {str(source["table"]) for source in sources.values()}
    city, manifests = city_of(folder, sources), landed(folder, sources)
    name = clean_table(folder / "home", city=city, table_name=table, manifests=manifests)
    return read_dataset(dataset_path(folder / "home", city, table, name), TABLES[table])


def test_ids_of_several_sources_carry_theirs_and_those_alike_are_counted_without(tmp_path: Path) -> None:
    head, start = "no,induk,mulai", "2025-03-01 08:00"
    rows = {"a.csv": [head, f"007,,{start}", f"7,,{start}", f"5,007,{start}"], "b.csv": [head, f"5,,{start}"]}
    dataset = cleaned(tmp_path, {name: INCIDENTS | {"path": f"{name}.csv"} for name in "ab"}, rows)
    ids = dataset.frame[["incident_id", "parent_id"]].astype("str").fillna("")
    assert sorted(ids.itertuples(index=False, name=None)) == [
        ("a:007", ""),
        ("a:5", "a:007"),
        ("a:7", ""),
        ("b:5", ""),
    ]
    assert dataset.shares["ids_alike_pct"] == {"a incident_id": [pytest.approx(200 / 3), "2 / 3"]}
    assert dataset.shares["in_two_sources_pct"] == {"a + b": [100, "1 / 1"]}
    (alone,) = set(cleaned(tmp_path, {"b": INCIDENTS | {"path": "b.csv"}}, {}).frame["incident_id"])
    assert alone == "5"


def test_a_clean_table_is_made_anew_where_its_rows_or_remarks_may_be_others(tmp_path: Path) -> None:
    (tmp_path / "upik.csv").write_text("id,at\na,2025-03-01\n")
    manifests = landed(tmp_path, {"upik": UPIK})

    def name(**settings: Any) -> str:
        city = city_of(tmp_path, {"upik": UPIK | settings})
        return dataset_name(tmp_path / "home", city, table_name="inquiries", manifests=manifests)

    assert {name(path="b.csv"), name(owner="Diskominfo"), name(licence="CC-BY-4.0")} == {name()}
    year = [{"first_on": "2025-01-01", "last_on": "2025-12-31"}]
    assert len({name(), name(covers=year), name(nulls=["-"]), name(delimiter=";")}) == 4


def test_days_declared_right_take_back_what_was_said_of_wrong_ones(tmp_path: Path) -> None:
    rows = {"upik.csv": ["id,at", *(f"{n},2025-03-{n:02}" for n in range(1, 29))]}
    said = [
        "outside_covers"
        in {
            remark.code
            for remark in cleaned(
                tmp_path,
                {"upik": UPIK | {"covers": [{"first_on": f"{year}-01-01", "last_on": f"{year}-12-31"}]}},
                rows,
            ).remarks
        }
        for year in (2024, 2025)
    ]
    assert said == [True, False]


def test_files_that_are_empty_or_that_stand_out_are_told_and_hold_where_most_cannot_be_read(tmp_path: Path) -> None:
    def file(name: str, sound: int, bad: int) -> list[str]:
        return ["id,at", *(f"{name}{n},2025-03-01" for n in range(sound)), *(f"{name}x{n},besok" for n in range(bad))]

    counts = {"a": (40, 0), "b": (9, 1), "c": (1, 3), "d": (0, 0)}
    files = {f"{name}.csv": file(name, *of) for name, of in counts.items()}
    remarks = cleaned(tmp_path, {"upik": UPIK | {"path": "*.csv"}}, files).remarks
    assert [(one.code, one.en[:5], one.keeps_provisional) for one in remarks if one.code.startswith("file_")] == [
        ("file_unread", "b.csv", False),
        ("file_unread", "c.csv", True),
        ("file_without_rows", "d.csv", False),
    ]


def test_visits_of_a_log_are_counted_and_lines_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    source = {"table": "visits", "format": "access_log", "path": "access.log"}
    lines = [LOG_LINE.format(day=day) for day in range(1, 21)]
    dataset = cleaned(tmp_path, {"log": source}, {"access.log": [*lines, "not a line"]})
    headline = dataset.frame[dataset.frame["variant"] == "headline"]
    assert (int(headline["visits_count"].sum()), headline["visited_on"].nunique()) == (20, 20)
    assert [one.en.partition(" (")[0] for one in dataset.remarks if one.code == "log_file_unread"] == [
        "access.log: 1 / 21"
    ]
    whole = cleaned(tmp_path, {"log": source}, {"access.log": lines})
    assert "log_file_unread" not in {remark.code for remark in whole.remarks}


def test_counts_added_up_over_files_stand_though_the_later_file_wins(tmp_path: Path) -> None:
    source = {
        **{"table": "visits", "format": "csv", "path": "*.csv", "later_file_wins": True},
        "columns": {"visited_on": "hari", "visits_count": "n"},
        "combine": {"by": ["visited_on"], "how": "sum"},
    }
    files = {"a.csv": ["hari,n", "2025-03-01,3"], "b.csv": ["hari,n", "2025-03-01,4"]}
    frame = cleaned(tmp_path, {"situs": source}, files).frame
    assert sorted(frame["excluded_by"].astype("str").fillna("sound")) == ["combined", "sound"]
    assert frame.loc[frame["excluded_by"].isna(), "visits_count"].tolist() == [7]
