"""What our networks and their batches are made of: lean pieces where we have them for the backend, else Keras's own.

Both kinds have the same names, weights and arithmetic, so weights trained with one load into the other.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

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
    "resized",
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
        resized,
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

    def resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
        """Resizes uint8 (batch, height, width, 3), bilinear with antialiasing."""
        values = keras.ops.image.resize(
            pixels.astype(np.float32), (height, width), antialias=True, data_format="channels_last"
        )
        return np.rint(keras.ops.convert_to_numpy(values)).clip(0, 255).astype(np.uint8)


def describe_backend() -> str:
    """Returns the name of the Keras backend in use: ``torch``, ``tensorflow`` or ``jax``."""
    return str(keras.backend.backend())
