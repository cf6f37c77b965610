-- Every version of each result, with why it differs from the one before; a reason that names members of citizens' inquiries is null, for indicator_remark_current tells what it is about.
CREATE VIEW indicator_history AS
SELECT r.city_id, r.indicator_id, r.period, r.version, r.value, r.numerator, r.denominator, r.unit, r.status,
       w.reason, r.coverage_pct, r.method_version, r.inputs_sha256, r.computed_at, r.change_reason
FROM result r
-- Without the reason where it names members of citizens' inquiries; a column of a table keeps its type on SQLite too.
LEFT JOIN result w ON w.city_id = r.city_id AND w.indicator_id = r.indicator_id AND w.period = r.period
  AND w.version = r.version AND NOT (w.indicator_id = 'inquiry_response' AND EXISTS (
    SELECT 1 FROM result_remark m
    WHERE m.city_id = w.city_id AND m.indicator_id = w.indicator_id AND m.period = w.period AND m.version = w.version
      AND m.code IN ('largest_member_pct', 'new_members_pct', 'gone_members_pct')
  ))
