"""Compile, fit, checkpoint, stop early, resume: one way for every network.

After each epoch the weights, with the optimizer's state, are written under the epoch's number, and then the history
that names them. The history is what counts: a kill in between leaves the epoch before, whole. Only the last and the
best epoch's weights are kept; the best is the one of the lowest value of what is watched.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import keras
import numpy as np
import polars as pl

from modiste.errors import RunError, TrainingError
from modiste.learning.batches import Batches
from modiste.runs import HISTORY, write_whole

__all__ = ["Network", "Trained", "fit", "load_best"]

Row = dict[str, float]

Network: TypeAlias = keras.Model
"""What the rest of the house calls a network, so that it need not know Keras."""


@dataclass(frozen=True)
class Trained:
    """What a training came to.

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
        TrainingError: The loss is no longer a number; the last good checkpoint stays.
        RunError: The checkpoints that lie there belong to another network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _, rows = _read_history(folder)
    if rows:
        _load(network, _weights(folder, len(rows)))
    while len(rows) < epochs and len(rows) - _best(rows, watch) < patience:
        epoch = len(rows) + 1
        row = _one_epoch(network, train, validate, seed=seed, epoch=epoch, on_batch=on_batch)
        if not all(math.isfinite(value) for value in row.values()):
            raise TrainingError(
                f"the loss is {row['loss']:.3g}, {watch} is {row.get(watch, math.nan):.3g} after epoch {epoch}",
                where=folder,
                fix="lower the learning rate; the checkpoint of the epoch before is kept",
            )
        rows.append(row)
        network.save_weights(_weights(folder, epoch))
        write_whole(folder / HISTORY, json.dumps({"watch": watch, "epochs": rows}, indent=1))
        _tidy(folder, keep={epoch, _best(rows, watch)})
        if on_epoch is not None:
            on_epoch(row)
    return load_best(network, folder)


def load_best(network: Network, folder: Path) -> Trained:
    """Gives a network the weights of the best epoch in a folder of checkpoints.

    Raises:
        RunError: There are none, or they belong to another network.
    """
    watch, rows = _read_history(folder)
    if not rows:
        raise RunError("no finished epoch", where=folder, fix="go on with --resume")
    best = _best(rows, watch)
    _load(network, _weights(folder, best))
    return Trained(pl.DataFrame(rows).with_columns(pl.col("epoch").cast(pl.Int64)), best)


def _one_epoch(
    network: Network,
    train: Batches,
    validate: Callable[[], Mapping[str, float]],
    *,
    seed: int,
    epoch: int,
    on_batch: Callable[[int, int, Mapping[str, float]], None] | None,
) -> Row:
    start = time.monotonic()
    train.begin_epoch(epoch)
    callbacks: list[keras.callbacks.Callback] = [_Seeder(seed, epoch)]
    if on_batch is not None:
        callbacks.append(_BatchReporter(epoch, on_batch))
    history = network.fit(train, epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    logs = {name: float(values[-1]) for name, values in history.history.items()}
    # Measuring a network that has gone astray may itself fail.
    measured = validate() if math.isfinite(logs["loss"]) else {}
    return {"epoch": epoch, **logs, **measured, "seconds": round(time.monotonic() - start, 1)}


class _Seeder(keras.callbacks.Callback):
    """Seeds the global generators, which dropout draws from, so that a resumed epoch draws what it would have drawn.

    A callback, because Keras draws from them itself when it traces a network before its first step.
    """

    def __init__(self, seed: int, epoch: int) -> None:
        super().__init__()
        self._seed = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0] % 2**31)

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:  # noqa: ARG002
        keras.utils.set_random_seed(self._seed)


class _BatchReporter(keras.callbacks.Callback):
    def __init__(self, epoch: int, report: Callable[[int, int, Mapping[str, float]], None]) -> None:
        super().__init__()
        self._epoch = epoch
        self._report = report

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self._report(self._epoch, batch + 1, logs or {})


def _best(rows: list[Row], watch: str) -> int:
    """Returns the number of the epoch with the lowest watched value, the earliest of equals; 0 where there is none."""
    return min(range(len(rows)), key=lambda index: rows[index][watch]) + 1 if rows else 0


def _weights(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.weights.h5"


def _read_history(folder: Path) -> tuple[str, list[Row]]:
    """Returns the name of the value that was watched, and the epochs."""
    path = folder / HISTORY
    if not path.exists():
        return "", []
    try:
        history = json.loads(path.read_text(encoding="utf-8"))
        return history["watch"], history["epochs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            "the training's history cannot be read", where=path, fix="start anew with another --out"
        ) from error


def _load(network: Network, path: Path) -> None:
    # Weights alone: an HDF5 file of arrays, nothing in it is executed.
    try:
        network.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RunError(
            f"these weights do not fit the network ({reason})",
            where=path,
            fix="start anew with another --out",
        ) from error


def _tidy(folder: Path, keep: set[int]) -> None:
    kept = {_weights(folder, epoch) for epoch in keep}
    for path in folder.glob("epoch-*.weights.h5"):
        if path not in kept:
            path.unlink()
