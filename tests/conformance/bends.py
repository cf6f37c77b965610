"""One small wrong reading for each named rule and each rule about rows, as a change of the reference query's text."""

from __future__ import annotations

from collections.abc import Callable

# By indicator and rule: the text that is there, and what a mistaken tool would have in its place.
BENDS: dict[str, dict[str, tuple[str, str]]] = {
    "online_services": {
        "headline": ("'headline' AS rule, SUM(online)", "'headline' AS rule, SUM(accessible)"),
        "accessible_only": ("'accessible_only', SUM(accessible)", "'accessible_only', SUM(online)"),
        "not_applicable_removed": ("FROM used WHERE is_online_applicable = 'yes'", "FROM used"),
        "weighted_by_volume": ("SUM(online * volume), COALESCE(SUM(volume), 0)", "SUM(online), COUNT(volume)"),
        "citizens": ("audience IN ('citizens', 'both')", "audience IN ('citizens')"),
        "businesses": ("audience IN ('businesses', 'both')", "audience <> 'citizens'"),
        "end_to_end": ("steps_online_count = steps_applicable_count", "steps_online_count = steps_count"),
        "end_to_end_of_applicable": ("\n        WHERE steps_count IS NOT NULL AND steps_applicable_count > 0", ""),
        "any_step_online": ("CASE WHEN steps_online_count > 0 THEN", "CASE WHEN steps_online_count > 1 THEN"),
        "every_step_online": (
            "AND steps_online_count = steps_count",
            "AND steps_online_count = steps_applicable_count",
        ),
        "first day": ("valid_from_on <= last_on", "valid_from_on < last_on"),
        "last day": ("valid_to_on >= last_on", "valid_to_on > last_on"),
        "newest row": ("newer.valid_from_on > placed.valid_from_on", "newer.valid_from_on < placed.valid_from_on"),
        "copies": ("WHEN copy_no > 1 THEN 'duplicate_row'", "WHEN copy_no > 9 THEN 'duplicate_row'"),
        "contradictions": ("valid_from_on) > 1 THEN", "valid_from_on) > 2 THEN"),
        "a blank is no 'no'": ("WHEN is_requestable_online IS NULL", "WHEN is_requestable_online = ''"),
        "quarantine": ("100 * quarantined > 2 * considered", "100 * quarantined > 50 * considered"),
        "period over": ("<= last_on\nUNION", "< last_on\nUNION"),
        "old register": (">= 366 AND", ">= 3660 AND"),
    },
}


def bent(indicator: str, rule: str) -> Callable[[str], str]:
    """A change of the query's text; raises `ValueError` where the text to change is not there once."""
    before, after = BENDS[indicator][rule]

    def change(text: str) -> str:
        if text.count(before) != 1:
            raise ValueError(f"{indicator} {rule}: {before!r} stands {text.count(before)} times in the query")
        return text.replace(before, after)

    return change
