"""Decisions to erase: who decided, when and on what ground, and what went; nothing of the person."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the table, empty."""
    op.execute("""
        CREATE TABLE erasure (
          decision INTEGER NOT NULL,
          city_id TEXT NOT NULL REFERENCES city,
          kind TEXT NOT NULL CHECK (kind IN ('request', 'retention')),
          table_name TEXT NOT NULL,
          decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
          decided_by TEXT NOT NULL,
          ground TEXT NOT NULL,
          ids_count BIGINT NOT NULL,
          rows_count BIGINT NOT NULL,
          files_count BIGINT NOT NULL,
          finished_at TIMESTAMP WITH TIME ZONE,
          PRIMARY KEY (decision)
        )
    """)
    grant_to_readers(op.get_bind(), "erasure")


def downgrade() -> None:
    """Drop the table; the raw files stay erased, and manifests go on naming the decisions by number."""
    op.drop_table("erasure")
