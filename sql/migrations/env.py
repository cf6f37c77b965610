"""Alembic's entry: runs on the connection the warehouse hands over, inside the warehouse's transaction."""

from pathlib import Path

from alembic import context

from pipeline.warehouse import views

connection = context.config.attributes["connection"]
# They may read any table that a revision alters; whoever opens the warehouse next lays them anew.
views.drop(connection, views.view_texts(Path(__file__).parents[1] / "views"))
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
