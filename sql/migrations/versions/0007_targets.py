"""Targets: what a city has set out to reach in each year."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table, empty: each city's targets come with its next run. Who may read results may read them."""
    op.execute("""
        CREATE TABLE target (
          city_id TEXT NOT NULL REFERENCES city,
          indicator_id TEXT NOT NULL,
          year INTEGER NOT NULL,
          target_value DOUBLE PRECISION NOT NULL,
          direction TEXT NOT NULL CHECK (direction IN ('at_least', 'at_most')),
          source TEXT NOT NULL,
          PRIMARY KEY (city_id, indicator_id, year)
        )
    """)
    grant_to_readers(op.get_bind(), "target")


def downgrade() -> None:
    """Drop the table; the cities' settings still have what it held."""
    op.drop_table("target")
