"""Micro-batching: what comes together is worked on together, bounded, and dropped when nobody waits."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from modiste.errors import BusyError
from modiste.serving.micro_batching import MicroBatcher


class Slow:
    """Doubles numbers, but the first batch only when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.go.wait(10)
        return [2 * item for item in items]


async def until(condition: object) -> None:
    for _ in range(1000):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.005)
    pytest.fail("it never came to pass")


def test_what_arrives_meanwhile_is_the_next_batch() -> None:
    work, sizes = Slow(), list[int]()

    async def run() -> list[list[int]]:
        batcher = MicroBatcher(work, max_batch=4, max_waiting=100, on_batch=sizes.append)
        first = asyncio.create_task(batcher.submit([0]))
        await until(lambda: work.batches)
        others = [asyncio.create_task(batcher.submit([number, -number])) for number in range(1, 4)]
        await asyncio.sleep(0)
        assert batcher.waiting == 6
        work.go.set()
        results = await asyncio.gather(first, *others)
        await batcher.drain()
        return results

    assert asyncio.run(run()) == [[0], [2, -2], [4, -4], [6, -6]]
    assert work.batches == [[0], [1, -1, 2, -2], [3, -3]]
    assert sizes == [1, 4, 2]


def test_several_batches_are_worked_on_at_a_time_where_that_is_allowed() -> None:
    work = Slow()

    async def run() -> list[int]:
        batcher = MicroBatcher(work, max_batch=4, max_waiting=100, workers=2)
        taken = []
        for number in range(3):
            taken.append(asyncio.create_task(batcher.submit([number])))
            await until(lambda: batcher.waiting == 0 or len(work.batches) == 2)
            await asyncio.sleep(0.02)
        assert work.batches == [[0], [1]]
        work.go.set()
        await batcher.drain()
        return [result for task in taken for result in task.result()]

    assert asyncio.run(run()) == [0, 2, 4]


def test_what_arrives_in_one_moment_is_one_batch() -> None:
    work = Slow()
    work.go.set()

    async def run() -> None:
        batcher = MicroBatcher(work, max_batch=64, max_waiting=100)
        await asyncio.gather(*(batcher.submit([number]) for number in range(10)))
        await batcher.drain()

    asyncio.run(run())
    assert work.batches == [list(range(10))]


def test_what_finds_no_room_is_refused_and_the_rest_goes_on() -> None:
    work = Slow()

    async def run() -> list[int]:
        batcher = MicroBatcher(work, max_batch=1, max_waiting=2)
        first = asyncio.create_task(batcher.submit([1]))
        await until(lambda: work.batches)
        second = asyncio.create_task(batcher.submit([2]))
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as refused:
            await batcher.submit([3, 4])
        assert refused.value.status == 503
        assert refused.value.headers["Retry-After"] == "1"
        work.go.set()
        done = [*await first, *await second]
        await batcher.drain()
        return done

    assert asyncio.run(run()) == [2, 4]


def test_what_nobody_waits_for_is_dropped() -> None:
    work = Slow()

    async def run() -> list[int]:
        batcher = MicroBatcher(work, max_batch=8, max_waiting=100)
        first = asyncio.create_task(batcher.submit([1]))
        await until(lambda: work.batches)
        gone = asyncio.create_task(batcher.submit([2, 3]))
        stays = asyncio.create_task(batcher.submit([4]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        work.go.set()
        done = [*await first, *await stays]
        await batcher.drain()
        return done

    assert asyncio.run(run()) == [2, 8]
    assert work.batches == [[1], [4]]


def test_an_error_reaches_everybody_of_its_batch_and_nobody_else() -> None:
    def work(items: Sequence[int]) -> list[int]:
        if 13 in items:
            raise ZeroDivisionError
        return list(items)

    async def run() -> list[object]:
        batcher = MicroBatcher(work, max_batch=2, max_waiting=100)
        submitted = [batcher.submit(items) for items in ([13], [1], [2, 3])]
        results: list[object] = list(await asyncio.gather(*submitted, return_exceptions=True))
        await batcher.drain()
        return results

    first, second, third = asyncio.run(run())
    assert isinstance(first, ZeroDivisionError)
    assert isinstance(second, ZeroDivisionError)
    assert third == [2, 3]


def test_draining_answers_what_was_taken() -> None:
    work = Slow()

    async def run() -> list[int]:
        batcher = MicroBatcher(work, max_batch=1, max_waiting=100)
        taken = [asyncio.create_task(batcher.submit([number])) for number in range(3)]
        await until(lambda: work.batches)
        work.go.set()
        await batcher.drain()
        return [result for task in taken for result in task.result()]

    assert asyncio.run(run()) == [0, 2, 4]


def test_nothing_is_forgotten_however_submissions_fall() -> None:
    def work(items: Sequence[int]) -> list[int]:
        return list(items)

    async def client(batcher: MicroBatcher[int, int], number: int) -> int:
        answered = 0
        for count in range(200):
            answered += await batcher.submit([number * 1000 + count]) == [number * 1000 + count]
            if count % 3:
                await asyncio.sleep(0)
        return answered

    async def run() -> list[int]:
        batcher = MicroBatcher(work, max_batch=3, max_waiting=100, workers=2)
        async with asyncio.timeout(60):
            answered = await asyncio.gather(*(client(batcher, number) for number in range(8)))
        await batcher.drain()
        return list(answered)

    assert asyncio.run(run()) == [200] * 8
