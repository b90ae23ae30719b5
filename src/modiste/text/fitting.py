"""Learns what names say. Needs SciPy, as training does; answering does not."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from modiste.measure.calibration import log_softmax
from modiste.text.names import NameModel
from modiste.text.words import terms_of

__all__ = ["fit_names", "fit_shares"]

LEAST = 2
"""A term must come in so many names: one that comes once may be a model's number."""

MOST = 20_000
"""The most frequent terms are kept."""

STRENGTH = 10.0
"""The inverse of the ridge on the weights, chosen on validation names of the real catalogue among 3, 10 and 30."""

STEPS = 50
"""Of L-BFGS, where fitting stops; set by hand."""

WEIGHTS = 450_000
"""So many of the weights are kept, those of most effect: 3 bytes each."""


def fit_names(
    names: Sequence[str | None],
    true: NDArray[np.int64],
    sizes: Sequence[int],
    *,
    on_attribute: Callable[[int], None] = lambda _: None,
) -> NameModel | None:
    """Fits one multinomial logistic model for each attribute on products' names.

    Args:
        names: (n,) the products'; None where one has none.
        true: (n, attributes) label ids, negative where missing.
        sizes: How many labels each attribute has.
        on_attribute: Is told of each attribute that is done.

    Returns:
        The models; None where no term comes in two names.
    """
    found = [terms_of(name) for name in names]
    frequency = Counter(term for terms in found for term in terms)
    terms = sorted(term for term, count in frequency.most_common(MOST) if count >= LEAST)
    if not terms:
        return None
    idf = np.array([np.log((1 + len(names)) / (1 + frequency[term])) + 1 for term in terms], np.float32)
    matrix = _matrix(found, terms, idf)
    named = np.diff(matrix.indptr) > 0
    kernels, biases = [], []
    for number, (labels, size) in enumerate(zip(true.T, sizes, strict=True)):
        rows = np.flatnonzero(named & (labels >= 0) & (labels < size))
        kernel, bias = _fit(matrix[rows], labels[rows], size)
        kernels.append(kernel)
        biases.append(bias)
        on_attribute(number + 1)
    return _small(tuple(terms), idf, np.concatenate(kernels, axis=1), np.concatenate(biases))


def _matrix(found: Sequence[Sequence[str]], terms: Sequence[str], idf: NDArray[np.float32]) -> csr_array:
    """Returns the names' TF-IDF, each row of length 1: float32 (n, terms)."""
    index_of = {term: index for index, term in enumerate(terms)}
    rows = [[index_of[term] for term in each if term in index_of] for each in found]
    counts = np.array([len(row) for row in rows])
    columns = np.array([index for row in rows for index in row], np.int32)
    ends = np.concatenate([[0], np.cumsum(counts)])
    values = idf[columns]
    lengths = np.sqrt(np.bincount(np.repeat(np.arange(len(rows)), counts), np.square(values), minlength=len(rows)))
    return csr_array(
        ((values / np.repeat(lengths, counts)).astype(np.float32), columns, ends), shape=(len(rows), len(terms))
    )


def _fit(matrix: csr_array, labels: NDArray[np.int64], size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fits one attribute's weights, float32 (terms, labels), and biases."""
    terms, rows, turned = matrix.shape[1], np.arange(len(labels)), matrix.T.tocsr()
    if not len(labels):
        return np.zeros((terms, size), np.float32), np.zeros(size, np.float32)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        kernel = flat[:-size].reshape(terms, size).astype(np.float32)
        log_probabilities = log_softmax(matrix @ kernel + flat[-size:].astype(np.float32))
        slope = np.exp(log_probabilities)
        slope[rows, labels] -= 1
        gradient = np.concatenate([(turned @ slope + kernel / np.float32(STRENGTH)).ravel(), slope.sum(axis=0)])
        ridge = float(np.square(kernel).sum(dtype=np.float64)) / (2 * STRENGTH)
        return ridge - float(log_probabilities[rows, labels].sum(dtype=np.float64)), gradient.astype(np.float64)

    start = np.zeros((terms + 1) * size)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 8}).x
    return found[:-size].reshape(terms, size).astype(np.float32), found[-size:].astype(np.float32)


def _small(
    terms: tuple[str, ...], idf: NDArray[np.float32], kernel: NDArray[np.float32], bias: NDArray[np.float32]
) -> NameModel:
    """Keeps the weights of most effect, in 8 bits, and the terms that have any."""
    scales = np.abs(kernel).max(axis=0, initial=0.0) / np.float32(127)
    steps = np.rint(kernel / np.where(scales > 0, scales, 1)).astype(np.int8)
    effect = np.abs(steps * scales * idf[:, None])
    if np.count_nonzero(effect) > WEIGHTS:
        steps[effect < np.partition(effect.ravel(), -WEIGHTS)[-WEIGHTS]] = 0
    kept = np.flatnonzero((steps != 0).any(axis=1))
    if not len(kept):
        kept = np.arange(1)
    steps = steps[kept]
    label_ids = np.nonzero(steps)[1].astype(np.uint16)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(steps, axis=1))]).astype(np.int32)
    named = tuple(terms[index] for index in kept)
    return NameModel(named, idf[kept], starts, label_ids, steps[steps != 0], scales, bias)


def fit_shares(
    picture: NDArray[np.floating], name: NDArray[np.floating], true: NDArray[np.int64], sizes: Sequence[int]
) -> NDArray[np.float64]:
    """Fits how far the picture and the name are believed: the most likely of the true labels, both near 1.

    Args:
        picture: See `fusion.fused`.
        name: See `fusion.fused`; of names that the training of their model did not see.
        true: (n, attributes) label ids, negative where missing.
        sizes: How many labels each attribute has.

    Returns:
        (attributes, 2), in [0, 20].
    """
    ends = np.cumsum(sizes)[:-1]
    parts = zip(np.split(picture, ends, axis=1), np.split(name, ends, axis=1), true.T, strict=True)
    return np.array([_fit_pair(*each) for each in parts])


def _fit_pair(
    picture: NDArray[np.floating], name: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    known = np.flatnonzero((labels >= 0) & (labels < picture.shape[1]))
    said = np.stack([log_softmax(each[known].astype(np.float64)) for each in (picture, name)])
    rows, answers = np.arange(len(known)), labels[known]
    observed = said[:, rows, answers].sum(axis=1)

    def loss(shares: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        both = log_softmax(shares[0] * said[0] + shares[1] * said[1])
        slope = np.array([(each * np.exp(both)).sum() for each in said]) - observed
        prior = shares - 1
        return float(np.square(prior).sum() / 2 - both[rows, answers].sum()), slope + prior

    if not len(known):
        return np.ones(2)
    found: NDArray[np.float64] = minimize(loss, np.ones(2), jac=True, method="L-BFGS-B", bounds=[(0, 20)] * 2).x
    return found
