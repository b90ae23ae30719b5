"""The study on the backend that KERAS_BACKEND names; `make test-backends` runs this for TensorFlow and for JAX."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from modiste.config import StudyConfig
from modiste.learning.study_cnn import study_cnn
from modiste.runs import Run
from modiste.workflows.evaluate import evaluate
from modiste.workflows.pipeline import RunResult
from modiste.workflows.study import study

BACKEND = os.environ["KERAS_BACKEND"]

# Raised inside Keras, where it reads a variable on JAX.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def result(drawn_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """Two epochs, the second by a run that is resumed."""
    run = tmp_path_factory.mktemp("study") / "run"
    study(drawn_catalogue, run, StudyConfig(epochs=1, bn_momentum=0.5))
    return study(drawn_catalogue, run, StudyConfig(epochs=2, bn_momentum=0.5), resume=True)


def test_keras_runs_on_the_backend() -> None:
    assert keras.backend.backend() == BACKEND


def test_the_network_is_the_study_s() -> None:
    network = study_cnn()
    assert network.count_params() == 9_914_686
    probabilities = network.predict(np.zeros((2, 80, 60, 3), dtype=np.float32), verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_the_study_learns(result: RunResult) -> None:
    losses = result.trained.history["loss"]
    assert losses[1] < losses[0]
    assert result.scores["train"]["Class"].scores.accuracy.value > 3 / 30
    assert BACKEND in Run(result.run).environment


def test_a_run_scores_the_same_again(result: RunResult) -> None:
    again = evaluate(result.run)
    assert again.scores["Class"].scores == result.scores["holdout"]["Class"].scores
