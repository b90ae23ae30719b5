"""Decodes uploads: their content says which format they have, and their size is checked before they are decoded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.geometry import ON_WHITE, Fit, Size, resize
from modiste.dataset.images import decode, decode_pixels
from modiste.dataset.picture_files import HEIC
from modiste.errors import PhotoError
from modiste.review.enqueue import LONGEST

__all__ = ["FORMATS", "DecodedPhoto", "decode_upload"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", HEIC)
"""What cameras, shops and browsers make. Pillow reads forty others, some with the help of other programs."""

LIMITED = "send a smaller one, or as JPEG; `modiste serve --max-pixels` says how many pixels a photo may have"


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


def decode_upload(
    data: bytes | bytearray, size: Size, max_pixels: int, *, fit: Fit = ON_WHITE, keep_picture: bool = False
) -> DecodedPhoto:
    """Decodes an uploaded photo; of an animation, the first picture.

    Args:
        data: The file.
        size: The size of the network's input.
        max_pixels: See `images.decode`.
        fit: How a photo of another shape is brought to the size.
        keep_picture: Whether to return the picture, too; without it, JPEG files are decoded more quickly.

    Raises:
        PhotoError: It is empty, no picture of one of `FORMATS`, too large or damaged.
    """
    whole = bytes(data)
    try:
        if not keep_picture:
            return DecodedPhoto(None, decode_pixels(whole, size, FORMATS, fit=fit, max_pixels=max_pixels))
        picture, _ = decode(whole, FORMATS, max_pixels=max_pixels)
    except PhotoError as error:
        if error.code == "too_many_pixels":  # whoever sends a photo cannot change the service's settings
            raise PhotoError(error.code, error.what, fix=LIMITED) from error
        raise
    pixels = np.asarray(resize(picture, size, fit))
    picture.thumbnail((LONGEST, LONGEST))
    return DecodedPhoto(picture, pixels)
