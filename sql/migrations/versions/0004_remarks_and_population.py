"""Why each result version is provisional, and the population figure it was divided by."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers

revision = "0004"
down_revision = "0003"

_RESULT_KEY = """
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
"""
_TO_RESULT = "FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result"


def upgrade() -> None:
    """Create both tables, empty: what was stored before has neither. Who may read results may read them."""
    op.execute(f"""
        CREATE TABLE result_remark ({_RESULT_KEY}
          place INTEGER NOT NULL,
          code TEXT NOT NULL,
          text_id TEXT NOT NULL,
          text_en TEXT NOT NULL,
          keeps_provisional BOOLEAN NOT NULL,
          PRIMARY KEY (city_id, indicator_id, period, version, place),
          {_TO_RESULT}
        )
    """)
    op.execute(f"""
        CREATE TABLE result_population ({_RESULT_KEY}
          region_code TEXT NOT NULL,
          reference_on DATE NOT NULL,
          source TEXT NOT NULL,
          population_count BIGINT NOT NULL,
          PRIMARY KEY (city_id, indicator_id, period, version),
          {_TO_RESULT}
        )
    """)
    grant_to_readers(op.get_bind(), "result_remark", "result_population")


def downgrade() -> None:
    """Drop both tables and what they hold."""
    op.drop_table("result_population")
    op.drop_table("result_remark")
