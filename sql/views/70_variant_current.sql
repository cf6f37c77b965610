-- The variants of the newest version of each result: how far its value moves under each other reading of the rule.
CREATE VIEW variant_current AS
SELECT c.city_id, c.indicator_id, c.period, c.version, v.variant, v.value, v.numerator, v.denominator, v.unit, v.reason,
       d.text_id, d.text_en, c.value AS headline_value, c.status, c.city, c.clause, c.short_id, c.short_en,
       c.period_kind, c.period_start, c.period_end, c.year
FROM indicator_current c
-- CROSS JOIN: SQLite then reads in this order, finding variants by their whole key and not by their city alone.
CROSS JOIN result_variant v
LEFT JOIN variant_definition d ON d.indicator_id = v.indicator_id AND v.variant LIKE d.variant_like
WHERE v.city_id = c.city_id AND v.indicator_id = c.indicator_id AND v.period = c.period AND v.version = c.version
