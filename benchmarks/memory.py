"""The peak of resident memory while a folder is tagged: beside the same with Keras; each turn is a new process."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, alternate
from benchmarks.options import add_tagger, common, parser, tagger_of
from benchmarks.photos import catalogue_of, folder_of
from benchmarks.rows import Row, Side, write_rows
from modiste.runs import describe_environment


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("memory", __doc__)
    add_tagger(options)
    options.add_argument("--photos", type=int, default=2000)
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Lets us and the peer take turns."""
    shared = common(arguments)
    catalogue = catalogue_of(shared.catalogue, shared.work)
    folder, out = folder_of(arguments.photos, catalogue, shared.work), shared.work / "tags.parquet"
    ours = partial(Contestant, "contestants.tagger", *tagger_of(arguments))
    peer = partial(Contestant, "peers.tagging", python=shared.peer)
    found = alternate(
        {"ours": lambda: _tag(ours(), folder, out), "peer": lambda: _tag(peer(), folder, out)}, shared.rounds
    )
    tagger, keras = (Side.of(turns[0], [each["peak"] for each in turns]) for turns in found.values())
    size = f"{arguments.photos:,} photos, {catalogue.stem}"
    return [Row("resident memory while tagging a folder", "MB", size, tagger, keras, better="less")]


def _tag(contestant: Contestant, folder: Path, out: Path) -> dict[str, Any]:
    """Returns what a new process is and what it came to."""
    with contestant:
        return contestant.facts | contestant.go(job="tag", folder=str(folder), out=str(out))


if __name__ == "__main__":
    main()
