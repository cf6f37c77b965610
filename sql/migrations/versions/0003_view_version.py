"""A table of one row that says which text of the views a warehouse holds."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table; the views are laid and recorded after every migration."""
    op.execute("CREATE TABLE view_version (sha256 TEXT NOT NULL PRIMARY KEY)")
    # Whoever could read the warehouse before can read it after: the table is asked first of all.
    if op.get_context().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON view_version TO PUBLIC")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("view_version")
