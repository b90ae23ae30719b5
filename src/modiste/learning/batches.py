"""Batches: rows of a pixel cache, shuffled, flipped, scaled; the same for the same seed and epoch."""

import math

import keras
import numpy as np
from numpy.typing import NDArray

__all__ = ["Batches", "as_network_input"]

# The weights of ITU-R BT.601, which Pillow's greyscale conversion uses too.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def as_network_input(pixels: NDArray[np.uint8], *, greyscale: bool) -> NDArray[np.float32]:
    """Scales pixels by 1/255.

    Args:
        pixels: uint8 (batch, height, width, 3).
        greyscale: Whether to weigh the three channels into one.

    Returns:
        float32 (batch, height, width, 1 or 3) in [0, 1].
    """
    scaled = pixels.astype(np.float32) / 255.0
    return np.matmul(scaled, LUMA, dtype=np.float32)[..., None] if greyscale else scaled


class Batches(keras.utils.PyDataset):
    """The batches of one part of the data.

    Args:
        pixels: uint8 (pictures, height, width, 3), for instance a memory map; only the rows of a batch are read.
        rows: (n,) the rows of `pixels` that belong to the part.
        targets: (n,) their label numbers.
        batch_size: Pictures a batch; the last one may be smaller.
        greyscale: Whether to weigh the three channels into one.
        seed: For training: shuffles each epoch anew and flips each picture left to right with probability one half.
            None: in order and as they are.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        targets: NDArray[np.int64],
        *,
        batch_size: int,
        greyscale: bool = False,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._pixels = pixels
        self._rows = rows
        self._targets = targets
        self._batch_size = batch_size
        self._greyscale = greyscale
        self._seed = seed
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Draws the order and the flips of an epoch; they depend on the seed and the epoch alone, so a resumed training
        sees what an uninterrupted one would have seen.
        """
        self._order = np.arange(len(self._rows))
        self._flipped = np.zeros(len(self._rows), dtype=bool)
        if self._seed is not None:
            generator = np.random.default_rng([self._seed, epoch])
            self._order = generator.permutation(self._order)
            self._flipped = generator.random(len(self._rows)) < 0.5

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Returns one batch: float32 pictures (batch, height, width, channels) in [0, 1] and their label numbers."""
        places = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pixels = self._pixels[self._rows[places]]
        flipped = self._flipped[places]
        pixels[flipped] = pixels[flipped, :, ::-1]
        return as_network_input(pixels, greyscale=self._greyscale), self._targets[places]
