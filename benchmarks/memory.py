"""The peak of resident memory while a folder is tagged: beside the same with Keras; each turn is a new process."""

from functools import partial

from benchmarks.contest import alone, alternate
from benchmarks.harness import Benchmark, Setup, option
from benchmarks.rows import Row, Side


def measure(setup: Setup) -> list[Row]:
    """Lets us and the peer take turns."""
    count = setup.options.photos
    order = {"job": "tag", "folder": str(setup.folder(count)), "out": str(setup.work / "tags.parquet")}
    turns = {"ours": partial(alone, setup.tagger, **order), "peer": partial(alone, setup.keras, **order)}
    found = alternate(turns, setup.rounds)
    ours, peer = (Side.of(results[0], [each["peak"] for each in results]) for results in found.values())
    return [Row("resident memory while tagging a folder", "MB", setup.size(count), ours, peer, better="less")]


BENCHMARK = Benchmark("memory", __doc__, measure, (option("--photos", type=int, default=2000),), tagger=True)

if __name__ == "__main__":
    BENCHMARK.main()
