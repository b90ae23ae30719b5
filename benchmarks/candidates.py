"""What networks know and what they cost: bundles, each with its accuracy, from its card, and its milliseconds a photo
with each engine, in turns.

Give bundles as NAME=PATH; the table keeps those that it has already.
"""

import argparse
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.contest import Contestant, alternate
from benchmarks.multiply_adds import multiply_adds
from benchmarks.options import common, parser
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.engine import ENGINES


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("candidates", __doc__)
    options.add_argument("bundles", nargs="*", metavar="NAME=PATH", help="by default the one that ships")
    options.add_argument("--photos", type=int, default=512, help="of each turn (%(default)s)")
    arguments = options.parse_args()
    table = measure(arguments)
    if arguments.out.exists():
        before = pl.read_csv(arguments.out, schema_overrides=table.schema)
        table = pl.concat([before.join(table, on=["candidate", "engine"], how="anti"), table], how="diagonal_relaxed")
    print(table.select("candidate", "engine", "precision", "accuracy", "milliseconds", "million_multiply_adds"))
    table.write_csv(arguments.out)


def measure(arguments: argparse.Namespace) -> pl.DataFrame:
    """Lets all bundles with all engines take turns."""
    named = [text.partition("=") for text in arguments.bundles]
    bundles = {name: Path(path) for name, _, path in named} or {"the tagger that ships": default_bundle()}
    each = {
        (name, engine): Contestant("contestants.tagger", "--bundle", path.resolve(), "--engine", engine)
        for name, path in bundles.items()
        for engine in ENGINES
        if find_spec(engine)
    }
    turns = {key: partial(one.go, job="answer", count=arguments.photos) for key, one in each.items()}
    for turn in turns.values():
        turn()
    found = alternate(turns, common(arguments).rounds)
    rows = []
    for (name, engine), contestant in each.items():
        with contestant:
            milliseconds = [1000 * one["seconds"] / one["photos"] for one in found[name, engine]]
            measured = {"milliseconds": round(median(milliseconds), 3), "runs": len(milliseconds)}
            about = {key: contestant.facts[key] for key in ("precision", "batch")} | contestant.facts["versions"]
            rows.append(_facts(name, engine, bundles[name]) | measured | about)
    return pl.DataFrame(rows)


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


if __name__ == "__main__":
    main()
