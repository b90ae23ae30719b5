from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from modiste.learning.step.fused import Normed, Settings, Widened

NARROW, WIDE = 8, 48


def reference(values: Tensor, kernel: Tensor, gamma: Tensor, beta: Tensor, settings: Settings) -> Sequence[Tensor]:
    """The same from torch's own parts, in float64."""
    order = (2, 3, 0, 1) if settings.depthwise else (3, 2, 0, 1)
    groups = values.shape[-1] if settings.depthwise else 1
    raw = functional.conv2d(
        values.permute(0, 3, 1, 2), kernel.permute(*order), None, settings.strides, settings.padding, 1, groups
    )
    outputs = functional.batch_norm(raw, None, None, gamma, beta, training=True, eps=settings.epsilon)
    if settings.ceiling is not None:
        outputs = outputs.clamp(0.0, settings.ceiling)
    outputs = functional.pad(outputs, (0, settings.margin[1], 0, settings.margin[0]))
    return outputs.permute(0, 2, 3, 1), raw.mean(dim=(0, 2, 3)), raw.var(dim=(0, 2, 3), correction=0)


def outcome(run: Any, leaves: Sequence[Tensor], settings: Settings) -> list[Tensor]:
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]
    outputs, mean, variance = run(*leaves, settings)
    torch.manual_seed(1)
    outputs.backward(torch.randn(outputs.shape).to(outputs.dtype))
    gradients = [leaf.grad for leaf in leaves]
    return [each.detach() for each in (outputs, mean, variance, *gradients) if each is not None]


def worst(run: Any, kernel: Tensor, dtype: torch.dtype, settings: Settings, channels: int) -> list[float]:
    """How far each outcome is from float64's, as a share of its size: outputs, mean, variance, and the gradients of
    the values, the kernel, gamma and beta.
    """
    torch.manual_seed(2)
    values = (torch.randn(8, 12, 10, channels) * 2 + torch.randn(channels)).to(dtype)
    weights = [kernel, torch.rand(kernel.shape[2 if settings.depthwise else 3]) + 0.5]
    weights.append(torch.randn(len(weights[1])) + 1)
    mine = outcome(run, [values, *weights], settings)
    true = outcome(reference, [each.double() for each in (values, *weights)], settings)
    assert len(mine) == len(true) == 7
    assert [each.shape for each in mine] == [each.shape for each in true]
    assert mine[0].dtype == mine[3].dtype == dtype
    assert {each.dtype for each in (*mine[1:3], *mine[4:])} == {torch.float32}
    return [float((one.double() - other).norm() / other.norm()) for one, other in zip(mine, true, strict=True)]


LIMITS = {torch.float32: 1e-5, torch.bfloat16: 0.05}
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, pytest.param(torch.bfloat16, marks=pytest.mark.bfloat16)])


@DTYPES
@pytest.mark.parametrize("margin", [(0, 0), (1, 1), (0, 1)])
def test_a_pointwise_convolution_is_normed_by_its_input_s_covariance(
    dtype: torch.dtype, margin: tuple[int, int]
) -> None:
    kernel = torch.randn(1, 1, NARROW, WIDE) / 3
    found = worst(Widened.apply, kernel, dtype, Settings(1e-3, 6.0, margin=margin), NARROW)
    assert max(found) < LIMITS[dtype], found


@DTYPES
@pytest.mark.parametrize("ceiling", [6.0, None])
@pytest.mark.parametrize(
    ("window", "strides", "padding"), [(1, (1, 1), (0, 0)), (3, (2, 2), (0, 0)), (3, (1, 1), (1, 1))]
)
def test_any_convolution_is_normed(
    dtype: torch.dtype, ceiling: float | None, window: int, strides: tuple[int, int], padding: tuple[int, int]
) -> None:
    kernel = torch.randn(window, window, NARROW, WIDE) / 3
    found = worst(Normed.apply, kernel, dtype, Settings(1e-3, ceiling, strides, padding), NARROW)
    assert max(found) < LIMITS[dtype], found


@DTYPES
@pytest.mark.parametrize(
    ("window", "strides", "padding"), [(3, (1, 1), (1, 1)), (5, (2, 2), (1, 1)), (5, (1, 1), (2, 2))]
)
def test_a_depthwise_convolution_is_normed(
    dtype: torch.dtype, window: int, strides: tuple[int, int], padding: tuple[int, int]
) -> None:
    kernel = torch.randn(window, window, WIDE, 1) / 3
    settings = Settings(1e-3, 6.0, strides, padding, depthwise=True)
    found = worst(Normed.apply, kernel, dtype, settings, WIDE)
    assert max(found) < LIMITS[dtype], found


@pytest.mark.bfloat16
def test_in_bfloat16_the_covariance_is_no_worse_than_a_batch_norm() -> None:
    kernel = torch.randn(1, 1, NARROW, WIDE) / 3
    settings = Settings(1e-3, 6.0)
    widened, normed = (worst(each.apply, kernel, torch.bfloat16, settings, NARROW) for each in (Widened, Normed))
    assert all(one < 1.5 * other for one, other in zip(widened, normed, strict=True)), (widened, normed)
