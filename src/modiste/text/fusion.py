"""What the picture and the name say, together: late fusion, a weighted product of experts for each attribute."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.measure.calibration import log_softmax

__all__ = ["fused"]


def fused(
    picture: NDArray[np.floating], name: NDArray[np.floating], shares: NDArray[np.float64], sizes: Sequence[int]
) -> NDArray[np.float32]:
    """Returns logits of both: float32 (n, labels of all attributes).

    Args:
        picture: (n, labels of all attributes), a network's logits.
        name: (n, labels of all attributes), those of a `NameModel`.
        shares: (attributes, 2): how far the picture is believed, and the name.
        sizes: How many labels each attribute has.
    """
    ends = np.cumsum(sizes)[:-1]
    pairs = zip(np.split(picture, ends, axis=1), np.split(name, ends, axis=1), shares.tolist(), strict=True)
    parts = [seen * log_softmax(one) + read * log_softmax(other) for one, other, (seen, read) in pairs]
    return np.concatenate(parts, axis=1).astype(np.float32)
