"""What a reader of the numbers should know about a source, found while it is fetched and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Found:
    """What a sign found: the row of its frame, how much, and a city's words for it where it explains that.

    `value` is null where it would tell how large a folded member is. `dates` are the months or days that it names.
    """

    place: str
    value: float | None
    dates: tuple[str, ...] = ()
    explanation: str | None = None


@dataclass(frozen=True, order=True)
class Remark:
    """One thing to know, in Bahasa Indonesia and English; `code` names its kind.

    What can move the value `keeps_provisional` a result that is otherwise final. Texts hold counts, names of files,
    sheets and columns, and never a value of a person. Of a sign `found` has as a number what the texts tell.
    """

    code: str
    id: str
    en: str
    keeps_provisional: bool = True
    found: Found | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.id} / {self.en}"


OnRemark = Callable[[Remark], None]
