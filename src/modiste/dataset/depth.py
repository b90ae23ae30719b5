"""Pixels of more than 8 bits as 8: whole numbers by the range that they are of, floats from 0 to 1."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import PhotoError

__all__ = ["is_deep", "to_eight_bits"]

# Tags of a TIFF file, and values of theirs.
BITS, PHOTOMETRIC, FORMAT = 258, 262, 339
WHITE_IS_ZERO, SIGNED = 0, 2

DEPTHS = (8, 16)
"""How many of a pixel's bits are used: the first of these that holds them all. Some programs put 8 bits into 16, and
such a picture would be black."""

BRIGHTEST, HDR = 0.99, 32.0
"""Floats of which this share lies below that are of a scale on which 1 is white, and what is brighter is clipped: as
numbers up to 255, they would be black."""

SAMPLE = 2**20
"""So many pixels tell what scale floats are of."""

ROWS = 256
"""Scaled at a time, so that it takes no more memory than the picture."""


def is_deep(picture: Image.Image) -> bool:
    """Whether a picture has one channel, of more than 8 bits."""
    return picture.mode == "F" or picture.mode.startswith("I")


def to_eight_bits(picture: Image.Image, tags: Mapping[int, Any]) -> Image.Image:
    """Returns a picture of one deep channel as one of 8 bits.

    Whole numbers are of 8, 16 or 32 bits, whichever holds the largest, or of 12 where the file says so. Floats are from
    0 (black) to 1 (white), or, where they cannot be, of the same ranges. What is below or above becomes black or white;
    what is no number is white, as all that is transparent.

    Args:
        picture: See `is_deep`.
        tags: Those of its TIFF file; none of any other.

    Raises:
        PhotoError: Not one of its pixels is a number.
    """
    values, top, inverted = _scale(picture, tags)
    half = 0.5 if picture.mode == "F" else 0.0  # what a float is made of was rounded, too; others lose their last bits
    grey = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), ROWS):
        rows = values[start : start + ROWS].astype(np.float64) * (255 / top) + half
        np.nan_to_num(rows, copy=False, nan=255, posinf=255, neginf=0)
        grey[start : start + ROWS] = rows.clip(0, 255)
    return Image.fromarray(255 - grey if inverted else grey)


def _scale(picture: Image.Image, tags: Mapping[int, Any]) -> tuple[NDArray[np.generic], float, bool]:
    """Returns a picture's values, the largest of their scale, and whether that is black instead of white."""
    values = np.asarray(picture)
    deepest, signed = (16, False) if picture.mode.startswith("I;16") else (32, True)
    bits = tags.get(BITS, (deepest,))[0]
    signed = tags.get(FORMAT, (0,))[0] == SIGNED if tags else signed
    inverted = tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
    if picture.mode == "F":
        return values, _top_of_floats(values), inverted
    if bits == 32 and not signed:
        values = values.view(np.uint32)
    return values, _top_of_integers(values, bits - signed), inverted


def _top_of_integers(values: NDArray[np.generic], whole: int) -> float:
    """Returns what is white on the scale of whole numbers, of `whole` bits at most."""
    largest = int(values.max(initial=0))
    depths = (whole,) if whole <= 12 else (*(bits for bits in DEPTHS if bits < whole), whole)
    return 2.0 ** next(bits for bits in depths if largest < 2**bits or bits == whole) - 1


def _top_of_floats(values: NDArray[np.floating]) -> float:
    """Returns what is white on the scale of floats."""
    some = values.reshape(-1)[:: max(1, values.size // SAMPLE)]
    some = some[np.isfinite(some)]
    if not some.size:
        raise PhotoError("damaged", "none of its pixels is a number")
    largest = float(some.max())
    counts = largest > 1 and bool((some == np.rint(some)).all())
    if np.quantile(some, BRIGHTEST) <= HDR and not counts:
        return 1.0
    return next((2.0**depth - 1 for depth in DEPTHS if largest < 2**depth), largest)
