"""What a bundle's answers lose against those of the network that it was made of, on the run's hold-out."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants.tagger import describe
from benchmarks.options import add_tagger, common, parser
from benchmarks.rows import Row, Side, write_rows
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.predictor import Predictor
from modiste.predictions import Predictions
from modiste.progress import silent
from modiste.runs import PREDICTIONS, Run, describe_environment
from modiste.workflows.export import export
from modiste.workflows.pipeline import open_task
from modiste.workflows.train import Training

TRAINED = Path("training") / "tagger"
"""The run that `benchmarks.training` leaves in the folder of work."""


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("quantisation", __doc__)
    add_tagger(options)
    options.add_argument("--run", type=Path, help="the bundle's run; by default the one that benchmarks.training left")
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Compares the bundle's answers with those that the training itself gave, attribute by attribute."""
    work = common(arguments).work
    folder, path = arguments.run, arguments.bundle or default_bundle()
    if folder is None:
        folder, path = work / TRAINED, work / "trained.modiste"
        export(folder, path, overwrite=True)
    run, bundle = Run(folder), read_bundle(path)
    _, task = open_task({Training.kind: Training}, run, silent)
    if [(each.name, each.labels) for each in bundle.attributes] != [
        (each.name, each.labels) for each in task.schema.attributes
    ]:
        raise SystemExit(f"{path} was not made of {folder}: its attributes or labels are others")
    pixels = task.prepared.cache.pixels[task.part("holdout")["row"].to_numpy()]
    answers = Predictor(bundle, engine=arguments.engine).predict(pixels).pooled(by=task.owners("holdout"))
    true, whole = task.product_label_ids("holdout"), _answers_of(run, answers.ids)
    rows = []
    for index, attribute in enumerate(bundle.attributes):
        known = true[:, index] >= 0
        ours, peer = (np.mean(given[known, index] == true[known, index]) for given in (answers.label_ids, whole))
        size = f"{known.sum():,} products of the hold-out"
        bundled = Side.of(describe(bundle, arguments.engine), [float(ours)])
        trained = Side("the network on Keras", [float(peer)], "float32")
        rows.append(Row(f"accuracy of {attribute.name}", "share", size, bundled, trained))
    return rows


def _answers_of(run: Run, ids: Sequence[str]) -> NDArray[np.int64]:
    """Returns the label ids that the training itself answered for products: (products, attributes)."""
    told = Predictions.read_parquet(run.path / PREDICTIONS)
    row_of = {owner: row for row, owner in enumerate(told.ids)}
    return told.take([row_of[owner] for owner in ids]).label_ids


if __name__ == "__main__":
    main()
