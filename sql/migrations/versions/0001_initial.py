"""The warehouse as first laid down: results with versions, their parts, lineage and validation."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

TABLES_NEWEST_FIRST = (
    *("readiness_evidence", "readiness_answer", "result_source", "result_breakdown", "result_variant", "result_rows"),
    *("result", "quarantine_summary", "validation", "source_file", "run", "population", "city"),
)


def upgrade() -> None:
    """Create every table; the same plain SQL on SQLite and PostgreSQL."""
    for statement in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drop every table, and all results with them."""
    for table in TABLES_NEWEST_FIRST:
        op.drop_table(table)
