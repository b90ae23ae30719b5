"""The queue: photos are put in, handed out to one reviewer each, and given back.

Each function is a transaction's work.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modiste.catalogue.combinations import Combinations
from modiste.errors import ClaimError, StoreError
from modiste.review.items import Added, Labels, NewItem, Question, Reason, ReviewItem, State, storable
from modiste.review.tables import BUNDLES, DECISIONS, ITEMS, PHOTOS, QUESTIONS

__all__ = [
    "add",
    "claim",
    "combinations_of",
    "decided",
    "held",
    "in_force",
    "keep",
    "labels_of",
    "read",
    "release",
    "settle",
    "thumbnail",
]

TAGGERS_REASONS: frozenset[Reason] = frozenset({"uncertain", "out_of_distribution"})
"""The reasons that the tagger itself gives. It gives a photo one of them or none, so one takes the other's place."""


def add(
    connection: Connection,
    items: Iterable[NewItem],
    bundle: str,
    labels: Labels,
    now: datetime,
    combinations: Combinations | None,
) -> Added:
    """Puts photos into the queue: see `ReviewStore.add`."""
    _insert(connection, BUNDLES, fingerprint=bundle, labels=[[name, list(values)] for name, values in labels.items()])
    if combinations is not None:
        # It may be there from before bundles said so.
        unsaid = update(BUNDLES).where(BUNDLES.c.fingerprint == bundle, BUNDLES.c.combinations.is_(None))
        connection.execute(unsaid.values(combinations=asdict(combinations)))
    counts = [0, 0]
    for item in items:
        path = storable(item.path)
        before = _same_photo(connection, item.digest, path)
        same_reason = TAGGERS_REASONS if item.reason in TAGGERS_REASONS else {item.reason}
        rivals = [row for row in before if row.reason in same_reason]
        others = [row.id for row in rivals if row.bundle != bundle]
        _move(connection, others, ITEMS.c.state == "waiting", _free(now), to="withdrawn")
        if not item.asked:
            continue
        if item.asked <= _chosen(connection, [row.id for row in before]).keys():
            counts[False] += 1  # people have decided all of it, for whatever reason they were asked
        elif ours := [row.id for row in rivals if row.bundle == bundle]:
            counts[bool(_move(connection, ours, ITEMS.c.state == "withdrawn", to="waiting"))] += 1
        else:
            counts[_add(connection, item, path, bundle)] += 1
    return Added(new=counts[True], known=counts[False])


def _add(connection: Connection, new: NewItem, path: str, bundle: str) -> bool:
    """Puts a photo into the queue and returns whether another process has not done so a moment ago."""
    _insert(connection, PHOTOS, digest=new.digest, thumbnail=new.thumbnail)
    number = _insert(
        connection,
        ITEMS,
        key=_key(path, new.digest, bundle, new.reason),
        path=path,
        digest=new.digest,
        bundle=bundle,
        reason=new.reason,
        priority=new.priority,
        state="waiting",
    )
    if number is None:
        return False
    rows = [
        {
            "item": number,
            "position": position,
            "attribute": question.attribute,
            "suggested_label": _storable(question.suggested_label),
            "probability": question.probability,
            "catalogue_label": _storable(question.catalogue_label),
            "asked": question.asked,
            "top": [list(pair) for pair in question.top],
        }
        for position, question in enumerate(new.questions)
    ]
    connection.execute(QUESTIONS.insert(), rows)
    return True


def _storable(label: str | None) -> str | None:
    return None if label is None else storable(label)


def _key(*parts: str) -> str:
    return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def _insert(connection: Connection, table: Any, **values: object) -> Any:
    """Inserts a row unless it is there, and returns its key, or None where it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).scalar()


def _same_photo(connection: Connection, digest: str, path: str) -> list[Row[Any]]:
    """Returns the items of a photo, whatever the bundle and the reason."""
    # By the digest alone, which is indexed and nearly always enough; a planner without statistics might take a worse
    # index if it were offered one.
    rows = connection.execute(select(ITEMS).where(ITEMS.c.digest == digest))
    return [row for row in rows if row.path == path]


def settle(connection: Connection, number: int, now: datetime) -> None:
    """Takes a photo's other items out of the queue of which people have decided everything by now, except those that
    a reviewer has at the moment.
    """
    photo = connection.execute(select(ITEMS.c.digest, ITEMS.c.path).where(ITEMS.c.id == number)).one()
    same = [row.id for row in _same_photo(connection, photo.digest, photo.path)]
    chosen = _chosen(connection, same)
    asked = select(QUESTIONS.c.item, QUESTIONS.c.attribute).where(QUESTIONS.c.item.in_(same), QUESTIONS.c.asked)
    open_still = {row.item for row in connection.execute(asked) if row.attribute not in chosen}
    answered = [each for each in same if each not in open_still]
    _move(connection, answered, ITEMS.c.state == "waiting", _free(now), to="withdrawn")


def _move(connection: Connection, numbers: Sequence[int], *which: ColumnElement[bool], to: State) -> int:
    """Gives those items that meet all conditions another state, and returns how many these are.

    The conditions are checked where the rows are locked: somebody may have decided since they were read.
    """
    if not numbers:
        return 0
    return connection.execute(update(ITEMS).where(ITEMS.c.id.in_(numbers), *which).values(state=to)).rowcount


def _free(now: datetime) -> ColumnElement[bool]:
    """Returns the condition that no reviewer has an item."""
    return or_(ITEMS.c.claimed_by.is_(None), ITEMS.c.claimed_until <= now)


def _chosen(connection: Connection, numbers: Sequence[int]) -> dict[str, str]:
    """Returns attribute -> the label that people gave last, of one photo's items."""
    if not numbers:
        return {}
    rows = select(DECISIONS.c.attribute, DECISIONS.c.after).where(
        DECISIONS.c.item.in_(numbers), DECISIONS.c.attribute.is_not(None), in_force(DECISIONS)
    )
    return {row.attribute: row.after for row in connection.execute(rows.order_by(DECISIONS.c.id))}


def claim(
    connection: Connection, reviewer: str, reason: Reason | None, now: datetime, until: datetime
) -> ReviewItem | None:
    """Hands out the photo of the highest priority that nobody has: see `ReviewStore.claim`."""
    waiting = ITEMS.c.state == "waiting"
    if reason is not None:
        # A reviewer has one photo at a time: whoever turns to another reason gives back what they had.
        elsewhere = and_(waiting, ITEMS.c.claimed_by == reviewer, ITEMS.c.reason != reason)
        connection.execute(update(ITEMS).where(elsewhere).values(claimed_by=None, claimed_until=None))
        waiting = and_(waiting, ITEMS.c.reason == reason)
    own = and_(ITEMS.c.claimed_by == reviewer, ITEMS.c.claimed_until > now)
    for which in (own, and_(_free(now), ~_skipped(reviewer), ~_photo_is_taken(reviewer, now))):
        number = connection.execute(
            select(ITEMS.c.id)
            .where(waiting, which)
            .order_by(ITEMS.c.priority.desc(), ITEMS.c.id)
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


def _photo_is_taken(reviewer: str, now: datetime) -> ColumnElement[bool]:
    """Returns the condition that another reviewer has the same photo for another reason.

    On PostgreSQL, two claims of the same moment do not see each other; then both decisions are kept, and the later one
    counts.
    """
    other = ITEMS.alias()
    same_photo = and_(other.c.digest == ITEMS.c.digest, other.c.path == ITEMS.c.path, other.c.id != ITEMS.c.id)
    return exists().where(same_photo, other.c.claimed_by != reviewer, other.c.claimed_until > now)


def in_force(row: Any) -> ColumnElement[bool]:
    """Returns the condition that a row of decisions has not been undone, and undoes none."""
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
    chosen = _chosen(connection, [each.id for each in _same_photo(connection, row.digest, row.path)])
    rows = connection.execute(select(QUESTIONS).where(QUESTIONS.c.item == number).order_by(QUESTIONS.c.position))
    return ReviewItem(
        id=row.id,
        path=row.path,
        bundle=row.bundle,
        reason=row.reason,
        priority=row.priority,
        state=row.state,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        questions=tuple(_question(each, chosen.get(each.attribute)) for each in rows),
    )


def _question(row: Row[Any], chosen: str | None) -> Question:
    return Question(
        attribute=row.attribute,
        suggested_label=row.suggested_label,
        probability=row.probability,
        top=tuple((label, probability) for label, probability in row.top),
        catalogue_label=row.catalogue_label,
        asked=row.asked,
        chosen=chosen,
    )


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


def combinations_of(connection: Connection, bundle: str) -> Combinations:
    """Returns which labels of a bundle go together; none where nobody said."""
    found = connection.execute(select(BUNDLES.c.combinations).where(BUNDLES.c.fingerprint == bundle)).scalar()
    if found is None:
        return Combinations()
    return Combinations(tuple(found["attributes"]), tuple(map(tuple, found["rows"])))


def decided(connection: Connection, number: int) -> dict[str, str]:
    """Returns attribute -> the label that people gave a photo, whatever it was in the queue for."""
    photo = connection.execute(select(ITEMS.c.digest, ITEMS.c.path).where(ITEMS.c.id == number)).one()
    return _chosen(connection, [row.id for row in _same_photo(connection, photo.digest, photo.path)])
