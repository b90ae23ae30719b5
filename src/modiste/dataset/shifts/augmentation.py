"""Random shifts in training: each time a picture is drawn, it is framed, set on a ground, lit and processed anew."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.shifts.cutout import cutout
from modiste.dataset.shifts.framing import Framing, enlarged, reframed
from modiste.dataset.shifts.processing import blurred, compressed, exposed, resampled, shaded, sharpened, tinted
from modiste.dataset.shifts.worn import cropped_to_band, without_skin

__all__ = ["Augmentation", "augmented"]

Generator = np.random.Generator


@dataclass(frozen=True, eq=False)
class Augmentation:
    """How far training goes from the pictures as they are.

    Attributes:
        share: The share of pictures that are varied; the others stay as they are.
        on_ground: The share of the varied ones that are set on another ground, where they can be cut out.
        grounds: uint8 (m, height, width, 3): the grounds, as large as the pictures.
        unworn: The share of those on grounds that lose what looks like a person's skin, head or legs.
        framed: How far framing goes; 1 is from 0.5 to 1.3 of the size, 0 leaves it.
        coloured: How far light and colours go; 1 is a gamma of 0.6 to 1.6 and gains of 0.85 to 1.18.
    """

    share: float
    on_ground: float
    grounds: NDArray[np.uint8] = field(repr=False)
    unworn: float = 0.5
    framed: float = 1.0
    coloured: float = 1.0


def augmented(pixels: NDArray[np.uint8], how: Augmentation, generator: Generator) -> NDArray[np.uint8]:
    """Varies one picture at random.

    Args:
        pixels: uint8 (height, width, 3).
        how: How far.
        generator: Where chance comes from.
    """
    if generator.random() >= how.share:
        return pixels
    pixels = _placed(pixels, how, generator)
    if generator.random() < 0.7:
        pixels = _lit(pixels, how.coloured, generator)
    return _processed(pixels, generator)


def _placed(pixels: NDArray[np.uint8], how: Augmentation, generator: Generator) -> NDArray[np.uint8]:
    framing = _framing(how.framed, generator) if generator.random() < 0.8 else Framing()
    cut = cutout(pixels) if len(how.grounds) and generator.random() < how.on_ground else None
    if cut is None:
        return reframed(pixels, framing)
    if generator.random() < how.unworn:
        cut = _unworn(cut, generator)
    ground = how.grounds[generator.integers(len(how.grounds))]
    return reframed(cut, framing, ground=ground[:: generator.choice([1, -1]), :: generator.choice([1, -1])])


def _unworn(cut: NDArray[np.uint8], generator: Generator) -> NDArray[np.uint8]:
    """Takes off what of a person is in the picture, or what of the product is where a person's head and legs are."""
    if generator.random() < 0.7:
        cut = without_skin(cut)
    if generator.random() < 0.7:
        # Little goes below: trousers without their lower half are shorts.
        top, bottom = generator.uniform(0, 0.3), generator.uniform(0, 0.12)
        cut = cropped_to_band(cut, float(top), float(bottom))
    return enlarged(cut) if generator.random() < 0.8 else cut


def _framing(far: float, generator: Generator) -> Framing:
    size = np.exp(far * generator.uniform(np.log(0.5), np.log(1.3)))
    aspect = np.exp(far * generator.normal(0, 0.2))
    width, height = size * aspect**0.5, size / aspect**0.5
    # What is smaller than the picture may be anywhere in it; what is larger loses a little at its sides.
    room_x, room_y = (0.5 * abs(1 - width) + 0.05 * far), (0.5 * abs(1 - height) + 0.05 * far)
    turned = generator.random() < 0.5
    return Framing(
        float(width),
        float(height),
        float(generator.uniform(-room_x, room_x) * 0.8),
        float(generator.uniform(-room_y, room_y) * 0.8),
        _angle(far, generator) if turned else 0.0,
    )


def _angle(far: float, generator: Generator) -> float:
    """Mostly a little askew; now and then lying on its side, as what is photographed from above may."""
    askew = generator.normal(0, 9 * far)
    aside = generator.choice([-90, 90]) if generator.random() < 0.15 else 0
    return float(askew + aside)


def _lit(pixels: NDArray[np.uint8], far: float, generator: Generator) -> NDArray[np.uint8]:
    gamma, contrast = np.exp(far * generator.normal(0, 0.22)), np.exp(far * generator.normal(0, 0.12))
    pixels = exposed(pixels, float(gamma), float(contrast))
    if generator.random() < 0.5:
        pixels = tinted(pixels, np.exp(far * generator.normal(0, 0.06, 3)))
    if generator.random() < 0.3:
        pixels = shaded(pixels, far * generator.normal(0, 0.35, 2))
    return pixels


def _processed(pixels: NDArray[np.uint8], generator: Generator) -> NDArray[np.uint8]:
    way = generator.random()
    if way < 0.2:
        pixels = resampled(pixels, float(generator.uniform(0.45, 0.95)), *generator.integers(1, 6, 2).tolist())
    elif way < 0.35:
        pixels = blurred(pixels, float(generator.uniform(0.3, 1.0)))
    elif way < 0.5:
        pixels = sharpened(pixels, int(generator.integers(30, 160)))
    if generator.random() < 0.5:
        pixels = compressed(pixels, int(generator.integers(35, 96)))
    return pixels
