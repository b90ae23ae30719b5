"""Numbers in Prometheus's format."""

import sys
import threading
from collections.abc import Iterator

import pytest

from modiste.serving.exposition import Counter, Histogram, sample


@pytest.fixture
def _restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_restless")
def test_no_thread_loses_another_s_count() -> None:
    counter = Counter("photos_total", "Photos.", ("outcome",))

    def count() -> None:
        for _ in range(50_000):
            counter.add("answered")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(counter.lines())[-1] == 'photos_total{outcome="answered"} 200000'


def test_labels_are_escaped() -> None:
    assert sample("n", [("label", 'a"b\\c\nd')], 1) == 'n{label="a\\"b\\\\c\\nd"} 1'


def test_a_histogram_adds_up() -> None:
    histogram = Histogram("seconds", "How long.", (0.5, 1))
    for value in (0.5, 0.7, 3):
        histogram.add(value)
    assert list(histogram.lines())[2:] == [
        'seconds_bucket{le="0.5"} 1',
        'seconds_bucket{le="1"} 2',
        'seconds_bucket{le="+Inf"} 3',
        "seconds_sum 4.2",
        "seconds_count 3",
    ]
