"""How much photos of one group are worth as evidence: those that one person took of one room resemble each other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from modiste.measure.binomial import clopper_pearson
from modiste.measure.metrics import Estimate

__all__ = ["clustered_share", "folds_by_group", "intraclass_correlation"]


def intraclass_correlation(values: NDArray[np.floating], groups: NDArray[np.int64]) -> float:
    """Returns how alike values of one group are: 0 for no more than those of others, 1 where they are equal.

    It is the estimate from the analysis of variance (Donner 1986), or 0 where that is negative or no group has two.

    Args:
        values: (n,).
        groups: (n,) which group each belongs to.
    """
    sizes, means, rows = _groups(values, groups)
    n, k = len(values), len(sizes)
    if k < 2 or n == k:
        return 0.0
    within = float(np.square(values - means[rows]).sum()) / (n - k)
    between = float((sizes * np.square(means - values.mean())).sum()) / (k - 1)
    typical = (n - float(np.square(sizes).sum()) / n) / (k - 1)
    whole = between + (typical - 1) * within
    return float(np.clip((between - within) / whole, 0, 1)) if whole > 0 else 0.0


def clustered_share(hits: NDArray[np.bool_], groups: NDArray[np.int64], correlation: float) -> Estimate:
    """Returns the share of hits with a 95 % interval for as many independent ones as they are worth (Kish 1965).

    Args:
        hits: bool (n,).
        groups: (n,) which group each belongs to.
        correlation: See `intraclass_correlation`.
    """
    n = len(hits)
    if not n:
        return Estimate(float("nan"), 0.0, 1.0)
    sizes, _, _ = _groups(hits.astype(np.float64), groups)
    effect = 1 + (float(np.square(sizes).sum()) / n - 1) * correlation
    share = float(hits.mean())
    worth = max(int(n / effect), 1)
    # Rounded away from what is estimated, on either side.
    low, _ = clopper_pearson(int(np.floor(share * worth)), worth)
    _, high = clopper_pearson(int(np.ceil(share * worth)), worth)
    return Estimate(share, float(low), float(high))


def folds_by_group(groups: NDArray[np.int64], count: int) -> Iterator[NDArray[np.bool_]]:
    """Yields bool (n,) masks that cut photos into parts of about the same size; a group is in one of them.

    Args:
        groups: (n,) which group each photo belongs to, at least two of them.
        count: How many parts, as far as there are groups.
    """
    names, rows, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled, part = np.zeros(min(count, len(names))), np.zeros(len(names), np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        part[group] = filled.argmin()
        filled[part[group]] += sizes[group]
    for number in range(len(filled)):
        yield part[rows.ravel()] == number


def _groups(
    values: NDArray[np.floating], groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Returns the groups' sizes, their means, and which row of these each value belongs to."""
    _, rows, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rows = rows.ravel()
    return sizes, np.bincount(rows, values) / sizes, rows
