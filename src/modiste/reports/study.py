"""What the report of a study is made of."""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.dataset.health import Inspection
from modiste.measure.metrics import Scores

__all__ = ["LayerSummary", "Mistake", "NetworkSummary", "StudyReport"]


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a network.

    Attributes:
        layer: Its name and kind, as a reader should see it.
        output_shape: What it puts out, such as `(None, 80, 60, 32)`.
        parameters: How many numbers it learns or tracks.
    """

    layer: str
    output_shape: str
    parameters: int


@dataclass(frozen=True)
class NetworkSummary:
    """A network, layer by layer, and its numbers of parameters."""

    rows: tuple[LayerSummary, ...]
    total: int
    trainable: int
    non_trainable: int

    def as_json(self) -> dict[str, object]:
        """Returns the summary as plain values, in the form that `modiste study --summary --json` prints."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Mistake:
    """One picture that the network got wrong.

    Attributes:
        id: The product's id.
        true: The product's label.
        predicted: The label that the network gave it.
        probability: What the network gave the predicted label, in [0, 1].
        pixels: (H, W, 3) uint8, or (H, W, 1) greyscale: what the network saw.
    """

    id: int | str
    true: str
    predicted: str
    probability: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class StudyReport:
    """Everything that the report of a study shows.

    Attributes:
        facts: Name -> value: machine, versions, seed, duration and settings, in the order of the page.
        inspection: The catalogue that the study was made on.
        network: The network's summary.
        history: One row per epoch: `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`, `seconds`.
        scores: Part ("train", "validation", "holdout") -> its scores.
        scores_without_leaks: Part -> its scores without the pictures that another part holds as well.
        leaked: How many pictures of the hold-out also occur in training or validation.
        labels: C names.
        confusion: (C, C) counts on the hold-out; rows are the true labels, columns the predicted ones.
        per_class: One row per label: `label`, `support`, `precision`, `recall`, `f1`.
        mistakes: The worst mistakes, the worst first.
        notes: Sentences that a reader of the numbers should know.
    """

    facts: dict[str, str]
    inspection: Inspection
    network: NetworkSummary
    history: pl.DataFrame
    scores: dict[str, Scores]
    scores_without_leaks: dict[str, Scores]
    leaked: int
    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    per_class: pl.DataFrame
    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...]
