"""What tagging costs as the work grows: time and peak of resident memory for more and more photos, each count in a
process of its own.

The catalogue's photos are repeated under new names. The tagger takes each name for a photo of its own; that their bytes
are in the system's cache, as those of a first reading are not, is why this shows growth, and not the speed of a disk.
"""

from functools import partial
from statistics import median

import polars as pl

from benchmarks.contest import alone, alternate
from benchmarks.harness import Benchmark, Setup, option


def measure(setup: Setup) -> pl.DataFrame:
    """Tags folders of each size in turns; returns the medians, a size a row."""
    out = str(setup.work / "tags.parquet")
    folders = {count: str(setup.folder(count)) for count in setup.options.photos}
    turns = {
        count: partial(alone, setup.tagger, job="tag", folder=folder, out=out) for count, folder in folders.items()
    }
    found = alternate(turns, setup.rounds)
    rows = [
        {
            "photos": count,
            "seconds": round(median(each["seconds"] for each in results), 2),
            "peak_megabytes": round(median(each["peak"] for each in results)),
            "runs": len(results),
            "tagger": results[0]["name"],
            "precision": results[0]["precision"],
            "batch": results[0]["batch"],
            "catalogue": setup.catalogue().stem,
            **results[0]["versions"],
        }
        for count, results in found.items()
    ]
    cost = pl.col("seconds") / pl.col("photos")
    return pl.DataFrame(rows).with_columns(
        (1000 * cost).round(3).alias("milliseconds_a_photo"), (cost / cost.first()).round(3).alias("times_the_first")
    )


BENCHMARK = Benchmark(
    "growth",
    __doc__,
    measure,
    (option("--photos", type=int, nargs="+", default=[500, 1000, 2000]),),
    tagger=True,
    shown=("photos", "seconds", "milliseconds_a_photo", "times_the_first", "peak_megabytes"),
)

if __name__ == "__main__":
    BENCHMARK.main()
