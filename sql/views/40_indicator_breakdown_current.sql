CREATE VIEW indicator_breakdown_current AS
SELECT b.*
FROM result_breakdown b
JOIN indicator_current c
  ON c.city_id = b.city_id AND c.indicator_id = b.indicator_id AND c.period = b.period AND c.version = b.version
