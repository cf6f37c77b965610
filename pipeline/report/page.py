"""One self-contained page of a period's results and validation, for a city analyst to read, print and pass on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors.numerals import number
from pipeline.atomic import GROUP_READS, write_atomically
from pipeline.indicators.definition import definitions
from pipeline.report.text import SHOWN_MEMBERS, by_dimension, distinct_closings, divided
from pipeline.report.unseen import drawn
from pipeline.report.words import label, member_of

if TYPE_CHECKING:
    from pipeline.validate import Verdict

TEMPLATE = "page.html.j2"


def write_page(
    path: Path,
    *,
    city_name: str,
    period: str,
    results: Sequence[Mapping[str, Any]],
    verdicts: Sequence[Verdict | Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]],
    breakdowns: Mapping[str, Sequence[Mapping[str, Any]]],
    notes: Sequence[str] = (),
    parts: Mapping[str, str] | None = None,
) -> Path:
    """Write the page and give its path.

    `results` are the objects of `tolok show --json`, `sources` name `source`, `file`, `sha256` and `size_bytes`,
    `breakdowns` are those of each indicator, `notes` say what the systems could not give, `parts` are the names
    of the cities that a province is made of, by id, whose pages have the validation and the files. The page holds
    counts, rule names and members of breakdowns only, needs no network and no script, and the same input gives the same
    bytes. Results of indicators that this version does not define are left out.
    """
    page = environment().get_template(TEMPLATE)
    text = page.render(
        city_name=city_name,
        period=period,
        results=[result for known in definitions() for result in results if result["indicator"] == known],
        closings=distinct_closings(results),
        verdicts=verdicts,
        sources=sources,
        notes=notes,
        parts=parts or {},
        breakdowns={name: by_dimension(members) for name, members in breakdowns.items()},
        shown_members=SHOWN_MEMBERS,
        definitions=definitions(),
    )
    write_atomically(path, text, mode=GROUP_READS)
    return path


@cache
def environment() -> Environment:
    """Templates of this folder, which write numbers the Indonesian way and stop at a name that is not given."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=drawn,
    )
    made.filters |= {"number": number, "label": label, "member_of": member_of, "share": _share, "divided": divided}
    return made


def _share(part: float, whole: float) -> float:
    """Percent of a whole for the width of a bar, 0 when there is no whole."""
    return round(100 * part / whole, 3) if whole else 0
