"""Writes docs/results/imbalance.md: what each way with rare labels does on the real catalogue.

Use: python scripts/write_imbalance_results.py RUN

Labels are scarce for the last layer, not for the trunk (Kang et al., Decoupling Representation and Classifier, ICLR
2020), so the trunk of a finished run stays as it is, and its last layer is learned anew for each attribute with each
way, with each of a few seeds. All is scored on validation, for the settings are chosen by it.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import modiste.learning  # noqa: F401 - chooses Keras's backend, so it comes before Keras

# isort: split
import keras

from modiste.config import Imbalance
from modiste.dataset.targets import Attribute
from modiste.learning.backend import pieces_for
from modiste.learning.imbalance import METHODS, MaskedCrossEntropy, attribute_losses, sampling_weights
from modiste.learning.prediction import observe
from modiste.learning.training import load_best
from modiste.measure.metrics import class_scores, confusion_matrix
from modiste.progress import silent
from modiste.runs import CHECKPOINTS, Run
from modiste.workflows.tagger import Task, network_of, open_task, ready

PAGE = Path(__file__).parents[1] / "docs" / "results" / "imbalance.md"
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
    task = open_task(run, silent)
    network = network_of(task.config, task.attributes)
    ready(network, task)
    load_best(network, run.path / CHECKPOINTS)
    train, validation = (
        (observe(network, task.in_order(part)).pooled, task.label_ids(part)) for part in ("train", "validation")
    )
    found = {
        attribute: {method: _outcome(train, validation, place, len(attribute.labels), method) for method in METHODS}
        for place, attribute in enumerate(task.attributes)
    }
    lines = [*_intro(run, task), *(line for attribute, each in found.items() for line in _table(attribute, each))]
    PAGE.write_text("\n".join([*lines, *_conclusion(found)]).rstrip() + "\n", encoding="utf-8")


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
        pooled: (n, channels) features (see `prediction.Observed`).
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


def _intro(run: Run, task: Task) -> Iterator[str]:
    yield "# What helps rare labels"
    yield ""
    yield "Written by `scripts/write_imbalance_results.py RUN` from a finished run; nothing here is typed in by hand."
    yield ""
    split = Path(task.config.split).name
    yield f"The trunk of a run with split {split}, seed {task.config.seed}, stays as it is; its last layer"
    yield f"is learned anew for each attribute with each way ({len(SEEDS)} seeds, their mean) and scored on the"
    yield f"{task.part('validation').height:,} products of validation. Its trunk learned with `plain`. Worst recall:"
    yield f"of the labels with at least {FEWEST} products there. The ways are described in `learning/imbalance.py`."
    yield ""
    yield f"{', '.join(f'{name} {value}' for name, value in run.environment.items())}."
    yield ""


def _table(attribute: Attribute, outcomes: dict[Imbalance, Outcome]) -> Iterator[str]:
    yield f"## {attribute.name} ({len(attribute.labels)} labels)"
    yield ""
    yield "| way | accuracy | macro-F1 | balanced accuracy | worst recall |"
    yield "|---|---|---|---|---|"
    for method, item in outcomes.items():
        yield f"| {method} | {item.accuracy:.4f} | {item.macro_f1:.4f} | {item.balanced:.4f} | {item.worst:.4f} |"
    yield ""


def _conclusion(found: dict[Attribute, dict[Imbalance, Outcome]]) -> Iterator[str]:
    yield "## What follows"
    yield ""
    yield f"By the best macro-F1 among the ways that cost at most {TOLERANCE:.1%} of accuracy:"
    yield ""
    for attribute, outcomes in found.items():
        allowed = {
            method: item for method, item in outcomes.items() if item.accuracy >= outcomes["plain"].accuracy - TOLERANCE
        }
        best = max(allowed, key=lambda method: allowed[method].macro_f1)
        gain = allowed[best].macro_f1 - outcomes["plain"].macro_f1
        yield f"- {attribute.name}: `{best}`" + (f" ({gain:+.4f} macro-F1)" if best != "plain" else "")


if __name__ == "__main__":
    main()
