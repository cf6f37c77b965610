-- Every version of each result, with why it differs from the one before.
CREATE VIEW indicator_history AS
SELECT city_id, indicator_id, period, version, value, numerator, denominator, unit, status, reason, coverage_pct,
       method_version, inputs_sha256, computed_at, change_reason
FROM result
