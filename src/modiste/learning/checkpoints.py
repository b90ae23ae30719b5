"""What a training keeps on disk: each epoch's weights under its number, and the history that names them.

The history is what counts: a kill in between leaves the epoch before, whole. Only the last and the best epoch's weights
are kept; the best is the one of the lowest value of what is watched.

Weights are put together in memory and written in one go: HDF5 itself, when it writes to a disk that is full, may take
the program down with it.
"""

import io
import json
import math
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from modiste.errors import OutputError, RunError
from modiste.learning.weights_file import check_weights_file
from modiste.runs import HISTORY, write_whole

__all__ = ["Network", "Row", "best_epoch", "keep_epoch", "load_epoch", "read_history"]

Row: TypeAlias = dict[str, float]
"""What is known of an epoch: name -> value."""

Network: TypeAlias = keras.Model
"""What the rest of the house calls a network, so that it need not know Keras."""


def keep_epoch(network: Network, folder: Path, *, watch: str, rows: list[Row]) -> None:
    """Keeps the epoch that the last row is about.

    Args:
        network: As it is after that epoch.
        folder: The folder of the checkpoints.
        watch: The name of the value whose lowest is the best.
        rows: All epochs so far.

    Raises:
        OutputError: It cannot be written; the epochs before are still there.
    """
    weights = _Memory()
    # With the optimizer's state, so that a resumed training goes on as if nothing had happened.
    network.save_weights(weights)
    try:
        write_whole(_weights(folder, len(rows)), weights.getbuffer())
        write_whole(folder / HISTORY, json.dumps({"watch": watch, "epochs": rows}, indent=1))
    except OutputError as error:
        fix = "the epochs done so far are kept: see that the disk has room, and go on with --resume"
        raise OutputError(error.what, where=error.where, fix=fix) from error
    kept = {_weights(folder, epoch) for epoch in (len(rows), best_epoch(rows, watch))}
    for path in folder.glob("epoch-*.weights.h5"):
        if path not in kept:
            path.unlink()


def read_history(folder: Path) -> tuple[str, list[Row]]:
    """Returns the name of the value that was watched, and the epochs; empty where there is none yet.

    Raises:
        RunError: The history is damaged.
    """
    path = folder / HISTORY
    if not path.exists():
        return "", []
    try:
        history = json.loads(path.read_text(encoding="utf-8"))
        watch, rows = history["watch"], history["epochs"]
        if not isinstance(rows, list):
            raise TypeError("its epochs are no list")
        if not all(_is_whole(row, number, watch, rows[0]) for number, row in enumerate(rows, start=1)):
            raise ValueError("an epoch lacks a value")
        return watch, [{name: float(value) for name, value in row.items()} | {"epoch": row["epoch"]} for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RunError(
            "the training's history cannot be read", where=path, fix="start anew with another --out"
        ) from error


def load_epoch(network: Network, folder: Path, epoch: int) -> None:
    """Gives a network the weights of an epoch.

    Raises:
        RunError: They are missing, damaged, or those of another network.
    """
    path = _weights(folder, epoch)
    try:
        check_weights_file(path)
        with warnings.catch_warnings():
            # Keras warns of each layer that does not fit; that they do not fit is all there is to say.
            warnings.simplefilter("ignore")
            # Weights alone: an HDF5 file of arrays, nothing in it is executed.
            network.load_weights(path)
    except FileNotFoundError as error:
        raise RunError(
            f"the weights of epoch {epoch} are missing", where=path, fix="bring the file back, or train again"
        ) from error
    except (OSError, RuntimeError, MemoryError) as error:
        raise RunError(f"the weights of epoch {epoch} are damaged", where=path, fix="train again") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise RunError(
            "these weights do not fit the network: they are those of another one",
            where=path,
            fix="start anew with another --out",
        ) from error
    if not all(np.isfinite(values).all() for values in network.get_weights()):
        raise RunError(f"the weights of epoch {epoch} hold NaN or infinity", where=path, fix="train again")


def best_epoch(rows: list[Row], watch: str) -> int:
    """Returns the number of the epoch with the lowest watched value, the earliest of equals; 0 where there is none."""
    return min(range(len(rows)), key=lambda index: rows[index][watch]) + 1 if rows else 0


class _Memory(io.BytesIO):
    """A file in memory, of a name that Keras takes for one of weights."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def _weights(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.weights.h5"


def _is_whole(row: dict[str, Any], number: int, watch: str, first: dict[str, Any]) -> bool:
    """Whether a row of a history says all that it must: the same as the first one, in numbers."""
    named = {"epoch", "loss", "accuracy", "seconds", watch} <= row.keys() == first.keys()
    numbered = type(row["epoch"]) is int and row["epoch"] == number
    return named and numbered and all(math.isfinite(value) for value in row.values())
