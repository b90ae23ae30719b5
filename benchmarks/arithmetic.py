"""How much of a training step is arithmetic, that is, convolutions and matrix products: ours, beside Keras `fit` of the
study's network as it comes. Both on torch, whose profiler knows.
"""

import argparse
from functools import partial
from pathlib import Path

from benchmarks.contest import Contestant, alternate
from benchmarks.options import common, parser
from benchmarks.photos import catalogue_of
from benchmarks.rows import Row, Side, write_rows
from modiste.runs import describe_environment


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("arithmetic", __doc__)
    options.add_argument("--config", type=Path, help="settings of the tagger; by default those of modiste train")
    options.add_argument("--steps", type=int, default=20, help="of each turn (%(default)s)")
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Lets both of our networks and the peer take turns."""
    shared = common(arguments)
    catalogue = catalogue_of(shared.catalogue, shared.work)
    settings = ["--config", arguments.config.resolve()] if arguments.config else []
    with (
        Contestant("contestants.steps", "train", catalogue, *settings) as tagger,
        Contestant("contestants.steps", "study", catalogue) as study,
        Contestant("peers.steps") as keras,
    ):
        contestants = {"tagger": tagger, "study": study, "keras": keras}
        turns = {name: partial(each.go, steps=arguments.steps) for name, each in contestants.items()}
        found = alternate(turns, shared.rounds)
        for name in contestants:
            print(f"{name}, of all: {found[name][-1]['largest']}")
        sides = {
            name: Side.of(each.facts, [one["arithmetic"] for one in found[name]]) for name, each in contestants.items()
        }
    size = f"{arguments.steps} steps a turn, {catalogue.stem}"
    return [
        Row("share of a training step that is arithmetic", "share", size, sides[name], sides["keras"])
        for name in ("tagger", "study")
    ]


if __name__ == "__main__":
    main()
