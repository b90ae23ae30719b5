"""What is counted of the service: requests, batches, answers, and how far these have drifted.

Drift compares the labels of recent answers with the answers about the validation part of the catalogue that the tagger
was trained on, which every bundle holds: answers with answers, so that what it gets wrong on both sides cancels.
"""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.measure.drift import chance_distance, jensen_shannon_distance
from modiste.portable.contents import Calibration
from modiste.predictions import Predictions
from modiste.schema import Attribute
from modiste.serving.exposition import Counter, Histogram, header, sample

__all__ = ["RECENT", "Drift", "Metrics"]

RECENT = 2000
"""The answers that drift is measured on, the latest ones."""

LATENCIES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
BATCHES = (1, 2, 4, 8, 16, 32, 64)


class Drift:
    """Remembers recent answers and compares them with those of before.

    Args:
        attributes: What is said of a photo.
        reference: Per attribute, the answers on validation products.
    """

    def __init__(self, attributes: Sequence[Attribute], reference: Sequence[Calibration]) -> None:
        self._attributes = tuple(attributes)
        self._reference = [
            np.bincount(each.answer, minlength=len(attribute.labels))
            for attribute, each in zip(attributes, reference, strict=True)
        ]
        self._numbers = np.zeros((RECENT, len(self._attributes)), np.int64)
        self._seen = 0
        self._lock = threading.Lock()

    def add(self, label_ids: NDArray[np.int64]) -> None:
        """Remembers answers.

        Args:
            label_ids: (n, attributes) label ids.
        """
        with self._lock:
            for row in label_ids:
                self._numbers[self._seen % RECENT] = row
                self._seen += 1

    @property
    def count(self) -> int:
        """How many answers are remembered."""
        return min(self._seen, RECENT)

    def distances(self) -> Iterator[tuple[str, float, float]]:
        """Yields attributes with the distance of their recent answers, and what chance alone would make of it."""
        with self._lock:
            recent = self._numbers[: self.count].copy()
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


class Metrics:
    """Everything that is counted.

    Args:
        drift: Remembers the answers.
    """

    def __init__(self, drift: Drift) -> None:
        self.drift = drift
        self.requests = Counter("modiste_requests_total", "Requests answered.", ("route", "method", "status"))
        self.seconds = Histogram("modiste_request_seconds", "How long requests to /v1/tag took.", LATENCIES)
        self.batches = Histogram("modiste_batch_photos", "Photos that were answered together.", BATCHES)
        self.photos = Counter("modiste_photos_total", "Photos answered, or why not.", ("outcome",))
        self.decisions = Counter("modiste_decisions_total", "Answers by decision.", ("attribute", "decision"))
        self.labels = Counter("modiste_labels_total", "Answers by label.", ("attribute", "label"))
        self.outside = Counter("modiste_out_of_distribution_photos_total", "Photos unlike the training data.")

    def count_answers(self, predictions: Predictions, outside: NDArray[np.bool_]) -> None:
        """Counts the answers of a batch.

        Args:
            predictions: Of photos that all were answered.
            outside: bool (n,): which of them are out of distribution.
        """
        self.photos.add("answered", count=len(predictions))
        self.outside.add(count=int(outside.sum()))
        for index, attribute in enumerate(predictions.schema.attributes):
            accepted = int(predictions.accepted[:, index].sum())
            self.decisions.add(attribute.name, "accept", count=accepted)
            self.decisions.add(attribute.name, "review", count=len(predictions) - accepted)
            for label_id, count in zip(*np.unique(predictions.label_ids[:, index], return_counts=True), strict=True):
                self.labels.add(attribute.name, attribute.labels[label_id], count=int(count))
        self.drift.add(predictions.label_ids)

    def text(self, *, waiting: int) -> str:
        """Returns everything in Prometheus's format.

        Args:
            waiting: How many photos wait for their batch.
        """
        return "\n".join([*self._lines(waiting), ""])

    def _lines(self, waiting: int) -> Iterator[str]:
        for each in (self.requests, self.photos, self.decisions, self.labels, self.outside):
            yield from each.lines()
        yield from self.seconds.lines()
        yield from self.batches.lines()
        yield from header("modiste_waiting_photos", "gauge", "Photos that wait for their batch.")
        yield sample("modiste_waiting_photos", [], waiting)
        yield from header("modiste_recent_answers", "gauge", "Answers that the drift is measured on.")
        yield sample("modiste_recent_answers", [], self.drift.count)
        measured = list(self.drift.distances())
        what = "Jensen-Shannon distance of recent answers' labels from those about the training catalogue, 0 to 1."
        yield from header("modiste_drift", "gauge", what)
        yield from (sample("modiste_drift", [("attribute", name)], distance) for name, distance, _ in measured)
        yield from header("modiste_drift_by_chance", "gauge", "What modiste_drift would be without any drift.")
        yield from (sample("modiste_drift_by_chance", [("attribute", name)], chance) for name, _, chance in measured)
