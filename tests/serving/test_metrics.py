"""The metrics, as Prometheus reads them."""

import sys
import threading
from collections.abc import Iterator

import numpy as np
import prometheus_client
import pytest
from prometheus_client.parser import text_string_to_metric_families

from modiste.portable.contents import Calibration
from modiste.schema import Attribute
from modiste.serving.metrics import Drift, Metrics


def drift_of(label: str = "bright") -> Drift:
    """The drift of a tagger with one attribute; on validation products it answered the first of two labels only."""
    reference = Calibration(np.full(8, 0.9, np.float32), np.ones(8, bool), np.zeros(8, np.uint16))
    return Drift([Attribute("tone", (label, "dark"))], [reference])


def metrics_of(label: str = "bright") -> Metrics:
    return Metrics(drift_of(label))


def scraped(metrics: Metrics, waiting: int = 0) -> dict[tuple[str, ...], float]:
    """(name, label values ...) -> value, as a Prometheus server parses it."""
    text = metrics.exposition(waiting=waiting).decode("utf-8")
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


@pytest.fixture
def _restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_restless")
def test_no_thread_loses_another_s_count() -> None:
    metrics = metrics_of()

    def count() -> None:
        for _ in range(10_000):
            metrics.count_refused_photo("damaged")
            metrics.count_request("/v1/tag", "POST", 200, 0.25)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = scraped(metrics)
    assert found["modiste_photos_total", "damaged"] == 40_000
    assert found["modiste_requests_total", "POST", "/v1/tag", "200"] == 40_000
    assert found["modiste_request_seconds_count",] == 40_000
    assert found["modiste_request_seconds_sum",] == 10_000


def test_a_service_has_a_registry_of_its_own() -> None:
    first, second = metrics_of(), metrics_of()
    first.count_refused_photo("empty")
    assert scraped(first)["modiste_photos_total", "empty"] == 1
    assert ("modiste_photos_total", "empty") not in scraped(second)
    assert b"modiste" not in prometheus_client.generate_latest(prometheus_client.REGISTRY)


def test_nothing_is_told_of_the_process_and_nothing_twice() -> None:
    metrics = metrics_of()
    metrics.count_request("/", "GET", 200, 0.1)
    names = {name for name, *_ in scraped(metrics)}
    assert all(name.startswith("modiste_") for name in names)
    assert not any(name.endswith("_created") for name in names)


def test_labels_are_escaped() -> None:
    metrics = metrics_of('a"b\\c\nd')
    metrics.count_request('a"b\\c\nd', "GET", 200, 0.1)
    assert ("modiste_requests_total", "GET", 'a"b\\c\nd', "200") in scraped(metrics)
    assert r'route="a\"b\\c\nd"' in metrics.exposition(waiting=0).decode()


def test_a_histogram_counts_up_to_each_bound() -> None:
    metrics = metrics_of()
    for photos in (1, 2, 3, 100):
        metrics.count_batch(photos)
    found = scraped(metrics)
    buckets = {bound: found["modiste_batch_photos_bucket", bound] for bound in ("1.0", "2.0", "4.0", "64.0", "+Inf")}
    assert buckets == {"1.0": 1, "2.0": 2, "4.0": 3, "64.0": 3, "+Inf": 4}
    assert found["modiste_batch_photos_sum",] == 106


def test_only_tagging_that_did_not_fail_is_timed() -> None:
    metrics = metrics_of()
    for route, status in (("/v1/tag", 200), ("/v1/tag", 503), ("/v1/labels", 200)):
        metrics.count_request(route, "GET", status, 1.0)
    assert scraped(metrics)["modiste_request_seconds_count",] == 1


def test_what_waits_and_what_drifts_is_measured_when_it_is_scraped() -> None:
    drift = drift_of()
    metrics = Metrics(drift)
    before = scraped(metrics, waiting=3)
    assert before["modiste_waiting_photos",] == 3
    assert before["modiste_recent_answers",] == 0
    assert ("modiste_drift", "tone") not in before
    drift.add(np.ones((1000, 1), np.int64))
    after = scraped(metrics)
    assert after["modiste_recent_answers",] == 1000
    assert after["modiste_drift", "tone"] == 1, "no label in common"
    assert 0 < after["modiste_drift_by_chance", "tone"] < 0.2
