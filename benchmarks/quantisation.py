"""What a bundle's answers lose against those of the network that it was made of, on the run's hold-out."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.contestants.tagger import describe, predict
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side
from modiste.portable.bundle import read_bundle
from modiste.progress import silent
from modiste.runs import PREDICTIONS, Run
from modiste.workflows.export import export
from modiste.workflows.pipeline import open_task
from modiste.workflows.train import Training

TRAINED = Path("training") / "tagger"
"""The run that `benchmarks.training` leaves in the folder of work."""


def measure(setup: Setup) -> list[Row]:
    """Compares the bundle's answers with those that the training itself gave, attribute by attribute."""
    folder, path, engine = setup.options.run, setup.bundle, setup.options.engine
    if folder is None:
        folder, path = setup.work / TRAINED, setup.work / "trained.modiste"
        export(folder, path, overwrite=True)
    run, bundle = Run(folder), read_bundle(path)
    _, task = open_task({Training.kind: Training}, run, silent)
    if bundle.schema != task.schema:
        raise SystemExit(f"{path} was not made of {folder}: its attributes or labels are others")
    pixels = task.prepared.cache.pixels[task.part("holdout")["row"].to_numpy()]
    bundled = predict(bundle, engine, pixels).pooled(by=task.owners("holdout")).to_frame(keep=["probabilities"])
    answers = pl.read_parquet(run.path / PREDICTIONS).with_columns(pl.col("id").cast(pl.String))
    answers = answers.join(bundled, on="id", suffix="_bundled")
    facts = describe(bundle, engine)
    return [_row(name, answers.drop_nulls(f"{name}_true"), facts) for name in task.schema.names]


def _row(name: str, answers: pl.DataFrame, facts: dict[str, Any]) -> Row:
    """Returns the accuracy of an attribute on both sides."""
    shares = answers.select((pl.col(f"{name}_bundled", name) == pl.col(f"{name}_true")).mean())
    ours, peer = shares.row(0)
    return Row(
        f"accuracy of {name}",
        "share",
        f"{answers.height:,} products of the hold-out",
        Side.of(facts, [ours]),
        Side("the network on Keras", [peer], "float32"),
    )


BENCHMARK = Benchmark(
    "quantisation",
    __doc__,
    measure,
    (option("--run", type=Path, help="the bundle's run; by default the one that benchmarks.training left"),),
    tagger=True,
)

if __name__ == "__main__":
    BENCHMARK.main()
