"""The queue of reviews, as the service uses it: its short waits for the database are not the event loop's."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from PIL import Image

from modiste.portable.bundle import Bundle
from modiste.review.enqueue import Candidate, combinations_in, enqueue
from modiste.review.items import Added
from modiste.review.store import ReviewStore
from modiste.serving.inference import PhotoResult
from modiste.serving.uploads import Upload
from modiste.tagging.photos import digest_of

__all__ = ["Reviewing"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Reviewing:
    """Puts uploaded photos into the queue, and asks the store in a thread, so that nobody else waits.

    Args:
        store: The queue.
        bundle: The bundle that answers.

    Attributes:
        store: The queue.
    """

    def __init__(self, store: ReviewStore, bundle: Bundle) -> None:
        self.store = store
        self._bundle = bundle.fingerprint
        self._labels = {attribute.name: attribute.labels for attribute in bundle.attributes}
        self._combinations = combinations_in(bundle)

    async def ask(self, method: Callable[_P, _R], *args: _P.args, **options: _P.kwargs) -> _R:
        """Calls a method of the store in a thread."""
        return await asyncio.to_thread(method, *args, **options)

    async def add(self, uploads: Sequence[Upload], answered: Sequence[PhotoResult]) -> Added:
        """Queues the photos with an answer for review, and withdraws what another bundle asked about the others.

        Args:
            uploads: The photos.
            answered: The result for each, with the photo kept.
        """
        return await asyncio.to_thread(self._add, uploads, answered)

    def _add(self, uploads: Sequence[Upload], answered: Sequence[PhotoResult]) -> Added:
        candidates = [
            _candidate(upload, each, each.photo)
            for upload, each in zip(uploads, answered, strict=True)
            if each.photo is not None
        ]
        return enqueue(
            self.store,
            candidates,
            bundle=self._bundle,
            labels=self._labels,
            combinations=self._combinations,
        )


def _candidate(upload: Upload, answered: PhotoResult, photo: Image.Image) -> Candidate:
    return Candidate.tagged(
        upload.name or "unnamed",
        digest_of(upload.data),
        lambda: photo,
        answered.prediction.answers,
        out_of_distribution=bool(answered.out_of_distribution),
    )
