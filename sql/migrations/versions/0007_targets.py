"""Targets: what a city has set out to reach in each year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_READERS = """
SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
FROM pg_class t CROSS JOIN LATERAL aclexplode(t.relacl) g
WHERE t.oid = to_regclass('result') AND g.privilege_type = 'SELECT' AND g.grantee <> t.relowner
"""


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
    if op.get_context().dialect.name == "postgresql":
        for reader in op.get_bind().execute(sa.text(_READERS)).scalars().all():
            op.execute(f"GRANT SELECT ON target TO {reader}")


def downgrade() -> None:
    """Drop the table; the cities' settings still have what it held."""
    op.drop_table("target")
