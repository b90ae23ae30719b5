"""What a trained network gives for pictures, and how well a compiled one does on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from modiste.learning.backend import mixed_precision
from modiste.learning.batches import Batches
from modiste.learning.tagger_net import POOLED, with_outputs
from modiste.learning.training import Network

__all__ = ["Outputs", "evaluate", "observe", "predict"]


def evaluate(network: Network, batches: Batches) -> dict[str, float]:
    """Returns a compiled network's loss and accuracy on batches, as `val_loss` and `val_accuracy`."""
    scores: dict[str, float] = network.evaluate(batches, verbose=0, return_dict=True)
    return {f"val_{name}": float(value) for name, value in scores.items()}


def predict(
    network: Network, batches: Batches, *, on_batch: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """Returns the network's answers to all pictures of the batches, in their order: float32 (n, labels).

    Args:
        network: With the weights that are to answer.
        batches: In order, that is, undrawn.
        on_batch: Called with the number of batches answered so far.
    """
    callbacks = [] if on_batch is None else [_PredictReporter(on_batch)]
    return np.asarray(network.predict(batches, verbose=0, callbacks=callbacks), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a tagger's network gives for n pictures.

    Attributes:
        logits: float32 (n, labels of all attributes).
        pooled: float32 (n, channels): the mean of the last feature map.
    """

    logits: NDArray[np.float32]
    pooled: NDArray[np.float32]


def observe(
    network: Network, batches: Batches, *, mixed: bool = False, on_batch: Callable[[int], None] | None = None
) -> Outputs:
    """Returns what a `tagger_net` gives for all pictures of the batches, in their order.

    Args:
        network: With the weights that are to answer.
        batches: In order, that is, undrawn.
        mixed: Compute in bfloat16 where the backend can: half the time, for when a rough answer will do.
        on_batch: Called with the number of batches answered so far.
    """
    callbacks = [] if on_batch is None else [_PredictReporter(on_batch)]
    with mixed_precision(enabled=mixed):
        outputs = with_outputs(network, POOLED).predict(batches, verbose=0, callbacks=callbacks)
    return Outputs(*(np.asarray(outputs[name], dtype=np.float32) for name in ("logits", POOLED)))


class _PredictReporter(keras.callbacks.Callback):
    def __init__(self, report: Callable[[int], None]) -> None:
        super().__init__()
        self._report = report

    def on_predict_batch_end(self, batch: int, logs: Mapping[str, object] | None = None) -> None:  # noqa: ARG002
        self._report(batch + 1)
