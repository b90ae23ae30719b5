"""What tagging costs as the work grows: time and peak of resident memory for more and more photos, each count in a
process of its own.

The catalogue's photos are repeated under new names. The tagger takes each name for a photo of its own; that their bytes
are in the system's cache, as those of a first reading are not, is why this shows growth, and not the speed of a disk.
"""

import argparse
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.contest import Contestant, alternate
from benchmarks.options import add_tagger, common, parser, tagger_of
from benchmarks.photos import catalogue_of, folder_of


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("growth", __doc__)
    add_tagger(options)
    options.add_argument("--photos", type=int, nargs="+", default=[500, 1000, 2000])
    arguments = options.parse_args()
    table = measure(arguments)
    print(table.select("photos", "seconds", "milliseconds_a_photo", "times_the_first", "peak_megabytes"))
    table.write_csv(arguments.out)


def measure(arguments: argparse.Namespace) -> pl.DataFrame:
    """Tags folders of each size in turns; returns the medians, a size a row."""
    shared = common(arguments)
    catalogue = catalogue_of(shared.catalogue, shared.work)
    folders = {str(count): folder_of(count, catalogue, shared.work) for count in arguments.photos}
    out = shared.work / "tags.parquet"
    found = alternate(
        {name: partial(_tag, folder, out, tagger_of(arguments)) for name, folder in folders.items()}, shared.rounds
    )
    rows = [
        {
            "photos": int(name),
            "seconds": round(median(each["seconds"] for each in turns), 2),
            "peak_megabytes": round(median(each["peak"] for each in turns)),
            "runs": len(turns),
            "tagger": turns[0]["name"],
            "precision": turns[0]["precision"],
            "batch": turns[0]["batch"],
            "catalogue": catalogue.stem,
            **turns[0]["versions"],
        }
        for name, turns in found.items()
    ]
    cost = pl.col("seconds") / pl.col("photos")
    return pl.DataFrame(rows).with_columns(
        (1000 * cost).round(3).alias("milliseconds_a_photo"), (cost / cost.first()).round(3).alias("times_the_first")
    )


def _tag(folder: Path, out: Path, tagger: list[str]) -> dict[str, Any]:
    with Contestant("contestants.tagger", *tagger) as contestant:
        return contestant.facts | contestant.go(job="tag", folder=str(folder), out=str(out))


if __name__ == "__main__":
    main()
