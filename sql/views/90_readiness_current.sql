-- The latest answers of the readiness check: one row per city, year, indicator and theme; only `proven` counts.
CREATE VIEW readiness_current AS
-- No row: SQLite takes the types of a view's columns from its first SELECT, where each must be a table's column.
SELECT a.city_id, c.name AS city, a.year, a.indicator_id, i.clause, i.short_id, i.short_en, a.theme, a.state,
       a.responsible_unit, a.answered_on, a.theme AS sound_evidence_count
FROM readiness_answer a, city c, indicator_definition i
WHERE 1 = 0
UNION ALL
SELECT a.city_id, c.name AS city, a.year, a.indicator_id, i.clause, i.short_id, i.short_en, a.theme, a.state,
       a.responsible_unit, a.answered_on,
       (SELECT COUNT(*) FROM readiness_evidence e
        WHERE e.city_id = a.city_id AND e.year = a.year AND e.indicator_id = a.indicator_id AND e.theme = a.theme
          AND e.answered_on = a.answered_on AND e.state = 'sound') AS sound_evidence_count
FROM readiness_answer a
LEFT JOIN city c ON c.city_id = a.city_id
LEFT JOIN indicator_definition i ON i.indicator_id = a.indicator_id
WHERE a.answered_on = (
  SELECT MAX(n.answered_on) FROM readiness_answer n
  WHERE n.city_id = a.city_id AND n.year = a.year AND n.indicator_id = a.indicator_id AND n.theme = a.theme
)
