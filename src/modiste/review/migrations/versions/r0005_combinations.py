"""Bundles say which of their labels go together."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Of older bundles nobody knows, until one of them tags again."""
    op.add_column("review_bundles", sa.Column("combinations", sa.JSON))
