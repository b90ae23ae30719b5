"""Contestants: processes that wait for their turn, so that peers take part in one run and never work at once.

They speak JSON, one object a line. A contestant says that it is ready, and what it is; is told to go, and what for; and
gives its result, again and again until its input ends. Nothing is imported here but the standard library, for a peer
has an environment of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeAlias, TypeVar

__all__ = ["ROOT", "Contestant", "Job", "Seat", "alone", "alternate", "milliseconds", "peak_memory", "seconds", "serve"]

_K = TypeVar("_K")
_T = TypeVar("_T")

ROOT = Path(__file__).parents[1]

Job: TypeAlias = Callable[..., Mapping[str, Any]]
"""What a contestant can do: what an order says besides the job's name, as arguments; its result."""


class Contestant:
    """A process that waits for its turn, seen from the benchmark that started it.

    Args:
        module: What it runs: a module of `benchmarks` that takes a `Seat`.
        arguments: Of its command line.
        python: The interpreter, which stands for its environment; by default our own.
        environment: Variables to set for it.

    Attributes:
        facts: What it said of itself when it was ready.

    Raises:
        RuntimeError: It ended before it was ready; what it printed says why.
    """

    def __init__(
        self, module: str, *arguments: object, python: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [str(python or sys.executable), "-m", f"benchmarks.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
        )
        self._module = module
        self.facts = self._read()

    def go(self, **order: Any) -> dict[str, Any]:
        """Lets it work, and returns its result.

        Raises:
            RuntimeError: It ended instead.
        """
        _say(self._process.stdin, order)
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait()} instead of giving a result")
        found: dict[str, Any] = json.loads(line)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Sends it away: the end of its input is the sign to leave."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Seat:
    """The contestant's own end. What libraries print to the standard output goes to the standard error from now on."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def say(self, values: Mapping[str, Any]) -> None:
        """Says what it is, or gives a result."""
        _say(self._out, values)

    def wait(self) -> dict[str, Any] | None:
        """Waits for its turn; returns the order, or None when there will be no other turn."""
        line = sys.stdin.readline()
        return json.loads(line) if line else None


def serve(facts: Mapping[str, Any], jobs: Mapping[str, Job], seat: Seat) -> None:
    """Does what it is told to, turn by turn.

    Args:
        facts: What the contestant is.
        jobs: Name -> what to do; an order names one as `job`, and gives its arguments.
        seat: Its seat.
    """
    seat.say(facts)
    while (order := seat.wait()) is not None:
        seat.say(jobs[order.pop("job")](**order))


def alone(start: Callable[[], Contestant], **order: Any) -> dict[str, Any]:
    """Starts a contestant, lets it work once, and sends it away; returns what it is and its result."""
    with start() as contestant:
        return {**contestant.facts, **contestant.go(**order)}


def alternate(turns: Mapping[_K, Callable[[], _T]], rounds: int, *, warm: bool = False) -> dict[_K, list[_T]]:
    """Takes turns; returns what each gave, round by round.

    Every other round goes the other way about, so that none always comes after the same one.

    Args:
        turns: Name -> what to do when its turn has come.
        rounds: How many turns each has.
        warm: Whether each has a turn more before all others, which does not count.
    """
    for turn in turns.values() if warm else ():
        turn()
    results: dict[_K, list[_T]] = {name: [] for name in turns}
    for number in range(rounds):
        for name in list(turns)[:: 1 if number % 2 == 0 else -1]:
            results[name].append(turns[name]())
    return results


def seconds(job: Callable[[], object]) -> float:
    """Returns how long a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def milliseconds(job: Callable[[], object], count: int) -> dict[str, list[float]]:
    """Does a job again and again; returns how long each took, as a contestant's result."""
    return {"milliseconds": [1000 * seconds(job) for _ in range(count)]}


def peak_memory() -> float:
    """Returns this process's peak of resident memory in MB.

    Not getrusage's: that begins with the peak of the process that started this one.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")) / 1e6


def _say(stream: Any, values: Mapping[str, Any]) -> None:
    stream.write(json.dumps(values) + "\n")
    stream.flush()
