import numpy as np
from numpy.typing import NDArray

from modiste.portable.explain import GRID, occlusion_map

PIXELS = np.full((80, 60, 3), 255, np.uint8)
PIXELS[20:30, 40:50] = (200, 0, 0)


def redness(pixels: NDArray[np.uint8]) -> NDArray[np.floating]:
    values = pixels.astype(np.float64)
    return (values[..., 0] - values[..., 1]).clip(0).sum(axis=(1, 2))


def test_what_counts_is_where_covering_it_costs_most() -> None:
    lost = occlusion_map(redness, PIXELS)
    assert lost.shape == GRID
    # The spot's middle is at 25 of 80 down and 45 of 60 across.
    assert lost[int(25 / 80 * GRID[0]), int(45 / 60 * GRID[1])] == lost.max()
    assert lost[-1, 0] < lost.max() / 100


def test_what_is_gained_by_covering_is_no_evidence() -> None:
    assert not occlusion_map(lambda pixels: -redness(pixels), PIXELS).any()
    assert not occlusion_map(lambda pixels: np.zeros(len(pixels)), PIXELS).any()
