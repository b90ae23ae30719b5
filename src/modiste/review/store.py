"""The queue of reviews and the record of what was decided, for any number of reviewers and processes at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from modiste.catalogue.combinations import Combinations
from modiste.catalogue.corrections import Correction
from modiste.review import decisions, queue
from modiste.review.database import Database
from modiste.review.items import Added, Decided, Labels, NewItem, Progress, Reason, ReviewItem, checked

__all__ = ["ReviewStore"]

CLAIM = timedelta(minutes=10)
"""How long a photo that was handed to a reviewer is kept from everybody else."""

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class ReviewStore:
    """The photos that people should review, those of the highest priority first, and everything that they decided.

    A photo is in the queue once for each reason that there is to review it; each of these is an item with a number of
    its own. What people decide holds for the photo, whatever the reason: nobody is asked for it a second time.

    What a method has done is on the disk when it returns. Several threads may share a store, and several processes a
    database. Every method raises a `StoreError` where the database cannot be reached, and a `ClaimError`, which is a
    `StoreError`, where another reviewer has the photo.

    Args:
        database: Open.
        claim: How long a photo that was handed to a reviewer is kept from everybody else.
        clock: Tells the time, in UTC; where several machines share a database, theirs should agree to the second.

    Attributes:
        name: What to call the database: its path, or its URL without the password.
    """

    def __init__(self, database: Database, *, claim: timedelta = CLAIM, clock: Clock = _now) -> None:
        self._database = database
        self._claim = claim
        self._clock = clock
        self.name = database.name

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True, claim: timedelta = CLAIM, clock: Clock = _now) -> Self:
        """Opens a database and brings its tables up to date.

        Args:
            location: The path of a SQLite file, or a URL: `sqlite:///FILE` or
                `postgresql://USER:PASSWORD@HOST/DATABASE`.
            create: Whether a file that is missing is made.
            claim: As for the class.
            clock: As for the class.

        Raises:
            ConfigError: The URL is none, or of another kind of database.
            StoreError: It cannot be reached, was written by a newer program, or is no database.
        """
        return cls(Database(location, create=create), claim=claim, clock=clock)

    def close(self) -> None:
        """Closes all connections; claims stay."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(
        self, items: Iterable[NewItem], *, bundle: str, labels: Labels, combinations: Combinations | None = None
    ) -> Added:
        """Puts photos into the queue; see `review.enqueue` for photo files.

        - The same photo, under the same name, for the same reason and from the same bundle, is there only once; what
          is there is left as it is.
        - What another bundle asked about the photo for the same reason, and nobody has answered yet, is withdrawn, also
          where this item asks nothing. `uncertain` and `out_of_distribution` count as one reason here, since the tagger
          gives a photo one of them at most. Items for other reasons stay.
        - Where people have decided all that is asked, for whatever reason, the photo is not queued again.

        Args:
            items: The photos. All of those that ask something come in, or none does; only these are counted.
            bundle: The fingerprint of the bundle that answered.
            labels: Its attributes and their labels: what reviewers may choose from.
            combinations: Which of its labels go together; None where any do.
        """
        with self._database.writing() as connection:
            return queue.add(connection, items, bundle, labels, self._clock(), combinations)

    def claim(self, reviewer: str, reason: Reason | None = None) -> ReviewItem | None:
        """Hands out the waiting photo of the highest priority that nobody else has; None where there is none.

        A reviewer who has a photo already gets the same one, so that a page can be loaded again; but whoever asks for
        another reason gives back what they had. A photo that this reviewer skipped is for others.

        Args:
            reviewer: The name of the reviewer who asks.
            reason: Only photos that are in the queue for this reason; all by default.
        """
        reviewer, now = checked(reviewer, "reviewer's name"), self._clock()
        with self._database.writing() as connection:
            return queue.claim(connection, reviewer, reason, now, now + self._claim)

    def release(self, item: int, reviewer: str) -> None:
        """Gives a photo back that was not decided; nothing happens where the reviewer does not have it.

        Args:
            item: The item's number.
            reviewer: The name of the reviewer who had it.
        """
        with self._database.writing() as connection:
            queue.release(connection, item, checked(reviewer, "reviewer's name"))

    def decide(self, item: int, reviewer: str, labels: Mapping[str, str]) -> ReviewItem:
        """Records what a reviewer says of a photo, and returns the photo as it is then.

        The item is done when everything that was asked has a label; until then the reviewer keeps it. Labels that are
        given together are undone together. The same decision a second time changes nothing.

        Where labels go together (see `add`), whoever decides one decides them all: the item's other labels are recorded
        with it, as they are if they fit, or else as what follows from it.

        Args:
            item: The item's number.
            reviewer: The name of the reviewer who decides. A claim that has run out does no harm while nobody else has
                taken the photo.
            labels: Attribute -> label, of one attribute or of several; the label may be new, and the attribute may be
                one that was not asked.

        Raises:
            ClaimError: Another reviewer has it, or it has been decided otherwise.
            StoreError: There is no such item or no such attribute, a label is empty, labels contradict one another, or
                another label does not fit and several others would.
        """
        reviewer, now = checked(reviewer, "reviewer's name"), self._clock()
        with self._database.writing() as connection:
            return decisions.decide(connection, item, reviewer, labels, now, now + self._claim)

    def skip(self, item: int, reviewer: str) -> None:
        """Records that a reviewer cannot say; the photo goes back into the queue, for others.

        Args:
            item: The item's number.
            reviewer: The name of the reviewer who passes it on.

        Raises:
            ClaimError: Another reviewer has it, or it has been decided.
        """
        reviewer, now = checked(reviewer, "reviewer's name"), self._clock()
        with self._database.writing() as connection:
            decisions.skip(connection, item, reviewer, now)

    def undo(self, reviewer: str) -> ReviewItem | None:
        """Takes back the last thing that a reviewer did and that is not undone yet, a decision or a skip.

        Args:
            reviewer: The name of the reviewer; everybody undoes only what they did.

        Returns:
            The photo, which the reviewer has again; None where there is nothing left to undo.

        Raises:
            ClaimError: Another reviewer has the photo now.
        """
        reviewer, now = checked(reviewer, "reviewer's name"), self._clock()
        with self._database.writing() as connection:
            return decisions.undo(connection, reviewer, now, now + self._claim)

    def item(self, item: int) -> ReviewItem:
        """Returns an item by its number.

        Raises:
            StoreError: There is none.
        """
        with self._database.reading() as connection:
            return queue.read(connection, item)

    def thumbnail(self, item: int) -> bytes:
        """Returns the small JPEG of an item's photo.

        Raises:
            StoreError: There is none.
        """
        with self._database.reading() as connection:
            return queue.thumbnail(connection, item)

    def labels(self, bundle: str) -> dict[str, tuple[str, ...]]:
        """Returns the attributes and labels of a bundle that has photos in the queue: what a reviewer may pick.

        Args:
            bundle: Its fingerprint, as in `ReviewItem.bundle`.

        Raises:
            StoreError: It has none.
        """
        with self._database.reading() as connection:
            return queue.labels_of(connection, bundle)

    def combinations(self, bundle: str) -> Combinations:
        """Returns which labels of a bundle go together; none where nobody said.

        Args:
            bundle: Its fingerprint, as in `ReviewItem.bundle`.
        """
        with self._database.reading() as connection:
            return queue.combinations_of(connection, bundle)

    def progress(self) -> Progress:
        """Returns how far the reviews are, for all reasons together."""
        return sum(self.progress_by_reason().values(), Progress())

    def progress_by_reason(self) -> dict[Reason, Progress]:
        """Returns how far the reviews are for each reason that is in the queue, in the order of `REASONS`."""
        with self._database.reading() as connection:
            return decisions.progress(connection, self._clock())

    def decisions(self, *, most: int = 100, before: int | None = None) -> tuple[Decided, ...]:
        """Returns what reviewers did, the last first, what was undone and the undoing included.

        Args:
            most: So many at most.
            before: Only those with a lower number, for the next page.
        """
        with self._database.reading() as connection:
            return decisions.history(connection, most, before)

    def corrections(self) -> tuple[Correction, ...]:
        """Returns the labels that are in force, by path and attribute: accepted ones too, since what was proposed and a
        person found right may still differ from the catalogue. See `catalogue.corrections` for a file of them.
        """
        with self._database.reading() as connection:
            return tuple(decisions.corrections(connection))
