"""The peer that labels photos: the study's network with Keras `predict` on a `tf.data` pipeline."""

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import polars as pl
import tensorflow as tf

from benchmarks.contest import Job, Seat, milliseconds, peak_memory, serve
from benchmarks.peers.study_network import study_network
from modiste.runs import describe_environment

__all__ = ["LabelPhotos"]


class LabelPhotos:
    """Labels photos with the study's network; its weights are random, which is as fast as trained ones.

    Args:
        batch: Pictures at a time.
    """

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._network = study_network()

    def tag(self, folder: str, out: str) -> dict[str, float]:
        """Labels a folder of photos into a table."""
        start = time.perf_counter()
        names, photos = self._photos(folder)
        probabilities = self._network.predict(photos, verbose=0)
        labels = probabilities.argmax(axis=1)
        table = {"path": names, "Class": labels, "Class_probability": probabilities.max(axis=1)}
        pl.DataFrame(table).write_parquet(out)
        return {"photos": len(names), "seconds": time.perf_counter() - start, "peak": peak_memory()}

    def decode(self, folder: str) -> dict[str, float]:
        """Decodes a folder of photos, as each epoch of a training does that keeps no pixels."""
        start = time.perf_counter()
        names, photos = self._photos(folder)
        for _ in photos:
            pass
        return {"photos": len(names), "seconds": time.perf_counter() - start}

    def _photos(self, folder: str) -> tuple[list[str], Any]:
        names = sorted(str(path) for path in Path(folder).iterdir())
        photos = tf.data.Dataset.from_tensor_slices(names).map(_decoded, num_parallel_calls=tf.data.AUTOTUNE)
        return names, photos.batch(self._batch).prefetch(tf.data.AUTOTUNE)

    def one(self, photo: str, count: int) -> dict[str, Any]:
        """Labels one photo again and again; returns milliseconds, each from the file to the label."""
        return milliseconds(lambda: self._network.predict(_batch_of(photo), verbose=0).argmax(axis=1), count)

    def called(self, photo: str, count: int) -> dict[str, Any]:
        """The same with the network called as a function, which Keras recommends for single batches."""
        return milliseconds(lambda: self._network(_batch_of(photo), training=False).numpy().argmax(axis=1), count)


def _decoded(name: Any) -> Any:
    pixels = tf.io.decode_jpeg(tf.io.read_file(name), channels=3)
    return tf.image.resize(pixels, (80, 60)) / 255.0


def _batch_of(photo: str) -> Any:
    return _decoded(tf.constant(photo))[None]


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    arguments = parser.parse_args()
    labels = LabelPhotos(arguments.batch)
    facts = {
        "name": f"the study's network, Keras predict on {keras.backend.backend()}",
        "precision": "float32",
        "batch": arguments.batch,
        "versions": describe_environment(("keras", "tensorflow")),
    }
    jobs: dict[str, Job] = {"tag": labels.tag, "decode": labels.decode, "one": labels.one, "called": labels.called}
    serve(facts, jobs, seat)


if __name__ == "__main__":
    main()
