"""A long job in turns: it pauses where its turn is over, and its clock stands while it waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.contest import Seat

__all__ = ["Over", "Turns"]


class Over(Exception):  # noqa: N818
    """There will be no other turn: whoever waits no longer wants the job's end."""


class Turns:
    """The turns of one job.

    Args:
        seat: Where it waits.

    Attributes:
        clock: The seconds that it has worked so far.
    """

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self.clock = 0.0
        self._log: list[dict[str, Any]] = []
        self._end = 0.0
        self._since = 0.0

    def begin(self) -> None:
        """Waits for the first turn, or for the next one.

        Raises:
            Over: There is none.
        """
        order = self._seat.wait()
        if order is None:
            raise Over
        self._since = time.perf_counter()
        self._end = self._since + order["seconds"]

    def check(self) -> None:
        """To be called often: where the turn is over, waits for the next one."""
        if time.perf_counter() >= self._end:
            self._say(done=False)
            self.begin()

    def note(self, **values: Any) -> None:
        """Keeps something for the log, with the time of the clock."""
        self._tick()
        self._log.append({"clock": self.clock, **values})

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Does something that is for the benchmark alone: the clock stands, and the turn is as much longer."""
        self._tick()
        start = time.perf_counter()
        yield
        self._since = time.perf_counter()
        self._end += self._since - start

    def finish(self) -> None:
        """Says that the job is done."""
        self._say(done=True)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.clock += now - self._since
        self._since = now

    def _say(self, *, done: bool) -> None:
        self._tick()
        self._seat.say({"done": done, "clock": self.clock, "log": self._log})
        self._log = []
