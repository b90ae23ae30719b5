"""What study and evaluate share: the run's network, its answers to products, and their scores."""

from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.config import StudyConfig
from modiste.learning.batches import Batches, Drawn, as_network_input
from modiste.learning.prediction import predict
from modiste.learning.study_cnn import study_cnn
from modiste.learning.training import Network
from modiste.measure.metrics import Scores, score
from modiste.progress import Progress
from modiste.workflows.prepare import Prepared

__all__ = ["Answers", "PartScores", "answer", "batches_of", "network_of", "predictions", "score_part"]

PREDICTION_BATCH = 256
MOST_PROBABLE = 3


@dataclass(frozen=True)
class PartScores:
    """The scores of one part.

    Attributes:
        all: On all its products.
        without_leaks: On those whose picture is in no other part that the training sees; None where there is no such
            part.
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
        device=config.device,
    )


def batches_of(prepared: Prepared, products: pl.DataFrame, config: StudyConfig, *, training: bool = False) -> Batches:
    """Returns batches of some of the prepared products: shuffled and flipped for training, else in order."""
    return Batches(
        prepared.cache.pixels,
        products["row"].to_numpy(),
        _label_numbers(products, prepared.labels),
        batch_size=config.batch_size if training else PREDICTION_BATCH,
        to_input=partial(as_network_input, greyscale=config.greyscale),
        drawn=Drawn(config.seed) if training else None,
    )


def _label_numbers(products: pl.DataFrame, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Returns each product's label as its number in `labels`: int64 (products,)."""
    numbers = {label: number for number, label in enumerate(labels)}
    return products["Class"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to some products.

    Attributes:
        products: `id`, `Class`, `row` and, where there is one, `part`.
        true: int64 (products,): their labels' numbers.
        probabilities: float32 (products, labels).
    """

    products: pl.DataFrame
    true: NDArray[np.int64]
    probabilities: NDArray[np.float32]


def answer(
    network: Network,
    prepared: Prepared,
    products: pl.DataFrame,
    config: StudyConfig,
    progress: Progress,
    name: str,
) -> Answers:
    """Asks the network about some of the prepared products.

    Args:
        network: With the weights that are to answer.
        prepared: The catalogue.
        products: Which of its products.
        config: The run's settings.
        progress: Is told of each batch.
        name: What to call the products there.
    """
    batches = batches_of(prepared, products, config)
    probabilities = predict(network, batches, on_batch=lambda done: progress(f"scoring {name}", done, len(batches)))
    return Answers(products, _label_numbers(products, prepared.labels), probabilities)


def predictions(answers: Answers, labels: tuple[str, ...]) -> pl.DataFrame:
    """Returns answers as a table.

    Returns:
        `id`, `part` where there is one, `true`, `predicted`, `probability` (of the predicted label), `top3` (the most
        probable labels, best first).
    """
    names = np.array(labels)
    best = np.argsort(-answers.probabilities, axis=1, kind="stable")[:, :MOST_PROBABLE]
    columns = [name for name in ("id", "part") if name in answers.products.columns]
    return answers.products.select(*columns, pl.col("Class").alias("true")).with_columns(
        pl.Series("predicted", names[best[:, 0]].tolist(), dtype=pl.String),
        pl.Series("probability", answers.probabilities[np.arange(len(best)), best[:, 0]]),
        pl.Series("top3", names[best].tolist(), dtype=pl.List(pl.String)),
    )


def score_part(answers: Answers, leaks: pl.Series | None = None) -> PartScores:
    """Scores the answers to one part's products.

    Args:
        answers: To at least one product.
        leaks: Ids of the part's products that the training saw under another id; None where that does not apply.
    """
    scores = score(answers.true, answers.probabilities)
    if leaks is None:
        return PartScores(scores)
    clean = ~answers.products["id"].is_in(leaks.implode()).to_numpy()
    without = score(answers.true[clean], answers.probabilities[clean]) if clean.any() else None
    return PartScores(scores, without, int((~clean).sum()))
