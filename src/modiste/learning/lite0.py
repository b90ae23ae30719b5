"""EfficientNet-Lite0 (Liu et al., TensorFlow 2020; after Tan and Le 2019), the backbone that ships: inverted residual
blocks without squeeze-and-excitation, with ReLU6, made for processors.
"""

from dataclasses import dataclass

import keras
from keras import layers

from modiste.learning.backend import Pieces

__all__ = ["BN_MOMENTUM", "SCALE", "STAGES", "lite0"]

SCALE = "scale"
"""The name of the layer that scales bytes."""

BN_EPSILON = 1e-3
BN_MOMENTUM = 0.95
"""The momentum of the moving averages: fast enough for a training of a few thousand steps."""


@dataclass(frozen=True)
class _Stage:
    """Blocks of one width: the first one changes the resolution and the width, the others add to it."""

    expansion: int
    filters: int
    blocks: int
    stride: int
    window: int

    def kept(self, *, shallow: bool) -> int:
        """Returns how many of the blocks a network has."""
        return max(1, self.blocks - 1) if shallow else self.blocks


# Tan and Le 2019, table 1, as TensorFlow's lite variant builds them.
STAGES = (
    _Stage(1, 16, 1, 1, 3),
    _Stage(6, 24, 2, 2, 3),
    _Stage(6, 40, 2, 2, 5),
    _Stage(6, 80, 3, 2, 3),
    _Stage(6, 112, 3, 1, 5),
    _Stage(6, 192, 4, 2, 5),
    _Stage(6, 320, 1, 1, 3),
)
STEM_FILTERS = 32
HEAD_FILTERS = 1280


def lite0(
    pixels: keras.KerasTensor, pieces: Pieces, *, name: str, last_stride: int = 2, shallow: bool = False
) -> keras.KerasTensor:
    """Builds the trunk: pictures, uint8 (batch, height, width, 3) -> the last feature map (batch, rows, columns, 1280).

    Args:
        pixels: The pictures.
        pieces: What to build it of.
        name: Of the layer that gives the feature map.
        last_stride: Of the last stage that may halve the resolution; 1 keeps a feature map twice as fine.
        shallow: Leave out the last block of each stage that has several: 5 of 16, three tenths of the arithmetic.
    """
    values = layers.Rescaling(1 / 128, offset=-127 / 128, name=SCALE)(pixels)
    values = _normalised(_convolution(values, STEM_FILTERS, 3, pieces, stride=2, name="stem"), "stem", pieces)
    number = 0
    for place, stage in enumerate(STAGES):
        stride = last_stride if place == 5 else stage.stride
        for block in range(stage.kept(shallow=shallow)):
            values = _block(values, stage, stride if block == 0 else 1, f"block{number + block}", pieces)
        # A block is called the same whether or not others are there, so that weights fit.
        number += stage.blocks
    return _normalised(_convolution(values, HEAD_FILTERS, 1, pieces, name="top"), "top", pieces, name=name)


def _block(values: keras.KerasTensor, stage: _Stage, stride: int, name: str, pieces: Pieces) -> keras.KerasTensor:
    """An inverted residual block: widen, filter each channel by itself, narrow; add where the shape stays."""
    before = values
    channels = values.shape[-1]
    if stage.expansion > 1:
        wide = _convolution(values, channels * stage.expansion, 1, pieces, name=f"{name}_expand")
        values = _normalised(wide, f"{name}_expand", pieces)
    deep = pieces.DepthwiseConv2D(
        stage.window, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )
    values = _normalised(deep(values), f"{name}_depthwise", pieces)
    values = _convolution(values, stage.filters, 1, pieces, name=f"{name}_project")
    values = _norm(f"{name}_project", pieces)(values)
    if stride == 1 and channels == stage.filters:
        values = layers.Add(autocast=False, name=f"{name}_add")([values, before])
    return values


def _convolution(
    values: keras.KerasTensor, filters: int, window: int, pieces: Pieces, *, stride: int = 1, name: str
) -> keras.KerasTensor:
    return pieces.Conv2D(filters, window, strides=stride, padding="same", use_bias=False, name=name)(values)


def _normalised(
    values: keras.KerasTensor, prefix: str, pieces: Pieces, *, name: str | None = None
) -> keras.KerasTensor:
    return pieces.ReLU(6.0, name=name or f"{prefix}_relu")(_norm(prefix, pieces)(values))


def _norm(prefix: str, pieces: Pieces) -> keras.Layer:
    return pieces.BatchNormalization(momentum=BN_MOMENTUM, epsilon=BN_EPSILON, name=f"{prefix}_norm")
