"""Where Keras on torch loses the time of the study network's training step, layer kind by layer kind.

The variants take turns within one process, so the ratios hold even where the machine's speed drifts.
"""

from collections.abc import Callable
from functools import partial
from statistics import median

import polars as pl

from benchmarks.contest import alternate, seconds
from benchmarks.harness import Benchmark, Setup
from modiste.learning.study_cnn import study_cnn

from modiste.learning import step  # isort: skip - learning first: it chooses the backend
from modiste.runs import describe_environment

import keras  # isort: skip
import numpy as np  # isort: skip

BATCH = 32
STEPS = 2
"""Of each turn."""
VARIANTS: dict[str, tuple[type, ...]] = {
    "Keras as it comes": (),
    "+ fused Adam": (step.Adam,),
    "+ fused batch norm": (step.Adam, step.BatchNormalization),
    "+ bias in the convolution": (step.Adam, step.BatchNormalization, step.Conv2D),
    "+ max pooling that keeps the layout": (step.Adam, step.BatchNormalization, step.Conv2D, step.MaxPooling2D),
}


def variant(lean: tuple[type, ...]) -> keras.Model:
    """The study's network with some of its lean layers, the others being Keras's own."""
    network = study_cnn()
    layers = [keras.Input(network.input_shape[1:])]
    for layer in network.layers:
        kind = type(layer)
        if kind.__module__.startswith(step.__name__) and kind not in lean:
            kind = next(base for base in kind.__mro__ if not base.__module__.startswith(step.__name__))
        layers.append(kind.from_config(layer.get_config()))
    copy = keras.Sequential(layers)
    adam = step.Adam if step.Adam in lean else keras.optimizers.Adam
    copy.compile(adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return copy


def stepper(network: keras.Model) -> Callable[[], None]:
    """Training steps on fixed pictures."""
    generator = np.random.default_rng(0)
    pixels = generator.random((BATCH, 80, 60, 3), dtype=np.float32)
    targets = generator.integers(0, 30, BATCH)

    def steps() -> None:
        for _ in range(STEPS):
            network.train_on_batch(pixels, targets)

    return steps


def measure(setup: Setup) -> pl.DataFrame:
    """Lets the variants take turns; returns the medians, a variant a row."""
    turns = {name: partial(seconds, stepper(variant(lean))) for name, lean in VARIANTS.items()}
    found = alternate(turns, setup.rounds, warm=True)
    medians = {name: median(values) / STEPS for name, values in found.items()}
    base = medians["Keras as it comes"]
    facts = {"setting": f"batch {BATCH}, float32, median of {setup.rounds}"} | describe_environment(("keras", "torch"))
    return pl.DataFrame(
        {
            "variant": name,
            "milliseconds": round(1000 * value, 1),
            "images_per_second": round(BATCH / value, 1),
            "ratio": round(base / value, 2),
            **facts,
        }
        for name, value in medians.items()
    )


BENCHMARK = Benchmark(
    "training_step",
    __doc__,
    measure,
    rounds=9,
    shown=("variant", "milliseconds", "images_per_second", "ratio"),
)

if __name__ == "__main__":
    BENCHMARK.main()
