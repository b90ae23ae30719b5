"""A tagged photo as the queue of reviews takes it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b

from PIL import Image

from modiste.services.store.items import NewItem
from modiste.services.tagged import Answer
from modiste.services.thumbnails import thumbnail

__all__ = ["review_item"]


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
