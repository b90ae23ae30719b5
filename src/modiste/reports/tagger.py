"""What the report of a tagger's training is made of."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.dataset.health import Inspection
from modiste.measure.metrics import Estimate, Scores
from modiste.reports.study import Mistake, NetworkSummary

__all__ = ["AttributeReport", "Decisions", "TaggerReport"]


@dataclass(frozen=True)
class Decisions:
    """What becomes of the answers about one attribute at the target precision.

    Attributes:
        threshold: The confidence from which answers are accepted; None where the target cannot be promised for the
            attribute as a whole.
        precision: Of the accepted answers on the hold-out, with its interval; None where none is accepted.
        coverage: The share of answers on the hold-out that are accepted, with its interval.
        own_thresholds: Labels with a threshold of their own -> that threshold; infinite where the target cannot be
            promised for the label, so that none of its answers is accepted.
    """

    threshold: float | None
    precision: Estimate | None
    coverage: Estimate
    own_thresholds: dict[str, float]


@dataclass(frozen=True, eq=False)
class AttributeReport:
    """One attribute on the hold-out.

    Attributes:
        name: The column.
        labels: Its values.
        scores: Of the products whose label is known.
        scores_without_leaks: Of those whose picture no other part holds as well; None where none leaked.
        calibration_error: Expected calibration error, bins of equal width, after calibration.
        uncalibrated_error: The same error before calibration.
        temperature: What the logits are divided by.
        imbalance: What was done about rare labels, such as `plain` or `focal`.
        decisions: At the target precision.
        confidence: float64 (n,): of the answers to products whose label is known.
        correct: bool (n,): whether they are right.
        per_label: One row a label: `label`, `train` (products in training), `support` (in the hold-out), `precision`,
            `recall`, `f1`; null or NaN where a score is undefined.
    """

    name: str
    labels: tuple[str, ...]
    scores: Scores
    scores_without_leaks: Scores | None
    calibration_error: float
    uncalibrated_error: float
    temperature: float
    imbalance: str
    decisions: Decisions
    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]
    per_label: pl.DataFrame


@dataclass(frozen=True, eq=False)
class TaggerReport:
    """Everything that the report of a training shows.

    Attributes:
        facts: Name -> value: machine, versions, seed, duration and settings, in the order of the page.
        inspection: The catalogue.
        network: The network's summary.
        history: One row an epoch: `epoch`, `loss`, `val_error` (1 minus the mean accuracy over the attributes),
            `val_<attribute>` (accuracy on validation; an attribute without it has no curve), `seconds`.
        best: The epoch whose weights are kept.
        parts: Part ("train", "validation", "holdout") -> products.
        leaked: Pictures of the hold-out that also occur in another part.
        precision: The target precision of the decisions, in (0, 1).
        attributes: In the network's order, at least one.
        inconsistent: Products of the hold-out about which the independent heads contradict the taxonomy.
        hierarchy: The attributes that must fit together; empty where none must.
        confusion: (labels, labels) counts of the first attribute on the hold-out; rows are the true labels.
        mistakes: The worst mistakes about the first attribute, the worst first.
        notes: Sentences that a reader of the numbers should know.
    """

    facts: dict[str, str]
    inspection: Inspection
    network: NetworkSummary
    history: pl.DataFrame
    best: int
    parts: dict[str, int]
    leaked: int
    precision: float
    attributes: tuple[AttributeReport, ...]
    inconsistent: int
    hierarchy: tuple[str, ...]
    confusion: NDArray[np.int64]
    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...]
