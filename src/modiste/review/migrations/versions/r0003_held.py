"""An index by reviewer: without it, to find the photo that one has took a look at every photo that is waiting."""

from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the index."""
    op.create_index("review_items_held", "review_items", ["claimed_by", "state"])
