"""A predictor whose answers follow from a picture's brightness, so that tests know them beforehand."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from modiste.portable.answers import Answers
from modiste.portable.contents import ImageFacts
from modiste.schema import Attribute

ATTRIBUTES = (Attribute("tone", ("dark", "grey", "bright")), Attribute("half", ("no", "yes")))


class Brightness:
    """Stands in for a `Predictor`; it remembers how many pictures came at a time."""

    def __init__(self) -> None:
        self.bundle = SimpleNamespace(
            image=ImageFacts(height=8, width=6),
            attributes=ATTRIBUTES,
            network=b"none",
            temperatures=(1.0, 1.0),
            heads=np.ones((3, 5), np.float16),
        )
        self.threads = 2
        self.batches: list[int] = []

    def answer(self, pixels: NDArray[np.uint8], precision: float = 0.98) -> Answers:
        self.batches.append(len(pixels))
        light = pixels.reshape(len(pixels), -1).mean(axis=1) / 255
        tones = np.exp(-10 * np.abs(light[:, None] - np.array([0, 0.5, 1])))
        halves = np.stack([1 - light, light], axis=1)
        probabilities = tuple((part / part.sum(axis=1, keepdims=True)).astype(np.float32) for part in (tones, halves))
        confidence = np.stack([part.max(axis=1) for part in probabilities], axis=1)
        return Answers(
            attributes=ATTRIBUTES,
            label_ids=np.stack([part.argmax(axis=1) for part in probabilities], axis=1),
            confidence=confidence,
            accepted=confidence >= precision,
            probabilities=probabilities,
            visual=np.ones((len(pixels), 1), np.float32),
            familiarity=np.ones(len(pixels), np.float32),
            familiar=np.ones(len(pixels), bool),
        )

    def features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return pixels.astype(np.float32)


@pytest.fixture
def predictor() -> Any:
    return Brightness()


@pytest.fixture
def photo() -> Callable[[Path, int], Path]:
    """Writes a photo of one brightness."""

    def write(path: Path, value: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 8), (value, value, value)).save(path)
        return path

    return write
