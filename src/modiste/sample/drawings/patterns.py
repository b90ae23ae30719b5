"""What a cloth may look like: stripes, checks, dots, a print."""

import numpy as np

from modiste.sample.drawings.colours import mix
from modiste.sample.drawings.pen import BLACK, WHITE, Pattern, Pen
from modiste.sample.drawings.shapes import box, oval

__all__ = ["PATTERNS"]


_PETALS = oval(0, 0, 1, 1)[::6]
_LEAF = ((1.5, 0), (0.8, 0.6), (-0.8, 0.6), (-1.5, 0), (-0.8, -0.6), (0.8, -0.6))


def _rows(pen: Pen, low: float, high: float, *, end: float = 84) -> tuple[list[float], float]:
    """Draws an even spacing; returns the positions over the sheet and the distance between two."""
    step = pen.between(low, high)
    return np.arange(pen.between(-4, 0), end, step).tolist(), step


def _stripes(pen: Pen) -> None:
    colour, thin = pen.accent(), pen.between(0.2, 0.5)
    if pen.chance(0.5):
        rows, step = _rows(pen, 5, 9)
        for y in rows:
            pen.fill(box(-4, y, 64, y + step * thin), colour, contour=False)
    else:
        rows, step = _rows(pen, 4, 7, end=64)
        for x in rows:
            pen.fill(box(x, -4, x + step * thin, 84), colour, contour=False)


def _checks(pen: Pen) -> None:
    colour, thin = pen.accent(), pen.between(0.3, 0.5)
    rows, step = _rows(pen, 6, 10)
    width, half, full = step * thin, mix(pen.colour, colour, 0.45), mix(pen.colour, colour, 0.85)
    for y in rows:
        pen.fill(box(-4, y, 64, y + width), half, contour=False)
    for x in rows[:12]:
        pen.fill(box(x, -4, x + width, 84), half, contour=False)
    for x in rows[:12]:
        for y in rows:
            pen.fill(box(x, y, x + width, y + width), full, contour=False)


def _dots(pen: Pen) -> None:
    rows, step = _rows(pen, 4.5, 7)
    centres = [(x + (step / 2 if i % 2 else 0), y) for i, y in enumerate(rows) for x in rows if x < 64]
    pen.dots(centres, pen.accent(), radius=step * pen.between(0.16, 0.26))


def _print(pen: Pen) -> None:
    """Scattered flowers or leaves in two colours."""
    flowers, size = pen.chance(0.5), pen.between(1.2, 2.0)
    colours = pen.accent(), mix(pen.colour, pen.pick((BLACK, WHITE)), 0.5)
    rows, step = _rows(pen, 6.5, 9)
    columns = [x for x in rows if x < 64]
    for i, y in enumerate(rows):
        shift = (i % 2) * step / 2 + pen.between(-1, 1)
        for x in (x + shift for x in columns):
            if flowers:
                pen.dots(((x + dx * size, y + dy * size) for dx, dy in _PETALS), colours[0], radius=size * 0.55)
                pen.dots([(x, y)], colours[1], radius=size * 0.5)
            else:
                leaf = [(x + dx * size, y + dy * size) for dx, dy in _LEAF]
                pen.fill(leaf, colours[i % 2], contour=False)


PATTERNS: dict[str, Pattern | None] = {
    "plain": None,
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "print": _print,
}
"""The patterns by name; None leaves the cloth plain."""
