"""How a picture of any shape is brought to a network's size: what may be stretched, and what fills the rest."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["ON_WHITE", "Box", "Fill", "Fit", "Size", "lay", "resize"]

Fill = Literal["white", "border"]
"""The colour beside a picture that leaves room: white, or the middle colour of the picture's own edge there."""


@dataclass(frozen=True)
class Size:
    """A picture's size in pixels; the defaults are the catalogue's own 60x80."""

    width: int = 60
    height: int = 80


@dataclass(frozen=True)
class Box:
    """Where a picture lies in another, in pixels of that."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Fit:
    """How a picture is brought to a size of another shape; the defaults are what bundles had that say nothing of it.

    Attributes:
        fill: What lies on the sides that stay free.
        stretch: How much longer, at most, one side may become beside the other, so that less stays free: 1 keeps the
            aspect ratio.

    Raises:
        ValueError: There is no such fill, or less than 1 of stretch.
    """

    fill: Fill = "white"
    stretch: float = 1.0

    def __post_init__(self) -> None:
        if self.fill not in get_args(Fill):
            raise ValueError(f"the fill must be {' or '.join(get_args(Fill))}, not {self.fill!r}")
        if not 1 <= self.stretch < float("inf"):
            raise ValueError(f"the stretch must be 1 or more, and finite, not {self.stretch!r}")

    def place(self, width: int, height: int, size: Size) -> Box:
        """Returns where a picture lies in one of the wanted size: in the middle, as large as fits."""
        wide, high = size.width, size.height
        if width / height > wide / high:
            high = min(high, max(1, round(height / width * wide * self.stretch)))
        else:
            wide = min(wide, max(1, round(width / height * high * self.stretch)))
        return Box(round((size.width - wide) / 2), round((size.height - high) / 2), wide, high)

    def __str__(self) -> str:
        ratio = "kept" if self.stretch == 1 else f"changed by a factor of {self.stretch:g} at most"
        colour = "white" if self.fill == "white" else "the colour of the picture's edge"
        return f"aspect ratio {ratio}, {colour} on the sides that stay free"


ON_WHITE = Fit()
"""Aspect ratio kept, white on the sides that stay free: how pictures are compared, and what older bundles want."""


def resize(picture: Image.Image, size: Size, fit: Fit = ON_WHITE) -> Image.Image:
    """Brings an RGB picture to a size; one that has it is returned as it is."""
    return lay(picture, fit.place(*picture.size, size), size, fit.fill)


def lay(picture: Image.Image, box: Box, size: Size, fill: Fill) -> Image.Image:
    """Brings an RGB picture to where it lies in one of the wanted size: see `Fit.place`.

    Args:
        picture: The picture; its own size may be any, as after it was shrunk in between.
        box: Where it lies.
        size: The wanted size.
        fill: What lies on the sides that stay free.
    """
    if picture.size != (box.width, box.height):
        picture = picture.resize((box.width, box.height), Image.Resampling.BICUBIC)
    if picture.size == (size.width, size.height):
        return picture
    whole = Image.new("RGB", (size.width, size.height), "white")
    if fill == "border":
        pixels = np.asarray(picture)
        if box.width < size.width:
            near, far, start = pixels[:, 0], pixels[:, -1], (box.left + box.width, 0)
        else:
            near, far, start = pixels[0], pixels[-1], (0, box.top + box.height)
        whole.paste(_middle(near), (0, 0, *whole.size))
        whole.paste(_middle(far), (*start, *whole.size))
    whole.paste(picture, (box.left, box.top))
    return whole


def _middle(edge: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Returns the median of each channel of an edge's pixels, (n, 3)."""
    red, green, blue = np.sort(edge, axis=0)[len(edge) // 2].tolist()
    return red, green, blue
