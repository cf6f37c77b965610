"""How a city's periods stand, for the person who operates it: a page like that of results, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.atomic import GROUP_READS, write_atomically
from pipeline.city_status import stretches
from pipeline.report.page import environment

if TYPE_CHECKING:
    from pipeline.city_status import CityStatus, PeriodStatus

TEMPLATE = "status.html.j2"
STATES = {
    "closed": ("ditutup", "closed"),
    "final": ("final", "final"),
    "partial": ("sebagian saja", "in part only"),
    "provisional": ("sementara", "provisional"),
    "not_computable": ("tidak dapat dihitung", "not computable"),
    "altered": ("diubah sesudah disimpan", "altered after it was stored"),
    "failed": ("gagal", "failed"),
    "empty": ("dinyatakan kosong", "declared empty"),
    "missing": ("belum ada", "missing"),
}
_TONES = {
    **dict.fromkeys(("closed", "final", "empty"), ""),
    **dict.fromkeys(("provisional", "partial"), "provisional"),
    **dict.fromkeys(("failed", "missing", "not_computable", "altered"), "unmet"),
}


# How one result is marked in the table: `F` for final and so on, a dash where there is no value.
MARKS = {
    "final": ("F", "final", "final"),
    "provisional": ("S", "sementara", "provisional"),
    "not_computable": ("–", "tanpa nilai", "no value"),
    "altered": ("!", "diubah", "altered"),
}
CAUSES = {
    "failed": ("Gagal", "Failed"),
    "altered": ("Diubah", "Altered"),
    "not_computable": ("Tanpa nilai", "No value"),
    "provisional": ("Sementara", "Provisional"),
    "pending": ("Menunggu", "Waiting"),
}


def write_status_page(folder: Path, status: CityStatus) -> Path:
    """Write `status.html` beside the pages of results in a city's folder, and give its path; it needs no network."""
    text = (
        environment()
        .get_template(TEMPLATE)
        .render(
            status=status,
            pages={path.stem for path in folder.glob("*.html")},
            states=STATES,
            tones=_TONES,
            marks=MARKS,
            causes=CAUSES,
            stretches=stretches,
        )
    )
    write_atomically(folder / "status.html", text, mode=GROUP_READS)
    return folder / "status.html"


def status_lines(status: CityStatus) -> Iterator[str]:
    """What is missing and why, each reason once with its periods; the next runs; a line for each month and year."""
    yield f"{status.name}, {status.looked_at:%Y-%m-%d %H:%M %Z}"
    if status.missing:
        yield f"Belum ada / Missing: {stretches(status.missing)}"
        yield from (f"    {command}" for command in status.commands)
    for reason in status.reasons:
        about = " · ".join(part for part in (", ".join(reason.clauses), stretches(reason.periods)) if part)
        yield f"{_both(*CAUSES[reason.cause])}: {about}"
        yield from (f"    {text}" for text in dict.fromkeys((reason.id, reason.en)))
    for period, next_at in status.next_runs:
        yield f"Berikutnya / Next: {period}, {next_at:%Y-%m-%d %H:%M %Z}"
    yield ""
    yield f"{'Periode':<10}{''.join(f'{clause:<6}' for clause in status.clauses)}Keadaan / State"
    yield from (_line(one, status) for one in status.periods)
    if status.also:
        yield f"{_both('Selain itu', 'Besides')}: {', '.join(_besides(status.also))}"
    yield "   ".join(f"{mark} {_both(in_id, in_en)}" for mark, in_id, in_en in MARKS.values())


def _line(one: PeriodStatus, status: CityStatus) -> str:
    marks = (MARKS[one.statuses[clause]][0] if clause in one.statuses else "" for clause in status.clauses)
    cells = "".join(f"{mark:<6}" for mark in marks)
    local = one.computed_at and one.computed_at.astimezone(status.looked_at.tzinfo)
    at = f"v{one.version}, {local:%Y-%m-%d %H:%M}" if local else ""
    return f"{one.period:<10}{cells}{_both(*STATES[one.state]):<34} {at}".rstrip()


def _besides(also: Sequence[PeriodStatus]) -> Iterator[str]:
    """The periods of each state: how many and the newest."""
    for state, words in STATES.items():
        if found := [one.period for one in also if one.state == state]:
            yield f"{len(found)} {_both(*words)} ({found[0]}{', …' if len(found) > 1 else ''})"


def _both(in_id: str, in_en: str) -> str:
    return " / ".join(dict.fromkeys((in_id, in_en)))
