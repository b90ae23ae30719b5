"""What study and evaluate share: the run's network, its answers to products, and their scores."""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.config import StudyConfig
from modiste.learning.batches import Batches
from modiste.learning.study_cnn import study_cnn
from modiste.learning.training import Network
from modiste.measure.metrics import Scores, score
from modiste.workflows.prepare import Prepared

__all__ = ["PartScores", "batches_of", "label_numbers", "network_of", "predictions", "score_part"]

PREDICTION_BATCH = 256
MOST_PROBABLE = 3


@dataclass(frozen=True)
class PartScores:
    """The scores of one part.

    Attributes:
        all: On all its products.
        without_leaks: On those whose picture is in no other part that the training sees; None where there is no such part.
        leaked: How many were left out for that.
    """

    all: Scores
    without_leaks: Scores | None = None
    leaked: int = 0

    def as_json(self) -> dict[str, object]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        values: dict[str, object] = asdict(self.all)
        if self.without_leaks is not None:
            values |= {"leaked": self.leaked, "without_leaks": asdict(self.without_leaks)}
        return values

def network_of(config: StudyConfig, prepared: Prepared) -> Network:
    """Builds the network that the settings and the catalogue ask for, untrained."""
    _, height, width, _ = prepared.cache.pixels.shape
    return study_cnn(
        len(prepared.labels),
        height=height,
        width=width,
        channels=1 if config.greyscale else 3,
        bn_momentum=config.bn_momentum,
        seed=config.seed,
    )


def batches_of(
    prepared: Prepared, products: pl.DataFrame, config: StudyConfig, *, training: bool = False
) -> Batches:
    """Returns batches of some of the prepared products: shuffled and flipped for training, else in order."""
    return Batches(
        prepared.cache.pixels,
        products["row"].to_numpy(),
        label_numbers(products, prepared.labels),
        batch_size=config.batch_size if training else PREDICTION_BATCH,
        greyscale=config.greyscale,
        seed=config.seed if training else None,
    )


def label_numbers(products: pl.DataFrame, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Returns each product's label as its number in `labels`: int64 (products,)."""
    numbers = {label: number for number, label in enumerate(labels)}
    return products["Class"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()


def predictions(products: pl.DataFrame, probabilities: NDArray[np.float32], labels: tuple[str, ...]) -> pl.DataFrame:
    """Returns the answers as a table.

    Args:
        products: `id`, `Class` and, where there is one, `part`.
        probabilities: float32 (products, labels).
        labels: All labels.

    Returns:
        `id`, `part` where there is one, `true`, `predicted`, `probability` (of the predicted label), `top3` (the most
        probable labels, best first).
    """
    names = np.array(labels)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :MOST_PROBABLE]
    return products.select("id", *(["part"] if "part" in products.columns else []), pl.col("Class").alias("true")).with_columns(
        pl.Series("predicted", names[best[:, 0]].tolist(), dtype=pl.String),
        pl.Series("probability", probabilities[np.arange(len(best)), best[:, 0]]),
        pl.Series("top3", names[best].tolist(), dtype=pl.List(pl.String)),
    )


def score_part(
    products: pl.DataFrame, probabilities: NDArray[np.float32], labels: tuple[str, ...], leaks: pl.Series | None = None
) -> PartScores:
    """Scores the answers to one part's products.

    Args:
        products: `id` and `Class`, at least one.
        probabilities: float32 (products, labels).
        labels: All labels.
        leaks: Ids of the part's products that the training saw under another id; None where that does not apply.
    """
    true = label_numbers(products, labels)
    scores = score(true, probabilities)
    if leaks is None:
        return PartScores(scores)
    clean = ~products["id"].is_in(leaks.implode()).to_numpy()
    return PartScores(scores, score(true[clean], probabilities[clean]) if clean.any() else None, int((~clean).sum()))
