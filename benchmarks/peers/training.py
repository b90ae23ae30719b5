"""The peer that learns: the study's network with Keras `fit` as the study wrote it, until its early stopping."""

import argparse
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from benchmarks.contest import Seat
from benchmarks.peers.study_network import study_network
from benchmarks.turns import Over, Turns
from modiste.runs import describe_environment

__all__ = ["batches"]

BATCH = 32
PARTS = ("train", "validation", "holdout")


def batches(pixels: Any, numbers: Any, *, training: bool = False) -> Any:
    """Returns a `tf.data` pipeline of pixels in memory, which costs less than the study's own, from files: shuffled and
    flipped for training.
    """
    data = tf.data.Dataset.from_tensor_slices((pixels, numbers))
    if training:
        data = data.shuffle(len(numbers))
    data = data.batch(BATCH).map(lambda each, label: (tf.cast(each, tf.float32) / 255.0, label), tf.data.AUTOTUNE)
    if training:
        data = data.map(lambda each, label: (tf.image.random_flip_left_right(each), label), tf.data.AUTOTUNE)
    return data.prefetch(tf.data.AUTOTUNE)


class _InTurns(keras.callbacks.Callback):
    """Pauses where the turn is over, and measures the hold-out after each epoch while the clock stands."""

    def __init__(self, turns: Turns, holdout: Any) -> None:
        super().__init__()
        self._turns = turns
        self._holdout = holdout

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        self._turns.check()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        with self._turns.uncounted():
            accuracy = self.model.evaluate(self._holdout, verbose=0)[1]
        validation = (logs or {})["val_accuracy"]
        self._turns.note(epoch=epoch + 1, validation=float(validation), accuracy=float(accuracy))


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pixels", type=Path, help="uint8 (pictures, 80, 60, 3), as one array file")
    parser.add_argument("parts", type=Path, help="for each part the rows of the pixels and the numbers of the labels")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--patience", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    pixels = np.load(arguments.pixels, mmap_mode="r")
    parts = np.load(arguments.parts)
    data = {
        name: batches(pixels[parts[f"{name}_rows"]], parts[f"{name}_numbers"], training=name == "train")
        for name in PARTS
    }
    keras.utils.set_random_seed(arguments.seed)
    network = study_network(int(parts["labels"]))
    turns = Turns(seat)
    facts = {
        "name": "the study's network, Keras fit on tensorflow",
        "precision": "float32",
        "batch": BATCH,
        "versions": describe_environment(("keras", "tensorflow")),
    }
    seat.say(facts)
    stopping = keras.callbacks.EarlyStopping(patience=arguments.patience, restore_best_weights=True)
    callbacks = [stopping, _InTurns(turns, data["holdout"])]
    with suppress(Over):
        turns.begin()
        network.fit(
            data["train"],
            validation_data=data["validation"],
            epochs=arguments.epochs,
            shuffle=False,  # the pipeline does
            verbose=0,
            callbacks=callbacks,
        )
        turns.finish()


if __name__ == "__main__":
    main()
