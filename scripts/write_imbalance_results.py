"""Writes docs/results/imbalance.md: what each way with rare labels does on the real catalogue.

Use: python scripts/write_imbalance_results.py RUN

Labels are scarce for the last layer, not for the trunk (Kang et al., Decoupling Representation and Classifier, ICLR
2020), so the trunk of a finished run stays as it is, and its last layer is learned anew for each attribute with each
way, with each of a few seeds. All is scored on validation, for the settings are chosen by it.
"""

import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finished_run import learned  # it chooses Keras's backend, so it comes before Keras

# isort: split
import keras

from modiste.config import TrainConfig
from modiste.learning.backend import pieces_for
from modiste.learning.imbalance import METHODS, MaskedCrossEntropy, attribute_losses, sampling_weights
from modiste.learning.prediction import observe
from modiste.measure.metrics import class_scores, confusion_matrix
from modiste.runs import Run
from modiste.schema import Attribute, Imbalance
from modiste.workflows.networks import in_order
from modiste.workflows.task import Task
from result_page import listed, table, write_page, written_by

SEEDS = range(2)
EPOCHS = 8
BATCH = 256
RATE = 2e-3
FEWEST = 10
"""The recall of a label with fewer products on validation says little, so it is not the worst one."""
TOLERANCE = 0.002
"""A way that costs more accuracy than that is not taken for the sake of rare labels."""

Part = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Outcome:
    """What a way with rare labels comes to on validation, the mean over the seeds.

    Attributes:
        accuracy: Share of right answers.
        macro_f1: Mean over the labels.
        balanced: Mean over the labels of their recall.
        worst: The lowest recall of a label with at least `FEWEST` products.
    """

    accuracy: float
    macro_f1: float
    balanced: float
    worst: float


def main() -> None:
    """Writes the page."""
    run = Run(Path(sys.argv[1]))
    task, network = learned(run)
    train, validation = (
        (observe(network, in_order(task, part)).pooled, task.label_ids(part)) for part in ("train", "validation")
    )
    found = {
        attribute.name: {
            method: _outcome(train, validation, index, len(attribute.labels), method) for method in METHODS
        }
        for index, attribute in enumerate(task.schema.attributes)
    }
    lines = [*_intro(run, task)]
    for attribute in task.schema.attributes:
        lines += _attribute(attribute, found[attribute.name])
    write_page("imbalance", [*lines, *_conclusion(found)])


def _outcome(train: Part, validation: Part, place: int, size: int, method: Imbalance) -> Outcome:
    seeds = [_one(train, validation, place, size, method, seed) for seed in SEEDS]
    return Outcome(*np.mean(seeds, axis=0))


def _one(
    train: Part, validation: Part, place: int, size: int, method: Imbalance, seed: int
) -> tuple[float, float, float, float]:
    kernel, bias = _fit_head(train[0], train[1][:, place], size, method=method, seed=seed)
    known = (validation[1][:, place] >= 0) & (validation[1][:, place] < size)
    true = validation[1][known, place]
    answers = (validation[0][known] @ kernel + bias).argmax(axis=1)
    scores = class_scores(confusion_matrix(true, answers, labels=size))
    worst = scores.recall[scores.support >= FEWEST].min()
    return float((answers == true).mean()), float(np.nanmean(scores.f1)), float(np.nanmean(scores.recall)), float(worst)


def _fit_head(
    pooled: NDArray[np.float32], label_ids: NDArray[np.int64], size: int, *, method: Imbalance, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learns one attribute's linear layer.

    Args:
        pooled: (n, channels) features (see `prediction.Outputs`).
        label_ids: (n,) label numbers, negative where missing.
        size: How many labels there are.
        method: What is done about rare labels: one of `imbalance.METHODS`.
        seed: Of the order of the pictures.

    Returns:
        Weights (channels, size) and biases (size,).
    """
    known = label_ids >= 0
    pooled, label_ids = pooled[known], label_ids[known]
    head = keras.Sequential(
        [keras.Input(pooled.shape[1:]), keras.layers.Dense(size, kernel_initializer="zeros", name="head")]
    )
    steps = EPOCHS * -(-len(pooled) // BATCH)
    loss = MaskedCrossEntropy(attribute_losses(label_ids[:, None], [size], weights=[1.0], methods=[method]))
    optimizer = pieces_for("auto").AdamW(keras.optimizers.schedules.CosineDecay(RATE, steps), weight_decay=0.02)
    head.compile(optimizer, loss)
    generator = np.random.default_rng(seed)
    drawn = sampling_weights(label_ids, size) if method == "balanced" else None
    for _ in range(EPOCHS):
        order = generator.choice(len(pooled), len(pooled), replace=drawn is not None, p=drawn)
        head.fit(pooled[order], label_ids[order, None], batch_size=BATCH, shuffle=False, verbose=0)
    kernel, bias = head.get_weights()
    return kernel, bias


def _intro(run: Run, task: Task[TrainConfig]) -> Iterator[str]:
    yield "# What helps rare labels"
    yield ""
    yield written_by("write_imbalance_results.py RUN", "a finished run")
    yield ""
    split = Path(task.config.split).name
    yield f"The trunk of a run with split {split}, seed {task.config.seed}, stays as it is; its last layer"
    yield f"is learned anew for each attribute with each way ({len(SEEDS)} seeds, their mean) and scored on the"
    yield f"{task.part('validation').height:,} products of validation. Its trunk learned with `plain`. Worst recall:"
    yield f"of the labels with at least {FEWEST} products there. The ways are described in `learning/imbalance.py`."
    yield ""
    yield f"{listed(run.environment)}."
    yield ""


def _attribute(attribute: Attribute, outcomes: dict[Imbalance, Outcome]) -> Iterator[str]:
    yield f"## {attribute.name} ({len(attribute.labels)} labels)"
    yield ""
    yield from table(
        ("way", "accuracy", "macro-F1", "balanced accuracy", "worst recall"),
        ((method, *(f"{value:.4f}" for value in astuple(item))) for method, item in outcomes.items()),
    )


def _conclusion(found: dict[str, dict[Imbalance, Outcome]]) -> Iterator[str]:
    yield "## What follows"
    yield ""
    yield f"By the best macro-F1 among the ways that cost at most {TOLERANCE:.1%} of accuracy:"
    yield ""
    for name, outcomes in found.items():
        allowed = {
            method: item for method, item in outcomes.items() if item.accuracy >= outcomes["plain"].accuracy - TOLERANCE
        }
        best = max(allowed, key=lambda method: allowed[method].macro_f1)
        gain = allowed[best].macro_f1 - outcomes["plain"].macro_f1
        yield f"- {name}: `{best}`" + (f" ({gain:+.4f} macro-F1)" if best != "plain" else "")


if __name__ == "__main__":
    main()
