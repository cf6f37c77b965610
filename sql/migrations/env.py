"""Alembic's entry: runs on the connection the warehouse hands over, inside the warehouse's transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
