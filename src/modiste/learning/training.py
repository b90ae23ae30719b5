"""Fit, keep each epoch, stop early, resume: one way for every network."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import polars as pl

from modiste.errors import RunError, TrainingError
from modiste.learning.batches import Batches
from modiste.learning.checkpoints import Network, Row, best_epoch, keep_epoch, load_epoch, read_history

__all__ = ["Network", "Trained", "fit", "load_best"]


@dataclass(frozen=True)
class Trained:
    """The result of a training.

    Attributes:
        history: One epoch a row: `epoch`, numbered from 1, `loss` and `accuracy` in training, what was measured on
            validation, and `seconds`, the epoch's wall-clock time.
        best: The epoch with the lowest value of what was watched.
    """

    history: pl.DataFrame
    best: int


def fit(  # noqa: PLR0913
    network: Network,
    train: Batches,
    validate: Callable[[], Mapping[str, float]],
    *,
    folder: Path,
    seed: int,
    epochs: int,
    patience: int,
    watch: str = "val_loss",
    on_epoch: Callable[[Mapping[str, float]], None] | None = None,
    on_batch: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> Trained:
    """Trains a compiled network until what is watched has not fallen for a while, going on where an earlier call
    stopped.

    Args:
        network: Compiled with the metric `accuracy`. It ends up with the best epoch's weights.
        train: Its `begin_epoch` is called before each epoch.
        validate: Measures the network on the validation part, after each epoch; its names go into the history.
        folder: For checkpoints and history; a history that lies there is continued.
        seed: Each epoch draws its dropout from the seed and its own number.
        epochs: At most so many, those of earlier calls included.
        patience: Stop after so many epochs without a lower value of what is watched.
        watch: The name of a value that `validate` gives; the epoch where it is lowest is the best.
        on_epoch: Called after each epoch with its row of the history.
        on_batch: Called after each batch with the epoch's number, the batch's number in it, both from 1, and the
            running loss and accuracy.

    Raises:
        TrainingError: The loss is no longer a number; the epochs before are kept.
        RunError: The checkpoints that lie there are damaged or belong to another network.
        OutputError: An epoch cannot be written; those before are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    watched, rows = read_history(folder)
    if rows:
        if watched != watch:
            raise RunError(f"watched {watched}, not {watch}", where=folder, fix="start anew with another --out")
        load_epoch(network, folder, len(rows))
    while len(rows) < epochs and len(rows) - best_epoch(rows, watch) < patience:
        epoch = len(rows) + 1
        callbacks = [_Seeder(seed, epoch), _Guard(epoch, folder)]
        if on_batch is not None:
            callbacks.append(_BatchReporter(epoch, on_batch))
        row = _one_epoch(network, train, validate, epoch, callbacks)
        if not all(math.isfinite(value) for value in row.values()):
            raise _astray(f"{watch} is {row[watch]:.3g} after epoch {epoch}", epoch, folder)
        rows.append(row)
        keep_epoch(network, folder, watch=watch, rows=rows)
        if on_epoch is not None:
            on_epoch(row)
    return load_best(network, folder)


def load_best(network: Network, folder: Path) -> Trained:
    """Gives a network the weights of the best epoch in a folder of checkpoints.

    Raises:
        RunError: There are none, or they are damaged or belong to another network.
    """
    watch, rows = read_history(folder)
    if not rows:
        raise RunError("no finished epoch", where=folder, fix="go on with --resume")
    best = best_epoch(rows, watch)
    load_epoch(network, folder, best)
    return Trained(pl.DataFrame(rows).with_columns(pl.col("epoch").cast(pl.Int64)), best)


def _one_epoch(
    network: Network,
    train: Batches,
    validate: Callable[[], Mapping[str, float]],
    epoch: int,
    callbacks: list[keras.callbacks.Callback],
) -> Row:
    start = time.monotonic()
    train.begin_epoch(epoch)
    history = network.fit(train, epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    logs = {name: float(values[-1]) for name, values in history.history.items()}
    return {"epoch": epoch, **logs, **validate(), "seconds": round(time.monotonic() - start, 1)}


def _astray(what: str, epoch: int, folder: Path) -> TrainingError:
    kept = "; the epochs before are kept" if epoch > 1 else ""
    return TrainingError(what, where=folder, fix=f"start anew with another --out and a lower --learning-rate{kept}")


class _Seeder(keras.callbacks.Callback):
    """Seeds the global generators, which dropout draws from, so that a resumed epoch draws what it would have drawn.

    A callback, because Keras draws from them itself when it traces a network before its first step.
    """

    def __init__(self, seed: int, epoch: int) -> None:
        super().__init__()
        self._seed = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0] % 2**31)

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:  # noqa: ARG002
        keras.utils.set_random_seed(self._seed)


class _Guard(keras.callbacks.Callback):
    """Stops a training at the step whose loss is no number: from there on, nothing more is learned."""

    def __init__(self, epoch: int, folder: Path) -> None:
        super().__init__()
        self._epoch = epoch
        self._folder = folder

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise _astray(
                f"the loss is {loss:.3g} at step {batch + 1} of epoch {self._epoch}", self._epoch, self._folder
            )


class _BatchReporter(keras.callbacks.Callback):
    def __init__(self, epoch: int, report: Callable[[int, int, Mapping[str, float]], None]) -> None:
        super().__init__()
        self._epoch = epoch
        self._report = report

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self._report(self._epoch, batch + 1, logs or {})
