"""A convolution, its batch norm and its rectifier as one operation: one way forwards and one way back.

A batch norm is elementwise work between matrix products, and for a network of thin layers it takes as long as they do.
Where a pointwise convolution widens, it can be had for nothing: what comes out is linear in what goes in, so its
statistics follow from the mean and the covariance of the few channels that go in, the norm melts into the kernel, and
the gradients of both are sums of matrix products. Elsewhere the norm is torch's own kernel.

Pictures and kernels come and go in Keras's order of axes; what is computed here has torch's, in the layout that it
calls channels_last. Everything is computed in the values' type, the statistics of pictures in float32.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from modiste.learning.step.depthwise import Pair, by_kernel, by_values, filtered

__all__ = ["Normed", "Settings", "Widened"]

LAST = torch.channels_last
DENSE, DENSE_BACK = (3, 2, 0, 1), (2, 3, 1, 0)
DEPTHWISE, DEPTHWISE_BACK = (2, 3, 0, 1), (2, 3, 0, 1)
"""From Keras's order of a kernel's axes to torch's, and back."""


class Settings(NamedTuple):
    """What a fused operation needs to know beside its tensors.

    Attributes:
        epsilon: The epsilon of the batch norm.
        ceiling: Of the rectifier; None where there is none.
        strides: The strides of the convolution.
        padding: How much each side is padded.
        depthwise: Whether each channel is filtered by itself.
        margin: Rows and columns of zeros to add at the end of what comes out, for a convolution that needs them:
            cheaper here, where the narrow input is widened with them.
    """

    epsilon: float
    ceiling: float | None = None
    strides: Pair = (1, 1)
    padding: Pair = (0, 0)
    depthwise: bool = False
    margin: Pair = (0, 0)


class Normed(torch.autograd.Function):
    """A convolution and its batch norm in training, rectified or not.

    Returns what comes out, and the mean and the biased variance of each channel.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, kernel: Tensor, gamma: Tensor, beta: Tensor, settings: Settings
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Maps (batch, height, width, channels) to (batch, rows, columns, filters)."""
        values = _to_torch(values)
        if _is_pointwise(kernel, settings):
            kernel = kernel[0, 0].to(values.dtype)
            raw = _pictures(_rows(values) @ kernel, values)
        elif settings.depthwise:
            kernel = _cast(kernel.permute(*DEPTHWISE), values.dtype)
            raw = filtered(values, kernel, settings.strides, settings.padding)
        else:
            kernel = _cast(kernel.permute(*DENSE), values.dtype)
            raw = functional.conv2d(values, kernel, stride=settings.strides, padding=settings.padding)
        outputs, mean, inverse = torch.native_batch_norm(raw, gamma, beta, None, None, True, 0.0, settings.epsilon)
        if settings.ceiling is not None:
            _rectify(outputs, settings.ceiling)
        ctx.save_for_backward(values, kernel, gamma, raw, outputs if settings.ceiling else None, mean, inverse)
        ctx.settings = settings
        variance = inverse.square().reciprocal_().sub_(settings.epsilon)
        ctx.mark_non_differentiable(mean, variance)
        return _to_keras(outputs), mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the values, the kernel, gamma and beta."""
        values, kernel, gamma, raw, outputs, mean, inverse = ctx.saved_tensors
        settings: Settings = ctx.settings
        gradient = _passed(gradient, outputs, settings.ceiling)
        gradient, by_gamma, by_beta = torch.ops.aten.native_batch_norm_backward(
            gradient, raw, gamma, None, None, mean, inverse, True, settings.epsilon, (True, True, True)
        )
        wanted = ctx.needs_input_grad[0]
        inputs: Tensor | None = None
        if kernel.ndim == 2:
            kernels = (_rows(values).T @ _rows(gradient))[None, None]
            inputs = _pictures(_rows(gradient) @ kernel.T, values) if wanted else None
        elif settings.depthwise:
            kernels = by_kernel(gradient, values, kernel, settings.strides, settings.padding).permute(*DEPTHWISE_BACK)
            inputs = by_values(gradient, values, kernel, settings.strides, settings.padding) if wanted else None
        else:
            inputs, found = _backward(gradient, values, kernel, settings, (wanted, True, False))[:2]
            kernels = found.permute(*DENSE_BACK)
        return None if inputs is None else _to_keras(inputs), _as_float32(kernels), by_gamma, by_beta, None


class Widened(torch.autograd.Function):
    """A pointwise convolution, its batch norm in training and its rectifier, by way of the input's covariance.

    Returns what comes out, and the mean and the biased variance of each channel.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, kernel: Tensor, gamma: Tensor, beta: Tensor, settings: Settings
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Maps (batch, height, width, channels) to (batch, height, width, filters), with the margin added."""
        values = _to_torch(values)
        mean, covariance = _moments(_rows(values))
        weights = kernel[0, 0].T
        spread = weights @ covariance
        variance = (spread * weights).sum(dim=1).clamp_(min=0.0)
        centre = weights @ mean
        inverse = (variance + settings.epsilon).rsqrt_()
        scale = gamma * inverse
        melted = _cast((weights * scale[:, None])[:, :, None, None], values.dtype)
        _, _, height, width = values.shape
        wide = (
            functional.pad(values, (0, settings.margin[1], 0, settings.margin[0])) if any(settings.margin) else values
        )
        outputs = _rectified(wide, melted, torch.addcmul(beta, scale, centre, value=-1.0), settings.ceiling)
        if any(settings.margin):
            outputs[:, :, height:] = 0.0
            outputs[:, :, :, width:] = 0.0
        ctx.save_for_backward(wide, weights, melted, mean, spread, inverse, scale, outputs)
        ctx.settings, ctx.size = settings, (height, width)
        ctx.mark_non_differentiable(centre, variance)
        return _to_keras(outputs), centre, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of the values, the kernel, gamma and beta.

        With x what goes in, W the kernel, s the scale, i the inverse deviation and g the gradient of the norm's
        output, the norm's own input has the gradient s (g - mean of g - n mean of g n), where n = i (W x - centre);
        put into the convolution's gradients, all that remains of n is W and the covariance of x.
        """
        values, weights, melted, mean, spread, inverse, scale, outputs = ctx.saved_tensors
        height, width = ctx.size
        gradient = _passed(gradient, outputs, ctx.settings.ceiling)
        inputs, kernels, sums = _backward(gradient, values, melted, Settings(0.0), (True, True, True))
        by_beta = sums.float()
        centred = torch.addr(kernels.flatten(1).float(), by_beta, mean, alpha=-1.0)
        by_gamma = inverse * (weights * centred).sum(dim=1)
        by_weights = scale[:, None] * torch.addcmul(centred, spread, (inverse * by_gamma)[:, None], value=-1.0)
        count = len(values) * height * width
        back = (weights * (scale * inverse * by_gamma / count)[:, None]).T @ weights
        offset = back @ mean - weights.T @ (scale * by_beta / count)
        if any(ctx.settings.margin):
            inputs = inputs[:, :, :height, :width].contiguous(memory_format=LAST)
            values = values[:, :, :height, :width].contiguous(memory_format=LAST)
        _rows(inputs).addmm_(_rows(values), back.to(values.dtype), alpha=-1.0).add_(offset)
        return _to_keras(inputs), _as_float32(by_weights.T[None, None]), by_gamma, by_beta, None


def _to_torch(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 3, 1, 2)


def _to_keras(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 2, 3, 1)


def _rows(values: Tensor) -> Tensor:
    """Returns (batch, channels, height, width) as (places, channels), without a copy."""
    return values.permute(0, 2, 3, 1).flatten(0, 2)


def _pictures(rows: Tensor, like: Tensor) -> Tensor:
    """Returns (places, channels) as (batch, channels, height, width), the places being those of a picture."""
    return _to_torch(rows.view(len(like), *like.shape[2:], -1))


def _is_pointwise(kernel: Tensor, settings: Settings) -> bool:
    """Returns whether a convolution is a matrix product, which takes a kernel as Keras has it."""
    return not settings.depthwise and kernel.shape[:2] == (1, 1) and settings.strides == (1, 1)


def _cast(kernel: Tensor, dtype: torch.dtype) -> Tensor:
    return kernel.to(dtype=dtype, memory_format=LAST)


def _as_float32(kernel: Tensor) -> Tensor:
    """Returns a kernel's gradient as the optimizer wants it, in one walk."""
    return kernel.to(dtype=torch.float32, memory_format=torch.contiguous_format)


def _moments(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the mean and the biased covariance of (places, channels), in float32."""
    values = rows.float()
    mean = values.mean(dim=0)
    values = values - mean
    return mean, (values.T @ values).div_(len(values))


def _backward(
    gradient: Tensor, values: Tensor, kernel: Tensor, settings: Settings, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the gradients of a convolution's values, kernel and bias, those that are wanted."""
    found: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        gradient,
        values,
        kernel,
        [len(kernel)],
        settings.strides,
        settings.padding,
        (1, 1),
        False,
        (0, 0),
        1,
        wanted,
    )
    return found


FUSES = (
    torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
)


def _rectified(values: Tensor, kernel: Tensor, bias: Tensor, ceiling: float | None) -> Tensor:
    """Convolves, and rectifies in the same walk where torch can, as its compiler would have it."""
    if FUSES and ceiling is not None:
        limits = ("hardtanh", [0.0, ceiling], "")
        outputs: Tensor = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001
            values, kernel, bias, (0, 0), (1, 1), (1, 1), 1, *limits
        )
        return outputs
    outputs = functional.conv2d(values, kernel, bias.to(values.dtype))
    if ceiling is not None:
        _rectify(outputs, ceiling)
    return outputs


def _rectify(values: Tensor, ceiling: float) -> None:
    """Clips to [0, ceiling] in place.

    Numbers of bfloat16 are ordered as the whole numbers that their bits spell, and those are clipped six times as fast.
    """
    if values.dtype == torch.bfloat16:
        highest = torch.tensor(ceiling, dtype=torch.bfloat16).view(torch.int16).item()
        values.view(torch.int16).clamp_(0, int(highest))
    else:
        values.clamp_(0.0, ceiling)


def _passed(gradient: Tensor, outputs: Tensor, ceiling: float | None) -> Tensor:
    """Returns the gradient of what was rectified."""
    gradient = _to_torch(gradient).contiguous(memory_format=LAST)
    if ceiling is None:
        return gradient
    passed: Tensor = torch.ops.aten.hardtanh_backward(gradient, outputs, 0.0, ceiling)
    return passed
