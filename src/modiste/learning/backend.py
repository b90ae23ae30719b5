"""Where networks compute, and what they are made of there.

On the CPU with PyTorch these are the lean pieces of `step`; on a GPU, and with another backend, Keras's own layers,
optimizers and training step. Both kinds have the same names, weights and arithmetic, so a checkpoint written with one
loads into the other.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from modiste.config import Device
from modiste.errors import ConfigError

__all__ = [
    "Pieces",
    "choose_device",
    "computing_on",
    "cuda_available",
    "describe_backend",
    "mixed_precision",
    "mixed_precision_pays",
    "pieces_for",
    "resized",
]


@dataclass(frozen=True)
class Pieces:
    """What networks are made of and learn with: names and arguments are those of Keras's classes."""

    Adam: Any
    AdamW: Any
    BatchNormalization: Any
    Conv2D: Any
    DepthwiseConv2D: Any
    MaxPooling2D: Any
    Model: Any
    ReLU: Any


KERAS = Pieces(
    Adam=keras.optimizers.Adam,
    AdamW=keras.optimizers.AdamW,
    BatchNormalization=keras.layers.BatchNormalization,
    Conv2D=keras.layers.Conv2D,
    DepthwiseConv2D=keras.layers.DepthwiseConv2D,
    MaxPooling2D=keras.layers.MaxPooling2D,
    Model=keras.Model,
    ReLU=keras.layers.ReLU,
)

STEP: Any = None
LEAN = KERAS
if keras.backend.backend() == "torch":
    from modiste.learning import step

    STEP = step
    LEAN = Pieces(
        Adam=step.Adam,
        AdamW=step.AdamW,
        BatchNormalization=step.BatchNormalization,
        Conv2D=step.Conv2D,
        DepthwiseConv2D=step.DepthwiseConv2D,
        MaxPooling2D=step.MaxPooling2D,
        Model=step.MixedModel,
        ReLU=step.ReLU,
    )


def describe_backend() -> str:
    """Returns the name of the Keras backend in use: ``torch``, ``tensorflow`` or ``jax``."""
    return str(keras.backend.backend())


def cuda_available() -> bool:
    """Returns whether the backend can compute on a GPU of NVIDIA's."""
    if STEP is not None:
        return bool(STEP.cuda_available())
    return any(name.lower().startswith(("cuda", "gpu")) for name in keras.distribution.list_devices())


def choose_device(device: Device) -> Literal["cpu", "cuda"]:
    """Returns the device that is meant; ``auto`` is a GPU where there is one.

    Raises:
        ConfigError: A GPU is asked for, and the backend has none.
    """
    if device != "cpu" and cuda_available():
        return "cuda"
    if device == "cuda":
        raise ConfigError(
            f"Keras on {describe_backend()} sees no GPU",
            where="--device cuda",
            fix=f"take --device cpu, or install {describe_backend()} with CUDA and a driver",
        )
    return "cpu"


def pieces_for(device: Device, *, backend: str | None = None) -> Pieces:
    """Returns what networks on a device are made of: the lean pieces on the CPU with PyTorch, else Keras's own.

    Args:
        device: Where they compute.
        backend: The Keras backend; by default the one in use.

    Raises:
        ConfigError: See `choose_device`.
    """
    lean = (backend or describe_backend()) == "torch" and choose_device(device) == "cpu"
    return LEAN if lean else KERAS


@contextmanager
def computing_on(device: Device) -> Iterator[None]:
    """Makes Keras keep and compute everything on a device: networks built in this context have their weights there.

    Raises:
        ConfigError: See `choose_device`.
    """
    # Keras calls a CUDA device gpu with every backend. Without a number, for PyTorch copies each tensor to "cpu:0".
    with keras.device("gpu" if choose_device(device) == "cuda" else "cpu"):
        yield


def mixed_precision(*, enabled: bool) -> AbstractContextManager[object]:
    """Returns a context in which PyTorch multiplies matrices in bfloat16 on the CPU, where that is enabled."""
    return nullcontext() if STEP is None else STEP.mixed_precision(enabled=enabled)


def mixed_precision_pays(device: Device) -> bool:
    """Returns whether a network of lean pieces on a device should train in bfloat16; Keras's own pieces do not."""
    return pieces_for(device) is not KERAS and bool(STEP.mixed_precision_pays())


def resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resizes uint8 (batch, height, width, 3), bilinear with antialiasing."""
    if STEP is not None:
        lean: NDArray[np.uint8] = STEP.resized(pixels, height, width)
        return lean
    values = keras.ops.image.resize(
        pixels.astype(np.float32), (height, width), antialias=True, data_format="channels_last"
    )
    return np.rint(keras.ops.convert_to_numpy(values)).clip(0, 255).astype(np.uint8)
