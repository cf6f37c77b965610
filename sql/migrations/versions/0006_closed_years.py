"""Closed years: who closed or corrected them, and what their later runs would have changed."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create both tables, empty: every year is open. Who may read results may read them."""
    op.execute("""
        CREATE TABLE closing (
          city_id TEXT NOT NULL REFERENCES city,
          period TEXT NOT NULL,
          place INTEGER NOT NULL,
          action TEXT NOT NULL CHECK (action IN ('closed', 'corrected')),
          done_at TIMESTAMP WITH TIME ZONE NOT NULL,
          done_by TEXT NOT NULL,
          reason TEXT,
          PRIMARY KEY (city_id, period, place),
          CHECK (action = 'closed' OR reason IS NOT NULL)
        )
    """)
    op.execute("""
        CREATE TABLE pending_result (
          city_id TEXT NOT NULL REFERENCES city,
          indicator_id TEXT NOT NULL,
          period TEXT NOT NULL,
          version INTEGER NOT NULL,
          value DOUBLE PRECISION,
          numerator DOUBLE PRECISION,
          denominator DOUBLE PRECISION,
          unit TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('final', 'provisional', 'not_computable')),
          reason TEXT,
          method_version TEXT NOT NULL,
          inputs_sha256 TEXT NOT NULL,
          found_at TIMESTAMP WITH TIME ZONE NOT NULL,
          change_reason TEXT NOT NULL,
          PRIMARY KEY (city_id, indicator_id, period)
        )
    """)
    grant_to_readers(op.get_bind(), "closing", "pending_result")


def downgrade() -> None:
    """Drop both tables and what they hold: every year is open again."""
    op.drop_table("pending_result")
    op.drop_table("closing")
