"""Cuts a product out of its picture, where that has a near-white ground."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["cutout", "lies_on_white"]

_Value = TypeVar("_Value", bound=np.generic)

NEAR_WHITE = 232
"""A ground's darkest channel, at least: shadows and JPEG's ringing take a white ground down to about that."""

HALF = 0.5
"""The share of a picture's border that is near white, at least, where a product lies on white."""

LEAST, MOST = 0.04, 0.92
"""The share of a picture that a product covers; what covers less or more was not told from its ground."""

SOLID = 0.6
"""The share of a product that is no thin line, at least: of a white one on white, little more than outlines is left."""

OUTLINE = 150
"""How opaque the pixels of the outline are, of 255: each is product and ground in some mixture."""


def cutout(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Cuts a product out of the near-white ground around it.

    The ground is what is near white and joined to the picture's border, so a white shirt keeps what its outline
    encloses. Pixels of the outline are mixed with white; they get the colour of the product next to them, lest it
    have a halo on a dark ground.

    Args:
        pixels: uint8 (height, width, 3).

    Returns:
        uint8 (height, width, 4): the same with opacity, 0 where the ground was; None where the border is not mostly
        near white, or hardly anything, or nearly everything, or nothing but lines would be the product.
    """
    if not lies_on_white(pixels):
        return None
    places, _ = ndimage.label(_light(pixels))
    at_border = np.unique(_at_border(places))
    ground = np.isin(places, at_border[at_border > 0])
    solid = ndimage.binary_opening(~ground)
    if not LEAST <= solid.mean() <= MOST or solid.sum() < SOLID * (~ground).sum():
        return None
    outline = ndimage.binary_dilation(ground) & ~ground
    inside = ~(ground | outline)
    near = ndimage.uniform_filter(np.dstack([pixels * inside[..., None], inside * 255]).astype(np.float32), (3, 3, 0))
    mixed = outline & (near[..., 3] > 0)
    cut = np.dstack([pixels, np.where(ground, 0, 255).astype(np.uint8)])
    cut[outline, 3] = OUTLINE
    cut[mixed, :3] = near[mixed, :3] * (255 / near[mixed, 3:])
    return cut


def lies_on_white(pixels: NDArray[np.uint8]) -> bool:
    """Whether at least half of a picture's border is near white; pixels are uint8 (height, width, 3)."""
    return bool(_at_border(_light(pixels)).mean() >= HALF)


def _light(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(pixels.min(axis=2) >= NEAR_WHITE)


def _at_border(values: NDArray[_Value]) -> NDArray[_Value]:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
