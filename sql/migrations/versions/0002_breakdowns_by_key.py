"""No table changes: whoever comes from before gets `indicator_breakdown_current` laid anew, as all views are."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing to do: views are dropped before and laid after every migration."""


def downgrade() -> None:
    """Nothing to do: the view of this revision reads the same tables."""
