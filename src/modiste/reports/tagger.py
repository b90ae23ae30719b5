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
        threshold: The confidence from which answers are accepted; None where the target cannot be promised.
        precision: Of the accepted answers on the hold-out, with its interval; None where none is accepted.
        coverage: The share of answers on the hold-out that are accepted.
        own_thresholds: Labels with a threshold of their own -> that threshold.
    """

    threshold: float | None
    precision: Estimate | None
    coverage: float
    own_thresholds: dict[str, float]


@dataclass(frozen=True, eq=False)
class AttributeReport:
    """One attribute on the hold-out.

    Attributes:
        name: The column.
        labels: Its values.
        scores: On the hold-out.
        scores_without_leaks: On the hold-out without pictures that another part holds as well; None where none leaked.
        calibration_error: Expected calibration error, equal-width bins, after calibration.
        uncalibrated_error: The same before.
        temperature: What the logits are divided by.
        imbalance: What was done about rare labels.
        decisions: At the target precision.
        confidence: float64 (n,): of each answer with a known label.
        correct: bool (n,): whether it was right.
        per_label: One row a label: `label`, `train` (products in training), `support`, `precision`, `recall`, `f1`.
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
            `val_<attribute>` (accuracy on validation), `seconds`.
        best: The epoch whose weights are kept.
        parts: Part -> products.
        leaked: Pictures of the hold-out that also occur elsewhere.
        precision: The target precision of the decisions.
        attributes: In the network's order.
        inconsistent: Independent heads' answers on the hold-out that contradict the taxonomy.
        hierarchy: The attributes that must fit together.
        confusion: (labels, labels) of the first attribute on the hold-out; rows are the true labels.
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
