"""A finished picture: a drawing on its background, lit, and reduced to catalogue size."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from modiste.sample.drawings.bottoms import BOTTOMS
from modiste.sample.drawings.colours import COLOURS, Colour
from modiste.sample.drawings.footwear import FOOTWEAR
from modiste.sample.drawings.gowns import GOWNS
from modiste.sample.drawings.leather import LEATHER
from modiste.sample.drawings.patterns import PATTERNS
from modiste.sample.drawings.pen import Drawing, Pen, Pose
from modiste.sample.drawings.shapes import HEIGHT, WIDTH
from modiste.sample.drawings.sundries import SUNDRIES
from modiste.sample.drawings.tops import TOPS
from modiste.sample.drawings.trinkets import TRINKETS

__all__ = ["DRAWINGS", "draw_picture"]

DRAWINGS: Mapping[str, Drawing] = MappingProxyType(TOPS | BOTTOMS | GOWNS | FOOTWEAR | LEATHER | TRINKETS | SUNDRIES)
"""Every drawing by the articleType it shows."""

Pixels = npt.NDArray[np.float64]

_ACROSS = np.linspace(-1, 1, WIDTH)[None, :, None]
_DOWN = np.linspace(-1, 1, HEIGHT)[:, None, None]
_TINTS: tuple[Colour, ...] = (
    (226, 232, 240),
    (240, 232, 222),
    (232, 240, 230),
    (240, 226, 230),
    (222, 222, 226),
)


def draw_picture(article: str, colour: str, pattern: str, rng: np.random.Generator) -> Image.Image:
    """Draws one product as a catalogue photograph would show it.

    Args:
        article: What to draw, a key of `DRAWINGS`.
        colour: The product's main colour, a key of `COLOURS`.
        pattern: What is on its cloth, a key of `PATTERNS`; products without cloth ignore it.
        rng: Decides pose, variant, second colours, light and background.

    Returns:
        An RGB image, 60 wide and 80 high.
    """
    shade = (np.array(COLOURS[colour]) + rng.integers(-7, 8, 3)).clip(0, 255).tolist()
    pen = Pen((shade[0], shade[1], shade[2]), Pose.drawn(rng), rng, pattern=PATTERNS[pattern])
    DRAWINGS[article](pen)
    product = pen.sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    pixels: Pixels = np.asarray(product, dtype=np.float64)
    alpha = pixels[:, :, 3:] / 255
    lit = pixels[:, :, :3] * _light(rng)
    ground = _background(rng) * _shadow(product, rng)
    finished = lit * alpha + ground * (1 - alpha)
    return Image.fromarray(finished.clip(0, 255).astype(np.uint8))


def _light(rng: np.random.Generator) -> Pixels:
    """Light (80, 60, 1) that falls off to one side and downwards, about 1."""
    side, down = rng.uniform(-0.1, 0.1), rng.uniform(0.0, 0.08)
    return 1 + side * _ACROSS - down * _DOWN


def _background(rng: np.random.Generator) -> Pixels:
    """A backdrop (80, 60, 3): mostly white, else tinted or paler towards the top."""
    kind = rng.random()
    if kind < 0.75:
        return np.full((HEIGHT, WIDTH, 3), 255 if kind < 0.6 else 249)
    tint = np.array(_TINTS[int(rng.integers(len(_TINTS)))])
    depth = _DOWN if kind > 0.88 else np.zeros_like(_DOWN)
    return tint - 12 * depth + np.zeros((HEIGHT, WIDTH, 3))


def _shadow(product: Image.Image, rng: np.random.Generator) -> Pixels | float:
    """What a soft shadow below the product leaves of the light (80, 60, 1), at times none."""
    if rng.random() < 0.6:
        return 1.0
    soft = product.getchannel("A").filter(ImageFilter.BoxBlur(3))
    fallen = np.roll(np.asarray(soft), (2, 1), axis=(0, 1))[:, :, None]
    return 1 - fallen / 255 * rng.uniform(0.15, 0.4)
