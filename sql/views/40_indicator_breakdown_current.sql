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
SELECT m.city_id, m.indicator_id, m.period, m.version, m.dimension,
       CASE WHEN m.is_folded THEN '(lainnya / other)' ELSE m.member END AS member,
       CASE WHEN m.is_folded THEN m.weighed_up_to / NULLIF(m.denominator_up_to, 0) ELSE m.value END AS value,
       CASE WHEN m.is_folded THEN m.numerator_up_to ELSE m.numerator END AS numerator,
       CASE WHEN m.is_folded THEN m.denominator_up_to ELSE m.denominator END AS denominator,
       m.unit, m.headline_value, m.status, m.city, m.clause, m.short_id, m.short_en, m.period_kind,
       m.period_start, m.period_end, m.year
FROM (
  SELECT w.*,
         w.denominator < w.smallest_group
           OR (w.least < w.smallest_group
               AND (w.denominator_up_to - w.denominator < w.smallest_group OR w.count_up_to < 3)) AS is_folded,
         w.next_denominator < w.smallest_group
           OR (w.least < w.smallest_group
               AND (w.denominator_up_to < w.smallest_group OR w.count_up_to < 2)) AS is_next_folded
  FROM (
    SELECT c.city_id, c.indicator_id, c.period, c.version, b.dimension, b.member, b.value, b.numerator, b.denominator,
           b.unit, c.value AS headline_value, c.status, c.city, c.clause, c.short_id, c.short_en, c.period_kind,
           c.period_start, c.period_end, c.year, y.smallest_group,
           FIRST_VALUE(b.denominator) OVER sizes AS least, LEAD(b.denominator) OVER sizes AS next_denominator,
           COUNT(*) OVER sizes AS count_up_to, SUM(b.numerator) OVER sizes AS numerator_up_to,
           SUM(b.denominator) OVER sizes AS denominator_up_to, SUM(b.value * b.denominator) OVER sizes AS weighed_up_to
    FROM indicator_current c
    CROSS JOIN result_breakdown b
    JOIN city y ON y.city_id = c.city_id
    WHERE b.city_id = c.city_id AND b.indicator_id = c.indicator_id AND b.period = c.period AND b.version = c.version
      AND b.indicator_id = 'inquiry_response' AND b.dimension IN ('agency', 'category', 'channel')
    -- One window alone, and no grouping: SQLite then reads of one city only, where a question names it.
    WINDOW sizes AS (PARTITION BY c.city_id, c.indicator_id, c.period, c.version, b.dimension
                     ORDER BY b.denominator, b.numerator, b.member
                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
  ) w
) m
-- The largest of those folded stands for all of them, with the sums up to it.
WHERE NOT m.is_folded OR m.next_denominator IS NULL OR NOT m.is_next_folded
