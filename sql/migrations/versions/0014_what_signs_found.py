"""What a sign found as a number, where and when, and the city's words for it, beside the texts of its remark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_COLUMNS = {"found_in": sa.Text, "found_value": sa.Double, "found_dates": sa.Text, "explanation": sa.Text}


def upgrade() -> None:
    """Add the columns, null for versions that are stored: these are sealed, and their texts stay as they were."""
    for name, kind in _COLUMNS.items():
        op.add_column("result_remark", sa.Column(name, kind))


def downgrade() -> None:
    """Drop the columns; a version that had them is no longer what was sealed, and a run writes it again."""
    for name in _COLUMNS:
        op.drop_column("result_remark", name)
