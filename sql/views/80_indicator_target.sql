-- The target of each city, indicator and year beside the value of that year, where there is one.
CREATE VIEW indicator_target AS
SELECT t.city_id, t.indicator_id, t.year, t.target_value, t.direction AS target_direction, t.source AS target_source,
       c.name AS city, i.clause, i.short_id, i.short_en, i.unit, i.unit_id, i.better, r.value, r.status, r.coverage_pct
FROM target t
LEFT JOIN city c ON c.city_id = t.city_id
LEFT JOIN indicator_definition i ON i.indicator_id = t.indicator_id
LEFT JOIN calendar_period p ON p.year = t.year AND p.period_kind = 'year'
LEFT JOIN result r ON r.city_id = t.city_id AND r.indicator_id = t.indicator_id AND r.period = p.period
  AND r.version = (
    SELECT MAX(n.version) FROM result n
    WHERE n.city_id = t.city_id AND n.indicator_id = t.indicator_id AND n.period = p.period
  )
