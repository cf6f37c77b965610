"""What a clean table holds and tells of its sources and files, when it is made anew, and how a damaged one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import DataRejected, SourceUnavailable
from connectors.objects import Storage
from pipeline.clean.dataset import Dataset, clean_table, dataset, dataset_name, dataset_path, read_dataset
from pipeline.clean.wholeness import LIST
from pipeline.config.city import City
from pipeline.landing import Manifest, land, new_ids, write_erased_ids
from pipeline.periods import Period
from pipeline.progress import Meter
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


def test_things_that_two_sources_tell_are_counted_of_whole_sound_rows_and_pair_by_pair(tmp_path: Path) -> None:
    source = {
        **{"table": "services", "format": "csv", "exclude": {"test": {"column": "nama", "values": ["uji"]}}},
        "columns": {"service_id": "no", "name": "nama", "is_accessible_online": "a", "is_requestable_online": "a"},
    }
    things = {
        "a.csv": ["1,Satu", "2,Dua", "3,Tiga", "4,", "5,uji", "6,Enam"],
        "b.csv": ["01,SATU", "01,SATU", "2,Lain", "4,", "5,uji"],
        "c.csv": ["9,Sembilan"],
        "d.csv": ["2,DUA", "3,tiga", "9,Lain"],
    }
    files = {name: ["no,nama,a", *(f"{line},true" for line in lines)] for name, lines in things.items()}
    made = cleaned(tmp_path, {name: source | {"path": f"{name}.csv"} for name in "abcd"}, files)
    assert made.shares["in_two_sources_pct"] == {
        "a + b": [25, "1 / 4"],
        "a + d": [pytest.approx(200 / 3), "2 / 3"],
    }


DELETED = ["id,at,deleted_at,Dihapus"]


def columns_not_read(folder: Path, *files: list[str]) -> dict[str, list[Any]]:
    """The signs of columns that nothing reads, of a source of some files."""
    folder.mkdir()
    named = {f"{number}.csv": lines for number, lines in enumerate(files)}
    shares = cleaned(folder, {"upik": UPIK | {"path": "*.csv", "nulls": ["-"]}}, named).shares
    assert shares["full_files_count"] == {}
    return {place: list(of) for place, of in shares["unread_deletions_count"].items()}


def test_columns_that_nothing_reads_are_told_where_they_tell_rows_apart_in_any_file(tmp_path: Path) -> None:
    sound = [f"s{number},2025-03-01,," for number in range(40)]
    same = [*DELETED, *sound, "a,2025-03-01,-, -", "b,2025-03-02, ,", "c,2025-03-02,1,2,3"]
    assert columns_not_read(tmp_path / "same", same) == {}
    told = [*same, "d,2025-03-03,2025-04-01,Ya"]
    assert columns_not_read(tmp_path / "both", told) == {"upik header": [2.0, "Dihapus; deleted_at"]}
    yes = [f"{line}Ya" for line in sound]
    assert columns_not_read(tmp_path / "case", [*DELETED, *yes, "x,2025-03-01,, YA "]) == {}
    without = ["id,at", "x,2025-03-01"]
    second = {"upik header": [1.0, "Dihapus"]}
    assert columns_not_read(tmp_path / "second", without, [*DELETED, *yes, "x,2025-03-01,,"]) == second
    assert columns_not_read(tmp_path / "between", [*DELETED, *yes], [*DELETED, "x,2025-03-01,,"]) == second


@pytest.mark.parametrize(
    ("count", "names"), [(5, "0.csv; 1.csv; 2.csv; 3.csv; 4.csv"), (6, "0.csv; 1.csv; 2.csv; 3.csv; 4.csv; ...")]
)
def test_the_first_few_files_that_are_full_are_named(tmp_path: Path, count: int, names: str) -> None:
    files = {f"{n}.csv": ["id,at", *(f"{n}-{row},2025-03-01" for row in range(100))] for n in range(count)}
    dataset = cleaned(tmp_path, {"upik": UPIK | {"path": "*.csv"}}, files)
    assert dataset.shares["full_files_count"] == {"upik path": [float(count), names]}


def test_columns_of_another_meaning_are_told_by_source(tmp_path: Path) -> None:
    forwarded = {"responded_at": {"column": "Tanggal Disposisi", "format": "%Y-%m-%d"}}
    source = UPIK | {"columns": UPIK["columns"] | forwarded}
    rows = {"upik.csv": ["id,at,Tanggal Disposisi", "a,2025-03-01,2025-03-02"]}
    assert cleaned(tmp_path, {"upik": source}, rows).shares["other_meanings_count"] == {
        "upik columns": [1.0, "responded_at: Tanggal Disposisi"]
    }


def test_answers_received_before_the_month_that_was_asked_for_are_told_of_a_system_s_source(tmp_path: Path) -> None:
    days = [*(f"a{n},2025-02-{n:02}" for n in range(1, 10)), *(f"b{n},2025-03-{n:02}" for n in range(1, 28))]
    (tmp_path / "20250301-20250401.csv").write_text("\n".join(["id,at", *days, ""]), "utf-8")
    manifests = landed(tmp_path, {"upik": UPIK | {"path": "*.csv"}})
    pulled = {name: value for name, value in UPIK.items() if name != "path"}
    options = {"query": "select id, at from t where closed >= :start_at"}
    city = city_of(tmp_path, {"upik": pulled | {"connector": "sql", "connection": "meja", "options": options}})
    made = dataset(tmp_path / "home", city=city, table_name="inquiries", manifests=manifests)
    assert made.shares["received_before_asked_pct"] == {"upik options": [25.0, ""]}


def test_a_table_in_the_making_of_which_somebody_is_erased_is_not_kept(tmp_path: Path) -> None:
    class Erasing(Meter):
        """Erases a person once rows are made."""

        def make(self, rows_count: int) -> None:
            super().make(rows_count)
            write_erased_ids(home, "kota-uji", "upik", new_ids(home).with_ids(["a"], decision=1))

    home, city = tmp_path / "home", city_of(tmp_path, {"upik": UPIK})
    (tmp_path / "upik.csv").write_text("id,at\na,2025-03-01\nb,2025-04-01\n")
    manifests = landed(tmp_path, {"upik": UPIK})
    with pytest.raises(SourceUnavailable) as raised:
        clean_table(home, city=city, table_name="inquiries", manifests=manifests, meter=Erasing())
    assert raised.value.id == (
        "kota-uji, tabel inquiries: ada orang yang dihapus sementara tabel ini dibuat. Jalankan lagi."
    )
    assert raised.value.en == "kota-uji, table inquiries: a person was erased while this table was made. Run again."
    assert [*(home / "clean").rglob("*.parquet")] == []
    frame = dataset(home, city=city, table_name="inquiries", manifests=manifests).frame
    assert frame["excluded_by"].astype("str").fillna("").tolist() == ["erased", ""]


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
    assert (tmp_path / "home" / "clean" / "kota-uji" / "log-summaries").is_dir(), "what leaves no machine"
    headline = dataset.frame[dataset.frame["variant"] == "headline"]
    assert (int(headline["visits_count"].sum()), headline["visited_on"].nunique()) == (20, 20)
    assert [one.en.partition(" (")[0] for one in dataset.remarks if one.code == "log_file_unread"] == [
        "access.log: 1 / 21"
    ]
    whole = cleaned(tmp_path, {"log": source}, {"access.log": lines})
    assert "log_file_unread" not in {remark.code for remark in whole.remarks}


def test_where_the_later_file_wins_a_row_that_it_leaves_out_is_left_out_in_the_earlier_too(tmp_path: Path) -> None:
    source = UPIK | {
        "path": "*.csv",
        "later_file_wins": True,
        "exclude": {"test": {"column": "jenis", "values": ["uji"]}},
    }
    files = {
        "a.csv": ["id,at,jenis", *(f"{name},2025-03-01,aduan" for name in "pqr")],
        "b.csv": ["id,at,jenis", "p,2025-03-05,aduan", "q,2025-03-05,uji"],
    }
    frame = cleaned(tmp_path, {"upik": source}, files).frame
    told = [frame["inquiry_id"], frame["received_at"].dt.tz_convert("Asia/Jakarta").dt.day.astype("str")]
    fates = zip(*told, frame["excluded_by"].astype("str").fillna("sound"), strict=True)
    assert sorted(fates) == [
        ("p", "1", "superseded"),
        ("p", "5", "sound"),
        ("q", "1", "superseded"),
        ("q", "5", "test"),
        ("r", "1", "sound"),
    ]


def test_what_a_reader_finds_worth_knowing_is_told_of_the_table(tmp_path: Path) -> None:
    source = UPIK | {"path": "upik.xlsx", "format": "xlsx"}
    remarks = cleaned(tmp_path, {"upik": source}, {"upik.xlsx": ["id,at", "a,2025-03-01"]}).remarks
    assert [remark.code for remark in remarks] == ["text_called_workbook"]


def test_columns_of_records_that_say_nothing_or_null_tell_no_rows_apart(tmp_path: Path) -> None:
    source = UPIK | {"path": "a.json", "format": "json", "nulls": ["-"]}
    told = []
    for values in ((None, "", "-"), (None, "1", "1")):
        records = [{"id": f"{n}", "at": "2025-03-01", "deleted_at": value} for n, value in enumerate(values)]
        dataset = cleaned(tmp_path, {"upik": source}, {"a.json": [json.dumps(records)]})
        told.append(dataset.shares["unread_deletions_count"])
    assert told == [{}, {"upik header": [1.0, "deleted_at"]}]


def test_a_meter_is_told_of_all_bytes_and_rows(tmp_path: Path) -> None:
    (tmp_path / "upik.csv").write_text("id,at\na,2025-03-01\nb,2025-04-01\n")
    manifests, meter = landed(tmp_path, {"upik": UPIK}), Meter()
    city = city_of(tmp_path, {"upik": UPIK})
    clean_table(tmp_path / "home", city=city, table_name="inquiries", manifests=manifests, meter=meter)
    size = (tmp_path / "upik.csv").stat().st_size
    assert (meter.expected_bytes, meter.bytes_read, meter.rows_made) == (size, size, 2)


def test_a_clean_table_goes_to_the_storage_once_and_its_list_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLOK_HOME", f"memory://{tmp_path.name}")
    monkeypatch.setenv("TOLOK_MIRROR", str(tmp_path / "home"))
    monkeypatch.setenv("TOLOK_WAREHOUSE", "postgresql://db.example/tolok")
    (tmp_path / "upik.csv").write_text("id,at\na,2025-03-01\nb,2025-04-01\n")
    city, manifests, pushed, put = city_of(tmp_path, {"upik": UPIK}), landed(tmp_path, {"upik": UPIK}), [], Storage.put

    def noted(storage: Storage, file: Path, key: str, **how: Any) -> bool:
        pushed.append(file.name)
        return put(storage, file, key, **how)

    monkeypatch.setattr(Storage, "put", noted)
    for _ in range(2):
        clean_table(tmp_path / "home", city=city, table_name="inquiries", manifests=manifests)
    assert len(pushed) == len(set(pushed)) > 2
    assert pushed[-1] == LIST


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
