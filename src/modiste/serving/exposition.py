"""Numbers in the text format that Prometheus reads (version 0.0.4)."""

import re
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence

__all__ = ["MEDIA_TYPE", "Counter", "Histogram", "header", "sample"]

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = {"\\": r"\\", "\n": r"\n", '"': r"\""}


def sample(name: str, labels: Sequence[tuple[str, str]], value: float) -> str:
    """Returns one line: a name, its labels, a value."""
    pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{pairs}}} {value:.12g}" if pairs else f"{name} {value:.12g}"


def _escaped(text: str) -> str:
    return re.sub(r'[\\\n"]', lambda match: _ESCAPES[match[0]], text)


def header(name: str, kind: str, what: str) -> Iterator[str]:
    """Yields the lines that say what a name stands for."""
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} {kind}"


class Counter:
    """Counts by labels, for any number of threads.

    Args:
        name: Of the metric, ending in `_total`.
        what: What it counts.
        labels: The names of the labels.
    """

    def __init__(self, name: str, what: str, labels: Sequence[str] = ()) -> None:
        self._name = name
        self._what = what
        self._labels = tuple(labels)
        self._counts: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def add(self, *values: str, count: int = 1) -> None:
        """Counts.

        Args:
            values: Of the labels, in their order.
            count: How many.
        """
        with self._lock:
            self._counts[values] = self._counts.get(values, 0) + count

    def lines(self) -> Iterator[str]:
        """Yields its lines."""
        yield from header(self._name, "counter", self._what)
        with self._lock:
            counts = sorted(self._counts.items())
        for values, count in counts:
            yield sample(self._name, list(zip(self._labels, values, strict=True)), count)


class Histogram:
    """Counts values up to bounds, and adds them up. One thread adds: the event loop's.

    Args:
        name: Of the metric.
        what: What the values are.
        bounds: Ascending; a value counts at the first that is not below it.
    """

    def __init__(self, name: str, what: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._what = what
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Counts a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self) -> Iterator[str]:
        """Yields its lines."""
        yield from header(self._name, "histogram", self._what)
        below = 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            below += count
            yield sample(f"{self._name}_bucket", [("le", "+Inf" if bound == float("inf") else f"{bound:g}")], below)
        yield sample(f"{self._name}_sum", [], self._sum)
        yield sample(f"{self._name}_count", [], below)
