"""The form as YAML, for those who keep answers under version control."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.config.strict import Strict


class YamlEvidence(Strict):
    """A file that proves a yes."""

    file: str
    date: str = "-"
    valid_until: str = "-"


def _as_evidence(value: object) -> object:
    """A name alone as evidence of which nothing else is stated."""
    return {"file": value} if isinstance(value, str) else value


class YamlAnswer(Strict):
    """The answer to one question."""

    answer: str = ""
    note: str = ""
    evidence: tuple[Annotated[YamlEvidence, BeforeValidator(_as_evidence)], ...] = ()
    unit: str = ""
    tolok: str = ""


class YamlForm(Strict):
    """All answers of a region and year, by clause and theme."""

    region: str
    year: str
    answers: dict[str, dict[str, YamlAnswer]] = Field(min_length=1)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each answer as the row of a sheet, a line for each file."""
        for clause, themes in self.answers.items():
            for theme, given in themes.items():
                yield {
                    "clause": clause,
                    "theme": theme,
                    "answer": given.answer,
                    "note": given.note,
                    "evidence": "\n".join(one.file for one in given.evidence),
                    "date": "\n".join(one.date for one in given.evidence),
                    "valid_until": "\n".join(one.valid_until for one in given.evidence),
                    "unit": given.unit,
                    "tolok": given.tolok,
                }
