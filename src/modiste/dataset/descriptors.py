"""Descriptors of pictures: few numbers, much the same wherever the product lies and however large it is."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["descriptors_of", "frames_of", "shrunk"]

Floats = NDArray[np.float32]

LEAST = 8
"""No side is shrunk below so many pixels."""

PLAIN = 40.0
"""Pixels further than that from the background's colour, in levels, are rather of the product."""

CELLS = (8, 6)
"""The cells of a descriptor, down and across; each has a colour."""
REACH = 2.2
"""A descriptor reaches so many times the product's spread to either side of its centre."""
FAINT = 10.0
"""A descriptor of less contrast, as the deviation of its levels, is not stretched to full contrast."""


def shrunk(pixels: NDArray[np.uint8], side: int) -> Floats:
    """Returns pictures in which a pixel is the mean of a square of pixels; what is left over at the ends is cut off.

    Args:
        pixels: uint8 (pictures, height, width, 3).
        side: About how many pixels the larger side is to have; pictures with no more stay as they are.

    Returns:
        float32 (pictures, height, width, 3).
    """
    count, *sides, _ = pixels.shape
    step = max(min(round(max(sides) / side), min(sides) // LEAST), 1)
    height, width = (size // step for size in sides)
    whole = pixels[:, : height * step, : width * step]
    rows = whole.reshape(count, height, step, width * step * 3).sum(axis=2, dtype=np.uint32)
    sums: Floats = rows.reshape(count, height, width, step, 3).sum(axis=3, dtype=np.float32)
    return sums / np.float32(step * step)


def frames_of(pictures: Floats) -> Floats:
    """Says where in each picture the product lies.

    Args:
        pictures: float32 (pictures, height, width, 3).

    Returns:
        float32 (pictures, 3): its centre, down and across, from -0.5 to 0.5, and its spread (a standard deviation) as
        a share of the picture's height.
    """
    _, height, width, _ = pictures.shape
    border = [pictures[:, 0], pictures[:, -1], pictures[:, 1:-1, 0], pictures[:, 1:-1, -1]]
    ground = np.median(np.concatenate(border, axis=1), axis=1)
    distance = (pictures - ground[:, None, None]) ** 2 @ np.full(3, 1 / 3, np.float32)
    mass = distance / (distance + PLAIN**2) + 1e-4  # so that an empty picture has its centre in the middle
    mass /= mass.sum(axis=(1, 2), keepdims=True)
    places = [(np.arange(size, dtype=np.float32) + 0.5) / size - 0.5 for size in (height, width)]
    down, across = mass.sum(axis=2), mass.sum(axis=1)
    y, x = down @ places[0], across @ places[1]
    spread_y = (down * (places[0] - y[:, None]) ** 2).sum(axis=1)
    spread_x = (across * (places[1] - x[:, None]) ** 2).sum(axis=1) * (width / height) ** 2
    return np.stack([y, x, np.sqrt((spread_y + spread_x) / 2)], axis=1).astype(np.float32)


def descriptors_of(pictures: Floats, frames: Floats) -> Floats:
    """Returns the colours around the product's centre, free of brightness and contrast.

    Args:
        pictures: float32 (pictures, height, width, 3), small.
        frames: The frames of these pictures: see `frames_of`.

    Returns:
        float32 (pictures, numbers): of length 1, or shorter where the picture is faint.
    """
    count, height, width, _ = pictures.shape
    reach = frames[:, 2] * height * REACH
    aspect = np.sqrt(CELLS[0] / CELLS[1])
    down = _tents(frames[:, 0], reach * aspect, height, CELLS[0])
    across = _tents(frames[:, 1], reach / aspect, width, CELLS[1])
    rows = (down @ pictures.reshape(count, height, -1)).reshape(count, CELLS[0], width, 3)
    descriptors = (across[:, None] @ rows).reshape(count, -1)
    descriptors -= descriptors.mean(axis=1, keepdims=True)
    deviation = np.sqrt((descriptors**2).mean(axis=1, keepdims=True))
    return descriptors / np.maximum(deviation, FAINT) / np.float32(np.sqrt(descriptors.shape[1]))


def _tents(centre: Floats, reach: Floats, size: int, cells: int) -> Floats:
    """Returns the weights (pictures, cells, size) of a picture's rows or columns in cells that overlap like tents."""
    middle = (np.arange(cells, dtype=np.float32) + 0.5) / (cells / 2) - 1
    places = ((centre[:, None] + 0.5) * size + reach[:, None] * middle - 0.5).clip(0, size - 1)
    step = np.maximum(reach * 2 / cells, 1)[:, None, None]
    weights = (1 - np.abs(places[:, :, None] - np.arange(size, dtype=np.float32)) / step).clip(0)
    return (weights / weights.sum(axis=2, keepdims=True)).astype(np.float32)
