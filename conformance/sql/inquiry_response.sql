-- 10.3 inquiry_response: reference queries. SQLite 3.25 or later and DuckDB, unchanged.
-- Reads the tables `parameters`, `inquiries` and `holidays` (which may be empty), every column as text, a blank as ''
-- or NULL, and `days` and `zones` of calendar/. Gives the tables `fates` (what became of each row), `answers` (every
-- named rule), `reasons` (why the result is not final) and `statistics` (of the headline, in days).
-- All durations are whole seconds, converted once.

CREATE TABLE typed AS
SELECT
    CAST(row_no AS INTEGER) AS row_no,
    NULLIF(inquiry_id, '') AS inquiry_id,
    NULLIF(channel, '') AS channel,
    NULLIF(agency, '') AS agency,
    NULLIF(category, '') AS category,
    NULLIF(received_at, '') AS received_at,
    NULLIF(responded_at, '') AS responded_at,
    NULLIF(closed_at, '') AS closed_at,
    NULLIF(left_out, '') AS left_out
FROM inquiries;

CREATE TABLE noted AS
SELECT row_no, 'received' AS what, received_at AS noted FROM typed WHERE received_at IS NOT NULL
UNION ALL SELECT row_no, 'responded', responded_at FROM typed WHERE responded_at IS NOT NULL
UNION ALL SELECT row_no, 'closed', closed_at FROM typed WHERE closed_at IS NOT NULL
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
    received.is_date AS received_is_date, received.utc AS received_utc, received.clock AS received_clock,
    received.day_end_utc AS received_day_end,
    responded.is_date AS responded_is_date, responded.utc AS responded_utc, responded.clock AS responded_clock,
    responded.day_end_utc AS responded_day_end,
    closed.is_date AS closed_is_date, closed.utc AS closed_utc, closed.clock AS closed_clock,
    CASE
        WHEN left_out IS NOT NULL THEN NULL
        WHEN received_at >= '1990' AND SUBSTR(received_at, 1, 10) <= last_day AND received.utc IS NULL THEN 'bad_received_at'
        WHEN responded_at >= '1990' AND SUBSTR(responded_at, 1, 10) <= last_day AND responded.utc IS NULL
            THEN 'bad_responded_at'
        WHEN closed_at >= '1990' AND SUBSTR(closed_at, 1, 10) <= last_day AND closed.utc IS NULL THEN 'bad_closed_at'
        WHEN inquiry_id IS NULL THEN 'missing_inquiry_id'
        WHEN received_at IS NULL THEN 'missing_received_at'
        WHEN received_at < '1990' THEN 'sentinel_received_at'
        WHEN received.utc IS NULL OR received.utc > extracted_utc THEN 'after_extraction_received_at'
        WHEN responded_at < '1990' THEN 'sentinel_responded_at'
        WHEN responded_at IS NOT NULL AND COALESCE(responded.utc > extracted_utc, TRUE) THEN 'after_extraction_responded_at'
        WHEN closed_at < '1990' THEN 'sentinel_closed_at'
        WHEN closed_at IS NOT NULL AND COALESCE(closed.utc > extracted_utc, TRUE) THEN 'after_extraction_closed_at'
        WHEN COALESCE(responded.day_end_utc - 1, responded.utc) < received.utc THEN 'response_before_receipt'
        WHEN COALESCE(closed.day_end_utc - 1, closed.utc) < received.utc THEN 'closed_before_receipt'
    END AS fault
FROM typed
CROSS JOIN parameters
CROSS JOIN bounds
CROSS JOIN (SELECT MAX(day) AS last_day FROM days) AS calendar
LEFT JOIN moments AS received ON received.row_no = typed.row_no AND received.what = 'received'
LEFT JOIN moments AS responded ON responded.row_no = typed.row_no AND responded.what = 'responded'
LEFT JOIN moments AS closed ON closed.row_no = typed.row_no AND closed.what = 'closed';

CREATE TABLE copied AS
SELECT
    judged.*,
    CASE WHEN left_out IS NULL AND fault IS NULL THEN ROW_NUMBER() OVER (
        PARTITION BY left_out, fault, inquiry_id, channel, agency, category, received_at, responded_at, closed_at
        ORDER BY row_no
    ) END AS copy_no
FROM judged;

CREATE TABLE settled AS
SELECT
    copied.*,
    CASE WHEN copy_no > 1 THEN 'duplicate_row' ELSE left_out END AS excluded_by,
    CASE
        WHEN fault IS NOT NULL THEN fault
        WHEN copy_no = 1 AND COUNT(*) OVER (PARTITION BY copy_no, inquiry_id) > 1 THEN 'duplicate_key'
        WHEN copy_no = 1 AND EXISTS (
            SELECT 1 FROM judged AS other WHERE other.inquiry_id = copied.inquiry_id AND other.fault IS NOT NULL
        ) THEN 'unreadable_group'
    END AS quarantined_for,
    CASE
        WHEN received_utc IS NOT NULL THEN CASE WHEN received_utc >= start_utc AND received_utc < end_utc THEN 1 ELSE 0 END
        WHEN fault IN ('sentinel_received_at', 'after_extraction_received_at') THEN 0
        ELSE 1
    END AS is_inside
FROM copied CROSS JOIN bounds;

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
        settled.*,
        CASE
            WHEN is_inside = 0 THEN 'outside_period'
            WHEN quarantined_for IS NOT NULL THEN quarantined_for
            WHEN excluded_by IS NOT NULL THEN excluded_by
            WHEN responded_utc IS NULL AND closed_utc IS NULL THEN 'open'
            WHEN responded_utc IS NULL THEN 'closed_without_response'
        END AS rule
    FROM settled
) AS ruled;

-- The end of each duration. To a date it is the earliest moment of that day that is not before the start: on the same
-- day the start itself. From date to date there are whole days.
CREATE TABLE measured AS
SELECT
    settled.*,
    CASE WHEN quarantined_for IS NULL AND excluded_by IS NULL THEN 1 ELSE 0 END AS is_sound,
    CASE
        WHEN received_is_date = 1 AND responded_is_date = 1
            THEN responded_clock - received_clock
        WHEN responded_is_date = 1 AND responded_clock - responded_clock % 86400 = received_clock - received_clock % 86400
            THEN 0
        ELSE responded_utc - received_utc
    END AS waited,
    CASE
        WHEN received_is_date = 1 AND responded_is_date = 1 THEN responded_clock - received_clock
        WHEN responded_is_date = 1 THEN responded_day_end - received_utc
        WHEN received_is_date = 1 AND received_day_end > responded_utc THEN 0
        WHEN received_is_date = 1 THEN responded_utc - received_day_end
        ELSE responded_utc - received_utc
    END AS waited_to_day_end,
    CASE
        WHEN responded_is_date = 1 AND received_is_date = 0
            AND responded_clock - responded_clock % 86400 = received_clock - received_clock % 86400 THEN received_clock
        ELSE responded_clock
    END AS answered_clock,
    CASE
        WHEN received_is_date = 1 AND closed_is_date = 1 THEN closed_clock - received_clock
        WHEN closed_is_date = 1 AND closed_clock - closed_clock % 86400 = received_clock - received_clock % 86400 THEN 0
        ELSE closed_utc - received_utc
    END AS until_closed,
    CASE
        WHEN closed_is_date = 1 AND received_is_date = 0
            AND closed_clock - closed_clock % 86400 = received_clock - received_clock % 86400 THEN received_clock
        ELSE closed_clock
    END AS ended_clock
FROM settled;

-- Working days before each day, on the city's calendar.
CREATE TABLE working AS
SELECT
    number * 86400 AS midnight,
    is_working,
    SUM(is_working) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) - is_working AS working_days_before
FROM (
    SELECT
        CAST(number AS BIGINT) AS number,
        CASE WHEN weekday IN ('6', '7') OR day IN (SELECT day FROM holidays) THEN 0 ELSE 1 END AS is_working
    FROM days
) AS numbered;

CREATE TABLE answered AS
SELECT
    measured.*,
    last.working_days_before * 86400 + last.is_working * (answered_clock % 86400)
        - first.working_days_before * 86400 - first.is_working * (received_clock % 86400) AS worked
FROM measured
JOIN working AS first ON first.midnight = received_clock - received_clock % 86400
JOIN working AS last ON last.midnight = answered_clock - answered_clock % 86400
WHERE is_sound = 1 AND is_inside = 1 AND responded_utc IS NOT NULL AND received_utc IS NOT NULL;

CREATE TABLE received AS
SELECT measured.*, extracted_utc - received_utc AS age
FROM measured CROSS JOIN bounds
WHERE is_sound = 1 AND is_inside = 1 AND received_utc IS NOT NULL;

CREATE TABLE opened AS SELECT * FROM received WHERE responded_utc IS NULL AND closed_utc IS NULL;

-- Every row of the period with its moments, whatever became of it.
CREATE TABLE recorded AS SELECT * FROM measured WHERE is_inside = 1 AND received_utc IS NOT NULL;

CREATE TABLE sums AS
SELECT 'headline' AS rule, COALESCE(SUM(waited), 0) AS seconds, COUNT(*) AS number FROM answered
UNION ALL SELECT 'day_end', COALESCE(SUM(waited_to_day_end), 0), COUNT(*) FROM answered
UNION ALL SELECT 'open_age_counted', COALESCE(SUM(CASE WHEN responded_utc IS NULL THEN age ELSE waited END), 0), COUNT(*)
    FROM received WHERE responded_utc IS NOT NULL OR closed_utc IS NULL
UNION ALL SELECT 'strict_all_received', COALESCE(SUM(waited), 0),
    CASE WHEN EXISTS (SELECT 1 FROM measured WHERE responded_utc IS NOT NULL) THEN COUNT(*) ELSE 0 END FROM received
UNION ALL SELECT 'open_mean_age', COALESCE(SUM(age), 0), COUNT(*) FROM opened
UNION ALL SELECT 'working_days', COALESCE(SUM(worked), 0), COUNT(*) FROM answered
UNION ALL SELECT 'by_date_answered', COALESCE(SUM(waited), 0), COUNT(*) FROM measured CROSS JOIN bounds
    WHERE is_sound = 1 AND received_utc IS NOT NULL AND responded_utc >= start_utc AND responded_utc < end_utc
UNION ALL SELECT 'as_recorded', COALESCE(SUM(answered_clock - received_clock), 0), COUNT(*)
    FROM recorded WHERE responded_utc IS NOT NULL
UNION ALL SELECT 'time_to_closure', COALESCE(SUM(until_closed), 0), COUNT(*) FROM received WHERE closed_utc IS NOT NULL
UNION ALL SELECT 'time_to_closure_as_recorded', COALESCE(SUM(ended_clock - received_clock), 0), COUNT(*)
    FROM recorded WHERE closed_utc IS NOT NULL
UNION ALL SELECT 'time_to_closure_non_negative', COALESCE(SUM(ended_clock - received_clock), 0), COUNT(*)
    FROM recorded WHERE closed_utc IS NOT NULL AND ended_clock >= received_clock;

CREATE TABLE answers AS
SELECT rule, seconds / 3600.0 AS numerator, number AS denominator, seconds / 3600.0 / NULLIF(number, 0) / 24 AS value
FROM sums
UNION ALL
SELECT 'within_follow_up_deadline', timely, number, 100.0 * timely / NULLIF(number, 0)
FROM (
    SELECT
        (SELECT COUNT(*) FROM answered CROSS JOIN parameters WHERE worked <= CAST(follow_up_days AS INTEGER) * 86400) AS timely,
        (SELECT number FROM sums WHERE rule = 'strict_all_received') AS number
) AS counts
UNION ALL
SELECT
    'open_inquiries',
    CASE WHEN (SELECT COUNT(*) FROM received) > 0 THEN number END,
    NULL,
    CASE WHEN (SELECT COUNT(*) FROM received) > 0 THEN number END
FROM (SELECT COUNT(*) AS number FROM opened) AS counts;

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
SELECT 'date_only' FROM (
    SELECT COUNT(*) AS number FROM answered WHERE received_is_date <> responded_is_date
) AS counts CROSS JOIN parameters WHERE number > 0 AND dates_suffice <> 'yes';

-- Between two neighbours in order a share is taken in proportion.
CREATE TABLE ranked AS
SELECT waited, ROW_NUMBER() OVER (ORDER BY waited) - 1 AS place, COUNT(*) OVER () AS number FROM answered;

CREATE TABLE statistics AS
SELECT
    shares.name,
    SUM(waited * CASE
        WHEN place * 10 = tenths - tenths % 10 THEN 10 - tenths % 10
        ELSE tenths % 10
    END) / 10.0 / 86400 AS value
FROM (
    SELECT 'median' AS name, waited, place, number, 5 * (number - 1) AS tenths FROM ranked
    UNION ALL SELECT 'p90', waited, place, number, 9 * (number - 1) FROM ranked
) AS shares
WHERE place * 10 = tenths - tenths % 10 OR place * 10 = tenths - tenths % 10 + 10
GROUP BY shares.name
UNION ALL SELECT 'count', COUNT(*) FROM answered;
