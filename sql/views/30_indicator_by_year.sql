-- The newest values of whole years side by side: one row per city and year, one column per indicator.
CREATE VIEW indicator_by_year AS
SELECT city_id, CAST(period AS INTEGER) AS year,
       -- The next line stands for one line per declared indicator.
       MAX(CASE WHEN indicator_id = '{indicator}' THEN value END) AS {indicator}
FROM indicator_current
WHERE LENGTH(period) = 4
GROUP BY city_id, period
