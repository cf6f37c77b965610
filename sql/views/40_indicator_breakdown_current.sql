-- The breakdowns of the newest version of each result, one row per result, dimension and member, beside the total; small members of citizens' inquiries are folded into one.
CREATE VIEW indicator_breakdown_current AS
SELECT c.city_id, c.indicator_id, c.period, c.version, b.dimension, b.member, b.value, b.numerator, b.denominator,
       b.unit, c.value AS headline_value, c.status, c.city, c.clause, c.short_id, c.short_en, c.period_kind,
       c.period_start, c.period_end, c.year
FROM indicator_current c
-- CROSS JOIN: SQLite then reads in this order, finding breakdowns by their whole key and not by their city alone.
CROSS JOIN result_breakdown b
WHERE b.city_id = c.city_id AND b.indicator_id = c.indicator_id AND b.period = c.period AND b.version = c.version
  AND NOT (b.indicator_id = 'inquiry_response' AND b.dimension IN ('agency', 'category', 'channel'))
UNION ALL
SELECT f.city_id, f.indicator_id, f.period, f.version, f.dimension,
       CASE WHEN f.is_folded = 1 THEN '(lainnya / other)' ELSE f.member END AS member,
       SUM(f.value * f.denominator) / NULLIF(SUM(f.denominator), 0) AS value,
       SUM(f.numerator) AS numerator, SUM(f.denominator) AS denominator,
       MIN(f.unit) AS unit, MIN(f.headline_value) AS headline_value, MIN(f.status) AS status, MIN(f.city) AS city,
       MIN(f.clause) AS clause, MIN(f.short_id) AS short_id, MIN(f.short_en) AS short_en,
       MIN(f.period_kind) AS period_kind, MIN(f.period_start) AS period_start, MIN(f.period_end) AS period_end,
       MIN(f.year) AS year
FROM (
  SELECT m.*,
         CASE WHEN m.denominator < m.smallest_group
                OR (m.least < m.smallest_group
                    AND (m.up_to - m.alike < m.smallest_group OR m.up_to_count - m.alike_count < 2))
              THEN 1 ELSE 0 END AS is_folded
  FROM (
    SELECT c.city_id, c.indicator_id, c.period, c.version, b.dimension, b.member, b.value, b.numerator, b.denominator,
           b.unit, c.value AS headline_value, c.status, c.city, c.clause, c.short_id, c.short_en, c.period_kind,
           c.period_start, c.period_end, c.year, y.smallest_group,
           MIN(b.denominator) OVER of_dimension AS least,
           SUM(b.denominator) OVER by_size AS up_to, COUNT(*) OVER by_size AS up_to_count,
           SUM(b.denominator) OVER of_size AS alike, COUNT(*) OVER of_size AS alike_count
    FROM indicator_current c
    CROSS JOIN result_breakdown b
    JOIN city y ON y.city_id = c.city_id
    WHERE b.city_id = c.city_id AND b.indicator_id = c.indicator_id AND b.period = c.period AND b.version = c.version
      AND b.indicator_id = 'inquiry_response' AND b.dimension IN ('agency', 'category', 'channel')
    WINDOW of_dimension AS (PARTITION BY c.city_id, c.indicator_id, c.period, c.version, b.dimension),
           by_size AS (PARTITION BY c.city_id, c.indicator_id, c.period, c.version, b.dimension
                       ORDER BY b.denominator, b.numerator),
           of_size AS (PARTITION BY c.city_id, c.indicator_id, c.period, c.version, b.dimension,
                       b.denominator, b.numerator)
  ) m
) f
GROUP BY f.city_id, f.indicator_id, f.period, f.version, f.dimension,
         CASE WHEN f.is_folded = 1 THEN '(lainnya / other)' ELSE f.member END
