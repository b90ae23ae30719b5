"""What goes into the review queue and what comes out of it, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modiste.errors import StoreError
from modiste.predictions import Answer

__all__ = [
    "LONGEST",
    "Added",
    "Decided",
    "Kind",
    "Labels",
    "NewItem",
    "Progress",
    "Question",
    "ReviewItem",
    "State",
    "checked",
    "storable",
    "value_of",
]

Kind = Literal["accept", "change", "skip", "undo"]
"""What a reviewer did: took the answer as it is, gave another label, passed the photo on, or took that back."""

State = Literal["waiting", "done", "withdrawn"]
"""Whether a photo still has to be looked at; `withdrawn` where a newer bundle has answered about it since."""

Labels = Mapping[str, tuple[str, ...]]
"""Attribute -> the labels that it can have."""


@dataclass(frozen=True)
class NewItem:
    """A photo to be reviewed.

    Attributes:
        path: What the photo is called.
        digest: What is the same for two photo files exactly when their bytes are.
        thumbnail: A small JPEG of it; empty where nothing is to be reviewed.
        answers: Attribute -> what the tagger said, with as many labels in `top` as a reviewer should be offered first.
    """

    path: str
    digest: str
    thumbnail: bytes
    answers: Mapping[str, Answer]

    @property
    def doubts(self) -> frozenset[str]:
        """The attributes that a person should look at."""
        return frozenset(name for name, answer in self.answers.items() if answer.decision == "review")


@dataclass(frozen=True)
class Added:
    """What became of photos that were put into the queue.

    Attributes:
        new: How many are waiting now that were not before.
        known: How many were in the queue already, or had been reviewed.
    """

    new: int
    known: int

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.known + other.known)


@dataclass(frozen=True)
class Question:
    """One attribute of a photo in the queue.

    Attributes:
        attribute: Its name.
        answer: What the tagger said.
        chosen: The label that reviewers gave it, None where it has not been decided.
    """

    attribute: str
    answer: Answer
    chosen: str | None

    @property
    def open(self) -> bool:
        """Whether a person still has to look at it."""
        return self.answer.decision == "review" and self.chosen is None


@dataclass(frozen=True)
class ReviewItem:
    """A photo in the queue.

    Attributes:
        id: Its number.
        path: What the photo is called. It may come from a stranger: escape it wherever it is shown.
        bundle: The fingerprint of the bundle that answered; see `ReviewStore.labels`.
        value: How much a review is worth; see `value_of`.
        state: Whether it still has to be looked at.
        claimed_by: Who has it now, or None.
        claimed_until: Until when nobody else gets it, or None.
        questions: Every attribute, in the bundle's order, those that the tagger was sure of included.
    """

    id: int
    path: str
    bundle: str
    value: float
    state: State
    claimed_by: str | None
    claimed_until: datetime | None
    questions: tuple[Question, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The attributes that a person still has to look at."""
        return tuple(question.attribute for question in self.questions if question.open)


@dataclass(frozen=True)
class Decided:
    """One row of the record of what reviewers did; rows are only ever added.

    Attributes:
        id: Its number; later rows have higher ones.
        item: The photo's number.
        path: What the photo is called.
        reviewer: Who.
        at: When, in UTC.
        kind: What was done.
        attribute: Of which attribute; None for a photo that was skipped.
        before: The label before, likewise.
        after: The label after, likewise.
        undone: Whether it was taken back later.
    """

    id: int
    item: int
    path: str
    reviewer: str
    at: datetime
    kind: Kind
    attribute: str | None
    before: str | None
    after: str | None
    undone: bool


@dataclass(frozen=True)
class Progress:
    """How far the reviews are.

    Attributes:
        photos: How many there are, without withdrawn ones.
        done: How many of them are decided.
        claimed: How many somebody is looking at.
        skipped: How many are waiting that somebody has skipped.
        accepted: How many answers were found right.
        changed: How many were given another label.
    """

    photos: int
    done: int
    claimed: int
    skipped: int
    accepted: int
    changed: int

    @property
    def waiting(self) -> int:
        """How many photos are not decided yet, those that somebody looks at included."""
        return self.photos - self.done


def value_of(answers: Mapping[str, Answer]) -> float:
    """Returns how many wrong answers a review of a photo can be expected to find: the sum of 1 - probability over the
    answers that are for review, 0 where none is.
    """
    return sum(1 - answer.probability for answer in answers.values() if answer.decision == "review")


LONGEST = 200
"""Characters of a name or a label."""


def checked(text: str, what: str) -> str:
    """Returns a name or a label that somebody typed, without blanks around it.

    Args:
        text: What was typed.
        what: What it is, for the error.

    Raises:
        StoreError: It is empty, long, or holds what cannot be printed.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise StoreError(
            f"{text[:LONGEST]!r} is no {what}",
            fix=f"give 1 to {LONGEST} characters on one line, without control characters",
        )
    return text


def storable(text: str) -> str:
    """Returns text without what no database holds: NUL characters and halves of characters become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
