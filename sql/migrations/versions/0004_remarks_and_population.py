"""Why each result version is provisional, and the population figure it was divided by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_RESULT_KEY = """
  city_id TEXT NOT NULL,
  indicator_id TEXT NOT NULL,
  period TEXT NOT NULL,
  version INTEGER NOT NULL,
"""
_TO_RESULT = "FOREIGN KEY (city_id, indicator_id, period, version) REFERENCES result"
_READERS = """
SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
FROM pg_class t CROSS JOIN LATERAL aclexplode(t.relacl) g
WHERE t.oid = to_regclass('result') AND g.privilege_type = 'SELECT' AND g.grantee <> t.relowner
"""


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
    if op.get_context().dialect.name == "postgresql":
        for reader in op.get_bind().execute(sa.text(_READERS)).scalars().all():
            op.execute(f"GRANT SELECT ON result_remark, result_population TO {reader}")


def downgrade() -> None:
    """Drop both tables, the view that reads one, and what they hold."""
    op.execute("DROP VIEW IF EXISTS indicator_remark_current")
    op.drop_table("result_population")
    op.drop_table("result_remark")
