"""The first tables: photos, the bundles that answered about them, the answers, and what reviewers did."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Makes the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "review_bundles",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("labels", sa.JSON, nullable=False),
    )
    op.create_table(
        "review_photos",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("thumbnail", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "review_items",
        sa.Column("id", number, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), sa.ForeignKey("review_photos.digest"), nullable=False, index=True),
        sa.Column("bundle", sa.String(64), sa.ForeignKey("review_bundles.fingerprint"), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", moment),
    )
    op.create_index("review_items_queue", "review_items", ["state", sa.text("value DESC"), "id"])
    op.create_table(
        "review_answers",
        sa.Column("item", number, sa.ForeignKey("review_items.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("top", sa.JSON, nullable=False),
    )
    op.create_table(
        "review_decisions",
        sa.Column("id", number, primary_key=True),
        sa.Column("item", number, sa.ForeignKey("review_items.id"), nullable=False, index=True),
        sa.Column("action", sa.String(32), nullable=False, index=True),
        sa.Column("reviewer", sa.Text, nullable=False, index=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("attribute", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("undoes", number, sa.ForeignKey("review_decisions.id"), unique=True),
    )
