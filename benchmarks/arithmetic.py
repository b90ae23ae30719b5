"""How much of a training step is arithmetic, that is, convolutions and matrix products: ours, beside Keras `fit` of the
study's network as it comes. Both on torch, whose profiler knows.
"""

from functools import partial
from pathlib import Path

from benchmarks.contest import Contestant, alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side


def measure(setup: Setup) -> list[Row]:
    """Lets both of our networks and the peer take turns."""
    catalogue, options = setup.catalogue(), setup.options
    settings = ["--config", options.config.resolve()] if options.config else []
    with (
        Contestant("contestants.steps", "train", catalogue, *settings) as tagger,
        Contestant("contestants.steps", "study", catalogue) as study,
        Contestant("peers.steps") as keras,
    ):
        contestants = {"tagger": tagger, "study": study, "keras": keras}
        turns = {name: partial(each.go, steps=options.steps) for name, each in contestants.items()}
        found = alternate(turns, setup.rounds)
    sides = {
        name: Side.of(each.facts, [one["arithmetic"] for one in found[name]]) for name, each in contestants.items()
    }
    for name, results in found.items():
        print(f"{name}, of all: {results[-1]['largest']}")
    size = f"{options.steps} steps a turn, {catalogue.stem}"
    return [
        Row("share of a training step that is arithmetic", "share", size, sides[name], sides["keras"])
        for name in ("tagger", "study")
    ]


BENCHMARK = Benchmark(
    "arithmetic",
    __doc__,
    measure,
    (
        option("--config", type=Path, help="settings of the tagger; by default those of modiste train"),
        option("--steps", type=int, default=20, help="of each turn (%(default)s)"),
    ),
)

if __name__ == "__main__":
    BENCHMARK.main()
