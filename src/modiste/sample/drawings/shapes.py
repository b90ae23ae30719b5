"""Outlines as lists of points, in units of the final picture: x 0..60 to the right, y 0..80 downwards."""

import math
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = [
    "AXIS",
    "HEIGHT",
    "WIDTH",
    "Outline",
    "Point",
    "box",
    "curve",
    "mirrored",
    "oval",
    "path",
    "reflected",
]

WIDTH, HEIGHT = 60, 80
"""The size of a finished picture in pixels."""

AXIS = WIDTH / 2
"""The vertical line about which garments are symmetrical."""

Point = tuple[float, float]
Outline = Sequence[Point]


def _spline_weights(steps: int) -> npt.NDArray[np.float64]:
    """Weights (steps, 4) of four neighbouring points along a Catmull-Rom segment."""
    t = np.arange(steps) / steps
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=1)
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    return powers @ basis


_WEIGHTS = _spline_weights(6)


def _smoothed(padded: npt.NDArray[np.float64]) -> list[Point]:
    """The spline through points 1 to n-2 of a padded array (n, 2)."""
    neighbours = np.stack([padded[i : len(padded) - 3 + i] for i in range(4)], axis=1)
    return [(x, y) for x, y in (_WEIGHTS @ neighbours).reshape(-1, 2).tolist()]


def curve(points: Outline) -> list[Point]:
    """Returns a smooth closed outline through the points (a Catmull-Rom spline)."""
    return _smoothed(np.array([points[-1], *points, points[0], points[1]], dtype=np.float64))


def path(points: Outline) -> list[Point]:
    """Returns a smooth open line through the points."""
    return [*_smoothed(np.array([points[0], *points, points[-1]], dtype=np.float64)), points[-1]]


def reflected(points: Iterable[Point]) -> list[Point]:
    """Returns the points on the other side of the axis, in the same order."""
    return [(2 * AXIS - x, y) for x, y in points]


def mirrored(half: Outline) -> list[Point]:
    """Returns a symmetrical outline from its right half, given from top to bottom."""
    return [*half, *reflected(reversed(half))]


@cache
def _arc(start: float, stop: float) -> tuple[Point, ...]:
    """Points on the unit circle, one about every 12 degrees."""
    count = max(8, round(abs(stop - start) / 12))
    angles = (math.radians(start + (stop - start) * i / (count - 1)) for i in range(count))
    return tuple((math.cos(angle), math.sin(angle)) for angle in angles)


def oval(x: float, y: float, rx: float, ry: float, *, start: float = 0, stop: float = 360) -> list[Point]:
    """Returns points on an ellipse, from `start` to `stop` in degrees (0 is right, 90 is down)."""
    return [(x + rx * cos, y + ry * sin) for cos, sin in _arc(start, stop)]


def box(left: float, top: float, right: float, bottom: float, *, corner: float = 0.0) -> list[Point]:
    """Returns a rectangle, its corners rounded by the given radius."""
    if corner <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    centres = [
        (right - corner, bottom - corner, 0),
        (left + corner, bottom - corner, 90),
        (left + corner, top + corner, 180),
        (right - corner, top + corner, 270),
    ]
    return [p for x, y, a in centres for p in oval(x, y, corner, corner, start=a, stop=a + 90)]
