"""The way back into the lab: a bundle's weights, to start another training from.

A bundle's batch norms are folded into its convolutions. Here each gets the mean and the variance that its convolution
has on the new pictures, and the scale and offset that undo them: the network answers as the bundle did, and its batch
norms are as a training would have them. Blocks that a shallow bundle leaves out begin by adding nothing (Goyal and
others 2017: a last scale of zero), so that a deeper network answers as it did as well.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from modiste.errors import BundleError
from modiste.learning.lite0 import SCALE
from modiste.learning.tagger_net import HEADS
from modiste.learning.training import Network
from modiste.portable.bundle import Bundle
from modiste.portable.graph import ZERO, read_arrays
from modiste.schema import Attribute

__all__ = ["load_bundle"]

BATCH = 32


def load_bundle(network: Network, bundle: Bundle, attributes: tuple[Attribute, ...], pixels: NDArray[np.uint8]) -> int:
    """Gives a `tagger_net` a bundle's weights; labels that both know keep what the bundle knows of them.

    Args:
        network: Untrained; its pictures may be of another size than the bundle's.
        bundle: Whose weights to take.
        attributes: What the network is to say of a picture.
        pixels: uint8 (n, height, width, 3), some hundred pictures that it will learn from.

    Returns:
        How many labels of `attributes` the bundle knew.

    Raises:
        BundleError: Its network is of another architecture.
    """
    arrays = read_arrays(bundle.network)
    try:
        _give_zero_back(network, arrays)
        _load_trunk(network, arrays, pixels)
        return _load_heads(network, bundle, attributes, arrays)
    except (KeyError, ValueError) as error:
        raise BundleError(
            f"its network is of another architecture than the one to train ({error})",
            fix="start from a bundle that `modiste train` and `modiste export` made",
        ) from error


def _load_trunk(network: Network, arrays: dict[str, NDArray[np.float32]], pixels: NDArray[np.uint8]) -> None:
    left_out = _left_out(network, arrays)
    for block in left_out:
        norm = network.get_layer(f"{block}_project_norm")
        norm.set_weights([np.zeros_like(norm.get_weights()[0]), *norm.get_weights()[1:]])
    convolutions = [
        layer
        for layer in network.layers
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D) and _block_of(layer.name) not in left_out
    ]
    for layer in convolutions:
        kernel = arrays[f"{layer.name}_kernel"]
        order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
        layer.set_weights([kernel.transpose(order)])
    # All at once, for each one's input must be as it was in the bundle; so first without any norm's own doing.
    for layer in convolutions:
        norm, bias = network.get_layer(f"{layer.name}_norm"), arrays[f"{layer.name}_bias"]
        plain = np.zeros_like(bias), np.ones_like(bias) - norm.epsilon
        norm.set_weights([np.ones_like(bias), bias, *plain])
    inside = keras.Model(network.input, [layer.output for layer in convolutions])
    for layer, (mean, variance) in zip(convolutions, _moments(inside, pixels), strict=True):
        norm, bias = network.get_layer(f"{layer.name}_norm"), arrays[f"{layer.name}_bias"]
        norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])


def _give_zero_back(network: Network, arrays: dict[str, NDArray[np.float32]]) -> None:
    """Makes the first convolution's bias, where it has the zero of bytes taken off, one for scaled pictures."""
    if ZERO in arrays:
        first = next(layer for layer in network.layers if isinstance(layer, layers.Conv2D))
        sums = arrays[f"{first.name}_kernel"].sum(axis=(1, 2, 3))
        arrays[f"{first.name}_bias"] += arrays[ZERO] * np.float32(network.get_layer(SCALE).scale) * sums


def _left_out(network: Network, arrays: dict[str, NDArray[np.float32]]) -> set[str]:
    """Returns the blocks that a bundle does not have, of those that add to what comes into them."""
    adding = {_block_of(layer.name) for layer in network.layers if isinstance(layer, layers.Add)}
    return {block for block in adding if f"{block}_project_kernel" not in arrays}


def _block_of(name: str) -> str:
    return name.partition("_")[0]


def _moments(network: Network, pixels: NDArray[np.uint8]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Returns the mean and the variance of each output's channels over pictures and places."""
    sums = [np.zeros((2, output.shape[-1])) for output in network.outputs]
    for start in range(0, len(pixels), BATCH):
        batch = pixels[start : start + BATCH]
        for number, output in enumerate(network.predict_on_batch(batch)):
            values = np.asarray(output, np.float64)
            sums[number] += len(batch) * np.stack([values.mean(axis=(0, 1, 2)), np.square(values).mean(axis=(0, 1, 2))])
    means = [total / len(pixels) for total in sums]
    return [(mean, np.maximum(square - np.square(mean), 0)) for mean, square in means]


def _load_heads(
    network: Network, bundle: Bundle, attributes: tuple[Attribute, ...], arrays: dict[str, NDArray[np.float32]]
) -> int:
    heads = network.get_layer(HEADS)
    kernel, bias = heads.get_weights()
    theirs = {label: number for number, label in enumerate(_labels(bundle.attributes))}
    known = [(number, theirs[label]) for number, label in enumerate(_labels(attributes)) if label in theirs]
    if known:
        mine, other = map(list, zip(*known, strict=True))
        kernel[:, mine] = arrays[f"{HEADS}_kernel"].T[:, other]
        bias[mine] = arrays[f"{HEADS}_bias"][other]
        heads.set_weights([kernel, bias])
    return len(known)


def _labels(attributes: tuple[Attribute, ...]) -> list[tuple[str, str]]:
    return [(attribute.name, label) for attribute in attributes for label in attribute.labels]
