import numpy as np
import pytest

from modiste.learning.layers import network_facts
from modiste.learning.study_cnn import study_cnn

STUDY = [896, 128, 9248, 128, 0, 0, 18496, 256, 36928, 256, 0, 0, 0, 9830912, 2048, 0, 15390]


def test_the_table_is_the_study_s_line_by_line() -> None:
    facts = network_facts(study_cnn())
    assert [layer.parameters for layer in facts.layers] == STUDY
    assert (facts.trainable, facts.non_trainable) == (9_913_278, 1_408)
    assert facts.trainable + facts.non_trainable == 9_914_686


@pytest.mark.parametrize("channels", [1, 3])
def test_answers_are_probabilities(channels: int) -> None:
    pictures = np.random.default_rng(0).random((4, 80, 60, channels), dtype=np.float32)
    answers = study_cnn(7, channels=channels).predict(pictures, verbose=0)
    assert answers.shape == (4, 7)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_the_seed_decides_the_weights() -> None:
    first, same, other = (study_cnn(3, seed=seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
