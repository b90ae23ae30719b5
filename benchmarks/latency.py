"""One photo in a warm process, from the file to the answers: beside Keras `predict`, and beside the network called as a
function, which is what Keras recommends for single batches.
"""

import argparse
from functools import partial
from statistics import quantiles
from typing import Any

from benchmarks.contest import Contestant, alternate
from benchmarks.options import add_tagger, common, parser, tagger_of
from benchmarks.photos import catalogue_of, photos_of
from benchmarks.rows import Row, Side, write_rows
from modiste.runs import describe_environment

WARM = 20


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("latency", __doc__)
    add_tagger(options)
    options.add_argument("--photos", type=int, default=200, help="of each turn (%(default)s)")
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Lets us and the peers take turns with the same photo."""
    shared, count = common(arguments), arguments.photos
    photo = str(min(photos_of(catalogue_of(shared.catalogue, shared.work), shared.work).iterdir()))
    with (
        Contestant("contestants.tagger", *tagger_of(arguments)) as tagger,
        Contestant("peers.tagging", python=shared.peer) as keras,
    ):
        turns = {
            "ours": partial(tagger.go, job="one", photo=photo),
            "predict": partial(keras.go, job="one", photo=photo),
            "called": partial(keras.go, job="called", photo=photo),
        }
        for turn in turns.values():
            turn(count=WARM)
        found = alternate({name: partial(turn, count=count) for name, turn in turns.items()}, shared.rounds)
    called = keras.facts | {"name": keras.facts["name"].replace("predict", "called as a function")}
    size = f"{count} times a turn"
    return [
        Row(
            f"one photo, warm, in process: p{percentile}",
            "ms",
            size,
            _side(tagger.facts, found["ours"], percentile),
            _side(facts, found[peer], percentile),
            better="less",
        )
        for peer, facts in (("predict", keras.facts), ("called", called))
        for percentile in (50, 99)
    ]


def _side(facts: dict[str, Any], turns: list[dict[str, Any]], percentile: int) -> Side:
    values = [quantiles(turn["milliseconds"], n=100, method="inclusive")[percentile - 1] for turn in turns]
    return Side.of(facts | {"batch": 1}, values)


if __name__ == "__main__":
    main()
