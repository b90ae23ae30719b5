"""What reviewers decide: rows are added and never changed. Each function is one transaction's work."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select, update

from modiste.catalogue.corrections import Correction
from modiste.errors import ClaimError, StoreError, nearest
from modiste.review import queue
from modiste.review.items import REASONS, Decided, Progress, Reason, ReviewItem, checked
from modiste.review.queue import held, in_force, keep, read, settle
from modiste.review.tables import DECISIONS, ITEMS, QUESTIONS

__all__ = ["corrections", "decide", "history", "progress", "skip", "undo"]

MOST = 5
"""Labels to name in a message."""


def decide(
    connection: Connection, number: int, reviewer: str, labels: Mapping[str, str], now: datetime, until: datetime
) -> ReviewItem:
    """Records labels: see `ReviewStore.decide`."""
    item = held(connection, number, reviewer, now)
    given = {name: checked(label, "label") for name, label in labels.items()}
    questions = {question.attribute: question for question in item.questions}
    if not given:
        raise StoreError(f"no label for photo {number}", fix="give one, or skip the photo")
    for name in given:
        if name not in questions:
            raise StoreError(
                f"photo {number} has no attribute {name!r}{nearest(name, questions)}",
                fix=f"the attributes are {', '.join(questions)}",
            )
    new = {name: label for name, label in given.items() if questions[name].chosen != label}
    if item.state == "done":
        if new:
            raise ClaimError(f"photo {number} has been decided", fix="undo that first, or take the next one")
        return item  # the same answer once more: the reviewer's page did not hear that it had arrived
    if new:
        new |= _carried(connection, item, given)
    action = uuid4().hex
    for name, label in new.items():
        question = questions[name]
        _record(
            connection,
            item=number,
            action=action,
            reviewer=reviewer,
            at=now,
            kind="accept" if label == question.proposed else "change",
            attribute=name,
            before=question.chosen or question.proposed,
            after=label,
        )
    if read(connection, number).open:
        keep(connection, number, reviewer, until)
    else:
        _finish(connection, number)
        settle(connection, number, now)
    return read(connection, number)


def _carried(connection: Connection, item: ReviewItem, given: Mapping[str, str]) -> dict[str, str]:
    """Returns the labels that go along with those that a reviewer gives, and that are not chosen yet.

    Raises:
        StoreError: Labels contradict one another, or another one must change and it is not clear to what.
    """
    together = queue.combinations_of(connection, item.bundle)
    if not any(name in given for name in together.attributes):
        return {}
    questions = {question.attribute: question for question in item.questions}
    shown = {name: question.chosen or question.proposed for name, question in questions.items()}
    shown |= queue.decided(connection, item.id)
    if not together.allow(given):
        raise StoreError(
            f"no product is {together.told(given)}", fix="give labels that go together, or leave out what follows"
        )
    found = {}
    for name, labels in together.choices(given, shown).items():
        question, stays = questions.get(name), labels == (shown[name],)
        asked_still = question is not None and question.open and (stays or len(labels) > 1)
        if asked_still or (shown[name] is None and len(labels) > 1):
            continue  # it is decided by itself, or nobody knows it
        if len(labels) > 1 or (question is None and not stays):
            raise StoreError(
                f"{name} {shown[name]} does not go with {together.told(given)}",
                fix=f"give {name} as well: {', '.join(labels[:MOST])}{', ...' if len(labels) > MOST else ''}",
            )
        if question is not None and question.chosen != labels[0]:
            found[name] = labels[0]
    return found


def skip(connection: Connection, number: int, reviewer: str, now: datetime) -> None:
    """Records that a reviewer passes a photo on: see `ReviewStore.skip`."""
    item = held(connection, number, reviewer, now)
    if item.state == "done":
        raise ClaimError(f"photo {number} has been decided", fix="take the next one")
    _record(connection, item=number, action=uuid4().hex, reviewer=reviewer, at=now, kind="skip")
    keep(connection, number, None, None)


def undo(connection: Connection, reviewer: str, now: datetime, until: datetime) -> ReviewItem | None:
    """Takes back what a reviewer did last: see `ReviewStore.undo`."""
    rows = _last(connection, reviewer)
    if not rows:
        return None
    number = rows[0].item
    held(connection, number, reviewer, now)
    if [row.id for row in _last(connection, reviewer)] != [row.id for row in rows]:
        # The same person, in another window, was quicker by a moment.
        raise ClaimError("this has been undone already", fix="look at the photo again")
    action = uuid4().hex
    for row in rows:
        _record(
            connection,
            item=number,
            action=action,
            reviewer=reviewer,
            at=now,
            kind="undo",
            attribute=row.attribute,
            before=row.after,
            after=row.before,
            undoes=row.id,
        )
    open_again = update(ITEMS).where(ITEMS.c.id == number)
    connection.execute(open_again.values(state="waiting", claimed_by=reviewer, claimed_until=until))
    return read(connection, number)


def _last(connection: Connection, reviewer: str) -> list[Any]:
    """Returns the rows of the last thing that a reviewer did and that has not been undone."""
    own = DECISIONS.c.reviewer == reviewer
    last = select(DECISIONS.c.action).where(own, in_force(DECISIONS)).order_by(DECISIONS.c.id.desc()).limit(1)
    action = connection.execute(last).scalar()
    return list(connection.execute(select(DECISIONS).where(DECISIONS.c.action == action).order_by(DECISIONS.c.id)))


def _record(connection: Connection, **values: object) -> None:
    connection.execute(DECISIONS.insert().values(**values))


def _finish(connection: Connection, number: int) -> None:
    done = update(ITEMS).where(ITEMS.c.id == number)
    connection.execute(done.values(state="done", claimed_by=None, claimed_until=None))


def history(connection: Connection, most: int, before: int | None) -> tuple[Decided, ...]:
    """Returns what was done last: see `ReviewStore.decisions`."""
    later = DECISIONS.alias()
    undone = select(later.c.id).where(later.c.undoes == DECISIONS.c.id).exists().label("undone")
    rows = select(DECISIONS, ITEMS.c.path, ITEMS.c.reason, undone).join(ITEMS, ITEMS.c.id == DECISIONS.c.item)
    if before is not None:
        rows = rows.where(DECISIONS.c.id < before)
    return tuple(
        Decided(
            id=row.id,
            item=row.item,
            path=row.path,
            reason=row.reason,
            reviewer=row.reviewer,
            at=row.at,
            kind=row.kind,
            attribute=row.attribute,
            before=row.before,
            after=row.after,
            undone=row.undone,
        )
        for row in connection.execute(rows.order_by(DECISIONS.c.id.desc()).limit(most))
    )


def progress(connection: Connection, now: datetime) -> dict[Reason, Progress]:
    """Counts by reason: see `ReviewStore.progress_by_reason`."""
    waiting = ITEMS.c.state == "waiting"
    skipped = select(DECISIONS.c.item).where(DECISIONS.c.kind == "skip", in_force(DECISIONS))
    items = (
        select(
            ITEMS.c.reason,
            func.count().label("photos"),
            func.count().filter(ITEMS.c.state == "done").label("done"),
            func.count().filter(waiting, ITEMS.c.claimed_until > now).label("claimed"),
            func.count().filter(waiting, ITEMS.c.id.in_(skipped)).label("skipped"),
        )
        .where(ITEMS.c.state != "withdrawn")
        .group_by(ITEMS.c.reason)
    )
    later = DECISIONS.alias()
    same = (later.c.item == DECISIONS.c.item) & (later.c.attribute == DECISIONS.c.attribute)
    overruled = select(later.c.id).where(same, later.c.id > DECISIONS.c.id, in_force(later)).exists()
    labels = (
        select(
            ITEMS.c.reason,
            func.count().filter(DECISIONS.c.kind == "accept").label("accepted"),
            func.count().filter(DECISIONS.c.kind == "change").label("changed"),
        )
        .join(ITEMS, ITEMS.c.id == DECISIONS.c.item)
        .where(in_force(DECISIONS), ~overruled)
        .group_by(ITEMS.c.reason)
    )
    counts: dict[Reason, dict[str, int]] = {}
    for rows in (items, labels):
        for row in connection.execute(rows).mappings():
            counts.setdefault(row["reason"], {}).update({name: row[name] for name in row if name != "reason"})
    order = [*REASONS, *counts]
    return {reason: Progress(**counts[reason]) for reason in sorted(counts, key=order.index)}


def corrections(connection: Connection) -> Iterator[Correction]:
    """Yields the labels in force: see `ReviewStore.corrections`."""
    for (path, attribute), row in sorted(_in_force(connection).items()):
        yield Correction(path, attribute, row.proposed, row.after, row.reviewer, row.at)


def _in_force(connection: Connection) -> dict[tuple[str, str], Any]:
    """Returns path, attribute -> the last decision about it, with the label that was proposed."""
    proposed = func.coalesce(QUESTIONS.c.suggested_label, QUESTIONS.c.catalogue_label).label("proposed")
    rows = (
        select(ITEMS.c.path, DECISIONS, proposed)
        .join(ITEMS, ITEMS.c.id == DECISIONS.c.item)
        .join(QUESTIONS, (QUESTIONS.c.item == DECISIONS.c.item) & (QUESTIONS.c.attribute == DECISIONS.c.attribute))
        .where(in_force(DECISIONS))
        .order_by(DECISIONS.c.id)
    )
    return {(row.path, row.attribute): row for row in connection.execute(rows)}
