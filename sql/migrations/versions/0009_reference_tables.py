"""What views need besides results to stand alone: the indicators' definitions and the calendar."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables, empty: they are filled when the views are laid, which follows every migration."""
    op.execute("""
        CREATE TABLE indicator_definition (
          indicator_id TEXT NOT NULL PRIMARY KEY,
          clause TEXT NOT NULL,
          name_id TEXT NOT NULL,
          name_en TEXT NOT NULL,
          short_id TEXT NOT NULL,
          short_en TEXT NOT NULL,
          unit TEXT NOT NULL,
          unit_id TEXT NOT NULL,
          better TEXT NOT NULL CHECK (better IN ('higher', 'lower')),
          is_sum BOOLEAN NOT NULL,
          method_version TEXT NOT NULL,
          rule_id TEXT NOT NULL,
          rule_en TEXT NOT NULL,
          reading_id TEXT NOT NULL,
          reading_en TEXT NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE variant_definition (
          indicator_id TEXT NOT NULL REFERENCES indicator_definition,
          variant_like TEXT NOT NULL,
          text_id TEXT NOT NULL,
          text_en TEXT NOT NULL,
          PRIMARY KEY (indicator_id, variant_like)
        )
    """)
    op.execute("""
        CREATE TABLE calendar_period (
          period TEXT NOT NULL PRIMARY KEY,
          period_kind TEXT NOT NULL CHECK (period_kind IN ('year', 'month', 'months')),
          period_start DATE NOT NULL,
          period_end DATE NOT NULL,
          year INTEGER NOT NULL,
          months_count INTEGER NOT NULL,
          year_before TEXT NOT NULL
        )
    """)


def downgrade() -> None:
    """Drop the tables; all they hold comes from code and results."""
    for table in ("variant_definition", "indicator_definition", "calendar_period"):
        op.drop_table(table)
