-- The newest values of whole years side by side: one row per city and year, columns for value, status and coverage of
-- each indicator.
CREATE VIEW indicator_by_year AS
SELECT c.city_id, p.year
       -- Each line that names the placeholder stands for one line per declared indicator.
       , {indicator}.value AS {indicator}
       , c.name AS city, p.period_start, p.period_end
       , {indicator}.status AS {indicator}_status
       , {indicator}.coverage_pct AS {indicator}_coverage_pct
FROM city c
CROSS JOIN calendar_period p
LEFT JOIN result {indicator} ON {indicator}.city_id = c.city_id AND {indicator}.indicator_id = '{indicator}' AND {indicator}.period = p.period AND {indicator}.version = (SELECT MAX(n.version) FROM result n WHERE n.city_id = c.city_id AND n.indicator_id = '{indicator}' AND n.period = p.period)
WHERE p.period_kind = 'year' AND (1 = 0
       OR {indicator}.version IS NOT NULL
)
