"""How far what is answered now has moved from what was answered before: the Jensen-Shannon distance of label counts.

It is the square root of the Jensen-Shannon divergence (Lin, Divergence measures based on the Shannon entropy, 1991) in
bits: 0 for equal distributions, 1 for those without a label in common, and a metric (Endres and Schindelin 2003).
Unlike the population stability index it is finite where a label is missing on one side.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["chance_distance", "jensen_shannon_distance"]


def jensen_shannon_distance(recent: NDArray[np.integer], reference: NDArray[np.integer]) -> float:
    """Returns the distance of two distributions, in [0, 1].

    Args:
        recent: (labels,) counts, at least one above 0.
        reference: (labels,) counts, at least one above 0.

    Raises:
        ValueError: The shapes differ, or a side counts nothing.
    """
    _check(recent, reference)
    first, second = recent / recent.sum(), reference / reference.sum()
    middle = (first + second) / 2
    divergence = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    return float(np.sqrt(min(max(divergence, 0.0), 1.0)))


def chance_distance(recent: NDArray[np.integer], reference: NDArray[np.integer]) -> float:
    """Returns the distance to expect by chance alone between two samples of one distribution.

    Eight times the divergence in nats is close to a chi-squared statistic with one degree of freedom less than there
    are labels, over the harmonic size of the two samples.

    Args:
        recent: (labels,) counts, at least one above 0.
        reference: (labels,) counts, at least one above 0.

    Raises:
        ValueError: The shapes differ, or a side counts nothing.
    """
    _check(recent, reference)
    labels = np.count_nonzero(recent + reference)
    divergence = (labels - 1) / 8 * (1 / recent.sum() + 1 / reference.sum()) / np.log(2)
    return float(np.sqrt(min(divergence, 1.0)))


def _check(recent: NDArray[np.integer], reference: NDArray[np.integer]) -> None:
    if recent.ndim != 1 or recent.shape != reference.shape:
        raise ValueError(f"need two lists of counts of equal length, not {recent.shape} and {reference.shape}")
    if not recent.sum() > 0 or not reference.sum() > 0:
        raise ValueError("need at least one count above 0 on each side")


def _relative_entropy(share: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    there = share > 0
    return float((share[there] * np.log2(share[there] / other[there])).sum())
