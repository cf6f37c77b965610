"""The register of processing is current and tells of every column that may hold a person."""

from __future__ import annotations

from pipeline.tables import TABLES
from scripts.docs.register import PAGE, page


def test_the_page_in_the_docs_is_what_is_declared() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make generated"


def test_every_text_in_words_of_a_source_is_registered() -> None:
    names = [f"`{table.name}.{one.name}`" for table in TABLES.values() for one in table.columns if one.names_group]
    assert len(names) > 8
    assert [name for name in names if name not in page()] == []
