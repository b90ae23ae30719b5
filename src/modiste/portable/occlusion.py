"""What a label was seen from: how much less sure of it the network is where a part of the photo is covered (Zeiler and
Fergus, Visualizing and Understanding Convolutional Networks, 2014).

It costs some dozens of answers, and sees finer than a feature map of three by two places.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRID", "occlusion_map"]

GRID = (13, 10)
"""How many covers there are down and across."""

COVER = 0.15
"""A cover's radius, as a share of the picture's height; it has soft edges, which would else be something to see."""


def occlusion_map(
    sure: Callable[[NDArray[np.uint8]], NDArray[np.floating]], pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Returns what is lost where the picture is covered with the colour of its edge: float32 `GRID`, 0 or more.

    Args:
        sure: Says how sure the network is of the label on n pictures: (n,), for instance log probabilities.
        pixels: uint8 (height, width, 3), one picture as the network wants it.
    """
    height, width, _ = pixels.shape
    down, across = ((np.arange(cells) + 0.5) * side / cells for cells, side in zip(GRID, (height, width), strict=True))
    rows = _bump(down, height, COVER * height)
    columns = _bump(across, width, COVER * height)
    cover = np.einsum("ay,bx->abyx", rows, columns).reshape(-1, height, width, 1)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    covered = np.rint(pixels + cover * (np.median(edge, axis=0) - pixels)).astype(np.uint8)
    lost = sure(pixels[None])[0] - sure(covered)
    return np.maximum(lost, 0).reshape(GRID).astype(np.float32)


def _bump(centres: NDArray[np.float64], side: int, radius: float) -> NDArray[np.float64]:
    """Returns (centres, side): 1 at each centre, falling to both sides."""
    return np.exp(-np.square((np.arange(side) + 0.5 - centres[:, None]) / radius))
