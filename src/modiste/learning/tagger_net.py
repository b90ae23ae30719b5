"""The tagger's network: raw pixels -> the logits of every attribute, and features to compare pictures by.

The trunk is EfficientNet-Lite0 (Liu et al., TensorFlow 2020; after Tan and Le 2019): inverted residual blocks without
squeeze-and-excitation, with ReLU6, made for processors. It ends in global average pooling and one linear layer, so
the evidence for a label at each place of the feature map is the layer's weights applied there (Zhou et al. 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers

from modiste.learning.backend import BatchNormalization, Conv2D, DepthwiseConv2D, MixedModel, ReLU
from modiste.learning.mirror import AddMirror, FoldMirror

__all__ = ["FEATURES", "HEADS", "POOLED", "SCALE", "tagger_net", "with_outputs"]

SCALE = "scale"
FEATURES = "features"
POOLED = "pooled"
HEADS = "heads"
"""The names of the layer that scales bytes, of the last feature map, of its mean, and of the linear layer on it."""

BN_EPSILON = 1e-3
BN_MOMENTUM = 0.95
"""Of the moving averages: fast enough for a training of a few thousand steps."""


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
LITE0 = (
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


def tagger_net(
    sizes: Sequence[int],
    *,
    height: int = 80,
    width: int = 60,
    last_stride: int = 2,
    shallow: bool = False,
    mirrored: bool = False,
    dropout: float = 0.2,
    seed: int = 0,
) -> keras.Model:
    """Builds the tagger's network, with random weights.

    Args:
        sizes: How many labels each attribute has.
        height: Of the pictures, in pixels.
        width: Of the pictures, in pixels.
        last_stride: Of the last stage that may halve the resolution; 1 keeps a feature map twice as fine.
        shallow: Leave out the last block of each stage that has several: 5 of 16, three tenths of the arithmetic.
        mirrored: Answer for each picture and its mirror image together (see `mirror`).
        dropout: The share of pooled features left out in training.
        seed: Of the initial weights.

    Returns:
        A network from uint8 (batch, height, width, 3) to float32 logits (batch, sum of sizes), the attributes' logits
        one after another.
    """
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((height, width, 3), dtype="uint8", name="pixels")
    values = AddMirror(name="add_mirror")(pixels) if mirrored else pixels
    values = layers.Rescaling(1 / 128, offset=-127 / 128, name=SCALE)(values)
    values = _normalised(_convolution(values, STEM_FILTERS, 3, stride=2, name="stem"), "stem")
    number = 0
    for place, stage in enumerate(LITE0):
        stride = last_stride if place == 5 else stage.stride
        for block in range(stage.kept(shallow=shallow)):
            values = _block(values, stage, stride if block == 0 else 1, f"block{number + block}")
        # A block is called the same whether or not others are there, so that weights fit.
        number += stage.blocks
    last = "one_way" if mirrored else FEATURES
    values = _normalised(_convolution(values, HEAD_FILTERS, 1, name="top"), "top", name=last)
    if mirrored:
        values = FoldMirror(name=FEATURES)(values)
    values = layers.GlobalAveragePooling2D(name=POOLED)(values)
    values = layers.Dropout(dropout, name="dropout")(values)
    logits = layers.Dense(sum(sizes), kernel_initializer="zeros", name=HEADS)(values)
    network = MixedModel(pixels, logits, name="tagger_net")
    # Ending in a mean over places, it can learn from pictures of any size; it answers for those it was made for.
    network.input_spec = layers.InputSpec(shape=(None, None, None, 3))
    return network


def with_outputs(network: keras.Model, *names: str) -> keras.Model:
    """Returns the same network with more outputs: ``logits`` and those of the named layers, for instance `POOLED`
    (batch, channels) and `FEATURES` (batch, rows, columns, channels).
    """
    outputs = {name: network.get_layer(name).output for name in names}
    return keras.Model(network.inputs, {"logits": network.output, **outputs}, name="tagger")


def _block(values: keras.KerasTensor, stage: _Stage, stride: int, name: str) -> keras.KerasTensor:
    """An inverted residual block: widen, filter each channel by itself, narrow; add where the shape stays."""
    before = values
    channels = values.shape[-1]
    if stage.expansion > 1:
        wide = _convolution(values, channels * stage.expansion, 1, name=f"{name}_expand")
        values = _normalised(wide, f"{name}_expand")
    deep = DepthwiseConv2D(stage.window, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise")
    values = _normalised(deep(values), f"{name}_depthwise")
    values = _convolution(values, stage.filters, 1, name=f"{name}_project")
    values = BatchNormalization(momentum=BN_MOMENTUM, epsilon=BN_EPSILON, name=f"{name}_project_norm")(values)
    if stride == 1 and channels == stage.filters:
        values = layers.Add(autocast=False, name=f"{name}_add")([values, before])
    return values


def _convolution(
    values: keras.KerasTensor, filters: int, window: int, *, stride: int = 1, name: str
) -> keras.KerasTensor:
    return Conv2D(filters, window, strides=stride, padding="same", use_bias=False, name=name)(values)


def _normalised(values: keras.KerasTensor, prefix: str, *, name: str | None = None) -> keras.KerasTensor:
    norm = BatchNormalization(momentum=BN_MOMENTUM, epsilon=BN_EPSILON, name=f"{prefix}_norm")
    return ReLU(6.0, name=name or f"{prefix}_relu")(norm(values))
