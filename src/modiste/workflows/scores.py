"""How good a network's answers to one part of a catalogue are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.partial import PartialLabels, known
from modiste.measure.calibration import calibration_error
from modiste.measure.consistency import count_inconsistent
from modiste.measure.metrics import ClassScores, Estimate, Scores, class_scores, confusion_matrix
from modiste.measure.metrics import score as score_labels
from modiste.measure.retrieval import nearest_rows, precision_at_k
from modiste.measure.selection import SelectiveScores, selective_scores, share
from modiste.portable.answers import split_heads
from modiste.portable.contents import Hierarchy
from modiste.predictions import Predictions
from modiste.schema import Schema

__all__ = [
    "AttributeScores",
    "SourceScores",
    "inconsistent",
    "label_scores",
    "score_predictions",
    "score_source",
    "with_similar",
]

NEIGHBOURS = 10
"""Similar products to look at."""


@dataclass(frozen=True, eq=False)
class AttributeScores:
    """How good the answers about one attribute are.

    Attributes:
        scores: On all products whose label is known.
        without_leaks: On those whose picture no other part holds; None where that does not apply, or none is left.
        leaked: How many products `without_leaks` leaves out.
        calibration_error: Expected calibration error of the confidence, 15 bins of equal width.
        decisions: Precision and coverage of the accepted answers; None where nothing is decided.
        similar: The share of the ten training products most similar to each that have its label; None where not
            measured.
    """

    scores: Scores
    without_leaks: Scores | None
    leaked: int
    calibration_error: float
    decisions: SelectiveScores | None
    similar: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        values: dict[str, Any] = asdict(self.scores)
        if self.without_leaks is not None:
            values |= {"leaked": self.leaked, "without_leaks": asdict(self.without_leaks)}
        if self.similar is not None:
            values["precision_at_10"] = self.similar
        if self.decisions is None:
            return values
        return values | {"calibration_error": self.calibration_error, "decisions": _decided(self.decisions)}


@dataclass(frozen=True)
class SourceScores:
    """How good the answers about one attribute are on photos of another catalogue.

    An answer is right where it is what that catalogue's label means, or one of the labels that it may mean.

    Attributes:
        accuracy: The share of right answers, with its exact 95 % interval.
        decisions: Precision and coverage of the accepted answers.
    """

    accuracy: Estimate
    decisions: SelectiveScores

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        return {"accuracy": asdict(self.accuracy), "decisions": _decided(self.decisions)}

    def __str__(self) -> str:
        told = f"{self.accuracy} right of {self.decisions.n:,}"
        if not self.decisions.accepted:
            return f"{told}; none accepted"
        return f"{told}; {self.decisions.coverage} accepted, of these {self.decisions.precision} right"


def score_source(predictions: Predictions, true: NDArray[np.int64], partial: PartialLabels) -> dict[str, SourceScores]:
    """Scores the answers to the products of another catalogue; an attribute that its labels say nothing of is left out.

    Args:
        predictions: The predictions for n products.
        true: (n, attributes) their label ids, or ids of sets.
        partial: The sets.
    """
    right, said = partial.allow(predictions.label_ids, true), known(true)
    return {
        name: SourceScores(
            share(int(right[said[:, index], index].sum()), int(said[:, index].sum())),
            selective_scores(right[said[:, index], index], predictions.accepted[said[:, index], index]),
        )
        for index, name in enumerate(predictions.schema.names)
        if said[:, index].any()
    }


def _decided(decisions: SelectiveScores) -> dict[str, Any]:
    """Returns how good decisions are as plain values."""
    values = asdict(decisions)
    return values if decisions.accepted else values | {"precision": None}  # of nothing; JSON has no NaN


def score_predictions(
    predictions: Predictions,
    true: NDArray[np.int64],
    leaked: NDArray[np.bool_] | None = None,
    *,
    decided: bool = True,
) -> dict[str, AttributeScores]:
    """Scores the answers to the products of one part; an attribute whose labels are all missing there is left out.

    Args:
        predictions: The predictions for n products.
        true: (n, attributes) their label ids (see `encode_labels`); one that training never saw counts as wrong.
        leaked: (n,) which products have a picture that another part holds as well; None where that does not apply.
        decided: Whether answers were accepted or sent to review.
    """
    found = {}
    for index, name in enumerate(predictions.schema.names):
        known = true[:, index] >= 0
        if not known.any():
            continue
        clean = known if leaked is None else known & ~leaked
        correct = predictions.label_ids[known, index] == true[known, index]
        confidence = np.minimum(predictions.confidence[known, index].astype(np.float64), 1.0)
        found[name] = AttributeScores(
            scores=_scores(predictions, true, index, known),
            without_leaks=_scores(predictions, true, index, clean) if leaked is not None and clean.any() else None,
            leaked=int(known.sum() - clean.sum()),
            calibration_error=calibration_error(confidence, correct),
            decisions=selective_scores(correct, predictions.accepted[known, index]) if decided else None,
        )
    return found


def _scores(predictions: Predictions, true: NDArray[np.int64], index: int, rows: NDArray[np.bool_]) -> Scores:
    labels, probabilities = true[rows, index], predictions.probabilities(predictions.schema.names[index])[rows]
    unseen = max(int(labels.max()) + 1 - probabilities.shape[1], 0)
    padded = np.pad(probabilities, ((0, 0), (0, unseen)))
    return score_labels(labels, padded, answers=predictions.label_ids[rows, index])


def with_similar(
    scores: Mapping[str, AttributeScores],
    queries: Predictions,
    gallery: Predictions,
    true: tuple[NDArray[np.int64], NDArray[np.int64]],
    leaked: NDArray[np.bool_],
) -> dict[str, AttributeScores]:
    """Adds how well the embeddings find similar products.

    Args:
        scores: Attribute -> how good the answers to the queries are.
        queries: Of the products to find similar ones for; those that leaked are left out, being found as their copies.
        gallery: Of those among which to find them.
        true: (n, attributes) the label ids of the former and of the latter.
        leaked: bool (queries,).
    """
    clean = ~leaked
    if len(gallery) < NEIGHBOURS or not clean.any():
        return dict(scores)
    nearest = nearest_rows(queries.embedding[clean], gallery.embedding, k=NEIGHBOURS)
    found = dict(scores)
    for index, name in enumerate(queries.schema.names):
        labels = true[0][clean, index]
        if name in found and (labels >= 0).any():
            found[name] = replace(found[name], similar=precision_at_k(nearest, labels, true[1][:, index]))
    return found


def label_scores(predictions: Predictions, true: NDArray[np.int64], index: int) -> ClassScores:
    """Returns the scores of each label that an attribute knows; answers to labels it does not know count as wrong.

    Args:
        predictions: The predictions for n products.
        true: (n, attributes) their label ids.
        index: The attribute's.
    """
    known = true[:, index] >= 0
    labels, said = true[known, index], predictions.label_ids[known, index]
    size = predictions.schema.sizes[index]
    scores = class_scores(confusion_matrix(labels, said, labels=max(size, int(labels.max(initial=0)) + 1)))
    return ClassScores(scores.support[:size], scores.precision[:size], scores.recall[:size], scores.f1[:size])


def inconsistent(logits: NDArray[np.float32], schema: Schema, hierarchy: Hierarchy | None) -> int:
    """Returns how many products would get answers that contradict the taxonomy, were each head to answer for itself."""
    if hierarchy is None:
        return 0
    parts = split_heads(logits, schema.sizes)
    heads = {name: part.argmax(axis=1) for name, part in zip(schema.names, parts, strict=True)}
    answers = np.stack([heads[name] for name in hierarchy.attributes], axis=1)
    return count_inconsistent(answers, hierarchy.combinations.astype(np.int64))
