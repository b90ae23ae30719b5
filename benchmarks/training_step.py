"""Where Keras on torch loses the time of the study network's training step, layer kind by layer kind.

Run it on a quiet machine: python benchmarks/training_step.py [--rounds 9] [--out benchmarks/results/training_step.csv]
The variants take turns within one process, so the ratios hold even where the machine's speed drifts.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from modiste.learning.study_cnn import study_cnn

from modiste.learning import step  # isort: skip - learning first: it chooses the backend
from modiste.runs import describe_environment

import keras  # isort: skip
import numpy as np  # isort: skip

BATCH = 32
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
    """One training step on fixed pictures."""
    generator = np.random.default_rng(0)
    pixels = generator.random((BATCH, 80, 60, 3), dtype=np.float32)
    targets = generator.integers(0, 30, BATCH)
    return lambda: network.train_on_batch(pixels, targets)


def main() -> None:
    """Measures, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training_step.csv")
    options = parser.parse_args()
    steps = {name: stepper(variant(lean)) for name, lean in VARIANTS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for run in steps.values():
        run()
    for _ in range(options.rounds):
        for name, run in steps.items():
            start = time.perf_counter()
            run()
            run()
            seconds[name].append((time.perf_counter() - start) / 2)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    base = medians["Keras as it comes"]
    table = pl.DataFrame(
        {
            "variant": list(medians),
            "milliseconds": [round(1000 * value, 1) for value in medians.values()],
            "images_per_second": [round(BATCH / value, 1) for value in medians.values()],
            "ratio": [round(base / value, 2) for value in medians.values()],
        }
    ).with_columns(
        pl.lit(f"batch {BATCH}, float32, median of {options.rounds}").alias("setting"),
        *(pl.lit(value).alias(name) for name, value in describe_environment(("keras", "torch")).items()),
    )
    print(table.select("variant", "milliseconds", "images_per_second", "ratio"))
    table.write_csv(options.out)


if __name__ == "__main__":
    main()
