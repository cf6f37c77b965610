-- 10.2 online_services: reference queries. SQLite 3.25 or later and DuckDB, unchanged.
-- Reads the tables `parameters` and `services`, every column as text, a blank as '' or NULL.
-- `calendar/days.csv` is the table `days`.
-- Gives three tables: `fates` (what became of each row), `answers` (every named rule) and `reasons` (why the result is
-- not final; without any it is, if there is a value).

CREATE TABLE typed AS
SELECT
    CAST(row_no AS INTEGER) AS row_no,
    NULLIF(service_id, '') AS service_id,
    NULLIF(name, '') AS name,
    NULLIF(agency, '') AS agency,
    NULLIF(sector, '') AS sector,
    NULLIF(audience, '') AS audience,
    NULLIF(is_accessible_online, '') AS is_accessible_online,
    NULLIF(is_requestable_online, '') AS is_requestable_online,
    NULLIF(is_online_applicable, '') AS is_online_applicable,
    CAST(NULLIF(volume, '') AS INTEGER) AS volume,
    CAST(NULLIF(steps_count, '') AS INTEGER) AS steps_count,
    CAST(NULLIF(steps_applicable_count, '') AS INTEGER) AS steps_applicable_count,
    CAST(NULLIF(steps_online_count, '') AS INTEGER) AS steps_online_count,
    NULLIF(valid_from_on, '') AS valid_from_on,
    NULLIF(valid_to_on, '') AS valid_to_on,
    NULLIF(online_from_on, '') AS online_from_on,
    NULLIF(left_out, '') AS left_out
FROM services;

-- What is wrong with a row by itself. A row that a named rule leaves out needs no reason.
CREATE TABLE judged AS
SELECT
    typed.*,
    CASE
        WHEN left_out IS NOT NULL THEN NULL
        WHEN service_id IS NULL THEN 'missing_service_id'
        WHEN is_accessible_online IS NULL THEN 'missing_is_accessible_online'
        WHEN is_accessible_online LIKE '#%' THEN 'error_is_accessible_online'
        WHEN is_accessible_online NOT IN ('yes', 'no') THEN 'unknown_is_accessible_online'
        WHEN is_requestable_online IS NULL THEN 'missing_is_requestable_online'
        WHEN is_requestable_online LIKE '#%' THEN 'error_is_requestable_online'
        WHEN is_requestable_online NOT IN ('yes', 'no') THEN 'unknown_is_requestable_online'
        WHEN is_online_applicable IS NULL THEN 'missing_is_online_applicable'
        WHEN is_online_applicable LIKE '#%' THEN 'error_is_online_applicable'
        WHEN is_online_applicable NOT IN ('yes', 'no') THEN 'unknown_is_online_applicable'
        WHEN valid_to_on < valid_from_on THEN 'end_before_start'
    END AS fault
FROM typed;

-- Copies that say the same: all but the first are left out.
CREATE TABLE copied AS
SELECT
    judged.*,
    CASE WHEN left_out IS NULL AND fault IS NULL THEN ROW_NUMBER() OVER (
        PARTITION BY left_out, fault, service_id, name, agency, sector, audience, is_accessible_online,
            is_requestable_online, is_online_applicable, volume, steps_count, steps_applicable_count,
            steps_online_count, valid_from_on, valid_to_on, online_from_on
        ORDER BY row_no
    ) END AS copy_no
FROM judged;

-- Rows of one key that differ: nothing tells which is right. Rows of a service of which another row cannot be read.
CREATE TABLE settled AS
SELECT
    copied.*,
    CASE
        WHEN copy_no > 1 THEN 'duplicate_row'
        ELSE left_out
    END AS excluded_by,
    CASE
        WHEN fault IS NOT NULL THEN fault
        WHEN copy_no = 1 AND COUNT(*) OVER (PARTITION BY copy_no, service_id, valid_from_on) > 1 THEN 'duplicate_key'
        WHEN copy_no = 1 AND EXISTS (
            SELECT 1 FROM judged AS other WHERE other.service_id = copied.service_id AND other.fault IS NOT NULL
        ) THEN 'unreadable_group'
    END AS quarantined_for
FROM copied;

CREATE TABLE placed AS
SELECT
    settled.*,
    (valid_from_on IS NULL OR valid_from_on <= last_on) AND (valid_to_on IS NULL OR valid_to_on >= last_on) AS is_active
FROM settled CROSS JOIN parameters;

-- Of the active rows of a service the one that began last stands.
CREATE TABLE fates AS
SELECT
    row_no,
    CASE
        WHEN NOT is_active THEN 'excluded'
        WHEN quarantined_for IS NOT NULL THEN 'quarantined'
        WHEN excluded_by IS NOT NULL OR is_replaced THEN 'excluded'
        ELSE 'used'
    END AS fate,
    CASE
        WHEN NOT is_active THEN 'outside_period'
        WHEN quarantined_for IS NOT NULL THEN quarantined_for
        WHEN excluded_by IS NOT NULL THEN excluded_by
        WHEN is_replaced THEN 'superseded'
    END AS rule
FROM (
    SELECT
        placed.*,
        EXISTS (
            SELECT 1 FROM placed AS newer
            WHERE newer.service_id = placed.service_id AND newer.is_active
                AND newer.quarantined_for IS NULL AND newer.excluded_by IS NULL
                AND newer.valid_from_on IS NOT NULL
                AND (placed.valid_from_on IS NULL OR newer.valid_from_on > placed.valid_from_on)
        ) AS is_replaced
    FROM placed
) AS found;

-- What went online after the period's last day is not online yet.
CREATE TABLE used AS
SELECT
    found.*,
    CASE WHEN is_there AND is_accessible_online = 'yes' THEN 1 ELSE 0 END AS accessible,
    CASE WHEN is_there AND is_accessible_online = 'yes' AND is_requestable_online = 'yes' THEN 1 ELSE 0 END AS online,
    CASE WHEN steps_applicable_count > 0 AND steps_there = steps_applicable_count THEN 1 ELSE 0 END AS whole
FROM (
    SELECT
        typed.*,
        online_from_on IS NULL OR online_from_on <= last_on AS is_there,
        CASE WHEN online_from_on > last_on THEN 0 ELSE steps_online_count END AS steps_there
    FROM typed JOIN fates ON fates.row_no = typed.row_no CROSS JOIN parameters
    WHERE fates.fate = 'used'
) AS found;

CREATE TABLE answers AS
SELECT rule, COALESCE(numerator, 0) AS numerator, denominator, 100.0 * numerator / NULLIF(denominator, 0) AS value
FROM (
    SELECT 'headline' AS rule, SUM(online) AS numerator, COUNT(*) AS denominator FROM used
    UNION ALL SELECT 'accessible_only', SUM(accessible), COUNT(*) FROM used
    UNION ALL SELECT 'not_applicable_removed', SUM(online), COUNT(*) FROM used WHERE is_online_applicable = 'yes'
    UNION ALL SELECT 'weighted_by_volume', SUM(online * volume), COALESCE(SUM(volume), 0) FROM used
    UNION ALL SELECT 'citizens', SUM(online), COUNT(*) FROM used WHERE audience IN ('citizens', 'both')
    UNION ALL SELECT 'businesses', SUM(online), COUNT(*) FROM used WHERE audience IN ('businesses', 'both')
    UNION ALL SELECT 'end_to_end', SUM(whole), COUNT(*) FROM used WHERE steps_count IS NOT NULL
    UNION ALL SELECT 'end_to_end_of_applicable', SUM(whole), COUNT(*) FROM used
        WHERE steps_count IS NOT NULL AND steps_applicable_count > 0
    UNION ALL SELECT 'any_step_online', SUM(CASE WHEN steps_there > 0 THEN 1 ELSE 0 END), COUNT(*) FROM used
        WHERE steps_count IS NOT NULL
    UNION ALL SELECT 'every_step_online',
        SUM(CASE WHEN steps_there > 0 AND steps_there = steps_count THEN 1 ELSE 0 END), COUNT(*) FROM used
        WHERE steps_count IS NOT NULL
) AS sums;

CREATE TABLE reasons AS
SELECT 'period_not_over' AS reason FROM parameters WHERE SUBSTR(extracted_at, 1, 10) <= last_on
UNION ALL
SELECT 'quarantine' FROM (
    SELECT
        SUM(CASE WHEN fate = 'quarantined' THEN 1 ELSE 0 END) AS quarantined,
        SUM(CASE WHEN fate = 'excluded' THEN 0 ELSE 1 END) AS considered
    FROM fates
) AS counts WHERE 100 * quarantined > 2 * considered
UNION ALL
SELECT 'register_without_dates'
FROM parameters
JOIN days AS extracted ON extracted.day = SUBSTR(extracted_at, 1, 10)
JOIN days AS ended ON ended.day = last_on
WHERE CAST(extracted.number AS INTEGER) - (CAST(ended.number AS INTEGER) + 1) >= 366 AND (
    EXISTS (SELECT 1 FROM used WHERE valid_from_on IS NULL)
    OR EXISTS (SELECT 1 FROM used WHERE online = 1 AND online_from_on IS NULL)
    OR NOT EXISTS (SELECT 1 FROM settled WHERE quarantined_for IS NULL AND excluded_by IS NULL AND valid_to_on IS NOT NULL)
);
