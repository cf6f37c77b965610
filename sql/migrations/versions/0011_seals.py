"""Seals: a hash of the rows of each version, by which one altered later is seen."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers
from pipeline.warehouse.seals import seal_all

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table and seal every version as it is stored now."""
    op.execute("""
        CREATE TABLE result_seal (
          city_id TEXT NOT NULL,
          indicator_id TEXT NOT NULL,
          period TEXT NOT NULL,
          version INTEGER NOT NULL,
          rows_sha256 TEXT NOT NULL,
          former_sha256 TEXT NOT NULL,
          PRIMARY KEY (city_id, indicator_id, period, version),
          FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result
        )
    """)
    grant_to_readers(op.get_bind(), "result_seal")
    seal_all(op.get_bind())


def downgrade() -> None:
    """Drop the table; the next upgrade seals what is stored then."""
    op.drop_table("result_seal")
