"""Contestants: they wait for their turn, and pause in the middle of a long job."""

import io
import json
from functools import partial
from typing import Any

import pytest

from benchmarks.contest import Contestant, alternate, peak_memory
from benchmarks.turns import Over, Turns


class Stub:
    """A seat whose orders are known beforehand."""

    def __init__(self, *orders: dict[str, Any]) -> None:
        self.orders = list(orders)
        self.said: list[dict[str, Any]] = []

    def say(self, values: dict[str, Any]) -> None:
        self.said.append(json.loads(json.dumps(values)))

    def wait(self) -> dict[str, Any] | None:
        return self.orders.pop(0) if self.orders else None


def test_every_other_round_goes_the_other_way_about() -> None:
    order: list[str] = []

    def turn(name: str) -> int:
        order.append(name)
        return len(order)

    found = alternate({name: partial(turn, name) for name in "abc"}, 2)
    assert "".join(order) == "abccba"
    assert found == {"a": [1, 6], "b": [2, 5], "c": [3, 4]}


def test_the_ceiling_is_a_contestant_and_one_that_ends_early_is_an_error() -> None:
    with Contestant("contestants.matrix") as machine:
        assert machine.facts["versions"]["torch"]
        assert machine.go(job="measure", precision="int8")["rate"] > 1e6
        with pytest.raises(RuntimeError, match=r"contestants\.matrix ended"):
            machine.go(job="measure", precision="none")


def test_a_long_job_pauses_where_its_turn_is_over() -> None:
    seat = Stub({"seconds": 0}, {"seconds": 1000})
    turns = Turns(seat)  # type: ignore[arg-type]
    turns.begin()
    turns.note(accuracy=0.5)
    turns.check()
    turns.check()  # within the second turn
    with turns.uncounted():
        before = turns.clock
    turns.finish()
    assert [each["done"] for each in seat.said] == [False, True]
    assert seat.said[0]["log"][0]["accuracy"] == 0.5
    assert not seat.said[1]["log"]
    assert seat.said[1]["clock"] >= before > 0
    with pytest.raises(Over):
        turns.begin()


def test_memory_is_in_megabytes() -> None:
    assert 10 < peak_memory() < 1e5


def test_what_is_said_is_a_line_of_json() -> None:
    from benchmarks.contest import _say

    stream = io.StringIO()
    _say(stream, {"a": "ü"})
    assert json.loads(stream.getvalue()) == {"a": "ü"}
    assert stream.getvalue().endswith("\n")
