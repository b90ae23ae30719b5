"""Runs a worker in threads: several batches at once, each on a core of its own, handed on in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

from modiste.portable.predictor import MOST_AT_ONCE
from modiste.predictions import Predictions
from modiste.tagging.photos import Entry

__all__ = ["BATCH", "in_threads"]

BATCH = MOST_AT_ONCE
"""Entries of a batch."""

SPARE = 1
"""Threads besides one for each core: what a thread does in Python, or waits for on the disk, another makes up for."""

AHEAD = 4
"""Batches for each thread that may be done before they are asked for: as much as a part of a table takes to write."""

_Batch = TypeVar("_Batch", bound=Sequence[Entry])


def in_threads(
    batches: Iterable[_Batch], predict: Callable[[_Batch], Predictions], *, cores: int
) -> Generator[tuple[_Batch, Predictions]]:
    """Yields each batch with its predictions, in order, while others are being tagged.

    Args:
        batches: What to tag; taken as the work goes on.
        predict: What a worker does with a batch.
        cores: How many cores to keep busy.
    """
    rest = iter(batches)
    some = list(islice(rest, 2))
    if len(some) == 1:
        # To start a thread takes a tenth of the time of a photo.
        yield some[0], predict(some[0])
        return
    waiting: deque[tuple[_Batch, Future[Predictions]]] = deque()
    threads = cores + SPARE
    pool = ThreadPoolExecutor(threads, thread_name_prefix="tag")
    try:
        for batch in chain(some, rest):
            waiting.append((batch, pool.submit(predict, batch)))
            if len(waiting) > threads * AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        # Whoever interrupts the work does not wait for what is ahead of it.
        pool.shutdown(cancel_futures=True)
