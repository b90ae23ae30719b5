import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.portable.conftest import ATTRIBUTES, COMBINATIONS, SCHEMA, SIZES, make_calibration

from modiste.measure.calibration import softmax
from modiste.measure.consistency import best_labels, count_inconsistent
from modiste.portable.answers import answer, calibrated, combinations_of, confidence_in, join_heads, select
from modiste.portable.contents import Calibration, Hierarchy
from modiste.predictions import Predictions

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 3, (200, sum(SIZES))).astype(np.float32)
EMBEDDING = RANDOM.normal(size=(200, 8)).astype(np.float32)
EMBEDDING /= np.linalg.norm(EMBEDDING, axis=1, keepdims=True)
HIERARCHY = Hierarchy(("kind", "article"), COMBINATIONS, np.array([1.0, 0.8]))
TEMPERATURES = (1.5, 0.7, 2.0)
CALIBRATION = tuple(make_calibration(size) for size in SIZES)
OOD_SCORE = RANDOM.random(200).astype(np.float32)
THRESHOLD = 0.8


def answers_to(
    logits: NDArray[np.floating],
    embedding: NDArray[np.float32],
    ood_score: NDArray[np.float32] = OOD_SCORE,
    *,
    precision: float = 0.9,
) -> Predictions:
    return answer(
        logits,
        embedding,
        ood_score,
        SCHEMA,
        hierarchy=HIERARCHY,
        temperatures=TEMPERATURES,
        ood_threshold=THRESHOLD,
        selections=select(CALIBRATION, ATTRIBUTES, precision),
    )


def labels_of(hierarchy: Hierarchy | None) -> NDArray[np.int64]:
    probabilities = calibrated(join_heads(LOGITS, ATTRIBUTES, hierarchy), TEMPERATURES)
    return best_labels(probabilities, combinations_of(hierarchy, ATTRIBUTES))


def test_answers_of_the_hierarchy_fit_together_and_the_others_stand_alone() -> None:
    allowed = COMBINATIONS.astype(np.int64)
    assert count_inconsistent(labels_of(None)[:, [0, 2]], allowed) > 50, "else there is nothing to mend"
    assert count_inconsistent(labels_of(HIERARCHY)[:, [0, 2]], allowed) == 0
    np.testing.assert_array_equal(labels_of(HIERARCHY)[:, 1], LOGITS[:, 3:8].argmax(axis=1))
    np.testing.assert_array_equal(join_heads(LOGITS, ATTRIBUTES, HIERARCHY)[1], LOGITS[:, 3:8])


def test_the_joint_answer_has_most_levels_right_by_the_probabilities_that_are_told() -> None:
    scores = join_heads(LOGITS, ATTRIBUTES, HIERARCHY)
    kind, article = (np.log(softmax(part)) for part in (LOGITS[:, :3], LOGITS[:, 8:]))
    joint = softmax(np.stack([kind[:, k] + 0.8 * article[:, a] for k, a in COMBINATIONS], axis=1))
    shoes = joint[:, :2].sum(axis=1)
    np.testing.assert_allclose(np.exp(scores[0][:, 0]), shoes, atol=1e-5)
    told = answers_to(LOGITS, EMBEDDING)
    kinds, articles = told.probabilities("kind"), told.probabilities("article")
    expected = np.stack([kinds[:, k].astype(np.float64) + articles[:, a] for k, a in COMBINATIONS], axis=1)
    np.testing.assert_array_equal(told.label_ids[:, [0, 2]], COMBINATIONS[expected.argmax(axis=1)])
    assert (told.label_ids[:, [0, 2]] != COMBINATIONS[joint.argmax(axis=1)]).any(), "else nothing is tried"


def test_a_perfume_split_between_two_articles_is_still_a_perfume() -> None:
    # Boots and sandals share what is probable; the likeliest single path is a T-shirt's.
    logits = np.zeros((1, 12), np.float32)
    logits[0, 8:] = np.log([0.26, 0.26, 0.3, 0.18])
    answered = answers_to(logits, EMBEDDING[:1], OOD_SCORE[:1])
    assert (answered.labels("kind"), answered.labels("article")) == (["shoes"], ["boots"])


def test_the_hierarchy_may_come_in_any_order() -> None:
    turned = Hierarchy(("article", "kind"), np.ascontiguousarray(COMBINATIONS[:, ::-1]), np.array([0.8, 1.0]))
    np.testing.assert_array_equal(labels_of(HIERARCHY), labels_of(turned))
    one, other = (join_heads(LOGITS, ATTRIBUTES, each) for each in (HIERARCHY, turned))
    for mine, its in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-6)


def test_confidence_is_the_tempered_probability_of_the_answer() -> None:
    scores = join_heads(LOGITS, ATTRIBUTES, HIERARCHY)
    probabilities = calibrated(scores, TEMPERATURES)
    label_ids = labels_of(HIERARCHY)
    confidence = confidence_in(label_ids, probabilities)
    assert confidence.dtype == np.float32
    for place, (part, temperature) in enumerate(zip(scores, TEMPERATURES, strict=True)):
        expected = softmax(part, temperature=temperature)
        np.testing.assert_allclose(probabilities[place], expected, atol=1e-6)
        np.testing.assert_allclose(probabilities[place].sum(axis=1), 1, atol=1e-5)
        picked = probabilities[place][np.arange(len(LOGITS)), label_ids[:, place]]
        np.testing.assert_array_equal(confidence[:, place], picked)


def test_an_answer_is_accepted_where_it_reaches_its_threshold_and_the_picture_is_like_the_training_data() -> None:
    answers = answers_to(LOGITS, EMBEDDING)
    thresholds = [selection.thresholds for selection in select(CALIBRATION, ATTRIBUTES, 0.9)]
    certain = np.stack(
        [answers.confidence[:, place] >= each[answers.label_ids[:, place]] for place, each in enumerate(thresholds)],
        axis=1,
    )
    outside = np.float32(THRESHOLD) < OOD_SCORE
    np.testing.assert_array_equal(answers.ood_score, OOD_SCORE)
    np.testing.assert_array_equal(answers.accepted, certain & ~outside[:, None])
    assert 0 < answers.accepted.mean() < 1
    assert not answers.accepted[outside].any()
    assert certain[outside].any()
    assert len(answers) == len(LOGITS)


def test_a_picture_at_the_threshold_is_like_the_training_data() -> None:
    sure, one = np.tile([9, 0, 0, 9, 0, 0, 0, 0, 9, 0, 0, 0], (2, 1)).astype(np.float32), EMBEDDING[:2]
    at, above = np.float32(THRESHOLD), np.nextafter(np.float32(THRESHOLD), np.float32(1))
    answers = answers_to(sure, one, np.array([at, above]), precision=0.5)
    assert answers.accepted.tolist() == [[True, True, True], [False, False, False]]


def test_answers_hold_all_that_is_known_of_a_picture() -> None:
    answers = answers_to(LOGITS, EMBEDDING)
    assert answers.schema is SCHEMA
    np.testing.assert_array_equal(answers.visual, EMBEDDING)
    expected = calibrated(join_heads(LOGITS, ATTRIBUTES, HIERARCHY), TEMPERATURES)
    for name, probabilities in zip(SCHEMA.names, expected, strict=True):
        np.testing.assert_array_equal(answers.probabilities(name), probabilities)
    assert answers.embedding.shape == (200, sum(SIZES) + 8)


def test_a_higher_precision_accepts_no_more() -> None:
    rates = [answers_to(LOGITS, EMBEDDING, precision=precision).accepted.mean(axis=0) for precision in (0.8, 0.9, 0.98)]
    assert (np.diff(rates, axis=0) <= 0).all()
    assert (rates[0] > rates[2]).any()


def test_what_is_more_likely_wrong_than_right_is_never_accepted() -> None:
    # Everything was right on validation, however little the tagger believed it.
    sure = tuple(
        Calibration(np.linspace(0, 1, 400, dtype=np.float32), np.ones(400, bool), np.zeros(400, np.uint16))
        for _ in SIZES
    )
    answers = answer(
        LOGITS,
        EMBEDDING,
        np.zeros(200, np.float32),
        SCHEMA,
        hierarchy=HIERARCHY,
        temperatures=TEMPERATURES,
        ood_threshold=1.0,
        selections=select(sure, ATTRIBUTES, 0.3),
    )
    np.testing.assert_array_equal(answers.accepted, answers.confidence >= 0.5)
    assert 0 < answers.accepted.mean() < 1
    for index, name in enumerate(SCHEMA.names):
        best = answers.probabilities(name).argmax(axis=1)
        assert (answers.label_ids[:, index] == best)[answers.accepted[:, index]].all()


def test_without_validation_answers_everything_goes_to_review() -> None:
    nothing = Calibration(np.zeros(0, np.float32), np.zeros(0, bool), np.zeros(0, np.uint16))
    selections = select([nothing] * 3, ATTRIBUTES, 0.98)
    assert all(selection.shared.threshold is None for selection in selections)
    answers = answer(
        LOGITS,
        EMBEDDING,
        OOD_SCORE,
        SCHEMA,
        hierarchy=None,
        temperatures=TEMPERATURES,
        ood_threshold=THRESHOLD,
        selections=selections,
    )
    assert not answers.accepted.any()


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20))
def test_answers_do_not_depend_on_the_company(n: int) -> None:
    together = answers_to(LOGITS[:n], EMBEDDING[:n], OOD_SCORE[:n])
    last = answers_to(LOGITS[n - 1 : n], EMBEDDING[n - 1 : n], OOD_SCORE[n - 1 : n])
    np.testing.assert_array_equal(last.label_ids[0], together.label_ids[-1])
    np.testing.assert_array_equal(last.accepted[0], together.accepted[-1])
    np.testing.assert_allclose(last.confidence[0], together.confidence[-1], rtol=1e-5)


@pytest.mark.parametrize("logits", [LOGITS[:, 1:], LOGITS[0]])
def test_logits_of_another_shape_are_refused(logits: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"need logits \(n, 12\)"):
        join_heads(logits, ATTRIBUTES, HIERARCHY)


def test_large_logits_give_finite_answers() -> None:
    answers = answers_to(LOGITS * 1e4, EMBEDDING)
    assert answers.all_probabilities is not None
    assert all(np.isfinite(part).all() for part in answers.all_probabilities)
    assert ((answers.confidence >= 0) & (answers.confidence <= 1)).all()
