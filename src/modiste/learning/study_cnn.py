"""The study's network, layer by layer, as "Identify fashion product type based on its image" prints it."""

from collections.abc import Iterable

import keras
from keras import layers

from modiste.learning.backend import BatchNormalization, Conv2D, MaxPooling2D

__all__ = ["study_cnn"]

KERAS_MOMENTUM = 0.99


def study_cnn(
    classes: int = 30,
    *,
    height: int = 80,
    width: int = 60,
    channels: int = 3,
    bn_momentum: float = KERAS_MOMENTUM,
    seed: int = 0,
) -> keras.Sequential:
    """Builds the study's network.

    Args:
        classes: How many labels it tells apart.
        height: Of the pictures, in pixels.
        width: Of the pictures, in pixels.
        channels: 3 for colour, 1 for greyscale.
        bn_momentum: Of the batch norms' moving averages; the study leaves Keras's default.
        seed: Of the initial weights.

    Returns:
        A network from float32 (batch, height, width, channels) in [0, 1] to probabilities (batch, classes).
    """
    keras.utils.set_random_seed(seed)

    def block(filters: int) -> Iterable[keras.Layer]:
        for _ in range(2):
            yield Conv2D(filters, 3, padding="same", activation="relu")
            yield BatchNormalization(momentum=bn_momentum)
        yield MaxPooling2D(2)
        yield layers.Dropout(0.2)

    return keras.Sequential(
        [
            keras.Input((height, width, channels)),
            *block(32),
            *block(64),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            BatchNormalization(momentum=bn_momentum),
            layers.Dropout(0.25),
            layers.Dense(classes, activation="softmax"),
        ],
        name="study_cnn",
    )
