"""What goes into the review queue and what comes out of it, as plain values."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from modiste.errors import StoreError, nearest

__all__ = [
    "LONGEST",
    "REASONS",
    "Added",
    "Decided",
    "Kind",
    "Labels",
    "NewItem",
    "Progress",
    "Question",
    "Reason",
    "ReviewItem",
    "State",
    "checked",
    "expected_errors",
    "storable",
]

Reason = Literal["uncertain", "out_of_distribution", "suspect_label", "copy_with_other_label", "chosen_for_learning"]
"""Why a person should look at a photo.

To add a reason, name it here and say it in words in `REASONS`. The database keeps it as text, and the pages and the
command line go by `REASONS`, so nothing else has to change.
"""

REASONS: Mapping[Reason, str] = {
    "uncertain": "The tagger is uncertain",
    "out_of_distribution": "Unlike the tagger's training data",
    "suspect_label": "The catalogue's label may be wrong",
    "copy_with_other_label": "A copy of the photo has another label",
    "chosen_for_learning": "Chosen for learning",
}
"""Reason -> what people read."""

Kind = Literal["accept", "change", "skip", "undo"]
"""What a reviewer did: took the proposed label, gave another one, passed the photo on, or took that back."""

State = Literal["waiting", "done", "withdrawn"]
"""Whether an item still has to be reviewed; `withdrawn` where a newer bundle or another item has made it needless."""

Labels = Mapping[str, tuple[str, ...]]
"""Attribute -> the labels that it can have."""


@dataclass(frozen=True)
class Question:
    """One attribute of a photo in the queue.

    Attributes:
        attribute: The attribute's name.
        suggested_label: The label that the tagger or an audit suggests, None where there is none.
        probability: The probability that the suggested label is right, in [0, 1]; None where nobody knows it.
        top: The labels to offer first, with their probabilities, the most probable first.
        catalogue_label: The label that the catalogue has now, None where it has none or there is no catalogue.
        asked: Whether a person must decide it; otherwise it is only shown, and can be corrected.
        chosen: The label that reviewers gave the photo, for whatever reason it was in the queue; None where it has not
            been decided.
    """

    attribute: str
    suggested_label: str | None
    probability: float | None = None
    top: tuple[tuple[str, float], ...] = ()
    catalogue_label: str | None = None
    asked: bool = True
    chosen: str | None = None

    @property
    def open(self) -> bool:
        """Whether a person still has to decide it."""
        return self.asked and self.chosen is None

    @property
    def proposed(self) -> str | None:
        """The label that a reviewer accepts or changes: the suggested one, or the catalogue's where none is."""
        return self.catalogue_label if self.suggested_label is None else self.suggested_label


@dataclass(frozen=True)
class NewItem:
    """A photo for the queue. `review.enqueue` makes these from photo files.

    Attributes:
        path: What the photo is called.
        digest: The same for two photo files exactly when their bytes are.
        thumbnail: A small JPEG of it; may be empty where nothing is asked.
        questions: Its attributes. Where none is asked, the photo is not queued, but what another bundle asked about it
            for this reason is withdrawn.
        reason: Why a person should look at it.
        priority: Items of higher priority are reviewed first. It should be how many wrong labels the review is expected
            to find, so that items of different reasons can be compared.

    Raises:
        StoreError: The reason is unknown, or the priority is not a finite number.
    """

    path: str
    digest: str
    thumbnail: bytes
    questions: tuple[Question, ...]
    reason: Reason
    priority: float

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise StoreError(
                f"unknown reason {self.reason!r}{nearest(self.reason, REASONS)}",
                fix=f"the reasons are {', '.join(get_args(Reason))}",
            )
        if not math.isfinite(self.priority):
            raise StoreError(f"the priority of {self.path!r} is {self.priority}", fix="give a finite number")

    @property
    def asked(self) -> frozenset[str]:
        """The attributes that a person must decide."""
        return frozenset(question.attribute for question in self.questions if question.asked)


@dataclass(frozen=True)
class Added:
    """What became of photos that were put into the queue.

    Attributes:
        new: How many items are waiting now that were not before.
        known: How many were in the queue for this reason already, or had been decided by people.
        unreadable: How many photos could not be read, and so are not in the queue.
    """

    new: int = 0
    known: int = 0
    unreadable: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.known + other.known, self.unreadable + other.unreadable)


@dataclass(frozen=True)
class ReviewItem:
    """A photo in the queue, for one reason.

    Attributes:
        id: The item's number.
        path: What the photo is called. It may come from a stranger: escape it wherever it is shown.
        bundle: The fingerprint of the bundle that answered; see `ReviewStore.labels`.
        reason: Why a person should look at it.
        priority: Items of higher priority are reviewed first; see `NewItem`.
        state: Whether it still has to be reviewed.
        claimed_by: The name of the reviewer who has it now, or None.
        claimed_until: Until when nobody else gets it, or None.
        questions: Every attribute, those that need no decision included, in the order in which they were put in.
    """

    id: int
    path: str
    bundle: str
    reason: Reason
    priority: float
    state: State
    claimed_by: str | None
    claimed_until: datetime | None
    questions: tuple[Question, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The attributes that a person still has to decide."""
        return tuple(question.attribute for question in self.questions if question.open)


@dataclass(frozen=True)
class Decided:
    """One row of the record of what reviewers did; rows are only ever added.

    Attributes:
        id: The row's number; later rows have higher ones.
        item: The item's number.
        path: What the photo is called.
        reason: Why it was in the queue.
        reviewer: The name of who did it.
        at: The time, in UTC.
        kind: What was done.
        attribute: The attribute that was decided; None for a photo that was skipped.
        before: The label before; None where there was none, or the photo was skipped.
        after: The label after; None where there is none, or the photo was skipped.
        undone: Whether it was taken back later.
    """

    id: int
    item: int
    path: str
    reason: Reason
    reviewer: str
    at: datetime
    kind: Kind
    attribute: str | None
    before: str | None
    after: str | None
    undone: bool


@dataclass(frozen=True)
class Progress:
    """How far the reviews are. A photo that is in the queue for two reasons counts for each of them.

    Attributes:
        photos: How many there are, without withdrawn ones.
        done: How many of them are decided.
        claimed: How many of the others a reviewer has at the moment.
        skipped: How many are waiting that somebody has skipped.
        accepted: How many proposed labels were found right.
        changed: How many were given another label.
    """

    photos: int = 0
    done: int = 0
    claimed: int = 0
    skipped: int = 0
    accepted: int = 0
    changed: int = 0

    @property
    def waiting(self) -> int:
        """How many photos are not decided yet, those that a reviewer has at the moment included."""
        return self.photos - self.done

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.photos + other.photos,
            self.done + other.done,
            self.claimed + other.claimed,
            self.skipped + other.skipped,
            self.accepted + other.accepted,
            self.changed + other.changed,
        )


def expected_errors(questions: Iterable[Question], *, trust: float = 1.0) -> float:
    """Returns how many wrong labels a review is expected to find.

    It is the sum of 1 - trust * probability over what is asked. A label without a probability counts as wrong.

    Args:
        questions: The questions about one photo.
        trust: How far the probabilities hold, in [0, 1]: 1 where they are calibrated for photos like this one.
    """
    return sum(1 - trust * (question.probability or 0.0) for question in questions if question.asked)


LONGEST = 200
"""Characters of a name or a label."""


def checked(text: str, what: str) -> str:
    """Returns a name or a label that somebody typed, without blanks around it.

    Args:
        text: The text that was typed.
        what: What the text should be, for the error.

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
