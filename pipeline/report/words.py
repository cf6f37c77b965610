"""What analysts read in place of ids on pages and in lines that stand in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.language import LANGUAGES, Language

if TYPE_CHECKING:
    from pipeline.warehouse import Reason, ResultView


def both(name: str) -> tuple[str, str]:
    """What an id is called in Bahasa Indonesia and English."""
    return label(name), Language("en").label(name)


def label(name: str) -> str:
    """An id in Bahasa Indonesia where there is a word for it, else the id with spaces."""
    return Language("id").label(name)


def counted_as(member: str, t: Language) -> str:
    """How visits are counted, in this language where the export does not say it: as its source does."""
    tool, _, definition = member.partition(": ")
    return t("as the source '{tool}' counts", tool=tool) if definition == f"as counted by {tool}" else member


def member_of(part: Mapping[str, Any]) -> str:
    """A member of a breakdown, in both languages where these differ."""
    if part["dimension"] != "visit_definition":
        return str(part["member"])
    return " / ".join(dict.fromkeys(counted_as(part["member"], Language(code)) for code in LANGUAGES))


def reason_text(reason: Reason, result: ResultView, t: Language) -> str:
    """A remark in one language, with names for the ids of its indicator, its dimensions, and the rules that took rows.

    An id that is a word of its own, such as `test`, stays.
    """
    text = t.either(reason.text_id, reason.text_en)
    place, colon, rest = text.partition(": ")
    indicator, _, dimension = place.partition(" ")
    if colon and indicator == result.indicator_id:
        name = t.label(dimension)
        text = f"{name[:1].upper()}{name[1:]}: {rest}" if dimension else rest
    rules = "|".join(re.escape(rule) for rule in (*result.excluded, *result.quarantined) if "_" in rule)
    return re.sub(rf"\b({rules})\b", lambda found: t.label(found[0]), text) if rules else text
