"""A bundle is calibrated anew from its catalogue alone, and the page about the joint answer is made of it."""

from pathlib import Path

import pytest

import write_joint_results
from bundle_task import task_of
from modiste.portable.bundle import read_bundle
from modiste.workflows.export import ExportResult
from recalibrate_bundle import recalibrated


def test_a_bundle_is_calibrated_as_it_was(small_catalogue: Path, small_export: ExportResult) -> None:
    bundle = read_bundle(small_export.bundle)
    once = recalibrated(bundle, small_catalogue)
    assert once.temperatures == pytest.approx(bundle.temperatures, rel=1e-3)
    assert once.hierarchy is not None
    assert bundle.hierarchy is not None
    assert once.hierarchy.combinations.tolist() == bundle.hierarchy.combinations.tolist()
    for one, other in zip(once.calibration, bundle.calibration, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-3)
    assert once.network == bundle.network
    assert once.card["training"] == bundle.card["training"]
    assert once.card["metrics"].keys() == bundle.card["metrics"].keys()
    assert recalibrated(once, small_catalogue).fingerprint == once.fingerprint
    text = "\n".join(write_joint_results.page(once, task_of(once, small_catalogue)))
    assert text.count("| most levels right |") == 2 * len(once.hierarchy.attributes)
    assert f"bundle {once.fingerprint}" in text
