"""Grounds to set products on: drawn ones (cloth, wood, tiles, carpets, plain walls), and patches of photos."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["draw_surface", "draw_surfaces", "patch"]

Generator = np.random.Generator

OCTAVES = 4


def draw_surfaces(count: int, height: int, width: int, *, seed: int) -> NDArray[np.uint8]:
    """Draws grounds, each of another kind, colour and grain; the same for the same seed.

    Args:
        count: How many.
        height: In pixels.
        width: In pixels.
        seed: Of all that is drawn.

    Returns:
        uint8 (count, height, width, 3).
    """
    surfaces = np.empty((count, height, width, 3), np.uint8)
    for number in range(count):
        surfaces[number] = draw_surface(np.random.default_rng([seed, number]), height, width)
    return surfaces


def draw_surface(generator: Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Draws one ground: uint8 (height, width, 3)."""
    kind = KINDS[generator.integers(len(KINDS))]
    light = kind(generator, height, width)
    one, other = _colours(generator)
    surface = one + (other - one) * light[..., None]
    surface *= 1 + 0.3 * generator.random() * (_noise(generator, height, width, coarse=2, octaves=1)[..., None] - 0.5)
    grain = generator.normal(0, 6 * generator.random(), (height, width, 1))
    return np.clip(surface + grain, 0, 255).astype(np.uint8)


def patch(pixels: NDArray[np.uint8], generator: Generator) -> NDArray[np.uint8]:
    """Makes a ground of a photo: one of its four corners, where most photos show what the product lies on, enlarged.

    Args:
        pixels: uint8 (height, width, 3).
        generator: Chooses the corner.

    Returns:
        uint8 (height, width, 3).
    """
    height, width, _ = pixels.shape
    rows, columns = max(height * 3 // 10, 2), max(width * 3 // 10, 2)
    down, right = generator.integers(2, size=2)
    corner = pixels[-rows:] if down else pixels[:rows]
    corner = corner[:, -columns:] if right else corner[:, :columns]
    # Mirrored at its edges, it covers more without becoming coarser.
    tiled = np.concatenate([corner, corner[::-1]])
    tiled = np.concatenate([tiled, tiled[:, ::-1]], axis=1)
    return np.asarray(Image.fromarray(tiled).resize((width, height), Image.Resampling.BILINEAR))


def _colours(generator: Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns two colours: mostly muted ones, as rooms have, sometimes loud ones."""
    light = generator.uniform(25, 245)
    spread = generator.choice([6, 25, 90], p=[0.35, 0.4, 0.25])
    one = light + generator.normal(0, spread, 3)
    other = one + generator.normal(0, generator.uniform(5, 90)) + generator.normal(0, spread / 2, 3)
    return one, other


def _noise(
    generator: Generator, height: int, width: int, *, coarse: float, octaves: int = OCTAVES, along: float = 1.0
) -> NDArray[np.float64]:
    """Returns noise in [0, 1], (height, width), whose coarsest waves are a `coarse`-th of the picture; `along` draws
    it out down the picture.
    """
    total = np.zeros((height, width))
    for octave in range(octaves):
        cells = coarse * 2**octave
        rows, columns = (int(np.clip(cells / along, 2, height)), int(np.clip(cells, 2, width)))
        values = Image.fromarray(generator.random((rows, columns)).astype(np.float32))
        total += np.asarray(values.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-9)


def _plain(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """A wall, a sheet of paper: even, with light from one side."""
    slope = generator.normal(0, 0.5, 2)
    return 0.5 + slope[0] * np.linspace(-0.5, 0.5, height)[:, None] + slope[1] * np.linspace(-0.5, 0.5, width)


def _cloth(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Bed linen: broad folds."""
    folds = _noise(generator, height, width, coarse=generator.uniform(2, 6), octaves=3, along=generator.uniform(1, 4))
    return folds if generator.random() < 0.5 else np.ascontiguousarray(folds[:, ::-1])


def _carpet(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """A carpet, grass, gravel: fine grain."""
    return _noise(generator, height, width, coarse=generator.uniform(8, 40), octaves=3)


def _wood(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Boards: grain along them, and joints between."""
    grain = _noise(generator, height, width, coarse=generator.uniform(8, 24), along=generator.uniform(6, 20))
    boards = generator.uniform(2, 7) * np.arange(width) / width + generator.random()
    light = grain * 0.6 + 0.4 * generator.random(16)[boards.astype(int) % 16]
    light[:, np.diff(boards.astype(int), prepend=int(boards[0])) != 0] = 0
    return light if generator.random() < 0.5 else _turned(light, height, width)


def _tiles(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Tiles, checks and stripes of another cloth."""
    rows = (np.arange(height) / height * generator.uniform(2, 14) + generator.random()) % 2
    columns = (np.arange(width) / width * generator.uniform(2, 14) + generator.random()) % 2
    way = generator.integers(3)
    light = ((rows[:, None] < 1) if way != 1 else 0) + ((columns < 1) if way != 0 else 0) * np.ones((height, 1))
    return light / 2 + 0.3 * _noise(generator, height, width, coarse=4)


def _clutter(generator: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Things beside the product: hard-edged patches."""
    light = _noise(generator, height, width, coarse=3)
    for _ in range(generator.integers(1, 7)):
        top, left = generator.integers(height), generator.integers(width)
        down, right = generator.integers(2, max(height // 2, 3)), generator.integers(2, max(width // 2, 3))
        light[top : top + down, left : left + right] = generator.uniform(-0.5, 1.5)
    return light


def _turned(light: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    turned = Image.fromarray(light.T.astype(np.float32)).resize((width, height))
    return np.asarray(turned, np.float64)


KINDS: tuple[Callable[[Generator, int, int], NDArray[np.float64]], ...] = (
    _plain,
    _cloth,
    _cloth,
    _carpet,
    _wood,
    _tiles,
    _clutter,
)
"""The kinds of grounds: each gives light in about [0, 1], (height, width), between a ground's two colours."""
