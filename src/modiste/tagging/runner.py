"""Tags photos: read -> decode -> predict -> answers, in order, several batches at once, each on a core of its own."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.images import Size, decode_pixels
from modiste.errors import CatalogueError, ImageError
from modiste.portable.predictor import MOST_AT_ONCE, Predictor
from modiste.progress import Progress, silent
from modiste.tagging.batch import Batch
from modiste.tagging.photos import Photo

__all__ = ["tag_photos"]

BATCH = MOST_AT_ONCE

SPARE = 1
"""Threads besides one for each core: what a thread does in Python, or waits for on the disk, another makes up for."""

AHEAD = 4
"""Batches for each thread that may be done before they are asked for: as much as a part of a table takes to write."""


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
    done = 0
    for batch in _tagged(photos, partial(_tag, predictor, precision=precision, top=top), predictor.threads + SPARE):
        yield batch
        done += len(batch)
        progress("tagging", done, len(photos))


def _tagged(photos: Sequence[Photo], tag: Callable[[Sequence[Photo]], Batch], threads: int) -> Iterator[Batch]:
    """Yields batches in the order of their photos, while others are being tagged."""
    waiting: deque[Future[Batch]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="tag")
    try:
        for start in range(0, len(photos), BATCH):
            waiting.append(pool.submit(tag, photos[start : start + BATCH]))
            if len(waiting) > threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Whoever interrupts the work does not wait for what is ahead of it.
        pool.shutdown(cancel_futures=True)


def _tag(predictor: Predictor, photos: Sequence[Photo], *, precision: float, top: int) -> Batch:
    image = predictor.bundle.image
    pictures = [_pixels(photo, Size(image.width, image.height)) for photo in photos]
    paths = [photo.path for photo in photos]
    errors = [item if isinstance(item, str) else None for item in pictures]
    if readable := [item for item in pictures if not isinstance(item, str)]:
        return Batch.answered(paths, errors, predictor.answer(np.stack(readable), precision=precision), top)
    return Batch.unanswered(paths, errors, predictor.bundle.attributes, top)


def _pixels(photo: Photo, size: Size) -> NDArray[np.uint8] | str:
    try:
        return decode_pixels(photo.read(), size)
    except (ImageError, CatalogueError) as error:
        return error.what
