"""How well embeddings find similar products: arrays in, numbers out."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_rows", "precision_at_k"]

BLOCK = 1024
"""Queries compared at a time, which bounds the memory to a block's similarities."""


def nearest_rows(queries: NDArray[np.floating], gallery: NDArray[np.floating], *, k: int) -> NDArray[np.int64]:
    """Finds each query's nearest pictures by cosine, exactly.

    Args:
        queries: (n, d), L2-normalised.
        gallery: (m, d), L2-normalised, m at least k.
        k: How many neighbours to find.

    Returns:
        int64 (n, k) rows of `gallery`, the nearest first; of equally near ones, the first.
    """
    if not 1 <= k <= len(gallery):
        raise ValueError(f"k must be in [1, {len(gallery)}], not {k}")
    found = np.empty((len(queries), k), dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        distances = -(queries[start : start + BLOCK] @ gallery.T)
        some = np.sort(np.argpartition(distances, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(np.take_along_axis(distances, some, axis=1), axis=1, kind="stable")
        found[start : start + BLOCK] = np.take_along_axis(some, order, axis=1)
    return found


def precision_at_k(neighbours: NDArray[np.int64], queries: NDArray[np.int64], gallery: NDArray[np.int64]) -> float:
    """Returns the mean share of neighbours that have the query's label; queries without a label (-1) are left out.

    Args:
        neighbours: (n, k) rows of the gallery, from `nearest_rows`.
        queries: (n,) label ids.
        gallery: (m,) label ids; a missing one is never the query's.

    Raises:
        ValueError: No query has a label.
    """
    known = queries >= 0
    if not known.any():
        raise ValueError("no query has a label")
    return float((gallery[neighbours[known]] == queries[known, None]).mean())
