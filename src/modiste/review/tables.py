"""The tables of the database of reviews, as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

__all__ = ["BUNDLES", "DECISIONS", "ITEMS", "METADATA", "PHOTOS", "QUESTIONS", "VERSION", "Moment"]

VERSION = "review_schema"
"""The table that says which migration was the last."""

# SQLite numbers rows by itself only where the key is an INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A time in UTC. SQLite keeps no time zones, so there it is written without one and read back with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns what is written."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns what was read."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


METADATA = MetaData()

BUNDLES = Table(
    "review_bundles",
    METADATA,
    Column("fingerprint", String(64), primary_key=True),
    # A list of [attribute, labels]: unlike an object, it keeps its order everywhere.
    Column("labels", JSON, nullable=False),
    # {"attributes": [...], "rows": [[label, ...], ...]}; NULL where nobody said.
    Column("combinations", JSON(none_as_null=True)),
)

PHOTOS = Table(
    "review_photos",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("thumbnail", LargeBinary, nullable=False),
)

ITEMS = Table(
    "review_items",
    METADATA,
    Column("id", Number, primary_key=True),
    # A digest of path, photo, bundle and reason. A path itself may be longer than what PostgreSQL can index.
    Column("key", String(64), nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("digest", ForeignKey("review_photos.digest"), nullable=False, index=True),
    Column("bundle", ForeignKey("review_bundles.fingerprint"), nullable=False),
    Column("reason", String(32), nullable=False, server_default="uncertain"),
    Column("priority", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", Moment),
)

HELD = Index("review_items_held", ITEMS.c.claimed_by, ITEMS.c.state)
QUEUE = Index("review_items_queue", ITEMS.c.state, ITEMS.c.priority.desc(), ITEMS.c.id)
QUEUE_OF_REASON = Index("review_items_reason", ITEMS.c.state, ITEMS.c.reason, ITEMS.c.priority.desc(), ITEMS.c.id)

QUESTIONS = Table(
    "review_questions",
    METADATA,
    Column("item", ForeignKey("review_items.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("attribute", Text, nullable=False),
    Column("suggested_label", Text),
    Column("probability", Float),
    Column("catalogue_label", Text),
    Column("asked", Boolean, nullable=False),
    Column("top", JSON, nullable=False),
)

DECISIONS = Table(
    "review_decisions",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("item", ForeignKey("review_items.id"), nullable=False, index=True),
    # The same for all that was decided, and so is undone, together.
    Column("action", String(32), nullable=False, index=True),
    Column("reviewer", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("attribute", Text),
    Column("before", Text),
    Column("after", Text),
    # Unique, so that nothing is ever taken back twice.
    Column("undoes", ForeignKey("review_decisions.id"), unique=True),
)
