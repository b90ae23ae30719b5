"""Calibrates a bundle anew on its catalogue's validation part, and scores it anew on the hold-out.

Use: python scripts/recalibrate_bundle.py CATALOGUE BUNDLE [FILL STRETCH]

For a bundle whose run is gone, after a change of how answers follow from what the network gives: what ships must be
what was measured. The network and the labels stay as they are; temperatures, weights, answers on validation and the
card's scores are made again. With a fill and a stretch (see `dataset.geometry.Fit`), so is what it does with photos of
another shape than its network's pictures. The bundle is replaced.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

from bundle_task import given, task_of
from modiste.dataset.geometry import Fill, Fit
from modiste.portable.bundle import Bundle, read_bundle, write_bundle
from modiste.portable.calibration import calibrate
from modiste.portable.contents import ImageFacts
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.workflows.card import card_scores


def main() -> None:
    """Replaces the bundle."""
    catalogue, path = map(Path, sys.argv[1:3])
    before = read_bundle(path)
    after = recalibrated(_refitted(before, *sys.argv[3:]), catalogue)
    write_bundle(path, after)
    print(f"{path}: {before.fingerprint} is now {after.fingerprint}")


def _refitted(bundle: Bundle, fill: str = "", stretch: str = "1") -> Bundle:
    """Returns a bundle that brings photos to its size in another way; the same where none is named."""
    if not fill:
        return bundle
    image = bundle.image
    return replace(bundle, image=ImageFacts.of(image.size, Fit(cast("Fill", fill), float(stretch))))


def recalibrated(bundle: Bundle, catalogue: Path) -> Bundle:
    """Returns a bundle that is calibrated by how answers are made now."""
    task = task_of(bundle, catalogue)
    validation, holdout = given(bundle, task, "validation"), given(bundle, task, "holdout")
    fitted = calibrate(
        bundle.schema,
        validation.logits,
        validation.ood_score,
        train=task.label_ids("train"),
        validation=task.label_ids("validation"),
        first_of_group=task.part("validation")["group"].is_first_distinct().to_numpy(),
    )
    told = fitted.answer(
        holdout.logits, holdout.visual, holdout.ood_score, precision=DEFAULT_PRECISION, ids=task.owners("holdout")
    ).pooled()
    return replace(
        bundle,
        temperatures=fitted.temperatures,
        calibration=fitted.calibration,
        ood_threshold=fitted.ood_threshold,
        hierarchy=fitted.hierarchy,
        card={**bundle.card, **card_scores(task, told, holdout.logits, fitted.hierarchy)},
    )


if __name__ == "__main__":
    main()
