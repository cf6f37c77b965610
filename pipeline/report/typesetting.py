"""PDFs set by typst from data: archivable (PDF/A-2a), accessible (PDF/UA-1), the same bytes for the same input."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.errors import TolokError

# Templates lie in the package, and may take one another's by `/report/typst/base.typ`.
ROOT = Path(__file__).parents[1]
# What typst's own fonts hold of letters and signs: an archivable PDF may not leave a character undrawn. Marks that turn
# the direction of text and others that are not seen are not among them, so that they cannot hide anything.
_UNDRAWN = re.compile(
    r"[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0386-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0482\u048a-\u04ff"
    r"\u1e00-\u1eff\u2010-\u2027\u2030-\u2040\u2074-\u208e\u20a0-\u20bf\u2116\u2122\u2190-\u21ff\u2200-\u22ff\u2460-\u24e9"
    r"\u25a0-\u25ff\u2713\u2714\u2717\u2718]"
)


def typeset(template: Path, data: Mapping[str, Any], *, made_at: datetime | None) -> bytes:
    """A tagged PDF of a template in this package, which reads `data` from `sys.inputs.data`.

    Texts of the data stay texts, whatever they hold; a character that the fonts lack is written as its code point.
    `made_at` is the moment the document says it was made, in UTC; null: none that is known. Raises `TolokError` where a
    text cannot be set.
    """
    import typst

    inputs = {"data": json.dumps(printable(data), ensure_ascii=False, sort_keys=True)}
    try:
        pdf = typst.compile(
            template,
            root=ROOT,
            font_paths=typst_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
            timestamp=(made_at or datetime.fromtimestamp(0, UTC)).replace(microsecond=0),
        )
    except typst.TypstError as fault:
        raise TolokError(
            id=f"PDF {template.name} tidak dapat disusun: {fault.message}",
            en=f"PDF {template.name} cannot be set: {fault.message}",
        ) from fault
    return bytes(pdf)


def printable(value: Any) -> Any:  # noqa: ANN401 any JSON
    """The same with every text as the fonts can draw it."""
    if isinstance(value, str):
        return _UNDRAWN.sub(_code_point, unicodedata.normalize("NFC", value))
    if isinstance(value, Mapping):
        return {name: printable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [printable(part) for part in value]
    return value


def _code_point(found: re.Match[str]) -> str:
    return " " if found[0] in "\t\n\r\u00a0\u202f" else f"[U+{ord(found[0]):04X}]"


@cache
def typst_fonts() -> Any:  # noqa: ANN401 loaded only where something is set
    """Typst's own fonts and none of the machine's, so that every machine sets the same."""
    import typst

    return typst.Fonts(include_system_fonts=False)
