"""What a reader of the numbers should know about a source, found while it is fetched and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Remark:
    """One thing to know, in Bahasa Indonesia and English; `code` names its kind.

    What can move the value `keeps_provisional` a result that is otherwise final. Texts hold counts, names of files,
    sheets and columns, and never a value of a person.
    """

    code: str
    id: str
    en: str
    keeps_provisional: bool = True

    def __str__(self) -> str:
        return f"{self.id} / {self.en}"


OnRemark = Callable[[Remark], None]
