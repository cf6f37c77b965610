-- PostgreSQL: a role that reads the views and nothing else. Run as the owner of the warehouse, again after an upgrade.
DO $$
DECLARE
  view_name name;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tolok_reader') THEN
    CREATE ROLE tolok_reader NOLOGIN;
  END IF;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tolok_reader', current_schema());
  FOR view_name IN
    SELECT relname FROM pg_class
    WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace AND pg_get_userbyid(relowner) = current_user
  LOOP
    EXECUTE format('GRANT SELECT ON %I TO tolok_reader', view_name);
  END LOOP;
END $$;
