"""Tells the queue of reviews which photos of a batch people should look at, and which not."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from PIL import Image

from modiste.errors import CatalogueError, ImageError
from modiste.portable.bundle import Bundle
from modiste.predictions import Answer, Predictions
from modiste.review.items import Added, NewItem
from modiste.review.store import ReviewStore
from modiste.tagging.photos import Entry

__all__ = ["LONGEST", "Enqueuer", "review_item", "thumbnail"]


class Enqueuer:
    """Looks at batches as they are tagged, and queues those photos of which some answer is for review.

    Args:
        store: The queue.
        bundle: What answers.

    Attributes:
        name: What to call the queue.
        top: How many labels a reviewer is offered first; batches should hold so many.
        added: What became of the photos so far.
    """

    top = 5

    def __init__(self, store: ReviewStore, bundle: Bundle) -> None:
        self.name = store.name
        self.added = Added(0, 0)
        self._store = store
        self._bundle = bundle.fingerprint
        self._labels = {attribute.name: attribute.labels for attribute in bundle.attributes}

    def __call__(self, entries: Sequence[Entry], predictions: Predictions) -> None:
        """Queues what is uncertain, and takes out what another bundle was not sure of; all of it, or nothing.

        Args:
            entries: What was tagged.
            predictions: What is said of it, row by row.

        Raises:
            StoreError: The database cannot be written.
        """
        self.added += self._store.add(_items(entries, predictions), bundle=self._bundle, labels=self._labels)


def _items(entries: Sequence[Entry], predictions: Predictions) -> Iterator[NewItem]:
    for entry, told, digest in zip(entries, predictions, predictions.digests, strict=True):
        if digest is None or told.error is not None:
            continue
        photo = next(photo for photo in entry.photos if photo.path == told.path)
        try:
            item = review_item(told.path, digest, told.answers, photo.picture)
        except (CatalogueError, ImageError):
            continue  # it was there when it was tagged, a moment ago; nobody can look at it now
        yield item


LONGEST = 480
"""The longest side, in pixels: enough to tell a collar from a scarf, on a phone as well."""


def thumbnail(photo: Image.Image) -> bytes:
    """Returns a decoded photo as a small JPEG, which holds nothing but its pixels; a smaller photo keeps its size."""
    small = photo.copy()
    small.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def review_item(path: str, digest: str, answers: Mapping[str, Answer], picture: Callable[[], Image.Image]) -> NewItem:
    """Returns a photo for the queue; only one that somebody has to look at gets a thumbnail.

    Args:
        path: What the photo is called.
        digest: Of its file: see `tagging.photos.digest_of`.
        answers: Attribute -> what is said of it.
        picture: Gives the decoded photo; is called only where it is needed.
    """
    item = NewItem(path, digest, b"", answers)
    return replace(item, thumbnail=thumbnail(picture())) if item.doubts else item
