"""How good a tagger's answers to one part of a catalogue are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.measure.calibration import calibration_error
from modiste.measure.consistency import count_inconsistent
from modiste.measure.metrics import ClassScores, Scores, class_scores, confusion_matrix
from modiste.measure.metrics import score as score_labels
from modiste.measure.retrieval import nearest_rows, precision_at_k
from modiste.measure.selection import SelectiveScores, selective_scores
from modiste.portable.answers import Answers
from modiste.portable.contents import Hierarchy
from modiste.schema import Attribute

__all__ = ["AttributeScores", "inconsistent", "label_scores", "prediction_table", "score_answers", "with_similar"]


NEIGHBOURS = 10
"""Similar pictures to look at."""


@dataclass(frozen=True, eq=False)
class AttributeScores:
    """How good the answers about one attribute are.

    Attributes:
        scores: On all products whose label is known.
        without_leaks: On those whose picture no other part holds, nor a near-identical one; None where none leaked.
        calibration_error: Expected calibration error of the confidence, 15 bins of equal width.
        decisions: Precision and coverage of the accepted answers.
        similar: The share of the ten training pictures most similar to each that have its label; None where not
            measured.
    """

    scores: Scores
    without_leaks: Scores | None
    calibration_error: float
    decisions: SelectiveScores
    similar: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        values: dict[str, Any] = asdict(self.scores)
        if self.without_leaks is not None:
            values["without_leaks"] = asdict(self.without_leaks)
        decided = asdict(self.decisions)
        if not self.decisions.accepted:
            decided["precision"] = None  # of nothing; JSON has no NaN
        if self.similar is not None:
            values["precision_at_10"] = self.similar
        return values | {"calibration_error": self.calibration_error, "decisions": decided}


def score_answers(
    answers: Answers, label_ids: NDArray[np.int64], leaked: NDArray[np.bool_] | None = None
) -> dict[str, AttributeScores]:
    """Scores the answers to the products of one part; an attribute whose labels are all missing there is left out.

    Args:
        answers: To n products.
        label_ids: (n, attributes) their label ids (see `encode_labels`); one that training never saw counts as wrong.
        leaked: (n,) which pictures another part holds as well; None where that does not apply.
    """
    found = {}
    for index, attribute in enumerate(answers.attributes):
        known = label_ids[:, index] >= 0
        if not known.any():
            continue
        clean = known if leaked is None else known & ~leaked
        correct = answers.label_ids[known, index] == label_ids[known, index]
        found[attribute.name] = AttributeScores(
            scores=_scores(answers, label_ids, index, known),
            without_leaks=_scores(answers, label_ids, index, clean) if known.sum() > clean.sum() > 0 else None,
            calibration_error=calibration_error(answers.confidence[known, index].astype(np.float64), correct),
            decisions=selective_scores(correct, answers.accepted[known, index]),
        )
    return found


def _scores(answers: Answers, label_ids: NDArray[np.int64], index: int, rows: NDArray[np.bool_]) -> Scores:
    true, probabilities = label_ids[rows, index], answers.probabilities[index][rows]
    unseen = max(int(true.max()) + 1 - probabilities.shape[1], 0)
    padded = np.pad(probabilities, ((0, 0), (0, unseen)))
    return score_labels(true, padded, answers=answers.label_ids[rows, index])


def with_similar(
    scores: Mapping[str, AttributeScores],
    queries: Answers,
    gallery: Answers,
    label_ids: tuple[NDArray[np.int64], NDArray[np.int64]],
    leaked: NDArray[np.bool_],
) -> dict[str, AttributeScores]:
    """Adds how well the embeddings find similar products.

    Args:
        scores: Attribute -> how good the answers to the queries are.
        queries: To the products to find similar ones for; those that leaked are left out, being found as their copies.
        gallery: To those among which to find them.
        label_ids: (n, attributes) the label ids of the former and of the latter.
        leaked: bool (queries,).
    """
    clean = ~leaked
    if len(gallery.embedding) < NEIGHBOURS or not clean.any():
        return dict(scores)
    nearest = nearest_rows(queries.embedding[clean], gallery.embedding, k=NEIGHBOURS)
    found = dict(scores)
    for index, attribute in enumerate(queries.attributes):
        labels = label_ids[0][clean, index]
        if attribute.name in found and (labels >= 0).any():
            share = precision_at_k(nearest, labels, label_ids[1][:, index])
            found[attribute.name] = replace(found[attribute.name], similar=share)
    return found


def label_scores(answers: Answers, label_ids: NDArray[np.int64], index: int) -> ClassScores:
    """Returns the scores of each label that the attribute knows; answers to labels it does not know count as wrong."""
    known = label_ids[:, index] >= 0
    true, said = label_ids[known, index], answers.label_ids[known, index]
    size = len(answers.attributes[index].labels)
    scores = class_scores(confusion_matrix(true, said, labels=max(size, int(true.max(initial=0)) + 1)))
    return ClassScores(scores.support[:size], scores.precision[:size], scores.recall[:size], scores.f1[:size])


def inconsistent(logits: NDArray[np.float32], attributes: Sequence[Attribute], hierarchy: Hierarchy | None) -> int:
    """Returns how many products would get answers that contradict the taxonomy, were each head to answer for itself."""
    if hierarchy is None:
        return 0
    parts = np.split(logits, np.cumsum([len(attribute.labels) for attribute in attributes])[:-1], axis=1)
    heads = {attribute.name: part.argmax(axis=1) for attribute, part in zip(attributes, parts, strict=True)}
    answers = np.stack([heads[name] for name in hierarchy.attributes], axis=1)
    return count_inconsistent(answers, hierarchy.combinations.astype(np.int64))


def prediction_table(products: pl.DataFrame, answers: Answers) -> pl.DataFrame:
    """Returns answers as a table: `id`, `part`, and for each attribute its name with `_true`, `_predicted`,
    `_probability` and `_accepted`.
    """
    columns: list[pl.Series] = []
    for index, attribute in enumerate(answers.attributes):
        name, labels = attribute.name, pl.Series(attribute.labels, dtype=pl.String)
        columns += [
            products[name].cast(pl.String).alias(f"{name}_true"),
            labels.gather(answers.label_ids[:, index]).alias(f"{name}_predicted"),
            pl.Series(f"{name}_probability", answers.confidence[:, index]),
            pl.Series(f"{name}_accepted", answers.accepted[:, index]),
        ]
    return products.select("id", "part").with_columns(columns)
