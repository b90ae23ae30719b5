"""Depthwise convolutions whose gradients always find a fast kernel.

oneDNN (3.12) has fast kernels for most of them, and falls back to plain loops, 10 to 50 times as slow, for three:
a kernel's gradient where the window is wider than `STRIP` columns or higher than the picture, and in bfloat16 the
gradient of what went in where the window moves by more than one pixel. Each can be put so that it need not.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Depthwise", "by_kernel", "by_values", "filtered"]

STRIP = 3
NO_STRIDE = (1, 1)

Pair = tuple[int, int]


class Depthwise(torch.autograd.Function):
    """A depthwise convolution, of (batch, channels, height, width) with (channels, 1, rows, columns)."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, kernel: Tensor, strides: Pair, padding: Pair) -> Tensor:
        """Convolves; `padding` is that of each side."""
        ctx.save_for_backward(values, kernel)
        ctx.strides, ctx.padding = strides, padding
        return filtered(values, kernel, strides, padding)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Returns the gradients of the values and of the kernel."""
        values, kernel = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        with_values, with_kernel = ctx.needs_input_grad[:2]
        return (
            by_values(gradient, values, kernel, ctx.strides, ctx.padding) if with_values else None,
            by_kernel(gradient, values, kernel, ctx.strides, ctx.padding) if with_kernel else None,
            None,
            None,
        )


def filtered(values: Tensor, kernel: Tensor, strides: Pair, padding: Pair) -> Tensor:
    """Filters each channel by itself."""
    return functional.conv2d(values, kernel, stride=strides, padding=padding, groups=len(kernel))


def by_values(gradient: Tensor, values: Tensor, kernel: Tensor, strides: Pair, padding: Pair) -> Tensor:
    """Returns the gradient of the values.

    In bfloat16 a stride is made up for by zeros between the gradient's pixels: four times the arithmetic of a stride of
    two, and still a tenth of the time.
    """
    middle = (kernel.shape[2] // 2, kernel.shape[3] // 2)
    lead = (middle[0] - padding[0], middle[1] - padding[1])
    if gradient.dtype != torch.bfloat16 or strides == NO_STRIDE or min(lead) < 0 or _is_even(kernel):
        return _gradients(gradient, values, kernel, strides, padding, (True, False))[0]
    spread = torch.zeros_like(values)
    rows, columns = (
        start + stride * side for start, stride, side in zip(lead, strides, gradient.shape[2:], strict=True)
    )
    spread[:, :, lead[0] : rows : strides[0], lead[1] : columns : strides[1]] = gradient
    return _gradients(spread, values, kernel, NO_STRIDE, middle, (True, False))[0]


def by_kernel(gradient: Tensor, values: Tensor, kernel: Tensor, strides: Pair, padding: Pair) -> Tensor:
    """Returns the gradient of the kernel, computed in strips of columns where that is faster.

    For 1,152 channels of 5x4 pixels and a window of 5x5, in float32 0.3 ms against 9 ms.
    """
    rows, columns = kernel.shape[2:]
    if rows > values.shape[2]:
        values = functional.pad(values, (0, 0, padding[0], padding[0]))
        padding = (0, padding[1])
    if columns <= STRIP:
        return _gradients(gradient, values, kernel, strides, padding, (False, True))[1]
    values = functional.pad(values, (padding[1], padding[1]))
    reach = (gradient.shape[-1] - 1) * strides[1]
    found = []
    for first in range(0, columns, STRIP):
        width = min(STRIP, columns - first)
        strip = values[..., first : first + reach + width].contiguous(memory_format=torch.channels_last)
        here = kernel[..., first : first + width].contiguous()
        found.append(_gradients(gradient, strip, here, strides, (padding[0], 0), (False, True))[1])
    return torch.cat(found, dim=-1)


def _is_even(kernel: Tensor) -> bool:
    return not all(side % 2 for side in kernel.shape[2:])


def _gradients(
    gradient: Tensor, values: Tensor, kernel: Tensor, strides: Pair, padding: Pair, wanted: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Returns the gradients of the values and the kernel, those that are wanted."""
    by_input, by_weight, _ = torch.ops.aten.convolution_backward(
        gradient, values, kernel, None, strides, padding, (1, 1), False, (0, 0), len(kernel), (*wanted, False)
    )
    return by_input, by_weight
