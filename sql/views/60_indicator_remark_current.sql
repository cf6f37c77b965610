-- Why the newest version of each result is provisional, and what else to know: one row per result and remark; of a remark that names members of citizens' inquiries only what it is about.
CREATE VIEW indicator_remark_current AS
SELECT c.city_id, c.indicator_id, c.period, c.version, m.place, m.code, m.text_id, m.text_en, m.keeps_provisional
FROM indicator_current c
-- CROSS JOIN: SQLite then reads in this order, finding remarks by their whole key and not by their city alone.
CROSS JOIN result_remark m
WHERE m.city_id = c.city_id AND m.indicator_id = c.indicator_id AND m.period = c.period AND m.version = c.version
  AND NOT (m.indicator_id = 'inquiry_response'
           AND m.code IN ('largest_member_pct', 'new_members_pct', 'gone_members_pct'))
UNION ALL
SELECT c.city_id, c.indicator_id, c.period, c.version, m.place, m.code,
       m.code || ': rinciannya di laporan dan tolok explain' AS text_id,
       m.code || ': its details are in the report and tolok explain' AS text_en, m.keeps_provisional
FROM indicator_current c
CROSS JOIN result_remark m
WHERE m.city_id = c.city_id AND m.indicator_id = c.indicator_id AND m.period = c.period AND m.version = c.version
  AND m.indicator_id = 'inquiry_response' AND m.code IN ('largest_member_pct', 'new_members_pct', 'gone_members_pct')
