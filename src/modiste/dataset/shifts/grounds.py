"""The grounds of a training: drawn ones, and what its own photos lie on where that is not white."""

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.shifts.cutout import lies_on_white
from modiste.dataset.shifts.surfaces import draw_surfaces, patch
from modiste.dataset.stacked import Pixels

__all__ = ["grounds_for"]


def grounds_for(pixels: Pixels, rows: NDArray[np.int64], *, most: int, seed: int) -> NDArray[np.uint8]:
    """Returns grounds as large as a training's pictures; the same for the same pictures and seed.

    Args:
        pixels: uint8 (pictures, height, width, 3).
        rows: (n,) the rows of `pixels` that belong to the training: no ground may come from a picture to judge by.
        most: How many are drawn, and how many patches of photos there are at most.
        seed: Of all that is drawn and chosen.

    Returns:
        uint8 (m, height, width, 3).
    """
    _, height, width, _ = pixels.shape
    drawn = draw_surfaces(most, height, width, seed=seed)
    generator = np.random.default_rng([seed, most])
    found: list[NDArray[np.uint8]] = []
    for row in generator.permutation(rows):
        if len(found) == most:
            break
        if not lies_on_white(pixels[row]):
            found.append(patch(pixels[row], generator))
    return np.concatenate([drawn, np.stack(found)]) if found else drawn
