"""The tagger's network: raw pixels -> the logits of every attribute, and features to compare pictures by.

A trunk (see `backbones`) gives a feature map. It ends in global average pooling and one linear layer, so the evidence
for a label at each place of the feature map is the layer's weights applied there (Zhou et al. 2016).
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from modiste.config import Device
from modiste.learning.backbones import LITE0, find_backbone
from modiste.learning.backend import pieces_for
from modiste.learning.mirror import AddMirror, FoldMirror

__all__ = ["FEATURES", "HEADS", "POOLED", "tagger_net", "with_outputs"]

FEATURES = "features"
POOLED = "pooled"
HEADS = "heads"
"""The names of the last feature map, of its mean, and of the linear layer on it."""


def tagger_net(
    sizes: Sequence[int],
    *,
    backbone: str = LITE0,
    height: int = 80,
    width: int = 60,
    mirrored: bool = False,
    dropout: float = 0.2,
    seed: int = 0,
    device: Device = "auto",
    **options: Any,
) -> keras.Model:
    """Builds the tagger's network, with random weights.

    Args:
        sizes: How many labels each attribute has.
        backbone: The name of the trunk: see `find_backbone`.
        height: The height of the pictures, in pixels.
        width: The width of the pictures, in pixels.
        mirrored: Answer for each picture and its mirror image together (see `mirror`).
        dropout: The share of pooled features left out in training.
        seed: The seed of the initial weights.
        device: Where it is to compute; it is built in the context of `computing_on` that device.
        options: What the backbone alone has: for EfficientNet-Lite0 `last_stride` and `shallow`.

    Returns:
        A network from uint8 (batch, height, width, 3) to float32 logits (batch, sum of sizes), the attributes' logits
        one after another.

    Raises:
        ConfigError: There is no such backbone, or no such device.
    """
    keras.utils.set_random_seed(seed)
    pieces = pieces_for(device)
    pixels = keras.Input((height, width, 3), dtype="uint8", name="pixels")
    values = AddMirror(name="add_mirror")(pixels) if mirrored else pixels
    last = "one_way" if mirrored else FEATURES
    values = find_backbone(backbone).build(values, pieces, name=last, **options)
    if mirrored:
        values = FoldMirror(name=FEATURES)(values)
    values = layers.GlobalAveragePooling2D(name=POOLED)(values)
    values = layers.Dropout(dropout, name="dropout")(values)
    logits = layers.Dense(sum(sizes), kernel_initializer="zeros", name=HEADS)(values)
    network = pieces.Model(pixels, logits, name="tagger_net")
    # Ending in a mean over places, it can learn from pictures of any size; it answers for those it was made for.
    network.input_spec = layers.InputSpec(shape=(None, None, None, 3))
    return network


def with_outputs(network: keras.Model, *names: str) -> keras.Model:
    """Returns the same network with more outputs: ``logits`` and those of the named layers, for instance `POOLED`
    (batch, channels) and `FEATURES` (batch, rows, columns, channels).
    """
    outputs = {name: network.get_layer(name).output for name in names}
    return keras.Model(network.inputs, {"logits": network.output, **outputs}, name="tagger")
