"""Named shifts of domain, to measure on: each says one thing that other people's pictures have otherwise."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.shifts.cutout import cutout
from modiste.dataset.shifts.framing import Framing, border_colour, reframed
from modiste.dataset.shifts.processing import blurred, compressed, exposed, resampled, tinted
from modiste.dataset.shifts.surfaces import draw_surface

__all__ = ["SHAPES", "SHIFTS", "Shift"]

Pixels: TypeAlias = NDArray[np.uint8]
"""A picture: uint8 (height, width, 3)."""

Shift: TypeAlias = Callable[[Pixels, np.random.Generator], Pixels]
"""Makes of a catalogue's picture, which fills a frame of 3:4, what another shop's would be; its size may change."""

SQUARE = 224
LARGE = (1000, 1333)
LANDSCAPE = (360, 240)


def _stretched(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def _on_canvas(pixels: Pixels, width: int, height: int, *, share: float = 1.0, white: bool = False) -> Pixels:
    """Returns a picture whole on a canvas, of which it fills `share`, on white or on its border's colour."""
    scale = share * min(width / pixels.shape[1], height / pixels.shape[0])
    inner = _stretched(pixels, max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    colour = (255, 255, 255) if white else tuple(border_colour(pixels).tolist())
    canvas = Image.new("RGB", (width, height), colour)
    canvas.paste(Image.fromarray(inner), ((width - inner.shape[1]) // 2, (height - inner.shape[0]) // 2))
    return np.asarray(canvas)


def _square_stretched(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _stretched(pixels, SQUARE, SQUARE)


def _square_white(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _on_canvas(pixels, SQUARE, SQUARE, white=True)


def _square_margins(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _on_canvas(pixels, SQUARE, SQUARE, share=0.8)


def _two_to_three(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _on_canvas(pixels, 400, 600)


def _landscape(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return _on_canvas(pixels, *LANDSCAPE)


def _large(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return compressed(_stretched(pixels, *LARGE), 90)


def _on_surface(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    height, width, _ = pixels.shape
    cut = cutout(pixels)
    framing = Framing(width=0.85, height=0.85, angle=float(generator.normal(0, 6)))
    return pixels if cut is None else reframed(cut, framing, ground=draw_surface(generator, height, width))


def _off_centre(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    right, down = generator.uniform(-0.18, 0.18, 2)
    return reframed(pixels, Framing(width=0.65, height=0.65, right=float(right), down=float(down)))


def _dim(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return exposed(pixels, 1.7)


def _warm(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return tinted(pixels, np.array([1.08, 1.0, 0.84]))


def _blurred(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return blurred(pixels, 0.9 * pixels.shape[1] / 60)


def _compressed(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return compressed(pixels, 30)


def _resampled(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return resampled(pixels, 0.6, 1, 2)


SHAPES: Mapping[str, Shift] = {
    "square, stretched": _square_stretched,
    "square, white at the sides": _square_white,
    "square, with margins": _square_margins,
    "2:3": _two_to_three,
    "landscape": _landscape,
    "1,000x1,333": _large,
}
"""The same products at other sizes and shapes."""

SHIFTS: Mapping[str, Shift] = {
    **SHAPES,
    "on other grounds": _on_surface,
    "small and off centre": _off_centre,
    "dim": _dim,
    "warm light": _warm,
    "blurred": _blurred,
    "JPEG of quality 30": _compressed,
    "enlarged from 0.6": _resampled,
}
"""All named shifts, by what they are called in results."""
