"""Where Keras on torch loses the time of a training step, and how it is won back. The only backend-bound file.

Measured on the study's network (docs/results/study.md): Keras computes a batch norm from a dozen elementwise
operations, each a walk through memory, where torch has one kernel; it adds a convolution's bias in a walk of its own;
its max pooling hands on another memory layout, which every later layer then pays for; and its Adam makes seven walks
over all parameters.
Each class here overrides one method of its Keras parent with the torch kernel for the very same arithmetic.
"""

from typing import Any

import keras
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.adam import adam

__all__ = ["Adam", "AdamW", "BatchNormalization", "Conv2D", "DepthwiseConv2D", "MaxPooling2D", "ReLU"]

# Tensors are NHWC to Keras and NCHW to torch. Permuting the axes of one gives a view of the other, in the layout that
# torch calls channels_last; as long as no layer copies, a whole network runs in it.


def _to_torch(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 3, 1, 2)


def _to_keras(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 2, 3, 1)


def _tensor(variable: Any) -> Tensor:
    """Returns the torch tensor of a Keras variable, or of what stands in for one (a cast, a quantised kernel)."""
    return keras.ops.convert_to_tensor(variable)


def _convolve(layer: Any, inputs: Tensor, kernel: Tensor, groups: int) -> Tensor:
    """Convolves with a kernel in torch's order of axes, padded as TensorFlow pads ``same``: the odd one at the end."""
    strides = tuple(layer.strides)
    bias = _tensor(layer.bias) if layer.use_bias else None
    values = _to_torch(inputs)
    before, after = (0, 0), (0, 0)
    if layer.padding == "same":
        sides = zip(values.shape[2:], layer.kernel_size, strides, strict=True)
        missing = [max((-(-side // stride) - 1) * stride + window - side, 0) for side, window, stride in sides]
        before, after = tuple(side // 2 for side in missing), tuple(side - side // 2 for side in missing)
    if before != after:
        values = functional.pad(values, (before[1], after[1], before[0], after[0]))
        before = (0, 0)
    outputs = functional.conv2d(values, kernel, bias, stride=strides, padding=before, groups=groups)
    return layer.activation(_to_keras(outputs))


class Conv2D(keras.layers.Conv2D):
    """A convolution with its bias in the same kernel; dilated and grouped ones go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, filters)."""
        if set(self.dilation_rate) != {1} or self.groups != 1:
            return super().call(inputs)
        kernel = _tensor(self.kernel).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        return _convolve(self, inputs, kernel, groups=1)


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """A convolution of each channel by itself that keeps the memory layout; dilated ones and those that multiply
    channels go Keras's way.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, channels)."""
        if set(self.dilation_rate) != {1} or self.depth_multiplier != 1:
            return super().call(inputs)
        kernel = _tensor(self.kernel).permute(2, 3, 0, 1)
        return _convolve(self, inputs, kernel, groups=inputs.shape[-1])


class ReLU(keras.layers.ReLU):
    """A rectifier with an upper limit in one kernel; other kinds go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps any shape to the same shape."""
        if self.max_value is None or self.negative_slope or self.threshold:
            return super().call(inputs)
        return functional.hardtanh(inputs, 0.0, self.max_value)


class BatchNormalization(keras.layers.BatchNormalization):
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
        plain = self.scale and self.center and not self.renorm and mask is None and not self.synchronized
        if not plain or inputs.ndim not in {2, 4} or self.axis not in {-1, inputs.ndim - 1}:
            return super().call(inputs, training=training, mask=mask)
        images = inputs.ndim == 4
        values = _to_torch(inputs) if images else inputs
        gamma, beta = _tensor(self.gamma), _tensor(self.beta)
        if training and self.trainable:
            outputs, mean, inverse = torch.native_batch_norm(values, gamma, beta, None, None, True, 0.0, self.epsilon)
            self._track(mean.detach(), inverse.detach())
        else:
            mean, variance = _tensor(self.moving_mean), _tensor(self.moving_variance)
            outputs = functional.batch_norm(values, mean, variance, gamma, beta, training=False, eps=self.epsilon)
        return _to_keras(outputs) if images else outputs

    def _track(self, mean: Tensor, inverse: Tensor) -> None:
        """Moves the averages; Keras, unlike torch, tracks the biased variance."""
        variance = inverse.square().reciprocal() - self.epsilon
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(torch.lerp(_tensor(average), value, 1.0 - self.momentum))


class MaxPooling2D(keras.layers.MaxPooling2D):
    """Max pooling that keeps the memory layout, for padding ``valid``; others go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, channels)."""
        if self.padding != "valid":
            return super().call(inputs)
        return _to_keras(functional.max_pool2d(_to_torch(inputs), self.pool_size, self.strides))


class _FusedStep:
    """The step of Adam (Kingma and Ba 2015) in torch's fused kernel, on Keras's own state, so that checkpoints stay
    Keras's. Keras takes the weight decay off before the step, for its own AdamW and so for ours.
    """

    def _backend_update_step(
        self: Any, grads: list[Tensor], trainable_variables: list[Any], learning_rate: Any
    ) -> None:
        slots = [self._get_variable_index(variable) for variable in trainable_variables]
        # torch counts the step itself, and counts before it divides.
        step = torch.tensor(float(self.iterations.value), dtype=torch.float32)
        with torch.no_grad():
            adam(
                [variable.value for variable in trainable_variables],
                [gradient.contiguous() for gradient in grads],
                [self._momentums[slot].value for slot in slots],
                [self._velocities[slot].value for slot in slots],
                [],
                [step.clone() for _ in slots],
                fused=True,
                amsgrad=False,
                beta1=self.beta_1,
                beta2=self.beta_2,
                lr=float(learning_rate),
                weight_decay=0.0,
                eps=self.epsilon,
                maximize=False,
            )


class Adam(_FusedStep, keras.optimizers.Adam):
    """Adam with the fused step."""


class AdamW(_FusedStep, keras.optimizers.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) and the fused step."""
