"""The pen: draws outlines in a product's colour and pattern, in one pose, finer than the final picture."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

import numpy as np
from PIL import Image, ImageDraw

from modiste.sample.drawings.colours import COLOURS, Colour, brightness, mix
from modiste.sample.drawings.shapes import AXIS, HEIGHT, WIDTH, Outline, Point

__all__ = ["BLACK", "SKIN", "SUPERSAMPLING", "WHITE", "Drawing", "Pattern", "Pen", "Pose"]

SUPERSAMPLING = 3
"""Pixels drawn per pixel of the final picture, in each direction."""

BLACK: Colour = (20, 20, 22)
WHITE: Colour = (252, 252, 252)
SKIN: tuple[Colour, ...] = ((238, 200, 168), (206, 156, 116), (160, 108, 74), (110, 72, 48))

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Pose:
    """How a drawing lies on the picture.

    Attributes:
        shift: Right and down, in pixels of the final picture.
        scale: Size, 1 for the drawing's own.
        angle: Turn in degrees, clockwise.
        mirrored: Whether left and right change places.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    angle: float = 0.0
    mirrored: bool = False

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Pose":
        """Draws a pose as catalogue photographers leave it: centred and upright, but not to the pixel."""
        right, down, turn = rng.normal(0, (1.2, 1.4, 2.2)).clip((-3, -3, -6), (3, 3, 6)).tolist()
        scale, side = rng.uniform((0.84, 0), (1.0, 1)).tolist()
        return cls(shift=(right, down), scale=scale, angle=turn, mirrored=side < 0.5)

    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """Returns (a, b, c, d, e, f): a point (x, y) falls on the pixel (ax + by + c, dx + ey + f)."""
        turn, scale = math.radians(self.angle), self.scale * SUPERSAMPLING
        cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
        a, d = (-cos, -sin) if self.mirrored else (cos, sin)
        x0, y0 = (AXIS + self.shift[0]) * SUPERSAMPLING, (HEIGHT / 2 + self.shift[1]) * SUPERSAMPLING
        return a, -sin, x0 - a * AXIS + sin * HEIGHT / 2, d, cos, y0 - d * AXIS - cos * HEIGHT / 2


class Pen:
    """Draws one product on a sheet.

    Drawings ask the pen for every choice they make, so a picture follows from its generator alone.

    Args:
        colour: The product's colour.
        pose: How the drawing lies on the picture.
        rng: The generator of this picture.
        pattern: Draws what is on the product's cloth; None for a plain one.
        ground: The colour of the sheet; None for a transparent one.
    """

    def __init__(
        self,
        colour: Colour,
        pose: Pose,
        rng: np.random.Generator,
        *,
        pattern: Optional["Pattern"] = None,
        ground: Colour | None = None,
    ) -> None:
        self.colour = colour
        self._pose = pose
        self._matrix = pose.matrix()
        self._rng = rng
        self._pattern = pattern
        self._woven: Image.Image | None = None
        self.sheet = Image.new("RGBA", (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING), ground or (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.sheet)

    def chance(self, probability: float) -> bool:
        """Returns True as often as asked."""
        return bool(self._rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Returns a number from the range, all equally likely."""
        return float(self._rng.uniform(low, high))

    def pick(self, options: Sequence[Choice]) -> Choice:
        """Returns one of the options, all equally likely."""
        return options[int(self._rng.integers(len(options)))]

    @property
    def inside(self) -> Colour:
        """The product's inner side, in its own shade."""
        return mix(self.colour, BLACK, 0.3) if brightness(self.colour) > 60 else mix(self.colour, WHITE, 0.16)

    @property
    def detail(self) -> Colour:
        """A tone of the colour that shows on it: seams, folds, ribs."""
        return mix(self.colour, BLACK, 0.3) if brightness(self.colour) > 90 else mix(self.colour, WHITE, 0.3)

    @property
    def contrast(self) -> Colour:
        """Near white on dark products, near black on light ones."""
        return mix(self.colour, *((WHITE, 0.88) if brightness(self.colour) < 140 else (BLACK, 0.75)))

    def accent(self) -> Colour:
        """Draws a second colour that stands out from the first."""
        tone = brightness(self.colour)
        return self.pick([colour for colour in COLOURS.values() if abs(brightness(colour) - tone) > 50])

    def fill(self, outline: Outline, colour: Colour | None = None, *, contour: bool = True) -> None:
        """Fills an outline with one colour (default: the product's) and draws its contour."""
        colour = colour or self.colour
        points = self._placed(outline)
        self._draw.polygon(points, fill=colour)
        if contour:
            self._contour(points, colour)

    def cloth(self, outline: Outline) -> None:
        """Fills an outline with the product's colour and pattern and draws its contour."""
        if self._pattern is None:
            self.fill(outline)
            return
        if self._woven is None:
            weaver = Pen(self.colour, self._pose, self._rng, ground=self.colour)
            self._pattern(weaver)
            self._woven = weaver.sheet
        points = self._placed(outline)
        mask = Image.new("L", self.sheet.size)
        ImageDraw.Draw(mask).polygon(points, fill=255)
        self.sheet.paste(self._woven, mask=mask)
        self._contour(points, self.colour)

    def line(self, points: Outline, colour: Colour | None = None, width: float = 0.7) -> None:
        """Draws a line in one colour (default: `detail`), its width in pixels of the final picture."""
        thickness = max(1, round(width * SUPERSAMPLING * self._pose.scale))
        joint = "curve" if thickness > 4 else None
        self._draw.line(self._placed(points), fill=colour or self.detail, width=thickness, joint=joint)

    def ring(self, outline: Outline, colour: Colour | None = None, width: float = 1.0) -> None:
        """Draws a closed line."""
        self.line([*outline, *outline[:2]], colour, width)

    def dots(self, centres: Iterable[Point], colour: Colour | None = None, radius: float = 0.7) -> None:
        """Draws small discs: buttons, studs, eyelets."""
        size = radius * SUPERSAMPLING * self._pose.scale
        for x, y in self._placed(centres):
            self._draw.ellipse((x - size, y - size, x + size, y + size), fill=colour or self.contrast)

    def _placed(self, points: Iterable[Point]) -> list[Point]:
        """Returns points of the drawing as pixels of the sheet."""
        a, b, c, d, e, f = self._matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def _contour(self, points: list[Point], colour: Colour) -> None:
        """Draws a line that shows on white even around a white product."""
        self._draw.line([*points, *points[:2]], fill=mix(colour, BLACK, 0.42), width=2)


Drawing = Callable[[Pen], None]
"""Draws one kind of product."""

Pattern = Callable[[Pen], None]
"""Draws what is on a cloth, all over the sheet."""
