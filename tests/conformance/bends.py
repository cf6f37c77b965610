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
        "end_to_end": ("steps_there = steps_applicable_count", "steps_there = steps_count"),
        "end_to_end_of_applicable": ("\n        WHERE steps_count IS NOT NULL AND steps_applicable_count > 0", ""),
        "any_step_online": ("CASE WHEN steps_there > 0 THEN", "CASE WHEN steps_there > 1 THEN"),
        "every_step_online": (
            "AND steps_there = steps_count",
            "AND steps_there = steps_applicable_count",
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
        "online on the last day": ("online_from_on <= last_on", "online_from_on < last_on"),
        "steps of later": ("WHEN online_from_on > last_on", "WHEN online_from_on > '9999'"),
        "online since": ("online = 1 AND online_from_on IS NULL", "online = 1 AND online_from_on = ''"),
    },
    "inquiry_response": {
        "headline": ("'headline' AS rule, COALESCE(SUM(waited), 0)", "'headline' AS rule, COALESCE(SUM(worked), 0)"),
        "day_end": ("'day_end', COALESCE(SUM(waited_to_day_end), 0)", "'day_end', COALESCE(SUM(waited), 0)"),
        "open_age_counted": ("WHERE responded_utc IS NOT NULL OR closed_utc IS NULL", ""),
        "strict_all_received": ("'strict_all_received', COALESCE(SUM(waited), 0)", "'strict_all_received', SUM(age)"),
        "open_inquiries": ("WHERE responded_utc IS NULL AND closed_utc IS NULL;", "WHERE responded_utc IS NULL;"),
        "open_mean_age": ("'open_mean_age', COALESCE(SUM(age), 0)", "'open_mean_age', COALESCE(MAX(age), 0)"),
        "working_days": ("weekday IN ('6', '7') OR", "weekday = '7' OR"),
        "within_follow_up_deadline": ("worked <= CAST(follow_up_days", "worked < CAST(follow_up_days"),
        "by_date_answered": ("responded_utc >= start_utc", "received_utc >= start_utc"),
        "as_recorded": ("FROM recorded WHERE responded_utc IS NOT NULL", "FROM answered"),
        "time_to_closure": ("FROM received WHERE closed_utc IS NOT NULL", "FROM answered WHERE closed_utc IS NOT NULL"),
        "time_to_closure_as_recorded": (
            "FROM recorded WHERE closed_utc IS NOT NULL\nUNION",
            "FROM received WHERE closed_utc IS NOT NULL\nUNION",
        ),
        "time_to_closure_non_negative": (" AND ended_clock >= received_clock", ""),
        "holidays": (" OR day IN (SELECT day FROM holidays)", ""),
        "first moment": ("received_utc >= start_utc AND received_utc < end_utc", "received_utc > start_utc"),
        "the city's zone": ("THEN parameters.zone ELSE clock_zone", "THEN clock_zone ELSE clock_zone"),
        "elapsed time": (
            "ELSE responded_utc - received_utc\n    END AS waited,",
            "ELSE responded_clock - received_clock\n    END AS waited,",
        ),
        "the same day is 0": (
            "received_clock - received_clock % 86400\n            THEN 0\n        ELSE responded_utc",
            "received_clock - received_clock % 86400\n            THEN 86400\n        ELSE responded_utc",
        ),
        "copies": ("WHEN copy_no > 1 THEN 'duplicate_row'", "WHEN copy_no > 9 THEN 'duplicate_row'"),
        "order": ("COALESCE(responded.day_end_utc - 1, responded.utc) < received.utc", "responded.utc < received.utc"),
        "still open": ("AS counts WHERE number > 0", "AS counts WHERE number > 9"),
        "dates keep it provisional": ("dates_suffice <> 'yes'", "dates_suffice = 'yes'"),
    },
    "it_downtime": {
        "headline": (
            "clipped_end - clipped_from ELSE 0 END) AS seconds\nFROM (\n",
            "ends - from_utc END) AS seconds\nFROM (\n",
        ),
        "day_end": (
            "SELECT 'day_end', row_no, incident_id, parent_id, component, late_begins",
            "SELECT 'day_end', row_no, incident_id, parent_id, component, begins",
        ),
        "unplanned_only": ("FROM windows WHERE is_planned IS NULL OR is_planned <> 'yes'", "FROM windows"),
        "whole_duration_in_starting_period": ("SUM(whole_seconds), COUNT(*)", "SUM(seconds), COUNT(*)"),
        "city_wide_union": ("NULL, 'city', begins", "NULL, component, begins"),
        "open_outages": ("WHERE is_open = 1 AND", "WHERE is_open = 0 AND"),
        "open_hours": ("MAX(CASE WHEN ends > end_utc THEN end_utc ELSE ends END)", "MAX(ends)"),
        "open once": (
            "FROM opened CROSS JOIN bounds\n    GROUP BY outage",
            "FROM opened CROSS JOIN bounds\n    GROUP BY row_no",
        ),
        "as_recorded": ("FROM settled WHERE is_inside = 1 AND", "FROM settled WHERE copy_no = 1 AND"),
        "as_recorded_plausible": ("WHERE seconds > 0 AND seconds <=", "WHERE seconds > 0 AND 3600 <="),
        "unplanned_as_recorded": (
            "FROM recorded CROSS JOIN telling WHERE planned = 0 AND",
            "FROM recorded CROSS JOIN telling WHERE",
        ),
        "unplanned_as_recorded_plausible": (
            "FROM plausible CROSS JOIN telling WHERE planned = 0 AND",
            "FROM recorded CROSS JOIN telling WHERE",
        ),
        "planned windows unknown": ("OR windows_count > 0", "OR windows_count >= 0"),
        "planned rows unknown": ("WHERE planned = 0 AND recorded_count > 0;", "WHERE planned = 0;"),
        "touching is one": ("AND one.begins <= other.ends)", "AND one.begins < other.ends)"),
        "parent and child": (
            "OR other.incident_id = one.parent_id\n    OR other.parent_id = one.incident_id\n);",
            ");",
        ),
        "one number": (
            "OR other.incident_id = one.incident_id\n    OR other.incident_id = one.parent_id\n    OR",
            "OR",
        ),
        "each hour once": (
            "CASE WHEN earlier_end IS NULL OR earlier_end < begins THEN begins",
            "CASE WHEN TRUE THEN begins",
        ),
        "zero length": (
            "until_utc IS NULL OR until_utc > started_utc OR",
            "until_utc IS NULL OR until_utc >= started_utc OR",
        ),
        "one date has no length": (
            "until_utc > started_utc OR (ended_is_date = 1 AND started_is_date = 0)",
            "until_utc > started_utc OR ended_is_date = 1",
        ),
        "elapsed time": (
            "ELSE ended_utc\n    END AS until_utc",
            "ELSE started_utc + ended_clock - started_clock\n    END AS until_utc",
        ),
        "midnight": ("WHEN begins >= start_utc AND begins < end_utc", "WHEN begins > start_utc AND begins < end_utc"),
        "still open": ("AS counts WHERE number > 0\nUNION", "AS counts WHERE number > 9\nUNION"),
    },
    "portal_visits": {
        "headline": (
            "SUM(begins_in_day) FROM inside WHERE reading = 'people'",
            "SUM(begins) FROM inside WHERE reading = 'people'",
        ),
        "bots_included": ("AND client <> 'own_network'", "AND client = 'person'"),
        "no_midnight_break": ("'no_midnight_break', 1, SUM(begins)", "'no_midnight_break', 1, SUM(begins_in_day)"),
        "unique_visitors": ("COUNT(DISTINCT visitor)", "COUNT(visitor)"),
        "redirects_counted": ("status IN ('301', '302')", "status IN ('302')"),
        "all_requests": (
            "'all_requests', hits.* FROM hits",
            "'all_requests', hits.* FROM hits WHERE client = 'person'",
        ),
        "other_population_*": ("figures.place > 1", "figures.place > 2"),
        "30 idle minutes": ("utc - before_utc > 1800 THEN", "utc - before_utc >= 1800 THEN"),
        "304 is an answer": (" OR status = '304'", ""),
        "assets": ("path LIKE '%.css' OR", ""),
        "downloads": ("path LIKE '%.csv' OR", ""),
        "the year's own population": ("SUBSTR(reference_on, 1, 4) = SUBSTR(period, 1, 4)", "TRUE"),
        "a missing day is not zero": (
            "SELECT 'coverage' FROM parameters WHERE EXISTS",
            "SELECT 'coverage' FROM parameters WHERE NOT EXISTS",
        ),
        "every portal tells": ("count_fates.portal = portals.portal AND ", ""),
        "portals are apart": ("PARTITION BY copy_no, portal, visited_on", "PARTITION BY copy_no, visited_on"),
        "totals are no day": ("WHEN left_out IS NOT NULL THEN left_out", "WHEN left_out IS NULL THEN left_out"),
        "copies": ("WHEN copy_no > 1 THEN 'duplicate_row'", "WHEN copy_no > 9 THEN 'duplicate_row'"),
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
