"""Decisions are kept: the database itself refuses to change or to remove one."""

from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"

REFUSAL = "decisions are only ever added"

ON_SQLITE = """
CREATE TRIGGER review_decisions_no_{what} BEFORE {what} ON review_decisions
BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""

ON_POSTGRESQL = """
CREATE FUNCTION review_decisions_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$;
CREATE TRIGGER review_decisions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON review_decisions
FOR EACH STATEMENT EXECUTE FUNCTION review_decisions_kept()
"""


def upgrade() -> None:
    """Makes the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(ON_POSTGRESQL.format(refusal=REFUSAL))
    else:
        for what in ("update", "delete"):
            op.execute(ON_SQLITE.format(what=what, refusal=REFUSAL))
