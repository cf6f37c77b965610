-- The breakdowns of the newest version of each result: one row per result, dimension and member, beside the total.
CREATE VIEW indicator_breakdown_current AS
SELECT c.city_id, c.indicator_id, c.period, c.version, b.dimension, b.member, b.value, b.numerator, b.denominator,
       b.unit, c.value AS headline_value, c.status, c.city, c.clause, c.short_id, c.short_en, c.period_kind,
       c.period_start, c.period_end, c.year
FROM indicator_current c
-- CROSS JOIN: SQLite then reads in this order, finding breakdowns by their whole key and not by their city alone.
CROSS JOIN result_breakdown b
WHERE b.city_id = c.city_id AND b.indicator_id = c.indicator_id AND b.period = c.period AND b.version = c.version
