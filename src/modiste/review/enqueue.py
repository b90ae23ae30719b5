"""Puts photos into the review queue: those that a tagger leaves to people, and those that audits and pickers find."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Self

import numpy as np
from PIL import Image

from modiste.catalogue.combinations import Combinations
from modiste.dataset.images import MAX_PIXELS
from modiste.errors import CatalogueError, ImageError
from modiste.portable.bundle import Bundle
from modiste.predictions import Answer, Predictions
from modiste.review.items import Added, Labels, NewItem, Question, Reason, expected_errors
from modiste.review.store import ReviewStore
from modiste.tagging.photos import Entry

__all__ = ["LONGEST", "Candidate", "Enqueuer", "combinations_in", "enqueue"]

TOGETHER = 64
"""Photos that are written in one transaction: reviewers wait for no longer than that takes."""

OUTSIDE_TRUST = 0.5
"""How far the probabilities of a photo that is out of distribution hold. They were calibrated on other photos, and it
may show nothing that the tagger knows, so an answer counts as wrong half the time even where it looks certain."""


@dataclass(frozen=True)
class Candidate:
    """A photo that may go into the queue. A product goes in by the one of its photos that a reviewer should see; what
    is decided then counts for the product, since a correction names it by its photo.

    Attributes:
        path: What the photo is called.
        digest: The same for two photo files exactly when their bytes are: see `tagging.photos.digest_of`.
        picture: Returns the decoded photo; is called only where something is asked.
        questions: Its attributes, each with the suggested label and the catalogue's. Where none is asked, nothing is
            queued, but what another bundle asked for this reason is withdrawn.
        reason: Why a person should look at it.
        priority: Items of higher priority are reviewed first. It should be how many wrong labels the review is expected
            to find, so that reasons can be compared: for one suspect label, the probability that it is wrong.
    """

    path: str
    digest: str
    picture: Callable[[], Image.Image]
    questions: tuple[Question, ...]
    reason: Reason
    priority: float

    @classmethod
    def tagged(
        cls,
        path: str,
        digest: str,
        picture: Callable[[], Image.Image],
        answers: Mapping[str, Answer],
        *,
        out_of_distribution: bool,
    ) -> Self:
        """Returns a tagged photo as a candidate: asked are the answers that are for review.

        Args:
            path: What the photo is called.
            digest: Of the photo's file: see `tagging.photos.digest_of`.
            picture: Returns the decoded photo; is called only where something is asked.
            answers: Attribute -> the tagger's answer.
            out_of_distribution: Whether the photo is unlike the training data. Its answers are all for review then, and
                their probabilities count half, so it usually comes before photos with a few uncertain answers.
        """
        questions = tuple(
            Question(name, answer.label, answer.probability, answer.top, asked=answer.decision == "review")
            for name, answer in answers.items()
        )
        reason: Reason = "out_of_distribution" if out_of_distribution else "uncertain"
        priority = expected_errors(questions, trust=OUTSIDE_TRUST if out_of_distribution else 1.0)
        return cls(path, digest, picture, questions, reason, priority)


def enqueue(
    store: ReviewStore,
    candidates: Iterable[Candidate],
    *,
    bundle: str,
    labels: Labels,
    combinations: Combinations | None = None,
) -> Added:
    """Puts photos into the queue, some at a time, so that reviewers go on meanwhile; see `ReviewStore.add`.

    It may be called again with the same candidates: a photo is queued once for a reason and a bundle.

    Args:
        store: The queue.
        candidates: The photos.
        bundle: The fingerprint of the bundle whose answers led to them.
        labels: Its attributes and their labels: what reviewers may choose from.
        combinations: Which of its labels go together; None where any do.

    Returns:
        What became of them, those that cannot be read included.

    Raises:
        StoreError: The database cannot be written, or a reason or a priority is none.
    """
    added, rest = Added(), iter(candidates)
    while part := list(islice(rest, TOGETHER)):
        # Photos are decoded before the transaction begins: on SQLite, all others wait for its end.
        items = [item for item in map(_new_item, part) if item is not None]
        added += Added(unreadable=len(part) - len(items)) + store.add(
            items, bundle=bundle, labels=labels, combinations=combinations
        )
    return added


def _new_item(candidate: Candidate) -> NewItem | None:
    """Returns a photo for the queue, None where it cannot be read; only one about which something is asked gets a
    thumbnail.
    """
    asked = any(question.asked for question in candidate.questions)
    try:
        small = _thumbnail(candidate.picture()) if asked else b""
    except (CatalogueError, ImageError):
        return None
    return NewItem(candidate.path, candidate.digest, small, candidate.questions, candidate.reason, candidate.priority)


LONGEST = 480
"""The longest side, in pixels: enough to tell a collar from a scarf, on a phone as well."""


def _thumbnail(photo: Image.Image) -> bytes:
    """Returns a decoded photo as a small JPEG, which holds nothing but its pixels; a smaller photo keeps its size."""
    small = photo.copy()
    small.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


class Enqueuer:
    """Is called with each batch that is tagged, and queues the photos of which some answer is for review.

    Args:
        store: The queue.
        bundle: The bundle that answers.
        max_pixels: How many pixels a photo may have: see `images.decode`.

    Attributes:
        name: The name of the queue's database.
        top: How many labels a reviewer is offered first; batches should hold so many.
        added: What became of the photos so far.
    """

    top = 5

    def __init__(self, store: ReviewStore, bundle: Bundle, *, max_pixels: int = MAX_PIXELS) -> None:
        self.name = store.name
        self.added = Added()
        self._store = store
        self._bundle = bundle
        self._max_pixels = max_pixels
        self._combinations = combinations_in(bundle)

    def __call__(self, entries: Sequence[Entry], predictions: Predictions) -> None:
        """Queues what the tagger leaves to people, and withdraws what another bundle asked about the other photos.

        Args:
            entries: The photos, or products, that were tagged.
            predictions: The answers about it, row by row.

        Raises:
            StoreError: The database cannot be written.
        """
        candidates = _candidates(entries, predictions, self._bundle.ood_threshold, self._max_pixels)
        labels = {attribute.name: attribute.labels for attribute in self._bundle.attributes}
        self.added += enqueue(
            self._store,
            candidates,
            bundle=self._bundle.fingerprint,
            labels=labels,
            combinations=self._combinations,
        )


def combinations_in(bundle: Bundle) -> Combinations | None:
    """Returns which labels of a bundle go together; None where any do."""
    if bundle.hierarchy is None:
        return None
    labels = [bundle.attributes[bundle.schema.index(name)].labels for name in bundle.hierarchy.attributes]
    rows = bundle.hierarchy.combinations.tolist()
    named = (tuple(own[each] for own, each in zip(labels, row, strict=True)) for row in rows)
    return Combinations(bundle.hierarchy.attributes, tuple(named))


def _candidates(
    entries: Sequence[Entry], predictions: Predictions, ood_threshold: float, max_pixels: int
) -> Iterator[Candidate]:
    outside = (predictions.ood_score > np.float32(ood_threshold)).tolist()
    for entry, row, digest, is_outside in zip(entries, predictions, predictions.digests, outside, strict=True):
        if digest is None or row.error is not None:
            continue
        # Of a product, the photo that its row names.
        photo = next(photo for photo in entry.photos if photo.path == row.path)
        picture = partial(photo.picture, max_pixels=max_pixels)
        yield Candidate.tagged(row.path, digest, picture, row.answers, out_of_distribution=is_outside)
