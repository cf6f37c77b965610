-- What each indicator is: clause, names, unit, direction of improvement and the written rule.
CREATE VIEW indicator AS
SELECT indicator_id, clause, name_id, name_en, short_id, short_en, unit, unit_id, better, is_sum, method_version,
       rule_id, rule_en, reading_id, reading_en
FROM indicator_definition
