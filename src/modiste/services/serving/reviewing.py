"""The queue of reviews, as the service uses it: its short waits for the database are not the event loop's."""

import asyncio
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import ParamSpec, TypeVar

from modiste.portable.bundle import Bundle
from modiste.services.fingerprint import fingerprint
from modiste.services.serving.answering import Answered
from modiste.services.serving.uploads import Upload
from modiste.services.store.items import Added, NewItem
from modiste.services.store.store import ReviewStore
from modiste.services.thumbnails import thumbnail

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
        self._bundle = fingerprint(bundle)
        self._labels = {attribute.name: attribute.labels for attribute in bundle.attributes}

    async def ask(self, method: Callable[_P, _R], *args: _P.args, **options: _P.kwargs) -> _R:
        """Calls a method of the store in a thread."""
        return await asyncio.to_thread(method, *args, **options)

    async def add(self, uploads: Sequence[Upload], answered: Sequence[Answered]) -> Added:
        """Puts those photos into the queue about which something is for review.

        Args:
            uploads: The photos.
            answered: What is said of each, with the photo kept.
        """
        doubtful = [
            (upload, each)
            for upload, each in zip(uploads, answered, strict=True)
            if any(answer.decision == "review" for answer in each.tagged.answers.values())
        ]
        if not doubtful:
            return Added(0, 0)
        return await asyncio.to_thread(self._add, doubtful)

    def _add(self, doubtful: Sequence[tuple[Upload, Answered]]) -> Added:
        items = [
            NewItem(
                path=upload.name or "unnamed",
                digest=blake2b(upload.data, digest_size=16).hexdigest(),
                thumbnail=thumbnail(each.photo),
                answers=each.tagged.answers,
            )
            for upload, each in doubtful
            if each.photo is not None
        ]
        return self.store.add(items, bundle=self._bundle, labels=self._labels)
