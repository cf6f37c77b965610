"""The page of signs is what is declared."""

from __future__ import annotations

from scripts.docs.judgement import PAGE, page


def test_the_page_in_the_docs_shows_every_sign_with_its_limit() -> None:
    assert page().count("| `") > 20
    assert PAGE.read_text("utf-8") == page(), "run: make generated"
