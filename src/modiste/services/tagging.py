"""Tags photos: read -> decode -> predict -> answers, in order, with decoding ahead of the prediction."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.images import Size, decode, resize
from modiste.errors import CatalogueError, ImageError
from modiste.portable.predictor import Predictor
from modiste.progress import Progress, silent
from modiste.services.batch import Batch
from modiste.services.photos import Photo

__all__ = ["tag_photos"]

BATCH = 64
AHEAD = 4
"""Batches that are being decoded while another is answered."""


def tag_photos(
    predictor: Predictor,
    photos: Sequence[Photo],
    *,
    precision: float,
    top: int = 1,
    progress: Progress = silent,
) -> Iterator[Batch]:
    """Tags photos, batch by batch, in their order; one that cannot be read says why and the rest go on.

    Args:
        predictor: Answers.
        photos: What to tag.
        precision: The target of the decisions (see `Predictor.answer`).
        top: How many labels to name for each attribute.
        progress: Is told of each batch.
    """
    bundle = predictor.bundle
    done = 0
    for batch, pictures in _decoded(photos, Size(bundle.image.width, bundle.image.height)):
        paths = [photo.path for photo in batch]
        errors = [item if isinstance(item, str) else None for item in pictures]
        if readable := [item for item in pictures if not isinstance(item, str)]:
            yield Batch.answered(paths, errors, predictor.answer(np.stack(readable), precision=precision), top)
        else:
            yield Batch.unanswered(paths, errors, bundle.attributes, top)
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
