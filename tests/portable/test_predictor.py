import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.portable.conftest import Lab

from modiste.errors import BundleError
from modiste.portable import predictor as predictors
from modiste.portable.answers import answer
from modiste.portable.bundle import SUFFIX, Bundle, read_bundle, write_bundle
from modiste.portable.engine import ENGINES
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor

LAB_ONLY = ("jax", "keras", "onnx", "scipy", "sklearn", "tensorflow", "torch")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bundle_answers_as_the_network_does(bundle: Bundle, lab: Lab, tmp_path: Path, engine: str) -> None:
    write_bundle(tmp_path / f"b{SUFFIX}", bundle)
    predictor = Predictor(read_bundle(tmp_path / f"b{SUFFIX}"), engine=engine, threads=1)
    answers = predictor.predict(lab.pixels)
    expected = answer(
        lab.outputs["logits"],
        lab.embedding,
        lab.ood_score,
        bundle.schema,
        hierarchy=bundle.hierarchy,
        temperatures=bundle.temperatures,
        ood_threshold=bundle.ood_threshold,
        selections=predictor.selections(DEFAULT_PRECISION),
    )
    np.testing.assert_array_equal(answers.label_ids, expected.label_ids)
    np.testing.assert_allclose(answers.confidence, expected.confidence, atol=1e-3)
    np.testing.assert_allclose(answers.embedding, expected.embedding, atol=1e-3)
    np.testing.assert_allclose(answers.ood_score, expected.ood_score, atol=1e-3)
    assert (answers.schema, answers.bundle) == (bundle.schema, bundle.fingerprint)
    np.testing.assert_allclose(predictor.features(lab.pixels), lab.outputs["features"], atol=0.02)


def test_many_pictures_go_through_the_engine_in_parts(
    bundle: Bundle, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor(bundle, threads=1)
    whole = predictor.predict(lab.pixels)
    monkeypatch.setattr(predictors, "MOST_AT_ONCE", 7)
    parts = predictor.predict(lab.pixels)
    np.testing.assert_array_equal(parts.label_ids, whole.label_ids)
    np.testing.assert_allclose(parts.confidence, whole.confidence, rtol=1e-4)


def test_thresholds_are_chosen_once_for_each_precision(bundle: Bundle) -> None:
    predictor = Predictor(bundle)
    assert predictor.selections(0.9) is predictor.selections(0.9)
    assert predictor.selections(0.9) is not predictor.selections(0.8)
    with pytest.raises(ValueError, match="precision must be between 0 and 1"):
        predictor.predict(np.zeros((1, 40, 32, 3), np.uint8), precision=1.5)


def test_a_picture_unlike_the_catalogue_goes_to_review(bundle: Bundle, lab: Lab) -> None:
    sure = Predictor(bundle).predict(lab.pixels, precision=0.5)
    assert sure.accepted.any()
    strange = replace(bundle, ood_threshold=0.0)
    assert not Predictor(strange).predict(lab.pixels, precision=0.5).accepted.any()


def test_predictions_of_no_picture_are_like_those_of_one(bundle: Bundle, lab: Lab) -> None:
    predictor = Predictor(bundle)
    none, one = predictor.empty, predictor.predict(lab.pixels[:1])
    assert len(none) == 0
    assert none.embedding.shape[1] == one.embedding.shape[1] == sum(bundle.sizes) + 16
    assert none.to_frame(keep=("probabilities", "embedding")).schema == one.to_frame(keep=one.kept).schema


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 32, 40, 3), np.uint8),
        np.zeros((40, 32, 3), np.uint8),
        np.zeros((0, 40, 32, 3), np.uint8),
        np.zeros((1, 40, 32, 3), np.float32),
    ],
)
def test_pictures_of_another_kind_are_refused(bundle: Bundle, pixels: np.ndarray[tuple[int, ...], np.dtype]) -> None:
    with pytest.raises(ValueError, match=r"need uint8 \(n, 40, 32, 3\)"):
        Predictor(bundle).predict(pixels)


def test_a_network_of_another_bundle_is_refused(bundle: Bundle, lab: Lab) -> None:
    wrong = replace(bundle, heads=bundle.heads[:-1])
    with pytest.raises(BundleError, match="1280 channels, and the bundle's heads take 1279"):
        Predictor(wrong).features(lab.pixels)
    fewer = replace(bundle.attributes[0], labels=bundle.attributes[0].labels[:-1])
    calibration = replace(bundle.calibration[0], answer=bundle.calibration[0].answer % 2)
    wrong = replace(
        bundle,
        schema=replace(bundle.schema, attributes=(fewer, *bundle.attributes[1:])),
        calibration=(calibration, *bundle.calibration[1:]),
        heads=bundle.heads[:, 1:],
        hierarchy=None,
    )
    with pytest.raises(BundleError, match="12 logits, and the bundle has 11 labels"):
        Predictor(wrong).predict(lab.pixels)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_answers_and_explains_leaves_the_lab_behind(bundle: Bundle, tmp_path: Path, engine: str) -> None:
    write_bundle(tmp_path / "b.modiste", bundle)
    code = f"""
import sys
from pathlib import Path
import numpy as np
from modiste.portable.bundle import read_bundle
from modiste.portable.explain import activation_map, heat_map
from modiste.portable.predictor import Predictor
predictor = Predictor(read_bundle(Path(sys.argv[1])), engine={engine!r})
pixels = np.zeros((2, 40, 32, 3), np.uint8)
assert len(predictor.predict(pixels)) == 2
features = predictor.features(pixels)[0]
heat_map(activation_map(predictor.bundle, features, "kind", "belts"), predictor.bundle.image)
print(sorted(set({LAB_ONLY!r}) & set(sys.modules)))
"""
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "b.modiste")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
