CREATE TABLE city (
  city_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  region_code TEXT NOT NULL
);

CREATE TABLE population (
  city_id TEXT NOT NULL REFERENCES city,
  region_code TEXT NOT NULL,
  reference_on DATE NOT NULL,
  source TEXT NOT NULL,
  population_count BIGINT NOT NULL,
  PRIMARY KEY (city_id, region_code, reference_on, source)
);

CREATE TABLE run (
  run_id TEXT PRIMARY KEY,
  city_id TEXT NOT NULL REFERENCES city,
  period TEXT NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE TABLE source_file (
  city_id TEXT NOT NULL REFERENCES city,
  source TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file_id TEXT NOT NULL,
  name TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  landed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  owner TEXT NOT NULL,
  licence TEXT NOT NULL,
  PRIMARY KEY (city_id, source, sha256)
);

CREATE TABLE validation (
  run_id TEXT NOT NULL REFERENCES run,
  subject TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  severity TEXT NOT NULL,
  is_met BOOLEAN NOT NULL,
  way TEXT NOT NULL,
  checked_rows BIGINT NOT NULL,
  unexpected_count BIGINT NOT NULL,
  PRIMARY KEY (run_id, subject, rule_id)
);

CREATE TABLE quarantine_summary (
  run_id TEXT NOT NULL REFERENCES run,
  table_name TEXT NOT NULL,
  reason TEXT NOT NULL,
  rows_count BIGINT NOT NULL,
  PRIMARY KEY (run_id, table_name, reason)
);

CREATE TABLE result (
  city_id TEXT NOT NULL REFERENCES city,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  value DOUBLE PRECISION,
  numerator DOUBLE PRECISION,
  denominator DOUBLE PRECISION,
  unit TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('final', 'provisional', 'not_computable')),
  reason TEXT,
  coverage_pct DOUBLE PRECISION,
  median DOUBLE PRECISION,
  p90 DOUBLE PRECISION,
  observations_count BIGINT,
  rows_read BIGINT NOT NULL,
  rows_used BIGINT NOT NULL,
  rows_excluded BIGINT NOT NULL,
  rows_quarantined BIGINT NOT NULL,
  method_version TEXT NOT NULL,
  inputs_sha256 TEXT NOT NULL,
  run_id TEXT NOT NULL REFERENCES run,
  computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  change_reason TEXT NOT NULL,
  PRIMARY KEY (city_id, indicator_id, period, version),
  CHECK (rows_read = rows_used + rows_excluded + rows_quarantined)
);

CREATE TABLE result_rows (
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('excluded', 'quarantined')),
  rule TEXT NOT NULL,
  rows_count BIGINT NOT NULL,
  PRIMARY KEY (city_id, indicator_id, period, version, outcome, rule),
  FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result
);

CREATE TABLE result_variant (
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
  variant TEXT NOT NULL,
  value DOUBLE PRECISION,
  numerator DOUBLE PRECISION,
  denominator DOUBLE PRECISION,
  unit TEXT NOT NULL,
  reason TEXT,
  PRIMARY KEY (city_id, indicator_id, period, version, variant),
  FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result
);

CREATE TABLE result_breakdown (
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
  dimension TEXT NOT NULL,
  member TEXT NOT NULL,
  value DOUBLE PRECISION,
  numerator DOUBLE PRECISION,
  denominator DOUBLE PRECISION,
  unit TEXT NOT NULL,
  PRIMARY KEY (city_id, indicator_id, period, version, dimension, member),
  FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result
);

CREATE TABLE result_source (
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
  source TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (city_id, indicator_id, period, version, source, sha256),
  FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result,
  FOREIGN KEY (city_id, source, sha256) REFERENCES source_file
);

CREATE TABLE readiness_answer (
  city_id TEXT NOT NULL REFERENCES city,
  indicator_id TEXT NOT NULL,
  theme INTEGER NOT NULL CHECK (theme BETWEEN 1 AND 9),
  answered_on DATE NOT NULL,
  is_yes BOOLEAN NOT NULL,
  note TEXT,
  PRIMARY KEY (city_id, indicator_id, theme, answered_on)
);

CREATE TABLE readiness_evidence (
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  theme INTEGER NOT NULL,
  answered_on DATE NOT NULL,
  sha256 TEXT NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (city_id, indicator_id, theme, answered_on, sha256),
  FOREIGN KEY (city_id, indicator_id, theme, answered_on) REFERENCES readiness_answer
);
