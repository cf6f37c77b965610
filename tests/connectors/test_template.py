"""Tolok's workbooks: written empty, filled in as people do, and refused when they are no longer what was given out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.errors import ConfigError, SourceChanged
from connectors.registry import preset
from pipeline import cli
from pipeline.config.city import City
from pipeline.config.presets import with_presets
from pipeline.landing import land
from pipeline.periods import Period
from pipeline.tables import TABLES
from pipeline.template import write_template
from testing.cases import PERSON, Case, FakeFiles, Record
from testing.clean_tables import CleanTable, clean_in_memory
from testing.connector_suite import ConnectorSuite

Row = Callable[[Record], Sequence[object]]


def clock(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=None)


def day(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=None, hour=0, minute=0, second=0)


ROWS: dict[str, Row] = {
    "services": lambda r: (
        *(f"L{r.record_id}", f"Layanan {r.record_id}", "Dinas A", "Umum", "Keduanya", "Loket", "Ya", "Tidak berlaku"),
        *(f"https://a.example/{PERSON}", None, 1200, day(r.at), day(r.ended_at)),
    ),
    "inquiries": lambda r: (
        *(f"P{r.record_id}", "Telepon", "Dinas A", "Jalan", "Selesai"),
        *(clock(r.at), clock(r.ended_at), clock(r.ended_at), None),
    ),
    "outages": lambda r: (
        *(f"G{r.record_id}", None, "Portal", "Listrik", "Tidak terencana"),
        *(clock(r.at), clock(r.ended_at), None),
    ),
    "population": lambda r: (f"99.{int(r.record_id) % 90 + 10}", PERSON, 415_605, day(r.at), PERSON),
}


def filled(path: Path, table: str, rows: Sequence[Sequence[object]]) -> Path:
    """The table's template with these rows, as someone typing them in would leave it."""
    book = openpyxl.load_workbook(write_template(path, table=table))
    for row in rows:
        book["Data"].append(list(row))
    book.save(path)
    return path


class FilledIn(FakeFiles):
    def __init__(self, table: str) -> None:
        self.table = table

    def write(self, folder: Path, records: Sequence[Record]) -> None:
        filled(folder / "isian.xlsx", self.table, [ROWS[self.table](record) for record in records])


class FilledInVisits(FakeFiles):
    def write(self, folder: Path, records: Sequence[Record]) -> None:
        days = [day(record.at) for record in records]
        rows = [(one, days.count(one), PERSON) for one in dict.fromkeys(days)]
        filled(folder / "isian.xlsx", "visits", rows)


class TestTemplateServices(ConnectorSuite):
    CASE = Case("template_services", {"system": "template_services"}, FilledIn("services"), counts="entries")


class TestTemplatePopulation(ConnectorSuite):
    CASE = Case("template_population", {"system": "template_population"}, FilledIn("population"), counts="entries")


class TestTemplateInquiries(ConnectorSuite):
    CASE = Case("template_inquiries", {"system": "template_inquiries"}, FilledIn("inquiries"))


class TestTemplateOutages(ConnectorSuite):
    CASE = Case("template_outages", {"system": "template_outages"}, FilledIn("outages"))


class TestTemplateVisits(ConnectorSuite):
    CASE = Case("template_visits", {"system": "template_visits"}, FilledInVisits(), has_ends=False)


def city(path: Path, table: str) -> City:
    sources = {"isian": {"system": f"template_{table}", "path": str(path)}}
    return City.model_validate(
        {
            **{"city": "kota-uji", "name": "Kota Uji", "zone": "Asia/Jakarta"},
            **{"region_codes": {"kemendagri": "99.71"}, "quarantine_limit_pct": 100, "sources": with_presets(sources)},
        }
    )


def cleaned(path: Path, table: str) -> CleanTable:
    home, settings = path.parent / "home", city(path, table)
    manifest = land(home, city=settings, source_name="isian", period=Period.parse("2025"))
    return clean_in_memory(home, city=settings, table_name=table, manifests=[manifest])


def read(path: Path, table: str) -> Any:
    """Every row of the workbook as a run would clean it, by its row in the sheet."""
    frame = cleaned(path, table).frame
    return frame.set_index(frame["source_row"].astype(int))


@pytest.mark.parametrize("table", TABLES)
def test_there_is_a_workbook_for_every_table_and_empty_it_has_no_rows(table: str, tmp_path: Path) -> None:
    path = write_template(tmp_path / "kosong.xlsx", table=table)
    assert read(path, table).empty


def test_its_own_instructions_are_not_said_to_be_unread_and_a_sheet_of_others_is(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "isian.xlsx", "population", [("99.71", "Kota", 415_605, datetime(2025, 12, 31), "Dukcapil")]
    )
    assert "unread_sheets" not in {remark.code for remark in cleaned(path, "population").remarks}
    book = openpyxl.load_workbook(path)
    book.create_sheet("Catatan").append(["x"])
    book.save(path)
    (said,) = (one.en for one in cleaned(path, "population").remarks if one.code == "unread_sheets")
    assert "Catatan" in said
    assert "Petunjuk" not in said


@pytest.mark.parametrize("table", TABLES)
def test_a_sheet_helps_to_type_what_will_be_read(table: str, tmp_path: Path) -> None:
    headings = preset(f"template_{table}")["source"]["options"]["headings"]
    book = openpyxl.load_workbook(write_template(tmp_path / "kosong.xlsx", table=table))
    sheet = book["Data"]
    assert [cell.value for cell in sheet[1]] == list(headings)
    assert all(cell.comment and headings[str(cell.value)]["en"] in cell.comment.text for cell in sheet[1])
    assert sheet.freeze_panes == "B2"
    lists = [check.formula1 for check in sheet.data_validations.dataValidation if check.type == "list"]
    assert lists == [f'"{",".join(h["choices"])}"' for h in headings.values() if "choices" in h]
    assert all(len(formula) <= 255 for formula in lists)
    dates = {h: sheet.column_dimensions[c.column_letter].number_format for h, c in zip(headings, sheet[1], strict=True)}
    assert all(dates[h].startswith("dd/mm/yyyy") for h in headings if headings[h].get("kind") in ("day", "moment"))
    assert book["Petunjuk"]["A1"].value == f"tolok-{table}-1"


@pytest.mark.parametrize("table", TABLES)
def test_every_choice_is_one_the_mapping_knows(table: str) -> None:
    source = preset(f"template_{table}")["source"]
    known: dict[str, set[str]] = {}
    for column in source["columns"].values():
        if isinstance(column, dict) and "values" in column:
            known.setdefault(column["column"], set()).update(column["values"])
    for rule in source.get("exclude", {}).values():
        known.setdefault(rule["column"], set()).update(rule["values"])
    chosen = {name: set(h["choices"]) for name, h in source["options"]["headings"].items() if "choices" in h}
    assert known == chosen


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = write_template(tmp_path / "a.xlsx", table="visits")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="tidak ditimpa"):
        write_template(path, table="visits")
    assert path.read_bytes() == before
    with pytest.raises(ConfigError, match="Folder"):
        write_template(tmp_path / "tidak-ada" / "a.xlsx", table="visits")


SERVICE = ("L1", "Akta", "Dukcapil", None, "Masyarakat", None, "Ya", "Ya", None, None, 7, datetime(2020, 1, 31), None)


def service(**changes: object) -> tuple[object, ...]:
    headings = list(preset("template_services")["source"]["options"]["headings"])
    return tuple(changes.get(name, value) for name, value in zip(headings, SERVICE, strict=True))


def test_a_bad_cell_is_known_by_its_row_and_reason_and_the_others_stand(tmp_path: Path) -> None:
    rows = [
        service(),
        service(kode_layanan="L2", dapat_diakses_daring="Tdk"),
        service(kode_layanan="L3", sasaran="Semua"),
        service(kode_layanan="L4", berlaku_mulai="31 Jan 2020"),
        service(kode_layanan="L5", berlaku_mulai="31/01/2020", dapat_dimohon_daring=" ya "),
        service(kode_layanan="L6", dapat_dimohon_daring=None),
        service(kode_layanan="L7", jumlah_permohonan="banyak"),
        service(kode_layanan="L8", berlaku_sampai=datetime(2019, 1, 1)),
    ]
    frame = read(filled(tmp_path / "a.xlsx", "services", rows), "services")
    assert frame["quarantine_reason"].dropna().to_dict() == {
        3: "unknown_dapat_diakses_daring",
        4: "unknown_sasaran",
        5: "bad_valid_from_on",
        7: "missing_is_requestable_online",
        8: "bad_volume",
        9: "end_before_start",
    }
    assert frame.loc[6, "valid_from_on"] == datetime(2020, 1, 31)
    assert frame.loc[2, ["service_id", "audience", "volume"]].tolist() == ["L1", "citizens", 7]


def test_not_applicable_stays_among_the_services(tmp_path: Path) -> None:
    row = service(dapat_dimohon_daring="Tidak berlaku")
    frame = read(filled(tmp_path / "a.xlsx", "services", [row]), "services")
    flags = ["is_accessible_online", "is_requestable_online", "is_online_applicable"]
    assert frame.loc[2, flags].tolist() == [True, False, False]


def test_a_reason_for_leaving_out_that_is_not_in_the_list_leaves_nothing_out(tmp_path: Path) -> None:
    start = datetime(2025, 1, 31, 8)
    rows = [(f"G{n}", None, "Portal", None, "Terencana", start, None, why) for n, why in enumerate(["uji  COBA", "Uj"])]
    frame = read(filled(tmp_path / "a.xlsx", "outages", rows), "outages")
    assert frame["excluded_by"].fillna("").tolist() == ["test", ""]
    assert frame["quarantine_reason"].fillna("").tolist() == ["", "unknown_dikecualikan_karena"]


def test_a_region_code_of_the_other_authority_is_quarantined(tmp_path: Path) -> None:
    rows = [(code, "Kota Uji", 9, datetime(2025, 12, 31), "x") for code in ("99.71", "9971")]
    frame = read(filled(tmp_path / "a.xlsx", "population", rows), "population")
    assert frame["quarantine_reason"].fillna("").tolist() == ["", "code_shape"]
    assert frame.loc[2, "region_code"] == "kemendagri:99.71"


def _renamed(book: openpyxl.Workbook) -> None:
    book["Data"]["B1"] = "Nama Layanan"


def _added(book: openpyxl.Workbook) -> None:
    book["Data"]["N1"] = "catatan"


def _missing(book: openpyxl.Workbook) -> None:
    book["Data"].delete_cols(4)


def _older(book: openpyxl.Workbook) -> None:
    book["Petunjuk"]["A1"] = "tolok-services-0"


def _without_notes(book: openpyxl.Workbook) -> None:
    del book["Petunjuk"]


def _without_data(book: openpyxl.Workbook) -> None:
    book["Data"].title = "Sheet1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_renamed, ("hilang: nama_layanan", "tambahan: Nama Layanan", "tolok template services")),
        (_added, ("tambahan: catatan", "hilang: -")),
        (_missing, ("hilang: sektor",)),
        (_older, ("tolok-services-0", "tolok-services-1")),
        (_without_notes, ("Petunjuk",)),
        (_without_data, ("Data", "Sheet1")),
    ],
)
def test_a_workbook_that_is_no_longer_the_template_is_refused(
    change: Callable[[openpyxl.Workbook], None], words: tuple[str, ...], tmp_path: Path
) -> None:
    path = filled(tmp_path / "a.xlsx", "services", [service()])
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    with pytest.raises(SourceChanged) as caught:
        read(path, "services")
    for word in words:
        assert word in caught.value.id
    assert "a.xlsx" in caught.value.en


def test_another_tables_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="tolok-outages-1"):
        read(filled(tmp_path / "a.xlsx", "outages", []), "services")


def test_moved_columns_are_the_same_columns(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.xlsx", "services", [])
    book = openpyxl.load_workbook(path)
    headings = [cell.value for cell in book["Data"][1]]
    for place, (heading, value) in enumerate(reversed(list(zip(headings, SERVICE, strict=True))), start=1):
        book["Data"].cell(1, place, heading)
        book["Data"].cell(2, place, value)
    book.save(path)
    assert read(path, "services").loc[2, "name"] == "Akta"


def test_the_command_writes_where_it_is_told_and_says_how_to_read_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, name in ((["services"], "tolok-services.xlsx"), (["visits", "--to", "k.xlsx"], "k.xlsx")):
        monkeypatch.setattr("sys.argv", ["tolok", "template", *arguments])
        cli.main()
        assert (tmp_path / name).is_file()
        assert f"system: template_{arguments[0]}" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "tidak ditimpa" in capsys.readouterr().err
