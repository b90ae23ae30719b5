"""How good a tagger's answers to one part of a catalogue are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.dataset.targets import Attribute
from modiste.measure.calibration import calibration_error
from modiste.measure.consistency import count_inconsistent
from modiste.measure.metrics import Scores
from modiste.measure.metrics import score as score_labels
from modiste.measure.selection import SelectiveScores, selective_scores
from modiste.portable.answers import Answers
from modiste.portable.contents import Hierarchy

__all__ = ["AttributeScores", "inconsistent", "prediction_table", "score_answers"]


@dataclass(frozen=True, eq=False)
class AttributeScores:
    """How good the answers about one attribute are.

    Attributes:
        scores: On all products whose label is known.
        without_leaks: On those whose picture no other part holds, nor a near-identical one; None where none leaked.
        calibration_error: Expected calibration error of the confidence, 15 bins of equal width.
        decisions: Precision and coverage of the accepted answers.
    """

    scores: Scores
    without_leaks: Scores | None
    calibration_error: float
    decisions: SelectiveScores

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        values: dict[str, Any] = asdict(self.scores)
        if self.without_leaks is not None:
            values["without_leaks"] = asdict(self.without_leaks)
        decided = asdict(self.decisions)
        if not self.decisions.accepted:
            decided["precision"] = None  # of nothing; JSON has no NaN
        return values | {"calibration_error": self.calibration_error, "decisions": decided}


def score_answers(
    answers: Answers, numbers: NDArray[np.int64], leaked: NDArray[np.bool_] | None = None
) -> dict[str, AttributeScores]:
    """Scores the answers to the products of one part; an attribute whose labels are all missing there is left out.

    Args:
        answers: To n products.
        numbers: (n, attributes) their label numbers, negative where missing.
        leaked: (n,) which pictures another part holds as well; None where that does not apply.
    """
    found = {}
    for place, attribute in enumerate(answers.attributes):
        known = numbers[:, place] >= 0
        if not known.any():
            continue
        clean = known if leaked is None else known & ~leaked
        correct = answers.numbers[known, place] == numbers[known, place]
        found[attribute.name] = AttributeScores(
            scores=_scores(answers, numbers, place, known),
            without_leaks=_scores(answers, numbers, place, clean) if known.sum() > clean.sum() > 0 else None,
            calibration_error=calibration_error(answers.confidence[known, place].astype(np.float64), correct),
            decisions=selective_scores(correct, answers.accepted[known, place]),
        )
    return found


def _scores(answers: Answers, numbers: NDArray[np.int64], place: int, rows: NDArray[np.bool_]) -> Scores:
    return score_labels(numbers[rows, place], answers.probabilities[place][rows], answers=answers.numbers[rows, place])


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
    for place, attribute in enumerate(answers.attributes):
        name, labels = attribute.name, pl.Series(attribute.labels, dtype=pl.String)
        columns += [
            products[name].cast(pl.String).alias(f"{name}_true"),
            labels.gather(answers.numbers[:, place]).alias(f"{name}_predicted"),
            pl.Series(f"{name}_probability", answers.confidence[:, place]),
            pl.Series(f"{name}_accepted", answers.accepted[:, place]),
        ]
    return products.select("id", "part").with_columns(columns)
