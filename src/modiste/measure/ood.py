"""Is a picture unlike the training data? How much of its features lies where those of the catalogue's pictures do not.

A network's features of the catalogue's pictures fill few directions; those of other pictures leave them (Wang, Li, Feng
and Zhang, ViM: Out-Of-Distribution with Virtual-logit Matching, CVPR 2022, whose residual this is, relative to the
features' length). Only the direction of features counts, seen from zero: an even ground, whose features are weak, is
near the catalogue's mean, but points elsewhere. Which pictures it lets pass: docs/results/unfamiliar.md. By the nearest
label's centre, by the nearest pictures, or by the distance from the mean, more of those pictures passed.
"""

import numpy as np
from numpy.typing import NDArray

from modiste.measure.checks import check_share

__all__ = ["KEEP", "SHORTEST", "fit_subspace", "ood_score", "ood_threshold"]

SIZE = 128
"""Directions to keep. Of 64, 96, 128, 160, 192 and 256 the count that lets the fewest other pictures pass with the
small network; with the whole one it would be 256."""

KEEP = 0.95
"""The share of pictures like the training data that the threshold lets pass. Confidence means nothing for other
pictures, so they have to be kept out by this alone: at 0.99 a quarter of photos taken at home pass, at 0.95 a fortieth,
and of 200 pages of text none has an accepted answer instead of 56. As the thresholds of confidence are chosen from what
passes, it costs half a point of the answers that are accepted, not four."""

SHORTEST = 1e-12
"""No length that something is divided by is taken to be less. Features of length 0 then lie in no subspace."""


def fit_subspace(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Finds the subspace that holds most of the pictures' features, each picture counting the same.

    Args:
        features: (n, channels), n at least 2, of pictures of the catalogue. Few pictures give few directions: one for
            four of them.

    Returns:
        (channels, d), orthonormal: its directions.
    """
    channels = features.shape[1]
    size = max(min(SIZE, len(features) // 4, channels // 2), 1)
    lengths = np.linalg.norm(features, axis=1, keepdims=True).astype(np.float64)
    unit = features / np.maximum(lengths, SHORTEST)
    _, directions = np.linalg.eigh(unit.T @ unit)
    return directions[:, : -size - 1 : -1].astype(np.float32)


def ood_score(features: NDArray[np.floating], subspace: NDArray[np.float32]) -> NDArray[np.floating]:
    """Returns (n,) the share, in [0, 1], of each picture's squared length of features that lies outside the subspace.

    The higher it is, the more unlike the training data a picture is.

    Args:
        features: (n, channels).
        subspace: (channels, d), orthonormal: where the catalogue's features lie.
    """
    inside = np.square(features @ subspace).sum(axis=1)
    whole = np.square(features).sum(axis=1)
    # A part is no more than the whole, but rounding may say so.
    return 1 - np.minimum(inside, whole) / np.maximum(whole, SHORTEST)


def ood_threshold(scores: NDArray[np.floating], *, keep: float = KEEP) -> float:
    """Returns the score above which a picture counts as out of distribution.

    A new picture that is exchangeable with those measured is at or below it with probability at least `keep` (split
    conformal prediction: Vovk, Gammerman and Shafer 2005).

    Args:
        scores: (n,) of validation pictures. Fewer than keep / (1 - keep) are too few to refuse any.
        keep: In (0, 1).

    Returns:
        One of the scores; 1, which no picture exceeds, where there are too few.

    Raises:
        ValueError: `keep` is out of its range.
    """
    check_share("keep", keep)
    rank = int(np.floor((len(scores) + 1) * (1 - keep) + 1e-9))
    return float(np.sort(scores)[-rank]) if rank else 1.0
