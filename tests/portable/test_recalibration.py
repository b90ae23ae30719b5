from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.brightness import brightness_bundle

from modiste.measure.calibration import log_softmax
from modiste.portable.answers import answer, select
from modiste.portable.bundle import Bundle, read_bundle, write_bundle
from modiste.portable.contents import Calibration, Hierarchy
from modiste.portable.recalibration import FEWEST, Observed, Recalibrated, recalibrate
from modiste.predictions import Predictions

TONES, HALVES = 3, 2


def drawn(n: int, *, seed: int, group: int = 3, strength: float = 4.0, ood: float = 0.8) -> Observed:
    """Draws photos of another domain: `dark` is said far too often there, and everything too surely.

    Args:
        n: How many.
        seed: Of what is drawn.
        group: Photos of a group.
        strength: How much the network knows.
        ood: Around where their OOD scores lie; the bundle's gate is at 0.5.
    """
    generator = np.random.default_rng(seed)
    scores = log_softmax(generator.normal(0, strength, (n, TONES)))
    labels = np.array([generator.choice(TONES, p=np.exp(row)) for row in scores])
    logits = np.concatenate([2 * (scores + np.array([2.0, 0, 0])), generator.normal(size=(n, HALVES))], axis=1)
    return Observed(
        logits.astype(np.float32),
        np.clip(generator.normal(ood, 0.05, n), 0, 1).astype(np.float32),
        (np.eye(TONES, dtype=bool)[labels], np.zeros((n, HALVES), bool)),
        np.arange(n) // group,
    )


def answers_of(bundle: Bundle, observed: Observed, precision: float) -> Predictions:
    return answer(
        observed.logits,
        np.ones((len(observed.logits), 1), np.float32),
        observed.ood_score,
        bundle.schema,
        hierarchy=bundle.hierarchy,
        temperatures=bundle.temperatures,
        ood_threshold=bundle.ood_threshold,
        selections=select(bundle.calibration, bundle.attributes, precision, bundle.assurance),
        offsets=bundle.offsets,
    )


def right(told: Predictions, observed: Observed) -> NDArray[np.bool_]:
    return observed.allowed[0][np.arange(len(told)), told.label_ids[:, 0]]


@pytest.fixture(scope="module")
def done() -> Recalibrated:
    return recalibrate(brightness_bundle(), drawn(300, seed=0), precision=0.95)


def test_answers_get_better_and_what_is_expected_of_them_holds_on_other_photos(done: Recalibrated) -> None:
    others = drawn(4000, seed=1)
    before, after = (answers_of(bundle, others, 0.95) for bundle in (brightness_bundle(), done.bundle))
    tone = done.expected[0]
    assert tone.before is not None
    assert tone.accuracy is not None
    assert tone.precision is not None
    assert right(after, others).mean() > right(before, others).mean() + 0.03
    assert done.familiar == 0
    assert not before.accepted.any(), "its gate lets none of them pass"
    assert tone.photos == 300
    assert tone.before.low <= right(before, others).mean() <= tone.before.high
    assert tone.accuracy.low <= right(after, others).mean() <= tone.accuracy.high
    accepted = after.accepted[:, 0]
    assert accepted.mean() > 0.1
    assert right(after, others)[accepted].mean() >= 0.94
    assert tone.precision.low <= right(after, others)[accepted].mean() <= tone.precision.high


def test_precision_holds_over_draws_or_nothing_is_accepted() -> None:
    hits = accepted = 0
    for seed in range(6):
        bundle = recalibrate(brightness_bundle(), drawn(150, seed=seed, strength=2.0), precision=0.9).bundle
        others = drawn(2000, seed=100 + seed, strength=2.0)
        told = answers_of(bundle, others, 0.9)
        hits += int(right(told, others)[told.accepted[:, 0]].sum())
        accepted += int(told.accepted[:, 0].sum())
    assert accepted > 0
    assert hits / accepted >= 0.89


def test_what_nothing_is_known_of_accepts_nothing_where_photos_are_of_another_kind(done: Recalibrated) -> None:
    others = drawn(500, seed=1)
    half = done.expected[1]
    assert (half.photos, half.before, half.accuracy, half.accepted, half.kept) == (0, None, None, 0, False)
    assert not answers_of(done.bundle, others, 0.5).accepted[:, 1].any()
    familiar = recalibrate(brightness_bundle(), drawn(300, seed=0, ood=0.2), precision=0.95)
    assert familiar.familiar == 1
    assert familiar.expected[1].kept
    assert familiar.bundle.calibration[1] is not None
    assert familiar.bundle.ood_threshold == 0.5
    assert familiar.bundle.temperatures[1] == 1.0


def test_few_photos_of_which_hardly_any_answer_is_right_accept_nothing() -> None:
    bundle = recalibrate(brightness_bundle(), drawn(60, seed=0, strength=0.3), precision=0.98).bundle
    assert not answers_of(bundle, drawn(500, seed=1, strength=0.3), 0.98).accepted.any()


def test_too_little_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match=f"{FEWEST} labels"):
        recalibrate(brightness_bundle(), drawn(FEWEST - 1, seed=0), precision=0.9)
    with pytest.raises(ValueError, match="two groups"):
        recalibrate(brightness_bundle(), drawn(100, seed=0, group=100), precision=0.9)


def test_answers_that_must_fit_together_are_shifted_together() -> None:
    plain = brightness_bundle()
    pairs = np.array([[0, 0], [1, 0], [1, 1], [2, 1]], np.int32)
    bundle = replace(plain, hierarchy=Hierarchy(("tone", "half"), pairs, np.ones(2)))
    others, found = drawn(2000, seed=1), recalibrate(bundle, drawn(300, seed=0), precision=0.95)
    told = answers_of(found.bundle, others, 0.95)
    assert right(told, others).mean() > right(answers_of(bundle, others, 0.95), others).mean()
    assert {tuple(row) for row in told.label_ids.tolist()} <= {tuple(row) for row in pairs.tolist()}
    assert not told.accepted[:, 1].any(), "of these answers, which changed, nothing is known"
    # Both dark and bright say of the half what it is; that does for these photos, not for all.
    assert found.expected[1].photos == 0


def test_it_is_a_bundle_like_any_other_and_the_old_ones_fingerprints_stay(tmp_path: Path, done: Recalibrated) -> None:
    path = tmp_path / "mine.modiste"
    write_bundle(path, done.bundle)
    again = read_bundle(path)
    assert again.fingerprint == done.bundle.fingerprint != brightness_bundle().fingerprint
    np.testing.assert_array_equal(again.offsets, done.bundle.offsets)
    assert again.assurance == "expected"
    with pytest.raises(ValueError, match="offsets"):
        replace(done.bundle, offsets=np.zeros(4, np.float32))
    sure: dict[str, Any] = {"assurance": "sure"}
    with pytest.raises(ValueError, match="assurance"):
        replace(done.bundle, **sure)
    assert isinstance(again.calibration[1], Calibration)
    assert again.offsets is not None
    twice = recalibrate(again, drawn(300, seed=5), precision=0.95)
    assert twice.bundle.offsets is not None
    np.testing.assert_allclose(
        twice.bundle.offsets[:3] - twice.bundle.offsets[0], again.offsets[:3] - again.offsets[0], atol=1.5
    )
