"""The layers and the optimizers that our networks use: lean ones where we have them for the backend, else Keras's own.

Both kinds have the same names, weights and arithmetic, so weights trained with one load into the other.
"""

from typing import TYPE_CHECKING, Any

import keras

__all__ = [
    "Adam",
    "AdamW",
    "BatchNormalization",
    "Conv2D",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "ReLU",
    "describe_backend",
]

if keras.backend.backend() == "torch" and not TYPE_CHECKING:
    from modiste.learning.step import Adam, AdamW, BatchNormalization, Conv2D, DepthwiseConv2D, MaxPooling2D, ReLU
else:
    Adam: Any = keras.optimizers.Adam
    AdamW: Any = keras.optimizers.AdamW
    BatchNormalization: Any = keras.layers.BatchNormalization
    Conv2D: Any = keras.layers.Conv2D
    DepthwiseConv2D: Any = keras.layers.DepthwiseConv2D
    MaxPooling2D: Any = keras.layers.MaxPooling2D
    ReLU: Any = keras.layers.ReLU


def describe_backend() -> str:
    """Returns the name of the Keras backend in use: ``torch``, ``tensorflow`` or ``jax``."""
    return str(keras.backend.backend())
