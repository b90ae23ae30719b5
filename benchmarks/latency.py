"""One photo in a warm process, from the file to the answers: beside Keras `predict`, and beside the network called as a
function, which is what Keras recommends for single batches.
"""

from functools import partial
from typing import Any

from benchmarks.contest import alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side, percentile

WARM = 20


def measure(setup: Setup) -> list[Row]:
    """Lets us and the peers take turns with the same photo."""
    photo, count = str(min(setup.photos().iterdir())), setup.options.photos
    with setup.tagger() as tagger, setup.keras() as keras:
        turns = {
            "ours": partial(tagger.go, job="one", photo=photo),
            "predict": partial(keras.go, job="one", photo=photo),
            "called": partial(keras.go, job="called", photo=photo),
        }
        for turn in turns.values():
            turn(count=WARM)
        found = alternate({name: partial(turn, count=count) for name, turn in turns.items()}, setup.rounds)
    called = keras.facts | {"name": keras.facts["name"].replace("predict", "called as a function")}
    size = f"{count} times a turn"
    return [
        Row(
            f"one photo, warm, in process: p{share}",
            "ms",
            size,
            _side(tagger.facts, found["ours"], share),
            _side(facts, found[peer], share),
            better="less",
        )
        for peer, facts in (("predict", keras.facts), ("called", called))
        for share in (50, 99)
    ]


def _side(facts: dict[str, Any], turns: list[dict[str, Any]], share: int) -> Side:
    return Side.of(facts | {"batch": 1}, [percentile(turn["milliseconds"], share) for turn in turns])


BENCHMARK = Benchmark(
    "latency",
    __doc__,
    measure,
    (option("--photos", type=int, default=200, help="of each turn (%(default)s)"),),
    tagger=True,
)

if __name__ == "__main__":
    BENCHMARK.main()
