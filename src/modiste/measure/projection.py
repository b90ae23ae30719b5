"""A linear projection that keeps what tells labels apart: linear discriminant analysis over several attributes."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

__all__ = ["fit_projection"]

RIDGE = 0.05
"""What is added to the variance within labels, as a share of the mean variance, which tames rare directions."""

POWER = 0.25
"""A direction's length is the ratio of the variance between labels to that within them, to this power."""


def fit_projection(features: NDArray[np.floating], labels: NDArray[np.int64], *, size: int) -> NDArray[np.float32]:
    """Fits a projection by what separates the labels of several attributes (Fisher 1936, Rao 1948).

    The variance between labels is the mean over the attributes; all else counts as variance within. Chosen on
    validation products of the real catalogue: see docs/results/accuracy.md.

    Args:
        features: (n, channels).
        labels: (n, attributes) label numbers, negative where missing.
        size: How many directions to keep, at most as many as there are channels.

    Returns:
        float32 (channels, size).
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    total = centred.T @ centred / len(centred)
    between = np.mean([_between(centred, numbers) for numbers in labels.T], axis=0)
    ridge = RIDGE * max(np.trace(total) / len(total), 1e-12) * np.eye(len(total))
    first = max(len(total) - size, 0)
    ratios, directions = eigh(between, total - between + ridge, subset_by_index=[first, len(total) - 1])
    return (directions * np.maximum(ratios, 1e-9) ** POWER)[:, ::-1].astype(np.float32)


def _between(centred: NDArray[np.float64], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the covariance of the labels' means: float64 (channels, channels)."""
    known = numbers >= 0
    counts = np.bincount(numbers[known])
    sums = np.zeros((len(counts), centred.shape[1]))
    np.add.at(sums, numbers[known], centred[known])
    present = counts > 0
    weighted = sums[present] / np.sqrt(counts[present])[:, None]
    return weighted.T @ weighted / max(int(known.sum()), 1)
