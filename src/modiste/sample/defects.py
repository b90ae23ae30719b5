"""The defects of the sample catalogue: who has one, and what it does to a name, a row or a picture."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

__all__ = ["DEFECTS", "Defect", "Mark", "jpeg", "marked", "with_gap", "worded"]

ENOUGH = 200
"""From this many products on, every defect occurs."""

QUALITY = 90
"""The quality of the JPEG files, as Pillow counts it."""

SLOGANS = ("Yes, Please", "Live, Love, Laugh")
LENGTHS = ('3.5"', '1.5"', '5"', '18.5"')
ODD_SIZES = ((53, 80), (60, 60), (54, 80), (60, 77), (60, 79), (60, 75), (60, 76))
GAPS = ("", "NA")


@dataclass(frozen=True)
class Defect:
    """One kind of defect.

    Attributes:
        kind: The name of the defect.
        rate: Its share of all products, as in the real catalogue (which has no truncated or empty files).
        least: How many a sample of `ENOUGH` products or more has at least.
    """

    kind: str
    rate: float
    least: int


DEFECTS = (
    Defect("broken_rows", 22 / 44446, 2),
    Defect("inch_signs", 2 / 44446, 1),
    Defect("missing_baseColour", 15 / 44446, 1),
    Defect("missing_season", 21 / 44446, 1),
    Defect("missing_year", 1 / 44446, 1),
    Defect("missing_usage", 317 / 44446, 1),
    Defect("missing_productDisplayName", 7 / 44446, 1),
    Defect("missing_images", 5 / 44446, 1),
    Defect("truncated_images", 1 / 3000, 1),
    Defect("empty_images", 1 / 3000, 1),
    Defect("greyscale_images", 431 / 44446, 2),
    Defect("odd_sized_images", 23 / 44446, 3),
    Defect("identical_copies", 780 / 44446, 3),
    Defect("home", 1 / 44446, 1),
    Defect("free_items", 105 / 44446, 3),
)
"""Every kind, in proportion."""


@dataclass(frozen=True)
class Mark:
    """The defect of one product; no product has two, so every count can be checked by itself.

    Attributes:
        kind: The defect; empty for a sound product.
        turn: Which of its kind this is, from 0: variants take turns.
    """

    kind: str = ""
    turn: int = 0


def marked(products: int, rng: np.random.Generator) -> list[Mark]:
    """Draws who has which defect.

    Args:
        products: How many products there are.
        rng: Decides who.

    Returns:
        A mark for each product.
    """
    marks = [Mark()] * products
    order = iter(rng.permutation(products).tolist())
    for defect in DEFECTS:
        count = max(round(defect.rate * products), defect.least if products >= ENOUGH else 0)
        for turn in range(count):
            marks[next(order)] = Mark(defect.kind, turn)
    return marks


def worded(mark: Mark) -> str:
    """Returns what the defect puts into a name: a slogan with commas, a length in inches, or nothing."""
    if mark.kind == "broken_rows":
        return SLOGANS[mark.turn % len(SLOGANS)]
    if mark.kind == "inch_signs":
        return LENGTHS[mark.turn % len(LENGTHS)]
    return ""


def with_gap(row: dict[str, str], mark: Mark) -> dict[str, str]:
    """Returns the row without the field that the defect takes, if any: empty and ``NA`` take turns."""
    field = mark.kind.removeprefix("missing_")
    return row | {field: GAPS[mark.turn % len(GAPS)]} if field in row else row


def jpeg(picture: Image.Image, mark: Mark) -> bytes | None:
    """Encodes a picture with the defect it has.

    Args:
        picture: The picture, RGB.
        mark: The defect.

    Returns:
        The bytes of the file; None if there is to be none.
    """
    match mark.kind:
        case "missing_images":
            return None
        case "empty_images":
            return b""
        case "greyscale_images":
            picture = picture.convert("L")
        case "odd_sized_images":
            picture = picture.resize(ODD_SIZES[mark.turn % len(ODD_SIZES)], Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    data = buffer.getvalue()
    return data[: len(data) * 3 // 5] if mark.kind == "truncated_images" else data
