"""The binomial distribution's tail and the exact interval of a share, in NumPy alone.

The base install has no SciPy, and thresholds for any target are chosen there too.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.measure.checks import check_share

__all__ = ["binomial_tail", "clopper_pearson"]

HALVINGS = 50
"""How often the interval [0, 1] is halved in the search for a bound, which is then known to 1e-15."""

CHUNK = 64
"""Terms of the tail that are computed at once."""


def binomial_tail(hits: ArrayLike, n: ArrayLike, rate: ArrayLike) -> NDArray[np.float64]:
    """Returns P(X <= hits) for X ~ Binomial(n, rate), to 1e-10 for n up to 50,000.

    The probability of the term at `hits` comes from log-gamma; its neighbours, away from the mean, follow from it by
    their ratios and only shrink, so that nothing cancels. Above the mean it is the other side that is summed.

    Args:
        hits: Whole numbers of any shape; below 0 the tail is 0, from n on it is 1.
        n: Whole numbers, at least 0, that broadcast with `hits`.
        rate: In (0, 1), of a shape that broadcasts with `hits`.
    """
    hits, n, rate = np.broadcast_arrays(np.asarray(hits, float), np.asarray(n, float), np.asarray(rate, float))
    upper = hits > n * rate
    k = np.where(upper, n - hits - 1, hits)
    p = np.where(upper, 1 - rate, rate)
    possible = (k >= 0) & (n > 0)
    k = np.where(possible, k, 0)
    first = np.exp(
        _log_factorial(n)
        - _log_factorial(k)
        - _log_factorial(np.maximum(n - k, 0))
        + k * np.log(p)
        + (n - k) * np.log1p(-p)
    )
    odds = ((1 - p) / p)[..., None]
    term = np.ones_like(first)
    total = np.ones_like(first)
    steps = np.arange(CHUNK, dtype=float)
    while (term > 1e-17 * total).any():
        ratios = np.maximum(k[..., None] - steps, 0) / np.maximum((n - k)[..., None] + steps + 1, 1) * odds
        terms = term[..., None] * ratios.cumprod(axis=-1)
        total = total + terms.sum(axis=-1)
        term = terms[..., -1]
        steps = steps + CHUNK
    tail = np.where(possible, np.minimum(first * total, 1.0), 0.0)
    return np.where(hits >= n, 1.0, np.where(upper, 1 - tail, tail))


def clopper_pearson(
    hits: ArrayLike, n: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the exact interval of a share (Clopper and Pearson 1934), which never covers less than it says.

    Args:
        hits: Whole numbers in [0, n], of any shape.
        n: Whole numbers that broadcast with `hits`; where n is 0, the interval is [0, 1].
        confidence: In (0, 1), two-sided.

    Returns:
        The lower and the upper bounds.

    Raises:
        ValueError: `confidence` is out of its range.
    """
    check_share("confidence", confidence)
    hits, n = np.broadcast_arrays(np.asarray(hits), np.asarray(n))
    side = (1 - confidence) / 2
    # The lower bound is one less the upper bound of the misses.
    return 1 - _upper(n - hits, n, side), _upper(hits, n, side)


def _upper(hits: NDArray[np.int64], n: NDArray[np.int64], side: float) -> NDArray[np.float64]:
    """The rate at which as few hits as these have the probability `side`; 1 where all are hits."""
    low, high = np.zeros(hits.shape), np.ones(hits.shape)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        likely = binomial_tail(hits, n, middle) > side
        low, high = np.where(likely, middle, low), np.where(likely, high, middle)
    return high


def _log_factorial(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(values!), each different value computed once."""
    different, places = np.unique(values, return_inverse=True)
    table = np.array([math.lgamma(value + 1) for value in different.tolist()])
    return table[places].reshape(values.shape)
