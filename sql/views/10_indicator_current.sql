-- The newest version of each result: one row per city, indicator and period, with all that a chart needs beside it; a reason that names members of citizens' inquiries is null, for indicator_remark_current tells what it is about.
CREATE VIEW indicator_current AS
SELECT r.city_id, r.indicator_id, r.period, r.version, r.value, r.numerator, r.denominator, r.unit, r.status,
       w.reason, r.coverage_pct, r.median, r.p90, r.observations_count, r.rows_read, r.rows_used, r.rows_excluded,
       r.rows_quarantined, r.method_version, r.inputs_sha256, r.run_id, r.computed_at, r.change_reason,
       c.name AS city, i.clause, i.name_id, i.name_en, i.short_id, i.short_en, i.unit_id, i.better, i.is_sum,
       p.period_kind, p.period_start, p.period_end, p.year, p.months_count,
       t.target_value, t.direction AS target_direction, t.source AS target_source,
       b.period AS year_before, b.value AS year_before_value, b.status AS year_before_status,
       b.method_version AS year_before_method_version
FROM result r
-- Without the reason where it names members of citizens' inquiries; a column of a table keeps its type on SQLite too.
LEFT JOIN result w ON w.city_id = r.city_id AND w.indicator_id = r.indicator_id AND w.period = r.period
  AND w.version = r.version AND NOT (w.indicator_id = 'inquiry_response' AND EXISTS (
    SELECT 1 FROM result_remark m
    WHERE m.city_id = w.city_id AND m.indicator_id = w.indicator_id AND m.period = w.period AND m.version = w.version
      AND m.code IN ('largest_member_pct', 'new_members_pct', 'gone_members_pct')
  ))
-- LEFT JOIN on whole keys: both databases leave out those of which a question needs no column.
LEFT JOIN city c ON c.city_id = r.city_id
LEFT JOIN indicator_definition i ON i.indicator_id = r.indicator_id
LEFT JOIN calendar_period p ON p.period = r.period
-- The target of a year is compared with a sum over twelve months only, for less time sums to less.
LEFT JOIN target t ON t.city_id = r.city_id AND t.indicator_id = r.indicator_id AND t.year = p.year
  AND (p.months_count = 12 OR NOT i.is_sum)
LEFT JOIN result b ON b.city_id = r.city_id AND b.indicator_id = r.indicator_id AND b.period = p.year_before
  AND b.version = (
    SELECT MAX(n.version) FROM result n
    WHERE n.city_id = r.city_id AND n.indicator_id = r.indicator_id AND n.period = p.year_before
  )
WHERE r.version = (
  SELECT MAX(n.version) FROM result n
  WHERE n.city_id = r.city_id AND n.indicator_id = r.indicator_id AND n.period = r.period
)
