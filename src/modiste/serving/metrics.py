"""The service's metrics for Prometheus: requests, batches, answers, and how far the answers have drifted.

Drift compares the labels of recent answers with the answers on the validation part of the catalogue that the tagger was
trained on, which every bundle holds: answers with answers, so that mistakes that the tagger makes on both sides cancel.
"""

import threading
from collections import Counter as Occurrences
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from modiste.measure.drift import chance_distance, jensen_shannon_distance
from modiste.portable.contents import Calibration
from modiste.predictions import Predictions
from modiste.schema import Attribute

__all__ = ["MEDIA_TYPE", "RECENT", "Drift", "Metrics"]

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

RECENT = 2000
"""Drift is measured on so many of the latest answers."""

LATENCIES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)

TAG_ROUTE = "/v1/tag"


class Drift:
    """Remembers recent answers and compares them with those on validation products.

    Args:
        attributes: What the tagger answers.
        reference: Per attribute, the answers on validation products.
    """

    def __init__(self, attributes: Sequence[Attribute], reference: Sequence[Calibration]) -> None:
        self._attributes = tuple(attributes)
        self._reference = [
            np.bincount(each.answer, minlength=len(attribute.labels))
            for attribute, each in zip(attributes, reference, strict=True)
        ]
        self._recent = np.zeros((RECENT, len(self._attributes)), np.int64)
        self._seen = 0
        self._lock = threading.Lock()

    def add(self, label_ids: NDArray[np.int64]) -> None:
        """Remembers the answers of a batch.

        Args:
            label_ids: (n, attributes) label ids.
        """
        with self._lock:
            for row in label_ids:
                self._recent[self._seen % RECENT] = row
                self._seen += 1

    @property
    def count(self) -> int:
        """How many answers are remembered."""
        return min(self._seen, RECENT)

    def distances(self) -> Iterator[tuple[str, float, float]]:
        """Yields each attribute, the distance of its recent answers, and the distance to expect by chance alone."""
        with self._lock:
            recent = self._recent[: self.count].copy()
        if not len(recent):
            return
        for index, (attribute, reference) in enumerate(zip(self._attributes, self._reference, strict=True)):
            if reference.any():
                counts = np.bincount(recent[:, index], minlength=len(attribute.labels))
                yield (
                    attribute.name,
                    jensen_shannon_distance(counts, reference),
                    chance_distance(counts, reference),
                )

    def collect(self) -> Iterator[Metric]:
        """Yields the gauges; the registry calls this when it is scraped."""
        yield GaugeMetricFamily("modiste_recent_answers", "Answers that the drift is measured on.", self.count)
        what = "Jensen-Shannon distance of recent answers' labels from those on the training catalogue, 0 to 1."
        drift = GaugeMetricFamily("modiste_drift", what, labels=["attribute"])
        what = "What modiste_drift would be without any drift."
        by_chance = GaugeMetricFamily("modiste_drift_by_chance", what, labels=["attribute"])
        for name, distance, chance in self.distances():
            drift.add_metric([name], distance)
            by_chance.add_metric([name], chance)
        yield drift
        yield by_chance


class Metrics:
    """Counts what the service does, for any number of threads.

    Args:
        drift: Remembers the answers.
    """

    def __init__(self, drift: Drift) -> None:
        registry = self._registry = _Registry()
        self._drift = drift
        self._requests = Counter(
            "modiste_requests_total", "Requests answered.", ("route", "method", "status"), registry=registry
        )
        self._photos = Counter("modiste_photos_total", "Photos answered, or why not.", ("outcome",), registry=registry)
        self._decisions = Counter(
            "modiste_decisions_total", "Answers by decision.", ("attribute", "decision"), registry=registry
        )
        self._labels = Counter("modiste_labels_total", "Answers by label.", ("attribute", "label"), registry=registry)
        self._outside = Counter(
            "modiste_out_of_distribution_photos_total", "Photos unlike the training data.", registry=registry
        )
        what = f"How long requests to {TAG_ROUTE} took."
        self._seconds = Histogram("modiste_request_seconds", what, buckets=LATENCIES, registry=registry)
        what = "Photos that were answered together."
        self._batches = Histogram("modiste_batch_photos", what, buckets=BATCH_SIZES, registry=registry)
        self._waiting = Gauge("modiste_waiting_photos", "Photos that wait for their batch.", registry=registry)
        registry.register(drift)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            route: The route's pattern.
            method: The HTTP method.
            status: The HTTP status of the response.
            seconds: Until the response was sent.
        """
        self._requests.labels(route, method, str(status)).inc()
        if route == TAG_ROUTE and status < 500:
            self._seconds.observe(seconds)

    def count_batch(self, photos: int) -> None:
        """Counts a batch of so many photos."""
        self._batches.observe(photos)

    def count_refused_photo(self, reason: str) -> None:
        """Counts a photo that cannot be answered.

        Args:
            reason: A `PhotoCode`.
        """
        self._photos.labels(reason).inc()

    def count_answers(self, predictions: Predictions, outside: NDArray[np.bool_]) -> None:
        """Counts the answers of a batch.

        Args:
            predictions: Of photos that all were answered.
            outside: bool (n,): which of them are out of distribution.
        """
        self._photos.labels("answered").inc(len(predictions))
        self._outside.inc(int(outside.sum()))
        accepted = predictions.accepted.sum(axis=0).tolist()
        columns = zip(predictions.schema.attributes, accepted, predictions.label_ids.T.tolist(), strict=True)
        for attribute, accepted_here, label_ids in columns:
            self._decisions.labels(attribute.name, "accept").inc(accepted_here)
            self._decisions.labels(attribute.name, "review").inc(len(predictions) - accepted_here)
            for label_id, count in Occurrences(label_ids).items():
                self._labels.labels(attribute.name, attribute.labels[label_id]).inc(count)
        self._drift.add(predictions.label_ids)

    def exposition(self, *, waiting: int) -> bytes:
        """Returns all metrics in Prometheus's text format, of the type `MEDIA_TYPE`.

        Args:
            waiting: How many photos wait for their batch.
        """
        self._waiting.set(waiting)
        return generate_latest(self._registry)


class _Registry(CollectorRegistry):
    """A registry of one service, not the process's, which `prometheus_client` fills with collectors of its own.

    It leaves out the series `_created`: they would nearly double what is scraped, and the library can switch them off
    for the whole process only.
    """

    def collect(self) -> Iterator[Metric]:
        for family in super().collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
