"""What a bundle's answers lose against those of the network that it was made of, on the run's hold-out."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from modiste.workflows.tagger import open_task
from numpy.typing import NDArray

from benchmarks.contestants.tagger import describe
from benchmarks.options import add_tagger, common, parser
from benchmarks.rows import Row, Side, write_rows
from modiste.dataset.targets import encode_labels
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.predictor import Predictor
from modiste.progress import silent
from modiste.runs import PREDICTIONS, Run, describe_environment
from modiste.schema import Attribute
from modiste.workflows.export import export

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
    task = open_task(run, silent)
    if bundle.attributes != task.attributes:
        raise SystemExit(f"{path} was not made of {folder}: its attributes or labels are others")
    holdout, true = task.part("holdout"), task.label_ids("holdout")
    answers = Predictor(bundle, engine=arguments.engine).answer(task.prepared.cache.pixels[holdout["row"].to_numpy()])
    whole = _answers_of(run, holdout, task.attributes)
    rows = []
    for place, attribute in enumerate(task.attributes):
        known = true[:, place] >= 0
        ours, peer = (np.mean(given[known, place] == true[known, place]) for given in (answers.label_ids, whole))
        size = f"{known.sum():,} products of the hold-out"
        bundled = Side.of(describe(bundle, arguments.engine), [float(ours)])
        trained = Side("the network on Keras", [float(peer)], "float32")
        rows.append(Row(f"accuracy of {attribute.name}", "share", size, bundled, trained))
    return rows


def _answers_of(run: Run, products: pl.DataFrame, attributes: Sequence[Attribute]) -> NDArray[np.int64]:
    """Returns the label numbers that the training itself answered for products: (products, attributes)."""
    answers = pl.read_parquet(run.path / PREDICTIONS)
    given = products.select("id").join(answers, on="id", how="left", maintain_order="left")
    named = given.select(pl.col(f"{each.name}_predicted").alias(each.name) for each in attributes)
    return encode_labels(named, attributes)


if __name__ == "__main__":
    main()
