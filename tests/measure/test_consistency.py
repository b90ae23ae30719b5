import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.measure import consistency
from modiste.measure.calibration import softmax
from modiste.measure.consistency import (
    ALONE,
    allowed_combinations,
    best_labels,
    combination_rows,
    count_inconsistent,
    joint_log_probabilities,
    log_marginals,
    marginals,
)

SIZES = (3, 4, 5)


def drawn(seed: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Logits of 7 products, allowed combinations, and weights."""
    generator = np.random.default_rng(seed)
    seen = np.stack([generator.integers(0, size, 12) for size in SIZES], axis=1)
    logits = [generator.normal(0, 3, (7, size)).astype(np.float32) for size in SIZES]
    return logits, allowed_combinations(seen), generator.uniform(0.3, 2, len(SIZES))


def test_combinations_are_sorted_without_missing_labels() -> None:
    true = np.array([[1, 0], [0, 2], [-1, 1], [1, 0], [0, -1]])
    np.testing.assert_array_equal(allowed_combinations(true), [[0, 2], [1, 0]])


def test_answers_are_found_among_the_combinations_in_any_order() -> None:
    combinations = np.array([[1, 0], [0, 2], [2, 2]])
    answers = np.array([[0, 2], [1, 2], [1, 0], [-1, 2], [2, 2]])
    assert combination_rows(answers, combinations).tolist() == [1, -1, 0, -1, 2]
    assert count_inconsistent(answers, combinations) == 2
    assert combination_rows(answers[:0], combinations).tolist() == []


def test_the_joint_answer_by_hand() -> None:
    combinations = np.array([[0, 0], [1, 1]])
    logits = [np.log([[0.6, 0.4]]), np.log([[0.1, 0.8, 0.1]])]
    joint = joint_log_probabilities(logits, combinations, np.ones(2))
    np.testing.assert_allclose(np.exp(joint), [[0.06 / 0.38, 0.32 / 0.38]])
    first, second = marginals(joint, combinations, (2, 3))
    np.testing.assert_allclose(first, np.exp(joint))
    np.testing.assert_allclose(second, [[0.06 / 0.38, 0.32 / 0.38, 0]])
    assert best_labels((first, second), combinations).tolist() == [[1, 1]]
    # Only the first head is believed, so its answer wins.
    trusting = joint_log_probabilities(logits, combinations, np.array([1.0, 0.01]))
    assert best_labels(marginals(trusting, combinations, (2, 3)), combinations).tolist() == [[0, 0]]


def test_the_answer_has_most_levels_right_where_the_likeliest_path_has_few() -> None:
    # A perfume that may be either of two articles: the likeliest single path is a T-shirt's.
    joint = np.log([[0.28, 0.26, 0.26, 0.2]])
    combinations = np.array([[0, 0], [1, 1], [1, 2], [2, 3]])
    probabilities = marginals(joint, combinations, (3, 4))
    assert best_labels(probabilities, combinations).tolist() == [[1, 1]], "0.52 + 0.26 is more than 0.28 + 0.28"
    # An attribute that stands alone gets its own most probable label, wherever it stands.
    alone = np.insert(combinations, 1, ALONE, axis=1)
    other = np.array([[0.1, 0.7, 0.2]])
    assert best_labels((probabilities[0], other, probabilities[1]), alone).tolist() == [[1, 1, 1]]
    assert best_labels((probabilities[0], other), None).tolist() == [[1, 1]]


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_no_allowed_answer_has_more_levels_right(seed: int) -> None:
    logits, combinations, weights = drawn(seed)
    joint = joint_log_probabilities(logits, combinations, weights)
    answers = best_labels(marginals(joint, combinations, SIZES), combinations)
    assert count_inconsistent(answers, combinations) == 0

    def levels_right(of: np.ndarray) -> np.ndarray:
        """Counted over every outcome, weighted by its probability; of is (n, attributes)."""
        return np.asarray((np.exp(joint) * (of[:, None] == combinations).sum(axis=2)).sum(axis=1))

    best = levels_right(answers)
    for each in combinations:
        assert (levels_right(np.tile(each, (len(best), 1))) <= best + 1e-9).all()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_joint_distribution(seed: int) -> None:
    logits, combinations, weights = drawn(seed)
    joint = joint_log_probabilities(logits, combinations, weights)
    heads = [softmax(each.astype(np.float64)) for each in logits]
    scores = [heads[a][:, combinations[:, a]] ** weights[a] for a in range(len(SIZES))]
    expected = np.prod(scores, axis=0)
    np.testing.assert_allclose(np.exp(joint), expected / expected.sum(axis=1, keepdims=True), rtol=1e-9)
    for number, each in enumerate(marginals(joint, combinations, SIZES)):
        assert each.shape == (7, SIZES[number])
        np.testing.assert_allclose(each.sum(axis=1), 1)
        possible = np.isin(np.arange(SIZES[number]), combinations[:, number])
        assert (each[:, ~possible] == 0).all()
        assert each.max() <= 1


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_order_of_combinations_does_not_matter(seed: int) -> None:
    logits, combinations, weights = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(combinations))
    joint = joint_log_probabilities(logits, combinations, weights)
    shuffled = joint_log_probabilities(logits, combinations[order], weights)
    np.testing.assert_allclose(shuffled, joint[:, order])
    these, those = marginals(joint, combinations, SIZES), marginals(shuffled, combinations[order], SIZES)
    np.testing.assert_array_equal(best_labels(those, combinations[order]), best_labels(these, combinations))
    for one, other in zip(these, those, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_where_everything_is_allowed_the_heads_stay_as_they_are() -> None:
    logits, _, _ = drawn(3)
    combinations = np.stack(np.meshgrid(*[np.arange(size) for size in SIZES]), axis=-1).reshape(-1, len(SIZES))
    joint = joint_log_probabilities(logits, combinations, np.ones(len(SIZES)))
    for each, head in zip(marginals(joint, combinations, SIZES), logits, strict=True):
        np.testing.assert_allclose(each, softmax(head), rtol=1e-5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, combinations, weights = drawn(5)
    whole = joint_log_probabilities(logits, combinations, weights)
    monkeypatch.setattr(consistency, "BLOCK", 3)
    np.testing.assert_array_equal(joint_log_probabilities(logits, combinations, weights), whole)
    probabilities = marginals(whole, combinations, SIZES)
    monkeypatch.setattr(consistency, "BLOCK", 4096)
    at_once = best_labels(probabilities, combinations)
    monkeypatch.setattr(consistency, "BLOCK", 3)
    np.testing.assert_array_equal(best_labels(probabilities, combinations), at_once)


def test_log_marginals_are_finite_and_give_the_marginals_back() -> None:
    logits, combinations, weights = drawn(1)
    joint = joint_log_probabilities([100 * each for each in logits], combinations, weights)
    sizes = (4, 5, 6)  # a label more than any combination has
    for logarithms, each in zip(
        log_marginals(joint, combinations, sizes), marginals(joint, combinations, sizes), strict=True
    ):
        assert np.isfinite(logarithms).all()
        np.testing.assert_allclose(softmax(logarithms), each, atol=1e-10)


def test_attributes_that_do_not_match_are_refused() -> None:
    logits, combinations, weights = drawn(0)
    with pytest.raises(ValueError, match="2 attributes with logits, 3 in combinations, 3 weights"):
        joint_log_probabilities(logits[:2], combinations, weights)
    with pytest.raises(ValueError, match="at least one combination"):
        joint_log_probabilities(logits, combinations[:0], weights)
    with pytest.raises(ValueError, match="weights above 0"):
        joint_log_probabilities(logits, combinations, np.array([1.0, 0.0, 1.0]))
