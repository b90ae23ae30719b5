"""The study's network, layer by layer, as "Identify fashion product type based on its image" prints it."""

from collections.abc import Iterable

import keras
from keras import layers

from modiste.config import Device
from modiste.learning.backend import pieces_for

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
    device: Device = "auto",
) -> keras.Sequential:
    """Builds the study's network.

    Args:
        classes: How many labels it tells apart.
        height: The height of the pictures, in pixels.
        width: The width of the pictures, in pixels.
        channels: 3 for colour, 1 for greyscale.
        bn_momentum: Of the batch norms' moving averages; the study leaves Keras's default.
        seed: The seed of the initial weights.
        device: Where it is to compute.

    Returns:
        A network from float32 (batch, height, width, channels) in [0, 1] to probabilities (batch, classes).
    """
    keras.utils.set_random_seed(seed)
    pieces = pieces_for(device)

    def block(filters: int) -> Iterable[keras.Layer]:
        for _ in range(2):
            yield pieces.Conv2D(filters, 3, padding="same", activation="relu")
            yield pieces.BatchNormalization(momentum=bn_momentum)
        yield pieces.MaxPooling2D(2)
        yield layers.Dropout(0.2)

    return keras.Sequential(
        [
            keras.Input((height, width, channels)),
            *block(32),
            *block(64),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            pieces.BatchNormalization(momentum=bn_momentum),
            layers.Dropout(0.25),
            layers.Dense(classes, activation="softmax"),
        ],
        name="study_cnn",
    )
