-- The raw files each result version was computed from: one row per version and file.
CREATE VIEW result_lineage AS
SELECT s.city_id, s.indicator_id, s.period, s.version, f.source, f.name AS file, f.sha256, f.size_bytes, f.landed_at,
       f.owner, f.licence
FROM result_source s
JOIN source_file f ON f.city_id = s.city_id AND f.source = s.source AND f.sha256 = s.sha256
