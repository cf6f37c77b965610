"""How many rows a member of a breakdown needs to be told of alone where results are published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; every city has the usual five until its next run says otherwise."""
    op.add_column("city", sa.Column("smallest_group", sa.Integer, nullable=False, server_default="5"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("city", "smallest_group")
