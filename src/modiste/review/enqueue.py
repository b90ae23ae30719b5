"""Tells the queue of reviews which photos of a batch people should look at, and which not."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b

from PIL import Image

from modiste.dataset.images import decode
from modiste.errors import CatalogueError, ImageError
from modiste.portable.bundle import Bundle, fingerprint
from modiste.review.items import Added, NewItem
from modiste.review.store import ReviewStore
from modiste.tagging.batch import Batch
from modiste.tagging.photos import Photo
from modiste.tagging.tagged import Answer

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
        self._bundle = fingerprint(bundle)
        self._labels = {attribute.name: attribute.labels for attribute in bundle.attributes}

    def look(self, photos: Sequence[Photo], batch: Batch) -> None:
        """Queues what is doubtful, and takes out of the queue what another bundle doubted; all of it, or nothing.

        Args:
            photos: The photos of the batch.
            batch: What is said of them.

        Raises:
            StoreError: The database cannot be written.
        """
        self.added += self._store.add(_items(photos, batch), bundle=self._bundle, labels=self._labels)


def _items(photos: Sequence[Photo], batch: Batch) -> Iterator[NewItem]:
    for photo, tagged in zip(photos, batch, strict=True):
        if not tagged.answers:
            continue
        try:
            data = photo.read()
            item = review_item(tagged.path, data, tagged.answers, partial(_decoded, data))
        except (CatalogueError, ImageError):
            continue  # it was there when it was tagged, a moment ago; nobody can look at it now
        yield item


def _decoded(data: bytes) -> Image.Image:
    return decode(data)[0]


LONGEST = 480
"""The longest side, in pixels: enough to tell a collar from a scarf, on a phone as well."""


def thumbnail(photo: Image.Image) -> bytes:
    """Returns a decoded photo as a small JPEG, which holds nothing but its pixels; a smaller photo keeps its size."""
    small = photo.copy()
    small.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def review_item(
    path: str, data: bytes | bytearray, answers: Mapping[str, Answer], photo: Callable[[], Image.Image]
) -> NewItem:
    """Returns a photo for the queue; only one that somebody has to look at gets a thumbnail.

    Args:
        path: What the photo is called.
        data: Its file.
        answers: Attribute -> what is said of it.
        photo: Gives the decoded photo; is called only where it is needed.
    """
    item = NewItem(path, blake2b(data, digest_size=16).hexdigest(), b"", answers)
    return replace(item, thumbnail=thumbnail(photo())) if item.doubts else item
