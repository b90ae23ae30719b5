"""A tagger whose answers follow from a picture's brightness, so that tests know them beforehand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from modiste.portable.bundle import read_bundle, write_bundle
from modiste.portable.contents import Calibration
from modiste.portable.predictor import Predictor
from modiste.predictions import Predictions
from modiste.tagging.tagger import Tagger
from modiste.tagging.worker import Worker

Write = Callable[[Path, int], Path]


@pytest.fixture(scope="session")
def doubting_bundle(brightness_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The brightness bundle, had it been wrong whenever it was less than four fifths sure."""
    stated = np.linspace(0, 1, 4000, dtype=np.float32)
    wrong = Calibration(stated, stated > 0.8, np.zeros(4000, np.uint16))
    path = tmp_path_factory.mktemp("bundle") / "doubting.modiste"
    write_bundle(path, replace(read_bundle(brightness_bundle), calibration=(wrong, wrong)))
    return path


@pytest.fixture
def worker(doubting_bundle: Path) -> Worker:
    return Worker(doubting_bundle, engine="onnxruntime", threads=2)


@pytest.fixture
def tagger(worker: Worker) -> Tagger:
    return Tagger(worker)


@pytest.fixture
def predictor(worker: Worker) -> Predictor:
    return worker.predictor


@pytest.fixture
def batches(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures were given to the predictor at a time."""
    counts: list[int] = []
    predict = predictor.predict

    def counted(pixels: NDArray[np.uint8], *more: Any) -> Predictions:
        counts.append(len(pixels))
        return predict(pixels, *more)

    monkeypatch.setattr(predictor, "predict", counted)
    return counts


@pytest.fixture(scope="session")
def photo() -> Write:
    """Writes a photo of one brightness."""

    def write(path: Path, value: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 8), (value, value, value)).save(path)
        return path

    return write


@pytest.fixture(scope="session")
def shades(tmp_path_factory: pytest.TempPathFactory, photo: Write) -> Path:
    """A folder of `dark.png`, `grey.png` and `bright.png`, and of one that is no picture, `bad.png`."""
    folder = tmp_path_factory.mktemp("shades")
    for name, value in (("dark", 0), ("grey", 128), ("bright", 255)):
        photo(folder / f"{name}.png", value)
    (folder / "bad.png").write_bytes(b"no picture")
    return folder
