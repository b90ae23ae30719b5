"""Embeddings that find similar products: by their probable labels, and by how they look."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["embed"]


def embed(
    probabilities: Sequence[NDArray[np.floating]],
    visual: NDArray[np.floating],
    *,
    shares: Sequence[float],
    visual_share: float,
) -> NDArray[np.float32]:
    """Returns vectors whose cosine says how alike two pictures are.

    It is the weighted mean, over the attributes, of the Bhattacharyya coefficient of their probabilities (1943: the
    sum over the labels of the root of the product of both), and of the cosine of how they look. A picture that may
    show several things is near to all of them.

    Args:
        probabilities: Per attribute, (n, labels); each row sums to 1.
        visual: (n, d), L2-normalised.
        shares: Per attribute, at least 0: how much it counts.
        visual_share: How much the looks count, at least 0; not all shares may be 0.

    Returns:
        float32 (n, all labels + d), L2-normalised.

    Raises:
        ValueError: The shares do not fit, are below 0, or all are 0.
    """
    weights = np.array([*shares, visual_share], dtype=np.float64)
    if len(shares) != len(probabilities) or not (weights >= 0).all() or not weights.any():
        raise ValueError(f"need a share of at least 0 for each of {len(probabilities)} attributes, not all 0")
    parts = [*(np.sqrt(each) for each in probabilities), visual]
    scaled = [part * np.sqrt(weight / weights.sum()) for part, weight in zip(parts, weights, strict=True)]
    return np.concatenate(scaled, axis=1, dtype=np.float32)
