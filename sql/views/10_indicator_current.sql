-- The newest version of each result: one row per city, indicator and period.
CREATE VIEW indicator_current AS
SELECT r.*
FROM result r
WHERE r.version = (
  SELECT MAX(n.version) FROM result n
  WHERE n.city_id = r.city_id AND n.indicator_id = r.indicator_id AND n.period = r.period
)
