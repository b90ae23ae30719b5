"""Run folders with files that somebody, or a broken disk, has changed: each is one line, from every verb that opens it.

Many changes to each file are drawn, by kind; what a run never says is refused, and nothing is a traceback.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import tomli_w
import tomllib

from modiste.config import TrainConfig
from modiste.errors import ModisteError
from modiste.runs import CHECKPOINTS, CONFIG, HISTORY, SCHEMA, SPLIT, START, TAXONOMY
from modiste.sample.draw import draw_catalogue
from modiste.workflows.evaluate import evaluate
from modiste.workflows.export import export
from modiste.workflows.train import train

SETTINGS = TrainConfig(
    epochs=1, batch_size=32, width=32, height=32, shift=0, shallow=True, targets=["gender", "season"]
)

WRONG: tuple[Any, ...] = ("", "x", -1, 10**30, 1.5, float("nan"), True, [], ["x"], [1], {}, {"x": 1}, "\x1b[31m")
"""Values, some of which are of a wrong type wherever they are put."""

Document = dict[str, Any]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("hostile") / "catalogue", products=80, seed=3).directory


@pytest.fixture(scope="module")
def sound(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    return train(catalogue, tmp_path_factory.mktemp("hostile") / "run", SETTINGS).run


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def refused(run: Path) -> str | None:
    """Opens a run as `evaluate` does, and returns the line with which it is refused; None where it is evaluated."""
    try:
        evaluate(run)
    except ModisteError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        return line
    return None
