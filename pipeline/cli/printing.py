"""What commands print: texts without hidden characters, JSON, tables of results, progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.progress import Progress

_OLDER = " (lebih tua dari nilainya / older than the values: tolok report)"
# Reports that show the months of their period as these were when they were written.
_WITH_MONTHS = (".pdf", ".xlsx", "-csv")


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Bars where somebody watches, else a line per step."""
    if sys.stderr.isatty():
        from rich.console import Console

        from pipeline.terminal_progress import terminal_progress

        with terminal_progress(Console(stderr=True)) as bars:
            yield bars
    else:
        from pipeline.progress import Lines

        yield Lines(lambda line: say(line, err=True))


def say_where(city: str, labels: set[str]) -> None:
    """Say where the warehouse and the periods' reports lie."""
    from pipeline.periods import Period
    from pipeline.warehouse import Warehouse

    settings = Settings.from_environment()
    warehouse = Warehouse(settings.warehouse_url)
    say(f"Gudang data / Warehouse: {warehouse.address}")
    computed = warehouse.computed_at(city)
    for label in sorted(labels):
        folder = settings.home / "reports" / city
        page = folder / f"{label}.html"
        if page.is_file():
            say(f"Halaman / Page: {page}")
        paths = sorted({*folder.glob(f"{label}.*"), *folder.glob(f"{label}-csv")} - {page})
        months = [month.label for month in Period.parse(label).months]
        for path in paths:
            shown = (label, *(months if path.name.endswith(_WITH_MONTHS) else ()))
            stored_at = max((computed[one].timestamp() for one in shown if one in computed), default=0)
            say(f"Laporan / Report: {path}{_OLDER if path.stat().st_mtime < stored_at else ''}")


def json_text(objects: list[dict[str, Any]]) -> str:
    """Objects as JSON, in which hidden characters are escaped."""
    from pipeline.report.unseen import visible_json

    return visible_json(json.dumps(objects, indent=2, ensure_ascii=False, default=datetime.isoformat))


def print_results(rows: list[dict[str, Any]]) -> None:
    """Print results as a table with their reasons."""
    from pipeline.report.text import results_table

    results_table(rows)


def say(text: object, *, err: bool = False) -> None:
    """Print a text, in which no name of a file or an agency turns or hides what stands beside it."""
    from pipeline.report.unseen import visible

    click.echo(visible(str(text)), err=err)
