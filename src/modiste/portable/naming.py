"""What a bundle reads names with, and answers from a picture and a name together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.measure.label_selection import LabelSelection
from modiste.portable.answers import answer, calibrated, split_heads
from modiste.portable.contents import MOST, Calibration, Hierarchy, check_array
from modiste.predictions import Predictions
from modiste.schema import Schema
from modiste.text.fusion import fused
from modiste.text.names import NameModel

__all__ = ["Naming", "answer_named", "parts_of"]

SURE = 0.9
"""From this probability on, a name counts as sure of what it says."""

LEAST_SEEN = 0.03
"""An answer that the picture alone holds for so much less likely than its own is disputed. On validation it costs right
names at most a point of coverage, and with other products' names the accepted Classes are right in 0.79, not 0.11."""


@dataclass(frozen=True, eq=False)
class Naming:
    """What makes answers of a picture and a name; it is to both together what the bundle's own is to pictures alone.

    Attributes:
        model: What names say.
        shares: float64 (attributes, 2), in [0, MOST]: how far the picture is believed, and the name.
        weights: float64 (attributes of the hierarchy,): see `Hierarchy`; empty where all are independent.
        temperatures: float64 (attributes,), in [1 / MOST, MOST].
        calibration: Per attribute.
    """

    model: NameModel
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    temperatures: NDArray[np.float64]
    calibration: tuple[Calibration, ...] = field(repr=False)

    def __post_init__(self) -> None:
        for name, values, axes in (("shares", self.shares, 2), ("temperatures", self.temperatures, 1)):
            check_array(f"the names' {name}", values, np.float64, axes)
        if self.shares.shape != (len(self.temperatures), 2) or len(self.calibration) != len(self.temperatures):
            raise ValueError("the names' shares, temperatures and calibrations differ in length")
        if not ((self.shares >= 0) & (self.shares <= MOST)).all():
            raise ValueError(f"the names' shares must be in [0, {MOST:g}]")
        if not ((self.temperatures >= 1 / MOST) & (self.temperatures <= MOST)).all():
            raise ValueError(f"the names' temperatures must be above 0 and at most {MOST:g}")

    def check(self, sizes: Sequence[int], hierarchy: Hierarchy | None) -> None:
        """Raises ValueError unless it fits attributes of so many labels, and their hierarchy."""
        if len(self.calibration) != len(sizes) or len(self.model.bias) != sum(sizes):
            raise ValueError("the names' model has other attributes or labels than the schema")
        for size, each in zip(sizes, self.calibration, strict=True):
            if (each.answer >= size).any():
                raise ValueError("a calibration with names holds a label id that its attribute does not have")
        if len(self.weights) != (len(hierarchy.attributes) if hierarchy else 0):
            raise ValueError("the names' weights of the hierarchy are not one for each of its attributes")
        self.hierarchy(hierarchy)

    def hierarchy(self, alone: Hierarchy | None) -> Hierarchy | None:
        """Returns the hierarchy of pictures alone, as it weighs with names."""
        return None if alone is None else replace(alone, weights=self.weights)


def answer_named(
    alone: Predictions,
    logits: NDArray[np.float32],
    names: Sequence[str | None],
    schema: Schema,
    *,
    naming: Naming,
    hierarchy: Hierarchy | None,
    ood_threshold: float,
    selections: Sequence[LabelSelection],
) -> Predictions:
    """Turns answers from pictures into those from pictures and names; where no word is known, they stay.

    A picture unlike the training data says nothing, so an answer about it is accepted only where the name alone says
    the same. Where both are sure of different labels, the answer is for review, and a note says why.

    Args:
        alone: The answers from the pictures alone.
        logits: (n, labels of all attributes): what the network gives for the pictures.
        names: (n,) the products' names, None where there is none.
        schema: See `answers.answer`.
        naming: What names are read with.
        hierarchy: That of pictures alone.
        ood_threshold: A picture with a higher score is unlike the training data.
        selections: Per attribute, for answers from both.
    """
    known = np.flatnonzero(naming.model.known(names))
    if not len(known):
        return alone
    said = naming.model.logits([names[row] for row in known.tolist()])
    seen = alone.take(known)
    told = answer(
        fused(logits[known], said, naming.shares, schema.sizes),
        np.zeros((len(known), 1), np.float32) if seen.visual is None else seen.visual,
        seen.ood_score,
        schema,
        hierarchy=naming.hierarchy(hierarchy),
        temperatures=naming.temperatures.tolist(),
        ood_threshold=1.0,
        selections=selections,
        bundle=alone.bundle,
        precision=alone.precision,
    )
    read = calibrated(split_heads(said, schema.sizes), [1.0] * len(schema.sizes))
    read_ids = np.stack([part.argmax(axis=1) for part in read], axis=1)
    sure = np.stack([part.max(axis=1) for part in read], axis=1) >= SURE
    inside = (seen.ood_score <= np.float32(ood_threshold))[:, None]
    disputed = seen.accepted & sure & (read_ids != seen.label_ids)
    disputed |= inside & _hardly_seen(seen, told.label_ids)
    told = replace(
        told,
        accepted=told.accepted & (inside | (read_ids == told.label_ids)) & ~disputed,
        notes=_notes(schema, disputed, read_ids, seen.label_ids),
        **{name: getattr(seen, name) for name in ("paths", "ids", "digests")},
    )
    others = np.setdiff1d(np.arange(len(alone)), known)
    return Predictions.concat([told, alone.take(others)]).take(np.argsort(np.concatenate([known, others])))


def _hardly_seen(seen: Predictions, label_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Returns which answers the picture alone holds for unlikely beside its own: bool (n, attributes)."""
    parts = seen.all_probabilities or ()
    rows = np.arange(len(label_ids))
    pairs = zip(parts, label_ids.T, strict=True)
    return np.stack([part[rows, labels] < LEAST_SEEN * part.max(axis=1) for part, labels in pairs], axis=1)


def _notes(
    schema: Schema, disputed: NDArray[np.bool_], read: NDArray[np.int64], seen: NDArray[np.int64]
) -> tuple[str | None, ...]:
    """Says of each row on what its name and its picture disagree; empty where none of them does."""

    def said(row: int) -> str | None:
        parts = [
            f"{attribute.name}: the name says {attribute.labels[read[row, at]]}, the picture "
            f"{attribute.labels[seen[row, at]]}"
            for at, attribute in enumerate(schema.attributes)
            if disputed[row, at]
        ]
        return "; ".join(parts) or None

    return tuple(said(row) for row in range(len(disputed))) if disputed.any() else ()


def parts_of(naming: Naming) -> dict[str, Any]:
    """Returns a naming's arrays by name, those of its model first."""
    model = {name: value for name, value in vars(naming.model).items() if isinstance(value, np.ndarray)}
    return model | {"shares": naming.shares, "hierarchy": naming.weights, "temperatures": naming.temperatures}
