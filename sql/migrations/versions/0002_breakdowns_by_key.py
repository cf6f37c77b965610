"""Empty: it made existing warehouses lay a changed view anew, which migrations alone did; warehouses stand at it."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
