"""Is a picture like the catalogue at all? How much of what sets it apart lies where the catalogue's pictures differ.

A network's features of the catalogue's pictures vary in few directions; those of other pictures leave them (Wang, Li,
Feng and Zhang, ViM: Out-Of-Distribution with Virtual-logit Matching, CVPR 2022, whose residual this is, relative to the
distance from the mean). What that lets pass is in docs/results/unfamiliar.md; by the nearest label's centre, which was
tried before, most of those pictures passed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.measure.checks import check_share

__all__ = ["Subspace", "familiarity", "familiarity_threshold", "fit_subspace"]

SIZE = 128
"""Directions to keep. Of 32, 64, 128, 256 and 512 the one that lets the fewest other pictures pass."""


@dataclass(frozen=True, eq=False)
class Subspace:
    """Where a catalogue's pictures lie.

    Attributes:
        mean: float32 (channels,): the features of the mean picture.
        directions: float32 (channels, d), orthonormal: in which its pictures differ most.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]


def fit_subspace(features: NDArray[np.floating]) -> Subspace:
    """Finds the directions in which pictures differ most.

    Args:
        features: (n, channels), n at least 2, of pictures of the catalogue. Few pictures give few directions: one for
            four of them.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    channels = features.shape[1]
    size = max(min(SIZE, len(features) // 4, channels // 2), 1)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return Subspace(mean.astype(np.float32), directions[:, : -size - 1 : -1].astype(np.float32))


def familiarity(features: NDArray[np.floating], subspace: Subspace) -> NDArray[np.floating]:
    """Returns (n,) the share, in [0, 1], of each picture's squared distance from the mean that lies in the subspace.

    Args:
        features: (n, channels).
        subspace: Where the catalogue's pictures lie.
    """
    centred = features - subspace.mean
    inside = np.square(centred @ subspace.directions).sum(axis=1)
    return inside / np.maximum(np.square(centred).sum(axis=1), 1e-12)


def familiarity_threshold(values: NDArray[np.floating], *, keep: float = 0.99) -> float:
    """Returns the familiarity from which on a picture counts as one of the catalogue's.

    A new picture that is exchangeable with those measured is at or above it with probability at least `keep` (split
    conformal prediction: Vovk, Gammerman and Shafer 2005).

    Args:
        values: (n,) familiarity of validation pictures. Fewer than keep / (1 - keep) are too few to refuse any.
        keep: In (0, 1).

    Returns:
        One of the values; 0, which every picture reaches, where there are too few.

    Raises:
        ValueError: `keep` is out of its range.
    """
    check_share("keep", keep)
    rank = int(np.floor((len(values) + 1) * (1 - keep) + 1e-9))
    return float(np.sort(values)[rank - 1]) if rank else 0.0
