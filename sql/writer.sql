-- PostgreSQL: a role that writes results and cannot change tables. Run as the owner, after `tolok` has migrated as the owner.
DO $$
DECLARE
  relation record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tolok_writer') THEN
    CREATE ROLE tolok_writer NOLOGIN;
  END IF;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tolok_writer', current_schema());
  FOR relation IN
    SELECT relname, relkind FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'S') AND relnamespace = current_schema()::regnamespace
      AND pg_get_userbyid(relowner) = current_user
  LOOP
    EXECUTE CASE
      WHEN relation.relkind = 'S' THEN format('GRANT USAGE ON SEQUENCE %I TO tolok_writer', relation.relname)
      WHEN relation.relkind = 'v' OR relation.relname IN ('alembic_version', 'view_version')
        THEN format('GRANT SELECT ON %I TO tolok_writer', relation.relname)
      ELSE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tolok_writer', relation.relname)
    END;
  END LOOP;
END $$;
