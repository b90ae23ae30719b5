"""The queue of reviews, as the service uses it: its short waits for the database are not the event loop's."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from modiste.portable.bundle import Bundle
from modiste.review.enqueue import review_item
from modiste.review.items import Added
from modiste.review.store import ReviewStore
from modiste.serving.inference import Answered
from modiste.serving.uploads import Upload
from modiste.tagging.photos import digest_of

__all__ = ["Reviewing"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Reviewing:
    """Puts doubtful answers into the queue, and asks the store without holding anybody up.

    Args:
        store: The queue.
        bundle: What answers.

    Attributes:
        store: Likewise.
    """

    def __init__(self, store: ReviewStore, bundle: Bundle) -> None:
        self.store = store
        self._bundle = bundle.fingerprint
        self._labels = {attribute.name: attribute.labels for attribute in bundle.attributes}

    async def ask(self, method: Callable[_P, _R], *args: _P.args, **options: _P.kwargs) -> _R:
        """Calls a method of the store in a thread."""
        return await asyncio.to_thread(method, *args, **options)

    async def add(self, uploads: Sequence[Upload], answered: Sequence[Answered]) -> Added:
        """Puts those photos into the queue about which something is for review. Of the others, what another bundle
        was not sure of leaves it.

        Args:
            uploads: The photos.
            answered: What is said of each, with the photo kept.
        """
        return await asyncio.to_thread(self._add, uploads, answered)

    def _add(self, uploads: Sequence[Upload], answered: Sequence[Answered]) -> Added:
        pairs = zip(uploads, answered, strict=True)
        items = [
            review_item(upload.name or "unnamed", digest_of(upload.data), each.prediction.answers, each.photo.copy)
            for upload, each in pairs
            if each.photo is not None
        ]
        return self.store.add(items, bundle=self._bundle, labels=self._labels) if items else Added(0, 0)
