"""The whole story in a page: fetch, clean, validate, measure, store, report.

Every step takes names, reads files, writes files and returns a name or a small record, so that each can be run
alone by Airflow, the command line or a test.
"""

from __future__ import annotations


def sources(city_id: str, period: str) -> list[str]:
    """The names of the city's sources that are needed for the period."""
    raise NotImplementedError


def fetch(city_id: str, source: str, period: str) -> str:
    """Land the raw bytes of one source; gives the name of its manifest."""
    raise NotImplementedError


def clean(city_id: str, table: str, period: str) -> str:
    """Turn landed bytes into the clean table; gives the name of the clean dataset."""
    raise NotImplementedError


def validate(city_id: str, period: str) -> str:
    """Hold the clean tables against their suites; a critical failure raises `DataRejected`."""
    raise NotImplementedError


def measure(city_id: str, period: str) -> str:
    """Compute the four indicators; gives the name of the results file."""
    raise NotImplementedError


def store(city_id: str, period: str) -> list[str]:
    """Write the results as versions in one transaction; gives a line per indicator, saying what changed."""
    raise NotImplementedError


def report(city_id: str, period: str) -> str:
    """Write the page that shows results and validation; gives its path."""
    raise NotImplementedError
