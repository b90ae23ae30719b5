"""What a bundle's answers lose against those of the network that it was made of, on the run's hold-out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from modiste.workflows.tagger import open_task
from numpy.typing import NDArray

from benchmarks.contestants.tagger import describe, label_ids
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side
from modiste.dataset.targets import encode_labels
from modiste.portable.bundle import read_bundle
from modiste.progress import silent
from modiste.runs import PREDICTIONS, Run
from modiste.schema import Attribute
from modiste.workflows.export import export

TRAINED = Path("training") / "tagger"
"""The run that `benchmarks.training` leaves in the folder of work."""


def measure(setup: Setup) -> list[Row]:
    """Compares the bundle's answers with those that the training itself gave, attribute by attribute."""
    folder, path, engine = setup.options.run, setup.bundle, setup.options.engine
    if folder is None:
        folder, path = setup.work / TRAINED, setup.work / "trained.modiste"
        export(folder, path, overwrite=True)
    run, bundle = Run(folder), read_bundle(path)
    task = open_task(run, silent)
    if bundle.attributes != task.attributes:
        raise SystemExit(f"{path} was not made of {folder}: its attributes or labels are others")
    holdout, true = task.part("holdout"), task.label_ids("holdout")
    bundled = label_ids(bundle, engine, task.prepared.cache.pixels[holdout["row"].to_numpy()])
    trained = _answers_of(run, holdout, task.attributes)
    rows = []
    for place, attribute in enumerate(task.attributes):
        known = true[:, place] >= 0
        ours, peer = (np.mean(given[known, place] == true[known, place]) for given in (bundled, trained))
        rows.append(
            Row(
                f"accuracy of {attribute.name}",
                "share",
                f"{known.sum():,} products of the hold-out",
                Side.of(describe(bundle, engine), [float(ours)]),
                Side("the network on Keras", [float(peer)], "float32"),
            )
        )
    return rows


def _answers_of(run: Run, products: pl.DataFrame, attributes: Sequence[Attribute]) -> NDArray[np.int64]:
    """Returns the label numbers that the training itself answered for products: (products, attributes)."""
    answers = pl.read_parquet(run.path / PREDICTIONS)
    given = products.select("id").join(answers, on="id", how="left", maintain_order="left")
    named = given.select(pl.col(f"{each.name}_predicted").alias(each.name) for each in attributes)
    return encode_labels(named, attributes)


BENCHMARK = Benchmark(
    "quantisation",
    __doc__,
    measure,
    (option("--run", type=Path, help="the bundle's run; by default the one that benchmarks.training left"),),
    tagger=True,
)

if __name__ == "__main__":
    BENCHMARK.main()
