"""Takes the person out of a picture of something that is worn.

In a shop's catalogue clothes are on models, at home they lie on a bed; a network that never saw a shirt without a head
above it takes such a shirt for a bag. Nobody marked where the persons are, so this is rough: skin goes by its colour,
heads and legs by where they are.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["cropped_to_band", "without_skin"]

REDNESS, BLUENESS = (135, 180), (77, 125)
"""Skin of any tone lies between these in the two colour channels of JPEG, Cr and Cb (Chai and Ngan 1999)."""

MOST_SKIN = 0.6
"""Where more of a product has the colour of skin, it is that colour itself, as leather and beige cloth are."""


def without_skin(cut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns a cut-out product, uint8 (height, width, 4), without what has the colour of skin; as it is where most of
    it has.
    """
    colours = np.asarray(Image.fromarray(np.ascontiguousarray(cut[..., :3])).convert("YCbCr"))
    bluish, reddish = colours[..., 1], colours[..., 2]
    skin = (reddish >= REDNESS[0]) & (reddish <= REDNESS[1]) & (bluish >= BLUENESS[0]) & (bluish <= BLUENESS[1])
    shown = cut[..., 3] > 0
    skin = ndimage.binary_opening(skin & shown)
    if skin.sum() > MOST_SKIN * shown.sum():
        return cut
    bare = cut.copy()
    bare[ndimage.binary_dilation(skin), 3] = 0
    return bare


def cropped_to_band(cut: NDArray[np.uint8], top: float, bottom: float) -> NDArray[np.uint8]:
    """Returns a cut-out product, uint8 (height, width, 4), without its uppermost and lowest parts.

    Args:
        cut: The product.
        top: The share of its height that goes above: a head, or all above a pair of trousers.
        bottom: The share that goes below: the legs under a shirt.
    """
    rows = np.flatnonzero((cut[..., 3] > 0).any(axis=1))
    if not len(rows):
        return cut
    first, height = rows[0], rows[-1] + 1 - rows[0]
    band = cut.copy()
    band[: first + round(top * height), :, 3] = 0
    band[first + round((1 - bottom) * height) :, :, 3] = 0
    return band
