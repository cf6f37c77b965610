"""The page of signs in the docs, written from their declarations."""

from __future__ import annotations

from pathlib import Path

from connectors.numerals import number
from pipeline.signs import FRAMES, Sign

PAGE = Path(__file__).resolve().parents[2] / "docs" / "judgement.md"

_HEAD = """# Judgement: what is held against what

Written by `make generated` from `pipeline/signs/`; do not edit.

A file can be read without a fault and still not be what it seems. After cleaning, two small frames of *signs* are made
and held against Great Expectations suites: `expectations/signs.json` (a row per source, table and quarantine reason)
and `expectations/changes.json` (a row per indicator and per dimension of its breakdown, beside last year's result and
the month before's, where the warehouse has them of data that cover at least 90 % of their periods; results are judged
again where these are stored later). What breaks a limit travels with the result as a remark, into `tolok show`,
`tolok explain`, the page and the view
`indicator_remark_current`. A sign marked *keeps provisional* can move the value: while it is unmet, the result is not
final. A sign that does not apply, or has too few rows to mean anything, is null and breaks nothing.

The other suites prove the contract of our own code, whatever the input: a suite per clean table (columns, keys, order
of moments), `rows` (what was read is used, excluded or quarantined, and adds up) and `results` (value = numerator over
denominator, whoever is not final says why).

## Tuning

A city's own limits, and what explains a broken one in a period, so that it no longer keeps the result provisional:

    judgement:
      empty_months_count: 1
      explained:
        "2025": {times_last_year: the portal was opened in November 2024}

An explanation covers what was found when it was first given, and a tenth more: when a later version of the period finds
more, or other months or days where the sign names them, the result is provisional again until the explanation is
written anew in other words. Which rows it was given for is not known.

A data team adds rules of its own to both suites: ids that start with `own.`, any expectation, any column of the frame;
`"keeps_provisional": true` in its `meta` if it can move the value. A rule raised to `critical` stops the run.
`make generated` keeps both. `longest_plausible_hours` (720) is what is plausible for an outage; for an answer it is a
year.

## Final

A value is final when all of this holds; else it is provisional, with the list of what does not: the period was over
when the data were extracted; coverage is whole; nothing open can still move it; at most `final_quarantine_pct` (2) of
the considered rows are quarantined; no reader's remark that can move it; no sign that can move it beyond its limit.

## What no sign sees

Nothing in the data tells of these; ask whoever wrote the export, the query or the server's settings.

- A query that asks for answered inquiries alone (`WHERE answered IS NOT NULL`), or whose join drops an agency, in its
  first year; pages without a total that shift while they are read.
- Less than two weeks without an inquiry or outage, and more where days often have none (`missing_days_count`), unless
  they are the last or first days of every month (`edge_days_count`).
- The result of a single month whose last day was not asked for; of a year it is seen (`edge_days_count`).
- Nights that an access log lacks, where no bot comes by day either; an hour or two of some days; where few people come,
  stretches of some days, which may be chance; evenings, where days break off at other hours each; afternoons and
  evenings that a third of the days lack, now these and now those; of two servers, the hours that one of them lacks.
  Other hours without a line are seen (`empty_hours_count`, `missing_hours_pct`).
- A probe that looks like a browser and has many addresses; a log that keeps one request in ten; W3C logs written on
  local time, which are read as UTC.
- A filter of the analytics property itself, such as one on internal traffic, that no answer names.
"""


def page() -> str:
    """The whole page: how to tune, then a table of signs for each frame."""
    titles = {"signs": "Signs of a source or table", "changes": "Signs of a result"}
    return _HEAD + "".join(f"\n## {titles[frame]}\n\n{_table(signs)}" for frame, signs in FRAMES.items())


def _table(signs: tuple[Sign, ...]) -> str:
    rows = [
        f"| `{sign.name}` | {number(_limit(sign))} | {_text(sign.id, sign)} | {_text(sign.en, sign)} | "
        f"{'yes' if sign.keeps_provisional else ''} |\n"
        for sign in signs
    ]
    return "| limit | default | aturan | rule | keeps provisional |\n|---|---|---|---|---|\n" + "".join(rows)


def _text(text: str, sign: Sign) -> str:
    return text.replace("{limit}", number(_limit(sign)))


def _limit(sign: Sign) -> float:
    return sign.most if sign.most is not None else sign.least or 0
