"""Readiness by year: the state of each answer by the day it changed, and its evidence; the tables were empty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_READERS = """
SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END
FROM pg_class t CROSS JOIN LATERAL aclexplode(t.relacl) g
WHERE t.oid = to_regclass('result') AND g.privilege_type = 'SELECT' AND g.grantee <> t.relowner
"""
_BEFORE = (
    """
    CREATE TABLE readiness_answer (
      city_id TEXT NOT NULL REFERENCES city,
      indicator_id TEXT NOT NULL,
      theme INTEGER NOT NULL CHECK (theme BETWEEN 1 AND 9),
      answered_on DATE NOT NULL,
      is_yes BOOLEAN NOT NULL,
      note TEXT,
      PRIMARY KEY (city_id, indicator_id, theme, answered_on)
    )
    """,
    """
    CREATE TABLE readiness_evidence (
      city_id TEXT NOT NULL,
      indicator_id TEXT NOT NULL,
      theme INTEGER NOT NULL,
      answered_on DATE NOT NULL,
      sha256 TEXT NOT NULL,
      title TEXT NOT NULL,
      PRIMARY KEY (city_id, indicator_id, theme, answered_on, sha256),
      FOREIGN KEY (city_id, indicator_id, theme, answered_on) REFERENCES readiness_answer
    )
    """,
)
_AFTER = (
    """
    CREATE TABLE readiness_answer (
      city_id TEXT NOT NULL REFERENCES city,
      year INTEGER NOT NULL,
      indicator_id TEXT NOT NULL,
      theme INTEGER NOT NULL CHECK (theme BETWEEN 1 AND 9),
      answered_on DATE NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('proven', 'unproven', 'no', 'missing')),
      responsible_unit TEXT NOT NULL,
      PRIMARY KEY (city_id, year, indicator_id, theme, answered_on)
    )
    """,
    """
    CREATE TABLE readiness_evidence (
      city_id TEXT NOT NULL,
      year INTEGER NOT NULL,
      indicator_id TEXT NOT NULL,
      theme INTEGER NOT NULL,
      answered_on DATE NOT NULL,
      sha256 TEXT NOT NULL,
      title TEXT NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      dated_on DATE,
      valid_until_on DATE,
      PRIMARY KEY (city_id, year, indicator_id, theme, answered_on, sha256),
      FOREIGN KEY (city_id, year, indicator_id, theme, answered_on) REFERENCES readiness_answer
    )
    """,
)


def upgrade() -> None:
    """Lay the two tables anew. Who may read results may read them."""
    _lay(_AFTER)


def downgrade() -> None:
    """Lay them as they were, empty; forms and evidence fill the new ones again."""
    op.execute("DROP VIEW IF EXISTS readiness_current")
    _lay(_BEFORE)


def _lay(statements: tuple[str, ...]) -> None:
    op.drop_table("readiness_evidence")
    op.drop_table("readiness_answer")
    for statement in statements:
        op.execute(statement)
    if op.get_context().dialect.name == "postgresql":
        for reader in op.get_bind().execute(sa.text(_READERS)).scalars().all():
            op.execute(f"GRANT SELECT ON readiness_answer, readiness_evidence TO {reader}")
