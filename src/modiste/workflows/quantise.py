"""A run's network in 8 bits: quantised on training pictures, calibrated anew, and what that costs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.learning.prediction import Outputs
from modiste.portable.engine import Engine, open_engine, usable_cores
from modiste.portable.quantisation import CALIBRATION, quantise
from modiste.progress import Progress
from modiste.workflows.findings import Findings, findings_from_outputs
from modiste.workflows.task import Task

__all__ = ["MOST_LOST", "Cost", "Quantised", "quantised"]

MOST_LOST = 0.003
"""Where computing in 8 bits takes more of the first attribute's accuracy, float32 is the better choice."""

BATCH = 32


@dataclass(frozen=True)
class Cost:
    """What computing in 8 bits costs, measured on the validation products that have a label of the first attribute.

    Attributes:
        products: How many products these are.
        changed: How many of them get another label.
        lost: By how much the accuracy is lower; negative where it is higher.
    """

    products: int
    changed: int
    lost: float


@dataclass(frozen=True, eq=False)
class Quantised:
    """A network in 8 bits.

    Attributes:
        onnx: The file's bytes.
        findings: Its own findings, calibrated on its own outputs.
        cost: What computing in 8 bits costs.
    """

    onnx: bytes
    findings: Findings
    cost: Cost


def quantised(task: Task[TrainConfig], exact: bytes, before: Findings, *, progress: Progress) -> Quantised:
    """Quantises a network, and calibrates the quantised one.

    Args:
        task: What was learned.
        exact: The network in float32, as an ONNX file.
        before: Its findings in float32.
        progress: Is told of each batch.
    """
    rows = task.part("train")["row"].to_numpy()
    some = rows[np.linspace(0, len(rows) - 1, min(CALIBRATION, len(rows))).astype(np.int64)]
    onnx = quantise(exact, task.prepared.pixels[np.sort(some)])
    engine = open_engine(onnx, device="cpu")
    given = {part: _given(task, engine, part, progress) for part in PARTS}
    findings = findings_from_outputs(task, before.space, given, precision=before.precision)
    return Quantised(onnx, findings, _cost(task, before, findings))


def _given(task: Task[TrainConfig], engine: Engine, part: str, progress: Progress) -> Outputs:
    pixels, rows = task.prepared.pixels, task.part(part)["row"].to_numpy()
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]

    def run(batch: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        outputs = engine.run(pixels[batch], ("logits", "features"))
        return outputs["logits"], outputs["features"].mean(axis=(1, 2))

    def told() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        with ThreadPoolExecutor(usable_cores()) as pool:
            for done, seen in enumerate(pool.map(run, batches), start=1):
                yield seen
                progress(f"scoring {part} in 8 bits", done, len(batches))

    logits, pooled = zip(*told(), strict=True)
    return Outputs(np.concatenate(logits), np.concatenate(pooled))


def _cost(task: Task[TrainConfig], before: Findings, after: Findings) -> Cost:
    true = task.product_label_ids("validation")[:, 0]
    known = true >= 0
    one, other = (findings.predictions["validation"].label_ids[known, 0] for findings in (before, after))
    right, still_right = ((label_ids == true[known]).sum() for label_ids in (one, other))
    products = int(known.sum())
    return Cost(products, int((one != other).sum()), float(right - still_right) / max(products, 1))
