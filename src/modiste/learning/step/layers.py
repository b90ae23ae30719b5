"""Layers whose every method is Keras's but one: `call` does the very same arithmetic in torch's own kernels.

Keras computes a batch norm from a dozen elementwise operations, each a walk through memory, where torch has one kernel;
it adds a convolution's bias in a walk of its own; and its max pooling hands on another memory layout, which every later
layer then pays for.
"""

from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from modiste.learning.step.depthwise import Depthwise, Pair

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "ReLU",
    "is_plain",
    "resized",
    "sides_to_pad",
    "tensor_of",
]

# Tensors are NHWC to Keras and NCHW to torch. Permuting the axes of one gives a view of the other, in the layout that
# torch calls channels_last; as long as no layer copies, a whole network runs in it.


def _to_torch(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 3, 1, 2)


def _to_keras(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 2, 3, 1)


def tensor_of(variable: Any) -> Tensor:
    """Returns the torch tensor of a Keras variable, or of what stands in for one (a cast, a quantised kernel)."""
    return variable.value if isinstance(variable, keras.Variable) else keras.ops.convert_to_tensor(variable)


class _KeepsType:
    """A layer that takes tensors as they come: Keras would turn what a `MixedModel` made bfloat16 back to float32."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocast = False


def sides_to_pad(layer: Any, height: int, width: int) -> tuple[Pair, Pair]:
    """Returns how many rows and columns of zeros a convolution wants before and after its input: as TensorFlow pads
    ``same``, with the odd one at the end.
    """
    if layer.padding != "same":
        return (0, 0), (0, 0)
    sides = zip((height, width), layer.kernel_size, layer.strides, strict=True)
    rows, columns = (max((-(-side // stride) - 1) * stride + window - side, 0) for side, window, stride in sides)
    return (rows // 2, columns // 2), (rows - rows // 2, columns - columns // 2)


def _convolve(layer: Any, inputs: Tensor, kernel: Tensor, groups: int) -> Tensor:
    """Convolves with a kernel in torch's order of axes."""
    strides = tuple(layer.strides)
    bias = tensor_of(layer.bias) if layer.use_bias else None
    values = _to_torch(inputs)
    before, after = sides_to_pad(layer, *values.shape[2:])
    if before != after:
        values = functional.pad(values, (before[1], after[1], before[0], after[0]))
        before = (0, 0)
    if groups > 1 and bias is None:
        outputs = Depthwise.apply(values, kernel, strides, before)  # type: ignore[no-untyped-call]
    else:
        outputs = functional.conv2d(values, kernel, bias, stride=strides, padding=before, groups=groups)
    return layer.activation(_to_keras(outputs))


class Conv2D(_KeepsType, keras.layers.Conv2D):
    """A convolution with its bias in the same kernel; dilated and grouped ones go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, filters)."""
        if set(self.dilation_rate) != {1} or self.groups != 1:
            return super().call(inputs)
        kernel = tensor_of(self.kernel).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        return _convolve(self, inputs, kernel, groups=1)


class DepthwiseConv2D(_KeepsType, keras.layers.DepthwiseConv2D):
    """A convolution of each channel by itself that keeps the memory layout; dilated ones and those that multiply
    channels go Keras's way.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, channels)."""
        if set(self.dilation_rate) != {1} or self.depth_multiplier != 1:
            return super().call(inputs)
        kernel = tensor_of(self.kernel).permute(2, 3, 0, 1).to(inputs.dtype)
        return _convolve(self, inputs, kernel, groups=inputs.shape[-1])


class ReLU(_KeepsType, keras.layers.ReLU):
    """A rectifier with an upper limit in one kernel; other kinds go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps any shape to the same shape."""
        if self.max_value is None or self.negative_slope or self.threshold:
            return super().call(inputs)
        return functional.hardtanh(inputs, 0.0, self.max_value)


class BatchNormalization(_KeepsType, keras.layers.BatchNormalization):
    """Batch normalisation in one kernel, over the last axis of two or four, with scale and offset; others go
    Keras's way.
    """

    def call(  # Keras's own signature
        self,
        inputs: Tensor,
        training: bool | None = None,  # noqa: FBT001
        mask: Tensor | None = None,
    ) -> Tensor:
        """Maps (batch, ..., channels) to the same shape."""
        if not is_plain(self, inputs.ndim) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        images = inputs.ndim == 4
        values = _to_torch(inputs) if images else inputs
        gamma, beta = tensor_of(self.gamma), tensor_of(self.beta)
        if training and self.trainable:
            outputs, mean, inverse = torch.native_batch_norm(values, gamma, beta, None, None, True, 0.0, self.epsilon)
            self._track(mean.detach(), inverse.detach())
        else:
            mean, variance = tensor_of(self.moving_mean), tensor_of(self.moving_variance)
            outputs = functional.batch_norm(values, mean, variance, gamma, beta, training=False, eps=self.epsilon)
        return _to_keras(outputs) if images else outputs

    def _track(self, mean: Tensor, inverse: Tensor) -> None:
        """Moves the averages; Keras, unlike torch, tracks the biased variance."""
        variance = inverse.square().reciprocal() - self.epsilon
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(torch.lerp(tensor_of(average), value, 1.0 - self.momentum))


def is_plain(norm: BatchNormalization, axes: int) -> bool:
    """Returns whether torch has the kernel for a batch norm over tensors of so many axes."""
    whole = norm.scale and norm.center and not norm.renorm and not norm.synchronized
    return bool(whole and axes in {2, 4} and norm.axis in {-1, axes - 1})


class MaxPooling2D(keras.layers.MaxPooling2D):
    """Max pooling that keeps the memory layout, for padding ``valid``; others go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, channels)."""
        if self.padding != "valid":
            return super().call(inputs)
        return _to_keras(functional.max_pool2d(_to_torch(inputs), self.pool_size, self.strides))


def resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resizes uint8 (batch, height, width, 3), bilinear with antialiasing; rounded after each axis, as Pillow does."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    sized = functional.interpolate(values, size=(height, width), mode="bilinear", antialias=True)
    found: NDArray[np.uint8] = sized.permute(0, 2, 3, 1).numpy()
    return found
