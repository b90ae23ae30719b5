"""Several pixel caches as one: rows are looked up where they lie, and nothing is copied."""

from collections.abc import Sequence
from typing import TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pixels", "StackedPixels"]

Pixels: TypeAlias = Union[NDArray[np.uint8], "StackedPixels"]
"""Pictures of one size, uint8 (pictures, height, width, 3), of which rows are taken by their numbers."""


class StackedPixels:
    """Pixels of several caches, one after another, by the numbers of their rows.

    Args:
        parts: Each uint8 (pictures, height, width, 3), all of one size; for instance memory maps.

    Attributes:
        shape: (pictures of all, height, width, 3).
    """

    def __init__(self, parts: Sequence[NDArray[np.uint8]]) -> None:
        self._parts = tuple(parts)
        self._ends = np.cumsum([len(part) for part in parts])
        self.shape = (int(self._ends[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: NDArray[np.int64] | int) -> NDArray[np.uint8]:
        """Returns the pixels of rows, uint8 (rows, height, width, 3), or of a single row, (height, width, 3)."""
        if isinstance(rows, int | np.integer):
            return self[np.array([rows])][0]
        taken = np.empty((len(rows), *self.shape[1:]), np.uint8)
        owners = np.searchsorted(self._ends, rows, side="right")
        for number, part in enumerate(self._parts):
            mine = owners == number
            taken[mine] = part[rows[mine] - (self._ends[number] - len(part))]
        return taken
