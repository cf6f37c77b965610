CREATE VIEW indicator_by_year AS
SELECT city_id, CAST(period AS INTEGER) AS year,
       MAX(CASE WHEN indicator_id = 'portal_visits' THEN value END) AS portal_visits,
       MAX(CASE WHEN indicator_id = 'online_services' THEN value END) AS online_services,
       MAX(CASE WHEN indicator_id = 'inquiry_response' THEN value END) AS inquiry_response,
       MAX(CASE WHEN indicator_id = 'it_downtime' THEN value END) AS it_downtime
FROM indicator_current
WHERE LENGTH(period) = 4
GROUP BY city_id, period
