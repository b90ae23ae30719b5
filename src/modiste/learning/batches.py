"""Batches: rows of a pixel cache, shuffled, varied, flipped, shifted, shrunk; the same for the same seed and epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import keras
import numpy as np
from numpy.typing import NDArray

from modiste.dataset.shifts.augmentation import Augmentation, augmented
from modiste.dataset.stacked import Pixels
from modiste.learning.backend import resized

__all__ = ["Batches", "Drawn", "Input", "as_network_input", "shifted", "shrunk"]

# The weights of ITU-R BT.601, which Pillow's greyscale conversion uses too.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


Input: TypeAlias = NDArray[np.uint8] | NDArray[np.float32]
"""Pictures as a network takes them: (batch, height, width, channels)."""


def as_network_input(pixels: NDArray[np.uint8], *, greyscale: bool = False) -> NDArray[np.float32]:
    """Scales pixels by 1/255, as the study's network takes them.

    Args:
        pixels: uint8 (batch, height, width, 3).
        greyscale: Whether to weigh the three channels into one.

    Returns:
        float32 (batch, height, width, 1 or 3) in [0, 1].
    """
    scaled = pixels.astype(np.float32) / 255.0
    return np.matmul(scaled, LUMA, dtype=np.float32)[..., None] if greyscale else scaled


def shifted(pixels: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Moves each picture by some pixels; what comes in from outside repeats the picture's edge.

    Args:
        pixels: uint8 (batch, height, width, 3).
        offsets: (batch, 2) how far down and to the right each is moved.
    """
    _, height, width, _ = pixels.shape
    moved = np.empty_like(pixels)
    furthest = (height - 1, width - 1)
    steps = np.clip(offsets, np.negative(furthest), furthest).tolist()
    # Blocks are copied twenty times as fast as pixels that are looked up one by one.
    for old, new, (down, right) in zip(pixels, moved, steps, strict=True):
        top, bottom = max(down, 0), height + min(down, 0)
        left, end = max(right, 0), width + min(right, 0)
        new[top:bottom, left:end] = old[top - down : bottom - down, left - right : end - right]
        new[top:bottom, :left] = new[top:bottom, left : left + 1]
        new[top:bottom, end:] = new[top:bottom, end - 1 : end]
        new[:top] = new[top]
        new[bottom:] = new[bottom - 1]
    return moved


def shrunk(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Makes pictures smaller.

    Args:
        pixels: uint8 (batch, height, width, 3).
        scale: New sides over old ones, in (0, 1]; they are rounded.
    """
    _, height, width, _ = pixels.shape
    return resized(pixels, round(height * scale), round(width * scale))


@dataclass(frozen=True, eq=False)
class Drawn:
    """How pictures are drawn to learn from: each epoch shuffles them anew and flips each with probability one half.

    Attributes:
        seed: Of the order, the flips, the shifts and the augmentation.
        shift: Pictures are moved by up to so many pixels, along each axis.
        weights: (n,) how often to draw each picture, with replacement; None draws each once.
        scale: Epoch -> how much smaller its pictures are (see `shrunk`); None leaves them as they are.
        augmentation: How pictures are varied each time they are drawn; None leaves them as they are.
    """

    seed: int
    shift: int = 0
    weights: NDArray[np.float64] | None = None
    scale: Callable[[int], float] | None = None
    augmentation: Augmentation | None = None


class Batches(keras.utils.PyDataset):
    """The batches of one part of the data.

    Args:
        pixels: uint8 (pictures, height, width, 3), for instance a memory map; only the rows of a batch are read.
        rows: (n,) the rows of `pixels` that belong to the part.
        targets: (n, ...) what the loss compares the answers with: label ids, maybe followed by a teacher's answers.
        batch_size: Pictures a batch; the last one may be smaller.
        to_input: Makes a batch of pixels what the network takes; None leaves the bytes as they are.
        drawn: For training; None: in order and as they are.
    """

    def __init__(
        self,
        pixels: Pixels,
        rows: NDArray[np.int64],
        targets: NDArray[np.int64] | NDArray[np.float32],
        *,
        batch_size: int,
        to_input: Callable[[NDArray[np.uint8]], Input] | None = None,
        drawn: Drawn | None = None,
    ) -> None:
        super().__init__()
        self._pixels = pixels
        self._rows = rows
        self._targets = targets
        self._batch_size = batch_size
        self._to_input = to_input
        self._drawn = drawn
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Draws the order, the flips and the shifts of an epoch; they depend on the seed and the epoch alone, so a
        resumed training sees what an uninterrupted one would have seen.
        """
        count = len(self._rows)
        self._order = np.arange(count)
        self._flipped = np.zeros(count, dtype=bool)
        self._offsets = np.zeros((count, 2), dtype=np.int64)
        self._scale = 1.0
        self._epoch = epoch
        if (drawn := self._drawn) is None:
            return
        generator = np.random.default_rng([drawn.seed, epoch])
        if drawn.weights is None:
            self._order = generator.permutation(self._order)
        else:
            self._order = generator.choice(count, count, p=drawn.weights)
        self._flipped = generator.random(count) < 0.5
        if drawn.shift:
            self._offsets = generator.integers(-drawn.shift, drawn.shift + 1, (count, 2))
        if drawn.scale is not None:
            self._scale = drawn.scale(epoch)

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Input, NDArray[np.int64] | NDArray[np.float32]]:
        """Returns one batch: its pictures, as the network takes them, and their targets."""
        places = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pixels = self._pixels[self._rows[places]]
        if self._drawn is not None and self._drawn.augmentation is not None:
            pixels = self._augmented(pixels, self._drawn.augmentation, first=index * self._batch_size)
        if self._drawn is not None and self._drawn.shift:
            pixels = shifted(pixels, self._offsets[places])
        backwards = np.arange(pixels.shape[2])[::-1]
        for place in np.flatnonzero(self._flipped[places]):
            pixels[place] = pixels[place].take(backwards, axis=1)
        if self._scale < 1:
            pixels = shrunk(pixels, self._scale)
        return pixels if self._to_input is None else self._to_input(pixels), self._targets[places]

    def _augmented(self, pixels: NDArray[np.uint8], how: Augmentation, *, first: int) -> NDArray[np.uint8]:
        """Varies the pictures of a batch, each by its own chance, so that they may be made in any order."""
        seed = 0 if self._drawn is None else self._drawn.seed
        return np.stack(
            [
                augmented(picture, how, np.random.default_rng([seed, self._epoch, place]))
                for place, picture in enumerate(pixels, start=first)
            ]
        )
