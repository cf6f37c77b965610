"""Which marks tell yes or no in a source: an `x` is a tick only where no other mark stands beside it."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.remarks import Remark


class Ticks:
    """The kinds of marks of each column, gathered over all blocks of a source."""

    def __init__(self) -> None:
        self._marks: dict[str, frozenset[str]] = {}

    def add(self, column: str, marks: frozenset[str]) -> None:
        """Add the marks of a block."""
        self._marks[column] = self._marks.get(column, frozenset()) | marks

    def remarks(self, name: str) -> Iterator[Remark]:
        """That an `x` was read as yes although other marks of the source say yes or no; it may mean no."""
        crossed = [column for column, marks in self._marks.items() if "x" in marks]
        if crossed and any("other" in marks for marks in self._marks.values()):
            columns = ", ".join(crossed)
            yield Remark(
                "x_beside_ticks",
                f"{name}: {columns}: x dibaca sebagai ya, tetapi sumber ini juga memuat tanda lain (misalnya v); x "
                'dapat pula berarti tidak. Tulis artinya pada kolom itu: values: {x: "true"} atau {x: "false"}.',
                f"{name}: {columns}: x is read as yes, yet this source has other marks too (such as v); x may as well "
                'say no. Write its meaning at the column: values: {x: "true"} or {x: "false"}.',
            )
