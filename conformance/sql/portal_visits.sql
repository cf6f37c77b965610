-- 10.1 portal_visits: reference queries. SQLite 3.25 or later and DuckDB, unchanged.
-- Reads the tables `parameters`, `visits` (counts by portal and day or month), `requests` (the lines of access.log,
-- parsed) and `population`, every column as text, a blank as '' or NULL, and `days` and `zones` of calendar/. Of
-- visits and requests one is empty. Gives the tables `fates` (what became of each row), `answers` (every named rule)
-- and `reasons` (why the result is not final).

-- Counts by portal and day or month. The first figure of the period's year, in the order of rows, is the denominator.
CREATE TABLE counts AS
SELECT
    CAST(row_no AS INTEGER) AS row_no,
    COALESCE(portal, '') AS portal,
    NULLIF(visited_on, '') AS visited_on,
    CAST(NULLIF(visits_count, '') AS INTEGER) AS visits_count,
    NULLIF(left_out, '') AS left_out
FROM visits;

CREATE TABLE judged AS
SELECT
    counts.*,
    CASE
        WHEN left_out IS NOT NULL THEN NULL
        WHEN visited_on IS NULL THEN 'missing_visited_on'
        WHEN visits_count IS NULL THEN 'missing_visits_count'
        WHEN visits_count < 0 THEN 'too_small_visits_count'
    END AS fault,
    CASE
        WHEN visited_on IS NULL THEN 1
        WHEN visited_on >= SUBSTR(first_on, 1, LENGTH(visited_on)) AND visited_on <= last_on THEN 1
        ELSE 0
    END AS is_inside
FROM counts CROSS JOIN parameters;

CREATE TABLE copied AS
SELECT
    judged.*,
    CASE WHEN left_out IS NULL AND fault IS NULL THEN ROW_NUMBER() OVER (
        PARTITION BY left_out, fault, portal, visited_on, visits_count ORDER BY row_no
    ) END AS copy_no
FROM judged;

CREATE TABLE count_fates AS
SELECT
    row_no, portal, visited_on, visits_count, rule,
    CASE
        WHEN rule IS NULL THEN 'used'
        WHEN rule = 'outside_period' OR rule = 'duplicate_row' OR rule = left_out THEN 'excluded'
        ELSE 'quarantined'
    END AS fate
FROM (
    SELECT
        copied.*,
        CASE
            WHEN is_inside = 0 THEN 'outside_period'
            WHEN fault IS NOT NULL THEN fault
            WHEN left_out IS NOT NULL THEN left_out
            WHEN copy_no > 1 THEN 'duplicate_row'
            WHEN COUNT(*) OVER (PARTITION BY copy_no, portal, visited_on) > 1 THEN 'duplicate_key'
            WHEN EXISTS (
                SELECT 1 FROM judged AS other
                WHERE other.portal = copied.portal AND other.visited_on = copied.visited_on AND other.fault IS NOT NULL
            ) THEN 'unreadable_group'
        END AS rule
    FROM copied
) AS ruled;

-- Requests. Seconds since 1970 in UTC; the local day as the city's clocks show it.
CREATE TABLE hits AS
SELECT
    seen.*,
    city_day.day AS local_day
FROM (
    SELECT
        CAST(row_no AS INTEGER) AS row_no,
        address || ' ' || agent AS visitor,
        client,
        CASE
            WHEN method <> 'GET' THEN 'method'
            WHEN NOT (status LIKE '2__' OR status = '304') THEN 'status'
            WHEN path LIKE '%.css' OR path LIKE '%.js' OR path LIKE '%.png' OR path LIKE '%.jpg' THEN 'asset'
            WHEN path LIKE '%.csv' OR path LIKE '%.xlsx' OR path LIKE '%.pdf' OR path LIKE '%.zip' THEN 'download'
        END AS request_rule,
        CASE WHEN method = 'GET' AND status IN ('301', '302') AND path NOT LIKE '%.%' THEN 1 ELSE 0 END AS is_moved_page,
        CAST(number AS BIGINT) * 86400 + CAST(SUBSTR(requested_at, 12, 2) AS INTEGER) * 3600
            + CAST(SUBSTR(requested_at, 15, 2) AS INTEGER) * 60 + CAST(SUBSTR(requested_at, 18, 2) AS INTEGER)
            - CAST(offset_seconds AS INTEGER) AS utc
    FROM requests
    CROSS JOIN parameters
    JOIN days ON days.day = SUBSTR(requested_at, 1, 10)
    JOIN zones ON zones.zone = clock_zone AND requested_at >= from_clock AND requested_at < until_clock
) AS seen
CROSS JOIN parameters
JOIN zones AS city ON city.zone = parameters.zone
    AND seen.utc >= CAST(city.from_utc AS BIGINT) AND seen.utc < CAST(city.until_utc AS BIGINT)
JOIN days AS city_day ON CAST(city_day.number AS BIGINT) * 86400 <= seen.utc + CAST(city.offset_seconds AS INTEGER)
    AND seen.utc + CAST(city.offset_seconds AS INTEGER) < (CAST(city_day.number AS BIGINT) + 1) * 86400;

CREATE TABLE fates AS
SELECT row_no, fate, rule FROM count_fates
UNION ALL
SELECT row_no, CASE WHEN rule IS NULL THEN 'used' ELSE 'excluded' END, rule
FROM (
    SELECT
        row_no,
        CASE
            WHEN local_day < first_on OR local_day > last_on THEN 'outside_period'
            WHEN request_rule IS NOT NULL THEN request_rule
            WHEN client <> 'person' THEN client
        END AS rule
    FROM hits CROSS JOIN parameters
) AS ruled;

-- The requests that each rule looks at.
CREATE TABLE readings AS
SELECT 'people' AS reading, hits.* FROM hits WHERE request_rule IS NULL AND client = 'person'
UNION ALL SELECT 'bots_included', hits.* FROM hits WHERE request_rule IS NULL AND client <> 'own_network'
UNION ALL SELECT 'redirects_counted', hits.* FROM hits
    WHERE (request_rule IS NULL OR is_moved_page = 1) AND client = 'person'
UNION ALL SELECT 'all_requests', hits.* FROM hits;

-- A visit begins after more than 30 idle minutes; under a midnight break also with the first request of a day.
CREATE TABLE begun AS
SELECT
    reading, visitor, local_day,
    CASE WHEN before_utc IS NULL OR utc - before_utc > 1800 THEN 1 ELSE 0 END AS begins,
    CASE WHEN before_utc IS NULL OR utc - before_utc > 1800 OR before_day <> local_day THEN 1 ELSE 0 END AS begins_in_day
FROM (
    SELECT
        readings.*,
        LAG(utc) OVER (PARTITION BY reading, visitor ORDER BY utc, row_no) AS before_utc,
        LAG(local_day) OVER (PARTITION BY reading, visitor ORDER BY utc, row_no) AS before_day
    FROM readings
) AS ordered
CROSS JOIN parameters;

CREATE TABLE inside AS
SELECT begun.* FROM begun CROSS JOIN parameters WHERE local_day >= first_on AND local_day <= last_on;

CREATE TABLE figures AS
SELECT
    source, CAST(population_count AS INTEGER) AS population_count,
    ROW_NUMBER() OVER (ORDER BY CAST(population.row_no AS INTEGER)) AS place
FROM population CROSS JOIN parameters
WHERE SUBSTR(reference_on, 1, 4) = SUBSTR(period, 1, 4);

CREATE TABLE sums AS
SELECT 'headline' AS rule, 1 AS place, SUM(number) AS visits
FROM (
    SELECT SUM(visits_count) AS number FROM count_fates WHERE fate = 'used'
    UNION ALL SELECT SUM(begins_in_day) FROM inside WHERE reading = 'people'
) AS united
UNION ALL SELECT 'bots_included', 1, SUM(begins_in_day) FROM inside WHERE reading = 'bots_included'
UNION ALL SELECT 'no_midnight_break', 1, SUM(begins) FROM inside WHERE reading = 'people'
UNION ALL SELECT 'unique_visitors', 1, NULLIF(COUNT(DISTINCT visitor), 0) FROM inside WHERE reading = 'people'
UNION ALL SELECT 'redirects_counted', 1, SUM(begins) FROM inside WHERE reading = 'redirects_counted'
UNION ALL SELECT 'all_requests', 1, SUM(begins) FROM inside WHERE reading = 'all_requests';

CREATE TABLE answers AS
SELECT rule, visits AS numerator, population_count / 100000.0 AS denominator, visits * 100000.0 / population_count AS value
FROM sums LEFT JOIN figures ON figures.place = sums.place
UNION ALL
SELECT 'other_population_' || LOWER(source), visits, population_count / 100000.0, visits * 100000.0 / population_count
FROM sums JOIN figures ON figures.place > 1 WHERE rule = 'headline';

-- A day is covered when every portal tells of it; a log is one portal.
CREATE TABLE portals AS
SELECT DISTINCT portal FROM counts
UNION ALL SELECT 'log' FROM parameters WHERE NOT EXISTS (SELECT 1 FROM counts);

CREATE TABLE reasons AS
SELECT 'period_not_over' AS reason FROM parameters WHERE SUBSTR(extracted_at, 1, 10) <= last_on
UNION ALL
SELECT 'coverage' FROM parameters WHERE EXISTS (
    SELECT 1 FROM days CROSS JOIN portals
    WHERE day >= first_on AND day <= last_on
        AND NOT EXISTS (
            SELECT 1 FROM count_fates
            WHERE fate = 'used' AND count_fates.portal = portals.portal AND visited_on IN (day, SUBSTR(day, 1, 7))
        )
        AND NOT EXISTS (SELECT 1 FROM hits WHERE local_day = day)
)
UNION ALL
SELECT 'quarantine' FROM (
    SELECT
        SUM(CASE WHEN fate = 'quarantined' THEN 1 ELSE 0 END) AS quarantined,
        SUM(CASE WHEN fate = 'excluded' THEN 0 ELSE 1 END) AS considered
    FROM fates
) AS counted WHERE 100 * quarantined > 2 * considered;
