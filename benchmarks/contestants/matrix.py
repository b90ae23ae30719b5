"""The machine's ceiling: how many multiply-adds a second its fastest matrix products make."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.contest import Seat, serve
from modiste.runs import describe_environment

__all__ = ["measure"]

SIZE = 1024
"""Rows and columns; larger ones were slower here, for they do not fit the caches."""
SECONDS = 0.5


def measure(precision: str) -> dict[str, float]:
    """Returns the rate of the fastest of the products that half a second allows, in multiply-adds a second.

    Args:
        precision: `float32`, `bfloat16` or `int8`.
    """
    multiply = _product(precision)
    multiply()
    fastest = float("inf")
    end = time.perf_counter() + SECONDS
    while (start := time.perf_counter()) < end:
        multiply()
        fastest = min(fastest, time.perf_counter() - start)
    return {"rate": SIZE**3 / fastest}


def _product(precision: str) -> Callable[[], Tensor]:
    generator = torch.Generator().manual_seed(0)
    if precision == "int8":
        one, other = (torch.randint(-127, 128, (SIZE, SIZE), dtype=torch.int8, generator=generator) for _ in range(2))
        # torch has no public name for it; its quantised layers call this one.
        return lambda: torch._int_mm(one, other)  # noqa: SLF001
    kind = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    left, right = (torch.randn(SIZE, SIZE, generator=generator).to(kind) for _ in range(2))
    return lambda: left @ right


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    facts = {"name": f"matrix products of {SIZE}x{SIZE} on torch", "versions": describe_environment(("torch",))}
    serve(facts, {"measure": measure}, seat)


if __name__ == "__main__":
    main()
