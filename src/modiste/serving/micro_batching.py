"""Micro-batching: what arrives together is worked on together.

No item is held back until a batch is full. While one batch is worked on, what arrives gathers for the next: a single
client is answered at once, and many clients share the cost of a batch. The queue is bounded; items whose clients have
gone are dropped.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar, cast

from modiste.errors import BusyError

__all__ = ["MicroBatcher"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class MicroBatcher(Generic[_Item, _Result]):
    """Gathers items into batches for worker threads. It belongs to one event loop.

    Args:
        work: Items -> a result for each, in their order; runs in a worker's thread.
        max_batch: The largest batch.
        max_waiting: How many items may wait; more are refused.
        workers: How many batches may be worked on at a time.
        on_batch: Is called with the size of each batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], Sequence[_Result]],
        *,
        max_batch: int,
        max_waiting: int,
        workers: int = 1,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        self._work = work
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._on_batch = on_batch
        self._waiting: deque[tuple[_Item, asyncio.Future[_Result]]] = deque()
        self._workers = workers
        self._running: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batch")

    @property
    def waiting(self) -> int:
        """How many items wait for their batch."""
        return len(self._waiting)

    async def submit(self, items: Sequence[_Item]) -> list[_Result]:
        """Returns the results of items, in their order. If this call is cancelled, items that still wait are dropped.

        Args:
            items: All of them are taken, or none.

        Raises:
            BusyError: There is no room for them.
            Exception: Whatever the work raised.
        """
        if len(self._waiting) + len(items) > self._max_waiting:
            raise BusyError(f"{len(self._waiting):,} photos are waiting already")
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[_Result]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, futures, strict=True))
        if len(self._running) < self._workers:
            # It starts after everything that is ready now has run, and so has submitted its own.
            self._running.add(loop.create_task(self._run()))
        # Cancelling this call cancels the futures, by which the next batch knows what to leave out.
        results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if not isinstance(result, BaseException)]

    async def _run(self) -> None:
        try:
            while batch := self._next_batch():
                await self._work_on(batch)
        finally:
            # At once, not when the loop comes round to it: who submits in between must know that nobody is working.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _work_on(self, batch: Sequence[tuple[_Item, asyncio.Future[_Result]]]) -> None:
        if self._on_batch is not None:
            self._on_batch(len(batch))
        items = [item for item, _ in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._pool, self._work, items)
        except Exception as error:  # noqa: BLE001 (whatever it is, those who wait get it)
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    def _next_batch(self) -> list[tuple[_Item, asyncio.Future[_Result]]]:
        batch: list[tuple[_Item, asyncio.Future[_Result]]] = []
        while self._waiting and len(batch) < self._max_batch:
            item, future = self._waiting.popleft()
            if not future.done():
                batch.append((item, future))
        return batch

    async def drain(self) -> None:
        """Waits until everything that was taken is answered, and stops the workers."""
        while self._running:
            await asyncio.wait(self._running)
        self._pool.shutdown()
