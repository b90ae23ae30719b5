"""What products' names say: linear models on words and pairs of words, one for each attribute, small and readable.

A name is the TF-IDF of its terms, of length 1. All attributes share the terms; each has a multinomial logistic model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modiste.text.words import terms_of

__all__ = ["MOST_TERMS", "NameModel"]

MOST_TERMS = 200_000
"""A model of more terms is refused: it is none of ours."""


@dataclass(frozen=True, eq=False)
class NameModel:
    """Linear models of what names say.

    Attributes:
        terms: Words and pairs of words, sorted, each once; at least one.
        idf: float32 (terms,), above 0: how much a term counts, the more the rarer it is.
        starts: int32 (terms + 1,): where each term's weights begin, and where the last one's end.
        label_ids: uint16 (weights,): whose label each weight is, over the labels of all attributes.
        weights: int8 (weights,): in steps of the label's scale.
        scales: float32 (labels of all attributes,), at least 0.
        bias: float32 (labels of all attributes,).

    Raises:
        ValueError: The arrays do not fit together.
    """

    terms: tuple[str, ...] = field(repr=False)
    idf: NDArray[np.float32] = field(repr=False)
    starts: NDArray[np.int32] = field(repr=False)
    label_ids: NDArray[np.uint16] = field(repr=False)
    weights: NDArray[np.int8] = field(repr=False)
    scales: NDArray[np.float32] = field(repr=False)
    bias: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.terms)
        if not 1 <= count <= MOST_TERMS or list(self.terms) != sorted(set(self.terms)):
            raise ValueError(f"the terms of names must be 1 to {MOST_TERMS:,}, sorted and none twice")
        if self.idf.shape != (count,) or self.starts.shape != (count + 1,) or self.scales.shape != self.bias.shape:
            raise ValueError("the arrays of the names' model differ in length")
        if self.weights.ndim != 1 or self.weights.shape != self.label_ids.shape or self.bias.ndim != 1:
            raise ValueError("the weights of the names' model differ in length")
        if self.starts[0] != 0 or self.starts[-1] != len(self.weights) or (np.diff(self.starts) < 0).any():
            raise ValueError("the weights of the names' model begin and end in the wrong places")
        if len(self.weights) and self.label_ids.max() >= len(self.bias):
            raise ValueError("the names' model has a weight of a label that there is not")
        if not all(np.isfinite(each).all() for each in (self.idf, self.scales, self.bias)):
            raise ValueError("the names' model holds NaN or infinity")
        if (
            not ((self.idf > 0) & (self.idf < LARGEST)).all()
            or not ((self.scales >= 0) & (self.scales < LARGEST)).all()
        ):
            raise ValueError(f"the numbers of the names' model must be above 0 and below {LARGEST:g}")
        if (np.abs(self.bias) >= LARGEST).any():
            raise ValueError(f"the biases of the names' model must be below {LARGEST:g}")

    @cached_property
    def _index_of(self) -> dict[str, int]:
        return {term: index for index, term in enumerate(self.terms)}

    def known(self, names: Sequence[str | None]) -> NDArray[np.bool_]:
        """Returns which names have a term that the model knows: bool (n,)."""
        return np.array([any(term in self._index_of for term in terms_of(name)) for name in names], np.bool_)

    def logits(self, names: Sequence[str | None]) -> NDArray[np.float32]:
        """Returns what names say: float32 (n, labels of all attributes); the biases where no term is known."""
        logits = np.tile(self.bias, (len(names), 1))
        for row, name in zip(logits, names, strict=True):
            for index, share in self._shares(name):
                span = slice(self.starts[index], self.starts[index + 1])
                label_ids = self.label_ids[span]
                row[label_ids] += share * self.weights[span] * self.scales[label_ids]
        return logits

    def words(self, name: str | None, label_id: int, *, top: int = 5) -> list[tuple[str, float]]:
        """Returns the terms of a name that spoke for a label, and what each adds to its logit, the most first.

        Args:
            name: The name.
            label_id: The label's index over the labels of all attributes.
            top: At most so many.
        """
        found = []
        for index, share in self._shares(name):
            span = slice(self.starts[index], self.starts[index + 1])
            at = self.label_ids[span] == label_id
            weight = share * float(self.weights[span][at].sum()) * float(self.scales[label_id])
            if weight > 0:
                found.append((self.terms[index], weight))
        return sorted(found, key=lambda each: -each[1])[:top]

    def _shares(self, name: str | None) -> list[tuple[int, float]]:
        """Returns the known terms of a name, by their index, each with its share; the squares sum to 1."""
        indices = [self._index_of[term] for term in terms_of(name) if term in self._index_of]
        length = float(np.linalg.norm(self.idf[indices]))
        return [(index, float(self.idf[index]) / length) for index in indices]


LARGEST = 1e4
"""What is learned stays well below; so sums of hostile numbers are finite, too."""
