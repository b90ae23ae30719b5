"""The queue: photos are put in, handed out to one reviewer each, and given back.

Each function is a transaction's work.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modiste.errors import ClaimError, StoreError
from modiste.predictions import Answer
from modiste.review.items import Added, Labels, NewItem, Question, ReviewItem, State, storable, value_of
from modiste.review.tables import ANSWERS, BUNDLES, DECISIONS, ITEMS, PHOTOS

__all__ = ["add", "claim", "held", "in_force", "keep", "labels_of", "read", "release", "settle", "thumbnail"]


def add(connection: Connection, items: Iterable[NewItem], bundle: str, labels: Labels, now: datetime) -> Added:
    """Puts photos into the queue: see `ReviewStore.add`."""
    _insert(connection, BUNDLES, fingerprint=bundle, labels=[[name, list(values)] for name, values in labels.items()])
    counts = [0, 0]
    for item in items:
        path = storable(item.path)
        before = _same_photo(connection, item.digest, path)
        others = [row.id for row in before if row.bundle != bundle]
        _move(connection, others, ITEMS.c.state == "waiting", _free(now), to="withdrawn")
        if item.doubts:
            counts[_add(connection, item, path, bundle, before)] += 1
    return Added(new=counts[True], known=counts[False])


def _add(connection: Connection, new: NewItem, path: str, bundle: str, before: Sequence[Row[Any]]) -> bool:
    """Puts a photo into the queue and returns whether it was not waiting there before."""
    if before and new.doubts <= _decided(connection, [row.id for row in before]):
        return False
    if ours := [row.id for row in before if row.bundle == bundle]:
        return bool(_move(connection, ours, ITEMS.c.state == "withdrawn", to="waiting"))
    _insert(connection, PHOTOS, digest=new.digest, thumbnail=new.thumbnail)
    number = _insert(
        connection,
        ITEMS,
        key=_key(path, new.digest, bundle),
        path=path,
        digest=new.digest,
        bundle=bundle,
        value=value_of(new.answers),
        state="waiting",
    )
    if number is None:
        return False  # another process put it in a moment ago
    rows = [
        {
            "item": number,
            "place": place,
            "attribute": attribute,
            "label": answer.label,
            "probability": answer.probability,
            "decision": answer.decision,
            "top": [list(pair) for pair in answer.top],
        }
        for place, (attribute, answer) in enumerate(new.answers.items())
    ]
    connection.execute(ANSWERS.insert(), rows)
    return True


def _key(path: str, digest: str, bundle: str) -> str:
    return blake2b(json.dumps([path, digest, bundle]).encode(), digest_size=16).hexdigest()


def _insert(connection: Connection, table: Any, **values: object) -> Any:
    """Inserts a row unless it is there, and returns its key, or None where it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).scalar()


def _same_photo(connection: Connection, digest: str, path: str) -> list[Row[Any]]:
    """Returns what is in the queue of a photo, whatever bundle answered."""
    # By the digest alone, which is indexed and nearly always enough; a planner without statistics might take a worse
    # index if it were offered one.
    rows = connection.execute(select(ITEMS).where(ITEMS.c.digest == digest))
    return [row for row in rows if row.path == path]


def settle(connection: Connection, number: int, now: datetime) -> None:
    """Takes out of the queue what another bundle asks of a photo and people have just decided, unless somebody is
    looking at it.
    """
    photo = connection.execute(select(ITEMS.c.digest, ITEMS.c.path).where(ITEMS.c.id == number)).one()
    same = [row.id for row in _same_photo(connection, photo.digest, photo.path)]
    decided = _decided(connection, same)
    asked = select(ANSWERS.c.item, ANSWERS.c.attribute).where(ANSWERS.c.item.in_(same), ANSWERS.c.decision == "review")
    open_still = {row.item for row in connection.execute(asked) if row.attribute not in decided}
    answered = [each for each in same if each not in open_still]
    _move(connection, answered, ITEMS.c.state == "waiting", _free(now), to="withdrawn")


def _move(connection: Connection, numbers: Sequence[int], *which: ColumnElement[bool], to: State) -> int:
    """Gives those of some photos of which all this is true another state, and returns how many these are.

    That it is true is seen where the rows are locked: somebody may have decided since they were read.
    """
    if not numbers:
        return 0
    return connection.execute(update(ITEMS).where(ITEMS.c.id.in_(numbers), *which).values(state=to)).rowcount


def _free(now: datetime) -> ColumnElement[bool]:
    """Says of a photo that nobody is looking at it."""
    return or_(ITEMS.c.claimed_by.is_(None), ITEMS.c.claimed_until <= now)


def _decided(connection: Connection, numbers: Sequence[int]) -> set[str]:
    """Returns the attributes that people have given a label, of one photo under several numbers."""
    rows = select(DECISIONS.c.attribute).where(DECISIONS.c.item.in_(numbers), in_force(DECISIONS))
    return set(connection.execute(rows).scalars())


def claim(connection: Connection, reviewer: str, now: datetime, until: datetime) -> ReviewItem | None:
    """Hands out the most valuable photo that nobody has: see `ReviewStore.claim`."""
    own = and_(ITEMS.c.claimed_by == reviewer, ITEMS.c.claimed_until > now)
    for which in (own, and_(_free(now), ~_skipped(reviewer))):
        number = connection.execute(
            select(ITEMS.c.id)
            .where(ITEMS.c.state == "waiting", which)
            .order_by(ITEMS.c.value.desc(), ITEMS.c.id)
            .limit(1)
            # PostgreSQL passes over what another reviewer is being handed at this moment. SQLite has no such words:
            # there, the transaction holds the only lock.
            .with_for_update(skip_locked=True)
        ).scalar()
        if number is not None:
            keep(connection, number, reviewer, until)
            return read(connection, number)
    return None


def _skipped(reviewer: str) -> ColumnElement[bool]:
    row = DECISIONS.alias()
    skip = and_(row.c.item == ITEMS.c.id, row.c.reviewer == reviewer, row.c.kind == "skip")
    return exists().where(skip, in_force(row))


def in_force(row: Any) -> ColumnElement[bool]:
    """Says of a row of decisions that it is one that has not been undone."""
    later = DECISIONS.alias()
    return and_(row.c.kind != "undo", ~exists().where(later.c.undoes == row.c.id))


def keep(connection: Connection, number: int, reviewer: str | None, until: datetime | None) -> None:
    """Notes who has a photo, and until when."""
    connection.execute(update(ITEMS).where(ITEMS.c.id == number).values(claimed_by=reviewer, claimed_until=until))


def release(connection: Connection, number: int, reviewer: str) -> None:
    """Gives a photo back: see `ReviewStore.release`."""
    own = and_(ITEMS.c.id == number, ITEMS.c.claimed_by == reviewer)
    connection.execute(update(ITEMS).where(own).values(claimed_by=None, claimed_until=None))


def held(connection: Connection, number: int, reviewer: str, now: datetime) -> ReviewItem:
    """Returns a photo that a reviewer may decide about; until the transaction ends, nobody else can.

    Raises:
        ClaimError: Another reviewer has it.
        StoreError: There is no such photo.
    """
    connection.execute(select(ITEMS.c.id).where(ITEMS.c.id == number).with_for_update())
    item = read(connection, number)
    if item.claimed_by not in (None, reviewer) and item.claimed_until is not None and item.claimed_until > now:
        raise ClaimError(f"another reviewer has photo {number}", fix="take the next one")
    return item


def read(connection: Connection, number: int) -> ReviewItem:
    """Returns a photo.

    Raises:
        StoreError: There is no such photo.
    """
    row = connection.execute(select(ITEMS).where(ITEMS.c.id == number)).first()
    if row is None:
        raise StoreError(f"there is no photo {number} in the queue", fix="take the next one")
    decided = select(DECISIONS.c.attribute, DECISIONS.c.after).where(
        DECISIONS.c.item == number, DECISIONS.c.attribute.is_not(None), in_force(DECISIONS)
    )
    chosen = {row.attribute: row.after for row in connection.execute(decided.order_by(DECISIONS.c.id))}
    answers = connection.execute(select(ANSWERS).where(ANSWERS.c.item == number).order_by(ANSWERS.c.place))
    questions = tuple(Question(each.attribute, _answer(each), chosen.get(each.attribute)) for each in answers)
    return ReviewItem(
        id=row.id,
        path=row.path,
        bundle=row.bundle,
        value=row.value,
        state=row.state,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        questions=questions,
    )


def _answer(row: Row[Any]) -> Answer:
    return Answer(row.label, row.probability, row.decision, tuple((label, share) for label, share in row.top))


def thumbnail(connection: Connection, number: int) -> bytes:
    """Returns a photo's small JPEG.

    Raises:
        StoreError: There is no such photo.
    """
    wanted = select(PHOTOS.c.thumbnail).join(ITEMS, ITEMS.c.digest == PHOTOS.c.digest).where(ITEMS.c.id == number)
    found: bytes | None = connection.execute(wanted).scalar()
    if found is None:
        raise StoreError(f"there is no photo {number} in the queue", fix="take the next one")
    return found


def labels_of(connection: Connection, bundle: str) -> dict[str, tuple[str, ...]]:
    """Returns attribute -> labels of a bundle.

    Raises:
        StoreError: The queue has nothing of it.
    """
    found = connection.execute(select(BUNDLES.c.labels).where(BUNDLES.c.fingerprint == bundle)).scalar()
    if found is None:
        raise StoreError(f"nothing in the queue is of the bundle {bundle!r}", fix="take it from a photo in the queue")
    return {name: tuple(labels) for name, labels in found}
