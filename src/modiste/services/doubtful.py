"""Tells the queue of reviews which photos of a batch people should look at, and which not."""

from collections.abc import Iterator, Sequence
from functools import partial

from PIL import Image

from modiste.dataset.images import decode
from modiste.errors import CatalogueError, ImageError
from modiste.portable.bundle import Bundle
from modiste.services.batch import Batch
from modiste.services.fingerprint import fingerprint
from modiste.services.photos import Photo
from modiste.services.review_item import review_item
from modiste.services.store.items import Added, NewItem
from modiste.services.store.store import ReviewStore

__all__ = ["Doubtful"]


class Doubtful:
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
