"""Decodes uploads: their content says which format they have, and their size is checked before they are decoded."""

import io
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from modiste.dataset.images import DAMAGED, Size, decode, decode_pixels, draws_more_often, most_passes, resize
from modiste.errors import ImageError, PhotoError
from modiste.review.enqueue import LONGEST

__all__ = ["FORMATS", "DecodedPhoto", "decode_upload"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What cameras, shops and browsers make. Pillow reads forty others, some with the help of other programs."""

DEEP_PIXEL = 4
"""A pixel of more than 8 bits counts as so many: it is computed with as float64."""


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A photo that can be answered.

    Attributes:
        picture: Upright, RGB, no side longer than `LONGEST`, since a request's photos as large as they were sent would
            fill the memory; None where it is not kept.
        pixels: uint8 (height, width, 3), the network's input.
    """

    picture: Image.Image | None
    pixels: NDArray[np.uint8]


def decode_upload(data: bytes | bytearray, size: Size, max_pixels: int, *, keep_picture: bool = False) -> DecodedPhoto:
    """Decodes an uploaded photo; of an animation, the first picture.

    Args:
        data: The file.
        size: The size of the network's input.
        max_pixels: A larger picture is not decoded.
        keep_picture: Whether to return the picture, too; without it, JPEG files are decoded more quickly.

    Raises:
        PhotoError: It is empty, no picture of one of `FORMATS`, too large or damaged.
    """
    if not data:
        raise PhotoError("empty", "the file is empty")
    whole = bytes(data)
    _check_header(whole, max_pixels)
    try:
        if not keep_picture:
            return DecodedPhoto(None, decode_pixels(whole, size, _formats()))
        picture, _ = decode(whole, _formats())
        pixels = np.asarray(resize(picture, size))
        picture.thumbnail((LONGEST, LONGEST))
        return DecodedPhoto(picture, pixels)
    except ImageError as error:
        raise PhotoError("damaged", error.what) from error


def _check_header(data: bytes, max_pixels: int) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_formats()) as picture:
                width, height = picture.size
                deep = picture.mode.startswith(("I", "F"))
    except UnidentifiedImageError as error:
        raise PhotoError("not_a_picture", f"not a picture of an accepted format ({', '.join(FORMATS)})") from error
    except Image.DecompressionBombError as error:
        raise PhotoError("too_many_pixels", f"more than {max_pixels:,} pixels") from error
    except DAMAGED as error:
        raise PhotoError("damaged", "the file is damaged") from error
    if width * height * (DEEP_PIXEL if deep else 1) > max_pixels:
        limit = max_pixels // DEEP_PIXEL if deep else max_pixels
        raise PhotoError("too_many_pixels", f"{width}x{height} pixels, more than {limit:,}")
    passes = most_passes(width * height, max_pixels)
    if draws_more_often(data, passes):
        raise PhotoError("too_many_pixels", f"{width}x{height} pixels, drawn more than {passes} times")


@cache
def _formats() -> tuple[str, ...]:
    """Those of `FORMATS` that this build of Pillow knows."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
