"""What networks know and what they cost: bundles, each with its accuracy, from its card, and its milliseconds a photo
with each engine, in turns.

Give bundles as NAME=PATH; the table keeps those that it has already.
"""

from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.contest import Contestant, alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.multiply_adds import multiply_adds
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.engine import ENGINES


def measure(setup: Setup) -> pl.DataFrame:
    """Lets all bundles with all engines take turns; returns them after those that the table has already."""
    named = [text.partition("=") for text in setup.options.bundles]
    bundles = {name: Path(path).resolve() for name, _, path in named} or {"the tagger that ships": default_bundle()}
    with ExitStack() as stack:
        each = {
            (name, engine): stack.enter_context(Contestant("contestants.tagger", "--bundle", path, "--engine", engine))
            for name, path in bundles.items()
            for engine in ENGINES
            if find_spec(engine)
        }
        turns = {key: partial(one.go, job="answer", count=setup.options.photos) for key, one in each.items()}
        found = alternate(turns, setup.rounds, warm=True)
    rows = []
    for (name, engine), contestant in each.items():
        milliseconds = [1000 * one["seconds"] / one["photos"] for one in found[name, engine]]
        measured = {"milliseconds": round(median(milliseconds), 3), "runs": len(milliseconds)}
        about = {key: contestant.facts[key] for key in ("precision", "batch")} | contestant.facts["versions"]
        rows.append(_facts(name, engine, bundles[name]) | measured | about)
    table = pl.DataFrame(rows)
    if not setup.out.exists():
        return table
    before = pl.read_csv(setup.out, schema_overrides=table.schema)
    return pl.concat([before.join(table, on=["candidate", "engine"], how="anti"), table], how="diagonal_relaxed")


def _facts(name: str, engine: str, path: Path) -> dict[str, Any]:
    bundle = read_bundle(path)
    first = bundle.attributes[0].name
    return {
        "candidate": name,
        "engine": engine,
        "attribute": first,
        "accuracy": round(bundle.card["metrics"][first]["accuracy"]["value"], 4),
        "pixels": f"{bundle.image.width}x{bundle.image.height}",
        "million_multiply_adds": round(multiply_adds(bundle.network) / 1e6, 1),
        "megabytes": round(path.stat().st_size / 1e6, 2),
    }


BENCHMARK = Benchmark(
    "candidates",
    __doc__,
    measure,
    (
        option("bundles", nargs="*", metavar="NAME=PATH", help="by default the one that ships"),
        option("--photos", type=int, default=512, help="of each turn (%(default)s)"),
    ),
    shown=("candidate", "engine", "precision", "accuracy", "milliseconds", "million_multiply_adds"),
)

if __name__ == "__main__":
    BENCHMARK.main()
