-- 10.4 it_downtime: reference queries. SQLite 3.25 or later and DuckDB, unchanged.
-- Reads the tables `parameters` and `outages`, every column as text, a blank as '' or NULL, and `days` and `zones` of
-- calendar/. Gives the tables `fates` (what became of each row), `answers` (every named rule), `reasons` (why the result
-- is not final) and `statistics` (of the headline, in hours). All durations are whole seconds, converted once.

CREATE TABLE typed AS
SELECT
    CAST(row_no AS INTEGER) AS row_no,
    NULLIF(incident_id, '') AS incident_id,
    NULLIF(parent_id, '') AS parent_id,
    NULLIF(component, '') AS component,
    NULLIF(cause, '') AS cause,
    NULLIF(is_planned, '') AS is_planned,
    NULLIF(started_at, '') AS started_at,
    NULLIF(ended_at, '') AS ended_at,
    NULLIF(left_out, '') AS left_out
FROM outages;

CREATE TABLE noted AS
SELECT row_no, 'started' AS what, started_at AS noted FROM typed WHERE started_at IS NOT NULL
UNION ALL SELECT row_no, 'ended', ended_at FROM typed WHERE ended_at IS NOT NULL
UNION ALL SELECT 0, 'begin', first_on FROM parameters
UNION ALL SELECT 0, 'last', last_on FROM parameters
UNION ALL SELECT 0, 'extracted', extracted_at FROM parameters;

-- Seconds since 1970 of each moment: in UTC, on the city's clocks, and of the local midnight after a date.
-- A date is a whole local day, and `utc` its first moment. One that no calendar has is missing here.
CREATE TABLE moments AS
SELECT
    seen.row_no,
    seen.what,
    seen.is_date,
    seen.utc,
    seen.utc + CAST(city.offset_seconds AS INTEGER) AS clock,
    CASE WHEN seen.is_date = 1 THEN seen.next_midnight - CAST(tomorrow.offset_seconds AS INTEGER) END AS day_end_utc
FROM (
    SELECT
        noted.row_no,
        noted.what,
        CASE WHEN LENGTH(noted) = 10 THEN 1 ELSE 0 END AS is_date,
        (CAST(number AS BIGINT) + 1) * 86400 AS next_midnight,
        CAST(number AS BIGINT) * 86400
            + CASE WHEN LENGTH(noted) = 10 THEN 0 ELSE CAST(SUBSTR(noted, 12, 2) AS INTEGER) * 3600
                + CAST(SUBSTR(noted, 15, 2) AS INTEGER) * 60 + CAST(SUBSTR(noted, 18, 2) AS INTEGER) END
            - CAST(offset_seconds AS INTEGER) AS utc
    FROM noted
    CROSS JOIN parameters
    JOIN days ON days.day = SUBSTR(noted, 1, 10)
    JOIN zones ON zones.zone = CASE WHEN noted.row_no = 0 OR LENGTH(noted) = 10 THEN parameters.zone ELSE clock_zone END
        AND SUBSTR(noted || ' 00:00:00', 1, 19) >= from_clock AND SUBSTR(noted || ' 00:00:00', 1, 19) < until_clock
) AS seen
CROSS JOIN parameters
JOIN zones AS city ON city.zone = parameters.zone
    AND seen.utc >= CAST(city.from_utc AS BIGINT) AND seen.utc < CAST(city.until_utc AS BIGINT)
JOIN zones AS tomorrow ON tomorrow.zone = parameters.zone
    AND seen.next_midnight - CAST(tomorrow.offset_seconds AS INTEGER) >= CAST(tomorrow.from_utc AS BIGINT)
    AND seen.next_midnight - CAST(tomorrow.offset_seconds AS INTEGER) < CAST(tomorrow.until_utc AS BIGINT);

CREATE TABLE bounds AS
SELECT first.utc AS start_utc, last.day_end_utc AS end_utc, extracted.utc AS extracted_utc
FROM moments AS first
JOIN moments AS last ON last.what = 'last'
JOIN moments AS extracted ON extracted.what = 'extracted'
WHERE first.what = 'begin';

-- What is wrong with a row by itself: first what is no date or moment. A day after the last of the calendar comes after
-- the extraction. A row that a named rule leaves out needs no reason.
CREATE TABLE judged AS
SELECT
    typed.*,
    started.is_date AS started_is_date, started.utc AS started_utc, started.clock AS started_clock,
    started.day_end_utc AS started_day_end,
    ended.is_date AS ended_is_date, ended.utc AS ended_utc, ended.clock AS ended_clock, ended.day_end_utc AS ended_day_end,
    CASE
        WHEN left_out IS NOT NULL THEN NULL
        WHEN started_at >= '1990' AND SUBSTR(started_at, 1, 10) <= last_day AND started.utc IS NULL THEN 'bad_started_at'
        WHEN ended_at >= '1990' AND SUBSTR(ended_at, 1, 10) <= last_day AND ended.utc IS NULL THEN 'bad_ended_at'
        WHEN incident_id IS NULL THEN 'missing_incident_id'
        WHEN component IS NULL THEN 'missing_component'
        WHEN started_at IS NULL THEN 'missing_started_at'
        WHEN started_at < '1990' THEN 'sentinel_started_at'
        WHEN started.utc IS NULL OR started.utc > extracted_utc THEN 'after_extraction_started_at'
        WHEN ended_at < '1990' THEN 'sentinel_ended_at'
        WHEN ended_at IS NOT NULL AND COALESCE(ended.utc > extracted_utc, TRUE) THEN 'after_extraction_ended_at'
        WHEN COALESCE(ended.day_end_utc - 1, ended.utc) < started.utc THEN 'end_before_start'
    END AS fault
FROM typed
CROSS JOIN parameters
CROSS JOIN bounds
CROSS JOIN (SELECT MAX(day) AS last_day FROM days) AS calendar
LEFT JOIN moments AS started ON started.row_no = typed.row_no AND started.what = 'started'
LEFT JOIN moments AS ended ON ended.row_no = typed.row_no AND ended.what = 'ended';

CREATE TABLE copied AS
SELECT
    judged.*,
    CASE WHEN left_out IS NULL AND fault IS NULL THEN ROW_NUMBER() OVER (
        PARTITION BY left_out, fault, incident_id, parent_id, component, cause, is_planned, started_at, ended_at
        ORDER BY row_no
    ) END AS copy_no
FROM judged;

-- The end of each window. To a date it is the earliest moment of that day that is not before the start; from date to
-- date there are whole days.
CREATE TABLE settled AS
SELECT
    copied.*,
    CASE WHEN copy_no > 1 THEN 'duplicate_row' ELSE left_out END AS excluded_by,
    CASE
        WHEN fault IS NOT NULL THEN fault
        WHEN copy_no = 1 AND COUNT(*) OVER (PARTITION BY copy_no, incident_id, component) > 1 THEN 'duplicate_key'
        WHEN copy_no = 1 AND incident_id IN (
            SELECT other.incident_id FROM judged AS other WHERE other.incident_id IS NOT NULL AND other.fault IS NOT NULL
        ) THEN 'unreadable_group'
    END AS quarantined_for,
    CASE
        WHEN started_utc IS NOT NULL THEN CASE WHEN started_utc >= start_utc AND started_utc < end_utc THEN 1 ELSE 0 END
        WHEN fault IN ('sentinel_started_at', 'after_extraction_started_at') THEN 0
        ELSE 1
    END AS is_inside,
    CASE
        WHEN started_is_date = 1 AND ended_is_date = 1 THEN started_utc + ended_clock - started_clock
        WHEN ended_is_date = 1 AND ended_clock - ended_clock % 86400 = started_clock - started_clock % 86400 THEN started_utc
        ELSE ended_utc
    END AS until_utc,
    CASE
        WHEN started_is_date = 1 AND ended_is_date = 0 AND started_day_end > ended_utc THEN ended_utc
        WHEN started_is_date = 1 AND ended_is_date = 0 THEN started_day_end
        ELSE started_utc
    END AS late_start_utc,
    CASE
        WHEN started_is_date = 1 AND ended_is_date = 1 THEN started_utc + ended_clock - started_clock
        WHEN ended_is_date = 1 THEN ended_day_end
        ELSE ended_utc
    END AS late_until_utc
FROM copied CROSS JOIN bounds;

-- Sound windows of some length. An open one lasts until the extraction.
CREATE TABLE windows AS
SELECT
    row_no, incident_id, parent_id, component, is_planned, started_is_date, ended_is_date,
    started_utc AS begins, COALESCE(until_utc, extracted_utc) AS ends,
    late_start_utc AS late_begins, COALESCE(late_until_utc, extracted_utc) AS late_ends,
    CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END AS is_open
FROM settled CROSS JOIN bounds
WHERE quarantined_for IS NULL AND excluded_by IS NULL
    AND (until_utc IS NULL OR until_utc > started_utc OR (ended_is_date = 1 AND started_is_date = 0));

-- The readings of the windows by which the rules differ.
CREATE TABLE readings AS
SELECT 'headline' AS reading, row_no, incident_id, parent_id, component, begins, ends FROM windows
UNION ALL SELECT 'day_end', row_no, incident_id, parent_id, component, late_begins, late_ends FROM windows
UNION ALL SELECT 'unplanned_only', row_no, incident_id, parent_id, component, begins, ends
    FROM windows WHERE is_planned IS NULL OR is_planned <> 'yes'
UNION ALL SELECT 'city_wide_union', row_no, CAST(row_no AS VARCHAR(20)), NULL, 'city', begins, ends FROM windows;

-- Two windows are linked when they overlap or touch at one component, share an incident, or one is the other's parent.
CREATE TABLE links AS
SELECT one.reading, one.row_no AS one_no, other.row_no AS other_no
FROM readings AS one
JOIN readings AS other ON other.reading = one.reading AND (
    (other.component = one.component AND other.begins <= one.ends AND one.begins <= other.ends)
    OR other.incident_id = one.incident_id
    OR other.incident_id = one.parent_id
    OR other.parent_id = one.incident_id
);

-- An outage is all windows that are linked, however indirectly; its number is its lowest row.
CREATE TABLE members AS
WITH RECURSIVE reached (reading, one_no, other_no) AS (
    SELECT reading, one_no, other_no FROM links
    UNION
    SELECT reached.reading, reached.one_no, links.other_no
    FROM reached JOIN links ON links.reading = reached.reading AND links.one_no = reached.other_no
)
SELECT reading, one_no AS row_no, MIN(other_no) AS outage FROM reached GROUP BY reading, one_no;

-- Each hour of an outage once: a window counts from where all earlier ones of the outage have ended.
CREATE TABLE pieces AS
SELECT
    reading, outage, begins, ends,
    CASE WHEN earlier_end IS NULL OR earlier_end < begins THEN begins ELSE earlier_end END AS from_utc
FROM (
    SELECT
        readings.reading, outage, begins, ends,
        MAX(ends) OVER (
            PARTITION BY readings.reading, outage ORDER BY begins, readings.row_no
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier_end
    FROM readings JOIN members ON members.reading = readings.reading AND members.row_no = readings.row_no
) AS ordered;

CREATE TABLE outages_found AS
SELECT
    reading, outage, MIN(begins) AS begins,
    SUM(CASE WHEN ends > from_utc THEN ends - from_utc ELSE 0 END) AS whole_seconds,
    SUM(CASE WHEN clipped_end > clipped_from THEN clipped_end - clipped_from ELSE 0 END) AS seconds
FROM (
    SELECT
        pieces.*,
        CASE WHEN from_utc < start_utc THEN start_utc ELSE from_utc END AS clipped_from,
        CASE WHEN ends > end_utc THEN end_utc ELSE ends END AS clipped_end
    FROM pieces CROSS JOIN bounds
) AS clipped
GROUP BY reading, outage;

CREATE TABLE placed AS
SELECT
    outages_found.*,
    CASE WHEN begins >= start_utc AND begins < end_utc THEN 1 ELSE 0 END AS starts_inside
FROM outages_found CROSS JOIN bounds;

CREATE TABLE fates AS
SELECT
    row_no,
    CASE
        WHEN rule IS NULL THEN 'used'
        WHEN is_inside = 1 AND quarantined_for IS NOT NULL THEN 'quarantined'
        ELSE 'excluded'
    END AS fate,
    rule
FROM (
    SELECT
        settled.row_no, is_inside, quarantined_for,
        CASE
            WHEN is_inside = 0 AND (placed.outage IS NULL OR (starts_inside = 0 AND seconds = 0)) THEN 'outside_period'
            WHEN quarantined_for IS NOT NULL THEN quarantined_for
            WHEN excluded_by IS NOT NULL THEN excluded_by
            WHEN placed.outage IS NULL THEN 'zero_length'
        END AS rule
    FROM settled
    LEFT JOIN members ON members.row_no = settled.row_no AND members.reading = 'headline'
    LEFT JOIN placed ON placed.outage = members.outage AND placed.reading = 'headline'
) AS ruled;

-- Ended rows that start in the period, as they stand: neither joined nor cut, whatever became of them.
CREATE TABLE recorded AS
SELECT
    until_utc - started_utc AS seconds,
    CASE WHEN is_planned = 'yes' THEN 1 ELSE 0 END AS planned,
    CASE WHEN is_planned IS NULL THEN 0 ELSE 1 END AS told
FROM settled WHERE is_inside = 1 AND started_utc IS NOT NULL AND until_utc IS NOT NULL
    AND (left_out IS NULL OR left_out <> 'no_outage');

CREATE TABLE plausible AS
SELECT recorded.* FROM recorded CROSS JOIN parameters
WHERE seconds > 0 AND seconds <= CAST(longest_plausible_hours AS INTEGER) * 3600;

-- The windows that have not ended.
CREATE TABLE opened AS
SELECT windows.row_no, placed.outage, windows.begins, ends
FROM windows
JOIN members ON members.row_no = windows.row_no AND members.reading = 'headline'
JOIN placed ON placed.outage = members.outage AND placed.reading = 'headline'
WHERE is_open = 1 AND (starts_inside = 1 OR seconds > 0);

-- All of them last to one moment, so that each outage is open since the earliest of its open windows; one of which every
-- open window begins after the period is open for no hour of it.
CREATE TABLE open_hours AS
SELECT
    COALESCE(SUM(CASE WHEN clipped_end > clipped_from THEN clipped_end - clipped_from ELSE 0 END), 0) AS seconds
FROM (
    SELECT
        outage,
        MIN(CASE WHEN begins < start_utc THEN start_utc ELSE begins END) AS clipped_from,
        MAX(CASE WHEN ends > end_utc THEN end_utc ELSE ends END) AS clipped_end
    FROM opened CROSS JOIN bounds
    GROUP BY outage
) AS found;

-- Where no row tells whether it was planned, nobody can leave planned ones out.
CREATE TABLE telling AS
SELECT COUNT(is_planned) AS windows_count, (SELECT COALESCE(SUM(told), 0) FROM recorded) AS recorded_count
FROM windows JOIN fates ON fates.row_no = windows.row_no AND fate = 'used';

CREATE TABLE sums AS
SELECT reading AS rule, SUM(seconds) AS seconds, SUM(starts_inside) AS number
FROM placed CROSS JOIN telling WHERE reading <> 'unplanned_only' OR windows_count > 0 GROUP BY reading
UNION ALL SELECT 'whole_duration_in_starting_period', SUM(whole_seconds), COUNT(*)
    FROM placed WHERE reading = 'headline' AND starts_inside = 1
UNION ALL SELECT 'as_recorded', SUM(seconds), COUNT(*) FROM recorded
UNION ALL SELECT 'as_recorded_plausible', SUM(seconds), COUNT(*) FROM plausible
UNION ALL SELECT 'unplanned_as_recorded', SUM(seconds), COUNT(*)
    FROM recorded CROSS JOIN telling WHERE planned = 0 AND recorded_count > 0
UNION ALL SELECT 'unplanned_as_recorded_plausible', SUM(seconds), COUNT(*)
    FROM plausible CROSS JOIN telling WHERE planned = 0 AND recorded_count > 0;

CREATE TABLE answers AS
SELECT
    rules.rule,
    COALESCE(seconds, 0) / 3600.0 AS numerator,
    COALESCE(number, 0) AS denominator,
    seconds / 3600.0 / NULLIF(number, 0) AS value
FROM (
    SELECT 'headline' AS rule
    UNION ALL SELECT 'day_end'
    UNION ALL SELECT 'unplanned_only'
    UNION ALL SELECT 'city_wide_union'
    UNION ALL SELECT 'whole_duration_in_starting_period'
    UNION ALL SELECT 'as_recorded'
    UNION ALL SELECT 'as_recorded_plausible'
    UNION ALL SELECT 'unplanned_as_recorded'
    UNION ALL SELECT 'unplanned_as_recorded_plausible'
) AS rules LEFT JOIN sums ON sums.rule = rules.rule
UNION ALL SELECT 'open_outages', COUNT(*), NULL, COUNT(*) FROM opened
UNION ALL SELECT 'open_hours', seconds / 3600.0, NULL, seconds / 3600.0 FROM open_hours;

CREATE TABLE reasons AS
SELECT 'period_not_over' AS reason FROM bounds WHERE extracted_utc < end_utc
UNION ALL
SELECT 'coverage' FROM parameters WHERE covers_first_on > first_on OR covers_last_on < last_on
UNION ALL
SELECT 'quarantine' FROM (
    SELECT
        SUM(CASE WHEN fate = 'quarantined' THEN 1 ELSE 0 END) AS quarantined,
        SUM(CASE WHEN fate = 'excluded' THEN 0 ELSE 1 END) AS considered
    FROM fates
) AS counts WHERE 100 * quarantined > 2 * considered
UNION ALL
SELECT 'still_open' FROM (SELECT COUNT(*) AS number FROM opened) AS counts WHERE number > 0
UNION ALL
SELECT 'open_dominates' FROM open_hours JOIN sums ON rule = 'headline' WHERE 2 * open_hours.seconds > sums.seconds
UNION ALL
SELECT 'date_only' FROM (
    SELECT COUNT(*) AS number
    FROM windows JOIN fates ON fates.row_no = windows.row_no AND fate = 'used'
    WHERE is_open = 0 AND started_is_date <> ended_is_date
) AS counts CROSS JOIN parameters WHERE number > 0 AND dates_suffice <> 'yes';

-- Between two neighbours in order a share is taken in proportion.
CREATE TABLE ranked AS
SELECT seconds, ROW_NUMBER() OVER (ORDER BY seconds) - 1 AS place, COUNT(*) OVER () AS number
FROM placed WHERE reading = 'headline' AND starts_inside = 1;

CREATE TABLE statistics AS
SELECT
    shares.name,
    SUM(seconds * CASE WHEN place * 10 = tenths - tenths % 10 THEN 10 - tenths % 10 ELSE tenths % 10 END)
        / 10.0 / 3600 AS value
FROM (
    SELECT 'median' AS name, seconds, place, number, 5 * (number - 1) AS tenths FROM ranked
    UNION ALL SELECT 'p90', seconds, place, number, 9 * (number - 1) FROM ranked
) AS shares
WHERE place * 10 = tenths - tenths % 10 OR place * 10 = tenths - tenths % 10 + 10
GROUP BY shares.name
UNION ALL SELECT 'count', COUNT(*) FROM ranked;
