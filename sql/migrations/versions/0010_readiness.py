"""Readiness by year: the state of each answer by the day it changed, and its evidence; the tables were empty."""

from __future__ import annotations

from alembic import op

from pipeline.warehouse.readers import grant_to_readers

revision = "0010"
down_revision = "0009"

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
    _lay(_BEFORE)


def _lay(statements: tuple[str, ...]) -> None:
    op.drop_table("readiness_evidence")
    op.drop_table("readiness_answer")
    for statement in statements:
        op.execute(statement)
    grant_to_readers(op.get_bind(), "readiness_answer", "readiness_evidence")
