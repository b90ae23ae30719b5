from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from modiste.measure.calibration import reliability
from modiste.reports import figures

Answers = tuple[NDArray[np.float64], NDArray[np.bool_]]
Texts = Callable[[Figure], list[str]]


@pytest.fixture
def answers() -> Answers:
    """Confidences of 1,000 answers, and which are right: about as many as the confidence says."""
    random = np.random.default_rng(0)
    confidence = random.beta(6, 1, 1000)
    return confidence, random.random(1000) < confidence


def test_reliability_diagram_has_a_dot_and_an_interval_for_each_bin_that_holds_answers(
    answers: Answers,
) -> None:
    found = reliability(*answers, bins=10)
    upper, lower = figures.reliability_diagram(found).axes

    diagonal, dots = upper.lines
    filled = found.count > 0
    assert np.allclose(dots.get_xydata(), np.column_stack([found.confidence, found.accuracy])[filled])
    assert len(upper.collections[0].get_paths()) == filled.sum() < 10
    for path, accuracy in zip(upper.collections[0].get_paths(), found.accuracy[filled], strict=True):
        low, high = np.asarray(path.vertices)[:, 1]
        assert low <= accuracy <= high
    assert np.allclose(diagonal.get_xdata(), diagonal.get_ydata())
    assert len(lower.patches) == 10


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0])
def test_a_single_answer_can_be_drawn(confidence: float, texts: Texts) -> None:
    alone = np.array([confidence]), np.array([True])

    assert "100 %" in texts(figures.reliability_diagram(reliability(*alone)))
    assert "target not promised" in texts(figures.precision_coverage(*alone, target=0.98))


def test_precision_falls_from_the_surest_answers_to_all(answers: Answers) -> None:
    curve, target = figures.precision_coverage(*answers, target=0.98).axes[0].lines
    coverage, precision = np.asarray(curve.get_xydata()).T

    assert all(before <= after for before, after in pairwise(coverage))
    assert coverage[0] >= 0.03
    assert (coverage[-1], precision[-1]) == (1.0, pytest.approx(answers[1].mean()))
    assert precision[0] > precision[-1]
    assert np.asarray(target.get_ydata()).tolist() == [0.98, 0.98]


def test_what_was_decided_is_marked_and_named(answers: Answers, texts: Texts) -> None:
    figure = figures.precision_coverage(*answers, target=0.95, decided=(0.42, 0.96))

    assert "42 % accepted" in texts(figure)
    assert np.asarray(figure.axes[0].lines[-1].get_xydata()).tolist() == [[0.42, 0.96]]
