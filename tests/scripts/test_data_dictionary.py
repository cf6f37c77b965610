"""The data dictionary is current and explains every column."""

from __future__ import annotations

from pipeline.tables import OUTCOME_COLUMNS, SOURCE_COLUMNS, TABLES
from pipeline.warehouse.model import METADATA
from scripts.docs.data_dictionary import PAGE, page


def test_the_page_in_the_docs_is_what_is_declared() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make generated"


def test_every_column_of_a_clean_table_is_explained() -> None:
    declared = {f"{table.name}.{column.name}": column.note for table in TABLES.values() for column in table.columns}
    declared |= {column.name: column.note for column in SOURCE_COLUMNS + OUTCOME_COLUMNS}
    assert [name for name, note in declared.items() if not note] == []


def test_every_table_and_column_of_the_warehouse_is_explained() -> None:
    items = [item for table in METADATA.sorted_tables for item in (table, *table.columns)]
    assert len(items) > 100
    assert [str(item) for item in items if not item.comment] == []
