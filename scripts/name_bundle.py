"""Teaches a bundle to read names, from its catalogue alone, without training its network again.

Use: python scripts/name_bundle.py CATALOGUE BUNDLE

The words' model is fitted on the names of the training part; how far it is believed, and with-name temperatures and
answers, on validation; the card gets the hold-out's scores as `names`. What pictures alone answer stays as it is. The
bundle is replaced.
"""

import sys
from dataclasses import replace
from pathlib import Path

from bundle_task import Given, given, task_of
from modiste.portable.bundle import Bundle, read_bundle, write_bundle
from modiste.portable.calibration import Calibrated
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.progress import silent
from modiste.text.names import NameModel
from modiste.workflows.naming import calibrate_names, learn_names, name_scores
from modiste.workflows.task import Task


def main() -> None:
    """Replaces the bundle."""
    catalogue, path = map(Path, sys.argv[1:])
    bundle = read_bundle(path)
    task = task_of(bundle, catalogue)
    model = learn_names(task, progress=silent)
    assert model is not None, "the catalogue has no names"
    after = named(bundle, task, model, given(bundle, task, "validation"), given(bundle, task, "holdout"))
    write_bundle(path, after)
    print(f"{path}: {bundle.fingerprint} is now {after.fingerprint}")


def named(bundle: Bundle, task: Task, model: NameModel, validation: Given, holdout: Given) -> Bundle:  # type: ignore[type-arg]
    """Returns a bundle that reads names."""
    naming = calibrate_names(model, task, validation.logits)
    alone = Calibrated(bundle.schema, bundle.hierarchy, bundle.temperatures, bundle.calibration, bundle.ood_threshold)
    told = alone.answer(holdout.logits, holdout.visual, holdout.ood_score, precision=DEFAULT_PRECISION)
    scores = name_scores(task, holdout.logits, told, naming, alone)
    return replace(bundle, naming=naming, card={**bundle.card, "names": scores})


if __name__ == "__main__":
    main()
