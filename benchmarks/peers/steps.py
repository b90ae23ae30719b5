"""The peer whose training steps are profiled: the study's network with Keras `fit` as it comes, on torch."""

import os
from collections.abc import Mapping

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

from benchmarks.contest import Seat
from benchmarks.peers.study_network import study_network
from benchmarks.profiling import ProfiledSteps
from benchmarks.turns import Over
from modiste.runs import describe_environment

BATCH = 32
PICTURES = 2048
WARM = 5


class _Profiled(keras.callbacks.Callback):
    def __init__(self, steps: ProfiledSteps) -> None:
        super().__init__()
        self._steps = steps

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        self._steps.step()


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    generator = np.random.default_rng(0)
    pixels = generator.random((PICTURES, 80, 60, 3), dtype=np.float32)
    numbers = generator.integers(0, 30, PICTURES)
    seat.say(
        {
            "name": "the study's network, Keras fit on torch",
            "precision": "float32",
            "batch": BATCH,
            "versions": describe_environment(("keras", "torch")),
        }
    )
    try:
        # More epochs than anyone waits for: it ends when there is no other turn.
        network = study_network()
        network.fit(
            pixels, numbers, batch_size=BATCH, epochs=1000, verbose=0, callbacks=[_Profiled(ProfiledSteps(seat, WARM))]
        )
    except Over:
        return


if __name__ == "__main__":
    main()
