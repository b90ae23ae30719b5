"""Where Keras on torch loses the time of a training step, and how it is won back. The only backend-bound file.

Measured on the study's network (docs/results/study.md): Keras computes a batch norm from a dozen elementwise
operations, each a walk through memory, where torch has one kernel; it adds a convolution's bias in a walk of its own;
its max pooling hands on another memory layout, which every later layer then pays for; and its Adam makes seven walks
over all parameters.
Each class here overrides one method of its Keras parent with the torch kernel for the very same arithmetic; and a
`MixedModel` trains in bfloat16 where that is as good: in all but depthwise convolutions, statistics, weights and loss.
"""

from contextlib import AbstractContextManager
from typing import Any

import keras
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.adam import adam

__all__ = [
    "Adam",
    "AdamW",
    "BatchNormalization",
    "Conv2D",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "MixedModel",
    "ReLU",
    "mixed_precision",
    "mixed_precision_pays",
]

# Tensors are NHWC to Keras and NCHW to torch. Permuting the axes of one gives a view of the other, in the layout that
# torch calls channels_last; as long as no layer copies, a whole network runs in it.


def _to_torch(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 3, 1, 2)


def _to_keras(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 2, 3, 1)


def _tensor(variable: Any) -> Tensor:
    """Returns the torch tensor of a Keras variable, or of what stands in for one (a cast, a quantised kernel)."""
    return keras.ops.convert_to_tensor(variable)


class _KeepsType:
    """A layer that takes tensors as they come: Keras would turn what a `MixedModel` made bfloat16 back to float32."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocast = False


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
    if groups > 1 and bias is None:
        outputs = _Depthwise.apply(values, kernel, strides, before)  # type: ignore[no-untyped-call]
    else:
        outputs = functional.conv2d(values, kernel, bias, stride=strides, padding=before, groups=groups)
    return layer.activation(_to_keras(outputs))


class _Depthwise(torch.autograd.Function):
    """A depthwise convolution whose kernel's gradient is computed in strips of columns.

    oneDNN (3.12) has its fast kernel for that gradient only where a window is up to `STRIP` columns wide: for 1,152
    channels of 5x4 pixels, 0.3 ms against 9 ms with a window of 5x5.
    """

    STRIP = 3

    @staticmethod
    def forward(ctx: Any, values: Tensor, kernel: Tensor, strides: tuple[int, int], padding: tuple[int, int]) -> Tensor:
        """Convolves (batch, channels, height, width) with (channels, 1, rows, columns)."""
        ctx.save_for_backward(values, kernel)
        ctx.strides, ctx.padding = strides, padding
        return functional.conv2d(values, kernel, stride=strides, padding=padding, groups=len(kernel))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Returns the gradients of the values and of the kernel."""
        values, kernel = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        by_values, by_kernel = None, None
        if ctx.needs_input_grad[0]:
            by_values, _ = _gradients(gradient, values, kernel, ctx.strides, ctx.padding, (True, False))
        if ctx.needs_input_grad[1]:
            by_kernel = _Depthwise._by_kernel(gradient, values, kernel, ctx.strides, ctx.padding)
        return by_values, by_kernel, None, None

    @staticmethod
    def _by_kernel(
        gradient: Tensor, values: Tensor, kernel: Tensor, strides: tuple[int, int], padding: tuple[int, int]
    ) -> Tensor:
        columns = kernel.shape[-1]
        if columns <= _Depthwise.STRIP:
            return _gradients(gradient, values, kernel, strides, padding, (False, True))[1]
        padded = functional.pad(values, (padding[1], padding[1]))
        reach = (gradient.shape[-1] - 1) * strides[1]
        found = []
        for first in range(0, columns, _Depthwise.STRIP):
            width = min(_Depthwise.STRIP, columns - first)
            strip = padded[..., first : first + reach + width].contiguous(memory_format=torch.channels_last)
            here = kernel[..., first : first + width].contiguous()
            found.append(_gradients(gradient, strip, here, strides, (padding[0], 0), (False, True))[1])
        return torch.cat(found, dim=-1)


def _gradients(
    gradient: Tensor,
    values: Tensor,
    kernel: Tensor,
    strides: tuple[int, int],
    padding: tuple[int, int],
    wanted: tuple[bool, bool],
) -> tuple[Tensor, Tensor]:
    """Returns the gradients of a depthwise convolution's values and kernel, those that are wanted."""
    by_values, by_kernel, _ = torch.ops.aten.convolution_backward(
        gradient, values, kernel, None, strides, padding, (1, 1), False, (0, 0), len(kernel), (*wanted, False)
    )
    return by_values, by_kernel


class Conv2D(_KeepsType, keras.layers.Conv2D):
    """A convolution with its bias in the same kernel; dilated and grouped ones go Keras's way."""

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, filters)."""
        if set(self.dilation_rate) != {1} or self.groups != 1:
            return super().call(inputs)
        kernel = _tensor(self.kernel).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        return _convolve(self, inputs, kernel, groups=1)


class DepthwiseConv2D(_KeepsType, keras.layers.DepthwiseConv2D):
    """A convolution of each channel by itself that keeps the memory layout; dilated ones and those that multiply
    channels go Keras's way.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Maps (batch, height, width, channels) to (batch, rows, columns, channels)."""
        if set(self.dilation_rate) != {1} or self.depth_multiplier != 1:
            return super().call(inputs)
        kernel = _tensor(self.kernel).permute(2, 3, 0, 1)
        if inputs.dtype != torch.bfloat16:
            return _convolve(self, inputs, kernel, groups=inputs.shape[-1])
        # In bfloat16 its gradient takes ten times as long.
        with torch.autocast("cpu", enabled=False):
            return _convolve(self, inputs.float(), kernel, groups=inputs.shape[-1]).to(torch.bfloat16)


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


class MixedModel(keras.Model):
    """A network whose training steps multiply matrices in bfloat16 where `mixed` is set (Micikevicius and others 2018);
    answers are computed in float32 all the same.
    """

    mixed = False

    def train_step(self, data: Any) -> Any:
        """Makes one step; see Keras."""
        with mixed_precision(enabled=self.mixed):
            return super().train_step(data)


def mixed_precision(*, enabled: bool) -> AbstractContextManager[object]:
    """Returns a context in which matrices are multiplied in bfloat16, where that is enabled."""
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


def mixed_precision_pays() -> bool:
    """Returns whether the processor multiplies matrices faster in bfloat16 than in float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())  # noqa: SLF001


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
