import pytest
import torch
from torch.nn import functional

from modiste.learning.step.depthwise import Depthwise

CASES = [
    # height, width, rows, columns, strides, padding
    (12, 10, 3, 3, (1, 1), (1, 1)),
    (12, 10, 5, 5, (1, 1), (2, 2)),
    (13, 11, 3, 3, (2, 2), (0, 0)),
    (13, 11, 5, 5, (2, 2), (1, 1)),
    (14, 12, 5, 5, (2, 2), (2, 2)),
    (4, 3, 5, 5, (1, 1), (2, 2)),
    (3, 2, 5, 5, (1, 1), (2, 2)),
    (5, 4, 5, 5, (2, 2), (2, 2)),
    (9, 8, 3, 7, (2, 1), (1, 3)),
    (9, 8, 1, 4, (1, 1), (0, 0)),
    (9, 8, 2, 2, (2, 2), (0, 0)),
    (8, 8, 3, 3, (2, 2), (2, 2)),
    (8, 8, 3, 3, (3, 2), (0, 1)),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("height", "width", "rows", "columns", "strides", "padding"), CASES)
def test_the_gradients_are_those_of_a_plain_convolution(
    height: int,
    width: int,
    rows: int,
    columns: int,
    strides: tuple[int, int],
    padding: tuple[int, int],
    dtype: torch.dtype,
) -> None:
    torch.manual_seed(0)
    channels = 32
    values = torch.randn(4, channels, height, width).to(dtype).to(memory_format=torch.channels_last)
    kernel = torch.randn(channels, 1, rows, columns).to(dtype)
    leaves = [
        [each.clone().to(kind).detach().requires_grad_() for each in (values, kernel)]
        for kind in (dtype, torch.float64)
    ]
    mine = Depthwise.apply(*leaves[0], strides, padding)  # type: ignore[no-untyped-call]
    plain = functional.conv2d(leaves[1][0], leaves[1][1], stride=strides, padding=padding, groups=channels)
    gradient = torch.randn(plain.shape).to(dtype)
    mine.backward(gradient)
    plain.backward(gradient.double())  # type: ignore[no-untyped-call]
    tolerance = 1e-4 if dtype == torch.float32 else 0.02
    for one, other in zip(
        (mine, *(leaf.grad for leaf in leaves[0])), (plain, *(leaf.grad for leaf in leaves[1])), strict=True
    ):
        assert one is not None
        assert other is not None
        assert one.dtype == dtype
        assert (one.double() - other).norm() < tolerance * other.norm()
