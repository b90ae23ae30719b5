"""Losses for labels of very different frequency, per attribute, with missing labels masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from modiste.dataset.partial import FIRST_CODE
from modiste.schema import Imbalance

__all__ = [
    "METHODS",
    "AttributeLoss",
    "MaskedAccuracy",
    "MaskedCrossEntropy",
    "attribute_losses",
    "class_weights",
    "sampling_weights",
]

Tensor: TypeAlias = Any
"""A tensor of whatever backend is in use."""

METHODS: tuple[Imbalance, ...] = get_args(Imbalance)
"""What can be done about rare labels:

- ``plain``: nothing;
- ``inverse``: each product's loss weighs as the square root of its label's inverse frequency;
- ``effective``: as the inverse of its label's effective number of products (Cui et al. 2019);
- ``focal``: what the network is already sure of weighs less (Lin et al. 2017);
- ``adjusted``: the logits are raised by the log frequencies in training, so that without them they favour no
  label (Menon et al. 2021);
- ``balanced``: rare labels of the first attribute are drawn more often.
"""

EFFECTIVE_BETA = 0.999
FOCAL_GAMMA = 2.0
ADJUSTMENT = 1.0

NO_LOGIT = -1e9
"""A logit that adds nothing to a softmax."""


@dataclass(frozen=True)
class AttributeLoss:
    """How one attribute is learned.

    Attributes:
        size: How many labels it has.
        weight: Its share of the loss.
        label_weights: (size,) what a product of each label weighs; a mean of 1 over the products.
        adjustment: (size,) what is added to the logits in training.
        gamma: The focal loss's exponent; 0 for none.
    """

    size: int
    weight: float
    label_weights: tuple[float, ...]
    adjustment: tuple[float, ...]
    gamma: float = 0.0


def attribute_losses(
    label_ids: NDArray[np.int64],
    sizes: Sequence[int],
    *,
    weights: Sequence[float],
    methods: Sequence[Imbalance],
) -> tuple[AttributeLoss, ...]:
    """Chooses how each attribute is learned from the labels of the training part.

    Args:
        label_ids: (products, attributes) label ids, negative where missing.
        sizes: How many labels each attribute has.
        weights: Each attribute's share of the loss.
        methods: One of `METHODS` for each attribute.
    """
    losses = []
    for index, (size, weight, method) in enumerate(zip(sizes, weights, methods, strict=True)):
        counts = np.bincount(label_ids[label_ids[:, index] >= 0, index], minlength=size)
        adjusted = ADJUSTMENT * np.log(np.maximum(counts, 1) / max(counts.sum(), 1)) if method == "adjusted" else None
        losses.append(
            AttributeLoss(
                size,
                weight,
                tuple(class_weights(counts, method).tolist()),
                tuple((np.zeros(size) if adjusted is None else adjusted).tolist()),
                FOCAL_GAMMA if method == "focal" else 0.0,
            )
        )
    return tuple(losses)


def class_weights(counts: NDArray[np.int64], method: Imbalance) -> NDArray[np.float64]:
    """Returns what a product of each label weighs in the loss: float64 (labels,), a mean of 1 over the products.

    Args:
        counts: (labels,) products of each label.
        method: `inverse` and `effective` weigh; the others give ones.
    """
    some = np.maximum(counts, 1)
    if method == "inverse":
        raw = some**-0.5
    elif method == "effective":
        raw = (1 - EFFECTIVE_BETA) / (1 - EFFECTIVE_BETA**some)
    else:
        raw = np.ones(len(counts))
    return raw * counts.sum() / max(float((raw * counts).sum()), 1e-12) if counts.sum() else raw


def sampling_weights(label_ids: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Returns how often to draw each product so that rare labels come more often: float64 (products,), summing to 1.

    The square root of the label's inverse frequency: half way between the catalogue as it is and equal shares.

    Args:
        label_ids: (products,) label ids, negative where missing; those are drawn as the average product is.
        size: How many labels there are.
    """
    counts = np.bincount(label_ids[label_ids >= 0], minlength=size)
    weights = class_weights(counts, "inverse")
    drawn = np.where(label_ids >= 0, weights[np.maximum(label_ids, 0)], 1.0)
    return drawn / drawn.sum()


@keras.saving.register_keras_serializable("modiste")
class MaskedCrossEntropy(keras.losses.Loss):
    """The weighted sum of the attributes' cross-entropies; a missing label adds nothing.

    With a teacher, each is mixed with the cross-entropy to the teacher's probabilities (Hinton et al. 2015).

    Args:
        losses: How each attribute is learned.
        label_smoothing: The share of the target spread evenly over the labels.
        teaching: The share of the loss that compares with a teacher's probabilities, in [0, 1].
        sets: bool (sets, attributes, most labels): see `PartialLabels.masks`. Of a product whose label is one of a set,
            the loss is minus the logarithm of the sum of these labels' probabilities.
    """

    def __init__(
        self,
        losses: Sequence[AttributeLoss],
        *,
        label_smoothing: float = 0.0,
        teaching: float = 0.0,
        sets: NDArray[np.bool_] | None = None,
    ) -> None:
        super().__init__(name="masked_cross_entropy")
        self._losses = tuple(losses)
        self._smoothing = label_smoothing
        self._teaching = teaching
        # A set belongs to one attribute, so its labels' places are those of that attribute.
        self._members = None if sets is None or not len(sets) else sets.any(axis=1).astype(np.float32)
        self._grid = _Grid(self.sizes)
        self._adjustment = self._grid.of([loss.adjustment for loss in losses])
        self._label_weights = self._grid.of([loss.label_weights for loss in losses])
        self._even = self._grid.of([(1.0 / size,) * size for size in self.sizes])
        self._weights = np.array([loss.weight for loss in losses], np.float32)
        self._gammas = np.array([loss.gamma for loss in losses], np.float32)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many labels each attribute has."""
        return tuple(loss.size for loss in self._losses)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Maps label ids (batch, attributes), with a teacher followed by its probabilities (batch, attributes + sum
        of sizes), and logits (batch, sum of sizes) to losses (batch,).
        """
        count = len(self._losses)
        logits = self._grid.lay_out(y_pred)
        right = self._grid.one_hot(y_true[:, :count])
        logs = ops.log_softmax(ops.add(logits, self._adjustment))
        # Where no label is known, none is right, and the weight is 0.
        weights = ops.sum(ops.multiply(right, self._label_weights), axis=-1)
        if self._gammas.any():
            sure = ops.exp(ops.sum(right * logs, axis=-1))
            focus = ops.power(1.0 - sure, np.maximum(self._gammas, 1.0))
            weights = weights * ops.where(self._gammas > 0, focus, 1.0)
        smooth = ops.add(right * (1.0 - self._smoothing), self._smoothing * self._even)
        each = -weights * ops.sum(smooth * logs, axis=-1)
        if self._members is not None:
            each = each - self._log_of_sets(y_true[:, :count], logs)
        if self._teaching:
            told = ops.multiply(self._grid.lay_out(y_true[:, count:]), self._grid.filled)
            each = (1.0 - self._teaching) * each - self._teaching * ops.sum(told * ops.log_softmax(logits), axis=-1)
        return ops.matmul(each, self._weights)

    def _log_of_sets(self, y_true: Tensor, logs: Tensor) -> Tensor:
        """Returns the logarithm of the probability that sets have together, (batch, attributes); 0 where none is."""
        numbers = FIRST_CODE - ops.cast(y_true, "int32")
        members = ops.take(self._members, ops.maximum(numbers, 0), axis=0)
        together = ops.logsumexp(ops.where(members > 0, logs, NO_LOGIT), axis=-1)
        return ops.where(numbers >= 0, together, 0.0)


@keras.saving.register_keras_serializable("modiste")
class MaskedAccuracy(keras.metrics.Mean):
    """The mean over the attributes of the share of right answers among the known labels.

    Args:
        sizes: How many labels each attribute has.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(name="accuracy")
        self._grid = _Grid(sizes)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:  # noqa: ARG002
        """Adds a batch of label ids (batch, attributes or more) and logits (batch, sum of sizes)."""
        true = ops.cast(y_true[:, : len(self._grid.filled)], "int32")
        answers = ops.cast(ops.argmax(self._grid.lay_out(y_pred), axis=-1), "int32")
        known = ops.sum(ops.cast(true >= 0, "float32"), axis=0)
        right = ops.sum(ops.cast(true == answers, "float32"), axis=0)
        super().update_state(right / ops.maximum(known, 1.0))


class _Grid:
    """Attributes side by side, each with as many places as the largest has labels: one operation for all of them.

    Args:
        sizes: How many labels each attribute has.

    Attributes:
        filled: float32 (attributes, places): 1 where a place has a label, else 0.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        ends = np.cumsum(sizes)
        self._places = np.arange(max(sizes), dtype=np.int32)
        self.filled = (self._places < np.array(sizes)[:, None]).astype(np.float32)
        starts = (ends - np.array(sizes))[:, None]
        self._columns = np.minimum(starts + self._places, ends[:, None] - 1).astype(np.int32)
        self._empty = np.where(self.filled, 0.0, NO_LOGIT).astype(np.float32)

    def of(self, values: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        """Lays out one number a label: float32 (attributes, places), with zeros where there is none."""
        grid = np.zeros_like(self.filled)
        grid[self.filled > 0] = np.concatenate([np.asarray(each, np.float32) for each in values])
        return grid

    def lay_out(self, logits: Tensor) -> Tensor:
        """Maps (batch, sum of sizes) to (batch, attributes, places), with very low values where there is no label."""
        return ops.add(ops.take(logits, self._columns, axis=1), self._empty)

    def one_hot(self, label_ids: Tensor) -> Tensor:
        """Maps label ids (batch, attributes) to float32 (batch, attributes, places); all zeros where negative."""
        return ops.cast(ops.equal(ops.cast(label_ids, "int32")[:, :, None], self._places), "float32")
