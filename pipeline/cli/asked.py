"""What a person asks for on the command line: a period, several, an indicator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from connectors.errors import ConfigError
from pipeline.indicators.definition import definitions
from pipeline.nearest import did_you_mean
from pipeline.periods import Period, span


class IndicatorName(click.ParamType[str]):
    """An indicator by its id, or by the number of its clause."""

    name = "indicator"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401, ARG002
        """The id; `ConfigError` with the nearest name when there is none."""
        by_name = {name: known.id for known in definitions().values() for name in (known.clause, known.id)}
        found = by_name.get(str(value).strip().lower())
        if found is None:
            near_id, near_en = did_you_mean(str(value), by_name)
            known = ", ".join(f"{one.clause} {one.id}" for one in definitions().values())
            raise ConfigError(
                id=f"Indikator '{value}' tidak dikenal.{near_id} Yang ada: {known}.",
                en=f"Indicator '{value}' is not known.{near_en} There are: {known}.",
            )
        return found


def asked_period(text: str) -> Period:
    """The period a person means; `2026-ytd` is the year up to the last month that is over."""
    match = re.fullmatch(r"\s*((?:19|20)\d{2})-ytd\s*", text)
    if match is None:
        return Period.parse(text)
    today = datetime.now(UTC).astimezone().date()
    months = [month for month in Period(int(match[1])).months if month.last_on < today]
    if not months:
        raise ConfigError(
            id=f"{text}: belum ada bulan tahun itu yang berakhir.", en=f"{text}: no month of that year is over yet."
        )
    return Period.parse(f"{months[-1].label}-ytd")


def period_and_indicator(words: tuple[str, ...]) -> tuple[str | None, str | None]:
    """What a person asked for of both, in either order; `ConfigError` for a word that is neither."""
    label = indicator = None
    for word in words:
        if label is None and re.match(r"\d{4}", word):
            label = asked_period(word).label
        elif indicator is None:
            indicator = IndicatorName().convert(word, None, None)
        else:
            raise click.UsageError(f"Got unexpected extra argument ({word})", click.get_current_context())
    return label, indicator


def asked_periods(labels: Sequence[str]) -> list[str]:
    """The periods from the first to the last told, all as long as the first."""
    first = asked_period(labels[0])
    if len(labels) == 1:
        return [first.label]
    return [period.label for period in span(*labels) if period.is_year is first.is_year]
