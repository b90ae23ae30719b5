"""Which labels of a catalogue a tagger confuses, with pictures: examples to look at, not a measurement.

The tagger may have learned from these very products; how good it is on others stands in its model card.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.catalogue.pictures import Pictures
from modiste.dataset.geometry import Size
from modiste.dataset.images import MAX_PIXELS, Picture, read_pictures
from modiste.dataset.targets import encode_labels
from modiste.portable.predictor import Predictor
from modiste.predictions import NO_LABEL
from modiste.progress import Progress, silent
from modiste.schema import Attribute

__all__ = ["Confusion", "Confusions", "find_confusions"]

SAMPLE = 2000
"""Photos to look at."""

PAIRS = 8
"""Confusions to tell of, for each attribute."""

EXAMPLES = 4
"""Pictures to show of each."""

TOGETHER = 64


@dataclass(frozen=True)
class Confusion:
    """One label, taken for another.

    Attributes:
        true: The catalogue's.
        answered: The tagger's.
        count: How many photos were confused so.
        share: Of the photos with the true label that were looked at.
        pictures: Some of them, as small JPEG files.
    """

    true: str
    answered: str
    count: int
    share: float
    pictures: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Confusions:
    """The confusions of one attribute.

    Attributes:
        attribute: The attribute's name.
        products: How many photos with a label were looked at.
        right: How many of them were answered as the catalogue has it.
        pairs: The most frequent ones first.
    """

    attribute: str
    products: int
    right: int
    pairs: tuple[Confusion, ...]


def find_confusions(
    predictor: Predictor,
    photos: pl.DataFrame,
    pictures: Pictures,
    *,
    most: int = SAMPLE,
    seed: int = 0,
    max_pixels: int = MAX_PIXELS,
    progress: Progress = silent,
) -> tuple[Confusions, ...]:
    """Answers about some of a catalogue's photos and compares with its labels.

    Args:
        predictor: Answers.
        photos: The catalogue's, one a row (see `photos.one_a_photo`), with the columns that hold labels.
        pictures: The store that holds them.
        most: So many photos at most, drawn by chance.
        seed: The seed of the draw.
        max_pixels: How many pixels a picture may have: see `images.decode`.
        progress: Is told of each batch.

    Returns:
        One for each attribute of the tagger that the catalogue has, in their order.
    """
    attributes = predictor.bundle.schema.attributes
    drawn = photos.sample(min(most, photos.height), seed=seed)
    image = predictor.bundle.image
    read = read_pictures(pictures, drawn["image"], image.size, image.fit, max_pixels=max_pixels)
    pixels, readable = _pixels_of(read, image.size, drawn.height, progress)
    if not len(pixels):
        return ()
    answered = predictor.predict(pixels).label_ids
    true = encode_labels(drawn, attributes)[readable]
    compared = zip(attributes, true.T, answered.T, strict=True)
    return tuple(
        _compare(attribute, labels, label_ids, pixels)
        for attribute, labels, label_ids in compared
        if attribute.name in photos.columns and (labels != NO_LABEL).any()
    )


def _pixels_of(
    pictures: Iterable[Picture], size: Size, total: int, progress: Progress
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns the pictures that can be read, and the rows of their products."""
    kept, rows = [], []
    for row, picture in enumerate(pictures):
        if picture.pixels is not None:
            kept.append(picture.pixels)
            rows.append(row)
        if (row + 1) % TOGETHER == 0:
            progress("looking at products", row + 1, total)
    empty = np.empty((0, size.height, size.width, 3), np.uint8)
    return (np.stack(kept) if kept else empty), np.array(rows, np.int64)


def _compare(
    attribute: Attribute, true: NDArray[np.int64], answered: NDArray[np.int64], pixels: NDArray[np.uint8]
) -> Confusions:
    # A label that the tagger never learned has a number beyond its labels.
    known = (true != NO_LABEL) & (true < len(attribute.labels))
    wrong = known & (true != answered)
    return Confusions(
        attribute.name,
        int(known.sum()),
        int((known & ~wrong).sum()),
        tuple(_pairs(attribute.labels, true, answered, wrong, pixels)),
    )


def _pairs(
    labels: Sequence[str],
    true: NDArray[np.int64],
    answered: NDArray[np.int64],
    wrong: NDArray[np.bool_],
    pixels: NDArray[np.uint8],
) -> Iterator[Confusion]:
    pairs, counts = np.unique(np.stack([true[wrong], answered[wrong]], axis=1), axis=0, return_counts=True)
    for index in np.argsort(-counts, kind="stable")[:PAIRS]:
        first, second = pairs[index]
        rows = np.flatnonzero(wrong & (true == first) & (answered == second))
        yield Confusion(
            labels[first],
            labels[second],
            int(counts[index]),
            float(counts[index] / (true == first).sum()),
            tuple(_jpeg(pixels[row]) for row in rows[:EXAMPLES]),
        )


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()
