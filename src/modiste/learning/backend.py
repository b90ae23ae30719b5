"""The layers and the optimizers that our networks use: lean ones where we have them for the backend, else Keras's own.

Both kinds have the same names, weights and arithmetic, so weights trained with one load into the other.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import keras

__all__ = [
    "Adam",
    "AdamW",
    "BatchNormalization",
    "Conv2D",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "MixedModel",
    "ReLU",
    "describe_backend",
    "mixed_precision",
    "mixed_precision_pays",
]

if keras.backend.backend() == "torch" and not TYPE_CHECKING:
    from modiste.learning.step import (
        Adam,
        AdamW,
        BatchNormalization,
        Conv2D,
        DepthwiseConv2D,
        MaxPooling2D,
        MixedModel,
        ReLU,
        mixed_precision,
        mixed_precision_pays,
    )
else:
    Adam: Any = keras.optimizers.Adam
    AdamW: Any = keras.optimizers.AdamW
    BatchNormalization: Any = keras.layers.BatchNormalization
    Conv2D: Any = keras.layers.Conv2D
    DepthwiseConv2D: Any = keras.layers.DepthwiseConv2D
    MaxPooling2D: Any = keras.layers.MaxPooling2D
    MixedModel: Any = keras.Model
    ReLU: Any = keras.layers.ReLU

    def mixed_precision(*, enabled: bool) -> AbstractContextManager[object]:  # noqa: ARG001
        """Returns a context that changes nothing: Keras multiplies as it is told elsewhere."""
        return nullcontext()

    def mixed_precision_pays() -> bool:
        """Returns whether a `MixedModel` should train in bfloat16; here it is Keras's own, which does not."""
        return False


def describe_backend() -> str:
    """Returns the name of the Keras backend in use: ``torch``, ``tensorflow`` or ``jax``."""
    return str(keras.backend.backend())
