"""How a city's periods stand, for the person who operates it: a page like that of results, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.atomic import write_atomically
from pipeline.report.page import GROUP_READS, environment

if TYPE_CHECKING:
    from pipeline.city_status import CityStatus

TEMPLATE = "status.html.j2"
STATES = {
    "closed": ("ditutup", "closed"),
    "final": ("final", "final"),
    "provisional": ("sementara", "provisional"),
    "not_computable": ("tidak terhitung", "not computable"),
    "failed": ("gagal", "failed"),
    "empty": ("dinyatakan kosong", "declared empty"),
    "missing": ("belum ada", "missing"),
}
_TONES = {
    **dict.fromkeys(("closed", "final", "empty"), ""),
    "provisional": "provisional",
    **dict.fromkeys(("failed", "missing", "not_computable"), "unmet"),
}


def write_status_page(folder: Path, status: CityStatus) -> Path:
    """Write `status.html` beside the pages of results in a city's folder, and give its path; it needs no network."""
    pages = {path.stem for path in folder.glob("*.html")}
    text = environment().get_template(TEMPLATE).render(status=status, pages=pages, states=STATES, tones=_TONES)
    write_atomically(folder / "status.html", text, mode=GROUP_READS)
    return folder / "status.html"


def status_lines(status: CityStatus) -> Iterator[str]:
    """A line for each period, with what it lacks below it, and the next runs."""
    for one in status.periods:
        in_id, in_en = STATES[one.state]
        at = f"v{one.version}, {one.computed_at:%Y-%m-%d %H:%M}Z" if one.computed_at else ""
        yield f"{one.period:<18} {' / '.join(dict.fromkeys((in_id, in_en))):<34} {at}".rstrip()
        yield from (f"    - {' / '.join(dict.fromkeys(pair))}" for pair in one.lacks)
        if one.state == "missing":
            yield f"    tolok run {status.city_id} {one.period}"
    for period, next_at in status.next_runs:
        yield f"Berikutnya / Next: {period}, {next_at:%Y-%m-%d %H:%M %Z}"
