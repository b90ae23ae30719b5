"""Items have a reason and a priority, and questions the catalogue's label beside the suggested one."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"

MOVED = """
INSERT INTO review_questions (item, position, attribute, suggested_label, probability, asked, top)
SELECT item, place, attribute, label, probability, decision = 'review', top FROM review_answers
"""


def upgrade() -> None:
    """Gives old items the reason of all of them, and moves their answers; a key made without a reason stays unique."""
    # SQLite cannot make a table again that others refer to, but it knows these two statements, as PostgreSQL does.
    op.execute("ALTER TABLE review_items RENAME COLUMN value TO priority")
    op.add_column("review_items", sa.Column("reason", sa.String(32), nullable=False, server_default="uncertain"))
    op.create_index("review_items_reason", "review_items", ["state", "reason", sa.text("priority DESC"), "id"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "review_questions",
        sa.Column("item", number, sa.ForeignKey("review_items.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("suggested_label", sa.Text),
        sa.Column("probability", sa.Float),
        sa.Column("catalogue_label", sa.Text),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("top", sa.JSON, nullable=False),
    )
    op.execute(MOVED)
    op.drop_table("review_answers")
