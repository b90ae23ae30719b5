"""Tags photos: read -> decode -> predict -> answers, in order, with decoding ahead of the prediction."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.images import Size, decode, resize
from modiste.errors import CatalogueError, ImageError
from modiste.portable.answers import Answers
from modiste.portable.predictor import Predictor
from modiste.progress import Progress, silent
from modiste.services.photos import Photo

__all__ = ["Answer", "Decision", "Tagged", "tag_photos"]

Decision = Literal["accept", "review"]

BATCH = 64
AHEAD = 4
"""Batches that are being decoded while another is answered."""


@dataclass(frozen=True)
class Answer:
    """What is said of one attribute of a photo.

    Attributes:
        label: The label.
        probability: That it is right, calibrated, in [0, 1].
        decision: `accept`, or `review` where a person should look.
        top: The most probable labels with their probabilities, the most probable first.
    """

    label: str
    probability: float
    decision: Decision
    top: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        said = f"{self.label} ({self.probability:.2f}{', review' if self.decision == 'review' else ''})"
        best = ", ".join(f"{label} {probability:.2f}" for label, probability in self.top)
        return f"{said} [{best}]" if len(self.top) > 1 else said


@dataclass(frozen=True)
class Tagged:
    """One photo, tagged, or the reason why it could not be.

    Attributes:
        path: What the photo is called.
        answers: Attribute -> what is said of it; empty where there is an error.
        error: Why there is no answer, else None.
    """

    path: str
    answers: dict[str, Answer]
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the photo as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.path}: {self.error}"
        return f"{self.path}: {'; '.join(f'{name} {answer}' for name, answer in self.answers.items())}"


def tag_photos(
    predictor: Predictor,
    photos: Sequence[Photo],
    *,
    precision: float,
    top: int = 1,
    progress: Progress = silent,
) -> Iterator[list[Tagged]]:
    """Tags photos, batch by batch, in their order; one that cannot be read says why and the rest go on.

    Args:
        predictor: Answers.
        photos: What to tag.
        precision: The target of the decisions (see `Predictor.answer`).
        top: How many labels to name for each attribute.
        progress: Is told of each batch.
    """
    size = Size(predictor.bundle.image.width, predictor.bundle.image.height)
    done = 0
    for batch, pictures in _decoded(photos, size):
        errors = [item if isinstance(item, str) else None for item in pictures]
        readable = [item for item in pictures if not isinstance(item, str)]
        answers = _as_tags(predictor.answer(np.stack(readable), precision=precision), top) if readable else iter(())
        yield [
            Tagged(photo.path, {}, error) if error else Tagged(photo.path, next(answers))
            for photo, error in zip(batch, errors, strict=True)
        ]
        done += len(batch)
        progress("tagging", done, len(photos))


def _decoded(photos: Sequence[Photo], size: Size) -> Iterator[tuple[Sequence[Photo], list[NDArray[np.uint8] | str]]]:
    """Yields batches of photos with their pixels, or the reason why there are none."""

    def decode_batch(batch: Sequence[Photo]) -> list[NDArray[np.uint8] | str]:
        return [_pixels(photo, size) for photo in batch]

    waiting: deque[tuple[Sequence[Photo], Future[list[NDArray[np.uint8] | str]]]] = deque()
    pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="decode")
    try:
        for start in range(0, len(photos), BATCH):
            batch = photos[start : start + BATCH]
            waiting.append((batch, pool.submit(decode_batch, batch)))
            if len(waiting) > AHEAD:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        while waiting:
            oldest, future = waiting.popleft()
            yield oldest, future.result()
    finally:
        # Whoever interrupts the work does not wait for what is ahead of it.
        pool.shutdown(cancel_futures=True)


def _pixels(photo: Photo, size: Size) -> NDArray[np.uint8] | str:
    try:
        return np.asarray(resize(decode(photo.read())[0], size))
    except (ImageError, CatalogueError) as error:
        return error.what


def _as_tags(answers: Answers, top: int) -> Iterator[dict[str, Answer]]:
    """Turns the arrays of a batch's answers into one mapping a photo."""
    best = [np.argsort(-each, axis=1, kind="stable")[:, :top] for each in answers.probabilities]
    for row in range(len(answers.numbers)):
        yield {
            attribute.name: Answer(
                attribute.labels[answers.numbers[row, place]],
                float(answers.confidence[row, place]),
                "accept" if answers.accepted[row, place] else "review",
                tuple(
                    (attribute.labels[label], float(answers.probabilities[place][row, label]))
                    for label in best[place][row]
                ),
            )
            for place, attribute in enumerate(answers.attributes)
        }
