"""How much of a training step on torch is arithmetic: convolutions and matrix products over all."""

import re
import time
from typing import Any

from torch.profiler import ProfilerActivity, profile

from benchmarks.contest import Seat
from benchmarks.turns import Over

__all__ = ["ARITHMETIC", "ProfiledSteps"]

ARITHMETIC = re.compile(r"conv|(^|::|_)(add|b|badd)?(b?mm)(_|$)|matmul|linear|einsum")
"""Names of operators that convolve or multiply matrices, forwards and backwards."""

LARGEST = 12


class ProfiledSteps:
    """A training whose steps are profiled, a stretch a turn.

    Args:
        seat: Where it waits.
        warm: Steps before the first turn.
    """

    def __init__(self, seat: Seat, warm: int) -> None:
        self._seat = seat
        self._left = warm
        self._profile: Any = None
        self._start = 0.0

    def step(self) -> None:
        """To be called after each step.

        Raises:
            Over: There will be no other turn.
        """
        self._left -= 1
        if self._left > 0:
            return
        if self._profile is not None:
            self._seat.say(self._result())
        order = self._seat.wait()
        if order is None:
            raise Over
        self._left = order["steps"]
        self._profile = profile(activities=[ProfilerActivity.CPU])
        self._profile.start()
        self._start = time.perf_counter()

    def _result(self) -> dict[str, Any]:
        """Returns the seconds by the clock, the share of them that was arithmetic, and the largest parts.

        An operator's own time is that of the thread that called it, which waits for the others that work for it.
        """
        seconds = time.perf_counter() - self._start
        self._profile.stop()
        own = {each.key: each.self_cpu_time_total / 1e6 for each in self._profile.key_averages()}
        arithmetic = sum(value for name, value in own.items() if ARITHMETIC.search(name))
        largest = sorted(own.items(), key=lambda item: -item[1])[:LARGEST]
        return {
            "seconds": seconds,
            "arithmetic": arithmetic / seconds,
            "largest": {name: round(value / seconds, 4) for name, value in largest},
        }
