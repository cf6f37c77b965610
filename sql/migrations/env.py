"""Alembic's entry: runs on the connection the warehouse hands over, inside the warehouse's transaction."""

from pathlib import Path

from alembic import context

connection = context.config.attributes["connection"]
# They may read any table that a revision alters; whoever opens the warehouse next lays them anew.
for path in sorted((Path(__file__).parents[1] / "views").glob("*.sql"), reverse=True):
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {path.stem.split('_', 1)[1]}")
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
