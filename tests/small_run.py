"""A training small enough for tests; for its fixtures see `tests/conftest.py`."""

from pathlib import Path

from modiste.config import TrainConfig
from modiste.sample.draw import draw_catalogue
from modiste.workflows.export import ExportResult, export
from modiste.workflows.pipeline import RunResult
from modiste.workflows.train import train

CONFIG = TrainConfig(epochs=2, batch_size=16, width=32, height=40, shift=2, label_smoothing=0.05, shallow=True)


def draw_small_catalogue(folder: Path) -> Path:
    return draw_catalogue(folder / "catalogue", products=300, seed=3).directory


def train_small_run(catalogue: Path, folder: Path) -> RunResult:
    return train(catalogue, folder / "run", CONFIG)


def export_small_run(run: Path, folder: Path) -> ExportResult:
    return export(run, folder / "drawn.modiste", int8=False)
