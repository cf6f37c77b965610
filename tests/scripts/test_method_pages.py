"""The method pages say what the definitions say."""

from __future__ import annotations

import pytest

from pipeline.indicators.definition import definitions
from scripts.docs.method_pages import FOLDER, page


def test_there_is_a_page_for_each_indicator_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(definitions())


@pytest.mark.parametrize("name", sorted(definitions()))
def test_a_page_is_current_and_names_every_variant(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    assert text == page(definitions()[name]), "run: make generated"
    assert all(f"`{variant}`" in text for variant in definitions()[name].variants)
