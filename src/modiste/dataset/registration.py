"""Lays one picture over another by shift, scale and tone, and says how much they still differ.

A placement is float32 (pairs, 4): scale and shift down, scale and shift across. It says where in the one picture each
place of the other is to be found. Places run from -0.5 to 0.5 along either side, so what was found on small versions
also holds on larger ones. The best placement is sought by Gauss-Newton steps on brightness (Lucas and Kanade, An
Iterative Image Registration Technique, IJCAI 1981).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

__all__ = ["align", "difference", "lay"]

Floats = NDArray[np.float32]

GREY = np.full(3, 1 / 3, np.float32)

SCALES = (0.85, 1.15)
SHIFTS = (-0.1, 0.1)
"""How far a placement may go: beyond that it is another picture, though perhaps of the same product."""
STRIDE = 0.06
"""How far one step may go: slopes tell of their neighbourhood only."""
BLANK = 0.02
"""The weight of white on white, which fits anywhere."""

GAIN = (0.85, 1.18)
OFFSET = (-20, 20)
"""The change of tone that counts as slight, in levels of 255."""
DARK, WHITE = 4, 250
"""A level between them was surely not cut off, so it tells of a change of tone."""

BOX = 0.1
"""The side of the boxes whose means are compared, as a share of the height."""
LIGHTER = 6
"""What two versions of one picture may differ in brightness, in levels, in the mean over any box."""
TINTED = 4
"""The same in colour, where colour is even."""
SMEARED = 10
"""Where colour has this deviation within the box, compression and scaling smear it: twice `TINTED` is allowed."""
FAINT = 20
"""A picture of less contrast, as the deviation of its levels, may differ less in proportion."""


def align(moved: Floats, fixed: Floats, start: Floats, *, steps: int) -> Floats:
    """Returns placements that bring pictures closer together than those they start from.

    Args:
        moved: float32 (pairs, height, width, 3), which are to be laid over the fixed ones.
        fixed: float32 (pairs, height, width, 3).
        start: Placements.
        steps: Of Gauss-Newton; one corrects a shift of about a pixel.
    """
    placement = _limited(start)
    moved, fixed = (moved @ GREY)[..., None], fixed @ GREY
    count, height, width = fixed.shape
    y, x = _places(height), _places(width)
    for _ in range(steps):
        laid, inside = _resampled(moved, placement)
        laid = laid[..., 0]
        down, across = np.gradient(laid, axis=1) * height, np.gradient(laid, axis=2) * width
        # What each number of the placement, and gain and offset of the tone, would change.
        slopes = [down * y[:, None], down, across * x, across, laid, np.ones_like(laid)]
        slope = np.stack(slopes, axis=1).reshape(count, 6, -1)
        weight = np.where((laid >= WHITE) & (fixed >= WHITE), np.float32(BLANK), np.float32(1)) * inside
        weighted = slope * weight.reshape(count, 1, -1)
        step = _solve(weighted @ slope.transpose(0, 2, 1), weighted @ (fixed - laid).reshape(count, -1, 1))
        placement = _limited(placement + step[:, :4].clip(-STRIDE, STRIDE))
    return placement


def lay(moved: Floats, fixed: Floats, placement: Floats) -> tuple[Floats, Floats]:
    """Lays pictures over others, in the tone of those.

    Args:
        moved: float32 (pairs, height, width, 3).
        fixed: float32 (pairs, height, width, 3).
        placement: Where the moved ones are laid.

    Returns:
        The moved pictures as they lie now, and what the fixed ones have more: 0 where nothing lies. Both float32
        (pairs, height, width, 3).
    """
    laid, inside = _resampled(moved, placement)
    inside = inside[..., None]
    toned = _toned(laid, fixed, inside)
    plain_rest, toned_rest = (fixed - laid) * inside, (fixed - toned) * inside
    # Noise alone would suggest some change of tone; it counts where it explains more than none does.
    better = np.sum(toned_rest**2, axis=(1, 2, 3)) < np.sum(plain_rest**2, axis=(1, 2, 3))
    better = better[:, None, None, None]
    return np.where(better, toned, laid), np.where(better, toned_rest, plain_rest)


def difference(moved: Floats, fixed: Floats, placement: Floats) -> Floats:
    """Says how much pictures differ where they differ most: float32 (pairs,).

    Two versions of one picture differ by up to 1. Means over boxes are compared: noise and blur cancel out in them,
    another print or colour does not.

    Args:
        moved: float32 (pairs, height, width, 3).
        fixed: float32 (pairs, height, width, 3).
        placement: Where the moved ones are to be laid.
    """
    laid, rest = lay(moved, fixed, placement)
    box = max(round(BOX * fixed.shape[1]), 1)
    rest = _boxes(rest, box)
    lighter = np.abs(rest @ GREY).max(axis=(1, 2))
    tinted = np.sqrt((rest - (rest @ GREY)[..., None]) ** 2 @ GREY)
    colour = laid - (laid @ GREY)[..., None]
    smear = np.sqrt((_boxes(colour**2, box) - _boxes(colour, box) ** 2).clip(0) @ GREY)
    tinted = (tinted / (1 + smear / SMEARED)).max(axis=(1, 2))
    contrast = fixed.std(axis=(1, 2, 3)) / FAINT
    return np.maximum(lighter / LIGHTER, tinted / TINTED) / contrast.clip(0.1, 1)


def _limited(placement: Floats) -> Floats:
    limited = placement.astype(np.float32)
    limited[:, ::2] = limited[:, ::2].clip(*SCALES)
    limited[:, 1::2] = limited[:, 1::2].clip(*SHIFTS)
    return limited


def _toned(laid: Floats, fixed: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Returns pictures with the slight change of tone that brings them closest to others."""
    weight = ((laid > DARK) & (laid < WHITE) & (fixed > DARK) & (fixed < WHITE) & inside).astype(np.float32)
    axes = (1, 2, 3)
    total = weight.sum(axes, keepdims=True) + 1
    mean, target = ((weight * values).sum(axes, keepdims=True) / total for values in (laid, fixed))
    spread = (weight * (laid - mean) ** 2).sum(axes, keepdims=True) / total
    common = (weight * (laid - mean) * (fixed - target)).sum(axes, keepdims=True) / total
    # Where next to nothing tells, no change of contrast is the best guess.
    gain = ((common + FAINT) / (spread + FAINT)).clip(*GAIN)
    toned = (laid * gain + (target - gain * mean).clip(*OFFSET)).clip(0, 255)
    # What was cut off may have been anything beyond.
    toned = np.where(laid >= WHITE, np.maximum(toned, fixed), toned)
    return np.where(laid <= DARK, np.minimum(toned, fixed), toned)


def _boxes(pictures: Floats, box: int) -> Floats:
    """Returns the means over all boxes that are wholly within the picture."""
    means: Floats = uniform_filter(pictures, (1, box, box, 1))
    rows, columns = (slice(box // 2, size - (box - 1) // 2) for size in pictures.shape[1:3])
    return means[:, rows, columns]


def _places(size: int) -> Floats:
    return ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5).astype(np.float32)


def _resampled(pictures: Floats, placement: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Returns pictures as a placement lays them, and where they lie: bool (pairs, height, width)."""
    inside = []
    for axis in (0, 1):
        size = pictures.shape[1]
        scale, shift = placement[:, 2 * axis, None], placement[:, 2 * axis + 1, None]
        place = (scale * _places(size) + shift + 0.5) * size - 0.5
        inside.append((place >= -0.5) & (place <= size - 0.5))
        # The columns become the rows, and then again.
        pictures = _rows(pictures, place.clip(0, size - 1)).transpose(0, 2, 1, 3)
    return pictures, inside[0][:, :, None] & inside[1][:, None, :]


def _rows(pictures: Floats, place: Floats) -> Floats:
    """Returns what lies between a picture's rows, by cubic convolution (Catmull and Rom)."""
    count, size = place.shape
    first = np.floor(place).astype(np.intp)
    t = place - first
    weights = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    pair = np.arange(count)[:, None]
    rows: Floats = np.zeros_like(pictures)
    for tap, weight in enumerate(weights, start=-1):
        rows += weight[:, :, None, None] * pictures[pair, (first + tap).clip(0, size - 1)]
    return rows


def _solve(matrix: Floats, vector: Floats) -> Floats:
    """Solves normal equations, scaled so that no unknown outweighs another, and damped where the picture is blank."""
    scale = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2)) + 1e-3
    scaled = matrix / scale[:, :, None] / scale[:, None, :] + 1e-3 * np.eye(matrix.shape[1], dtype=np.float32)
    return (np.linalg.solve(scaled, vector / scale[:, :, None])[..., 0] / scale).astype(np.float32)
