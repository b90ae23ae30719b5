"""Is this picture like the catalogue at all? The nearest label's centre in the space of embeddings tells."""

import numpy as np
from numpy.typing import NDArray

from modiste.measure.checks import check_share

__all__ = ["centroids", "familiarity", "familiarity_threshold"]


def centroids(embeddings: NDArray[np.floating], labels: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Returns each label's mean direction.

    Args:
        embeddings: (n, d), L2-normalised.
        labels: (n,) label numbers in [0, count), -1 where missing; such rows are left out.
        count: How many labels there are.

    Returns:
        (count, d), L2-normalised; zeros for a label without a picture.
    """
    known = labels >= 0
    sums = np.zeros((count, embeddings.shape[1]))
    np.add.at(sums, labels[known], embeddings[known])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)


def familiarity(embeddings: NDArray[np.floating], centroids: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns (n,) the highest cosine, in [-1, 1], of each picture to a label's centre.

    Args:
        embeddings: (n, d), L2-normalised.
        centroids: (labels, d), from `centroids`; at least one label has a picture.
    """
    return (embeddings @ centroids[centroids.any(axis=1)].T).max(axis=1)


def familiarity_threshold(values: NDArray[np.floating], *, keep: float = 0.99) -> float:
    """Returns the familiarity from which on a picture counts as one of the catalogue's.

    A new picture that is exchangeable with those measured is at or above it with probability at least `keep` (split
    conformal prediction: Vovk, Gammerman and Shafer 2005).

    Args:
        values: (n,) familiarity of validation pictures. Fewer than keep / (1 - keep) are too few to refuse any.
        keep: In (0, 1).

    Returns:
        One of the values; -1, which every picture reaches, where there are too few.

    Raises:
        ValueError: `keep` is out of its range.
    """
    check_share("keep", keep)
    rank = int(np.floor((len(values) + 1) * (1 - keep) + 1e-9))
    return float(np.sort(values)[rank - 1]) if rank else -1.0
