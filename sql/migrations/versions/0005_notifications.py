"""Runs that failed and were not run well since, and what people were told of a city's conditions."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create both tables, empty: nobody was told anything before."""
    op.execute("""
        CREATE TABLE run_failure (
          city_id TEXT NOT NULL,
          period TEXT NOT NULL,
          step TEXT NOT NULL,
          text_id TEXT NOT NULL,
          text_en TEXT NOT NULL,
          link TEXT,
          failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
          PRIMARY KEY (city_id, period, step)
        )
    """)
    op.execute("""
        CREATE TABLE notification (
          city_id TEXT NOT NULL,
          recipient TEXT NOT NULL,
          kind TEXT NOT NULL,
          subject TEXT NOT NULL,
          about TEXT NOT NULL,
          told_at TIMESTAMP WITH TIME ZONE NOT NULL,
          cleared_at TIMESTAMP WITH TIME ZONE,
          PRIMARY KEY (city_id, recipient, kind, subject)
        )
    """)


def downgrade() -> None:
    """Drop both tables and what they hold."""
    op.drop_table("notification")
    op.drop_table("run_failure")
