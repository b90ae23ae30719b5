"""Run by Alembic: takes the steps that are missing on the connection that `upgrade.bring_up_to_date` hands over."""

from alembic import context

from modiste.review.tables import VERSION

__all__ = []

context.configure(connection=context.config.attributes["connection"], version_table=VERSION)
# Its transaction is the one that the connection is in.
context.run_migrations()
