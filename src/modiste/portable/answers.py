"""From logits to answers: arrays in, arrays out. The same arithmetic calibrates a network and answers in the field."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.targets import Attribute
from modiste.measure.calibration import softmax
from modiste.measure.consistency import joint_log_probabilities, log_marginals, most_probable
from modiste.measure.embedding import embed
from modiste.measure.label_selection import LabelSelection, select_by_label
from modiste.measure.selection import accepted
from modiste.portable.contents import Calibration, Hierarchy

__all__ = ["Answers", "Scores", "answer", "calibrated", "score", "select"]

SHARES = {"baseColour": 2.0}
"""How much an attribute counts where products are compared; 1 where it is not named."""

VISUAL_SHARE = 0.3
"""How much the looks count there. Both were chosen on validation products of the real catalogue."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What a network says of n pictures, made to fit together, before it is calibrated.

    Attributes:
        label_ids: int64 (n, attributes): the label ids answered.
        logits: Per attribute, (n, labels): logits, or logarithms of the joint answer's marginals where the attribute
            belongs to the hierarchy. A temperature is fitted to these.
    """

    label_ids: NDArray[np.int64]
    logits: tuple[NDArray[np.floating], ...]


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers about n pictures.

    Attributes:
        attributes: What is said of a picture.
        label_ids: int64 (n, attributes): the label ids answered.
        confidence: float32 (n, attributes): how probable it is that each is right.
        accepted: bool (n, attributes): whether it may be taken without a look.
        probabilities: Per attribute, float32 (n, labels); each row sums to 1.
        visual: float32 (n, d), L2-normalised: how the pictures look, as the network embeds them.
        familiarity: float32 (n,), in [0, 1]: see `measure.familiarity`.
        familiar: bool (n,): whether the picture is like the catalogue; where it is not, nothing is accepted.
    """

    attributes: tuple[Attribute, ...]
    label_ids: NDArray[np.int64]
    confidence: NDArray[np.float32]
    accepted: NDArray[np.bool_]
    probabilities: tuple[NDArray[np.float32], ...]
    visual: NDArray[np.float32]
    familiarity: NDArray[np.float32]
    familiar: NDArray[np.bool_]

    @cached_property
    def embedding(self) -> NDArray[np.float32]:
        """float32 (n, e), L2-normalised, to find similar products by: see `measure.embedding`."""
        shares = [SHARES.get(attribute.name, 1.0) for attribute in self.attributes]
        return embed(self.probabilities, self.visual, shares=shares, visual_share=VISUAL_SHARE)

    def __len__(self) -> int:
        return len(self.label_ids)


def score(logits: NDArray[np.floating], attributes: Sequence[Attribute], hierarchy: Hierarchy | None) -> Scores:
    """Splits logits into attributes and makes those of the hierarchy fit together.

    The answer of the hierarchy is the most probable combination; every other attribute's is its most probable label.

    Args:
        logits: (n, labels of all attributes).
        attributes: In the order of the logits.
        hierarchy: Which answers must fit together; None where all are independent.

    Raises:
        ValueError: The logits are not as many as the labels.
    """
    sizes = [len(attribute.labels) for attribute in attributes]
    if logits.ndim != 2 or logits.shape[1] != sum(sizes):
        raise ValueError(f"need logits (n, {sum(sizes)}), not {logits.shape}")
    parts = np.split(logits, np.cumsum(sizes)[:-1], axis=1)
    label_ids = np.stack([part.argmax(axis=1) for part in parts], axis=1)
    if hierarchy is not None:
        indices = [[attribute.name for attribute in attributes].index(name) for name in hierarchy.attributes]
        combinations = hierarchy.combinations.astype(np.int64)
        joint = joint_log_probabilities([parts[index] for index in indices], combinations, hierarchy.weights)
        label_ids[:, indices] = combinations[most_probable(joint)]
        fitting = log_marginals(joint, combinations, [sizes[index] for index in indices])
        for index, part in zip(indices, fitting, strict=True):
            parts[index] = part
    return Scores(label_ids, tuple(parts))


def calibrated(
    scores: Scores, temperatures: Sequence[float]
) -> tuple[tuple[NDArray[np.float32], ...], NDArray[np.float32]]:
    """Returns the probabilities, per attribute float32 (n, labels), and the confidence in the answers, float32 (n,
    attributes).

    Args:
        scores: See `score`.
        temperatures: Per attribute, above 0.
    """
    pairs = zip(scores.logits, temperatures, strict=True)
    probabilities = tuple(softmax(part, temperature=value).astype(np.float32) for part, value in pairs)
    rows = np.arange(len(scores.label_ids))
    answered = zip(probabilities, scores.label_ids.T, strict=True)
    return probabilities, np.stack([part[rows, label_ids] for part, label_ids in answered], axis=1)


def select(
    calibration: Sequence[Calibration], attributes: Sequence[Attribute], precision: float
) -> tuple[LabelSelection, ...]:
    """Chooses each attribute's thresholds for a target precision, from its answers on validation products.

    Args:
        calibration: Per attribute.
        attributes: The attributes.
        precision: What the accepted answers should have, in (0, 1).

    Raises:
        ValueError: The precision is out of its range.
    """
    return tuple(
        select_by_label(
            each.confidence, each.correct, each.answer.astype(np.int64), len(attribute.labels), precision=precision
        )
        for each, attribute in zip(calibration, attributes, strict=True)
    )


def answer(
    logits: NDArray[np.floating],
    visual: NDArray[np.float32],
    familiarity: NDArray[np.float32],
    attributes: Sequence[Attribute],
    *,
    hierarchy: Hierarchy | None,
    temperatures: Sequence[float],
    threshold: float,
    selections: Sequence[LabelSelection],
) -> Answers:
    """Turns what a network gives into answers.

    Args:
        logits: (n, labels of all attributes).
        visual: (n, d), L2-normalised.
        familiarity: (n,) how like the catalogue each picture is.
        attributes: In the order of the logits.
        hierarchy: Which answers must fit together; None where all are independent.
        temperatures: Per attribute.
        threshold: Nothing is accepted of a picture that is less familiar.
        selections: Per attribute, from which confidence on an answer is accepted; see `select`.

    Raises:
        ValueError: The arrays do not match.
    """
    scores = score(logits, attributes, hierarchy)
    probabilities, confidence = calibrated(scores, temperatures)
    familiar = familiarity >= np.float32(threshold)
    columns = zip(confidence.T, scores.label_ids.T, selections, strict=True)
    certain = [accepted(stated, label_ids, selection.thresholds) for stated, label_ids, selection in columns]
    return Answers(
        attributes=tuple(attributes),
        label_ids=scores.label_ids,
        confidence=confidence,
        accepted=np.stack(certain, axis=1) & familiar[:, None],
        probabilities=probabilities,
        visual=visual,
        familiarity=familiarity,
        familiar=familiar,
    )
